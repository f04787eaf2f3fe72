"""What people would rather not have: the penalties of talkplan/1 that a start has whatever else is booked."""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from talkcycle.domain.busy import IN_CALENDARS, Blocks, BusyKind
from talkcycle.domain.localtime import ONE_DAY
from talkcycle.domain.people import Interval
from talkcycle.planning.availability import Availability
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Attendee, Instance, Request

WEIGHTS: Mapping[str, int] = {
    "unplaced": 10_000,
    "no_room": 1_000,
    "cascade": 40,
    "friday": 25,
    "lunch": 20,
    "pref_hours": 20,
    "tentative": 15,
    "outside": 15,
    "spread_week": 15,
    "same_day": 5,
}
"""Where the instance names none; those of talkplan/1, in which time outside a mailbox's hours is something tentative."""

FRIDAY = 4
FRIDAY_ENDS = 13 * 60


def usable_weeks(instance: Instance) -> int:
    """ISO weeks with a Monday-to-Friday date on which talks may lie; at least 1."""
    day = max(instance.first, instance.today + timedelta(days=instance.lead_days))
    weeks = set()
    while day <= instance.last:
        if day.weekday() < 5:
            weeks.add(day.isocalendar()[:2])
        day += ONE_DAY
    return max(1, len(weeks))


def by_cost(starts: Starts, disliked: Iterable["Dislike"], weights: Mapping[str, int]) -> dict[int, Starts]:
    """*starts* sorted into what they cost in all; no set is empty."""
    classes = {0: starts} if starts else {}
    for each in disliked:
        split: dict[int, Starts] = {}
        for cost, part in classes.items():
            for amount, half in ((cost, part & ~each.starts), (cost + weights[each.kind], part & each.starts)):
                if half:
                    split[amount] = split.get(amount, 0) | half
        classes = split
    return classes


def weekly_shares(instance: Instance) -> Counter[str]:
    """How many talks each manager, by id, holds in a week of an even spread; a week with more costs ``spread_week``."""
    weeks = usable_weeks(instance)
    teams = Counter(talk.manager for talk in instance.talks)
    return Counter({manager: -(-size // weeks) for manager, size in teams.items()})


class Dislike(NamedTuple):
    """Starts that cost the weight of *kind*. *whose*: the employee's or the manager's; empty: of the two."""

    kind: str
    starts: Starts
    whose: str = ""


class Preference:
    """Answers for one instance. What depends on other talks is the business of who knows them."""

    def __init__(self, availability: Availability) -> None:
        instance = availability.instance
        self.weights: Mapping[str, int] = {**WEIGHTS, **instance.weights}
        self._people = instance.people
        self._availability = availability
        # Caches of this object, not of the class: they go when it goes.
        self._lunch = cache(self._over_lunch)
        self._friday = cache(self._late_friday)
        self._preferred = cache(self._in_preferred)

    def disliked(self, talk: Request) -> tuple[Dislike, ...]:
        """What a start of *talk* may cost whatever else is booked."""
        minutes = talk.minutes
        employee, manager = self._people[talk.employee], self._people[talk.manager]
        found = [Dislike("friday", self._friday(employee.zone, minutes) | self._friday(manager.zone, minutes))]
        for whose, person in (("employee", employee), ("manager", manager)):
            if person.lunch:
                found.append(Dislike("lunch", self._lunch(person.zone, person.lunch, minutes), whose))
            tentative = self._avoided(person, IN_CALENDARS, minutes)
            outside = self._avoided(person, {BusyKind.OUTSIDE}, minutes) & ~tentative
            found += [Dislike(kind, at, whose) for kind, at in (("tentative", tentative), ("outside", outside)) if at]
        if manager.preferred:
            outside = ~self._preferred(manager.zone, manager.preferred, minutes)
            found.append(Dislike("pref_hours", outside, "manager"))
        return tuple(found)

    def _avoided(self, person: Attendee, kinds: AbstractSet[BusyKind], minutes: int) -> Starts:
        return self._availability.grid.blocked_by(self._availability.busy(person, Blocks.SOFT, kinds), minutes)

    def _local(self, zone: str, hours: Interval) -> list[Interval]:
        minute = self._availability.minute
        return [(minute(day, hours[0], zone), minute(day, hours[1], zone)) for day in self._availability.dates]

    def _over_lunch(self, zone: str, lunch: Interval, minutes: int) -> Starts:
        return self._availability.grid.blocked_by(self._local(zone, lunch), minutes)

    def _in_preferred(self, zone: str, preferred: tuple[Interval, ...], minutes: int) -> Starts:
        starts = 0
        for hours in preferred:
            for interval in self._local(zone, hours):
                starts |= self._availability.grid.within(interval, minutes)
        return starts

    def _late_friday(self, zone: str, minutes: int) -> Starts:
        """Starts on a Friday of talks that end after 13:00."""
        starts = 0
        for day in self._availability.days(zone):
            if day.date.weekday() == FRIDAY:
                ends = self._availability.minute(day.date, FRIDAY_ENDS, zone)
                starts |= day.starts & self._availability.grid.from_minute(ends - minutes + 1)
        return starts
