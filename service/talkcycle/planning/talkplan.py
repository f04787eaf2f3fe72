"""talkplan/1, the interchange format of instances and plans, for other planners and for independent checks.

An instance written here says in hours and busy times what the format has no words for: the days and hours in which
talks may lie, absences and employment.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.people import Interval, WeekHours
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import DAY_MINUTES, Availability, presence
from talkcycle.planning.grid import merged
from talkcycle.planning.instance import Assignment, Attendee, Busy, Instance, Pin, Plan, Request, Room, Site

FORMAT = "talkplan/1"
KNOWN_POLICY: Mapping[BusyKind, Blocks] = {
    BusyKind.BUSY: Blocks.HARD,
    BusyKind.AWAY: Blocks.HARD,
    BusyKind.TENTATIVE: Blocks.SOFT,
    BusyKind.ELSEWHERE: Blocks.FREE,
}
AS_KNOWN = {Blocks.HARD: BusyKind.BUSY, Blocks.SOFT: BusyKind.TENTATIVE, Blocks.FREE: BusyKind.ELSEWHERE}
"""A kind of ``KNOWN_POLICY`` with each effect."""


def to_json(instance: Instance) -> dict[str, Any]:
    """*instance* in talkplan/1.

    The format has one list of hours a person. Whoever holds talks has the buffer added to the end of the hours for
    talks, since it may lie after them; where both of a pair hold talks and live in different zones, the format's
    rules are therefore looser by the buffer than ours.
    """
    availability = Availability(instance)
    buffers: dict[str, int] = {}
    for talk in instance.talks:
        buffers[talk.manager] = max(buffers.get(talk.manager, 0), talk.buffer)
    return {
        "format": FORMAT,
        "t0": instance.t0.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "horizon_min": instance.horizon,
        "cycle": {
            "today": instance.today.isoformat(),
            "window": [instance.first.isoformat(), instance.last.isoformat()],
            "lead_days": instance.lead_days,
            "grid_min": instance.grid,
            "max_per_day": instance.most_per_day,
            "cascade": instance.cascade.value,
            "status_policy": {kind.value: blocks.value for kind, blocks in _written_policy(instance).items()},
        },
        "weights": dict(instance.weights),
        "calendars": {name: sorted(map(date.isoformat, days)) for name, days in instance.calendars.items()},
        "sites": [{"id": site.id, "tz": site.zone, "cal": site.calendar} for site in instance.sites.values()],
        "rooms": [_room_to_json(room, instance) for room in instance.rooms.values()],
        "people": [
            _person_to_json(person, availability, buffers.get(person.id, 0)) for person in instance.people.values()
        ],
        "talks": [_talk_to_json(talk) for talk in instance.talks],
    }


def plan_to_json(plan: Plan) -> dict[str, Any]:
    return {"assignments": [{"talk": each.talk, "start": each.start, "room": each.room} for each in plan.assignments]}


def plan_from_json(document: Mapping[str, Any]) -> tuple[Assignment, ...]:
    """The assignments of a plan whose starts are minutes after ``t0``."""
    return tuple(
        Assignment(talk=each["talk"], start=each["start"], room=each.get("room")) for each in document["assignments"]
    )


def from_json(document: Mapping[str, Any]) -> Instance:
    """Read a talkplan/1 instance: talks may lie on any day, at any hour.

    Raises:
        ValueError: The document is not talkplan/1.
    """
    if document.get("format") != FORMAT:
        raise ValueError(f"not {FORMAT}: {document.get('format')!r}")
    cycle = document["cycle"]
    first, last = map(date.fromisoformat, cycle["window"])
    return Instance(
        t0=datetime.fromisoformat(document["t0"]).astimezone(UTC),
        horizon=document["horizon_min"],
        today=date.fromisoformat(cycle["today"]),
        first=first,
        last=last,
        lead_days=cycle["lead_days"],
        grid=cycle["grid_min"],
        most_per_day=cycle["max_per_day"],
        days=frozenset(range(7)),
        hours=(0, DAY_MINUTES),
        people={each["id"]: _person_from_json(each) for each in document["people"]},
        talks=tuple(map(_talk_from_json, document["talks"])),
        calendars={name: frozenset(map(date.fromisoformat, days)) for name, days in document["calendars"].items()},
        sites={each["id"]: Site(id=each["id"], zone=each["tz"], calendar=each["cal"]) for each in document["sites"]},
        rooms={each["id"]: _room_from_json(each) for each in document["rooms"]},
        cascade=Cascade(cycle.get("cascade", "off")),
        status_policy={BusyKind(kind): Blocks(blocks) for kind, blocks in cycle["status_policy"].items()},
        weights=dict(document.get("weights", {})),
    )


def _person_to_json(person: Attendee, availability: Availability, buffer: int) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": person.id,
        "manager": person.manager,
        "site": person.site,
        "tz": person.zone,
        "cal": person.calendar,
        "hours": [[list(hours) for hours in day] for day in _hours(person.hours, availability.instance, buffer)],
        "lunch": list(person.lunch) if person.lunch else None,
        "busy": _busy_to_json(_with_leave(person, availability)),
    }
    if person.preferred:
        document["pref"] = [list(hours) for hours in person.preferred]
    if person.most_per_day is not None:
        document["max_per_day"] = person.most_per_day
    return document


def _hours(hours: WeekHours, instance: Instance, buffer: int) -> WeekHours:
    opens, closes = instance.hours[0], min(instance.hours[1] + buffer, DAY_MINUTES)
    return tuple(
        tuple((max(a, opens), min(b, closes)) for a, b in day if max(a, opens) < min(b, closes))
        if weekday in instance.days
        else ()
        for weekday, day in enumerate(hours)
    )


def _with_leave(person: Attendee, availability: Availability) -> Busy:
    """The person's calendar, busy when HR forbids talks, out of office on days of absence or without employment."""
    here = presence(person)
    away = [
        (availability.minute(day, 0, person.zone), availability.minute(day, DAY_MINUTES, person.zone))
        for day in availability.dates
        if not here.covers(day)
    ]
    horizon = availability.instance.horizon
    inside = [(max(0, begins), min(horizon, ends)) for begins, ends in away]
    busy = _written_kinds(person.busy, availability.instance)
    return {
        **busy,
        BusyKind.BUSY: merged([*busy.get(BusyKind.BUSY, ()), *person.forbidden]),
        BusyKind.AWAY: merged([*busy.get(BusyKind.AWAY, ()), *inside]),
    }


