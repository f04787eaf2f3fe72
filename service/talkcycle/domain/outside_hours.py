"""When somebody is at work by the roster and outside the working hours their mailbox tells. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time
from functools import lru_cache

from talkcycle.domain.busy import Span
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of
from talkcycle.domain.people import WeekHours


@lru_cache(maxsize=256)  # most people share their hours and zone with many others
def outside_hours(
    roster: WeekHours, roster_zone: str, mailbox: WeekHours, mailbox_zone: str, window: Span
) -> tuple[Span, ...]:
    """The part of *window* in the hours of the roster and not in those of the mailbox, each local to its zone.

    Nothing, when the mailbox has no hours at all: then nobody has set them.

    Returns:
        Sorted spans that do not touch.
    """
    if not any(mailbox) or (roster, roster_zone) == (mailbox, mailbox_zone):
        return ()
    return tuple(_without(_at_work(roster, roster_zone, window), _at_work(mailbox, mailbox_zone, window)))


def _at_work(hours: WeekHours, zone: str, window: Span) -> list[Span]:
    """Sorted, what touches is one: across midnight, or in the night of a change of clocks."""
    found: list[Span] = []
    day, last = day_of(window[0], zone), day_of(window[1], zone)
    while day <= last:
        for begins, ends in hours[day.weekday()]:
            start, end = max(_at(day, begins, zone), window[0]), min(_at(day, ends, zone), window[1])
            if found and start <= found[-1][1]:
                start, end = found[-1][0], max(end, found.pop()[1])
            if start < end:
                found.append((start, end))
        day += ONE_DAY
    return found


def _at(day: date, minute: int, zone: str) -> datetime:
    """1440 is the next midnight."""
    days, rest = divmod(minute, 1440)
    return instant_of(day + days * ONE_DAY, time(rest // 60, rest % 60), zone)


def _without(spans: list[Span], taken_out: list[Span]) -> Iterator[Span]:
    for start, end in spans:
        at = start
        for begins, ends in taken_out:
            if ends <= at or begins >= end:
                continue
            if at < begins:
                yield at, begins
            at = max(at, ends)
        if at < end:
            yield at, end
