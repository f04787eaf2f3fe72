"""Which page a link opens.

A new kind of page is a purpose of links (``domain.links``), what it opens (``rounds.own_pages``), a module beside this
one that answers what is asked of it, and a case here. Routes and what stands before the pages know none of them.
"""

from dataclasses import dataclass

from talkcycle.domain.links import Purpose
from talkcycle.rounds.follow_up import FollowUp, OwnActions
from talkcycle.rounds.own_pages import HostedTalks, Opened, TalkPage, open_page
from talkcycle.web.action_pages import ActionPages
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.follow_up_pages import FollowUpPages
from talkcycle.web.hosted_pages import HostedPages, HostedTalkPages
from talkcycle.web.offered_times import OfferedTimes
from talkcycle.web.talk_pages import TalkPages


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """All the pages of an installation. Safe to share between threads."""

    desk: Desk
    times: OfferedTimes

    def answer(self, asked: Asked) -> Answer:
        """What *asked* gets: something of the page that its token opens, or the one answer of whatever opens nothing."""
        opened = open_page(self.desk.store, asked.token, now=self.desk.now)
        return self._answer(asked, opened) or self.desk.refused(asked)

    def _answer(self, asked: Asked, opened: Opened | None) -> Answer | None:
        match opened:
            case TalkPage():
                own = opened.link.purpose is Purpose.TALK
                pages = TalkPages if own else HostedTalkPages
                return pages(desk=self.desk, times=self.times, asked=asked, page=opened).answer()
            case HostedTalks():
                return HostedPages(desk=self.desk, asked=asked, page=opened).answer()
            case FollowUp():
                return FollowUpPages(desk=self.desk, asked=asked, page=opened).answer()
            case OwnActions():
                return ActionPages(desk=self.desk, asked=asked, page=opened).answer()
            case None:
                return None
