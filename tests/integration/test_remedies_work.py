"""Every stated remedy is held against the planner: make the change, leave all other talks where they are, plan again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from talkcycle.domain.localtime import day_of
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.instance import Instance, Pin, Plan
from talkcycle.planning.reason_values import Kind, Reason
from talkcycle.planning.reason_words import sentence
from talkcycle.planning.reasons import explain, explain_rooms, reasons, reasons_for_rooms
from talkcycle.planning.remedies import (
    LongerWindow,
    Remedy,
    apply,
)
from talkcycle.planning.talkplan import from_json
from talkplan_tools import crowded, generated, solved

EARLIER = timedelta(days=9)


def around(instance: Instance, plan: Plan, talk: str, remedy: Remedy) -> Instance:
    """The changed instance with every other talk fixed where it is, and those without a time left out."""
    at = {each.talk: Pin(start=each.start, room=each.room) for each in plan.assignments}
    changed = apply(instance, remedy)
    kept = [each for each in changed.talks if each.id in at or each.id == talk]
    fixed = [each if each.id == talk else replace(each, pin=at[each.id]) for each in kept]
    return replace(changed, talks=tuple(fixed))


def planned(instance: Instance, plan: Plan, talk: str, remedy: Remedy) -> tuple[int, str | None] | None:
    """Where the planner puts *talk* after the change, and in which room."""
    again = solved(around(instance, plan, talk, remedy), attempts=50).plan
    return next(((each.start, each.room) for each in again.assignments if each.talk == talk), None)


def short_of_days(instance: Instance) -> Instance:
    """A window that ends before the calendars do, and one talk a day."""
    return replace(instance, last=instance.last - EARLIER, most_per_day=1)


def poorly_planned(plan: Plan) -> Plan:
    """Every fifth talk left out, and every third room given back, for nothing."""
    kept = [each for number, each in enumerate(plan.assignments) if number % 5]
    left_out = {each.talk for each in plan.assignments} - {each.talk for each in kept}
    return Plan(
        assignments=tuple(each if number % 3 else replace(each, room=None) for number, each in enumerate(kept)),
        unplaced=(*plan.unplaced, *sorted(left_out)),
    )


INSTANCES = {
    "normal": ("--n 60 --seed 3 --preset normal", False),
    "tight": ("--n 60 --seed 1 --preset tight", False),
    "hard": ("--n 60 --seed 2 --preset normal --cascade hard", True),
    "short": ("--n 60 --seed 5 --preset normal", True),
}


@pytest.fixture(scope="module", params=[*INSTANCES, "crowded", "narrow", "poor"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Instance, Plan]:
    if request.param == "crowded":
        instance = from_json(json.loads(json.dumps(crowded("hard"))))
        instance = replace(instance, last=instance.last - timedelta(days=1))
    elif request.param in {"narrow", "poor"}:
        instance = from_json(generated("--n 40 --seed 6 --preset tight", tmp_path_factory.mktemp("instance")))
        if request.param == "poor":
            return instance, poorly_planned(solved(instance, attempts=3_000).plan)
        instance = replace(instance, hours=(11 * 60, 12 * 60))
    else:
        words, short = INSTANCES[request.param]
        instance = from_json(generated(words, tmp_path_factory.mktemp("instance")))
        instance = short_of_days(instance) if short else instance
    return instance, solved(instance, attempts=3_000).plan


def each_remedy(found: Iterator[Reason]) -> Iterator[tuple[Reason, Remedy]]:
    for reason in found:
        for remedy in reason.remedies:
            yield reason, remedy


def test_every_remedy_for_a_talk_without_a_time_gives_it_one(case: tuple[Instance, Plan]) -> None:
    instance, plan = case
    tried = 0

    for reason, remedy in each_remedy(reasons(instance, plan)):
        found = planned(instance, plan, reason.talk, remedy)
        assert found is not None, sentence(reason)
        if isinstance(remedy, LongerWindow):
            request = next(talk for talk in instance.talks if talk.id == reason.talk)
            zone = instance.people[request.employee].zone
            assert instance.last < day_of(instance.t0 + timedelta(minutes=found[0]), zone) == remedy.last
        tried += 1

    assert tried


def test_without_the_remedy_the_talk_still_has_no_time(case: tuple[Instance, Plan]) -> None:
    instance, plan = case
    for reason in reasons(instance, plan):
        if reason.kind is Kind.FREE:
            continue
        nothing_changed = LongerWindow(last=instance.last, at=instance.t0)
        assert planned(instance, plan, reason.talk, nothing_changed) is None, sentence(reason)


def test_every_remedy_for_a_talk_without_a_room_gives_it_one(case: tuple[Instance, Plan]) -> None:
    instance, plan = case

    for reason, remedy in each_remedy(reasons_for_rooms(instance, plan)):
        found = planned(instance, plan, reason.talk, remedy)
        assert found is not None, sentence(reason)
        assert found[1] is not None, sentence(reason)


def test_there_is_a_reason_for_exactly_the_talks_that_lack_something(case: tuple[Instance, Plan]) -> None:
    instance, plan = case
    wanting = {talk.id for talk in instance.talks if talk.wants_room}

    assert tuple(explain(instance, plan)) == plan.unplaced
    assert set(explain_rooms(instance, plan)) == {
        each.talk for each in plan.assignments if each.room is None and each.talk in wanting
    }


def test_the_generated_companies_need_every_kind_of_remedy(tmp_path: Path) -> None:
    """Else the tests above would show less than they say."""
    kinds: set[type[Remedy]] = set()
    hard = from_json(json.loads(json.dumps(crowded("hard"))))
    for instance in (
        short_of_days(from_json(generated("--n 60 --seed 5 --preset normal", tmp_path))),
        replace(hard, last=hard.last - timedelta(days=1)),
        replace(hard, last=hard.last - timedelta(days=1), cascade=Cascade.OFF),
        replace(hard, hours=(11 * 60, 11 * 60 + 30)),
    ):
        best = solved(instance, attempts=1_000).plan
        for plan in (best, poorly_planned(best)):
            for found in (reasons(instance, plan), reasons_for_rooms(instance, plan)):
                kinds |= {type(remedy) for _, remedy in each_remedy(found)}

    assert kinds == set(get_args(Remedy))
