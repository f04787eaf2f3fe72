"""Which of the open starts is the best: evenly over the window first, then at a time people like."""

from collections import Counter
from datetime import timedelta
from functools import cache

from talkcycle.domain.people import Interval
from talkcycle.planning.availability import Availability, Day, presence
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Attendee, Blocks, Cascade, Request

UNIT = 1000
"""Costs are whole numbers, so that every machine chooses alike."""

SAME_WEEK = 24 * UNIT
"""For each talk the manager already holds in a full week; more in a short one. Above one talk over lunch: managers
are to get their talks week by week, and a week has other hours."""
SAME_DAY = 12 * UNIT
DAY_BESIDE = 2 * UNIT
IN_A_ROW = 3 * UNIT
ROW_GAP = 60
"""Minutes under which two talks of a manager follow in a row."""
FULL_WEEK = 5
ORGANISATION_WEEK = 8 * UNIT
"""For a week that has its whole share of the organisation's talks already."""
ORGANISATION_DAY = 4 * UNIT
FRIDAY = 4
FRIDAY_ENDS = 13 * 60
TEAM_WAITS = UNIT
"""Per day of the window, for the own talk of somebody whose team comes after them."""

WEIGHTS = {"no_room": 1000, "cascade": 40, "friday": 25, "lunch": 20, "pref_hours": 20, "tentative": 15}
"""Where the instance names none; those of talkplan/1."""


class Preference:
    """Chooses among open starts, looking at what is booked so far."""

    def __init__(self, availability: Availability, bookings: Bookings) -> None:
        self._instance = availability.instance
        self._availability = availability
        self._bookings = bookings
        self._weights = {**WEIGHTS, **self._instance.weights}
        notice = timedelta(days=self._instance.lead_days)
        self._first = max(self._instance.first, self._instance.today + notice)
        self._days_at_work = cache(self._count_days_at_work)
        self._lunch = cache(self._over_lunch)
        self._friday = cache(self._late_friday)
        days = [day for day in availability.dates if self._first <= day <= self._instance.last]
        days = [day for day in days if day.weekday() in self._instance.days]
        self._week_days = Counter(day.toordinal() - day.weekday() for day in days)
        self._all_days = max(1, len(days))
        self._talks = max(1, len(self._instance.talks))

    def best(self, talk: Request, starts: Starts) -> Assignment:
        """The best of *starts*, which are not empty, with a room if one is wanted and free."""
        costs = self._day_costs(talk, starts)
        least = min(cost for cost, _ in costs)
        best: tuple[int, Starts] | None = None
        for penalty, liked in sorted(self._by_penalty(talk, starts).items()):
            if best is not None and penalty + least >= best[0]:
                break
            for cost, day in costs:
                if (best is None or penalty + cost < best[0]) and liked & day.starts:
                    best = (penalty + cost, liked & day.starts)
        start = self._availability.grid.first(best[1] if best else starts)
        length = talk.minutes + talk.buffer
        room = self._bookings.rooms.free(talk.site, start, length) if talk.wants_room else None
        return Assignment(talk=talk.id, start=start, room=room)

    def _day_costs(self, talk: Request, starts: Starts) -> list[tuple[int, Day]]:
        """What each day costs on which there is a start, whatever the time of day."""
        manager = self._instance.people[talk.manager]
        held, own = self._bookings.held[manager.id], self._bookings.held.get(talk.employee, Counter())
        days = self._availability.days(manager.zone)
        weeks: Counter[int] = Counter()
        for day in days:
            weeks[day.week] += held[day.date]
        at_work = self._days_at_work(manager.id)
        waits = self._instance.cascade is not Cascade.OFF and talk.employee in self._bookings.team
        costs = []
        for position, day in enumerate(days):
            if not starts & day.starts:
                continue
            cost = weeks[day.week] * SAME_WEEK * FULL_WEEK // max(1, at_work[day.week])
            cost += (held[day.date] + own[day.date]) * SAME_DAY
            for beside in (position - 1, position + 1):
                if 0 <= beside < len(days) and held[days[beside].date]:
                    cost += DAY_BESIDE
            share = self._talks * max(1, self._week_days[day.week])
            cost += ORGANISATION_WEEK * self._bookings.weeks[day.week] * self._all_days // share
            cost += ORGANISATION_DAY * self._bookings.days[day.date] * self._all_days // self._talks
            cost += TEAM_WAITS * position if waits else 0
            costs.append((cost, day))
        return costs

    def _by_penalty(self, talk: Request, starts: Starts) -> dict[int, Starts]:
        """*starts* sorted by how much people dislike the time of day."""
        classes = {0: starts}
        for weight, disliked in self._disliked(talk):
            split: dict[int, Starts] = {}
            for penalty, part in classes.items():
                for amount, half in ((penalty, part & ~disliked), (penalty + weight, part & disliked)):
                    if half:
                        split[amount] = split.get(amount, 0) | half
            classes = split
        return classes

    def _disliked(self, talk: Request) -> list[tuple[int, Starts]]:
        employee, manager = self._instance.people[talk.employee], self._instance.people[talk.manager]
        weights, grid, minutes = self._weights, self._availability.grid, talk.minutes
        found = [(weights["friday"], self._friday(employee.zone, minutes) | self._friday(manager.zone, minutes))]
        for person in (employee, manager):
            if person.lunch:
                found.append((weights["lunch"], self._lunch(person.zone, person.lunch, minutes)))
            if person.busy:
                soft = self._availability.busy(person, Blocks.SOFT)
                found.append((weights["tentative"], grid.blocked_by(soft, minutes)))
        if manager.preferred:
            found.append((weights["pref_hours"], ~self._preferred(manager, minutes)))
        if talk.wants_room:
            length = minutes + talk.buffer
            found.append((weights["no_room"], ~self._bookings.rooms.open(talk.site, length)))
        if self._instance.cascade is Cascade.SOFT:
            found.append((weights["cascade"], ~self._bookings.in_cascade(talk)))
        near = [(low - ROW_GAP, high + ROW_GAP) for low, high in self._bookings.intervals(manager.id)]
        costs = [(weight * UNIT, disliked) for weight, disliked in found if disliked]
        return [*costs, (IN_A_ROW, grid.blocked_by(near, minutes))] if near else costs

    def _local(self, zone: str, hours: Interval) -> list[Interval]:
        minute = self._availability.minute
        return [(minute(day, hours[0], zone), minute(day, hours[1], zone)) for day in self._availability.dates]

    def _over_lunch(self, zone: str, lunch: Interval, minutes: int) -> Starts:
        return self._availability.grid.blocked_by(self._local(zone, lunch), minutes)

    def _preferred(self, manager: Attendee, minutes: int) -> Starts:
        starts = 0
        for hours in manager.preferred:
            for interval in self._local(manager.zone, hours):
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

    def _count_days_at_work(self, manager: str) -> Counter[int]:
        """On how many days of each week *manager* could hold talks."""
        availability = self._availability
        here = availability.in_talk_hours(presence(self._instance.people[manager]))
        days = availability.working_days(here, self._first, self._instance.last)
        return Counter(day.toordinal() - day.weekday() for day in days)
