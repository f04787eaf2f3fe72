"""Why a talk has no time or no room: values, not words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from talkcycle.planning.remedies import Remedy

Role = Literal["employee", "manager"]


class Kind(StrEnum):
    """The first rule that leaves nothing, in the order in which they are asked; the last five are about rooms."""

    NOTICE = "notice"
    AWAY = "away"
    NO_WORKING_DAY = "no working day"
    HOURS = "hours"
    NEVER_TOGETHER = "never together"
    AWAY_IN_TURN = "away in turn"
    CALENDAR = "calendar"
    CALENDARS = "calendars"
    FORBIDDEN = "forbidden"
    CASCADE = "cascade"
    FULL_DAYS = "full days"
    TAKEN = "taken"
    FULL_OR_TAKEN = "full or taken"
    FREE = "free"
    FIXED = "fixed"
    NO_SITE = "no site"
    NO_ROOMS = "no rooms"
    ROOMS_FULL = "rooms full"
    ROOM_FREE = "room free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why *talk* (its id) has no time, or no room, and what would give it one.

    Attributes:
        role: Whose fault it is, if it is one person's.
        facts: What the words of *kind* need, such as days and minutes.
        remedies: Each was tried and helps, the rest of the plan left where it is.
        looked_until: Where calendars end, if a longer window might help beyond that day.
        year: Dates of other years are said with their year.
        zone: Times are the employee's; their zone, if the manager's is another.
    """

    talk: str
    kind: Kind
    role: Role | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    remedies: tuple[Remedy, ...] = ()
    looked_until: date | None = None
    year: int
    zone: str | None = None

    @property
    def about_room(self) -> bool:
        return self.kind in ROOM_KINDS


ROOM_KINDS = frozenset({Kind.FIXED, Kind.NO_SITE, Kind.NO_ROOMS, Kind.ROOMS_FULL, Kind.ROOM_FREE})
