"""When people could talk, before any talk has a time: hours, zone, holidays, absences, employment and busy times."""

from collections.abc import Set as AbstractSet
from datetime import date, time, timedelta
from functools import cache, cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of
from talkcycle.domain.people import Absence, Interval, WeekHours
from talkcycle.planning.grid import Grid, Starts, merged
from talkcycle.planning.instance import Attendee, Instance, Request

DAY_MINUTES = 1440


class Day(NamedTuple):
    """A local day of a zone. *week*: the ordinal of its Monday."""

    date: date
    week: int
    starts: Starts


class Presence(NamedTuple):
    """What decides when somebody is at work. Most people share theirs, so it is the key of what was worked out."""

    hours: WeekHours
    zone: str
    calendar: str
    absences: tuple[Absence, ...] = ()
    first_day: date | None = None
    last_day: date | None = None

    def covers(self, day: date) -> bool:
        """Say whether they are employed and not away on *day*."""
        if (self.first_day and day < self.first_day) or (self.last_day and day > self.last_day):
            return False
        return not any(absence.first <= day <= absence.last for absence in self.absences)


def presence(person: Attendee) -> Presence:
    return Presence(person.hours, person.zone, person.calendar, person.absences, person.first_day, person.last_day)


def without_leave(person: Attendee) -> Presence:
    """As if they were employed all the time and never away."""
    return Presence(person.hours, person.zone, person.calendar)


