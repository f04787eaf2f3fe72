"""The independent checker and generator of talkplan/1, where they lie beside the checkout; else tests skip and say so."""

import importlib.util
import json
import random
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from talkcycle.planning.instance import Instance
from talkcycle.planning.solve import Solved, search

MONDAY = "2026-10-19"
NINE = 9 * 60 - 120
"""Nine o'clock in Stockholm, in minutes of the UTC day."""
SHARED = Path(__file__).parents[2] / "shared" / "planning"
Document = Mapping[str, Any]


def tool(name: str) -> ModuleType:
    path = SHARED / f"{name}.py"
    if not path.exists():
        pytest.skip(f"the independent {name} of talkplan/1 is not at {path}")
    known = sys.modules.get(f"talkplan_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"talkplan_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def checked(instance: Document, plan: Document, *, bound: bool = False) -> tuple[dict[str, Any], list[Any]]:
    """The checker's figures, with what no solver can beat if asked for, and the violations it found."""
    checker = tool("check")
    read = checker.Inst(json.loads(json.dumps(instance)))
    figures, violations = checker.check(read, plan)
    return {**figures, **(checker.bound(read) if bound else {})}, violations


def generated(words: str, folder: Path) -> dict[str, Any]:
    """An instance of the generator, such as ``--n 60 --seed 4``."""
    file = folder / "generated.json"
    tool("gen").main([*words.split(), "-o", str(file)])
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def solved(instance: Instance, *, attempts: int = 20_000, seed: int = 0) -> Solved:
    """A search of so many attempts on any machine, however slow, so that the plan is always the same one."""
    return search(instance, seed=seed, attempts=attempts, limit=600)


def crowded(cascade: str = "off") -> dict[str, Any]:
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
