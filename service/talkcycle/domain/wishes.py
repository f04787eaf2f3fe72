"""What HR decides about a plan before it is made: rooms, rules, and single talks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.people import Interval

EVERYBODY = "*"
LUNCH: Interval = (12 * 60, 13 * 60)
SEATS = 2
"""A room for talks has at least so many."""


class Cascade(StrEnum):
    """Whether a manager's own talk comes before those with their team: as it comes, better so, or always."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRoom:
    """A room of a site, known there by its name. It holds talks when it is neutral and seats two.

    Attributes:
        address: Its mailbox, which tells when it is free and is invited; None: it has none.
        listed: It comes from a room list, not from the cycle file.
        address_listed: It stands in the cycle file without an address, and has that of a room list.
    """

    name: str
    seats: int
    neutral: bool = True
    address: str | None = None
    listed: bool = False
    address_listed: bool = False

    @property
    def holds_talks(self) -> bool:
        return self.neutral and self.seats >= SEATS


SEATS_OF_LISTED = 4
"""Of a room of a room list, where neither the server nor HR says how many can sit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomList:
    """Rooms of a site that the mail server knows, by the address of their list.

    Attributes:
        seats: Of a room of which the server does not say how many can sit.
    """

    address: str
    seats: int = SEATS_OF_LISTED


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningRules:
    """Attributes:
    blocks: What each kind of busy time in a calendar does.
    outside_hours: What time does that lies outside the working hours a mailbox tells.
    lunch: Minutes of the local day in which people eat; None: no preference.
    preferred: Hours in which managers prefer to hold talks; empty: any.
    calendars: Folder with busy times, beside the cycle file.
    """

    cascade: Cascade = Cascade.OFF
    blocks: Mapping[BusyKind, Blocks] = field(
        default_factory=lambda: {
            BusyKind.BUSY: Blocks.HARD,
            BusyKind.AWAY: Blocks.HARD,
            BusyKind.TENTATIVE: Blocks.SOFT,
            BusyKind.ELSEWHERE: Blocks.FREE,
        }
    )
    outside_hours: Blocks = Blocks.SOFT
    lunch: Interval | None = LUNCH
    preferred: tuple[Interval, ...] = ()
    calendars: str = "calendars"


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedTalk:
    """HR's word: the talk of *employee* is then. *at*: naive, local time of the employee. *room*: one of their site's."""

    employee: str
    at: datetime
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenTime:
    """No talk with any of *who*: roster ids, sites, or ``*``. Local to each person; both days included.

    Attributes:
        hours: Minutes of the day; None: the whole day.
        weekdays: 0 (Monday) to 6; empty: all.
    """

    who: frozenset[str]
    first: date
    last: date
    hours: Interval | None = None
    weekdays: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedPair:
    """These two have no talk this time, and *reason* says why."""

    employee: str
    manager: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    pinned: tuple[PinnedTalk, ...] = ()
    forbidden: tuple[ForbiddenTime, ...] = ()
    excluded: tuple[ExcludedPair, ...] = ()
