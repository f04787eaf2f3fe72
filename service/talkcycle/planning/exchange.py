"""Place a talk that has no time by moving as few others as possible. Only found and offered, never done here."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from talkcycle.domain.wishes import Cascade
from talkcycle.planning.appraisal import Appraisal
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.full_days import least_moves
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Instance, Plan, Request
from talkcycle.planning.reshuffle import Reshuffle, Shuffled

DEPTH = 3
"""Most talks that would have to move."""
MOST_SETS = 3_000
"""Of talks that might move together, looked at for each number of moves."""
MOST_TRIES = 10_000
"""Starts looked at for one talk; a manager with far too many talks must not cost minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A talk that would go from one place to another."""

    before: Assignment
    to: Assignment


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """*places*: where the talk without a time would be. *cost*: what the plan would cost more, unplaced talks aside."""

    places: Assignment
    moves: tuple[Move, ...]
    cost: int


def smallest_exchange(instance: Instance, plan: Plan, talk: str, *, depth: int = DEPTH) -> Exchange | None:
    """The exchange with the fewest moves that places *talk*, the cheapest of those; None: none within *depth* moves.

    Talks that HR pinned do not move, and nobody gives up a room without moving. Within ``MOST_SETS`` and ``MOST_TRIES``
    it is the smallest and the cheapest; beyond, there may be a smaller one, or one where none is found.
    """
    return smallest_exchanges(instance, plan, (talk,), depth=depth)[talk]


def smallest_exchanges(
    instance: Instance, plan: Plan, talks: Iterable[str], *, depth: int = DEPTH
) -> dict[str, Exchange | None]:
    """The same for several, each as if it were the only one."""
    bookings = Bookings(Availability(instance), plan.assignments)
    return {id_: _Finder(bookings, bookings.requests[id_]).smallest(depth) for id_ in talks}


class _Finder:
    """Looks at sets of talks that might move, the small ones first.

    If a set is the smallest that helps, then each of it must really move, and each is somebody's way out: so every set
    grows from the talk without a time by one that stands in the way of another of the set.
    """

    def __init__(self, bookings: Bookings, talk: Request) -> None:
        self._bookings = bookings
        self._talk = talk
        self._appraisal = Appraisal(bookings)
        self._reshuffle = Reshuffle(self._appraisal, tries=MOST_TRIES)

    def smallest(self, depth: int) -> Exchange | None:
        if least_moves(self._bookings, self._talk, most=depth) is None:
            return None
        sets: Mapping[frozenset[str], tuple[Request, ...]] = {frozenset(): ()}
        for _ in range(depth + 1):
            best: Exchange | None = None
            larger: dict[frozenset[str], tuple[Request, ...]] = {}
            for others in sets.values():
                before = {each.id: self._bookings.placed[each.id] for each in others}
                saved = sum(self._release(each) for each in others)
                may = {each: self._may(each, before.get(each.id)) for each in (self._talk, *others)}
                stuck = [each for each, starts in may.items() if not starts]
                if not stuck:
                    below = None if best is None else best.cost + saved
                    best = self._exchange(self._reshuffle.cheapest(may, below=below), before, saved) or best
                if best is None and len(larger) < MOST_SETS:
                    for other in self._in_the_way(stuck[:1] or may):
                        larger.setdefault(frozenset({*before, other.id}), (*others, other))
                for had in before.values():
                    self._bookings.book(had)
            if best is not None:
                return best
            sets = larger
        return None

    def _release(self, talk: Request) -> int:
        had = self._bookings.release(talk)
        return self._appraisal.cost_in(talk, had)

    def _may(self, talk: Request, had: Assignment | None) -> Starts:
        starts = self._bookings.open(talk)
        step = self._bookings.instance.grid
        return starts if had is None or had.start % step else starts & ~(1 << had.start // step)

    def _in_the_way(self, talks: Iterable[Request]) -> Iterator[Request]:
        """Booked talks without a pin that take a start, or a place on a day, from one of *talks*."""
        for talk in talks:
            alone = self._bookings.alone(talk)
            for other in list(self._bookings.talks_of(talk.employee, talk.manager)):
                if other.pin is None and alone & self._takes(other, talk):
                    yield other

    def _takes(self, other: Request, talk: Request) -> Starts:
        """The starts that *other* may keep from *talk*, and perhaps some more."""
        bookings = self._bookings
        if bookings.instance.cascade is Cascade.HARD and (
            other.employee == talk.manager or other.manager == talk.employee
        ):
            return -1
        start = bookings.placed[other.id].start
        ends = start + other.minutes + other.buffer
        takes = bookings.availability.grid.blocked((start, ends), talk.minutes + talk.buffer)
        if other.manager == talk.manager:
            zone = bookings.instance.people[talk.manager].zone
            day = bookings.availability.local_day(start, zone)
            takes |= sum(each.starts for each in bookings.availability.days(zone) if each.date == day)
        return takes

    def _exchange(self, found: Shuffled | None, before: Mapping[str, Assignment], saved: int) -> Exchange | None:
        if found is None:
            return None
        cost, assignments = found
        return Exchange(
            places=next(each for each in assignments if each.talk == self._talk.id),
            moves=tuple(Move(before=before[each.talk], to=each) for each in assignments if each.talk in before),
            cost=cost - saved,
        )
