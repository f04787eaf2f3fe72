"""Tiny companies: the planner's cost is the least of all plans, found by trying them all."""

from hypothesis import event, given, settings

from talkcycle.planning.score import score
from talkcycle.planning.solve import search
from talkcycle.planning.talkplan import from_json, plan_to_json
from talkplan_judge import Document, Judge, documents, judged, least_cost

ATTEMPTS = 1000
"""A thousand attempts for at most five talks, on any machine."""


@settings(max_examples=60)
@given(document=documents())
def test_the_planner_finds_a_plan_of_the_least_cost(document: Document) -> None:
    judge = Judge(document)

    solved = search(from_json(document), attempts=ATTEMPTS, limit=60)

    cost = judged(judge, plan_to_json(solved.plan))
    event(f"{len(solved.plan.unplaced)} unplaced, cascade {document['cycle']['cascade']}")
    assert cost == least_cost(judge)


@settings(max_examples=20)
@given(document=documents())
def test_the_planner_tells_the_cost_of_its_plan(document: Document) -> None:
    """With everything in it: talks that HR pinned, and what they cost others."""
    instance = from_json(document)
    plan = search(instance, attempts=ATTEMPTS, limit=60).plan

    assert score(instance, plan).cost == judged(Judge(document), plan_to_json(plan))
