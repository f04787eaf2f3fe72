"""Whether a talk's time is still free when its invitation is about to leave, and when its people are busy from now on."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import Blocks, BusyKind, BusyTimes, Owner, Span
from talkcycle.domain.cycle import Cycle, PlaceKind
from talkcycle.domain.mailboxes import Untold
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk
from talkcycle.domain.wishes import SiteRoom
from talkcycle.rounds.calendars_now import CalendarsNow, hull
from talkcycle.rounds.mailbox_times import Busy


class Whose(StrEnum):
    """Whose calendar it is, of a talk's three."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    ROOM = "room"


class ClashKind(StrEnum):
    """``untold``: some calendar cannot be told, and none that can is in the way. Nobody is free because of that."""

    BUSY = "busy"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Why the invitation of a talk should not leave as it is.

    Attributes:
        whose: Who is busy; of ``untold``, whose calendar cannot be told.
        why: A sentence for HR; names nobody but by role.
        decided: HR put the talk at this time (``wishes: pin``): it stays there, and HR settles it with them.
    """

    kind: ClashKind
    whose: tuple[Whose, ...]
    why: str
    decided: bool = False

    @property
    def room_alone(self) -> bool:
        return self.whose == (Whose.ROOM,)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTimes:
    """When people and rooms are busy. Nobody takes a room that cannot be told: it is busy all the time.

    Attributes:
        untold: Roster ids of people whose times cannot be told, and why.
    """

    busy: BusyTimes = field(default_factory=BusyTimes)
    untold: Mapping[str, Untold] = field(default_factory=dict)


class Need(NamedTuple):
    """A talk needs somebody, or a room, for a time."""

    whose: Whose
    owner: Owner
    span: Span


def taken(
    talks: Iterable[Talk],
    round_: Round,
    people: Mapping[str, Person],
    calendars: CalendarsNow,
    *,
    now: datetime,
    only: AbstractSet[Whose] = frozenset(Whose),
) -> dict[str, Clash]:
    """Which of *talks*, by id, have a time that is not free any more. All are asked for together.

    Calendars count as they did for the plan: what blocks people is up to the cycle, and everything blocks a room. Whoever
    has no calendar that can be asked is taken to be free, as in the plan.

    Args:
        talks: None of them is in the calendars asked yet: their own entries would stand in their way.
        people: The round's, by id; those of the talks at least.
        only: Whose calendars are asked.
    """
    coming = [talk for talk in talks if talk.start and talk.start > now]
    needs = {talk.id: tuple(need for need in _needs(talk, round_.cycle, people) if need.whose in only) for talk in coming}
    spans: dict[Owner, Span] = {}
    for need in (need for each in needs.values() for need in each):
        spans[need.owner] = hull((need.span, spans.get(need.owner, need.span)))
    if not spans:
        return {}
    told = calendars.told(round_.cycle, *_owners(spans, round_.cycle, people), spans)
    by_id = {talk.id: talk for talk in talks}
    clashes = ((id_, _clash(each, told, round_.cycle)) for id_, each in needs.items())
    return {
        id_: replace(clash, decided=_decided(by_id[id_], round_.cycle)) for id_, clash in clashes if clash is not None
    }


def known_times(
    talks: Iterable[Talk], round_: Round, people: Mapping[str, Person], calendars: CalendarsNow, window: Span
) -> KnownTimes:
    """When the two of each of *talks*, and the rooms of the employees' sites, are busy within *window*."""
    owners: dict[Owner, Span] = {}
    for talk in talks:
        owners |= dict.fromkeys((talk.employee, talk.manager), window)
        site = people[talk.employee].site
        rooms = round_.cycle.rooms.get(site, ()) if site else ()
        owners |= {(site, room.name): window for room in rooms if site and room.holds_talks}
    told = calendars.told(round_.cycle, *_owners(owners, round_.cycle, people), owners) if owners else {}
    whole: Busy = {BusyKind.BUSY: (window,)}
    return KnownTimes(
        busy=BusyTimes(
            people={id_: busy for id_, busy in told.items() if isinstance(id_, str) and not isinstance(busy, Untold)},
            rooms={
                room: whole if isinstance(busy, Untold) else busy
                for room, busy in told.items()
                if not isinstance(room, str)
            },
        ),
        untold={id_: why for id_, why in told.items() if isinstance(id_, str) and isinstance(why, Untold)},
    )


def room_of(talk: Talk, cycle: Cycle, people: Mapping[str, Person]) -> SiteRoom | None:
    """The room of the cycle in which *talk* is."""
    site = people[talk.employee].site
    rooms = cycle.rooms.get(site, ()) if site and talk.place.kind is PlaceKind.NAMED else ()
    return next((room for room in rooms if room.name == talk.place.name), None)


def _needs(talk: Talk, cycle: Cycle, people: Mapping[str, Person]) -> Iterator[Need]:
    """The buffer follows the talk and binds the manager and the room."""
    assert talk.start is not None
    ends = talk.start + timedelta(minutes=talk.minutes)
    with_buffer = (talk.start, ends + timedelta(minutes=talk.buffer_minutes))
    yield Need(Whose.EMPLOYEE, talk.employee, (talk.start, ends))
    yield Need(Whose.MANAGER, talk.manager, with_buffer)
    site, room = people[talk.employee].site, room_of(talk, cycle, people)
    if site and room:
        yield Need(Whose.ROOM, (site, room.name), with_buffer)


def _owners(
    owners: Iterable[Owner], cycle: Cycle, people: Mapping[str, Person]
) -> tuple[list[Person], dict[str, list[SiteRoom]]]:
    owners = set(owners)
    rooms = {site: [each for each in those if (site, each.name) in owners] for site, those in cycle.rooms.items()}
    return [people[owner] for owner in sorted(each for each in owners if isinstance(each, str))], rooms


def _clash(needs: Iterable[Need], told: Mapping[Owner, Busy | Untold], cycle: Cycle) -> Clash | None:
    rules = {**cycle.planning.blocks, BusyKind.OUTSIDE: cycle.planning.outside_hours}
    hard = frozenset(kind for kind, does in rules.items() if does is Blocks.HARD)
    busy: list[Whose] = []
    untold: dict[Whose, Untold] = {}
    for need in needs:
        times = told.get(need.owner, {})
        if isinstance(times, Untold):
            untold[need.whose] = times
        elif _meets(need.span, times, frozenset(BusyKind) if need.whose is Whose.ROOM else hard):
            busy.append(need.whose)
    if busy:
        are = "is" if len(busy) == 1 else "are"
        return Clash(kind=ClashKind.BUSY, whose=tuple(busy), why=f"{_listed(busy).capitalize()} {are} busy then.")
    if untold:
        why = next(iter(untold.values()))
        said = f"Whether {_listed(list(untold))} can make it cannot be told. {why.problem} {why.mend}"
        return Clash(kind=ClashKind.UNTOLD, whose=tuple(untold), why=said)
    return None


def _meets(span: Span, busy: Busy, kinds: frozenset[BusyKind]) -> bool:
    return any(
        begins < span[1] and span[0] < ends for kind, spans in busy.items() if kind in kinds for begins, ends in spans
    )


def _listed(whose: list[Whose]) -> str:
    named = [f"the {each}" for each in whose]
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]


def _decided(talk: Talk, cycle: Cycle) -> bool:
    """Whether *talk* is when HR pinned it."""
    local = talk.start.astimezone(ZoneInfo(talk.zone)).replace(tzinfo=None) if talk.start else None
    return any(pin.employee == talk.employee and pin.at == local for pin in cycle.wishes.pinned)
