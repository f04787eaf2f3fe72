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
README = (
    # people, seed, preset, cascade; first come and best known as unplaced, without a room, penalty
    (500, 7, "normal", "hard", (146, 94, 7_150), (51, 61, 7_205)),
    (2_000, 7, "normal", "soft", (161, 205, 63_670), (103, 62, 38_825)),
    (2_000, 3, "tight", "soft", (509, 265, 46_305), (362, 198, 43_990)),
    (2_000, 3, "loose", "soft", (59, 54, 74_765), (56, 22, 16_160)),
    (2_000, 7, "normal", "hard", (527, 178, 34_620), (164, 88, 24_780)),
    (10_000, 7, "normal", "soft", (1_006, 1_012, 314_520), (668, 308, 183_960)),
    (10_000, 3, "tight", "soft", (2_557, 1_367, 232_530), (1_865, 919, 202_880)),
    (50_000, 7, "normal", "soft", (4_538, 3_423, 1_609_210), (3_163, 642, 896_660)),
)
"""The table of the shared README, which reference.json does not have."""


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
    """What others reached, and what was learned for instances they did not try."""
    found = {
        Case(people=people, seed=seed, preset=preset, cascade=cascade): Costs(
            first_come=cost_of(*first), best_known=cost_of(*best), ours=False
        )
        for people, seed, preset, cascade, first, best in README
    }
    for row in json.loads((SHARED / "reference.json").read_text()):
        case = Case(people=row["n"], seed=row["seed"], preset=row["preset"], cascade=row["cascade"])
        found[case] = Costs(first_come=row["first_come"], best_known=row["best_known"], ours=False)
    for case, row in learned().items():
        if case not in found:
            found[case] = Costs(first_come=row["first_come"], best_known=row.get("best_known"), ours=True)
    return found


def cost_of(unplaced: int, without_room: int, penalty: int) -> int:
    """With the weights of the generator."""
    return 10_000 * unplaced + 1_000 * without_room + penalty


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
