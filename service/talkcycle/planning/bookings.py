"""Who and which room is taken when, and what that leaves open."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from talkcycle.domain.people import Interval
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import Availability
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Request
from talkcycle.planning.rooms import Rooms


class Bookings:
    """The talks that have a time so far. The employee is taken for the talk, manager and room for the buffer too.

    Attributes:
        own: The talk of each employee.
        team: The talks each manager is to hold.
        held: How many talks each manager holds on each of their local days.
    """

    def __init__(self, availability: Availability, assignments: Iterable[Assignment] = ()) -> None:
        instance = availability.instance
        self.instance = instance
        self.availability = availability
        self.rooms = Rooms(instance, availability.grid)
        self.requests = {talk.id: talk for talk in instance.talks}
        self.own = {talk.employee: talk for talk in instance.talks}
        self.team: dict[str, list[Request]] = defaultdict(list)
        for talk in instance.talks:
            self.team[talk.manager].append(talk)
        self.placed: dict[str, Assignment] = {}
        self.held: dict[str, Counter[date]] = defaultdict(Counter)
        self._taken: dict[str, dict[str, Interval]] = defaultdict(dict)
        self._alone: dict[str, Starts] = {}
        for assignment in assignments:
            self.book(assignment)

    @classmethod
    def around(
        cls, availability: Availability, assignments: Iterable[Assignment], talks: Iterable[Request]
    ) -> "Bookings":
        """Only what can matter to *talks*: the talks of their people, and those in rooms of their sites."""
        people = {person for talk in talks for person in (talk.employee, talk.manager)}
        sites = {talk.site for talk in talks if talk.wants_room}
        requests = {talk.id: talk for talk in availability.instance.talks}

        def matters(assignment: Assignment) -> bool:
            talk = requests[assignment.talk]
            if talk.employee in people or talk.manager in people:
                return True
            return assignment.room is not None and talk.site in sites

        return cls(availability, filter(matters, assignments))

    def alone(self, talk: Request) -> Starts:
        """Every start *talk* could have if it were the only one."""
        if talk.id not in self._alone:
            self._alone[talk.id] = self.availability.starts(talk)
        return self._alone[talk.id]

    def open(self, talk: Request) -> Starts:
        """The starts that are left for *talk*, which is not placed itself."""
        starts = self.alone(talk)
        if starts:
            starts &= ~self.full_days(talk.manager)
        if starts:
            starts &= ~self.taken(talk.employee, talk.minutes)
            starts &= ~self.taken(talk.manager, talk.minutes + talk.buffer)
        if starts and self.instance.cascade is Cascade.HARD:
            starts &= self.in_cascade(talk)
        return starts

    def taken(self, person: str, length: int) -> Starts:
        """Starts of talks of *length* minutes that would overlap another talk of *person*."""
        return self.availability.grid.blocked_by(self._taken[person].values(), length)

    def talks_of(self, *people: str) -> Iterator[Request]:
        """Placed talks, in either shoes, of any of *people*, each once, in the order of their time."""
        ids = {talk for person in people for talk in self._taken[person]}
        for talk in sorted(ids, key=lambda each: (self.placed[each].start, each)):
            yield self.requests[talk]

    def full_days(self, manager: str) -> Starts:
        """Starts on days on which *manager* holds as many talks as they may."""
        most, held = self.instance.most_held(manager), self.held[manager]
        starts = 0
        if most <= 0 or (held and max(held.values()) >= most):
            for day in self.availability.days(self.instance.people[manager].zone):
                if held[day.date] >= most:
                    starts |= day.starts
        return starts

    def in_cascade(self, talk: Request) -> Starts:
        """Starts after the manager's own talk and before the talks of the employee's own team."""
        grid = self.availability.grid
        starts = grid.from_minute(0)
        own = self.own.get(talk.manager)
        if own is not None and own.id in self.placed:
            starts &= grid.from_minute(self.placed[own.id].start + own.minutes)
        team = [self.placed[each.id].start for each in self.team.get(talk.employee, ()) if each.id in self.placed]
        if team:
            starts &= ~grid.from_minute(min(team) - talk.minutes + 1)
        return starts

    def book(self, assignment: Assignment) -> None:
        talk = self.requests[assignment.talk]
        start = assignment.start
        self.placed[talk.id] = assignment
        self._taken[talk.employee][talk.id] = (start, start + talk.minutes)
        self._taken[talk.manager][talk.id] = (start, start + talk.minutes + talk.buffer)
        self._count(talk, start, 1)
        if assignment.room is not None:
            self.rooms.take(assignment.room, (start, start + talk.minutes + talk.buffer))

    def release(self, talk: Request) -> Assignment:
        """Take a talk's time away, and return what it had."""
        had = self.placed.pop(talk.id)
        del self._taken[talk.employee][talk.id]
        del self._taken[talk.manager][talk.id]
        self._count(talk, had.start, -1)
        if had.room is not None:
            self.rooms.give_back(had.room, (had.start, had.start + talk.minutes + talk.buffer))
        return had

    def _count(self, talk: Request, start: int, by: int) -> None:
        day = self.availability.local_day(start, self.instance.people[talk.manager].zone)
        self.held[talk.manager][day] += by
