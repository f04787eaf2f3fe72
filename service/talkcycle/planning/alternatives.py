"""Other times for one talk, the best first, with what speaks against each."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from talkcycle.planning.appraisal import Appraisal
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Instance, Plan, Request

AGAINST = {
    ("lunch", "employee"): "over the employee's lunch",
    ("lunch", "manager"): "over the manager's lunch",
    ("tentative", "employee"): "the employee has something tentative then",
    ("tentative", "manager"): "the manager has something tentative then",
    ("outside", "employee"): "outside the employee's working hours",
    ("outside", "manager"): "outside the manager's working hours",
    ("friday", ""): "late on a Friday",
    ("pref_hours", "manager"): "outside the hours the manager prefers",
    ("same_day", "manager"): "the manager has another talk that day",
    ("spread_week", "manager"): "the manager has their share of talks that week already",
    ("cascade", "manager"): "before the manager's own talk",
    ("cascade", "employee"): "after a talk of the employee's own team has begun",
    ("no_room", ""): "no room is free",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A time a talk could have. *start*: minutes after t0; *against*: what makes it cost *cost*, in plain words."""

    start: int
    room: str | None
    cost: int
    against: tuple[str, ...]


def alternatives(
    instance: Instance, plan: Plan, talk: str, *, most: int = 5, per_day: int | None = 1
) -> tuple[Alternative, ...]:
    """The *most* best times for *talk* with everything else where it is, cheapest first; not the time it has.

    Args:
        talk: Its id.
        per_day: How many of one day, local to the employee, before other days are tried; None: the best ones, wherever.

    Raises:
        KeyError: There is no such talk.
    """
    availability = Availability(instance)
    request = next((each for each in instance.talks if each.id == talk), None)
    if request is None:
        raise KeyError(talk)
    others = [each for each in plan.assignments if each.talk != talk]
    has = next((each.start for each in plan.assignments if each.talk == talk), None)
    bookings = Bookings.around(availability, others, [request])
    appraisal = Appraisal(bookings)
    open_ = bookings.open(request)
    if has is not None and has >= 0 and has % instance.grid == 0:  # HR may have put it before the window
        open_ &= ~(1 << has // instance.grid)
    ranked = list(_ranked(appraisal, request, open_))
    chosen = _spread(instance, request, ranked, most, per_day) if per_day else ranked[:most]
    return tuple(_alternative(appraisal, request, cost, start) for cost, start in chosen)


def _ranked(appraisal: Appraisal, talk: Request, starts: Starts) -> Iterator[tuple[int, int]]:
    """Cost and start, cheapest first; among equals full hours, then half, then the earliest."""
    availability = appraisal.bookings.availability
    zone = availability.instance.people[talk.employee].zone
    for cost, part in sorted(appraisal.by_cost(talk, starts).items()):
        for start in sorted(availability.grid.minutes(part), key=lambda each: (availability.oddness(each, zone), each)):
            yield cost, start


def _spread(
    instance: Instance, talk: Request, ranked: list[tuple[int, int]], most: int, per_day: int
) -> list[tuple[int, int]]:
    """The best of each day first; more of a day only when the days are used up."""
    zone = ZoneInfo(instance.people[talk.employee].zone)
    seen: Counter[date] = Counter()
    chosen: list[tuple[int, int]] = []
    rest: list[tuple[int, int]] = []
    for cost, start in ranked:
        day = (instance.t0 + timedelta(minutes=start)).astimezone(zone).date()
        seen[day] += 1
        (chosen if seen[day] <= per_day else rest).append((cost, start))
    return sorted([*chosen[:most], *rest[: max(0, most - len(chosen))]], key=ranked.index)


def _alternative(appraisal: Appraisal, talk: Request, cost: int, start: int) -> Alternative:
    bookings = appraisal.bookings
    bit = 1 << start // bookings.instance.grid
    room = bookings.rooms.free(talk.site, start, talk.minutes + talk.buffer) if talk.wants_room else None
    against = [AGAINST[each.kind, each.whose] for each in appraisal.disliked(talk) if each.starts & bit]
    return Alternative(start=start, room=room, cost=cost, against=tuple(dict.fromkeys(against)))
