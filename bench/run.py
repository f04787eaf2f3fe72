"""How fast and how good: each figure beside a reference. ``make bench``; docs/performance.md explains.

Usage: run.py [NAME ...] with names from: invitations workers sending tick timeline simulate rest limits planner exact
"""

import argparse
import importlib
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from planner.measure import Selection
from rich.console import Console
from rich.table import Table

MEASURES = {
    "invitations": "measures.invitations",
    "workers": "measures.two_workers",
    "sending": "measures.sending",
    "tick": "measures.ticking",
    "timeline": "measures.timeline",
    "simulate": "measures.simulated",
    "rest": "measures.daemon_at_rest",
    "limits": "graph_limits.within_limits",
    "planner": "planner.measure.planner",
    "exact": "planner.exact.exact",
}
"""Imported when they are run: a measurement must not carry the memory of another's libraries."""


def measure(name: str) -> Callable[..., list[dict[str, Any]]]:
    module, _, function = MEASURES[name].rpartition(".")
    found: Callable[..., list[dict[str, Any]]] = getattr(importlib.import_module(module), function)
    return found


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *MEASURES], help=", ".join(MEASURES))
    parser.add_argument("--json", action="store_true", help="only the figures, as JSON")
    of_planner = parser.add_argument_group("planner and exact")
    of_planner.add_argument("--people", type=int, nargs="+", default=(), help="only sizes of so many")
    of_planner.add_argument("--preset", nargs="+", default=(), help="loose, normal, tight")
    of_planner.add_argument("--cascade", nargs="+", default=(), help="off, soft, hard")
    of_planner.add_argument("--seed", type=int, nargs="+", default=(), help="the generator's seeds")
    of_planner.add_argument("--full", action="store_true", help="every preset, cascade and seed: hours")
    of_planner.add_argument("--learn", type=float, default=0, metavar="SECONDS", help="length of a run for a best known")
    chosen = parser.parse_args(words)
    selection = Selection(
        people=tuple(chosen.people),
        presets=tuple(chosen.preset),
        cascades=tuple(chosen.cascade),
        seeds=tuple(chosen.seed),
        full=chosen.full,
        learn=chosen.learn,
    )
    rows: list[dict[str, Any]] = []
    for name in chosen.names or list(MEASURES):
        print(f"{name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="talkcycle-bench-") as folder:
            selected = (selection,) if name in ("planner", "exact") else ()
            rows.extend(measure(name)(Path(folder), *selected))
    if not chosen.json:
        table = Table("What", "Measured", "Reference", "Must reach", "")
        for row in rows:
            verdict = "ok" if row["ok"] else "MISSED"
            table.add_row(str(row["what"]), str(row["measured"]), str(row["reference"]), str(row["bar"]), verdict)
        Console(width=150).print(table)
    print(json.dumps(rows))
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
