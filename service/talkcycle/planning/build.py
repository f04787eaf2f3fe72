"""From a cycle and its people to an instance, and from a plan back to talks."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta

from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.localtime import ONE_DAY
from talkcycle.domain.people import Interval, Person
from talkcycle.domain.plan import PlannedTalk, UnplacedTalk
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.planning.instance import Attendee, Instance, Pin, Plan, Request
from talkcycle.planning.reasons import explain

LUNCH: Interval = (12 * 60, 13 * 60)
"""Avoided where there is another time; rosters do not say when people eat."""
MARGIN = timedelta(days=2)
"""The first local day begins up to 14 hours before UTC's, the last ends up to 12 hours after."""


def instance_of(
    cycle: Cycle,
    people: Mapping[str, Person],
    holidays: Mapping[str, frozenset[date]],
    *,
    today: date,
    taken: Iterable[Talk] = (),
) -> tuple[Instance, Mapping[str, str]]:
    """The talks of a round as the planner sees them, and who is left out and why.

    Args:
        people: By roster id.
        holidays: Country to public holidays.
        today: The day on which invitations go out at the latest; the notice is counted from it.
        taken: Talks of the round already under way: they stay where they are, and nobody gets a second one.
    """
    t0 = datetime.combine(cycle.window.first, time(), UTC) - MARGIN
    under_way = {talk.employee: talk for talk in taken if talk.employee in people and talk.manager in people}
    requests, left_out = [], {}
    for person in sorted(people.values(), key=lambda person: person.id):
        started = under_way.get(person.id)
        why = _started(started) if started else _left_out(person, people, holidays, cycle.window)
        if why:
            left_out[person.id] = why
        else:
            requests.append(_pinned(started, t0) if started else _request(person, cycle))
    ends = datetime.combine(cycle.window.last, time(), UTC) + ONE_DAY + MARGIN
    involved = {id_ for request in requests for id_ in (request.employee, request.manager)}
    instance = Instance(
        t0=t0,
        horizon=_minutes(ends - t0),
        today=today,
        first=cycle.window.first,
        last=cycle.window.last,
        lead_days=cycle.notice_days,
        grid=cycle.talk.grid_minutes,
        most_per_day=cycle.talk.most_per_day,
        days=cycle.talk.days,
        hours=cycle.talk.hours,
        people={id_: _attendee(people[id_]) for id_ in sorted(involved)},
        talks=tuple(requests),
        calendars=holidays,
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
        talks.append(
            PlannedTalk(
                employee=request.employee,
                manager=request.manager,
                start=instance.t0 + timedelta(minutes=assignment.start),
                minutes=request.minutes,
                buffer_minutes=request.buffer,
                zone=employee.zone,
                place=cycle.place_for(employee.site),
            )
        )
    unplaced = [
        UnplacedTalk(employee=requests[id_].employee, manager=requests[id_].manager, reason=reason)
        for id_, reason in explain(instance, plan).items()
    ]
    return tuple(talks), tuple(unplaced)


def _left_out(
    person: Person, people: Mapping[str, Person], holidays: Mapping[str, frozenset[date]], window: Window
) -> str | None:
    if person.excluded is not None:
        return "excluded in the roster"
    if person.manager is None:
        return "has no manager in the roster"
    if person.manager not in people:
        return "their manager is not in the roster"
    if (person.starts and person.starts > window.last) or (person.ends and person.ends < window.first):
        return "not employed in the window"
    if _away_throughout(person, holidays.get(person.country, frozenset()), window):
        return "away the whole window"
    return None


def _away_throughout(person: Person, holidays: frozenset[date], window: Window) -> bool:
    """Whether absences cover every working day of the window on which they are employed, and there is one."""
    first = max(window.first, person.starts or window.first)
    last = min(window.last, person.ends or window.last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    working = [day for day in days if person.hours[day.weekday()] and day not in holidays]
    return bool(working) and not any(person.works_on(day) for day in working)


def _started(talk: Talk) -> str | None:
    return None if talk.state is TalkState.PLACED else "their talk of this round was called off"


def _pinned(talk: Talk, t0: datetime) -> Request:
    assert talk.start is not None, "a placed talk has a start"
    return Request(
        id=talk.employee,
        employee=talk.employee,
        manager=talk.manager,
        minutes=talk.minutes,
        buffer=talk.buffer_minutes,
        pin=Pin(start=_minutes(talk.start - t0)),
    )


def _request(person: Person, cycle: Cycle) -> Request:
    assert person.manager is not None, "who has no manager is left out"
    return Request(
        id=person.id,
        employee=person.id,
        manager=person.manager,
        minutes=cycle.talk.minutes,
        buffer=cycle.talk.buffer_minutes,
        site=person.site,
    )


def _attendee(person: Person) -> Attendee:
    return Attendee(
        id=person.id,
        manager=person.manager,
        site=person.site,
        zone=person.zone,
        calendar=person.country,
        hours=person.hours,
        lunch=LUNCH,
        absences=person.absences,
        first_day=person.starts,
        last_day=person.ends,
    )


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
