"""Whether somebody is at work at some time, by the roster and the public holidays. Pure."""

from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from talkcycle.domain.people import Person


def at_work(person: Person, start: datetime, minutes: int, holidays: AbstractSet[date]) -> bool:
    """Whether *person* is employed, not away, and at work without a pause for *minutes* from *start*.

    Args:
        holidays: Public ones, where they work.
    """
    zone = ZoneInfo(person.zone)
    begins, ends = start.astimezone(zone), (start + timedelta(minutes=minutes)).astimezone(zone)
    day = begins.date()
    if day in holidays or not person.works_on(day):
        return False
    first, last = _minute(begins, day), _minute(ends, day)
    return any(opens <= first and last <= closes for opens, closes in person.hours[day.weekday()])


def _minute(local: datetime, day: date) -> int:
    """Of the clock on *day*; past midnight it goes on counting."""
    return (local.date() - day).days * 24 * 60 + local.hour * 60 + local.minute
