"""Another time, or another room, for one talk of a running round; every other talk stays where it is. Pure."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from talkcycle.domain.busy import Span
from talkcycle.domain.cycle import Cycle, Place, PlaceKind
from talkcycle.domain.localtime import day_of
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.talks import Round, Talk, TalkState
from talkcycle.rounds.plan import Inputs, last_invitation_day
from talkcycle.rounds.vacancy import KnownTimes

if TYPE_CHECKING:
    from talkcycle.planning.instance import Assignment, Instance


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebooked:
    """Where a talk could go. *start*: aware, UTC. *against*: what speaks against it all the same, in plain words."""

    start: datetime
    place: Place
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOtherTime:
    """Attributes:
    reason: A sentence or two for HR; names nobody but by role.
    wait: It cannot be told now, since a calendar cannot; ask again later.
    """

    reason: str
    wait: bool = False


def another_time(
    round_: Round,
    talk: Talk,
    people: Mapping[str, Person],
    others: Iterable[Talk],
    known: KnownTimes,
    *,
    now: datetime,
    room_alone: bool = False,
) -> Rebooked | NoOtherTime:
    """The best other time of *talk* that still keeps the notice if its invitation leaves from now on.

    Args:
        people: The round's, by id.
        others: The round's talks; the placed ones stand in the way where they are.
        known: Busy times from now to the end of the window, at least.
        room_alone: Only the room is in the way. Then another one at the same time comes first, next another time with a
            room, and last the same time at the site's usual place.
    """
    others = [each for each in others if each.id != talk.id and each.state is TalkState.PLACED]
    if room_alone and talk.start is not None:
        room = another_room(round_, talk, people, others, known)
        if room is not None:
            return Rebooked(start=talk.start, place=room)
    times = other_times(round_, talk, people, others, known, now=now, most=1, per_day=None)
    found = times if isinstance(times, NoOtherTime) else times[0]
    if room_alone and talk.start is not None and not (isinstance(found, Rebooked) and found.place.name):
        usual = round_.cycle.place_for(people[talk.employee].site)
        return Rebooked(start=talk.start, place=usual, against=("no room is free",))
    return found


def another_room(
    round_: Round,
    talk: Talk,
    people: Mapping[str, Person],
    others: Iterable[Talk],
    known: KnownTimes,
    *,
    without: AbstractSet[str] = frozenset(),
) -> Place | None:
    """The smallest room of the site that is free for *talk* and its buffer, at the time the talk has; not its own.

    None: there is none, and the talk takes place at ``round_.cycle.place_for`` of its site.

    Args:
        others: The round's talks, as for another time.
        known: Busy times of the rooms around the talk, at least.
        without: Names of rooms that have declined it before.
    """
    site = people[talk.employee].site
    if talk.start is None or site is None:
        return None
    span = _with_buffer(talk)
    held = {
        each.place.name
        for each in others
        if each.id != talk.id
        and each.state is TalkState.PLACED
        and each.place.kind is PlaceKind.NAMED
        and _site(each, people) == site
        and _meet(_with_buffer(each), span)
    }
    no_more = held | without | {talk.place.name}
    for room in sorted(round_.cycle.rooms.get(site, ()), key=lambda room: (room.seats, room.name)):
        busy = known.busy.rooms.get((site, room.name), {}).values()
        if (
            room.holds_talks
            and room.name not in no_more
            and not any(_meet(span, each) for those in busy for each in those)
        ):
            return Place(kind=PlaceKind.NAMED, name=room.name)
    return None


def other_times(
    round_: Round,
    talk: Talk,
    people: Mapping[str, Person],
    others: Iterable[Talk],
    known: KnownTimes,
    *,
    now: datetime,
    most: int = 5,
    per_day: int | None = 1,
) -> tuple[Rebooked, ...] | NoOtherTime:
    """The *most* best other times of *talk*, the best first, at least one; they keep the notice like ``another_time``.

    Args:
        per_day: How many of one day before other days are tried; None: the best ones, wherever.
    """
    from talkcycle.planning.alternatives import alternatives  # noqa: PLC0415  # most ticks move nothing
    from talkcycle.planning.instance import Assignment, Plan  # noqa: PLC0415
    from talkcycle.planning.reasons import explain  # noqa: PLC0415

    around = surroundings(round_, talk, people, others, known, now=now)
    if isinstance(around, NoOtherTime):
        return around
    instance, stay = around
    has = () if talk.start is None else (Assignment(talk=talk.employee, start=_minute(talk.start, instance.t0)),)
    plan = Plan(assignments=(*stay, *has), unplaced=())
    best = alternatives(instance, plan, talk.employee, most=most, per_day=per_day)
    if not best:
        return NoOtherTime(reason=explain(instance, Plan(assignments=stay, unplaced=(talk.employee,)))[talk.employee])
    site = people[talk.employee].site
    return tuple(
        Rebooked(
            start=instance.t0 + timedelta(minutes=each.start),
            place=place_in(each.room, round_.cycle, site),
            against=each.against,
        )
        for each in best
    )


def place_in(room: str | None, cycle: Cycle, site: str | None) -> Place:
    """Where a talk at *site* is that has the planner's *room*, or none."""
    return Place(kind=PlaceKind.NAMED, name=room.removeprefix(f"{site}/")) if room else cycle.place_for(site)


