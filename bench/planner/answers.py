"""How long single questions about a plan of 10,000 take: another time for one talk, and other times it could have."""

import json
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planner.cases import Case, instance_file

from talkcycle.planning.alternatives import alternatives
from talkcycle.planning.instance import Plan
from talkcycle.planning.replan import replan
from talkcycle.planning.talkplan import from_json, plan_from_json

Row = dict[str, Any]
PEOPLE = 10_000
TALKS = 100
"""Asked about, of those with a time; and as many of those without one, for whom an exchange is looked for too."""
REPLAN = 1.0
ALTERNATIVES = 0.2
"""Seconds that no question may take longer than."""


def answers(case: Case, plan: Path, solved: float) -> list[Row]:
    """The slowest of some hundred answers, by the wall; the instance is in memory. *solved*: seconds the plan took."""
    instance = from_json(json.loads(instance_file(case).read_text()))
    assignments = plan_from_json(json.loads(plan.read_text()))
    known = {each.talk for each in assignments}
    unplaced = tuple(talk.id for talk in instance.talks if talk.id not in known)
    made = Plan(assignments=assignments, unplaced=unplaced)
    draw = random.Random(case.seed)
    placed = draw.sample([each.talk for each in assignments], TALKS)
    without = draw.sample(unplaced, min(TALKS, len(unplaced)))
    whole = f"the whole plan anew {solved:.1f} s"

    def again(talk: str) -> object:
        return replan(instance, made, [talk])

    def others(talk: str) -> object:
        return alternatives(instance, made, talk)

    return [
        _row(case, "another time for one talk", timed(again, placed), REPLAN, whole),
        _row(case, "an exchange for one without a time", timed(again, without), REPLAN, whole),
        _row(case, "alternatives for one talk", timed(others, placed), ALTERNATIVES, ""),
    ]


def timed(ask: Callable[[str], object], talks: list[str]) -> list[float]:
    """Seconds of each answer."""
    found = []
    for talk in talks:
        began = time.perf_counter()
        ask(talk)
        found.append(time.perf_counter() - began)
    return found


def _row(case: Case, what: str, seconds: list[float], bar: float, reference: str) -> Row:
    slowest = max(seconds, default=0.0)
    return {
        "what": f"{case}: {what}",
        "measured": f"median {statistics.median(seconds or [0.0]):.3f} s, slowest of {len(seconds)} {slowest:.3f} s",
        "reference": reference,
        "bar": f"< {bar:g} s",
        "ok": slowest < bar,
        "case": case.name,
        "seconds": sorted(round(each, 4) for each in seconds),
    }
