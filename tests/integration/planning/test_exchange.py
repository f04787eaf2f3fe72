"""The smallest exchange that places a talk: no smaller one exists, none as small is cheaper, and none is done unasked."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.exchange import DEPTH as DEPTH_UNLESS_TOLD
from talkcycle.planning.exchange import MOST_SETS, MOST_TRIES, Exchange, smallest_exchange
from talkcycle.planning.full_days import least_moves
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Assignment, Instance, Pin, Plan, Request
from talkcycle.planning.replan import accept
from talkcycle.planning.score import score
from talkcycle.planning.talkplan import from_json, plan_to_json, to_json
from talkplan_judge import ZONES, Choice, Document, Judge, documents
from talkplan_tools import MONDAY, NINE, checked, crowded
from unit.planning.test_bookings import assigned

DEPTH = 2


@st.composite
def plans_in_the_way(draw: st.DrawFn) -> tuple[Document, list[Choice], str]:
    """A tiny company with a plan in which everybody stands in the way of one talk, if they can."""
    document = draw(documents())
    if draw(st.integers(0, 3)):
        draw(closer_together(document))
    judge, turn = Judge(document), draw(st.integers(0, 50))
    placed, left_out = min(
        ((in_the_way(judge, each, turn), each) for each in document["talks"] if "pin" not in each),
        key=lambda case: chances(judge, *case),
    )
    busy = judge.people[left_out["employee"]]["busy"]
    for start in sorted({each.start for each in fitting(judge, judge.choices(left_out), placed)}):
        busy["b"] = [*busy.get("b", ()), start, start + 1]  # nobody's talk is there, so none is in its way
    return document, placed, left_out["id"]


@st.composite
def closer_together(draw: st.DrawFn, document: Document) -> None:
    """Two managers, one zone and few hours a day, so that people are in each other's way."""
    document["cycle"]["max_per_day"] = draw(st.integers(2, 3))
    for person in document["people"]:
        opens = 12 * 60 + draw(st.sampled_from((0, 0, 30, 60)))
        hours = [[opens, 12 * 60 + draw(st.sampled_from((120, 150, 180)))]]
        person |= {"tz": ZONES[0], "cal": "N", "hours": [hours] * 5 + [[], []]}
    for number, talk in enumerate(document["talks"]):
        talk |= {"manager": f"P{draw(st.sampled_from((0, 0, 1))) if number else 0}", "dur": 60}


def in_the_way(judge: Judge, left_out: Document, turn: int) -> list[Choice]:
    """Every other talk where it leaves the fewest places to one; among equals another for each *turn*."""
    places = judge.choices(left_out)
    placed: list[Choice] = []
    for talk in sorted(judge.talks.values(), key=lambda each: "pin" not in each):
        possible = [each for each in judge.choices(talk) if judge.fits(each, placed)] if talk != left_out else []
        if possible:
            first = turn % len(possible)
            placed.append(
                min(possible[first:] + possible[:first], key=lambda each: len(fitting(judge, places, [*placed, each])))
            )
    return placed


def chances(judge: Judge, placed: list[Choice], left_out: Document) -> tuple[bool, int]:
    """Least where all of a talk's places, and it has some, are taken."""
    places = judge.choices(left_out)
    return not places, len(fitting(judge, places, placed))


def fitting(judge: Judge, places: list[Choice], placed: list[Choice]) -> list[Choice]:
    return [each for each in places if judge.fits(each, placed)]


def least_exchange(judge: Judge, placed: list[Choice], talk: str) -> tuple[int, int] | None:
    """How many others must move, and what the plan then costs more at least; every way of it is tried."""
    for moves in range(DEPTH + 1):
        costs = [
            cost
            for others in combinations([each for each in placed if "pin" not in judge.talks[each.talk]], moves)
            for cost in ways(judge, [each for each in placed if each not in others], [talk], list(others))
        ]
        if costs:
            return moves, min(costs) - judge.cost(placed) + judge.weights["unplaced"]
    return None


