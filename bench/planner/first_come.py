"""The plan that scheduling products make: first come, first served. Distance closed is 0 here.

Talks in the order of the instance, each at its earliest feasible start at which a room is free, in the first free room.
A talk that wants no room takes the earliest start; one that finds no room takes the start that costs least at that
moment, the earliest of those. So read, it gives the costs of ``reference.json`` to the last unit, for every instance.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from talkcycle.domain.people import Interval
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import Availability
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Instance, Request
from talkcycle.planning.preference import Preference, by_cost


def first_come(instance: Instance) -> tuple[Assignment, ...]:
    """Place one talk after another and move none again. Pins are not looked at: generated instances have none."""
    queue = Queue(instance)
    return tuple(placed for talk in instance.talks if (placed := queue.serve(talk)) is not None)


class Queue:
    """What those who came earlier have taken."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.availability = Availability(instance)
        self.preference = Preference(self.availability)
        self.grid = self.availability.grid
        self.own = {talk.employee: talk for talk in instance.talks}
        self.team: dict[str, list[Request]] = defaultdict(list)
        for talk in instance.talks:
            self.team[talk.manager].append(talk)
        self.rooms: dict[str | None, list[str]] = defaultdict(list)
        self.taken: dict[str, list[Interval]] = defaultdict(list)
        for room in instance.rooms.values():
            if room.neutral and room.capacity >= 2:
                self.rooms[room.site].append(room.id)
            self.taken[room.id] = [interval for kind in room.busy.values() for interval in kind]
        self.left: dict[tuple[str, int], Starts] = {}
        self.lengths = sorted(
            {length for talk in instance.talks for length in (talk.minutes, talk.minutes + talk.buffer)}
        )
        self.starts: dict[str, int] = {}
        self.on_day: dict[str, Counter[int]] = defaultdict(Counter)
        self.in_week: dict[str, Counter[int]] = defaultdict(Counter)
        first = max(instance.first, instance.today + timedelta(days=instance.lead_days))
        days = [first + timedelta(days=n) for n in range((instance.last - first).days + 1)]
        self.weeks = max(1, len({day.isocalendar()[:2] for day in days if day.weekday() < 5}))

    def serve(self, talk: Request) -> Assignment | None:
        starts, length = self.open(talk), talk.minutes + talk.buffer
        if not starts:
            return None
        free = {room: self.free(room, length) & starts for room in self.rooms[talk.site]} if talk.wants_room else {}
        with_room = 0
        for each in free.values():
            with_room |= each
        if talk.wants_room and not with_room:
            starts = self.cheapest(talk, starts)
        start = self.grid.first(with_room or starts)
        room = next((room for room, each in free.items() if each >> start // self.grid.step & 1), None)
        self.book(talk, start, room)
        return Assignment(talk=talk.id, start=start, room=room)

    def open(self, talk: Request) -> Starts:
        starts = self.availability.starts(talk) & self.free(talk.employee, talk.minutes)
        starts &= self.free(talk.manager, talk.minutes + talk.buffer)
        manager = self.instance.people[talk.manager]
        most = self.instance.most_per_day if manager.most_per_day is None else manager.most_per_day
        for day in self.availability.days(manager.zone):
            if self.on_day[manager.id][day.date.toordinal()] >= most:
                starts &= ~day.starts
        if self.instance.cascade is Cascade.HARD:
            starts &= self.after_own(talk)
            for begins in self.begun(talk):
                starts &= ~self.grid.from_minute(begins - talk.minutes + 1)
        return starts

    def free(self, who: str, length: int) -> Starts:
        """Starts for which a person, other talks considered, or a room is free for *length* minutes."""
        if (who, length) not in self.left:
            self.left[who, length] = self.grid.from_minute(0) & ~self.grid.blocked_by(self.taken[who], length)
        return self.left[who, length]

    def after_own(self, talk: Request) -> Starts:
        own = self.own.get(talk.manager)
        ends = self.starts[own.id] + own.minutes if own and own.id in self.starts else 0
        return self.grid.from_minute(ends)

    def begun(self, talk: Request) -> list[int]:
        """When the talks begin that the employee has with their own team."""
        return [self.starts[each.id] for each in self.team[talk.employee] if each.id in self.starts]

    def cheapest(self, talk: Request, starts: Starts) -> Starts:
        """Those of *starts* that cost least as things stand."""
        classes = by_cost(starts, self.preference.disliked(talk), self.preference.weights)
        for weight, dear in self.dear(talk):
            split: dict[int, Starts] = defaultdict(int)
            for penalty, part in classes.items():
                split[penalty] |= part & ~dear
                split[penalty + weight] |= part & dear
            classes = {penalty: part for penalty, part in split.items() if part}
        return min(classes.items())[1]

    def dear(self, talk: Request) -> list[tuple[int, Starts]]:
        """What the talks so far make dearer: weights and the starts they apply to."""
        weights, manager = self.preference.weights, self.instance.people[talk.manager]
        share = -(-len(self.team[manager.id]) // self.weeks)
        second = late = 0
        for day in self.availability.days(manager.zone):
            second |= day.starts if self.on_day[manager.id][day.date.toordinal()] else 0
            late |= day.starts if self.in_week[manager.id][day.week] >= share else 0
        found = [(weights["same_day"], second), (weights["spread_week"], late)]
        if self.instance.cascade is Cascade.SOFT:
            found.append((weights["cascade"], ~self.after_own(talk)))
            after = (self.grid.from_minute(begins - talk.minutes + 1) for begins in self.begun(talk))
            found.extend((weights["cascade"], starts) for starts in after)
        return found

    def book(self, talk: Request, start: int, room: str | None) -> None:
        self.starts[talk.id] = start
        self.take(talk.employee, (start, start + talk.minutes))
        for who in (talk.manager, room):
            if who is not None:
                self.take(who, (start, start + talk.minutes + talk.buffer))
        day = self.availability.local_day(start, self.instance.people[talk.manager].zone)
        self.on_day[talk.manager][day.toordinal()] += 1
        self.in_week[talk.manager][day.toordinal() - day.weekday()] += 1

    def take(self, who: str, interval: Interval) -> None:
        self.taken[who].append(interval)
        for length in self.lengths:
            if (who, length) in self.left:
                self.left[who, length] &= ~self.grid.blocked(interval, length)
