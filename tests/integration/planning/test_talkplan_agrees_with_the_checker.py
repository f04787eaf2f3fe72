"""talkplan/1: its independent checker finds nothing wrong with our plans, and reads what we write."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Absence, Person
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.build import instance_of
from talkcycle.planning.instance import Assignment, Instance, Plan, Request
from talkcycle.planning.talkplan import from_json, plan_from_json, plan_to_json, to_json
from talkplan_tools import checked, generated, solved


@pytest.mark.parametrize(
    ("words", "below_bound"),
    [
        ("--n 60 --seed 4 --preset loose --grid 5", 0),
        ("--n 60 --seed 1 --preset tight --grid 30", 0),
        ("--n 60 --seed 2 --preset normal --cascade hard", 4),
        ("--n 200 --seed 7 --preset normal --late 4", 1),
    ],
)
def test_plans_for_generated_companies_break_no_rule_and_are_near_the_bound(
    tmp_path: Path, words: str, below_bound: int
) -> None:
    """The bound counts talks that have a time at all when they are alone."""
    document = generated(words, tmp_path)

    plan = solved(from_json(document), attempts=3_000).plan

    figures, violations = checked(document, plan_to_json(plan), bound=True)
    assert violations == []
    assert figures["placed"] == len(plan.assignments)
    assert len(plan.assignments) + len(plan.unplaced) == len(document["talks"])
    assert figures["placeable"] - figures["placed"] <= below_bound


def test_the_checker_finds_a_rule_broken_on_purpose(tmp_path: Path) -> None:
    document = generated("--n 60 --seed 4 --preset loose", tmp_path)
    plan = plan_to_json(solved(from_json(document), attempts=100).plan)
    plan["assignments"][0]["start"] += 12 * 60

    assert checked(document, plan)[1] != []


def test_a_generated_instance_survives_reading_and_writing(tmp_path: Path) -> None:
    document = generated("--n 60 --seed 5 --cascade hard", tmp_path)
    document["talks"][0]["pin"] = {"start": 30 * 96 * 15, "room": document["rooms"][0]["id"]}

    written = to_json(from_json(document))

    assert written == {key: value for key, value in document.items() if key != "meta"}


def test_a_plan_survives_writing_and_reading() -> None:
    plan = Plan(assignments=(Assignment(talk="A", start=15, room="R"), Assignment(talk="B", start=90)), unplaced=())

    assert plan_from_json(json.loads(json.dumps(plan_to_json(plan)))) == plan.assignments


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="not talkplan/1: 'talkplan/2'"):
        from_json({"format": "talkplan/2"})


@pytest.fixture(scope="session")
def roster(person: Callable[..., Person], cycle: Callable[..., Cycle]) -> Instance:
    """60 people in four zones over Europe's and America's clock changes, with leave, leavers and a half-timer."""
    places = [
        ("Europe/Stockholm", "SE"),
        ("America/New_York", "US"),
        ("Europe/Stockholm", "SE"),
        ("Asia/Kolkata", "IN"),
        ("Pacific/Auckland", "NZ"),
    ]
    march = date(2027, 3, 8)
    people = {}
    for n in range(60):
        zone, country = places[n * n % 5 if n % 3 == 0 else 0]
        away = Absence(first=march + timedelta(days=n % 11), last=march + timedelta(days=n % 11 + n % 6))
        people[f"P{n}"] = person(
            f"P{n}",
            f"P{(n - 1) // 5}" if n else None,
            zone=zone,
            country=country,
            absences=(away,) if n % 4 == 0 else (),
            ends=date(2027, 3, 17) if n % 13 == 5 else None,
            hours=(((8 * 60, 12 * 60),),) * 3 + ((),) * 4 if n % 9 == 7 else (((8 * 60, 18 * 60),),) * 5 + ((),) * 2,
        )
    window = replace_window(cycle(), march, date(2027, 4, 2))
    easter = {country: frozenset({date(2027, 3, 26), date(2027, 3, 29)}) for country in ("SE", "NZ")}
    return instance_of(window, people, easter, today=date(2027, 2, 24))[0]


def replace_window(cycle: Cycle, first: date, last: date) -> Cycle:
    return replace(cycle, window=Window(first=first, last=last))


def test_a_plan_for_a_roster_breaks_no_rule_of_the_checker(roster: Instance) -> None:
    plan = solved(roster, attempts=3_000).plan

    figures, violations = checked(to_json(roster), plan_to_json(plan))

    assert violations == []
    assert figures["placed"] == len(plan.assignments)


def test_what_is_written_means_the_same_when_planned_again(roster: Instance) -> None:
    """Leave, employment and the hours for talks survive as busy times and hours."""
    document = to_json(roster)

    again = solved(from_json(document), attempts=3_000).plan

    assert checked(document, plan_to_json(again))[1] == []
    assert again == solved(roster, attempts=3_000).plan


def test_leave_and_the_hours_for_talks_are_written_as_busy_times_and_hours(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    away = Absence(first=date(2027, 3, 27), last=date(2027, 3, 28))
    people = {"E": person("E", "M", absences=(away,)), "M": person("M", None)}
    around = replace_window(cycle(), date(2027, 3, 26), date(2027, 3, 29))

    instance = instance_of(around, people, {}, today=date(2027, 3, 1))[0]
    employee, manager = to_json(instance)["people"]

    midnight = (date(2027, 3, 27) - instance.t0.date()).days * 1440 - 60
    assert employee["busy"] == {"o": [midnight, midnight + 47 * 60]}
    assert employee["hours"] == [[[540, 960]]] * 5 + [[]] * 2
    assert manager["hours"] == [[[540, 990]]] * 5 + [[]] * 2
    assert instance.talks == (Request(id="E", employee="E", manager="M", minutes=60, buffer=30),)
    assert instance.cascade is Cascade.OFF
