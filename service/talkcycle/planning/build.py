"""From a cycle and its people to an instance, and from a plan back to talks."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from talkcycle.domain.busy import BusyKind, BusyTimes, Span
from talkcycle.domain.cycle import Cycle, Place, PlaceKind
from talkcycle.domain.people import Person
from talkcycle.domain.plan import PlannedTalk, UnplacedTalk
from talkcycle.domain.talks import Talk
from talkcycle.planning.decided import Pins, forbidden_to, room_id
from talkcycle.planning.instance import Attendee, Busy, Instance, Pin, Plan, Request, Room, Site
from talkcycle.planning.participants import why_no_talk
from talkcycle.planning.reasons import explain
from talkcycle.planning.timeline import Timeline, timeline_of

NOBODY_BUSY = BusyTimes()


def instance_of(
    cycle: Cycle,
    people: Mapping[str, Person],
    holidays: Mapping[str, frozenset[date]],
    *,
    today: date,
    taken: Iterable[Talk] = (),
    busy: BusyTimes = NOBODY_BUSY,
) -> tuple[Instance, Mapping[str, str]]:
    """The talks of a round as the planner sees them, and who is left out and why.

    Args:
        people: By roster id.
        holidays: Country to public holidays.
        today: The day on which invitations go out at the latest; the notice is counted from it.
        taken: Talks of the round already under way: they stay where they are, and nobody gets a second one.
        busy: When people and rooms are busy, from the timeline's beginning to its end.
    """
    timeline = timeline_of(cycle.window)
    rooms = {room.id: room for room in _rooms(cycle, busy, timeline)}
    pins = Pins(cycle, rooms, timeline)
    under_way = {talk.employee: talk for talk in taken if talk.employee in people and talk.manager in people}
    everybody = sorted(people.values(), key=lambda person: person.id)
    left_out = {
        person.id: why
        for person in everybody
        if (why := why_no_talk(person, people, holidays, cycle, under_way.get(person.id))) is not None
    }
    taking_part = [person for person in everybody if person.id not in left_out]
    started = {
        person.id: _under_way(under_way[person.id], pins.of_talk(under_way[person.id], person.site), person)
        for person in taking_part
        if person.id in under_way
    }
    requests = [started.get(person.id) or _request(person, people, cycle, rooms, pins) for person in taking_part]
    involved = {id_ for request in requests for id_ in (request.employee, request.manager)}
    instance = Instance(
        t0=timeline.begins,
        horizon=timeline.minutes,
        today=today,
        first=cycle.window.first,
        last=cycle.window.last,
        lead_days=cycle.notice_days,
        grid=cycle.talk.grid_minutes,
        most_per_day=cycle.talk.most_per_day,
        days=cycle.talk.days,
        hours=cycle.talk.hours,
        people={id_: _attendee(people[id_], cycle, busy, timeline) for id_ in sorted(involved)},
        talks=tuple(requests),
        calendars=holidays,
        sites={site: Site(id=site, zone=cycle.zone, calendar=cycle.country) for site in sorted(cycle.rooms)},
        rooms=rooms,
        cascade=cycle.planning.cascade,
        status_policy={**cycle.planning.blocks, BusyKind.OUTSIDE: cycle.planning.outside_hours},
    )
    return instance, left_out


def planned_talks(
    instance: Instance, plan: Plan, cycle: Cycle, people: Mapping[str, Person]
) -> tuple[tuple[PlannedTalk, ...], tuple[UnplacedTalk, ...]]:
    """*plan* as HR looks at it, in the instance's order; talks already under way included."""
    requests = {talk.id: talk for talk in instance.talks}
    talks = []
    for assignment in plan.assignments:
        request = requests[assignment.talk]
        employee = people[request.employee]
        site = employee.site
        room = None if assignment.room is None else assignment.room.removeprefix(f"{site}/")
        talks.append(
            PlannedTalk(
                employee=request.employee,
                manager=request.manager,
                start=instance.t0 + timedelta(minutes=assignment.start),
                minutes=request.minutes,
                buffer_minutes=request.buffer,
                zone=employee.zone,
                place=cycle.place_for(site) if room is None else Place(kind=PlaceKind.NAMED, name=room),
            )
        )
    unplaced = [
        UnplacedTalk(employee=requests[id_].employee, manager=requests[id_].manager, reason=reason)
        for id_, reason in explain(instance, plan).items()
    ]
    return tuple(talks), tuple(unplaced)


def _rooms(cycle: Cycle, busy: BusyTimes, timeline: Timeline) -> Iterable[Room]:
    for site, rooms in sorted(cycle.rooms.items()):
        for room in rooms:
            yield Room(
                id=room_id(site, room.name),
                site=site,
                capacity=room.seats,
                neutral=room.neutral,
                busy=_busy(busy.rooms.get((site, room.name), {}), timeline),
            )


def _under_way(talk: Talk, pin: Pin, person: Person) -> Request:
    return Request(
        id=talk.employee,
        employee=talk.employee,
        manager=talk.manager,
        minutes=talk.minutes,
        buffer=talk.buffer_minutes,
        wants_room=pin.room is not None,
        site=person.site,
        pin=pin,
    )


def _request(
    person: Person, people: Mapping[str, Person], cycle: Cycle, rooms: Mapping[str, Room], pins: Pins
) -> Request:
    assert person.manager is not None, "who has no manager is left out"
    wants_room = (
        person.site is not None
        and person.site == people[person.manager].site
        and cycle.place_for(person.site).kind is not PlaceKind.ONLINE
        and any(room.site == person.site and room.holds_talks for room in rooms.values())
    )
    return Request(
        id=person.id,
        employee=person.id,
        manager=person.manager,
        minutes=cycle.talk.minutes,
        buffer=cycle.talk.buffer_minutes,
        wants_room=wants_room,
        site=person.site,
        pin=pins.wished(person, wants_room=wants_room),
    )


def _attendee(person: Person, cycle: Cycle, busy: BusyTimes, timeline: Timeline) -> Attendee:
    return Attendee(
        id=person.id,
        manager=person.manager,
        site=person.site,
        zone=person.zone,
        calendar=person.country,
        hours=person.hours,
        lunch=cycle.planning.lunch,
        preferred=person.preferred or cycle.planning.preferred,
        most_per_day=person.most_per_day,
        absences=person.absences,
        first_day=person.starts,
        last_day=person.ends,
        busy=_busy(busy.people.get(person.id, {}), timeline),
        forbidden=forbidden_to(person, cycle.wishes.forbidden, timeline),
    )


def _busy(spans: Mapping[BusyKind, Iterable[Span]], timeline: Timeline) -> Busy:
    clipped = {kind: tuple(filter(None, map(timeline.interval, each))) for kind, each in spans.items()}
    return {kind: intervals for kind, intervals in clipped.items() if intervals}
