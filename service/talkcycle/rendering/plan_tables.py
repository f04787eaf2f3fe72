"""A plan as tables for spreadsheets: plain values, so that numbers, dates and times stay what they are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from talkcycle.domain.localtime import iso_week
from talkcycle.domain.plan import PlannedTalk
from talkcycle.domain.plan_difference import Standing
from talkcycle.domain.plan_facts import ManagerFacts, PlanFacts
from talkcycle.domain.plan_talks import Discomfort, TalkFacts
from talkcycle.rendering.dates import local
from talkcycle.rendering.pages.plan_words import CHANGED, where

Cell = str | int | float | date | time | None
"""None is an empty cell. A ``datetime`` never stands in one: the zone has its own column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """*columns*: name to width in characters. Every row has a cell for each."""

    name: str
    columns: dict[str, int]
    rows: tuple[tuple[Cell, ...], ...]


PEOPLE: Final = {"Employee id": 13, "Employee": 26, "Manager id": 13, "Manager": 26}
TALKS: Final = PEOPLE | {
    "Site": 16,
    "Date": 12,
    "Start": 8,
    "End": 8,
    "Time zone": 20,
    "Manager's date": 15,
    "Manager's start": 15,
    "Manager's time zone": 20,
    "Week": 10,
    "Minutes": 9,
    "Place": 26,
    "Days of notice": 14,
    "Over lunch": 11,
    "Late on Friday": 14,
    "Outside preferred hours": 22,
    "Why there is no room": 60,
}
MISSING: Final = PEOPLE | {"Site": 16, "Why": 90}
ROOMS: Final = {
    "Site": 16,
    "Room": 26,
    "Seats": 8,
    "Date": 12,
    "Talks": 8,
    "Minutes taken": 14,
    "Minutes offered": 15,
    "Share": 8,
}
WEEKS: Final = {"Week": 10, "Monday": 12, "Site": 20, "Talks": 8}
MANAGERS: Final = {
    "Manager id": 13,
    "Manager": 26,
    "Talks": 8,
    "Without a time": 14,
    "Most in a day": 13,
    "Most in a week": 14,
    "Least notice": 12,
    "Over lunch": 11,
    "Late on Friday": 14,
    "Outside preferred hours": 22,
}
_STOOD: Final = ("manager", "date", "start", "time zone", "minutes", "place")
CHANGES: Final = (
    {"What": 28, "Employee id": 13, "Employee": 26}
    | {f"Before: {name}": 18 for name in _STOOD}
    | {f"Now: {name}": 18 for name in _STOOD}
)


def tables_of(facts: PlanFacts) -> tuple[Table, ...]:
    """Talks, Without a time, Rooms, Weeks, Managers and Changes, in that order."""
    return (
        Table(name="Talks", columns=TALKS, rows=talk_rows(facts)),
        Table(name="Without a time", columns=MISSING, rows=tuple(_missing(facts))),
        Table(name="Rooms", columns=ROOMS, rows=tuple(_rooms(facts))),
        Table(name="Weeks", columns=WEEKS, rows=tuple(_weeks(facts))),
        Table(name="Managers", columns=MANAGERS, rows=tuple(_manager(facts, each) for each in facts.managers)),
        Table(name="Changes", columns=CHANGES, rows=tuple(_changes(facts))),
    )


def talk_rows(facts: PlanFacts) -> tuple[tuple[Cell, ...], ...]:
    """Every talk with a time, in the columns ``TALKS``. Date, start and end are the employee's."""
    roomless = {each.talk.talk.employee: each.reason for each in facts.roomless}
    return tuple((*_talk(facts, each), roomless.get(each.talk.employee)) for each in facts.talks)


def _talk(facts: PlanFacts, each: TalkFacts) -> tuple[Cell, ...]:
    talk, host = each.talk, facts.people[each.talk.manager]
    return (
        *_pair(facts, talk.employee, talk.manager),
        each.starts.date(),
        _clock(each.starts),
        _clock(each.ends),
        talk.zone,
        each.host_starts.date(),
        _clock(each.host_starts),
        host.zone,
        iso_week(each.starts.date()),
        talk.minutes,
        where(talk.place),
        each.notice,
        *("yes" if kind in each.discomforts else None for kind in Discomfort),
    )


def _missing(facts: PlanFacts) -> Iterator[tuple[Cell, ...]]:
    for each in facts.draft.unplaced:
        yield (*_pair(facts, each.employee, each.manager), each.reason)


def _rooms(facts: PlanFacts) -> Iterator[tuple[Cell, ...]]:
    for room in facts.rooms:
        for day in facts.days:
            booked = room.booked.get(day, 0)
            share = booked / room.offered if room.offered else None
            yield room.site, room.name, room.seats, day, room.talks.get(day, 0), booked, room.offered, share


def _weeks(facts: PlanFacts) -> Iterator[tuple[Cell, ...]]:
    for week in facts.weeks:
        yield iso_week(week.monday), week.monday, "all", week.talks
        for site, talks in week.sites.items():
            yield iso_week(week.monday), week.monday, site or "no site", talks


def _manager(facts: PlanFacts, each: ManagerFacts) -> tuple[Cell, ...]:
    disliked = each.discomforts
    return (
        each.id,
        facts.name(each.id),
        len(each.talks),
        len(each.unplaced),
        max(each.days.values(), default=0),
        max(each.weeks.values(), default=0),
        each.least_notice,
        *(disliked.get(kind, 0) for kind in Discomfort),
    )


def _changes(facts: PlanFacts) -> Iterator[tuple[Cell, ...]]:
    for change in facts.difference.changes if facts.difference else ():
        name = facts.name(change.employee)
        yield CHANGED[change.kind], change.employee, name, *_stood(facts, change.before), *_stood(facts, change.now)


def _stood(facts: PlanFacts, each: Standing | None) -> tuple[Cell, ...]:
    if each is None:
        return (None,) * len(_STOOD)
    if not isinstance(each, PlannedTalk):
        return (facts.name(each.manager), *(None,) * (len(_STOOD) - 1))
    starts = local(each.start, each.zone)
    return facts.name(each.manager), starts.date(), _clock(starts), each.zone, each.minutes, where(each.place)


def _pair(facts: PlanFacts, employee: str, manager: str) -> tuple[Cell, ...]:
    return employee, facts.name(employee), manager, facts.name(manager), facts.people[employee].site


def _clock(local_time: datetime) -> time:
    return local_time.time()
