"""Days and moments as people write them."""

import re
from datetime import date, datetime, time

from talkcycle.domain.people import Absence
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.working_week import clock_time

FIRST_YEAR, LAST_YEAR = 1900, 2199
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_BETWEEN = re.compile(r"\s*(?:\.\.+|\u2026|\u2013|\u2014)\s*|\s+(?:-|to|till|t\.?o\.?m\.?)\s+|(?<=\d)/(?=\d{4}-)")
_MEND = "Write it as 2027-03-01."


def written_day(text: str) -> date:
    """The day *text* names: 2027-03-01, 1.3.2027, or 31/3/2027 where only one of the two can be the month.

    Raises:
        Unusable: It names none, or two.
    """
    text = text.strip()
    if match := _ISO.fullmatch(text):
        return _day(text, *map(int, match.groups()))
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = map(int, match.groups())
        return _day(text, year, month, day)
    if match := _SLASHES.fullmatch(text):
        one, other, year = map(int, match.groups())
        if one <= 12 and other <= 12 and one != other:
            raise Unusable(f"{quoted(text)} may be read as two different days.", _MEND)
        day, month = (one, other) if other <= 12 else (other, one)
        return _day(text, year, month, day)
    raise Unusable(f"{quoted(text)} is not a date.", _MEND)


def written_moment(text: str) -> datetime:
    """The moment *text* names, naive: a day and a time such as ``2027-03-10 10:00``.

    Raises:
        Unusable: It names none, or one with a zone.
    """
    day, _, clock = text.strip().replace("T", " ", 1).partition(" ")
    if not clock.strip():
        raise Unusable(f"{quoted(text)} is not a day and a time.", "Write them as 2027-03-10 10:00.")
    minutes = clock_time(clock)
    return datetime.combine(written_day(day), time(minutes // 60, minutes % 60))


def written_absences(text: str) -> tuple[Absence, ...]:
    """Days off such as ``2027-03-01..2027-03-14; 2027-04-02``, in the order of their first days.

    Raises:
        Unusable: One of them is not a day or a span of days.
    """
    parts = [part.strip() for part in re.split(r"[;,\n]", text)]
    return tuple(sorted((_absence(part) for part in parts if part), key=lambda each: (each.first, each.last)))


def _absence(text: str) -> Absence:
    first, *more = _BETWEEN.split(text)
    if len(more) > 1:
        mend = "Separate absences with semicolons: 2027-03-01..2027-03-14; 2027-04-02."
        raise Unusable(f"{quoted(text)} is not one day or one span of days.", mend)
    absence = Absence(first=written_day(first), last=written_day(more[0] if more else first))
    if absence.last < absence.first:
        raise Unusable(f"{quoted(text)} ends before it begins.", "Write the first day first.")
    return absence


def _day(text: str, year: int, month: int, day: int) -> date:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unusable(f"{quoted(text)} is not in a year that can be meant.", _MEND)
    try:
        return date(year, month, day)
    except ValueError:
        raise Unusable(f"{quoted(text)} is not in the calendar.", _MEND) from None