def surroundings(
    round_: Round, talk: Talk, people: Mapping[str, Person], others: Iterable[Talk], known: KnownTimes, *, now: datetime
) -> "tuple[Instance, tuple[Assignment, ...]] | NoOtherTime":
    """*talk* as the planner sees it, with the talks that stand around it and stay; or why it cannot move."""
    from talkcycle.planning.build import instance_of  # noqa: PLC0415
    from talkcycle.planning.instance import Assignment  # noqa: PLC0415

    stays = _cannot_move(talk, round_.cycle, known)
    if stays is not None:
        return stays
    others = [each for each in others if each.id != talk.id and each.state is TalkState.PLACED]
    near = _near(talk, others, people)
    pair = {talk.employee: replace(people[talk.employee], manager=talk.manager), talk.manager: people[talk.manager]}
    those = {id_: people[id_] for each in near for id_ in (each.employee, each.manager) if id_ in people} | pair
    instance, left_out = instance_of(
        round_.cycle, those, round_.holidays, today=_invited_by(round_, pair.values(), now), taken=near, busy=known.busy
    )
    if talk.employee in left_out:
        return NoOtherTime(reason=f"There is no talk to plan any more: {left_out[talk.employee]}.")
    requests = {each.id: each for each in instance.talks if each.pin or each.id == talk.employee}
    requests[talk.employee] = replace(requests[talk.employee], minutes=talk.minutes, buffer=talk.buffer_minutes)
    instance = replace(instance, talks=tuple(requests.values()))
    stay = tuple(
        Assignment(talk=each.id, start=each.pin.start, room=each.pin.room) for each in requests.values() if each.pin
    )
    return instance, stay


def _cannot_move(talk: Talk, cycle: Cycle, known: KnownTimes) -> NoOtherTime | None:
    if any(pin.employee == talk.employee for pin in cycle.wishes.pinned):
        decided = "HR decided the time of this talk (wishes: pin)."
        return NoOtherTime(reason=f"{decided} Settle it with both, or give it another time: talkcycle talk move.")
    for id_, role in ((talk.employee, "employee"), (talk.manager, "manager")):
        if id_ in known.untold:
            why = known.untold[id_]
            said = f"When the {role} is busy cannot be told. {why.problem} {why.mend}"
            return NoOtherTime(reason=said, wait=True)
    return None


def _near(talk: Talk, others: Iterable[Talk], people: Mapping[str, Person]) -> list[Talk]:
    """The talks that can bear on *talk*: of its two people, and in rooms of its site. A round has thousands of others."""
    pair, site = {talk.employee, talk.manager}, _site(talk, people)
    return [
        each
        for each in others
        if pair & {each.employee, each.manager}
        or (site is not None and each.place.kind is PlaceKind.NAMED and _site(each, people) == site)
    ]


def _invited_by(round_: Round, pair: Iterable[Person], now: datetime) -> date:
    """The day from which the notice is counted: an invitation in the queue today may leave on the next working day."""
    cycle = round_.cycle
    two = Roster(version=round_.roster, people=tuple(pair))
    inputs = Inputs(cycle=cycle, roster=two, holidays=round_.holidays, files={})
    return last_invitation_day(inputs, day_of(now, cycle.zone))


def _site(talk: Talk, people: Mapping[str, Person]) -> str | None:
    return people[talk.employee].site if talk.employee in people else None


def _with_buffer(talk: Talk) -> Span:
    assert talk.start is not None, "a placed talk has a start"
    return talk.start, talk.start + timedelta(minutes=talk.minutes + talk.buffer_minutes)


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _minute(instant: datetime, t0: datetime) -> int:
    return int((instant - t0).total_seconds() // 60)
