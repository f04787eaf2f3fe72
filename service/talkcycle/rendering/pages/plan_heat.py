"""The rooms as a heat map: a row each, a column a day, or a week where the days would be too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.domain.plan_rooms import RoomFacts
from talkcycle.domain.plan_talks import monday_of
from talkcycle.rendering.pages.plan_words import week_days, week_of

MOST_DAYS = 30
LEVELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """*top*: of several columns under one heading, given with the first only; *wide*: how many those are."""

    top: str
    wide: int
    name: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """*level*: 0 (nothing) to 4 (full); *share*: percent of the hours for talks."""

    level: int
    share: int
    talks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """One room; *share* is of the whole window."""

    name: str
    seats: int | None
    cells: tuple[Cell, ...]
    talks: int
    share: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSite:
    name: str
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    columns: tuple[Column, ...]
    sites: tuple[HeatSite, ...]


def heat_of(facts: PlanFacts) -> Heat | None:
    """None when there is no room."""
    if not facts.rooms:
        return None
    columns = _columns(facts.days)
    sites: dict[str, list[HeatRow]] = {}
    for room in facts.rooms:
        sites.setdefault(room.site, []).append(_row(room, columns))
    return Heat(
        columns=tuple(columns),
        sites=tuple(HeatSite(name=name, rows=tuple(rows)) for name, rows in sites.items()),
    )


def _columns(days: Sequence[date]) -> list[Column]:
    weeks: dict[date, list[date]] = {}
    for each in days:
        weeks.setdefault(monday_of(each), []).append(each)
    if len(days) > MOST_DAYS:
        return [
            Column(top="", wide=1, name=f"{week_of(monday)}, {week_days(monday)}", days=tuple(of_week))
            for monday, of_week in weeks.items()
        ]
    return [
        Column(
            top=week_of(monday) if number == 0 else "",
            wide=len(of_week),
            name=f"{each:%a} {each.day}",
            days=(each,),
        )
        for monday, of_week in weeks.items()
        for number, each in enumerate(of_week)
    ]


def _row(room: RoomFacts, columns: Sequence[Column]) -> HeatRow:
    cells = tuple(_cell(room, column.days) for column in columns)
    whole = _cell(room, [each for column in columns for each in column.days])
    return HeatRow(name=room.name, seats=room.seats, cells=cells, talks=whole.talks, share=whole.share)


def _cell(room: RoomFacts, days: Sequence[date]) -> Cell:
    booked, offered = _total(room.booked, days), room.offered * len(days)
    share = round(100 * booked / offered) if offered else 0
    level = 0 if not booked else min(LEVELS, 1 + share * LEVELS // 101)
    return Cell(level=level, share=share, talks=_total(room.talks, days))


def _total(by_day: Mapping[date, int], days: Sequence[date]) -> int:
    return sum(by_day.get(each, 0) for each in days)
