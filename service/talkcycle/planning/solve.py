"""From an instance to a plan: the most constrained talks first, each at its best time, then the rest by moving others.

Deterministic: the same instance gives the same plan, whatever the order of its talks and people.
"""

from collections.abc import Callable

from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.instance import Assignment, Instance, Plan, Request, Unplaced
from talkcycle.planning.preference import Preference
from talkcycle.planning.reasons import reason_for
from talkcycle.planning.repair import Repair


def solve(instance: Instance, *, progress: Callable[[int, int], None] | None = None) -> Plan:
    """Give every talk of *instance* a time, or a reason why it has none.

    Args:
        progress: Called with how many talks have been looked at, and how many there are.
    """
    availability = Availability(instance)
    bookings = Bookings(availability)
    preference = Preference(availability, bookings)
    left = _place_all(bookings, preference, progress)
    repair = Repair(bookings, preference)
    before = len(left) + 1
    while len(left) < before:
        before = len(left)
        left = [talk for talk in left if not repair.place(talk)]
    return plan_of(availability, bookings)


def plan_of(availability: Availability, bookings: Bookings) -> Plan:
    """What is booked, as a plan; every other talk with its reason."""
    talks = availability.instance.talks
    return Plan(
        assignments=tuple(bookings.placed[talk.id] for talk in talks if talk.id in bookings.placed),
        unplaced=tuple(
            Unplaced(talk=talk.id, reason=reason_for(talk, availability, bookings))
            for talk in talks
            if talk.id not in bookings.placed
        ),
    )


def _place_all(bookings: Bookings, preference: Preference, progress: Callable[[int, int], None] | None) -> list[Request]:
    """Place what finds a time at once, pinned talks first; return the rest."""
    talks = bookings.instance.talks
    for talk in talks:
        if talk.pin is not None:
            bookings.book(Assignment(talk=talk.id, start=talk.pin.start, room=talk.pin.room))
    left = []
    for done, talk in enumerate(in_order(bookings), start=len(bookings.placed) + 1):
        starts = bookings.open(talk)
        if starts:
            bookings.book(preference.best(talk, starts))
        else:
            left.append(talk)
        if progress is not None:
            progress(done, len(talks))
    return left


def in_order(bookings: Bookings) -> list[Request]:
    """Talks without a pin, those with the fewest starts per talk of their manager first."""

    def key(talk: Request) -> tuple[float, str]:
        return bookings.alone(talk).bit_count() / len(bookings.team[talk.manager]), talk.id

    return sorted((talk for talk in bookings.instance.talks if talk.pin is None), key=key)
