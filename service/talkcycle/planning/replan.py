"""Give some talks of a plan another time, and leave every other where it is."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from talkcycle.planning.exchange import Exchange, smallest_exchanges
from talkcycle.planning.instance import Assignment, Instance, Pin, Plan
from talkcycle.planning.solve import search

ATTEMPTS = 2_000
"""Per talk; one alone is at its best at once."""
SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """Attributes:
    plan: The whole plan; nothing of it is elsewhere but what was to move.
    moved: Ids of talks that have another time or room than before, or a time now.
    unplaced: Ids of talks to be moved that have no time now.
    offers: For each of these, the smallest exchange that would place it; None: there is none within reach. Nothing
        of it has been done.
    """

    plan: Plan
    moved: tuple[str, ...]
    unplaced: tuple[str, ...]
    offers: dict[str, Exchange | None]


def replan(
    instance: Instance, plan: Plan, movable: Collection[str], *, seed: int = 0, limit: float = SECONDS
) -> Replanned:
    """Find new times in *instance*, as it is now, for the talks in *movable*; a time that is still the best may stay.

    Args:
        plan: The plan before; talks without a time that are not in *movable* stay without.
        movable: Ids of talks.
        limit: Seconds.

    Raises:
        KeyError: A talk of *movable* is not in the instance.
    """
    known = {talk.id for talk in instance.talks}
    for id_ in movable:
        if id_ not in known:
            raise KeyError(id_)
    before = {each.talk: each for each in plan.assignments if each.talk in known}
    stay = {id_: each for id_, each in before.items() if id_ not in movable}
    found = search(
        frozen(instance, stay), seed=seed, limit=limit, attempts=ATTEMPTS * len(movable), only=frozenset(movable)
    ).plan
    now = {each.talk: each for each in found.assignments}
    left = tuple(talk.id for talk in instance.talks if talk.id in movable and talk.id not in now)
    return Replanned(
        plan=found,
        moved=tuple(id_ for id_, each in now.items() if id_ in movable and before.get(id_) != each),
        unplaced=left,
        offers=smallest_exchanges(instance, found, left) if left else {},
    )


def accept(instance: Instance, plan: Plan, exchange: Exchange) -> Plan:
    """*plan* with *exchange* carried out."""
    kept = {each.talk: each for each in plan.assignments}
    changed = {each.talk: each for each in (exchange.places, *(move.to for move in exchange.moves))}
    now = kept | changed
    return Plan(
        assignments=tuple(now[talk.id] for talk in instance.talks if talk.id in now),
        unplaced=tuple(talk.id for talk in instance.talks if talk.id not in now),
    )


def frozen(instance: Instance, stay: dict[str, Assignment]) -> Instance:
    """*instance* with every talk of *stay* pinned where it is; HR's own pins stay where they are."""
    talks = tuple(
        replace(talk, pin=Pin(start=stay[talk.id].start, room=stay[talk.id].room)) if talk.id in stay else talk
        for talk in instance.talks
    )
    return replace(instance, talks=talks)
