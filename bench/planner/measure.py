"""How good and how fast ``talkcycle solve`` is, as a whole process, against the bars of docs/performance.md.

With the first plan of 10,000 people, single questions about a plan are timed too.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from planner.answers import PEOPLE, answers
from planner.cases import CASCADES, PRESETS, Case, Costs, check_plan, instance_file, known_costs, learn
from planner.first_come import first_come

from talkcycle.planning.instance import Plan
from talkcycle.planning.talkplan import from_json, plan_to_json

Row = dict[str, object]
TALKCYCLE = Path(sys.executable).with_name("talkcycle")
PATIENCE = 2.0
"""A run that takes so many times its limit is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a run must reach. *limit* and *within* are seconds of wall time, *memory* megabytes."""

    people: int
    within: float
    closed: float
    memory: float


BARS = (
    Bar(people=500, within=5, closed=0.98, memory=250),
    Bar(people=2_000, within=10, closed=0.97, memory=300),
    Bar(people=10_000, within=30, closed=0.97, memory=450),
    Bar(people=10_000, within=120, closed=0.99, memory=450),
    Bar(people=50_000, within=150, closed=0.97, memory=1_200),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which runs. An empty choice leaves it to the sample, or to *full*: every preset, cascade and seeds 1 to 5."""

    people: tuple[int, ...] = ()
    presets: tuple[str, ...] = ()
    cascades: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    full: bool = False
    learn: float = 0.0
    """Seconds of a long run for each instance without a best known; 0 for none."""

    @property
    def narrowed(self) -> bool:
        return bool(self.people or self.presets or self.cascades or self.seeds)


SAMPLE: dict[int, tuple[tuple[int, str, str], ...]] = {
    500: ((1, "tight", "off"), (2, "normal", "soft"), (3, "loose", "hard"), (4, "loose", "off"), (5, "tight", "hard")),
    2_000: ((1, "loose", "off"), (2, "tight", "soft"), (3, "normal", "hard")),
    10_000: ((1, "normal", "off"),),
}
"""A few minutes, out of reference.json: every preset, every cascade, every seed."""


def runs(selection: Selection) -> Iterator[tuple[Bar, Case]]:
    for bar in BARS:
        if selection.people and bar.people not in selection.people:
            continue
        if not (selection.full or selection.narrowed):
            chosen = SAMPLE.get(bar.people, ()) if bar.within < 60 else ()
        else:
            kinds = product(selection.presets or PRESETS, selection.cascades or CASCADES)
            seeds = selection.seeds or ((1, 2, 3, 4, 5) if selection.full else (1,))
            chosen = tuple((seed, preset, cascade) for preset, cascade in kinds for seed in seeds)
        for seed, preset, cascade in chosen:
            yield bar, Case(people=bar.people, seed=seed, preset=preset, cascade=cascade)


def planner(folder: Path, selection: Selection | None = None) -> list[Row]:
    chosen = selection or Selection()
    rows: list[Row] = []
    asked = False
    for bar, case in runs(chosen):
        costs = costs_of(case, folder, chosen.learn)
        run = solved(case, folder, limit=bar.within)
        found = [row(bar, case, costs, run)]
        if case.people == PEOPLE and not asked:
            found += answers(case, folder / "plan.json", float(str(run["wall"])))
            asked = True
        for each in found:
            print(f"  {each['what']}: {each['measured']}", file=sys.stderr, flush=True)
        rows += found
    return rows


def solved(case: Case, folder: Path, *, limit: float, seed: int = 0) -> dict[str, object]:
    """Time, memory and the checker's figures of one plan; the plan is at ``folder/plan.json``."""
    plan = folder / "plan.json"
    plan.unlink(missing_ok=True)
    command = [TALKCYCLE, "solve", instance_file(case), plan, "--limit", f"{limit:g}", "--seed", str(seed)]
    launcher = [sys.executable, "-I", "-S", Path(__file__).with_name("launch.py"), f"{limit * PATIENCE}"]
    done = subprocess.run([*map(str, launcher + command)], capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    if found["status"] != 0 or not plan.exists():
        raise SystemExit(f"talkcycle solve failed for {case} with {found['status']}: {found['complaint']}")
    return found | check_plan(case, plan)


def costs_of(case: Case, folder: Path, seconds: float) -> Costs | None:
    """What 0 and 1 are; learned now, where nobody has solved the instance and a long run is asked for."""
    known = known_costs().get(case)
    if known is None:
        instance = from_json(json.loads(instance_file(case).read_text()))
        plan = folder / "first-come.json"
        plan.write_text(json.dumps(plan_to_json(Plan(assignments=first_come(instance), unplaced=()))))
        learn(case, first_come=int(str(check_plan(case, plan)["cost"])))
        known = known_costs()[case]
    if known.best_known is None and seconds:
        learn(case, best_known=int(str(solved(case, folder, limit=seconds, seed=1)["cost"])))
        known = known_costs()[case]
    return known


def row(bar: Bar, case: Case, costs: Costs | None, run: dict[str, object]) -> Row:
    """One line of the table, naming what missed its bar."""
    wall, memory = float(str(run["wall"])), float(str(run["megabytes"]))
    closed = costs.closed(int(str(run["cost"]))) if costs else None
    key = run["key"]
    assert isinstance(key, list)
    missed = [
        *(["rules"] if run["violations"] else []),
        *(["time"] if wall > bar.within else []),
        *(["distance"] if closed is not None and closed < bar.closed else []),
        *(["memory"] if memory > bar.memory else []),
    ]
    distance = "best not known" if closed is None else f"{closed:.4f}"
    counts = " / ".join(f"{count:,}" for count in key)
    best = f"best {costs.best_known:,}{' (own long run)' if costs.ours else ''}" if costs and costs.best_known else ""
    return {
        "what": f"{case}, {bar.within:g} s",
        "measured": f"{distance}  {counts}  {wall:.1f} s  {memory:.0f} MB",
        "reference": f"first come {costs.first_come:,} {best}" if costs else "",
        "bar": f">= {bar.closed} within {bar.within:g} s, {bar.memory:g} MB"
        + (f": {', '.join(missed)}" if missed else ""),
        "ok": not missed,
        "case": case.name,
        "limit": bar.within,
        "closed": closed,
        "cost": run["cost"],
        "key": key,
        "violations": run["violations"],
        "wall": wall,
        "megabytes": memory,
    }
