"""What the first cycles leave empty: busy times, rooms, pinned talks, limits of a person, the order down the tree."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.instance import Assignment, Attendee, Instance, Pin, Request, Room, Site
from talkcycle.planning.solve import solve

MONDAY = date(2027, 3, 1)
DAY = 1440
NINE, TEN, ELEVEN, NOON = (hour * 60 for hour in (9, 10, 11, 12))


def attendee(id_: str, manager: str | None, **other: Any) -> Attendee:
    week = (((NINE, NOON),),) * 7
    facts = {"hours": week, **other}
    return Attendee(id=id_, manager=manager, site="S", zone="UTC", calendar="none", **facts)


def talk(employee: str, manager: str, **other: Any) -> Request:
    facts = {"minutes": 60, "buffer": 0, **other}
    return Request(id=employee, employee=employee, manager=manager, site="S", **facts)


def instance(*talks: Request, days: int = 1, **other: Any) -> Instance:
    """One or more mornings from nine to twelve, UTC; minute 0 is Monday's midnight."""
    ids = dict.fromkeys(id_ for each in talks for id_ in (each.manager, each.employee))
    managers = {each.employee: each.manager for each in talks}
    facts = {"people": {id_: attendee(id_, managers.get(id_)) for id_ in ids}, "most_per_day": 5, "grid": 30, **other}
    return Instance(
        t0=datetime(2027, 3, 1, tzinfo=UTC),
        horizon=days * DAY,
        today=date(2027, 2, 1),
        first=MONDAY,
        last=date(2027, 3, days),
        lead_days=14,
        days=frozenset(range(7)),
        hours=(0, DAY),
        talks=talks,
        calendars={},
        sites={"S": Site(id="S", zone="UTC", calendar="none")},
        **facts,
    )


def starts(of: Instance) -> dict[str, int]:
    return {each.talk: each.start for each in solve(of).assignments}


def with_facts(of: Instance, id_: str, **facts: Any) -> Instance:
    return replace(of, people={**of.people, id_: replace(of.people[id_], **facts)})


def test_the_buffer_keeps_clear_of_the_managers_calendar_but_not_of_the_employees() -> None:
    pair = instance(talk("E", "M", buffer=30))
    at_ten = {BusyKind.BUSY: ((TEN, TEN + 30),)}

    assert starts(with_facts(pair, "E", busy=at_ten)) == {"E": NINE}
    assert starts(with_facts(pair, "M", busy=at_ten)) == {"E": TEN + 30}


def test_tentative_times_are_avoided_and_times_elsewhere_are_free() -> None:
    pair = instance(talk("E", "M"))

    def start_with(kind: BusyKind, until: int, **other: Any) -> dict[str, int]:
        return starts(replace(with_facts(pair, "M", busy={kind: ((NINE, until),)}), **other))

    assert start_with(BusyKind.TENTATIVE, TEN) == {"E": TEN}
    assert start_with(BusyKind.TENTATIVE, NOON) == {"E": NINE}
    assert start_with(BusyKind.ELSEWHERE, NOON) == {"E": NINE}
    assert start_with(BusyKind.AWAY, NOON) == {}
    hard = dict.fromkeys(BusyKind, Blocks.HARD)
    assert start_with(BusyKind.TENTATIVE, NOON, status_policy=hard) == {}


def test_a_managers_preferred_hours_and_own_limit_are_kept() -> None:
    team = instance(talk("A", "M"), talk("B", "M"))

    assert set(starts(with_facts(team, "M", preferred=((TEN, NOON),))).values()) == {TEN, ELEVEN}
    assert len(starts(with_facts(team, "M", most_per_day=1))) == 1
    assert len(starts(replace(with_facts(team, "M", most_per_day=2), most_per_day=1))) == 2


def test_a_pinned_talk_stays_and_the_others_go_round_it() -> None:
    team = instance(talk("A", "M", pin=Pin(start=TEN)), talk("B", "M"), talk("C", "M"), talk("D", "M"))

    plan = solve(team)

    assert plan.assignments[0] == Assignment(talk="A", start=TEN)
    assert {each.start for each in plan.assignments[1:]} == {NINE, ELEVEN}
    assert len(plan.unplaced) == 1


