"""Companies of 2,000 people after their plan is made: what is asked to move may move, and nothing else does.

Every answer is judged by the shared checker, with the plan before as its base and the talks asked for as movable.
"""

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.exchange import smallest_exchanges
from talkcycle.planning.instance import Assignment, Instance, Plan
from talkcycle.planning.replan import accept, replan
from talkcycle.planning.score import score
from talkcycle.planning.talkplan import from_json, plan_to_json
from talkplan_tools import SHARED, generated, solved, tool


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Its document, what the planner reads in it, and its plan."""

    document: dict[str, Any]
    instance: Instance
    plan: Plan


@pytest.fixture(scope="module", params=["--seed 7 --cascade off", "--seed 3 --preset tight --cascade hard"])
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """One with room to move, and one with hardly any, in which managers' own talks come first."""
    document = generated(f"--n 2000 {request.param}", tmp_path_factory.mktemp("company"))
    instance = from_json(document)
    return Company(document=document, instance=instance, plan=solved(instance, attempts=200_000).plan)


def test_a_hundred_talks_get_another_time_one_by_one_and_nothing_else_moves(company: Company) -> None:
    instance, plan = company.instance, company.plan
    checker = tool("check")
    read = checker.Inst(company.document)
    base, cost = plan_to_json(plan), score(instance, plan).cost
    before = {each.talk: each for each in plan.assignments}
    chosen = random.Random(7).sample([talk.id for talk in instance.talks], 100)

    assert any(talk not in before for talk in chosen)
    for number, talk in enumerate(chosen):
        answer = replan(instance, plan, [talk])

        now = {each.talk: each for each in answer.plan.assignments}
        assert {id_: each for id_, each in now.items() if id_ != talk} == {
            id_: each for id_, each in before.items() if id_ != talk
        }
        assert set(answer.moved) == ({talk} if now.get(talk) != before.get(talk) else set())
        assert answer.unplaced == ((talk,) if talk not in now else ())
        assert set(answer.offers) == set(answer.unplaced)
        if number % 5 == 0:
            figures, violations = checker.check(read, plan_to_json(answer.plan), base, {talk})
            assert violations == []
            assert figures["cost"] <= cost


def test_every_offer_for_a_talk_without_a_time_can_be_carried_out(tmp_path: Path) -> None:
    """After first come, first served, each on top of the same plan."""
    document = generated("--n 500 --seed 7 --cascade hard", tmp_path)
    instance = from_json(document)
    plan = first_come(instance)
    checker = tool("check")
    read = checker.Inst(document)
    base, cost = plan_to_json(plan), score(instance, plan).cost

    offers = smallest_exchanges(instance, plan, plan.unplaced)

    assert len([offer for offer in offers.values() if offer is not None and offer.moves]) >= 10
    for talk, offer in offers.items():
        if offer is not None:
            moved = {talk, *(move.to.talk for move in offer.moves)}
            figures, violations = checker.check(read, plan_to_json(accept(instance, plan, offer)), base, moved)
            assert violations == []
            assert (figures["moved"], figures["added"]) == (len(offer.moves), 1)
            assert figures["cost"] == cost + offer.cost - read.w["unplaced"]


def first_come(instance: Instance) -> Plan:
    """Each talk at its earliest time, in the order of the instance."""
    bookings = Bookings(Availability(instance))
    for talk in instance.talks:
        starts = bookings.open(talk)
        if starts:
            start = bookings.availability.grid.first(starts)
            length = talk.minutes + talk.buffer
            room = bookings.rooms.free(talk.site, start, length) if talk.wants_room else None
            bookings.book(Assignment(talk=talk.id, start=start, room=room))
    placed = bookings.placed
    return Plan(
        assignments=tuple(placed[talk.id] for talk in instance.talks if talk.id in placed),
        unplaced=tuple(talk.id for talk in instance.talks if talk.id not in placed),
    )


def test_what_happens_to_a_plan_moves_only_the_talks_it_hits(company: Company, tmp_path: Path) -> None:
    """New meetings, people out of office, rooms lost and talks declined, by the shared generator of such events."""
    if not (SHARED / "events.py").exists():
        pytest.skip(f"the generator of events is not in {SHARED}")
    files = {name: tmp_path / name for name in ("before.json", "plan.json", "after.json", "movable.txt")}
    base = plan_to_json(company.plan)
    files["before.json"].write_text(json.dumps(company.document))
    files["plan.json"].write_text(json.dumps(base))
    command = [sys.executable, SHARED / "events.py", files["before.json"], files["plan.json"], "--k", "50"]
    options = ["--seed", "1", "-o", files["after.json"], "--movable", files["movable.txt"]]
    subprocess.run([*map(str, (*command, *options))], check=True, capture_output=True)
    document = json.loads(files["after.json"].read_text())
    movable = frozenset(files["movable.txt"].read_text().split())

    answer = replan(from_json(document), company.plan, movable)

    checker = tool("check")
    figures, violations = checker.check(checker.Inst(document), plan_to_json(answer.plan), base, movable)
    assert len(movable) >= 50
    assert violations == []
    assert figures["room_changed"] == sum(each in movable for each in room_changes(company.plan, answer.plan))
    assert set(answer.moved) | set(answer.unplaced) <= movable
    assert len(answer.moved) > len(answer.unplaced)


def room_changes(before: Plan, after: Plan) -> list[str]:
    """Talks at the same time as before, in another room."""
    had = {each.talk: each for each in before.assignments}
    return [
        each.talk
        for each in after.assignments
        if each.talk in had and had[each.talk].start == each.start and had[each.talk].room != each.room
    ]
