"""The page of a manager: all the talks they hold."""

from dataclasses import dataclass

from talkcycle.rendering.pages.own_pages import common, hosted_lines
from talkcycle.rounds.own_pages import HostedTalks, Standing
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk

GROUPS = {
    Standing.PLACED: "next",
    Standing.UNPLACED: "unplaced",
    Standing.OVER: "over",
    Standing.OPTED_OUT: "off",
    Standing.OFF: "off",
}
"""How a manager's page groups talks: it tells those that were opted out of from no others."""


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
            talks = [talk for talk, standing in self.page.talks if GROUPS[standing] == group]
            if talks:
                groups.append((group, hosted_lines(reader, talks, self.page.people)))
        values = common(reader) | self.desk.looks | {"groups": groups, "done": "", "problem": ""}
        return Answer(template="own/my-talks.html", values=values)
