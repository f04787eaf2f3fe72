"""The pages of an employee's own talk: see it, choose another time, opt out."""

from dataclasses import dataclass
from typing import Any

from talkcycle.rendering.pages.own_pages import choices, common, talk_values
from talkcycle.rounds import own_talk
from talkcycle.rounds.own_pages import OwnTalk, Standing, open_page
from talkcycle.rounds.own_talk import Outcome
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.offered_times import OfferedTimes

TIMES, OPT_OUT = "times", "opt-out"
"""The forms, and the last part of their addresses."""
LONGEST_REASON = 1000
DONE = {
    "moved": ("done_moved", {Standing.PLACED}),
    "again": ("done_again", {Standing.PLACED}),
    "opted-out": ("done_opted_out", {Standing.OPTED_OUT}),
    "kept": ("done_kept", {Standing.PLACED, Standing.UNPLACED}),
}
"""What a page says after a form, and how the talk stands if that is still so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPages:
    """What *asked* gets to see and do of *page*, as it stood just before."""

    desk: Desk
    times: OfferedTimes
    asked: Asked
    page: OwnTalk

    def answer(self) -> Answer | None:
        """None: there is no such page."""
        match self.asked.path, self.asked.fields is not None:
            case "", False:
                return self._show(done=self.asked.done)
            case "times", False:
                return self._times() if self.page.may_choose else self._show()
            case "times", True:
                return self._choose()
            case "opt-out", False:
                return self._opting_out() if self.page.may_opt_out else self._show()
            case "opt-out", True:
                return self._opt_out()
        return None

    def _choose(self) -> Answer:
        asked, page = self.asked, self.page
        if not self.desk.passed(asked, page.round):
            return self._times(problem="problem_late", status=403)
        start, revision = asked.instant("start"), asked.number("revision")
        if start is None or revision is None:
            return self._times(problem="problem_choice", status=422)
        outcome = self.times.choose(page, start, revision=revision)
        self._note("choose", outcome)
        if outcome is Outcome.GONE:
            return self._times(problem="problem_gone", status=409)
        return self._after(outcome, "moved" if page.standing is Standing.PLACED else "again")

    def _opt_out(self) -> Answer:
        asked, page = self.asked, self.page
        if not self.desk.passed(asked, page.round):
            return self._opting_out(problem="problem_late", status=403)
        choice, revision, reason = asked.text("choice"), asked.number("revision"), asked.text("reason")
        if choice not in {"keep", OPT_OUT} or revision is None:
            return self._opting_out(problem="problem_choice", status=422)
        if choice == "keep":
            return self._after(Outcome.ALREADY, "kept")
        if len(reason) > LONGEST_REASON:
            return self._opting_out(problem="problem_long", status=422)
        outcome = own_talk.opt_out(self.desk.store, page, reason, revision=revision, now=self.desk.now)
        self._note("opt out", outcome)
        return self._after(outcome, "opted-out")

    def _show(self, *, done: str = "", problem: str = "", status: int = 200) -> Answer:
        said, stands = DONE.get(done, ("", set[Standing]()))
        values = self._about() | {"done": said if self.page.standing in stands else "", "problem": problem}
        return Answer(template="own/my-talk.html", values=values, status=status)

    def _times(self, *, problem: str = "", status: int = 200) -> Answer:
        desk, page = self.desk, self.page
        found = self.times.of(page)
        offered = ((each.start, each.place, each.back) for each in found.offers)
        values = self._form(TIMES, problem) | {
            "choices": choices(desk.reader(page.round, page.employee), page.talk, page.manager, offered),
            "untold": found.untold,
        }
        return Answer(template="own/other-times.html", values=values, status=status)

    def _opting_out(self, *, problem: str = "", status: int = 200) -> Answer:
        values = self._form(OPT_OUT, problem) | {"longest_reason": LONGEST_REASON}
        return Answer(template="own/opt-out.html", values=values, status=status)

    def _form(self, path: str, problem: str) -> dict[str, Any]:
        """What every form about the talk has."""
        return self._about() | {
            "done": "",
            "problem": problem,
            "pass_": self.desk.form_pass(self.asked.token, self.page.round, path),
            "revision": self.page.talk.revision,
        }

    def _about(self) -> dict[str, Any]:
        desk, page = self.desk, self.page
        reader = desk.reader(page.round, page.employee)
        about = common(reader) | talk_values(reader, page.talk, page.manager) | desk.looks
        return about | {
            "here": desk.here(self.asked.token),
            "standing": page.standing.value,
            "may_choose": page.may_choose,
            "may_opt_out": page.may_opt_out,
        }

    def _after(self, outcome: Outcome, done: str) -> Answer:
        """What a form leads to: back to the page, which shows what was done, or how the talk stands instead."""
        if outcome in {Outcome.DONE, Outcome.ALREADY}:
            return self.desk.done(self.asked.token, done)
        page = open_page(self.desk.store, self.asked.token, now=self.desk.now)
        if not isinstance(page, OwnTalk):
            return self.desk.refused(self.asked)
        now = TalkPages(desk=self.desk, times=self.times, asked=self.asked, page=page)
        return now._show(problem="problem_changed" if outcome is Outcome.CHANGED else "problem_closed", status=409)

    def _note(self, action: str, outcome: Outcome) -> None:
        page = self.page
        self.desk.log.info("page", action=action, outcome=outcome.value, round=page.round.id, talk=page.talk.id)
