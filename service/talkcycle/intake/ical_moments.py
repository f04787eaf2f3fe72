"""A time in a calendar, with the zone whose clocks it is read from, and how long something lasts."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from talkcycle.intake.ical_lines import Component, Property, Unreadable
from talkcycle.intake.ical_recurrence import FIRST_DAY, LAST_DAY, moment
from talkcycle.intake.ical_zones import NamedZone, Zone, Zones
from talkcycle.intake.unusable import quoted

DURATION = re.compile(r"([+-]?)P(?:(\d{1,12})W|(?:(\d{1,12})D)?(T(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12})S)?)?)")
ONE_DAY = timedelta(days=1)
FIRST_INSTANT, LAST_INSTANT = FIRST_DAY.replace(tzinfo=UTC), LAST_DAY.replace(tzinfo=UTC)
UTC_ZONE: Zone = NamedZone("UTC")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something begins or ends. *local*: naive, what clocks in *zone* show. *whole_day*: midnight of a date."""

    local: datetime
    zone: Zone
    whole_day: bool

    @property
    def utc(self) -> datetime:
        """The instant; the first or the last there is when clocks cannot show it in UTC."""
        try:
            return self.zone.utc(self.local)
        except OverflowError:
            return FIRST_INSTANT if self.local.year < 5000 else LAST_INSTANT

    def moved(self, by: timedelta) -> Self:
        return type(self)(self.local + by, self.zone, self.whole_day)

    def at(self, local: datetime) -> Self:
        return type(self)(local, self.zone, self.whole_day)


@dataclass(frozen=True, slots=True)
class Length:
    """Days of the calendar, of 23 to 25 hours, and then an exact time.

    Source: RFC 5545 section 3.3.6 (a duration's days are nominal), 3.8.5.3 (an end means as long for each).
    """

    days: int
    exact: timedelta

    def end(self, start: Moment) -> datetime:
        """The instant at which it is over; at most the last there is."""
        try:
            return start.moved(timedelta(days=self.days)).utc + self.exact
        except OverflowError:
            return LAST_INSTANT

    @property
    def longest(self) -> timedelta:
        """At most this; a day has up to 25 hours, and zones lie up to a day apart."""
        try:
            return timedelta(days=self.days + 2) + self.exact
        except OverflowError:
            return timedelta.max


def moment_of(property_: Property, zones: Zones, text: str | None = None) -> Moment:
    """Raises:
    Unreadable: Neither date nor time, or its zone is unknown.
    """
    value = moment(property_, text)
    if not isinstance(value, datetime):
        return Moment(_midnight(value), zones.own, whole_day=True)
    if value.tzinfo is not None:
        return Moment(value.replace(tzinfo=None), UTC_ZONE, whole_day=False)
    name = property_.parameters.get("TZID")
    return Moment(value, zones.named(name, property_.line) if name else zones.own, whole_day=False)


def length_of(component: Component, start: Moment, zones: Zones) -> Length:
    """How long an event lasts: to its end, its duration, else the whole day or no time at all.

    Raises:
        Unreadable: It ends before it begins, or in no understandable way.
    """
    end, duration = component.first("DTEND"), component.first("DURATION")
    if end is not None:
        return _until(end, start, moment_of(end, zones))
    if duration is not None:
        return duration_of(duration)
    return Length(1, timedelta()) if start.whole_day else Length(0, timedelta())


def duration_of(property_: Property, text: str | None = None) -> Length:
    text = (property_.value if text is None else text).strip().upper()
    match = DURATION.fullmatch(text)
    if match is None or text[-1] in "PT":
        raise Unreadable(property_.line, property_.name, f"{quoted(text)} is no duration.")
    sign, weeks, days, _, *exact = match.groups()
    hours, minutes, seconds = (int(each or 0) for each in exact)
    total = int(weeks or 0) * 7 + int(days or 0)
    if sign == "-" and (total or hours or minutes or seconds):
        raise _backwards(property_)
    most = 4_000_000  # days; there are not so many from year 1 to 9999
    exactly = min(hours * 3600 + minutes * 60 + seconds, most * 86400)
    return Length(min(total, most), timedelta(seconds=exactly))


def _until(property_: Property, start: Moment, end: Moment) -> Length:
    if start.whole_day and end.whole_day:
        days = (end.local - start.local).days
        if days < 0:
            raise _backwards(property_)
        return Length(max(days, 1), timedelta())  # some write the day itself for an event of one day
    exact = end.utc - start.utc
    if exact < timedelta():
        raise _backwards(property_)
    return Length(0, exact)


def _backwards(property_: Property) -> Unreadable:
    return Unreadable(property_.line, property_.name, "This ends before it begins.", "Correct the event in the calendar.")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
