"""What a plan costs, in the terms of talkplan/1: talks without a time, talks without a room, and each preference."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import Availability
from talkcycle.planning.instance import Instance, Plan
from talkcycle.planning.preference import Preference, weekly_shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Less is better, in this order. *kinds*: how often each preference was not met."""

    unplaced: int
    without_room: int
    penalty: int
    kinds: Mapping[str, int]
    cost: int


def score(instance: Instance, plan: Plan) -> Score:
    """Count what *plan* does not give."""
    availability = Availability(instance)
    preference = Preference(availability)
    by_minute = cache(lambda: Preference(Availability(replace(instance, grid=1))))  # for pins beside the grid
    requests = {talk.id: talk for talk in instance.talks}
    placed = {each.talk: each for each in plan.assignments}
    own = {talk.employee: talk for talk in instance.talks}
    kinds: Counter[str] = Counter()
    days: dict[str, Counter[int]] = defaultdict(Counter)
    for each in plan.assignments:
        talk = requests[each.talk]
        on_grid = each.start % instance.grid == 0
        bit = 1 << (each.start // instance.grid if on_grid else each.start)
        known = preference if on_grid else by_minute()
        kinds.update(each.kind for each in known.disliked(talk) if each.starts & bit)
        day = availability.local_day(each.start, instance.people[talk.manager].zone)
        days[talk.manager][day.toordinal()] += 1
        above = own.get(talk.manager)
        if instance.cascade is Cascade.SOFT and above is not None and above.id in placed:
            kinds["cascade"] += each.start < placed[above.id].start + above.minutes
    shares = weekly_shares(instance)
    for manager, held in days.items():
        kinds["same_day"] += sum(count - 1 for count in held.values())
        by_week: Counter[int] = Counter()
        for ordinal, count in held.items():
            by_week[(ordinal - 1) // 7] += count
        kinds["spread_week"] += sum(max(0, count - shares[manager]) for count in by_week.values())
    weights = preference.weights
    penalty = sum(weights[kind] * count for kind, count in kinds.items())
    without_room = sum(1 for each in plan.assignments if requests[each.talk].wants_room and each.room is None)
    return Score(
        unplaced=len(plan.unplaced),
        without_room=without_room,
        penalty=penalty,
        kinds={kind: count for kind, count in sorted(kinds.items()) if count},
        cost=weights["unplaced"] * len(plan.unplaced) + weights["no_room"] * without_room + penalty,
    )
