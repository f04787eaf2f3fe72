"""What a start costs among everything that is booked, and why."""

from collections import Counter
from collections.abc import Iterator

from talkcycle.domain.wishes import Cascade
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Request
from talkcycle.planning.preference import Dislike, Preference, by_cost, weekly_shares


class Appraisal:
    """Answers for talks that are not booked themselves, in the terms of talkplan/1."""

    def __init__(self, bookings: Bookings) -> None:
        self.bookings = bookings
        self.preference = Preference(bookings.availability)
        self._shares = weekly_shares(bookings.instance)

    def disliked(self, talk: Request) -> tuple[Dislike, ...]:
        """What a start of *talk* may cost; a kind is there as often as it may be counted."""
        return (*self.preference.disliked(talk), *self._among_others(talk))

    def by_cost(self, talk: Request, starts: Starts) -> dict[int, Starts]:
        """*starts* sorted into what they cost."""
        return by_cost(starts, self.disliked(talk), self.preference.weights)

    def cost(self, talk: Request, start: int) -> int:
        """What *talk* costs at minute *start*, with a room if one is free."""
        return next(iter(self.by_cost(talk, self._bit(start))))

    def cost_in(self, talk: Request, had: Assignment) -> int:
        """What *talk* costs where it was, with the room it had or none."""
        disliked = [each for each in self.disliked(talk) if each.kind != "no_room"]
        cost = next(iter(by_cost(self._bit(had.start), disliked, self.preference.weights)))
        return cost + (self.preference.weights["no_room"] if talk.wants_room and had.room is None else 0)

    def _bit(self, start: int) -> Starts:
        return 1 << start // self.bookings.availability.grid.step

    def _among_others(self, talk: Request) -> Iterator[Dislike]:
        bookings = self.bookings
        grid, zone = bookings.availability.grid, bookings.instance.people[talk.manager].zone
        held = bookings.held[talk.manager]
        weeks: Counter[int] = Counter()
        for day, count in held.items():
            weeks[day.toordinal() - day.weekday()] += count
        share = self._shares[talk.manager]
        same_day = full_week = 0
        for each in bookings.availability.days(zone):
            same_day |= each.starts if held[each.date] else 0
            full_week |= each.starts if weeks[each.week] >= share else 0
        yield Dislike("same_day", same_day, "manager")
        yield Dislike("spread_week", full_week, "manager")
        if talk.wants_room:
            yield Dislike("no_room", ~bookings.rooms.open(talk.site, talk.minutes + talk.buffer))
        if bookings.instance.cascade is Cascade.SOFT:
            own = bookings.own.get(talk.manager)
            if own is not None and own.id in bookings.placed:
                yield Dislike("cascade", ~grid.from_minute(bookings.placed[own.id].start + own.minutes), "manager")
            for other in bookings.team.get(talk.employee, ()):
                if other.id in bookings.placed:
                    late = grid.from_minute(bookings.placed[other.id].start - talk.minutes + 1)
                    yield Dislike("cascade", late, "employee")
