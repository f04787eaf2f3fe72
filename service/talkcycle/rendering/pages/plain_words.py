"""Days and distances as the pages write them, in English."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo


def day(day: date) -> str:
    """Such as ``Tue 9 Mar``."""
    return f"{day:%a} {day.day} {day:%b}"


def long_day(day: date) -> str:
    """Such as ``9 March 2027``."""
    return f"{day.day} {day:%B %Y}"


def span(first: date, last: date) -> str:
    """Two days with a dash between them."""
    return f"{first.day} {first:%b} \N{EN DASH} {last.day} {last:%b}"


def moment(instant: datetime, zone: str) -> str:
    """Such as ``Tue 9 Mar 14:30``, as clocks in *zone* show it."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{day(there)} {there:%H:%M}"


def distance(days: int) -> str:
    """So many days before (negative) or after a talk."""
    if days == 0:
        return "the same day"
    return f"{count(abs(days), 'day')} {'before' if days < 0 else 'after'}"


def count(number: int, thing: str) -> str:
    """``no message``, ``1 message``, ``2 messages``."""
    return f"{number or 'no'} {thing}{'' if number == 1 else 's'}"


def initials(name: str) -> str:
    words = name.split()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def some(names: Sequence[str], most: int = 6) -> str:
    """The first few of *names*, each once, and how many more there are."""
    kept = list(dict.fromkeys(names))
    return ", ".join(kept[:most]) + (f" and {len(kept) - most} more" if len(kept) > most else "")
