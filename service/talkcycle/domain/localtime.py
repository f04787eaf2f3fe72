"""Days and instants. Instants are aware and UTC; days are reckoned in a person's own zone, across daylight saving."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
OFFICE_CLOSES = time(17, 0)
"""Nothing that goes out at once goes out later in the day than this."""


def instant_of(day: date, at: time, zone: str) -> datetime:
    """The UTC instant at which clocks in *zone* show *at* on *day*.

    Source: RFC 5545 section 3.3.5: a skipped local time takes the offset before the gap, a repeated one means the
    first. ``fold=0`` is both (PEP 495).
    """
    return datetime.combine(day, at, ZoneInfo(zone)).replace(fold=0).astimezone(UTC)


def day_of(instant: datetime, zone: str) -> date:
    """The local date in *zone* at *instant*."""
    return instant.astimezone(ZoneInfo(zone)).date()


def is_working_day(day: date, holidays: AbstractSet[date]) -> bool:
    """Neither a weekend nor one of *holidays*."""
    return day.weekday() < 5 and day not in holidays


def working_day(day: date, holidays: AbstractSet[date], *, earlier: bool) -> date:
    """*day* itself, or the nearest working day before it (*earlier*) or after it."""
    while not is_working_day(day, holidays):
        day += -ONE_DAY if earlier else ONE_DAY
    return day


def working_days_from(day: date, days: int, holidays: AbstractSet[date]) -> date:
    """The working day that comes *days* working days after *day*; before it where *days* is negative."""
    step = -ONE_DAY if days < 0 else ONE_DAY
    for _ in range(abs(days)):
        day = working_day(day + step, holidays, earlier=days < 0)
    return day


def next_working_moment(instant: datetime, at: time, zone: str, holidays: AbstractSet[date]) -> datetime:
    """*instant* itself on a working day between *at* and 17:00 in *zone*, else the next such *at*. UTC."""
    today = day_of(instant, zone)
    if is_working_day(today, holidays):
        opens, closes = instant_of(today, at, zone), instant_of(today, OFFICE_CLOSES, zone)
        if opens <= instant < closes:
            return instant
        if instant <= opens:
            return opens
    return instant_of(working_day(today + ONE_DAY, holidays, earlier=False), at, zone)


def iso_week(day: date) -> str:
    """Such as ``2027-W10``."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
