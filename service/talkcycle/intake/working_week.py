"""Working days and hours as people write them, in English and Swedish."""

import re
from functools import lru_cache

from talkcycle.domain.people import OFFICE_WEEK, Interval, WeekHours
from talkcycle.intake.unusable import Unusable, quoted

_NAMES = (
    ("mon", "monday", "mondays", "mån", "man", "måndag", "måndagar"),
    ("tue", "tues", "tuesday", "tuesdays", "tis", "tisdag", "tisdagar"),
    ("wed", "wednesday", "wednesdays", "ons", "onsdag", "onsdagar"),
    ("thu", "thur", "thurs", "thursday", "thursdays", "tor", "tors", "torsdag", "torsdagar"),
    ("fri", "friday", "fridays", "fre", "fredag", "fredagar"),
    ("sat", "saturday", "saturdays", "lör", "lor", "lördag", "lördagar"),
    ("sun", "sunday", "sundays", "sön", "son", "söndag", "söndagar"),
)
_DAYS = {name: day for day, names in enumerate(_NAMES) for name in names}
_DASH = r"\s*(?:-|\u2013|\u2014|\bto\b|\btill\b)\s*"
_TIME = r"(\d{1,2})(?:[:.](\d{2}))?"
_HOURS = re.compile(rf"{_TIME}{_DASH}{_TIME}")
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?")
_PER_DAY = re.compile(r"([^\d;]+?)[:\s]\s*(\d.*)")

DAYS_MEND = "Write days such as mon-thu or mon, wed, fri (mån-tors, mån, ons, fre)."
HOURS_MEND = "Write hours such as 08:00-17:00, or 08:00-12:00, 13:00-17:00."


@lru_cache(maxsize=1024)
def weekdays(text: str) -> frozenset[int]:
    """The days *text* names, 0 (Monday) to 6. Raises Unusable."""
    days: set[int] = set()
    for part in re.split(r"[,;\s]+|\band\b|\boch\b", re.sub(_DASH, "-", text.strip())):
        first, dash, last = part.partition("-")
        if part:
            begins, ends = weekday(first), weekday(last if dash else first)
            days |= {day % 7 for day in range(begins, ends + 1 if ends >= begins else ends + 8)}
    if not days:
        raise Unusable("names no day.", DAYS_MEND)
    return frozenset(days)


def weekday(text: str) -> int:
    """0 (Monday) to 6. Raises Unusable."""
    day = _DAYS.get(text.strip().rstrip(".").casefold())
    if day is None:
        raise Unusable(f"{quoted(text)} is not a day of the week.", DAYS_MEND)
    return day


def clock_time(text: str) -> int:
    """Minutes after midnight of a time such as ``09:00`` or ``9.30``; at most 23:59. Raises Unusable."""
    match = _CLOCK.fullmatch(text.strip())
    minutes = int(match[1]) * 60 + int(match[2]) if match else 1440
    if match is None or minutes >= 1440 or int(match[2]) > 59:
        raise Unusable(f"{quoted(text)} is not a time of day.", "Write it as 09:00.")
    return minutes


def interval(text: str) -> Interval:
    """Minutes of the day of hours such as ``08:00-12:00``. Raises Unusable."""
    match = _HOURS.fullmatch(text.strip())
    if match is None:
        raise Unusable(f"{quoted(text)} is not a span of hours.", HOURS_MEND)
    begins, ends = (int(match[n]) * 60 + int(match[n + 1] or 0) for n in (1, 3))
    if int(match[2] or 0) > 59 or int(match[4] or 0) > 59 or ends > 1440:
        raise Unusable(f"{quoted(text)} has a time that no clock shows.", HOURS_MEND)
    if begins >= ends:
        raise Unusable(f"{quoted(text)} ends before it begins.", "Write hours past midnight as two days' hours.")
    return (begins, ends)


@lru_cache(maxsize=1024)
def intervals(text: str) -> tuple[Interval, ...]:
    """Hours such as ``08:00-12:00, 13:00-17:00``: sorted, touching ones joined. Raises Unusable."""
    found = sorted(interval(part) for part in re.split(r"[,;]|\band\b|\boch\b", text) if part.strip())
    if not found:
        raise Unusable("names no hours.", HOURS_MEND)
    joined = [found[0]]
    for begins, ends in found[1:]:
        if begins < joined[-1][1]:
            raise Unusable(f"{quoted(text)} has hours that overlap.", HOURS_MEND)
        if begins == joined[-1][1]:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return tuple(joined)


def names_days(hours: str) -> bool:
    """Say whether *hours* names days of its own, as in ``mon 08:00-12:00; tue 08:00-17:00``."""
    return bool(re.match(r"\s*[^\d\s]", hours))


@lru_cache(maxsize=1024)
def working_week(days: str, hours: str) -> WeekHours:
    """The week of two columns; an empty one means Monday to Friday, or 08:00-17:00.

    Raises:
        Unusable: One of them cannot be read, or both name days.
    """
    if names_days(hours):
        if days.strip():
            raise Unusable("names days, and so does the column of days.", "Say which days in one of the two.")
        return _day_by_day(hours)
    on = weekdays(days) if days.strip() else frozenset(range(5))
    daily = intervals(hours) if hours.strip() else OFFICE_WEEK[0]
    return tuple(daily if day in on else () for day in range(7))


def _day_by_day(hours: str) -> WeekHours:
    week: list[tuple[Interval, ...]] = [()] * 7
    for part in filter(str.strip, re.split(r"[;\n]", hours)):
        match = _PER_DAY.fullmatch(part.strip())
        if match is None:
            raise Unusable(
                f"{quoted(part.strip())} is not a day with its hours.", "Write mon 08:00-12:00; tue-thu 08:00-17:00."
            )
        for day in weekdays(match[1]):
            if week[day]:
                raise Unusable(f"{quoted(part.strip())} names a day that has its hours already.", "Name each day once.")
            week[day] = intervals(match[2])
    return tuple(week)
