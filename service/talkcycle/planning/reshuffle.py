"""The cheapest times and rooms for a few talks together, every other talk where it is. Exact, so only for a few."""

import math
from collections.abc import Iterator, Mapping, Sequence

from talkcycle.planning.appraisal import Appraisal
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Request

Shuffled = tuple[int, tuple[Assignment, ...]]
"""What the talks cost where they are now, and where that is."""


class Reshuffle:
    """Depth first over the starts, the cheapest first; a branch ends where it cannot become the best."""

    def __init__(self, appraisal: Appraisal, *, tries: int) -> None:
        """*tries*: how many starts may be looked at, over all questions."""
        self.appraisal = appraisal
        self.tries = tries
        self._bookings = appraisal.bookings

    def cheapest(self, may: Mapping[Request, Starts], *, below: int | None = None) -> Shuffled | None:
        """Where the talks of *may*, none of them booked, are best together; None: nowhere, or nowhere *below* that cost.

        Args:
            may: The starts each talk may have. Nothing else of the bookings changes, nor do they when this returns.
        """
        self._may = sorted(may.items(), key=lambda each: (each[1].bit_count(), each[0].id))
        least = [min(self.appraisal.by_cost(talk, starts), default=0) for talk, starts in self._may]
        self._rest = [sum(least[number:]) for number in range(len(least) + 1)]
        self._below: float = math.inf if below is None else below
        self._best: tuple[Assignment, ...] = ()
        self._branch([], 0)
        return (int(self._below), self._best) if self._best else None

    def _branch(self, placed: list[tuple[Request, int]], so_far: int) -> None:
        talk, starts = self._may[len(placed)]
        starts &= self._bookings.open(talk) if starts else 0
        if not starts:
            return
        for cost, part in sorted(self.appraisal.by_cost(talk, starts).items()):
            for start in self._bookings.availability.grid.minutes(part):
                at_least = so_far + cost + self._rest[len(placed) + 1]
                if self.tries <= 0 or at_least >= self._below:
                    return
                self.tries -= 1
                now = [*placed, (talk, start)]
                if len(now) < len(self._may):
                    self._bookings.book(Assignment(talk=talk.id, start=start))
                    self._branch(now, so_far + cost)
                    self._bookings.release(talk)
                elif self._keep(now, so_far + cost):
                    return

    def _keep(self, placed: Sequence[tuple[Request, int]], cost: int) -> bool:
        """Give out the rooms, and say whether everybody has one who could have had one alone."""
        could = [(talk, start, [*self._rooms(talk, start)]) for talk, start in placed]
        given = _most_rooms(could)
        short = sum(bool(rooms) for _, _, rooms in could) - sum(room is not None for room in given)
        cost += short * self.appraisal.preference.weights["no_room"]
        if cost < self._below:
            self._below = cost
            self._best = tuple(
                Assignment(talk=talk.id, start=start, room=room)
                for (talk, start), room in zip(placed, given, strict=True)
            )
        return not short

    def _rooms(self, talk: Request, start: int) -> Iterator[str]:
        if not talk.wants_room:
            return iter(())
        return self._bookings.rooms.all_free(talk.site, start, talk.minutes + talk.buffer)


def _most_rooms(could: Sequence[tuple[Request, int, list[str]]]) -> tuple[str | None, ...]:
    """A room for as many as possible, no two talks in one at once."""
    best: tuple[str | None, ...] = (None,) * len(could)
    wanted = sum(bool(rooms) for _, _, rooms in could)

    def give(given: tuple[str | None, ...]) -> None:
        nonlocal best
        if len(given) == len(could):
            best = max(best, given, key=_count)
            return
        talk, start, rooms = could[len(given)]
        ends = start + talk.minutes + talk.buffer
        taken = {
            room
            for room, (other, begins, _) in zip(given, could, strict=False)
            if begins < ends and start < begins + other.minutes + other.buffer
        }
        for room in (*(each for each in rooms if each not in taken), None):
            if _count(best) < wanted:
                give((*given, room))

    give(())
    return best


def _count(given: tuple[str | None, ...]) -> int:
    return sum(room is not None for room in given)
