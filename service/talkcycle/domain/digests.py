"""What the weekly summaries say, before any words: counts, times and what needs doing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from talkcycle.domain.cycle import Place

MOST_LINES = 5


class Need(StrEnum):
    """Something that needs doing, most urgent first."""

    UNDELIVERED = "undelivered"
    HELD = "held"
    UNPLACED = "unplaced"
    PRINT_AGENDA = "print-agenda"
    PREPARE = "prepare"
    NEXT_ROUND = "next-round"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One line that needs doing.

    Attributes:
        person: Name of the employee it is about; None in HR's, which carries counts only.
        count: How many it is about, in HR's.
        start: The talk's start, UTC, where there is one.
        zone: In which the start is written.
    """

    need: Need
    person: str | None = None
    count: int = 1
    start: datetime | None = None
    zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkOfTheWeek:
    """One talk of the digest's week. *start*, *end*: UTC."""

    employee: str
    start: datetime
    end: datetime
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerDigest:
    """A manager's week. *monday*: the first day of the week it is about. At most five lines; the rest is *more*."""

    monday: date
    lines: tuple[DigestLine, ...]
    more: int
    talks: tuple[TalkOfTheWeek, ...]

    @property
    def empty(self) -> bool:
        return not self.lines and not self.talks


@dataclass(frozen=True, slots=True, kw_only=True)
class HrDigest:
    """The round's week for HR. Counts only.

    Attributes:
        counts: ``talks``, ``placed``, ``invited``, ``this-week``, ``past``, ``cancelled``, ``unplaced``.
    """

    monday: date
    lines: tuple[DigestLine, ...]
    counts: Mapping[str, int]

    @property
    def empty(self) -> bool:
        return not self.lines and not self.counts.get("this-week")
