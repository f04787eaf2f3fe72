"""A talk, its calendar entry, and the round they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from talkcycle.domain.cycle import Cycle, Place
from talkcycle.domain.routes import Transport

DELETED = "deleted in its host's calendar"
"""The note of a talk that was called off there."""
BY_MANAGER = "called off by its manager on their page"
"""The note of a talk that its manager called off, and may have again."""


class TalkState(StrEnum):
    """``abstained``: the employee has chosen not to have it: an ordinary outcome, neither held nor late."""

    PLACED = "placed"
    UNPLACED = "unplaced"
    CANCELLED = "cancelled"
    ABSTAINED = "abstained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One conversation of one round.

    Attributes:
        id: The employee's roster id: a person is the employee of at most one talk of a round.
        start: Aware, UTC; None while unplaced.
        zone: The employee's, which governs the start and DTSTART.
        revision: 0 when approved; rises with every change. Messages about the calendar carry it as their version.
        changed_at: When the current revision was made. UTC.
        approved_at: When HR approved this talk, if later than the round (after a pilot); None: with the round. UTC.
        former_start: The start before the last move. UTC.
        note: Why it has no time, was cancelled or abstained from; for HR alone, never shown to others.
    """

    round: str
    id: str
    employee: str
    manager: str
    start: datetime | None
    minutes: int
    buffer_minutes: int
    zone: str
    place: Place
    state: TalkState
    changed_at: datetime
    revision: int = 0
    approved_at: datetime | None = None
    former_start: datetime | None = None
    note: str = ""

    @property
    def is_off(self) -> bool:
        """Whether it does not take place, and stands in nobody's calendar."""
        return self.state in {TalkState.CANCELLED, TalkState.ABSTAINED}

    @property
    def subject(self) -> str:
        return f"talk:{self.id}"

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def end(self) -> datetime | None:
        return self.start + self.length if self.start else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A talk's calendar entry. A talk has at most one live one; its UID never changes, its SEQUENCE only rises.

    Attributes:
        number: 1 for the first entry of the talk; a change of organizer opens the next.
        transport: ``smtp``, ``exchange`` or ``graph``.
        organizer: The mailbox that owns the entry.
        remote_id: What the server calls it; None over SMTP, and until it is there.
        opened: The talk's revision with which it began. *closed*: with which it ended; None while *live*.
        host: Roster id of the manager under whom it was made; empty: the talk's.
    """

    round: str
    talk: str
    number: int
    uid: str
    sequence: int
    transport: str
    organizer: str
    live: bool = True
    remote_id: str | None = None
    opened: int = 0
    closed: int | None = None
    host: str = ""

    @property
    def in_own_calendar(self) -> bool:
        """Whether it stands in the host's own calendar: one meeting for both, which the host organizes."""
        return Transport(self.transport).keeps_calendars


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkAnswer:
    """What somebody, or a room, has answered to a talk's entry.

    Attributes:
        party: ``person:<roster id>``, or ``room:<address>``; ``proposal:<roster id>`` declines what that person proposed.
        answer: ``accepted``, ``tentative``, ``declined`` or ``none``.
        at: When, UTC; None when nobody knows.
        proposed: The time they propose instead: start and end, UTC.
        verified: A server vouches for whose it is. One that is not is shown, and never acted upon.
    """

    party: str
    answer: str
    at: datetime | None = None
    proposed: tuple[datetime, datetime] | None = None
    verified: bool = True


class RoundState(StrEnum):
    APPROVED = "approved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One approved run of a cycle. Everything in it was frozen when HR approved it.

    Attributes:
        id: Cycle id and the window's first month: ``development-2027-03``.
        holidays: Country to its public holidays, from the approval's year to the year after the window's.
        seed: Random; makes UIDs and Message-IDs of this round unlike any other's.
        plan: Hash of the plan that was approved.
        roster: Version of the people it runs with: HR's, and besides whoever has left since it was approved.
        applied: Version of HR's roster that was applied last; empty: *roster*.
        roster_before: What *roster* takes the place of while that is being applied; None: it is.
    """

    id: str
    cycle: Cycle
    roster: str
    holidays: Mapping[str, frozenset[date]]
    approved_at: datetime
    approved_by: str
    seed: str
    plan: str
    state: RoundState = RoundState.APPROVED
    applied: str = ""
    roster_before: str | None = None

    @property
    def hrs_roster(self) -> str:
        """Version of the roster as HR has it, without those who have left."""
        return self.applied or self.roster


def moved(talk: Talk, *, start: datetime, place: Place, at: datetime) -> Talk:
    """*talk* at another time or place, or in another calendar: one revision on."""
    return replace(
        talk,
        start=start,
        place=place,
        state=TalkState.PLACED,
        former_start=talk.start if talk.start != start else None,
        revision=talk.revision + 1,
        changed_at=at,
        note="",
    )


def reassigned(talk: Talk, *, manager: str, start: datetime, place: Place, at: datetime) -> Talk:
    """*talk* under another host, at the same time or another: one revision on."""
    return replace(moved(talk, start=start, place=place, at=at), manager=manager)


def cancelled(talk: Talk, *, why: str, at: datetime) -> Talk:
    """*talk* called off: one revision on, its time kept, since the cancellation names it."""
    return replace(talk, state=TalkState.CANCELLED, revision=talk.revision + 1, changed_at=at, note=why)


def abstained(talk: Talk, *, reason: str, at: datetime) -> Talk:
    """*talk*, which its employee has chosen not to have: one revision on. *reason*: optional, read by HR alone."""
    return replace(talk, state=TalkState.ABSTAINED, revision=talk.revision + 1, changed_at=at, note=reason)
