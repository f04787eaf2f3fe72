"""The calendar of each manager: weeks as rows, days as columns, in the manager's own time."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from talkcycle.domain.plan_facts import ManagerFacts, PlanFacts
from talkcycle.domain.plan_talks import TalkFacts, monday_of
from talkcycle.rendering.pages.plain_words import day
from talkcycle.rendering.pages.plan_words import city, discomforts_of, elsewhere, hours_of, week_days, week_of, where

FEW = 30
"""So many managers stand open under each other; more are closed and sorted under letters."""
SHORT = 6
"""A plan of so many weeks shows a manager's empty ones too, so that one sees how the talks lie."""
WEEKDAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One talk. *column*: 1 (Monday) to 7; *elsewhere*: the time where the employee is, where that is another."""

    column: int
    when: str
    employee: str
    elsewhere: str
    where: str
    disliked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarWeek:
    name: str
    days: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """One manager's. *zone*: the city whose time it is in, where that is not the cycle's; *missing*: employee and why."""

    anchor: str
    name: str
    talks: int
    span: str
    zone: str
    columns: int
    weeks: tuple[CalendarWeek, ...]
    missing: tuple[tuple[str, str], ...]


def anchors(facts: PlanFacts) -> dict[str, str]:
    """Where on the page each manager is, by roster id: such an id may have what an address cannot carry."""
    return {each.id: f"m{number}" for number, each in enumerate(facts.managers, start=1)}


def calendars_of(facts: PlanFacts) -> list[Calendar]:
    """Of every manager, in the order of names."""
    mondays = [week.monday for week in facts.weeks] if len(facts.weeks) <= SHORT else []
    return [
        _calendar(facts, manager, anchor, mondays)
        for manager, anchor in zip(facts.managers, anchors(facts).values(), strict=True)
    ]


def by_letter(calendars: Sequence[Calendar]) -> list[tuple[str, list[Calendar]]]:
    """Under the first letter of the name, if they are many; else all under none."""
    if len(calendars) <= FEW:
        return [("", list(calendars))]
    return [(letter, list(group)) for letter, group in groupby(calendars, key=lambda each: each.name[:1].upper())]


def _calendar(facts: PlanFacts, manager: ManagerFacts, anchor: str, mondays: Iterable[date]) -> Calendar:
    person, days = facts.people[manager.id], sorted(manager.days)
    return Calendar(
        anchor=anchor,
        name=person.name,
        talks=len(manager.talks),
        span="" if not days else day(days[0]) if days[0] == days[-1] else f"{day(days[0])} to {day(days[-1])}",
        zone="" if person.zone == facts.draft.cycle.zone else city(person.zone),
        columns=max((each.isoweekday() for each in days if each.isoweekday() > WEEKDAYS), default=WEEKDAYS),
        weeks=tuple(_weeks(facts, manager.talks, mondays if days else ())),
        missing=tuple((facts.name(each.employee), each.reason) for each in manager.unplaced),
    )


def _weeks(facts: PlanFacts, talks: Iterable[TalkFacts], mondays: Iterable[date]) -> Iterator[CalendarWeek]:
    weeks: dict[date, list[Entry]] = defaultdict(list, {monday: [] for monday in mondays})
    for talk in talks:
        weeks[monday_of(talk.host_starts.date())].append(_entry(facts, talk))
    for monday in sorted(weeks):
        yield CalendarWeek(name=week_of(monday), days=week_days(monday), entries=tuple(weeks[monday]))


def _entry(facts: PlanFacts, talk: TalkFacts) -> Entry:
    return Entry(
        column=talk.host_starts.isoweekday(),
        when=hours_of(talk),
        employee=facts.name(talk.talk.employee),
        elsewhere=elsewhere(talk),
        where=where(talk.talk.place),
        disliked=discomforts_of(talk),
    )
