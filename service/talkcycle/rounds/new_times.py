"""Times for talks of a running round whose host or hours changed: where they are if that can be, else others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk, TalkState
from talkcycle.domain.working_hours import at_work
from talkcycle.planning.timeline import timeline_of
from talkcycle.rounds.rebooking import NoOtherTime, Rebooked, another_time
from talkcycle.rounds.vacancy import Clash, ClashKind, KnownTimes, Whose, known_times, taken

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A talk that wants a time: *talk* as it will be, with its host. *keep*: its own may stay, if the host is free."""

    talk: Talk
    keep: bool


Found = Rebooked | NoOtherTime


def new_times(
    round_: Round,
    wanted: Sequence[Wanted],
    people: Mapping[str, Person],
    talks: Iterable[Talk],
    calendars: "CalendarsNow | None",
    *,
    now: datetime,
) -> dict[str, Found]:
    """A time for each of *wanted*, by id, one after the other: no two get the same, and no other talk moves.

    Of a time that stays only the host is asked: the employee has it in their calendar already.

    Args:
        people: The round's, by id.
        talks: The round's.
        calendars: Who is asked; None: nobody can be, and the roster alone says who is at work.
    """
    standing = {talk.id: talk for talk in talks} | {each.talk.id: each.talk for each in wanted}
    kept = [each.talk for each in wanted if each.keep and _may_stay(each.talk, round_, people)]
    clashes: Mapping[str, Clash] = {}
    if kept and calendars is not None:
        clashes = taken(kept, round_, people, calendars, now=now, only={Whose.MANAGER})
    found: dict[str, Found] = {}
    for talk in kept:
        clash = clashes.get(talk.id)
        if clash is not None and clash.kind is ClashKind.UNTOLD:
            found[talk.id] = NoOtherTime(reason=clash.why, wait=True)
        elif clash is None and overlapping(talk, standing.values()) is None:
            assert talk.start is not None
            found[talk.id] = Rebooked(start=talk.start, place=talk.place)
    rest = [each.talk for each in wanted if each.talk.id not in found]
    known = KnownTimes()
    if rest and calendars is not None:
        known = known_times(rest, round_, people, calendars, (now, timeline_of(round_.cycle.window).ends))
    for talk in rest:
        found[talk.id] = another = another_time(round_, talk, people, standing.values(), known, now=now)
        if isinstance(another, Rebooked):
            placed = replace(talk, start=another.start, place=another.place, state=TalkState.PLACED)
            standing[talk.id] = placed
    return found


def overlapping(talk: Talk, others: Iterable[Talk]) -> Talk | None:
    """The first of *others* that one of the two has at the time of *talk*; the buffer is the host's."""
    for other in others:
        if other.id == talk.id or other.state is not TalkState.PLACED:
            continue
        for person in {talk.employee, talk.manager} & {other.employee, other.manager}:
            if _begins(talk) < _free(other, person) and _begins(other) < _free(talk, person):
                return other
    return None


def _may_stay(talk: Talk, round_: Round, people: Mapping[str, Person]) -> bool:
    host = people[talk.manager]
    holidays = round_.holidays.get(host.country, frozenset())
    return talk.start is not None and at_work(host, talk.start, talk.minutes + talk.buffer_minutes, holidays)


def _begins(talk: Talk) -> datetime:
    assert talk.start is not None, "a placed talk has a start"
    return talk.start


def _free(talk: Talk, person: str) -> datetime:
    """When *person* is free again after *talk*."""
    buffer = talk.buffer_minutes if talk.manager == person else 0
    return _begins(talk) + timedelta(minutes=talk.minutes + buffer)
