"""The pages of a manager: all the talks they hold, and what they can do with each."""

from dataclasses import dataclass, replace
from typing import ClassVar

from talkcycle.domain.busy import Span
from talkcycle.domain.links import Purpose
from talkcycle.domain.people import Role
from talkcycle.rendering.pages.hosted_page import HostedLine, hosted_line
from talkcycle.rendering.pages.own_pages import Reader, common
from talkcycle.rounds import hosted_talk
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.own_pages import HostedTalks, Standing, TalkPage
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.one_talk import Dones, OneTalk, placed

GROUPS = {
    Standing.PLACED: "next",
    Standing.UNPLACED: "unplaced",
    Standing.NOT_HELD: "not_held",
    Standing.OVER: "over",
    Standing.OPTED_OUT: "off",
    Standing.OFF: "off",
}
"""How a manager's pages tell talks apart: those that were opted out of from no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPages:
    """What *asked* gets to see of *page*."""

    desk: Desk
    asked: Asked
    page: HostedTalks

    def answer(self) -> Answer | None:
        """None: there is no such page."""
        if self.asked.path or self.asked.fields is not None:
            return None
        reader, groups = self.desk.reader(self.page.round, self.page.manager), []
        for group in dict.fromkeys(GROUPS.values()):
            lines = [self._line(reader, talk) for talk in self.page.talks if GROUPS[talk.standing] == group]
            if lines:
                groups.append((group, lines))
        values = common(reader) | self.desk.looks | {"groups": groups, "done": "", "problem": ""}
        return Answer(template="own/my-talks.html", values=values)

    def _line(self, reader: Reader, page: TalkPage) -> HostedLine:
        proposal = page.proposal
        open_ = proposal is not None and proposal.kept_at is None
        return hosted_line(
            reader,
            page.talk,
            page.other,
            link=self.desk.here_of(replace(page.link, purpose=Purpose.HOSTED, talk=page.talk.id)),
            to_decide=proposal.span if proposal is not None and open_ else None,
            unconfirmed=page.unconfirmed,
            follow_up=self.desk.here_of(replace(page.link, purpose=Purpose.FOLLOW_UP, talk=page.talk.id))
            if page.has_been
            else "",
            agreed=_agreed(page),
        )


def _agreed(page: TalkPage) -> str:
    """The word for how far the two are with what they agreed; empty where there is none, or the manager may not know."""
    agreement = page.agreement
    if page.hidden or page.standing is not Standing.OVER:
        return ""
    if agreement is None:
        return "hosted_follow_none"
    if agreement.awaits == page.talk.manager:
        return "hosted_follow_confirm"
    return "hosted_follow_done" if agreement.awaits is None else "hosted_follow_waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedTalkPages(OneTalk):
    DONE: ClassVar[Dones] = {
        "moved": ("done_moved", placed),
        "again": ("done_again", placed),
        "time-kept": ("done_time_kept", placed),
        "called-off": ("done_called_off", lambda page: page.may_take_back),
        "kept": ("done_kept", lambda page: page.may_change),
    }

    def answer(self) -> Answer | None:
        """None: there is no such page."""
        match self.asked.path, self.asked.fields is not None:
            case "decide", False:
                return self.show()
            case "decide", True:
                return self._decide()
            case "call-off", False:
                return self._calling_off() if self.page.may_change else self.show()
            case "call-off", True:
                return self._call_off()
        return self.either()

    def show(self, *, done: str = "", problem: str = "", status: int = 200) -> Answer:
        page, desk, proposal = self.page, self.desk, self.page.proposal
        values = (
            self.about() | self.agreed() | self.told(done, problem) | {"proposal": "", "unconfirmed": page.unconfirmed}
        )
        if proposal is not None and page.may_change:
            values |= {
                "proposal": "theirs" if proposal.role is Role.EMPLOYEE else "yours",
                "kept": proposal.kept_at is not None,
                "proposed_start": proposal.span[0].isoformat(),
                "may_take_up": hosted_talk.may_take_up(desk.store, page, now=desk.now),
                "decide_pass": self.pass_for("decide"),
            }
        group, all_talks = GROUPS[page.standing], replace(page.link, purpose=Purpose.TALKS, talk=None)
        values |= {"standing": group, "all_talks": desk.here_of(all_talks)}
        return Answer(template="own/hosted-talk.html", values=values, status=status)

    def proposed(self) -> Span | None:
        return None if self.page.proposal is None else self.page.proposal.span

    def _decide(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self.show(problem="problem_late", status=403)
        start, revision = asked.instant("choice"), asked.number("revision")
        if revision is None or (start is None and asked.text("choice") != "keep"):
            return self.show(problem="problem_choice", status=422)
        if start is None:
            outcome = hosted_talk.keep(desk.store, page, revision=revision, now=desk.now)
            return self.after("keep", outcome, "time-kept")
        outcome = self.times.take_up(page, start, revision=revision)
        if outcome is Outcome.GONE:
            return self.show(problem="problem_not_there", status=409)
        return self.after("take up", outcome, "moved")

    def _calling_off(self, *, problem: str = "", status: int = 200) -> Answer:
        return Answer(template="own/call-off.html", values=self.form("call-off", problem), status=status)

    def _call_off(self) -> Answer:
        asked, page, desk = self.asked, self.page, self.desk
        if not desk.passed(asked, page.round):
            return self._calling_off(problem="problem_late", status=403)
        choice, revision = asked.text("choice"), asked.number("revision")
        if choice not in {"keep", "call-off"} or revision is None:
            return self._calling_off(problem="problem_choice", status=422)
        if choice == "keep":
            return desk.done(asked.token, "kept")
        return self.after(
            "call off", hosted_talk.call_off(desk.store, page, revision=revision, now=desk.now), "called-off"
        )