def _written_policy(instance: Instance) -> Mapping[BusyKind, Blocks]:
    return KNOWN_POLICY if BusyKind.OUTSIDE in instance.status_policy else instance.status_policy


def _written_kinds(busy: Busy, instance: Instance) -> Busy:
    """*busy* in the kinds of the format. It has no word for ``OUTSIDE``, so then all are written by what they do."""
    policy = instance.status_policy
    if BusyKind.OUTSIDE not in policy:
        return busy
    written: dict[BusyKind, list[Interval]] = {}
    for kind, intervals in busy.items():
        alike = kind if KNOWN_POLICY.get(kind) is policy[kind] else AS_KNOWN[policy[kind]]
        written.setdefault(alike, []).extend(intervals)
    return {kind: merged(intervals) for kind, intervals in written.items()}


def _busy_to_json(busy: Busy) -> dict[str, list[int]]:
    flat = {kind.value: [minute for interval in intervals for minute in interval] for kind, intervals in busy.items()}
    return {kind: minutes for kind, minutes in flat.items() if minutes}


def _room_to_json(room: Room, instance: Instance) -> dict[str, Any]:
    return {
        "id": room.id,
        "site": room.site,
        "capacity": room.capacity,
        "neutral": room.neutral,
        "busy": _busy_to_json(_written_kinds(room.busy, instance)),
    }


def _talk_to_json(talk: Request) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": talk.id,
        "employee": talk.employee,
        "manager": talk.manager,
        "dur": talk.minutes,
        "buf": talk.buffer,
        "room": talk.wants_room,
        "site": talk.site,
    }
    if talk.lead_days is not None:
        document["lead_days"] = talk.lead_days
    if talk.pin is not None:
        document["pin"] = {"start": talk.pin.start, "room": talk.pin.room}
    return document


def _person_from_json(document: Mapping[str, Any]) -> Attendee:
    return Attendee(
        id=document["id"],
        manager=document["manager"],
        site=document["site"],
        zone=document["tz"],
        calendar=document["cal"],
        hours=tuple(_intervals(day) for day in document["hours"]),
        lunch=_interval(document["lunch"]) if document.get("lunch") else None,
        preferred=_intervals(document.get("pref", ())),
        most_per_day=document.get("max_per_day"),
        busy=_busy_from_json(document.get("busy", {})),
    )


def _room_from_json(document: Mapping[str, Any]) -> Room:
    return Room(
        id=document["id"],
        site=document["site"],
        capacity=document["capacity"],
        neutral=document["neutral"],
        busy=_busy_from_json(document.get("busy", {})),
    )


def _talk_from_json(document: Mapping[str, Any]) -> Request:
    pin = document.get("pin")
    return Request(
        id=document["id"],
        employee=document["employee"],
        manager=document["manager"],
        minutes=document["dur"],
        buffer=document["buf"],
        wants_room=document["room"],
        site=document["site"],
        lead_days=document.get("lead_days"),
        pin=Pin(start=pin["start"], room=pin.get("room")) if pin else None,
    )


def _busy_from_json(document: Mapping[str, list[int]]) -> Busy:
    return {BusyKind(kind): tuple(zip(minutes[::2], minutes[1::2], strict=True)) for kind, minutes in document.items()}


def _intervals(document: Iterable[Iterable[int]]) -> tuple[Interval, ...]:
    return tuple(map(_interval, document))


def _interval(document: Iterable[int]) -> Interval:
    begins, ends = document
    return begins, ends
