"""Links to a page of one's own: whose, about what, and until when. What a link looks like is the store's business."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from talkcycle.domain.follow_ups import last_day_of
from talkcycle.domain.instants import round_ends
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of
from talkcycle.domain.talks import Round, Talk

LINGERS = timedelta(days=14)
"""So long after a talk its page opens still: what was agreed is looked up again soon, or not at all."""


class Purpose(StrEnum):
    """Which page it opens.

    ``talk``: an employee's own talk. ``talks``: all that a manager holds in the round; ``hosted``: one of them.
    ``follow-up``: what the two of one talk have agreed. ``actions``: what is a person's own to do of that.
    """

    TALK = "talk"
    TALKS = "talks"
    HOSTED = "hosted"
    FOLLOW_UP = "follow-up"
    ACTIONS = "actions"

    @property
    def of_one_talk(self) -> bool:
        return self in {Purpose.TALK, Purpose.HOSTED, Purpose.FOLLOW_UP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One person, one purpose.

    Attributes:
        person: Roster id.
        talk: Its id with ``talk``, ``hosted`` and ``follow-up``; None with the others.
        epoch: How often this person's links of the round had been revoked when it was made.
    """

    round: str
    person: str
    purpose: Purpose
    talk: str | None = None
    epoch: int = 0


def link_ends(link: Link, round_: Round, talk: Talk | None, last_due: date | None = None) -> datetime:
    """From when on *link* opens nothing any more. UTC.

    Args:
        talk: The one of the link; None for a page about several.
        last_due: The last day by which something agreed in the round is to be done; None: there is none.
    """
    cycle = round_.cycle
    if link.purpose is not Purpose.TALK or talk is None:
        return instant_of(last_day_of(last_due, round_ends(cycle)) + ONE_DAY, time(0), cycle.zone)
    last = cycle.window.last if talk.start is None else max(cycle.window.last, day_of(talk.start, talk.zone))
    return instant_of(last + LINGERS + ONE_DAY, time(0), talk.zone)
