"""Why talks have no time or no room, and what would help, tried against the rest of the plan."""

from collections.abc import Iterator, Mapping

from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.instance import Instance, Plan
from talkcycle.planning.reason_facts import blocked
from talkcycle.planning.reason_values import Kind, Reason
from talkcycle.planning.reason_words import sentence
from talkcycle.planning.remedies import LongerWindow, Remedy
from talkcycle.planning.remedy_search import (
    any_order,
    free_time,
    gives_way,
    longer_window,
    more_per_day,
    shorter_talk,
    wider_hours,
)
from talkcycle.planning.remedy_trials import Ground, Trial
from talkcycle.planning.room_reasons import room_reasons

HOURS = {Kind.HOURS, Kind.NEVER_TOGETHER, Kind.AWAY_IN_TURN}
"""Only where hours are the matter are others proposed: they concern everybody."""
FULL = {Kind.FULL_DAYS, Kind.FULL_OR_TAKEN}
NO_MATTER_OF_CALENDARS = {Kind.FREE, Kind.NEVER_TOGETHER, Kind.HOURS, Kind.NO_WORKING_DAY}


def explain(instance: Instance, plan: Plan) -> Mapping[str, str]:
    """A sentence for each talk without a time, by id; roles, no names."""
    return {reason.talk: sentence(reason) for reason in reasons(instance, plan)}


def explain_rooms(instance: Instance, plan: Plan) -> Mapping[str, str]:
    """A sentence for each talk that wants a room and has a time without one, by id; roles, no names."""
    return {reason.talk: sentence(reason) for reason in reasons_for_rooms(instance, plan)}


def reasons(instance: Instance, plan: Plan) -> Iterator[Reason]:
    """Why each talk without a time has none, in the plan's order; *plan* may be anybody's."""
    if plan.unplaced:
        ground = Ground(Bookings(Availability(instance), plan.assignments))
        for id_ in plan.unplaced:
            yield _reason(Trial(ground, ground.bookings.requests[id_]))


def reasons_for_rooms(instance: Instance, plan: Plan) -> Iterator[Reason]:
    """Why each talk that wants a room and has a time without one has none, in the plan's order."""
    wanting = {talk.id for talk in instance.talks if talk.wants_room}
    without = [each.talk for each in plan.assignments if each.room is None and each.talk in wanting]
    if without:
        yield from room_reasons(Ground(Bookings(Availability(instance), plan.assignments)), without)


def _reason(trial: Trial) -> Reason:
    instance, talk = trial.instance, trial.talk
    kind, facts, role = blocked(trial)
    remedies = tuple(_remedies(trial, kind))
    named = any(isinstance(remedy, LongerWindow) for remedy in remedies)
    zone = instance.people[talk.employee].zone
    return Reason(
        talk=talk.id,
        kind=kind,
        role=role,
        facts=facts,
        remedies=remedies,
        looked_until=trial.reach if not named and _later_may_help(trial, kind) else None,
        year=instance.last.year,
        zone=None if zone == instance.people[talk.manager].zone else zone,
    )


def _later_may_help(trial: Trial, kind: Kind) -> bool:
    """Whether calendars beyond the horizon matter: both are employed then, and the employee's team need not wait."""
    instance, talk = trial.instance, trial.talk
    if kind in NO_MATTER_OF_CALENDARS:
        return False
    if instance.cascade is Cascade.HARD and any(each.manager == talk.employee for each in instance.talks):
        return False
    leave = [instance.people[id_].last_day for id_ in (talk.employee, talk.manager)]
    return all(last is None or last > trial.reach for last in leave)


def _remedies(trial: Trial, kind: Kind) -> Iterator[Remedy]:
    """All that help, the one that asks least of everybody else first."""
    if kind is Kind.FREE:
        yield from free_time(trial, trial.open, room=False)
        return
    yield from longer_window(trial, trial.open)
    if kind is Kind.NOTICE:
        return
    yield from shorter_talk(trial, trial.open)
    if kind in FULL:
        yield from more_per_day(trial, trial.open)
    yield from any_order(trial, trial.open)
    if kind in HOURS:
        yield from wider_hours(trial, trial.open)
    yield from gives_way(trial, trial.open)
