"""The planner's input and output: the fields of talkplan/1, some of them empty at first.

All minutes are integers, UTC, counted from ``t0``; intervals are half-open ``[start, end)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.people import Absence, Interval, WeekHours
from talkcycle.domain.wishes import SEATS, Cascade

Busy = Mapping[BusyKind, tuple[Interval, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    id: str
    zone: str
    calendar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A room may hold talks when it is *neutral* and seats two."""

    id: str
    site: str
    capacity: int
    neutral: bool
    busy: Busy = field(default_factory=dict)

    @property
    def holds_talks(self) -> bool:
        return self.neutral and self.capacity >= SEATS


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """A person as the planner sees them. *hours* are their working hours in their own zone; *absences* whole local days.

    *lunch* and *preferred* are minutes of a local day. *first_day* and *last_day*: employed from, to. *forbidden*: when
    HR wants no talk with them, whatever the policy for busy times.
    """

    id: str
    manager: str | None
    site: str | None
    zone: str
    calendar: str
    hours: WeekHours
    lunch: Interval | None = None
    preferred: tuple[Interval, ...] = ()
    most_per_day: int | None = None
    absences: tuple[Absence, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    forbidden: tuple[Interval, ...] = ()
    busy: Busy = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A talk that stays where it is."""

    start: int
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A talk to be placed. *buffer* follows it and binds the manager and the room only. Minutes."""

    id: str
    employee: str
    manager: str
    minutes: int
    buffer: int
    wants_room: bool = False
    site: str | None = None
    lead_days: int | None = None
    pin: Pin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Everything a planner may know.

    Attributes:
        horizon: Minutes after *t0*; plans lie inside, busy times are complete in it.
        today: The day invitations can go out.
        first, last: The window, both included; local days of each employee.
        lead_days: Calendar days from *today* to a talk, at least.
        grid: Starts are multiples of it, counted from *t0*.
        days, hours: Where talks may lie, in the employee's and in the manager's local time: weekdays 0 to 6, minutes.
        calendars: Name to public holidays.
    """

    t0: datetime
    horizon: int
    today: date
    first: date
    last: date
    lead_days: int
    grid: int
    most_per_day: int
    days: frozenset[int]
    hours: Interval
    people: Mapping[str, Attendee]
    talks: tuple[Request, ...]
    calendars: Mapping[str, frozenset[date]]
    sites: Mapping[str, Site] = field(default_factory=dict)
    rooms: Mapping[str, Room] = field(default_factory=dict)
    cascade: Cascade = Cascade.OFF
    status_policy: Mapping[BusyKind, Blocks] = field(
        default_factory=lambda: {
            BusyKind.BUSY: Blocks.HARD,
            BusyKind.AWAY: Blocks.HARD,
            BusyKind.TENTATIVE: Blocks.SOFT,
            BusyKind.ELSEWHERE: Blocks.FREE,
        }
    )
    weights: Mapping[str, int] = field(default_factory=dict)

    def most_held(self, manager: str) -> int:
        """How many talks *manager*, an id, holds a day at most."""
        own = self.people[manager].most_per_day
        return self.most_per_day if own is None else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A talk's time. *start*: minutes after the instance's t0."""

    talk: str
    start: int
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every talk of the instance is in exactly one of the two, in the instance's order. *unplaced*: ids of talks."""

    assignments: tuple[Assignment, ...]
    unplaced: tuple[str, ...]
