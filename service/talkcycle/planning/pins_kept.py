"""What stands against the times HR gave to talks. They are kept all the same: a pin is HR's word."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import Blocks
from talkcycle.domain.people import Interval
from talkcycle.planning.availability import Availability, presence
from talkcycle.planning.instance import Attendee, Instance, Request

OFF_WORK = {
    (True, True): "neither of the two works then",
    (True, False): "the employee does not work then",
    (False, True): "the manager does not work then",
}
BUSY = {
    (True, True): "both calendars are full then",
    (True, False): "the employee's calendar is full then",
    (False, True): "the manager's calendar is full then",
}


def explain_pins(instance: Instance, employees: AbstractSet[str]) -> Mapping[str, str]:
    """What HR should settle with both, a sentence for each of *employees* whose pinned time a plan would not choose.

    Names nobody but by role. The pause after the talk counts for the manager and the room.
    """
    availability = Availability(instance)
    found = {}
    for talk in instance.talks:
        if talk.pin is not None and talk.employee in employees:
            said = "; ".join(_against(availability, talk, talk.pin.start))
            if said:
                found[talk.employee] = f"{said[0].upper()}{said[1:]}."
    return found


def clashing_pins(instance: Instance) -> Iterator[tuple[str, str]]:
    """Pairs of employees whose pinned talks overlap for a person or in a room, so that one cannot be."""
    held: dict[tuple[str, str], list[tuple[Interval, str]]] = {}
    for talk in instance.talks:
        if talk.pin is not None:
            start, ends = talk.pin.start, talk.pin.start + talk.minutes
            held.setdefault(("person", talk.employee), []).append(((start, ends), talk.employee))
            held.setdefault(("person", talk.manager), []).append(((start, ends + talk.buffer), talk.employee))
            if talk.pin.room is not None:
                held.setdefault(("room", talk.pin.room), []).append(((start, ends + talk.buffer), talk.employee))
    pairs = {
        (first, second)
        for spans in held.values()
        for (one, first), (other, second) in combinations(spans, 2)
        if first != second and _meets(one, [other])
    }
    yield from sorted(pairs)


def _against(availability: Availability, talk: Request, start: int) -> Iterator[str]:
    instance = availability.instance
    guest, host = instance.people[talk.employee], instance.people[talk.manager]
    span, with_pause = (start, start + talk.minutes), (start, start + talk.minutes + talk.buffer)
    off = (not _works(availability, guest, span), not _works(availability, host, with_pause))
    if any(off):
        yield OFF_WORK[off]
    if not all(_for_talks(instance, person, span) for person in (guest, host)):
        yield "it is outside the days and hours for talks"
    full = (_busy(instance, guest, span), _busy(instance, host, with_pause))
    if any(full):
        yield BUSY[full]
    room = None if talk.pin is None or talk.pin.room is None else instance.rooms[talk.pin.room]
    if room is not None and any(_meets(with_pause, intervals) for intervals in room.busy.values()):
        yield "the room is booked then"


def _works(availability: Availability, person: Attendee, span: Interval) -> bool:
    here = presence(person)
    return any(
        low <= span[0] and span[1] <= high
        for day, intervals in availability.work(here.hours, here.zone, here.calendar)
        if here.covers(day)
        for low, high in intervals
    )


def _for_talks(instance: Instance, person: Attendee, span: Interval) -> bool:
    local = (instance.t0 + timedelta(minutes=span[0])).astimezone(ZoneInfo(person.zone))
    minute = local.hour * 60 + local.minute
    opens, closes = instance.hours
    return local.weekday() in instance.days and opens <= minute and minute + span[1] - span[0] <= closes


def _busy(instance: Instance, person: Attendee, span: Interval) -> bool:
    return any(
        instance.status_policy[kind] is Blocks.HARD and _meets(span, intervals) for kind, intervals in person.busy.items()
    )


def _meets(span: Interval, others: Iterable[Interval]) -> bool:
    return any(low < span[1] and span[0] < high for low, high in others)
