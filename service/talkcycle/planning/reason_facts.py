"""What stands in the way of one talk: the rules are asked one after the other until one leaves nothing."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from talkcycle.domain.localtime import ONE_DAY
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import DAY_MINUTES, Availability, presence, without_leave
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Attendee, Request
from talkcycle.planning.reason_values import Kind, Role
from talkcycle.planning.reason_words import clock, day
from talkcycle.planning.remedy_trials import Trial

NONE: Mapping[str, str] = MappingProxyType({})


class Blocked(NamedTuple):
    """The rule, and the facts its words need."""

    kind: Kind
    facts: Mapping[str, str] = NONE
    role: Role | None = None


def blocked(trial: Trial) -> Blocked:
    """Why the talk has no time among the others of its people."""
    return _notice(trial) or _days_at_work(trial) or _hours(trial) or _calendars(trial) or _other_talks(trial)


def _notice(trial: Trial) -> Blocked | None:
    instance = trial.instance
    first = trial.here.availability.first_with_notice(trial.talk)
    if first <= instance.last:
        return None
    year = instance.last.year
    return Blocked(Kind.NOTICE, {"first": day(first, year), "last": day(instance.last, year)})


def _days_at_work(trial: Trial) -> Blocked | None:
    instance, availability = trial.instance, trial.here.availability
    first, last = availability.earliest(trial.talk), instance.last
    facts = {"first": day(first, last.year), "last": day(last, last.year)}
    for role, person in _both(trial):
        if not availability.working_days(presence(person), first, last):
            ever = availability.working_days(without_leave(person), first, last)
            return Blocked(Kind.AWAY if ever else Kind.NO_WORKING_DAY, facts, role)
    return None


def _hours(trial: Trial) -> Blocked | None:
    """Working hours against the hours for talks, each side by itself and then both together."""
    instance, talk, availability = trial.instance, trial.talk, trial.here.availability
    days = availability.open_days(talk)
    guest, host = availability.guest_hours(talk) & days, availability.host_hours(talk) & days
    if guest & host:
        return None
    last = instance.last
    opens, closes = map(clock, instance.hours)
    facts = {
        "opens": opens,
        "closes": closes,
        "first": day(availability.earliest(talk), last.year),
        "last": day(last, last.year),
        "after": _day_after(trial),
    }
    if not guest:
        return Blocked(Kind.HOURS, {**facts, "piece": f"{talk.minutes} minutes"}, "employee")
    facts["piece"] = _piece(talk)
    if not host:
        return Blocked(Kind.HOURS, facts, "manager")
    if _common_hours(trial):
        return Blocked(Kind.AWAY_IN_TURN, facts)
    zones = [person.zone for _, person in _both(trial)]
    guest_at, host_at = [f" in {_city(zone)}" if zones[0] != zones[1] else "" for zone in zones]
    within = "" if instance.hours == (0, DAY_MINUTES) else f" between {opens} and {closes}"
    return Blocked(Kind.NEVER_TOGETHER, {**facts, "guest_at": guest_at, "host_at": host_at, "within": within})


def _calendars(trial: Trial) -> Blocked | None:
    talk, availability = trial.talk, trial.here.availability
    if trial.here.alone(talk):
        return None
    if _not_forbidden(trial).starts(talk):
        return Blocked(Kind.FORBIDDEN)
    days = availability.open_days(talk)
    facts = {"after": _day_after(trial), "piece": _piece(talk)}
    if not availability.guest(talk) & availability.host_hours(talk) & days:
        return Blocked(Kind.CALENDAR, facts, "employee")
    if not availability.host(talk) & availability.guest_hours(talk) & days:
        return Blocked(Kind.CALENDAR, facts, "manager")
    return Blocked(Kind.CALENDARS, facts)


def _other_talks(trial: Trial) -> Blocked:
    talk, here = trial.talk, trial.here
    if here.open(talk):
        return Blocked(Kind.FREE)
    starts = here.alone(talk)
    if trial.instance.cascade is Cascade.HARD:
        starts &= here.in_cascade(talk)
        if not starts:
            return Blocked(Kind.CASCADE)
    full = here.full_days(talk.manager)
    if not starts & full:
        return Blocked(Kind.TAKEN)
    if starts & ~full:
        return Blocked(Kind.FULL_OR_TAKEN)
    return _full_days(trial, starts)


def _full_days(trial: Trial, starts: Starts) -> Blocked:
    manager = trial.instance.people[trial.talk.manager]
    count = sum(1 for each in trial.here.availability.days(manager.zone) if starts & each.starts)
    most = trial.instance.most_held(manager.id)
    facts = {
        "talks": "1 talk" if most == 1 else f"{most} talks",
        "days": {1: "the only possible day", 2: "both possible days"}.get(count, f"all {count} possible days"),
    }
    return Blocked(Kind.FULL_DAYS, facts)


def _both(trial: Trial) -> tuple[tuple[Role, Attendee], tuple[Role, Attendee]]:
    people = trial.instance.people
    return ("employee", people[trial.talk.employee]), ("manager", people[trial.talk.manager])


def _common_hours(trial: Trial) -> Starts:
    """Starts in the working hours of both as if nobody were ever away, up to the horizon."""
    present = {person.id: replace(person, absences=(), first_day=None, last_day=None) for _, person in _both(trial)}
    longest = replace(trial.instance, last=max(trial.reach, trial.instance.last))
    availability = trial.ground.availability(replace(longest, people={**longest.people, **present}))
    return availability.guest_hours(trial.talk) & availability.host_hours(trial.talk)


def _not_forbidden(trial: Trial) -> Availability:
    allowed = {person.id: replace(person, forbidden=()) for _, person in _both(trial)}
    return trial.ground.availability(replace(trial.instance, people={**trial.instance.people, **allowed}))


def _day_after(trial: Trial) -> str:
    return day(trial.instance.last + ONE_DAY, trial.instance.last.year)


def _piece(talk: Request) -> str:
    return f"{talk.minutes} minutes" + (f" and a buffer of {talk.buffer}" if talk.buffer else "")


def _city(zone: str) -> str:
    """New York of America/New_York."""
    return zone.rpartition("/")[2].replace("_", " ")
