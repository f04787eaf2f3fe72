"""From the zone names in calendars to instants: IANA, Windows, and zones that a calendar defines itself."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from talkcycle.intake.ical_lines import Component, Unreadable
from talkcycle.intake.ical_recurrence import Budget, TooCostly, local_moment, rule_starts
from talkcycle.intake.unusable import quoted

OFFSET = re.compile(r"([+-])(\d\d)(\d\d)(\d\d)?")


class Zone(Protocol):
    """Says when local clocks show something."""

    def utc(self, local: datetime) -> datetime:
        """Naive local time to UTC. A skipped time takes the offset before the gap, a repeated one means the first.

        Source: RFC 5545 section 3.3.5.

        Raises:
            OverflowError: Before year 1 or after year 9999.
        """
        ...


class NamedZone:
    """A zone that tzdata knows."""

    def __init__(self, key: str) -> None:
        self._zone = ZoneInfo(key)

    def utc(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self._zone).astimezone(UTC)


class DefinedZone:
    """A zone as a VTIMEZONE defines it, exact from *first* to *last* (naive, local)."""

    def __init__(self, definition: Component, first: datetime, last: datetime, budget: Budget) -> None:
        onsets: list[tuple[datetime, timedelta]] = []
        earliest: list[tuple[datetime, timedelta]] = []
        for part in definition.parts:
            before, after = _offset(part, "TZOFFSETFROM"), _offset(part, "TZOFFSETTO")
            start = part.first("DTSTART")
            if start is None:
                raise Unreadable(part.line, "DTSTART", "A rule of this time zone does not say when it begins.")
            begins = local_moment(start)
            gap = max(after - before, timedelta())  # a skipped time still takes the offset before
            earliest.append((begins, before))
            onsets.append((begins + gap, after))
            for rule in part.all("RRULE"):
                onsets.extend((at + gap, after) for at in rule_starts(rule, begins, first, last, budget))
            for more in part.all("RDATE"):
                onsets.extend((local_moment(more, text) + gap, after) for text in budget.values(more))
        if not onsets:
            raise Unreadable(definition.line, "VTIMEZONE", "This time zone has no rules.")
        onsets.sort()
        self._from = [at for at, _ in onsets]
        self._offsets = [min(earliest)[1], *(offset for _, offset in onsets)]

    def utc(self, local: datetime) -> datetime:
        offset = self._offsets[bisect_right(self._from, local)]
        return (local - offset).replace(tzinfo=UTC)


class Zones:
    """The zones of one calendar.

    Args:
        own: IANA name of the person's or room's zone: floating times and days are read in it.
        definitions: The calendar's VTIMEZONE components.
        first, last: Naive; definitions are read between these.
    """

    def __init__(
        self, own: str, definitions: Iterable[Component], first: datetime, last: datetime, budget: Budget
    ) -> None:
        self.own: Zone = _named(own)
        self._definitions: Mapping[str, Component] = {
            name.value.strip(): each for each in definitions if (name := each.first("TZID"))
        }
        self._span = (first, last)
        self._budget = budget
        self._known: dict[str, Zone | Unreadable] = {}

    def named(self, name: str, line: int) -> Zone:
        """The zone that *name* means in this calendar: a name that everybody knows goes before a definition.

        Raises:
            Unreadable: Nobody knows it.
        """
        if name not in self._known:
            try:
                self._known[name] = self._found(name.strip(), line)
            except TooCostly:
                raise
            except Unreadable as unreadable:
                self._known[name] = unreadable
        found = self._known[name]
        if isinstance(found, Unreadable):
            raise found
        return found

    def _found(self, name: str, line: int) -> Zone:
        key = iana_name(name)
        if key is not None:
            return _named(key)
        if name in self._definitions:
            return DefinedZone(self._definitions[name], *self._span, self._budget)
        raise Unreadable(
            line,
            "TZID",
            f"Nobody knows the time zone {quoted(name)}, and the file does not define it.",
            "Set a usual zone in the calendar, such as Europe/Stockholm, and export it again.",
        )


def iana_name(name: str) -> str | None:
    """The IANA name that *name* is, or stands for: of Windows, or with the maker's path before it."""
    if name in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[name]
    parts = name.split("/")[-3:]
    for start in range(len(parts)):
        key = _iana().get("/".join(parts[start:]).casefold())
        if key is not None and (start == 0 or name.startswith("/")):
            return key
    return None


@cache
def _iana() -> Mapping[str, str]:
    return {key.casefold(): key for key in available_timezones()}


@cache
def _named(key: str) -> Zone:
    return NamedZone(key)


def _offset(part: Component, name: str) -> timedelta:
    found = part.first(name)
    match = OFFSET.fullmatch(found.value.strip()) if found else None
    if match is None:
        raise Unreadable(part.line, name, "A rule of this time zone does not say how far it is from UTC.")
    sign, hours, minutes, seconds = match.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    return -offset if sign == "-" else offset
