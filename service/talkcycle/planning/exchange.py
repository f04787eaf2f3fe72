"""Place a talk that has no time by moving as few others as possible. Only found and offered, never done here."""

from collections.abc import Iterator
from dataclasses import dataclass

from talkcycle.planning.appraisal import Appraisal
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Instance, Plan, Request

DEPTH = 3
"""Most talks that would have to move."""
MOST_TRIES = 30_000
"""Placements looked at for each number of moves; a manager with far too many talks must not cost minutes."""


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

    Talks that HR pinned do not move. Within ``MOST_TRIES`` it is the smallest; beyond, the search goes on with more
    moves and may miss one.
    """
    request = next(each for each in instance.talks if each.id == talk)
    bookings = Bookings(Availability(instance), plan.assignments)
    if not bookings.alone(request):
        return None
    for moves in range(depth + 1):
        found = _Walk(bookings, moves).best(request)
        if found is not None:
            return found
    return None


class _Walk:
    """Everything that can be reached with exactly so many moves."""

    def __init__(self, bookings: Bookings, moves: int) -> None:
        self.bookings = bookings
        self.appraisal = Appraisal(bookings)
        self.moves = moves
        self.tries = MOST_TRIES

    def best(self, talk: Request) -> Exchange | None:
        """The cheapest exchange that places *talk*; leaves the bookings as they were."""
        ways = self._ways(talk, frozenset({talk.id}), self.moves)
        least = min(ways, key=lambda way: way[0], default=None)
        if least is None:
            return None
        cost, (places, *others) = least
        return Exchange(
            places=places,
            moves=tuple(Move(before=self.bookings.placed[to.talk], to=to) for to in others),
            cost=cost,
        )

    def _ways(self, talk: Request, moving: frozenset[str], moves: int) -> Iterator[tuple[int, tuple[Assignment, ...]]]:
        """Cost and new places of ways to place *talk*, which is not booked, by moving exactly *moves* others."""
        if moves == 0:
            open_ = self.bookings.open(talk)
            if open_:
                cost, starts = min(self.appraisal.by_cost(talk, open_).items())
                yield cost, (self._at(talk, starts),)
            return
        stays = self.bookings.open(talk)
        for other in list(self.bookings.talks_of(talk.employee, talk.manager)):
            if other.id in moving or other.pin is not None:
                continue
            had = self.bookings.release(other)
            freed = self.bookings.open(talk) & ~stays
            if freed:
                yield from self._instead(talk, other, had, freed, moving=moving | {other.id}, moves=moves)
            self.bookings.book(had)

    def _instead(
        self, talk: Request, other: Request, had: Assignment, freed: Starts, *, moving: frozenset[str], moves: int
    ) -> Iterator[tuple[int, tuple[Assignment, ...]]]:
        """Ways with *talk* at one of the starts that *other*, which is released, left to it."""
        saved = self.appraisal.cost(other, had.start)
        for cost, part in sorted(self.appraisal.by_cost(talk, freed).items()):
            left = part
            while left and self.tries > 0:
                self.tries -= 1
                bit = left & -left
                left ^= bit
                places = self._at(talk, bit)
                self.bookings.book(places)
                found = [*self._ways(other, moving, moves - 1)]
                self.bookings.release(talk)
                for more, others in found:
                    yield cost + more - saved, (places, *others)

    def _at(self, talk: Request, starts: Starts) -> Assignment:
        start = self.bookings.availability.grid.first(starts)
        room = self.bookings.rooms.free(talk.site, start, talk.minutes + talk.buffer) if talk.wants_room else None
        return Assignment(talk=talk.id, start=start, room=room)
