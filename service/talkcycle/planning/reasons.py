"""Why a talk has no time: one sentence about the first rule that leaves nothing, with what would mend it."""

from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import Availability, presence, without_leave
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Instance, Plan, Request


def explain(instance: Instance, plan: Plan) -> dict[str, str]:
    """A sentence for each talk without a time; roles, no names."""
    availability = Availability(instance)
    bookings = Bookings(availability)
    for assignment in plan.assignments:
        bookings.book(assignment)
    return {id_: reason_for(bookings.requests[id_], availability, bookings) for id_ in plan.unplaced}


def reason_for(talk: Request, availability: Availability, bookings: Bookings) -> str:
    """Say why *talk* has no time among *bookings*; roles, no names.

    Args:
        bookings: The finished plan, whoever made it.
    """
    for explain in (_notice, _days_at_work, _hours, _calendars):
        reason = explain(talk, availability)
        if reason:
            return reason
    return _other_talks(talk, availability, bookings)


def _notice(talk: Request, availability: Availability) -> str | None:
    last, first = availability.instance.last, availability.first_with_notice(talk)
    if first <= last:
        return None
    return (
        f"The notice leaves no day: the first possible day, {first}, is after the window's last, {last}; "
        "a longer window or an earlier approval would leave some."
    )


def _days_at_work(talk: Request, availability: Availability) -> str | None:
    instance = availability.instance
    first, last = availability.earliest(talk), instance.last
    for role, id_ in (("employee", talk.employee), ("manager", talk.manager)):
        person = instance.people[id_]
        if availability.working_days(presence(person), first, last):
            continue
        if availability.working_days(without_leave(person), first, last):
            host = ", or another manager to hold the talk" if role == "manager" else ""
            return (
                f"The {role} is away or not employed on every working day from {first} to {last}; "
                f"it takes a longer window{host}."
            )
        return (
            f"The {role} has no working day from {first} to {last}; "
            "it takes a longer window or other working days in the roster."
        )
    return None


def _hours(talk: Request, availability: Availability) -> str | None:
    """Working hours against the hours for talks, each side by itself and then both together."""
    days, length = availability.open_days(talk), talk.minutes + talk.buffer
    guest, host = availability.guest_hours(talk) & days, availability.host_hours(talk) & days
    opens, closes = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in availability.instance.hours)
    mend = "it takes other hours or days for talks, or a shorter talk"
    if not guest:
        return (
            f"The employee never works {talk.minutes} minutes in one piece between {opens} and {closes} "
            f"on a day for talks in the window; {mend}."
        )
    if not host:
        return (
            f"The manager never works {length} minutes in one piece, talk and buffer, with the talk between {opens} "
            f"and {closes} on a day for talks in the window; {mend}."
        )
    if not guest & host:
        return (
            f"Employee and manager have no common {length} minutes in their working hours within the window, "
            f"talk and buffer; it takes a longer window, other hours for talks, or another manager to hold the talk."
        )
    return None


def _calendars(talk: Request, availability: Availability) -> str | None:
    days = availability.open_days(talk)
    guest, host = availability.guest(talk) & days, availability.host(talk) & days
    mend = "it takes a longer window, or a meeting that gives way"
    if not guest & availability.host_hours(talk):
        return f"The employee's calendar is full whenever both work; {mend}."
    if not host & availability.guest_hours(talk):
        return f"The manager's calendar is full whenever both work; {mend}."
    if not guest & host:
        return f"The two calendars have no common free {talk.minutes + talk.buffer} minutes; {mend}."
    return None


def _other_talks(talk: Request, availability: Availability, bookings: Bookings) -> str:
    starts = bookings.alone(talk)
    if bookings.instance.cascade is Cascade.HARD:
        starts &= bookings.in_cascade(talk)
        if not starts:
            return (
                "Every possible time is before the manager's own talk or after the first talk of the employee's team; "
                "it takes a longer window, or talks in any order."
            )
    full = bookings.full_days(talk.manager)
    if not starts & ~full:
        return _full(talk, starts, availability, bookings)
    if starts & full:
        return (
            "The manager's days are full or the times left on them are taken by other talks of the two; "
            "it takes a longer window, a higher limit a day or more hours for talks."
        )
    return (
        "Every time that suits both is taken by other talks of the two; it takes a longer window or more hours for talks."
    )


def _full(talk: Request, starts: Starts, availability: Availability, bookings: Bookings) -> str:
    zone = bookings.instance.people[talk.manager].zone
    days = sum(1 for day in availability.days(zone) if starts & day.starts)
    most = bookings.most_per_day(talk.manager)
    talks = "1 talk" if most == 1 else f"{most} talks"
    where = "the only possible day" if days == 1 else f"all {days} possible days"
    return f"The manager's days are full: {talks} a day on {where}; it takes a longer window or a higher limit a day."
