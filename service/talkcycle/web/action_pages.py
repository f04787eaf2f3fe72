"""The page of what is somebody's own to do: close it, change its date, cross it out, and take each of these back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from talkcycle.domain.agreements import ActionProblem, Progress, day_problem
from talkcycle.domain.links import Purpose
from talkcycle.domain.localtime import day_of
from talkcycle.rendering.pages.actions_page import ActionLine, action_line
from talkcycle.rendering.pages.own_pages import common
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.follow_up import OwnAction, OwnActions, go_on, latest_due
from talkcycle.rounds.own_pages import open_page
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.written import one_line, typed_day

CHOICES = {"done": Progress.DONE, "dropped": Progress.DROPPED, "open": Progress.OPEN}
"""What a button says; besides them, ``date`` and ``back`` leave an action open and give it another day."""


def _any(progress: Progress) -> Callable[[OwnActions], bool]:
    return lambda page: any(each.action.progress is progress for each in page.actions)


DONE: Mapping[str, tuple[str, Callable[[OwnActions], bool]]] = {
    "done": ("done_step_done", _any(Progress.DONE)),
    "dropped": ("done_step_dropped", _any(Progress.DROPPED)),
    "open": ("done_step_open", _any(Progress.OPEN)),
    "date": ("done_step_date", _any(Progress.OPEN)),
}
"""By what a form did: the words for it, and whether it still stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A day that cannot be taken. *step*: of which action, as the form names it; *typed*: as it was written."""

    step: tuple[str, int | None]
    typed: str
    problem: ActionProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionPages:
    """What *asked* gets to see and do of *page*, as it stood just before."""

    desk: Desk
    asked: Asked
    page: OwnActions

    def answer(self) -> Answer | None:
        """None: there is no such page."""
        match self.asked.path, self.asked.fields is not None:
            case "", False:
                return self.show(done=self.asked.done)
            case "step", False:
                return self.show()
            case "step", True:
                return self._go_on()
        return None

    def show(self, *, done: str = "", problem: str = "", wrong: Wrong | None = None, status: int = 200) -> Answer:
        page, desk = self.page, self.desk
        reader = desk.reader(page.round, page.person)
        today, latest = day_of(desk.now, page.person.zone), latest_due(page.round, page.person, desk.now)
        said_of_days = {"latest": reader.dates.day(latest), "example_day": today.isoformat()}

        def line(place: int, own: OwnAction) -> ActionLine:
            about = self._about(own)
            mine = wrong is not None and wrong.step == (about, own.action.number)
            return action_line(
                reader,
                own.action,
                own.other,
                place=place,
                about=about,
                wording=own.wording,
                link=desk.here(about),
                typed=wrong.typed if wrong is not None and mine else "",
                problem=wrong.problem if wrong is not None and mine else None,
                said=said_of_days,
            )

        lines = [line(place, each) for place, each in enumerate(page.actions, 1)]
        said, still = DONE.get(done, ("", lambda _: False))
        values = (
            common(reader)
            | desk.looks
            | {
                "here": desk.here(self.asked.token),
                "done": said if still(page) else "",
                "problem": problem,
                "open_steps": [each for each in lines if each.progress == Progress.OPEN.value],
                "closed_steps": [each for each in lines if each.progress != Progress.OPEN.value],
                "pass_": desk.form_pass(self.asked.token, page.round, "step"),
                "today": today.isoformat(),
                "latest_day": latest.isoformat(),
            }
        )
        return Answer(template="own/my-actions.html", values=values, status=status)

    def _go_on(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self.show(problem="problem_late", status=403)
        choice, wording = asked.text("choice"), asked.number("wording")
        step = asked.text("about"), asked.number("number")
        own = next((each for each in page.actions if (self._about(each), each.action.number) == step), None)
        if choice not in {*CHOICES, "date", "back"} or wording is None:
            return self.show(problem="problem_step", status=422)
        if own is None:
            return self.show(problem="problem_changed_agreed", status=409)
        due: date | None = None
        if choice == "date":
            typed = one_line(asked.text("due"))
            due = typed_day(typed)
            last = latest_due(page.round, page.person, desk.now)
            problem = day_problem(due, today=day_of(desk.now, page.person.zone), latest=last)
            if problem is not None and due != own.action.due:
                wrong = Wrong(step=step, typed=typed if due is None else due.isoformat(), problem=problem)
                return self.show(problem="problem_date", wrong=wrong, status=422)
        if choice == "back" and own.action.before is not None:
            due = own.action.before[1]
        to = CHOICES.get(choice, Progress.OPEN)
        outcome = go_on(desk.store, page, own.talk, own.action.number, to=to, due=due, wording=wording, now=desk.now)
        return self._after(outcome, "date" if choice == "back" else choice)

    def _about(self, own: OwnAction) -> str:
        """Which talk it is of, as the link to what was agreed in it has it: pages show no roster id."""
        return self.desk.token_of(replace(self.page.link, purpose=Purpose.FOLLOW_UP, talk=own.talk))

    def _after(self, outcome: Outcome, done: str) -> Answer:
        page = self.page
        self.desk.log.info("page", action="step", outcome=outcome.value, round=page.round.id)
        if outcome in {Outcome.DONE, Outcome.ALREADY}:
            return self.desk.done(self.asked.token, done)
        opened = open_page(self.desk.store, self.asked.token, now=self.desk.now)
        if not isinstance(opened, OwnActions):
            return self.desk.refused(self.asked)
        now = ActionPages(desk=self.desk, asked=self.asked, page=opened)
        return now.show(problem="problem_changed_agreed", status=409)