def ways(judge: Judge, placed: list[Choice], left: list[str], others: list[Choice]) -> list[int]:
    """The cost of every plan with what is *placed*, a place for each of *left* and another start for each of *others*."""
    if not left and not others:
        return [judge.cost(placed)]
    talk, had = (left[0], None) if left else (others[0].talk, others[0].start)
    return [
        cost
        for choice in judge.choices(judge.talks[talk])
        if choice.start != had and judge.fits(choice, placed)
        for cost in ways(judge, [*placed, choice], left[1:], others if left else others[1:])
    ]


@settings(max_examples=30)
@given(case=plans_in_the_way())
def test_no_exchange_is_smaller_and_none_as_small_is_cheaper(case: tuple[Document, list[Choice], str]) -> None:
    document, placed, talk = case
    judge, instance = Judge(document), from_json(document)
    unplaced = [each.id for each in instance.talks if each.id not in {choice.talk for choice in placed}]
    plan = Plan(assignments=tuple(assigned(placed)), unplaced=tuple(unplaced))

    found = smallest_exchange(instance, plan, talk, depth=DEPTH)

    event(f"moves: {found and len(found.moves)}")
    assert (found and (len(found.moves), found.cost)) == least_exchange(judge, placed, talk)
    if found:
        after = accept(instance, plan, found)
        price = judge.weights["unplaced"]
        assert score(instance, after).cost == score(instance, plan).cost - price + found.cost
        assert only_those_moved(plan, after, found)


def only_those_moved(plan: Plan, after: Plan, found: Exchange) -> bool:
    before = {each.talk: each for each in plan.assignments}
    now = {each.talk: each for each in after.assignments}
    moves = {move.to.talk: move for move in found.moves}
    assert found.places.talk not in before
    return now == before | {id_: move.to for id_, move in moves.items()} | {found.places.talk: found.places} and all(
        before[id_] == move.before and move.before.start != move.to.start for id_, move in moves.items()
    )


@pytest.fixture(scope="session")
def two_in_the_way() -> tuple[Instance, Plan]:
    """E and their manager M could meet at eleven only, when M is to talk with F, and E with G of E's own team."""
    nine, ten, eleven, twelve, two, three, five = (NINE + 60 * hour for hour in (0, 1, 2, 3, 5, 6, 8))
    busy = {
        "M": [nine, ten, twelve, five],
        "E": [nine, eleven, twelve, two, three, five],
    }
    people = [
        {"id": id_, "manager": None, "site": "S", "tz": "Europe/Stockholm", "cal": "SE"}
        | {"hours": [[[540, 1020]]] * 5 + [[], []], "busy": {"b": busy[id_]} if id_ in busy else {}}
        for id_ in ("M", "E", "F", "G")
    ]
    document = crowded() | {"people": people, "rooms": []}
    document["cycle"] = document["cycle"] | {"window": [MONDAY, MONDAY], "max_per_day": 3}
    document["talks"] = [
        {"id": f"T{employee}", "employee": employee, "manager": manager, "dur": 60, "buf": 0, "room": False, "site": "S"}
        for employee, manager in (("E", "M"), ("F", "M"), ("G", "E"))
    ]
    assignments = (Assignment(talk="TF", start=eleven), Assignment(talk="TG", start=eleven))
    return from_json(document), Plan(assignments=assignments, unplaced=("TE",))


def test_a_start_that_two_talks_stand_in_the_way_of_is_freed_of_both(two_in_the_way: tuple[Instance, Plan]) -> None:
    instance, plan = two_in_the_way

    found = smallest_exchange(instance, plan, "TE")

    assert found is not None
    assert found.places == Assignment(talk="TE", start=NINE + 120)
    assert {(move.to.talk, move.before.start, move.to.start) for move in found.moves} == {
        ("TF", NINE + 120, NINE + 60),
        ("TG", NINE + 120, NINE + 300),
    }
    assert smallest_exchange(instance, plan, "TE", depth=1) is None


