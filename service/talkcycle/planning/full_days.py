"""How many of a manager's talks must change their day, at least, before one more can have a day."""

from collections import defaultdict
from datetime import date

from talkcycle.planning.bookings import Bookings
from talkcycle.planning.instance import Request


def least_moves(bookings: Bookings, talk: Request, *, most: int) -> int | None:
    """The fewest moves by which some day could take *talk*; None: more than *most*, or there is no way at all.

    Only days and how many talks each may hold are looked at, so an exchange may need more moves, but never fewer: a talk
    that comes to a full day drives another to a day of its own, and so on to a day that is not full.
    """
    manager = talk.manager
    may_hold, held = bookings.instance.most_held(manager), bookings.held[manager]
    zone = bookings.instance.people[manager].zone
    there: dict[date, list[Request]] = defaultdict(list)
    for other in bookings.team[manager]:
        if other.id in bookings.placed and other.pin is None:
            there[bookings.availability.local_day(bookings.placed[other.id].start, zone)].append(other)

    def days_of(each: Request) -> set[date]:
        alone = bookings.alone(each)
        return {day.date for day in bookings.availability.days(zone) if day.starts & alone}

    seen: set[date] = set()
    reached = days_of(talk)
    for moves in range(most + 1):
        if any(held[day] < may_hold for day in reached):
            return moves
        seen |= reached
        reached = {day for full in reached for other in there[full] for day in days_of(other)} - seen
    return None
