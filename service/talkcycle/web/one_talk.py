"""What both of the two can see and do on their pages of one talk: choose another time for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from talkcycle.domain.busy import Span
from talkcycle.domain.links import Purpose
from talkcycle.rendering.pages.follow_up_page import agreed_values
from talkcycle.rendering.pages.own_pages import common
from talkcycle.rendering.pages.talk_page import choices, talk_values
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.own_pages import Standing, TalkPage, open_page
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.offered_times import OfferedTimes

Dones = Mapping[str, tuple[str, Callable[[TalkPage], bool]]]
"""By what a form did: the words for it, and whether it still stands."""


def placed(page: TalkPage) -> bool:
    return page.standing is Standing.PLACED


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTalk:
    """What *asked* gets to see and do of *page*, as it stood just before. Each of the two has their own kind of page."""

    DONE: ClassVar[Dones] = {}

    desk: Desk
    times: OfferedTimes
    asked: Asked
    page: TalkPage

    def either(self) -> Answer | None:
        """What either of the two gets; None: there is no such page."""
        match self.asked.path, self.asked.fields is not None:
            case "", False:
                return self.show(done=self.asked.done)
            case "times", False:
                return self._times()
            case "times", True:
                return self._choose()
        return None

    def show(self, *, done: str = "", problem: str = "", status: int = 200) -> Answer:
        """The page itself."""
        raise NotImplementedError

    def proposed(self) -> Span | None:
        """The time that the page's texts call the proposed one."""
        raise NotImplementedError

    def told(self, done: str, problem: str) -> dict[str, str]:
        """What stands above a page: what was done, or what went wrong."""
        said, still = self.DONE.get(done, ("", placed))
        return {"done": said if still(self.page) else "", "problem": problem}

    def form(self, path: str, problem: str) -> dict[str, Any]:
        """What every form about the talk has."""
        return self.about() | {"done": "", "problem": problem, "pass_": self.pass_for(path)}

    def pass_for(self, path: str) -> str:
        return self.desk.form_pass(self.asked.token, self.page.round, path)

    def about(self) -> dict[str, Any]:
        desk, page = self.desk, self.page
        reader = desk.reader(page.round, page.reader)
        about = common(reader) | talk_values(reader, page.talk, page.other, proposed=self.proposed()) | desk.looks
        return about | {
            "here": desk.here(self.asked.token),
            "standing": page.standing.value,
            "revision": page.talk.revision,
            "may_choose": page.may_choose,
            "may_change": page.may_change,
            "may_take_back": page.may_take_back,
        }

    def agreed(self) -> dict[str, Any]:
        """The way to what the two agreed this time, and what they agreed last time."""
        desk, page, before = self.desk, self.page, self.page.before
        follow_up = desk.here_of(replace(page.link, purpose=Purpose.FOLLOW_UP)) if page.has_been else ""
        values: dict[str, Any] = {"follow_up": follow_up, "lines": (), "may_share": page.may_share}
        if before is None:
            return values
        reader = desk.reader(page.round, page.reader)
        return (
            values
            | agreed_values(reader, before, (page.reader, page.other))
            | {
                "wording": before.wording,
                "shared": before.may_be_read_by(page.talk.manager),
                "share_pass": self.pass_for("share"),
            }
        )

    def after(self, action: str, outcome: Outcome, done: str) -> Answer:
        """What a form leads to: back to the page, which shows what was done, or how the talk stands instead."""
        page = self.page
        self.desk.log.info("page", action=action, outcome=outcome.value, round=page.round.id, talk=page.talk.id)
        if outcome in {Outcome.DONE, Outcome.ALREADY}:
            return self.desk.done(self.asked.token, done)
        now = open_page(self.desk.store, self.asked.token, now=self.desk.now)
        if not isinstance(now, TalkPage):
            return self.desk.refused(self.asked)
        problem = "problem_changed" if outcome is Outcome.CHANGED else "problem_closed"
        return self.of(now).show(problem=problem, status=409)

    def of(self, page: TalkPage) -> "OneTalk":
        """The same of *page*, as it stands now."""
        return type(self)(desk=self.desk, times=self.times, asked=self.asked, page=page)

    def _choose(self) -> Answer:
        asked, page = self.asked, self.page
        if not self.desk.passed(asked, page.round):
            return self._times(problem="problem_late", status=403)
        start, revision = asked.instant("start"), asked.number("revision")
        if start is None or revision is None:
            return self._times(problem="problem_choice", status=422)
        outcome = self.times.choose(page, start, revision=revision)
        if outcome is Outcome.GONE:
            return self._times(problem="problem_gone", status=409)
        return self.after("choose", outcome, "moved" if page.standing is Standing.PLACED else "again")

    def _times(self, *, problem: str = "", status: int = 200) -> Answer:
        desk, page = self.desk, self.page
        if not page.may_choose:  # nor see what the other of the two is offered: who opted out may choose again
            return self.show(problem=problem, status=status)
        found = self.times.of(page)
        offered = ((each.start, each.place, each.back) for each in found.offers)
        values = self.form("times", problem) | {
            "choices": choices(desk.reader(page.round, page.reader), page.talk, page.other, offered),
            "untold": found.untold,
        }
        return Answer(template="own/other-times.html", values=values, status=status)
