"""Instances of talkplan/1's generator, kept in a folder for temporary files; the costs that others reached for them."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SHARED = Path(__file__).parents[3] / "shared" / "planning"
FOLDER = Path(tempfile.gettempdir()) / "talkcycle-bench-instances"
LEARNED = Path(__file__).with_name("learned.json")
"""First come and the best of our own long runs, for instances that reference.json does not have."""
PRESETS = ("loose", "normal", "tight")
CASCADES = ("off", "soft", "hard")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Case:
    """What the generator is asked for."""

    people: int
    seed: int
    preset: str
    cascade: str

    def __str__(self) -> str:
        return f"{self.people:,} {self.preset} {self.cascade} seed {self.seed}"

    @property
    def name(self) -> str:
        return f"{self.people}-{self.seed}-{self.preset}-{self.cascade}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What 0 and 1 are. *ours*: the best known is a long run of our own solver, not the reference's."""

    first_come: int
    best_known: int | None
    ours: bool

    def closed(self, cost: int) -> float | None:
        """Distance closed: first come 0, best known 1."""
        if self.best_known is None or self.first_come <= self.best_known:
            return None
        return (self.first_come - cost) / (self.first_come - self.best_known)


def instance_file(case: Case) -> Path:
    """The instance, generated unless it was before."""
    file = FOLDER / f"{case.name}.json"
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        words = f"--n {case.people} --seed {case.seed} --preset {case.preset} --cascade {case.cascade}".split()
        part = file.with_suffix(".part")
        subprocess.run([sys.executable, str(SHARED / "gen.py"), *words, "-o", str(part)], check=True)
        part.replace(file)
    return file


def check_plan(case: Case, plan: Path) -> dict[str, object]:
    """The independent checker's figures."""
    command = [sys.executable, str(SHARED / "check.py"), str(instance_file(case)), str(plan), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise SystemExit(f"the checker cannot read the plan for {case}: {done.stderr}")
    figures: dict[str, object] = json.loads(done.stdout)
    return figures


def known_costs() -> dict[Case, Costs]:
    """Of reference.json, and of what was learned since; the better best known counts where both have one."""
    found = {}
    for row in json.loads((SHARED / "reference.json").read_text()):
        case = Case(people=row["n"], seed=row["seed"], preset=row["preset"], cascade=row["cascade"])
        found[case] = Costs(first_come=row["first_come"], best_known=row["best_known"], ours=False)
    for case, row in learned().items():
        if case not in found:
            found[case] = Costs(first_come=row["first_come"], best_known=row.get("best_known"), ours=True)
    return found


def learned() -> dict[Case, dict[str, int]]:
    rows = json.loads(LEARNED.read_text()) if LEARNED.exists() else []
    return {
        Case(people=row["n"], seed=row["seed"], preset=row["preset"], cascade=row["cascade"]): {
            key: row[key] for key in ("first_come", "best_known") if key in row
        }
        for row in rows
    }


def learn(case: Case, **costs: int) -> None:
    """Keep a first come, and a best known that is better than the one before."""
    known = learned()
    row = known.setdefault(case, {})
    for key, cost in costs.items():
        row[key] = min(cost, row.get(key, cost))
    lines = [
        json.dumps({"n": each.people, "seed": each.seed, "preset": each.preset, "cascade": each.cascade, **known[each]})
        for each in sorted(known)
    ]
    LEARNED.write_text("[\n" + ",\n".join(lines) + "\n]\n")
