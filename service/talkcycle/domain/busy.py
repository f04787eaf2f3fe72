"""When people and rooms are busy: times and kinds alone, never what with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Span = tuple[datetime, datetime]
"""Half-open ``[from, to)``, aware, UTC."""


class BusyKind(StrEnum):
    """What a busy time is. ``OUTSIDE``: the roster has its owner at work then, and their mailbox does not."""

    BUSY = "b"
    AWAY = "o"
    TENTATIVE = "t"
    ELSEWHERE = "w"
    OUTSIDE = "h"


IN_CALENDARS = frozenset(BusyKind) - {BusyKind.OUTSIDE}
"""What a calendar holds; the other follows from the hours of its owner's mailbox."""


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


Owner = str | tuple[str, str]
"""Whose calendar: a roster id, or site and name of a room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfetched:
    """Why a calendar could not be fetched from *host*, and how to mend it. Says nothing else of the address."""

    host: str
    problem: str
    mend: str


class FetchCalendars(Protocol):
    """Fetches calendars from addresses."""

    def __call__(self, urls: Mapping[Owner, str], /) -> Mapping[Owner, bytes | Unfetched]:
        """The bytes of each, or why there are none. Never raises for what an address or a server does.

        Addresses may hold secrets: they are neither logged nor shown.
        """
        ...
