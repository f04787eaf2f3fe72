"""When people and rooms are busy: times and kinds alone, never what with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Span = tuple[datetime, datetime]
"""Half-open ``[from, to)``, aware, UTC."""


class BusyKind(StrEnum):
    BUSY = "b"
    AWAY = "o"
    TENTATIVE = "t"
    ELSEWHERE = "w"


class Blocks(StrEnum):
    """What a kind of busy time does to a talk: blocks it, costs a penalty, or nothing."""

    HARD = "hard"
    SOFT = "soft"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyTimes:
    """By roster id, and by site and name of a room; spans of a kind are sorted and do not touch."""

    people: Mapping[str, Mapping[BusyKind, tuple[Span, ...]]] = field(default_factory=dict)
    rooms: Mapping[tuple[str, str], Mapping[BusyKind, tuple[Span, ...]]] = field(default_factory=dict)
