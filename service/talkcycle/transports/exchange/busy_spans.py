"""What a server tells of a mailbox's times, as the planner wants it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.people import Interval, WeekHours

Each = TypeVar("Each")

KINDS: Mapping[str, BusyKind] = {
    "Tentative": BusyKind.TENTATIVE,
    "Busy": BusyKind.BUSY,
    "OOF": BusyKind.AWAY,
    "WorkingElsewhere": BusyKind.ELSEWHERE,
}
"""EWS's LegacyFreeBusyType; Free is not there."""
DAYS = {day + 1: (day,) for day in range(7)} | {8: tuple(range(7)), 9: tuple(range(5)), 10: (5, 6)}
"""EWS's DayOfWeek as exchangelib numbers it, Monday to Sunday, Day, Weekday, WeekendDay: to our days of the week."""
MIDNIGHT = 24 * 60


def pieces(window: Span, longest: timedelta) -> Iterator[Span]:
    """*window* in parts that are not longer than *longest*."""
    start, end = window
    while start < end:
        yield start, min(start + longest, end)
        start += longest


def chunks(things: Sequence[Each], most: int) -> Iterator[Sequence[Each]]:
    for first in range(0, len(things), most):
        yield things[first : first + most]


def united(spans: Iterable[tuple[str, Span]], window: Span) -> dict[BusyKind, tuple[Span, ...]]:
    """Spans with EWS's kinds, cut to *window*; those of a kind sorted and not touching."""
    by_kind: dict[BusyKind, list[Span]] = {}
    for said, (start, end) in spans:
        kind = KINDS.get(said)
        clipped = max(start, window[0]), min(end, window[1])
        if kind is not None and clipped[0] < clipped[1]:
            by_kind.setdefault(kind, []).append(clipped)
    return {kind: _joined(found) for kind, found in by_kind.items()}


def week_hours(periods: Iterable[tuple[Iterable[int], time, time]]) -> WeekHours | None:
    """Working periods: days (see DAYS), first and last minute. None: nothing is said."""
    week: list[list[Interval]] = [[] for _ in range(7)]
    for numbers, first, last in periods:
        begins, ends = _minutes(first), _minutes(last) or MIDNIGHT
        for day in {day for number in numbers for day in DAYS.get(number, ())}:
            if begins < ends:
                week[day].append((begins, ends))
    return tuple(_joined(day) for day in week) if any(week) else None


def plain(value: datetime) -> datetime:
    """Exchangelib's times as the standard library's, UTC."""
    return datetime.fromtimestamp(value.timestamp(), UTC)


Ordered = TypeVar("Ordered", int, datetime)


def _joined(spans: Iterable[tuple[Ordered, Ordered]]) -> tuple[tuple[Ordered, Ordered], ...]:
    joined: list[tuple[Ordered, Ordered]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