def test_a_talk_may_have_its_own_notice() -> None:
    """Today is 1 February, so 29 days on is the second day."""
    assert starts(instance(talk("A", "M", lead_days=29), days=2)) == {"A": DAY + NINE}


@pytest.mark.parametrize(("cascade", "in_order"), [(Cascade.HARD, True), (Cascade.SOFT, True), (Cascade.OFF, False)])
def test_a_cascade_talks_to_the_manager_before_the_managers_team(cascade: Cascade, *, in_order: bool) -> None:
    company = instance(talk("E", "M"), talk("M", "T"), cascade=cascade)
    late_top = with_facts(company, "T", busy={BusyKind.BUSY: ((NINE, TEN),)})

    found = starts(late_top)

    assert (found["E"] >= found["M"] + 60) is in_order


def rooms(**busy: tuple[int, int]) -> Mapping[str, Room]:
    return {
        id_: Room(id=id_, site="S", capacity=2, neutral=True, busy={BusyKind.TENTATIVE: (interval,)})
        for id_, interval in busy.items()
    }


def test_a_talk_goes_where_a_room_is_free_for_it_and_its_buffer() -> None:
    pair = instance(talk("E", "M", wants_room=True, buffer=30), rooms=rooms(R=(TEN, TEN + 30)))

    assert solve(pair).assignments == (Assignment(talk="E", start=TEN + 30, room="R"),)


def test_a_room_holds_one_talk_at_a_time_and_a_talk_without_a_room_still_takes_place() -> None:
    """Three managers, three hours, one room that is closed in the last of them."""
    talks = [talk(f"E{n}", f"M{n}", wants_room=True) for n in range(3)]

    found = solve(instance(*talks, rooms=rooms(R=(ELEVEN, NOON)))).assignments

    assert sorted((each.room, each.start) for each in found if each.room) == [("R", NINE), ("R", TEN)]
    assert [each.room for each in found].count(None) == 1


def test_a_booth_an_office_and_another_sites_room_hold_no_talk() -> None:
    unfit = {
        "booth": Room(id="booth", site="S", capacity=1, neutral=True),
        "office": Room(id="office", site="S", capacity=4, neutral=False),
        "elsewhere": Room(id="elsewhere", site="T", capacity=4, neutral=True),
    }

    assert solve(instance(talk("E", "M", wants_room=True), rooms=unfit)).assignments == (
        Assignment(talk="E", start=NINE, room=None),
    )


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param({"A": (NINE, ELEVEN), "B": (TEN, NOON), "C": (TEN, NOON)}, id="one other moves"),
        pytest.param(
            {"A": (NINE, ELEVEN), "B": (TEN, NOON), "C": (ELEVEN, NOON + 60), "D": (ELEVEN, NOON + 60)},
            id="and a second for the first",
        ),
    ],
)
def test_a_talk_that_found_no_time_gets_one_and_a_room_because_others_move(hours: Mapping[str, tuple[int, int]]) -> None:
    """A would rather not talk at nine, so that the last in line finds every hour taken."""
    company = instance(*(talk(id_, "M", wants_room=True) for id_ in hours), grid=60, rooms=rooms(R=(0, 30)))
    company = with_facts(company, "M", hours=(((NINE, NOON + 60),),) * 7)
    for id_, each in hours.items():
        company = with_facts(company, id_, hours=((each,),) * 7)
    company = with_facts(company, "A", busy={BusyKind.TENTATIVE: ((NINE, TEN),)})

    plan = solve(company)

    assert [(each.talk, each.room) for each in plan.assignments] == [(id_, "R") for id_ in hours]
    assert plan.assignments[0].start == NINE


def test_talk_and_buffer_end_within_the_horizon() -> None:
    pair = with_facts(instance(talk("E", "M", buffer=30)), "M", busy={BusyKind.BUSY: ((NINE, NINE + 30),)})

    assert starts(replace(pair, horizon=ELEVEN)) == {"E": NINE + 30}
    assert starts(replace(pair, horizon=ELEVEN - 1)) == {}
