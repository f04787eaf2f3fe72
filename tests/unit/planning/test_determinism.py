"""The same question has the same answer, however its people are sorted; another seed may have another."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from talkcycle.planning.instance import Plan
from talkcycle.planning.talkplan import from_json, plan_to_json
from talkplan_tools import crowded, solved


def plan_of(document: dict[str, Any], *, seed: int = 0) -> Plan:
    return solved(from_json(document), attempts=5_000, seed=seed).plan


@pytest.mark.parametrize("cascade", ["off", "soft", "hard"])
def test_people_rooms_and_sites_in_another_order_get_the_same_plan(cascade: str) -> None:
    document = crowded(cascade)
    expected = plan_of(document)
    for key in ("people", "rooms", "sites"):
        random.Random(3).shuffle(document[key])

    assert plan_of(document) == expected
    assert expected.unplaced
    assert expected.assignments


def test_another_seed_is_another_search() -> None:
    assert plan_of(crowded(), seed=1) != plan_of(crowded(), seed=2)


def test_another_process_with_other_hashes_writes_the_same_bytes() -> None:
    """Python shuffles sets of strings anew in every process."""
    code = "import json, test_determinism as t; print(json.dumps(t.plan_to_json(t.plan_of(t.crowded('soft'), seed=7))))"
    here = Path(__file__).parent
    paths = os.pathsep.join(map(str, (here, here.parents[1])))
    written = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONPATH": paths, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]

    assert written[0] == written[1]
    assert json.loads(written[0]) == plan_to_json(plan_of(crowded("soft"), seed=7))
