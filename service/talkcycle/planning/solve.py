"""From an instance to a plan near the best there is.

The work is counted in attempts, not in seconds: the same instance, seed and limit give the same plan, unless the machine
is so slow that the limit ends the search early.
"""

import time
from array import array
from collections.abc import Callable, Collection
from dataclasses import dataclass

from talkcycle.planning.availability import Availability
from talkcycle.planning.candidates import Candidates
from talkcycle.planning.instance import Assignment, Instance, Plan
from talkcycle.planning.search import Search, compiled
from talkcycle.planning.tabulate import candidates_of
from talkcycle.planning.tidy import Tidy

Progress = Callable[[int, int], None]

LIMIT = 10.0
"""Seconds, where nobody says; small rounds take much less."""
ATTEMPTS_PER_SECOND = 250_000 if compiled() else 4_000
"""For a small round, fewer than the slowest machine it was measured on makes: attempts decide, not the clock."""
CACHED_TALKS = 10_000
"""With so many talks an attempt takes twice as long, since the arrays no longer fit the processor's cache."""
ATTEMPTS_PER_TALK = 10_000
"""Beyond this the search finds next to nothing."""
CHUNKS = 96
LATE = 10
"""Of so many chunks behind the clock the search catches up by cooling faster; then the clock has a say in the plan."""
SWEEPS = 3
"""Of tidying up; later ones find next to nothing."""
HOT, COLD = 300.0, 0.5
"""The costs that chance lets pass at first and at last; a talk without a room costs 1,000, one over lunch 20."""

SMALL, COURSES, HOTTER = 200, 8, 2000.0
"""So few talks are cooled down several times, each from so hot that nearly everything is taken apart: the best counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A plan and how it came about. *complete*: every attempt was made, so that the same input gives the same plan."""

    plan: Plan
    complete: bool


def solve(instance: Instance, *, seed: int = 0, limit: float = LIMIT, progress: Progress | None = None) -> Plan:
    """Give as many talks of *instance* as possible a good time and a room.

    Args:
        limit: Seconds the search may take.
        progress: Called with how much is done of how much.
    """
    return search(instance, seed=seed, limit=limit, progress=progress).plan


def search(
    instance: Instance,
    *,
    seed: int = 0,
    limit: float = LIMIT,
    attempts: int | None = None,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Solved:
    """The same, and how it went.

    Args:
        attempts: How many to make; as many as the limit has time for unless told.
        only: The ids of the talks to place; the others stay where their pins have them, or without a time.
        stop: Asked some hundred times whether to end with the best so far.
        clock: Seconds.
    """
    ends = clock() + limit
    model = candidates_of(Availability(instance), only=only)
    walk = Search(model, seed)
    walk.construct(array("i", sorted(range(model.talks), key=lambda talk: model.first[talk + 1] - model.first[talk])))
    best = _keep(walk)
    least = _least(model)
    if attempts is None:
        attempts = attempts_in(limit, model.talks)
    size = max(1, attempts // CHUNKS)
    begins = clock()
    chunk, complete = 0, True
    while chunk < CHUNKS and best.cost > least:
        due = int(CHUNKS * (clock() - begins) / (ends - begins)) if begins < ends else CHUNKS
        if stop() or due >= CHUNKS:
            complete = False
            break
        if due > chunk + LATE:
            chunk, complete = due, False
        walk.run(size, *_temperatures(chunk, model.talks))
        if walk.cost < best.cost:
            best = _keep(walk)
        chunk += 1
        if progress is not None:
            progress(chunk, CHUNKS)
    if progress is not None:
        progress(CHUNKS, CHUNKS)
    walk.restore_to(best.at, best.room)
    tidy = Tidy(walk, model)
    for _ in range(SWEEPS):
        tidy.sweep()
    best = _keep(walk)
    return Solved(plan=_plan(instance, model, best), complete=complete)


def attempts_in(seconds: float, talks: int) -> int:
    """How many attempts a search with so many talks makes in *seconds* on a slow machine, and not more than it needs."""
    return int(min(seconds * ATTEMPTS_PER_SECOND / (1 + talks / CACHED_TALKS), talks * ATTEMPTS_PER_TALK))


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where every talk was when the walk was at its cheapest."""

    cost: int
    at: "array[int]"
    room: "array[int]"


def _keep(walk: Search) -> _Kept:
    return _Kept(walk.cost, array("i", walk.at), array("i", walk.room))


def _temperatures(chunk: int, talks: int) -> tuple[float, float]:
    """At the beginning and at the end of a chunk."""
    courses, hot = (COURSES, HOTTER) if talks <= SMALL else (1, HOT)
    part = chunk * courses % CHUNKS / CHUNKS
    cooling = COLD / hot
    return hot * cooling**part, hot * cooling ** min(1.0, part + courses / CHUNKS)


def _least(model: Candidates) -> int:
    """What every talk costs at its best candidate, if none were in another's way: no plan is cheaper."""
    return sum(model.price[model.first[talk]] for talk in range(model.talks))


def _plan(instance: Instance, model: Candidates, best: _Kept) -> Plan:
    found = {
        talk.id: Assignment(talk=talk.id, start=talk.pin.start, room=talk.pin.room)
        for talk in instance.talks
        if talk.pin is not None
    }
    for index, talk in enumerate(model.requests):
        at, room = best.at[index], best.room[index]
        if at >= 0:
            found[talk.id] = Assignment(
                talk=talk.id,
                start=model.slot[at] * instance.grid,
                room=model.rooms_by_index[room].id if room >= 0 else None,
            )
    return Plan(
        assignments=tuple(found[talk.id] for talk in instance.talks if talk.id in found),
        unplaced=tuple(talk.id for talk in instance.talks if talk.id not in found),
    )