def test_an_accepted_exchange_places_the_talk_and_breaks_no_rule(two_in_the_way: tuple[Instance, Plan]) -> None:
    instance, plan = two_in_the_way
    found = smallest_exchange(instance, plan, "TE")
    assert found is not None

    after = accept(instance, plan, found)

    assert [each.talk for each in after.assignments] == ["TE", "TF", "TG"]
    assert after.unplaced == ()
    assert checked(to_json(instance), plan_to_json(after))[1] == []
    assert plan.unplaced == ("TE",)


def test_a_pinned_talk_never_makes_way(two_in_the_way: tuple[Instance, Plan]) -> None:
    instance, plan = two_in_the_way
    pinned = replace(
        instance,
        talks=tuple(replace(each, pin=Pin(start=NINE + 120)) if each.id == "TG" else each for each in instance.talks),
    )

    assert smallest_exchange(pinned, plan, "TE") is None


def test_an_unknown_talk_is_an_error(two_in_the_way: tuple[Instance, Plan]) -> None:
    with pytest.raises(KeyError, match="nobody"):
        smallest_exchange(*two_in_the_way, "nobody")


def big_team(*, most_per_day: int, closes: int) -> tuple[Instance, Plan]:
    """A manager with twelve talks of half an hour on each of five days, and a 61st report without a time."""
    week = [[[540, closes]]] * 5 + [[], []]
    person = {"site": "S", "tz": "Europe/Stockholm", "cal": "SE", "hours": week, "busy": {}}
    talk = {"manager": "P0", "dur": 30, "buf": 0, "room": False, "site": "S"}
    document = crowded() | {
        "people": [{"id": f"P{n}", "manager": "P0" if n else None} | person for n in range(62)],
        "talks": [{"id": f"T{n}", "employee": f"P{n}"} | talk for n in range(1, 62)],
    }
    document["cycle"] = document["cycle"] | {"max_per_day": most_per_day}
    assignments = tuple(
        Assignment(talk=f"T{12 * day + n + 1}", start=1440 * day + NINE + 30 * n) for day in range(5) for n in range(12)
    )
    return from_json(document), Plan(assignments=assignments, unplaced=("T61",))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often it was asked what is left for which talk."""
    counts: Counter[str] = Counter()
    look = Bookings.open

    def counted(bookings: Bookings, talk: Request) -> Starts:
        counts[talk.id] += 1
        return look(bookings, talk)

    monkeypatch.setattr(Bookings, "open", counted)
    return counts


def test_a_manager_with_sixty_reports_costs_only_so_many_looks(looks: Counter[str]) -> None:
    """Every minute is taken, so nothing helps, and of tens of thousands of sets of three only so many are looked at."""
    assert smallest_exchange(*big_team(most_per_day=20, closes=900), "T61") is None

    sets = 1 + 60 + 2 * (MOST_SETS + 60)
    assert MOST_SETS < looks.total() <= sets * (1 + DEPTH_UNLESS_TOLD) + MOST_TRIES


def test_where_all_days_are_full_no_exchange_is_looked_for(looks: Counter[str]) -> None:
    assert smallest_exchange(*big_team(most_per_day=12, closes=1020), "T61") is None

    assert looks.total() == 0


def test_days_alone_say_how_many_must_move_at_least() -> None:
    """One talk a day: E may only on Monday, where F is, who may on Tuesday too, where G is, who has Wednesday left."""
    instance, plan = big_team(most_per_day=1, closes=1020)
    until = {"P1": 1, "P2": 2, "P3": 3}
    people = {
        id_: replace(each, hours=(*each.hours[: until.get(id_, 5)], *((),) * (7 - until.get(id_, 5))))
        for id_, each in instance.people.items()
    }
    instance = replace(instance, people=people, talks=instance.talks[:3])
    placed = (Assignment(talk="T2", start=NINE), Assignment(talk="T3", start=1440 + NINE))
    bookings = Bookings(Availability(instance), placed)

    assert least_moves(bookings, bookings.requests["T1"], most=2) == 2
    assert least_moves(bookings, bookings.requests["T1"], most=1) is None
    found = smallest_exchange(instance, replace(plan, assignments=placed, unplaced=("T1",)), "T1")
    assert found is not None
    assert [move.to.talk for move in found.moves] == ["T2", "T3"]
