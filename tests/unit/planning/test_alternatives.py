"""Other times for one talk: the true best ones, spread over days, each with what speaks against it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from talkcycle.domain.busy import BusyKind
from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.alternatives import Alternative, alternatives
from talkcycle.planning.build import instance_of
from talkcycle.planning.instance import Assignment, Attendee, Instance, Plan, Room
from talkcycle.planning.talkplan import from_json
from talkplan_judge import Choice, Document, Judge
from talkplan_tools import crowded, solved
from unit.planning.test_bookings import added_costs, assigned, half_made_plans

FRIDAY = date(2027, 3, 5)


@settings(max_examples=20)
@given(half_made=half_made_plans())
def test_alternatives_are_the_true_best_ones(half_made: tuple[Document, list[Choice]]) -> None:
    document, placed = half_made
    judge, instance = Judge(document), from_json(document)
    left = [each["id"] for each in document["talks"] if each["id"] not in {each.talk for each in placed}]
    plan = Plan(assignments=tuple(assigned(placed)), unplaced=tuple(left))

    for talk in document["talks"]:
        if "pin" in talk:
            continue
        others = [each for each in placed if each.talk != talk["id"]]
        costs = added_costs(judge, others, talk["id"])
        has = next((each.start for each in placed if each.talk == talk["id"]), None)
        costs.pop(has if has is not None else -1, None)

        every = alternatives(instance, plan, talk["id"], most=1000, per_day=None)
        some = alternatives(instance, plan, talk["id"], most=3, per_day=None)
        spread = alternatives(instance, plan, talk["id"], most=2)

        assert {each.start: each.cost for each in every} == costs
        assert [each.cost for each in every] == sorted(costs.values())
        assert some == every[:3]
        assert all(judge.fits(choice_of(judge, talk, each), others) for each in every)
        assert all(bool(each.against) == bool(each.cost) for each in every)
        zone = judge.people[talk["employee"]]["tz"]
        days = Counter(judge.local_day(each.start, zone) for each in spread)
        possible = {judge.local_day(start, zone) for start in costs}
        assert len(days) == min(2, len(possible))
        assert min(costs.values(), default=None) == (spread[0].cost if spread else None)


def choice_of(judge: Judge, talk: Document, alternative: Alternative) -> Choice:
    found = [each for each in judge.choices(talk) if (each.start, each.room) == (alternative.start, alternative.room)]
    return found[0]


@pytest.fixture(scope="session")
def friday(cycle: Callable[..., Cycle], person: Callable[..., Person]) -> Instance:
    """Employee E, manager M, their manager T, and another report F, on one Friday from nine to four, without buffers."""
    window = Window(first=FRIDAY, last=FRIDAY)
    people = [person("T", None), person("M", "T"), person("E", "M"), person("F", "M")]
    asked = cycle(window, buffer_minutes=0, grid_minutes=60, most_per_day=3)
    built = instance_of(asked, {each.id: each for each in people}, {}, today=date(2027, 2, 1))[0]
    rooms = {
        "R": Room(id="R", site="S", capacity=2, neutral=True, busy={BusyKind.BUSY: ((at(built, 9), at(built, 10)),)})
    }
    talks = tuple(replace(each, wants_room=True, site="S") for each in built.talks)
    return replace(built, rooms=rooms, talks=talks, cascade=Cascade.SOFT)


def at(instance: Instance, hour: int) -> int:
    """The minute of an hour of that Friday in Stockholm, an hour ahead of UTC."""
    return (FRIDAY - instance.t0.date()).days * 1440 + (hour - 1) * 60


def test_each_alternative_says_what_speaks_against_it(friday: Instance) -> None:
    def with_(id_: str, **facts: object) -> Attendee:
        return replace(friday.people[id_], lunch=None, **facts)  # type: ignore[arg-type]

    people = {
        "T": with_("T"),
        "F": with_("F"),
        "M": with_("M", preferred=((9 * 60, 13 * 60),)),
        "E": with_("E", busy={BusyKind.TENTATIVE: ((at(friday, 13), at(friday, 14)),)}),
    }
    people["E"] = replace(people["E"], lunch=(12 * 60, 13 * 60))
    asked = replace(friday, people={**friday.people, **people})
    plan = Plan(
        assignments=(
            Assignment(talk="M", start=at(asked, 10), room="R"),
            Assignment(talk="F", start=at(asked, 15), room="R"),
        ),
        unplaced=("E",),
    )

    found = alternatives(asked, plan, "E", most=9, per_day=None)

    day = "the manager has another talk that day"
    assert [(each.start - at(asked, 0), each.room, each.cost, each.against) for each in found] == [
        (11 * 60, "R", 5, (day,)),
        (12 * 60, "R", 25, ("over the employee's lunch", day)),
        (14 * 60, "R", 50, ("late on a Friday", "outside the hours the manager prefers", day)),
        (
            13 * 60,
            "R",
            65,
            (
                "late on a Friday",
                "the employee has something tentative then",
                "outside the hours the manager prefers",
                day,
            ),
        ),
        (9 * 60, None, 1045, (day, "no room is free", "before the manager's own talk")),
    ]


def test_the_time_a_talk_has_is_not_offered_and_nothing_is_changed(friday: Instance) -> None:
    plan = Plan(assignments=(Assignment(talk="E", start=at(friday, 11), room="R"),), unplaced=("M", "F"))

    found = alternatives(friday, plan, "E", most=20, per_day=None)

    assert at(friday, 11) not in {each.start for each in found}
    assert found == alternatives(friday, plan, "E", most=20, per_day=None)
    assert len(found) == len({each.start for each in found}) == 6


def test_alternatives_lie_on_different_days_as_long_as_there_are_any() -> None:
    instance = from_json(crowded())
    plan = solved(instance, attempts=1_000).plan
    for talk in instance.talks:
        every = alternatives(instance, plan, talk.id, most=500, per_day=None)
        days = {each.start // 1440 for each in every}
        for per_day in (1, 2):
            found = alternatives(instance, plan, talk.id, most=4, per_day=per_day)
            counts = Counter(each.start // 1440 for each in found)
            assert len(found) == min(4, len(every))
            assert len(counts) >= min(len(days), -(-4 // per_day)) or max(counts.values()) <= per_day


def test_an_unknown_talk_is_an_error(friday: Instance) -> None:
    with pytest.raises(KeyError, match="nobody"):
        alternatives(friday, Plan(assignments=(), unplaced=("E", "M", "F")), "nobody")