class Availability:
    """Answers for one instance. Holidays, days and hours are local to each person."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.grid = Grid(instance.grid, instance.horizon)
        # Caches of this object, not of the class: they go when it goes.
        self.minute = cache(self._minute)
        self.days = cache(self._days)
        self.work = cache(self._work)
        self.at_work = cache(self._at_work)
        self.talk_hours = cache(self._talk_hours)
        self._window = cache(self._window_in)

    def starts(self, talk: Request) -> Starts:
        """Every start *talk* could have if it were the only one."""
        starts = self.open_days(talk)
        if starts:
            starts &= self.guest(talk)
        return starts & self.host(talk) if starts else 0

    def open_days(self, talk: Request) -> Starts:
        """Starts in the window, local to the employee, that keep the notice and lie inside the horizon."""
        zone = self.instance.people[talk.employee].zone
        inside = self.grid.within((0, self.instance.horizon), talk.minutes + talk.buffer)
        return self._window(zone, self.earliest(talk)) & inside

    def earliest(self, talk: Request) -> date:
        """The window's first day, or the first one the notice allows."""
        return max(self.instance.first, self.first_with_notice(talk))

    def first_with_notice(self, talk: Request) -> date:
        lead = self.instance.lead_days if talk.lead_days is None else talk.lead_days
        return self.instance.today + timedelta(days=lead)

    def guest(self, talk: Request) -> Starts:
        """Starts that suit the employee's hours and calendar."""
        person = self.instance.people[talk.employee]
        return self.guest_hours(talk) & ~self.grid.blocked_by(self.busy(person, Blocks.HARD), talk.minutes)

    def host(self, talk: Request) -> Starts:
        """Starts that suit the manager's hours and calendar."""
        person = self.instance.people[talk.manager]
        busy = self.busy(person, Blocks.HARD)
        return self.host_hours(talk) & ~self.grid.blocked_by(busy, talk.minutes + talk.buffer)

    def guest_hours(self, talk: Request) -> Starts:
        """Starts with the talk in the employee's working hours and in the hours for talks; the calendar aside."""
        return self.at_work(self.in_talk_hours(presence(self.instance.people[talk.employee])), talk.minutes)

    def host_hours(self, talk: Request) -> Starts:
        """The same for the manager, whose working hours must hold the buffer too."""
        here = presence(self.instance.people[talk.manager])
        return self.at_work(self.in_talk_hours(here), talk.minutes) & self.at_work(here, talk.minutes + talk.buffer)

    def busy(self, person: Attendee, level: Blocks, kinds: AbstractSet[BusyKind] = frozenset(BusyKind)) -> list[Interval]:
        """When *person* is busy in a way that is treated so; times that HR forbids block always."""
        policy = self.instance.status_policy
        treated = (intervals for kind, intervals in person.busy.items() if kind in kinds and policy[kind] is level)
        found = [interval for intervals in treated for interval in intervals]
        return found + list(person.forbidden) if level is Blocks.HARD else found

    def working_days(self, here: Presence, first: date, last: date) -> list[date]:
        """The days from *first* to *last* on which somebody works."""
        work = self.work(here.hours, here.zone, here.calendar)
        return [day for day, intervals in work if intervals and first <= day <= last and here.covers(day)]

    def in_talk_hours(self, here: Presence) -> Presence:
        """The same, with only the part of the working hours in which talks may lie."""
        return here._replace(hours=self.talk_hours(here.hours))

    def local_day(self, start: int, zone: str) -> date:
        """The date in *zone* at minute *start*."""
        return day_of(self.instance.t0 + timedelta(minutes=start), zone)

    def oddness(self, start: int, zone: str) -> int:
        """0 when clocks in *zone* show a full hour at minute *start*, 1 at half past, 2 at another time."""
        minute = (self.instance.t0 + timedelta(minutes=start)).astimezone(ZoneInfo(zone)).minute
        return {0: 0, 30: 1}.get(minute, 2)

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """The window's days, and two more on each side: the dates of two people differ by so many at most."""
        first, last = self.instance.first, self.instance.last
        return tuple(first + timedelta(days=n) for n in range(-2, (last - first).days + 3))

    def _minute(self, day: date, minute: int, zone: str) -> int:
        """The minute after ``t0`` at which clocks in *zone* show *minute* of *day*; 1440 is the next midnight."""
        days, rest = divmod(minute, DAY_MINUTES)
        instant = instant_of(day + days * ONE_DAY, time(rest // 60, rest % 60), zone)
        return int((instant - self.instance.t0).total_seconds() // 60)

    def _days(self, zone: str) -> tuple[Day, ...]:
        midnights = [(day, self.minute(day, 0, zone), self.minute(day, DAY_MINUTES, zone)) for day in self.dates]
        return tuple(
            Day(day, day.toordinal() - day.weekday(), self.grid.within((begins, ends), 1))
            for day, begins, ends in midnights
        )

    def _window_in(self, zone: str, earliest: date) -> Starts:
        if earliest > self.instance.last:
            return 0
        begins, ends = self.minute(earliest, 0, zone), self.minute(self.instance.last, DAY_MINUTES, zone)
        return self.grid.within((begins, ends), 1)

    def _work(self, hours: WeekHours, zone: str, calendar: str) -> tuple[tuple[date, tuple[Interval, ...]], ...]:
        """Working intervals of each day, in minutes after ``t0``; none on a holiday."""
        holidays = self.instance.calendars.get(calendar, frozenset())
        found = []
        for day in self.dates:
            local = () if day in holidays else hours[day.weekday()]
            lines = [(self.minute(day, begins, zone), self.minute(day, ends, zone)) for begins, ends in local]
            found.append((day, merged(lines)))
        return tuple(found)

    def _at_work(self, here: Presence, length: int) -> Starts:
        """Starts of talks of *length* minutes inside one working interval: a pause is not bridged."""
        starts = 0
        for day, intervals in self.work(here.hours, here.zone, here.calendar):
            if intervals and here.covers(day):
                for interval in intervals:
                    starts |= self.grid.within(interval, length)
        return starts

    def _talk_hours(self, hours: WeekHours) -> WeekHours:
        """The part of *hours* in which talks may lie."""
        opens, closes = self.instance.hours
        return tuple(
            tuple((max(a, opens), min(b, closes)) for a, b in day if max(a, opens) < min(b, closes))
            if weekday in self.instance.days
            else ()
            for weekday, day in enumerate(hours)
        )
