"""The page of what two have agreed: see it, write it down, confirm it, and say who else may read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from talkcycle.domain.agreements import MOST_ACTIONS, ActionDraft, ActionProblem, Agreement
from talkcycle.domain.links import Purpose
from talkcycle.domain.localtime import day_of
from talkcycle.rendering.pages.follow_up_page import agreed_values, follow_up_values, form_values
from talkcycle.rendering.pages.own_pages import Reader, common
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.follow_up import FollowUp, confirm, latest_due, problems_of, write_down
from talkcycle.rounds.own_pages import open_page
from talkcycle.rounds.sharing import share
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.written import one_line, typed_day

Problems = Mapping[tuple[int, str], ActionProblem]
NO_PROBLEMS: Problems = MappingProxyType({})
HELD = {"yes": True, "no": False}
DONE: Mapping[str, tuple[str, Callable[[FollowUp], bool]]] = {
    "written": ("done_written", lambda page: page.agreement is not None and page.agreement.held),
    "not-held": ("done_not_held", lambda page: page.agreement is not None and not page.agreement.held),
    "confirmed": ("done_confirmed", lambda page: page.agreement is not None and page.agreement.confirmed_at is not None),
    "shared": ("done_shared", lambda page: page.may_share),
    "unshared": ("done_unshared", lambda page: page.may_share),
}
"""By what a form did: the words for it, and whether it still stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The form as somebody sent it. *held*: None where nothing was chosen."""

    held: bool | None
    drafts: tuple[ActionDraft, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPages:
    """What *asked* gets to see and do of *page*, as it stood just before."""

    desk: Desk
    asked: Asked
    page: FollowUp

    def answer(self) -> Answer | None:
        """None: there is no such page."""
        match self.asked.path, self.asked.fields is not None:
            case "", False:
                return self.show(done=self.asked.done)
            case "write", False:
                return self.form(_as_it_stands(self.page.agreement)) if self.page.may_write else self.show()
            case (("confirm" | "share"), False):
                return self.show()
            case "write", True:
                return self._write()
            case "confirm", True:
                return self._confirm()
            case "share", True:
                return self._share()
        return None

    def show(self, *, done: str = "", problem: str = "", status: int = 200) -> Answer:
        page, desk = self.page, self.desk
        if page.agreement is None and page.may_write:
            return self.form(_as_it_stands(None), problem=problem, status=status)
        said, still = DONE.get(done, ("", lambda _: False))
        reader = self._reader()
        values = self._about(reader) | {"done": said if still(page) else "", "problem": problem}
        agreement = page.agreement
        if agreement is not None:
            values |= agreed_values(reader, agreement, (page.person, page.other)) | {
                "by_reader": agreement.written_by == page.person.id,
                "confirmed": agreement.confirmed_at is not None,
                "wording": agreement.wording,
                "confirm_pass": desk.form_pass(self.asked.token, page.round, "confirm"),
                "share_pass": desk.form_pass(self.asked.token, page.round, "share"),
                "shared": agreement.may_be_read_by(page.talk.manager),
                "some_own": any(each.responsible == page.person.id for each in agreement.actions),
            }
        return Answer(template="own/follow-up.html", values=values, status=status)

    def form(
        self,
        typed: Typed,
        *,
        problem: str = "",
        status: int = 200,
        held_fault: str = "",
        problems: Problems = NO_PROBLEMS,
        changed: bool = False,
    ) -> Answer:
        """The form with *typed* in it.

        Args:
            held_fault, problems: What is wrong with it, by field.
            changed: Something else was saved meanwhile, which is shown beside it.
        """
        page, now, reader = self.page, self.desk.now, self._reader()
        agreement = page.agreement
        fields = form_values(
            reader,
            typed.drafts,
            problems,
            held=typed.held,
            held_fault=held_fault,
            before={each.number: each.due for each in agreement.actions} if agreement else {},
            today=day_of(now, page.person.zone),
            latest=latest_due(page.round, page.person, now),
        )
        values = self._about(reader) | fields | {"done": "", "problem": problem, "theirs": ()}
        if agreement is not None and changed:
            values |= {"theirs": agreed_values(reader, agreement, (page.person, page.other))["lines"]}
        values |= {
            "changed": changed and agreement is not None,
            "first": agreement is None,
            "revision": agreement.revision if agreement else 0,
            "pass_": self.desk.form_pass(self.asked.token, page.round, "write"),
        }
        return Answer(template="own/follow-up-form.html", values=values, status=status)

    def _write(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        typed, revision = _typed(asked, page), asked.number("revision")
        if not page.may_write:
            return self.show(problem="problem_closed", status=409)
        # Whoever is shown the form again saves over what they see: what they have not seen yet is shown along with it.
        unseen = revision != (page.agreement.revision if page.agreement else 0)
        if not desk.passed(asked, page.round) or revision is None:
            return self.form(typed, problem="problem_late_form", status=403, changed=unseen)
        fault = _held_fault(typed)
        problems = problems_of(page, typed.drafts, now=desk.now) if typed.held else NO_PROBLEMS
        if typed.held is None or fault or problems:
            return self.form(
                typed, problem="problem_fields", status=422, held_fault=fault, problems=problems, changed=unseen
            )
        outcome = write_down(desk.store, page, typed.drafts, held=typed.held, revision=revision, now=desk.now)
        if outcome is Outcome.CHANGED:
            now = self._again()
            if now is not None and now.page.may_write:
                return now.form(typed, problem="problem_meanwhile", status=409, changed=True)
        return self._after("write", outcome, "written" if typed.held else "not-held")

    def _confirm(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self.show(problem="problem_late", status=403)
        wording = asked.number("wording")
        if asked.text("choice") != "confirm" or wording is None:
            return self.show(problem="problem_answer", status=422)
        return self._after("confirm", confirm(desk.store, page, wording=wording, now=desk.now), "confirmed")

    def _share(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self.show(problem="problem_late", status=403)
        choice, wording = asked.text("choice"), asked.number("wording")
        if choice not in HELD or wording is None or page.agreement is None:
            return self.show(problem="problem_choice", status=422)
        yes, person = HELD[choice], page.person.id
        outcome = share(desk.store, person, page.talk, page.agreement, yes=yes, wording=wording, now=desk.now)
        return self._after("share", outcome, "shared" if yes else "unshared")

    def _after(self, action: str, outcome: Outcome, done: str) -> Answer:
        """What a form leads to: back to the page, which shows what was done, or how it stands instead."""
        page = self.page
        self.desk.log.info("page", action=action, outcome=outcome.value, round=page.round.id, talk=page.talk.id)
        if outcome in {Outcome.DONE, Outcome.ALREADY}:
            return self.desk.done(self.asked.token, done)
        now = self._again()
        if now is None:
            return self.desk.refused(self.asked)
        problem = "problem_changed_agreed" if outcome is Outcome.CHANGED else "problem_closed"
        return now.show(problem=problem, status=409)

    def _again(self) -> "FollowUpPages | None":
        opened = open_page(self.desk.store, self.asked.token, now=self.desk.now)
        return replace(self, page=opened) if isinstance(opened, FollowUp) else None

    def _reader(self) -> Reader:
        return self.desk.reader(self.page.round, self.page.person)

    def _about(self, reader: Reader) -> dict[str, Any]:
        page, desk = self.page, self.desk
        own = page.person.id == page.talk.employee
        talk = replace(page.link, purpose=Purpose.TALK if own else Purpose.HOSTED)
        return (
            common(reader)
            | follow_up_values(reader, page.talk, page.other)
            | desk.looks
            | {
                "here": desk.here(self.asked.token),
                "other_reads": page.other.email is not None,
                "state": _state(page),
                "may_write": page.may_write,
                "may_confirm": page.may_confirm,
                "may_choose": page.may_choose,
                "in_window": page.in_window,
                "may_share": page.may_share,
                "times": f"{desk.here_of(talk)}/times",
                "actions": desk.here_of(replace(page.link, purpose=Purpose.ACTIONS, talk=None)),
                "all_talks": "" if own else desk.here_of(replace(page.link, purpose=Purpose.TALKS, talk=None)),
            }
        )


def _state(page: FollowUp) -> str:
    """Which of its states the page shows, as the template tells them apart."""
    if page.hidden:
        return "hidden"
    if page.agreement is not None and page.agreement.held:
        return "agreed"
    if page.talk.is_off:
        return "off"
    if page.agreement is not None:
        return "not-held"
    return "early" if page.talk.start is not None else "unplaced"


def _as_it_stands(agreement: Agreement | None) -> Typed:
    """The form before anybody typed anything: what is there already, and no answer that nobody gave."""
    if agreement is None:
        return Typed(held=None, drafts=())
    drafts = tuple(
        ActionDraft(what=each.what, responsible=each.responsible, due=each.due, support=each.support, number=each.number)
        for each in agreement.actions
    )
    return Typed(held=agreement.held, drafts=drafts)


def _typed(asked: Asked, page: FollowUp) -> Typed:
    pair, drafts = {"you": page.person.id, "other": page.other.id}, []
    for place in range(1, MOST_ACTIONS + 1):
        text = asked.text(f"due-{place}")
        day = typed_day(text)
        drafts.append(
            ActionDraft(
                what=one_line(asked.text(f"what-{place}")),
                responsible=pair.get(asked.text(f"who-{place}"), ""),
                due=day,
                support=one_line(asked.text(f"support-{place}")),
                number=asked.number(f"number-{place}"),
                due_text="" if day is not None else one_line(text),
            )
        )
    return Typed(held=HELD.get(asked.text("held")), drafts=tuple(drafts))


def _held_fault(typed: Typed) -> str:
    """What is wrong with the answer whether the talk took place: words that were typed are not dropped silently."""
    if typed.held is None:
        return "fault_held"
    return "" if typed.held or all(each.empty for each in typed.drafts) else "fault_held_no"
