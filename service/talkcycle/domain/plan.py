"""A plan HR looks at before anything is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from talkcycle.domain.cycle import Cycle, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTalk:
    """A talk with a time. *start*: aware, UTC; *zone*: the employee's."""

    employee: str
    manager: str
    start: datetime
    minutes: int
    buffer_minutes: int
    zone: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedTalk:
    """A talk without a time. *reason*: a sentence a person can act on; names nobody but by role."""

    employee: str
    manager: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A stored plan, not yet approved. Nothing is ever sent from a draft.

    Attributes:
        hash: Of all that approval freezes: cycle, roster, files, talks. What HR approves is named by it.
        cycle: With the window of this round (a repeated cycle's own window may lie in the past).
        roster: Version of the roster it was made from.
        today: The day it was made for, in the cycle's zone.
        approve_by: Last day on which approving it keeps every notice, in the cycle's zone.
        files: What approval freezes besides: ``templates/<language>/<name>`` and ``attachments/<name>`` to SHA-256.
        without_room: Employees whose talk wants a room and has none, and why.
        pinned_against: Employees whose talk has the time HR decided though something stands against it, and what.
        left_out: People without a talk and why: excluded, not employed in the window, nobody to talk with.
    """

    hash: str
    round: str
    cycle: Cycle
    roster: str
    holidays: Mapping[str, frozenset[date]]
    today: date
    made_at: datetime
    approve_by: date
    talks: tuple[PlannedTalk, ...]
    unplaced: tuple[UnplacedTalk, ...]
    left_out: Mapping[str, str]
    files: Mapping[str, str]
    without_room: Mapping[str, str] = field(default_factory=dict)
    pinned_against: Mapping[str, str] = field(default_factory=dict)
