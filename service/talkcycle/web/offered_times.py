"""The times a talk can have, kept for a while: calendars are asked for one person at a time."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.chosen_time import Offers, choose_time, offers
from talkcycle.rounds.hosted_talk import take_up
from talkcycle.rounds.own_pages import TalkPage
from talkcycle.web.desk import Desk

LAST = timedelta(minutes=2)
"""So long the same times are shown to whoever looks again; what is chosen is looked up anew."""
MOST_KEPT = 500

Key = tuple[str, str, int]


@dataclass(slots=True)
class OfferedTimes:
    """Safe to share between threads."""

    desk: Desk
    _kept: dict[Key, tuple[datetime, Offers]] = field(default_factory=dict)
    _asking: Lock = field(default_factory=Lock)

    def of(self, page: TalkPage) -> Offers:
        """Calendars are not asked again for whoever presses the button twice."""
        with self._asking:
            now = self.desk.now
            until, found = self._kept.get(_key(page), (now, Offers(offers=())))
            if until <= now:
                found = offers(self.desk.store, page, self.desk.calendars, now=now)
                while len(self._kept) >= MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[_key(page)] = (now + LAST, found)
            return found

    def choose(self, page: TalkPage, start: datetime, *, revision: int) -> Outcome:
        """As ``rounds.chosen_time.choose_time``."""
        desk = self.desk
        with self._asking:
            outcome = choose_time(
                desk.store, page, start, desk.calendars, revision=revision, routing=desk.routing, now=desk.now
            )
            if outcome is Outcome.GONE:
                self._kept.pop(_key(page), None)
        return outcome

    def take_up(self, page: TalkPage, start: datetime, *, revision: int) -> Outcome:
        """As ``rounds.hosted_talk.take_up``."""
        desk = self.desk
        with self._asking:
            return take_up(desk.store, page, start, desk.calendars, revision=revision, routing=desk.routing, now=desk.now)


def _key(page: TalkPage) -> Key:
    return page.round.id, page.talk.id, page.talk.revision
