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
from talkplan_tools import solved

MONDAY = "2026-10-19"
NINE = 9 * 60 - 120
"""Nine o'clock in Stockholm, in minutes of the UTC day."""


def company(cascade: str = "off") -> dict[str, Any]:
    """40 people, a tree of managers who share calendars and two rooms; too few times for everybody."""
    draw = random.Random(5)
    busy = [sorted(draw.sample(range(10), 4)) for _ in range(40)]
    return {
        "format": "talkplan/1",
        "t0": f"{MONDAY}T00:00:00Z",
        "horizon_min": 7 * 1440,
        "cycle": {
            "today": "2026-10-05",
            "window": [MONDAY, "2026-10-23"],
            "lead_days": 14,
            "grid_min": 30,
            "max_per_day": 1,
            "cascade": cascade,
            "status_policy": {"b": "hard", "t": "soft"},
        },
        "calendars": {"SE": []},
        "sites": [{"id": "S", "tz": "Europe/Stockholm", "cal": "SE"}],
        "rooms": [{"id": f"R{n}", "site": "S", "capacity": 2 + n, "neutral": True, "busy": {}} for n in range(2)],
        "people": [
            {
                "id": f"P{n}",
                "manager": f"P{(n - 1) // 6}" if n else None,
                "site": "S",
                "tz": "Europe/Stockholm",
                "cal": "SE",
                "hours": [[[540, 1020]]] * 5 + [[], []],
                "lunch": [720, 760],
                "busy": {
                    "bt"[n % 2]: [
                        x
                        for at in busy[n]
                        for x in (at // 2 * 1440 + NINE + at % 2 * 240, at // 2 * 1440 + NINE + at % 2 * 240 + 200)
                    ]
                },
            }
            for n in range(40)
        ],
        "talks": [
            {
                "id": f"T{n}",
                "employee": f"P{n}",
                "manager": f"P{(n - 1) // 6}",
                "dur": 60,
                "buf": 15,
                "room": True,
                "site": "S",
            }
            for n in range(1, 40)
        ],
    }


def plan_of(document: dict[str, Any], *, seed: int = 0) -> Plan:
    return solved(from_json(document), attempts=5_000, seed=seed).plan


@pytest.mark.parametrize("cascade", ["off", "soft", "hard"])
def test_people_rooms_and_sites_in_another_order_get_the_same_plan(cascade: str) -> None:
    document = company(cascade)
    expected = plan_of(document)
    for key in ("people", "rooms", "sites"):
        random.Random(3).shuffle(document[key])

    assert plan_of(document) == expected
    assert expected.unplaced
    assert expected.assignments


def test_another_seed_is_another_search() -> None:
    assert plan_of(company(), seed=1) != plan_of(company(), seed=2)


def test_another_process_with_other_hashes_writes_the_same_bytes() -> None:
    """Python shuffles sets of strings anew in every process."""
    code = "import json, test_determinism as t; print(json.dumps(t.plan_to_json(t.plan_of(t.company('soft'), seed=7))))"
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
    assert json.loads(written[0]) == plan_to_json(plan_of(company("soft"), seed=7))
