"""Time that lies outside the working hours of somebody's mailbox: avoided, forbidden or of no matter, as HR says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from talkcycle.domain.busy import Blocks, BusyKind, BusyTimes
from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import PlanningRules
from talkcycle.planning.alternatives import alternatives
from talkcycle.planning.build import instance_of
from talkcycle.planning.instance import Assignment, Instance, Plan
from talkcycle.planning.reasons import explain
from talkcycle.planning.score import score
from talkcycle.planning.talkplan import from_json, plan_to_json, to_json
from talkplan_tools import checked, solved

WEDNESDAY = date(2027, 3, 10)
EIGHT = datetime(2027, 3, 10, 7, tzinfo=UTC)
"""In Stockholm."""
NOON = EIGHT + timedelta(hours=4)
BusyOf = Mapping[str, Mapping[BusyKind, tuple[tuple[datetime, datetime], ...]]]


@pytest.fixture
def company(cycle: Callable[..., Cycle], person: Callable[..., Person]) -> Callable[..., Instance]:
    """E and their manager M on one Wednesday without lunch; E's mailbox works from noon on unless told otherwise."""

    def made(rules: PlanningRules, busy: BusyOf | None = None) -> Instance:
        asked = replace(cycle(Window(first=WEDNESDAY, last=WEDNESDAY)), planning=replace(rules, lunch=None))
        people = {"M": person("M", None), "E": person("E", "M")}
        outside = BusyTimes(people={"E": {BusyKind.OUTSIDE: ((EIGHT, NOON),)}} if busy is None else busy)
        return instance_of(asked, people, {}, today=date(2027, 2, 1), busy=outside)[0]

    return made


def at(instance: Instance, instant: datetime) -> int:
    return int((instant - instance.t0).total_seconds() // 60)


@pytest.mark.parametrize("effect", [Blocks.SOFT, Blocks.HARD])
def test_a_talk_begins_when_the_mailbox_works(company: Callable[..., Instance], effect: Blocks) -> None:
    instance = company(PlanningRules(outside_hours=effect))
    (assignment,) = solved(instance).plan.assignments
    assert assignment.start >= at(instance, NOON)


def test_hours_that_do_not_matter_cost_nothing(company: Callable[..., Instance]) -> None:
    plan = Plan(assignments=(Assignment(talk="E", start=at(company(PlanningRules()), NOON) - 60),), unplaced=())
    assert score(company(PlanningRules()), plan).kinds == {"outside": 1}
    assert score(company(PlanningRules(outside_hours=Blocks.FREE)), plan).kinds == {}


def test_whoever_never_works_then_has_a_talk_all_the_same_unless_hr_forbids_it(company: Callable[..., Instance]) -> None:
    day: BusyOf = {"E": {BusyKind.OUTSIDE: ((EIGHT, EIGHT + timedelta(hours=9)),)}}
    assert solved(company(PlanningRules(), day)).plan.assignments
    hard = company(PlanningRules(outside_hours=Blocks.HARD), day)
    plan = solved(hard).plan
    assert plan.unplaced == ("E",)
    assert "give way" not in explain(hard, plan)["E"]


def test_an_alternative_says_that_it_is_outside_somebodys_hours_and_not_that_something_is_there(
    company: Callable[..., Instance],
) -> None:
    nine = EIGHT + timedelta(hours=1)
    instance = company(
        PlanningRules(),
        {
            "E": {BusyKind.OUTSIDE: ((EIGHT, NOON),), BusyKind.TENTATIVE: ((nine, nine + timedelta(hours=1)),)},
            "M": {BusyKind.OUTSIDE: ((nine, nine + timedelta(hours=2)),)},
        },
    )
    found = alternatives(instance, Plan(assignments=(), unplaced=("E",)), "E", most=99, per_day=None)
    against = {each.start: each.against for each in found}
    outside = "outside the employee's working hours"
    assert against[at(instance, nine)] == (
        "the employee has something tentative then",
        "outside the manager's working hours",
    )
    assert against[at(instance, nine + timedelta(hours=1))] == (outside, "outside the manager's working hours")
    assert against[at(instance, nine + timedelta(hours=2))] == (outside,)
    assert against[at(instance, NOON)] == ()


@pytest.mark.parametrize("outside", list(Blocks))
@pytest.mark.parametrize(
    "blocks",
    [
        PlanningRules().blocks,
        dict.fromkeys(PlanningRules().blocks, Blocks.FREE),
        dict.fromkeys(PlanningRules().blocks, Blocks.HARD),
    ],
    ids=["as shipped", "nothing matters", "everything blocks"],
)
def test_it_is_written_in_the_kinds_the_format_knows_and_means_the_same(
    company: Callable[..., Instance], blocks: Mapping[BusyKind, Blocks], outside: Blocks
) -> None:
    hour = timedelta(hours=1)
    busy = {
        kind: ((EIGHT + n * hour, EIGHT + (n + 2) * hour), (EIGHT + 24 * hour, EIGHT + 25 * hour))
        for n, kind in enumerate(BusyKind)
    }
    instance = company(PlanningRules(blocks=blocks, outside_hours=outside), {"E": busy, "M": busy})
    document = to_json(instance)
    assert set(document["cycle"]["status_policy"]) == {"b", "o", "t", "w"}
    assert {kind for each in document["people"] for kind in each["busy"]} <= {"b", "o", "t", "w"}
    again = from_json(document)
    for start in range(at(instance, EIGHT), at(instance, EIGHT + 9 * hour), instance.grid):
        plan = Plan(assignments=(Assignment(talk="E", start=start),), unplaced=())
        assert score(again, plan).cost == score(instance, plan).cost
    plan = solved(instance).plan
    assert solved(again).plan == plan
    figures, violations = checked(document, plan_to_json(plan))
    assert violations == []
    assert figures["cost"] == score(instance, plan).cost
