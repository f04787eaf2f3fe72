"""A zone as calendars want it: one STANDARD and one DAYLIGHT with yearly rules, from the zone's own POSIX rule.

Lists of RDATEs, which libraries write, break some versions of Exchange and Outlook (KB4456241, KB2643084).
"""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from pathlib import Path

_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_CLOCK = r"[+-]?\d{1,3}(?::\d\d){0,2}"
_RULE = rf"M(\d+)\.(\d)\.(\d)(?:/({_CLOCK}))?"
_POSIX = re.compile(rf"({_NAME})({_CLOCK})(?:({_NAME})({_CLOCK})?,{_RULE},{_RULE})?")
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """When an offset begins each year: *nth* *weekday* (0 is Sunday, nth 5 the last) of *month*, at a local time."""

    month: int
    nth: int
    weekday: int
    at: timedelta

    @property
    def rrule(self) -> str:
        nth = -1 if self.nth == 5 else self.nth
        return f"FREQ=YEARLY;BYMONTH={self.month};BYDAY={nth}{_DAYS[self.weekday]}"

    def in_year(self, year: int) -> datetime:
        """The local onset, naive."""
        first = datetime(year, self.month, 1)  # noqa: DTZ001  # a wall clock's time
        day = first + timedelta(days=(self.weekday - first.isoweekday()) % 7 + 7 * (self.nth - 1))
        return (day if day.month == self.month else day - timedelta(days=7)) + self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Observance:
    """An offset from UTC and when it begins; *onset* is None when it always holds. *before*: the offset until then."""

    name: str
    offset: timedelta
    before: timedelta
    onset: Onset | None


@lru_cache(maxsize=512)
def observances(zone: str) -> tuple[Observance, ...] | None:
    """One or two observances of *zone* as its rule stands today; None when a yearly rule cannot say it plainly.

    A rule outside one day (Greenland changes "on Saturday, counted from Sunday") is not plain.
    """
    match = _POSIX.fullmatch(_rule_of(zone))
    if match is None:
        return None
    name, offset, summer_name, summer_offset, *rules = match.groups()
    standard = -_clock(offset)
    if summer_name is None:
        return (Observance(name=name.strip("<>"), offset=standard, before=standard, onset=None),)
    summer = -_clock(summer_offset) if summer_offset else standard + timedelta(hours=1)
    begins, ends = _onset(rules[:4]), _onset(rules[4:])
    if not all(timedelta(0) <= onset.at < timedelta(days=1) for onset in (begins, ends)):
        return None
    return (
        Observance(name=name.strip("<>"), offset=standard, before=summer, onset=ends),
        Observance(name=summer_name.strip("<>"), offset=summer, before=standard, onset=begins),
    )


@lru_cache(maxsize=512)
def vtimezone(zone: str) -> str:
    """The VTIMEZONE of *zone*, CRLF line ends, no line over 75 octets. ValueError when it cannot be said plainly."""
    found = observances(zone)
    if found is None:
        raise ValueError(f"{zone} has no plain rule")
    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    standard = min(each.offset for each in found)
    for each in found:
        # Ireland calls its summer the standard time; calendars know summer by its larger offset.
        kind = "STANDARD" if each.offset == standard else "DAYLIGHT"
        start = each.onset.in_year(1970) if each.onset else datetime(1970, 1, 1)  # noqa: DTZ001
        lines += [
            f"BEGIN:{kind}",
            f"DTSTART:{start:%Y%m%dT%H%M%S}",
            f"TZOFFSETFROM:{_offset(each.before)}",
            f"TZOFFSETTO:{_offset(each.offset)}",
            *([f"RRULE:{each.onset.rrule}"] if each.onset else []),
            f"TZNAME:{each.name}",
            f"END:{kind}",
        ]
    lines += ["END:VTIMEZONE", ""]
    return "\r\n".join(lines)


def tells_truly(zone: str, instant: datetime) -> bool:
    """Whether the VTIMEZONE of *zone* gives back exactly *instant* (UTC) from its local time.

    Not where the zone has changes that no rule foretells (Morocco's Ramadan), nor in the hour a clock shows twice.
    """
    found = observances(zone)
    if found is None:
        return False
    there = instant.astimezone(zoneinfo.ZoneInfo(zone))
    if there.fold or there.replace(fold=1).utcoffset() != there.utcoffset():
        return False
    return _offset_at(found, instant) == there.utcoffset()


def _offset_at(found: tuple[Observance, ...], instant: datetime) -> timedelta:
    """The offset at *instant* (UTC) by the rules alone."""
    onsets = [
        (each.onset.in_year(year).replace(tzinfo=UTC) - each.before, each.offset)
        for each in found
        if each.onset is not None
        for year in (instant.year - 1, instant.year, instant.year + 1)
    ]
    begun = [(begin, offset) for begin, offset in onsets if begin <= instant]
    return max(begun)[1] if begun else found[0].offset


def _rule_of(zone: str) -> str:
    """The last line of the zone's file, from where zoneinfo itself reads it, so that both tell the same."""
    for folder in zoneinfo.TZPATH:
        path = Path(folder, *zone.split("/"))
        if path.is_file():
            return _last_line(path.read_bytes())
    return _last_line(resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes())


def _last_line(data: bytes) -> str:
    return data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")


def _onset(groups: list[str | None]) -> Onset:
    month, nth, weekday, at = groups
    assert month is not None
    assert nth is not None
    assert weekday is not None
    return Onset(month=int(month), nth=int(nth), weekday=int(weekday), at=_clock(at) if at else timedelta(hours=2))


def _clock(text: str) -> timedelta:
    hours, minutes, seconds = ([int(part) for part in text.lstrip("+-").split(":")] + [0, 0])[:3]
    value = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -value if text.startswith("-") else value


def _offset(value: timedelta) -> str:
    minutes = abs(value) // timedelta(minutes=1)
    return f"{'-' if value < timedelta(0) else '+'}{minutes // 60:02d}{minutes % 60:02d}"
