"""What each tool for the planner costs before it has planned anything: the table of docs/decisions/0007-planner-tool.md.

Usage: tools.py [PYTHON], an interpreter that has NumPy, Numba, OR-Tools, highspy and Cython; this one by default. Each
tool runs in a process of its own, several times; the best counts, since other work shares the machine.

The kernel is the planner's innermost question: the cheapest of a talk's 100 candidate starts at which the manager is free
for five steps of the grid and has not had as many talks that day as they may. 2,000 cells, 85 % of them taken; 64 talks.
"""

import json
import random
import re
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

CELLS, CANDIDATES, TALKS, LENGTH, PER_DAY, MOST = 2000, 100, 64, 5, 96, 2
REPEATS = 7
PACKAGES = {  # what pip brings along for each, by the folders it makes
    "python": (),
    "numpy": ("numpy", "numpy.libs"),
    "numba": ("numba", "llvmlite", "numpy", "numpy.libs"),
    "ortools": (
        "ortools",
        "ortools.libs",
        "numpy",
        "numpy.libs",
        "pandas",
        "google",
        "absl",
        "dateutil",
        "immutabledict",
    ),
    "highspy": ("highspy", "highspy.libs", "numpy", "numpy.libs"),
    "cython": (),
}
IMPORTS = {
    "python": "import array",
    "numpy": "import numpy",
    "numba": "import numba",
    "ortools": "from ortools.sat.python import cp_model",
    "highspy": "import highspy",
    "cython": "import array",
}


class Data(NamedTuple):
    """Candidates are sorted by price. ``line``: 1 where the manager is taken."""

    slot: "array[int]"
    price: "array[int]"
    line: "array[int]"
    on_day: "array[int]"


def data() -> Data:
    draw = random.Random(1)
    slot, price = array("i"), array("i")
    for _ in range(TALKS):
        slot.extend(sorted(draw.sample(range(CELLS - LENGTH), CANDIDATES), key=lambda _: draw.random()))
        price.extend(sorted(draw.choice((0, 15, 20, 35, 40, 60)) for _ in range(CANDIDATES)))
    line = array("i", [0] * CELLS)
    while sum(line) < 0.85 * CELLS:
        begins = draw.randrange(CELLS - 8)
        line[begins : begins + 8] = array("i", [1] * 8)
    on_day = array("i", [draw.choice((0, 1, 2, 2)) for _ in range(CELLS // PER_DAY + 1)])
    return Data(slot, price, line, on_day)


def cheapest(slot: Any, price: Any, line: Any, on_day: Any, talk: int) -> int:
    """The kernel as loops: in the same words for Python, Numba and Cython. The candidate, or -1."""
    for at in range(talk * 100, talk * 100 + 100):
        cell = slot[at]
        if on_day[cell // 96] >= 2:
            continue
        free = 1
        for i in range(cell, cell + 5):
            if line[i]:
                free = 0
                break
        if free:
            return price[at]  # type: ignore[no-any-return]
    return -1


def many(slot: Any, price: Any, line: Any, on_day: Any, rounds: int) -> int:
    found = 0
    for n in range(rounds):
        found += cheapest(slot, price, line, on_day, n % 64)
    return found


TYPES = """
cimport cython
@cython.locals(at=cython.int, cell=cython.int, i=cython.int, free=cython.int)
cpdef int cheapest(int[::1] slot, int[::1] price, int[::1] line, int[::1] on_day, int talk)
@cython.locals(found=cython.int, n=cython.int)
cpdef int many(int[::1] slot, int[::1] price, int[::1] line, int[::1] on_day, int rounds)
"""


def python() -> Callable[[int], int]:
    """Sets of starts as whole numbers, a set for each price; the loop in ``python_loops`` for comparison."""
    of = data()
    taken = sum(1 << cell for cell in range(CELLS) if any(of.line[cell : cell + LENGTH]))
    for day, held in enumerate(of.on_day):
        if held >= MOST:
            taken |= ((1 << PER_DAY) - 1) << day * PER_DAY
    classes: list[dict[int, int]] = []
    for talk in range(TALKS):
        sets: dict[int, int] = {}
        for at in range(talk * CANDIDATES, (talk + 1) * CANDIDATES):
            sets[of.price[at]] = sets.get(of.price[at], 0) | 1 << of.slot[at]
        classes.append(dict(sorted(sets.items())))

    def run(rounds: int) -> int:
        found = 0
        for n in range(rounds):
            for price, starts in classes[n % TALKS].items():
                left = starts & ~taken
                if left:
                    found += price
                    break
            else:
                found -= 1
        return found

    return run


def python_loops() -> Callable[[int], int]:
    of = data()
    return lambda rounds: many(*of, rounds)


def numpy() -> Callable[[int], int]:
    import numpy as np  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415

    slot, price, line, on_day = (np.frombuffer(each, dtype=np.int32) for each in data())
    slots, prices, steps = slot.reshape(TALKS, -1), price.reshape(TALKS, -1), np.arange(LENGTH)

    def run(rounds: int) -> int:
        found = 0
        for n in range(rounds):
            mine = slots[n % TALKS]
            free = ~line[mine[:, None] + steps].any(axis=1) & (on_day[mine // PER_DAY] < MOST)
            at = int(free.argmax())
            found += int(prices[n % TALKS][at]) if free[at] else -1
        return found

    return run


def numba() -> Callable[[int], int]:
    import numba as nb  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    arrays = [np.frombuffer(each, dtype=np.int32) for each in data()]
    names: dict[str, Any] = {"cheapest": nb.njit(cheapest)}
    exec("def many" + Path(__file__).read_text().split("def many")[1].split("\n\n\n")[0], names | globals(), names)
    compiled = nb.njit(FunctionType(names["many"].__code__, names))
    return lambda rounds: int(compiled(*arrays, rounds))


def cython() -> Callable[[int], int]:
    """Compiled when the package is built: what is installed is one file, and imports nothing."""
    import importlib.util  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp())
    source = Path(__file__).read_text()
    loops = "def cheapest" + source.split("def cheapest")[1].split("\n\n\nTYPES")[0]
    (folder / "kernel.py").write_text("# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True\n"
                                      + re.sub(r": (Any|int)| -> int", "", loops))  # fmt: skip
    (folder / "kernel.pxd").write_text(TYPES)
    subprocess.run([Path(sys.executable).with_name("cythonize"), "-iq", "kernel.py"], cwd=folder, check=True)
    built = next(folder.glob("kernel*.so"))
    sys.modules.pop("kernel", None)
    spec = importlib.util.spec_from_file_location("kernel", built)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    of = data()
    return lambda rounds: int(module.many(*of, rounds))


def ortools() -> Callable[[int], int]:
    """A model for one talk, built and solved: what a move costs when a solver is asked for each."""
    from ortools.sat.python import cp_model  # noqa: PLC0415

    of = data()

    def run(rounds: int) -> int:
        found = 0
        for n in range(rounds):
            model = cp_model.CpModel()
            literals = []
            for at in range(n % TALKS * CANDIDATES, (n % TALKS + 1) * CANDIDATES):
                cell = of.slot[at]
                if on_open(of, cell):
                    literals.append((model.new_bool_var(""), of.price[at]))
            model.add_exactly_one(literal for literal, _ in literals)
            model.minimize(sum(price * literal for literal, price in literals))
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            solver.solve(model)
            found += round(solver.objective_value) if literals else -1
        return found

    return run


def highspy() -> Callable[[int], int]:
    import highspy as hs  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    of = data()

    def run(rounds: int) -> int:
        found = 0
        for n in range(rounds):
            prices = [
                of.price[at]
                for at in range(n % TALKS * CANDIDATES, (n % TALKS + 1) * CANDIDATES)
                if on_open(of, of.slot[at])
            ]
            highs = hs.Highs()
            highs.setOptionValue("output_flag", False)
            for column, price in enumerate(prices):
                highs.addVar(0, 1)
                highs.changeColCost(column, price)
                highs.changeColIntegrality(column, hs.HighsVarType.kInteger)
            highs.addRow(1, 1, len(prices), np.arange(len(prices), dtype=np.int32), np.ones(len(prices)))
            highs.run()
            found += round(highs.getInfo().objective_function_value) if prices else -1
        return found

    return run


def on_open(of: Data, cell: int) -> bool:
    return of.on_day[cell // PER_DAY] < MOST and not any(of.line[cell : cell + LENGTH])


KERNELS: dict[str, tuple[Callable[[], Callable[[int], int]], ...]] = {
    "python": (python, python_loops),
    "numpy": (numpy,),
    "numba": (numba,),
    "ortools": (ortools,),
    "highspy": (highspy,),
    "cython": (cython,),
}


def one(tool: str) -> dict[str, Any]:
    """Rates of a tool's kernels, and the time until the first answer."""
    rates = []
    first = answer = 0.0
    for kernel in KERNELS[tool]:
        run = kernel()
        began = time.perf_counter()
        run(1)
        first = time.perf_counter() - began
        rounds = 1
        while True:
            began = time.perf_counter()
            run(rounds)
            seconds = time.perf_counter() - began
            if seconds > 0.2:
                break
            rounds *= 4
        answer = run(640) if rounds >= 640 else run(64) * 10
        rates.append(rounds / min(seconds, *(timed(run, rounds) for _ in range(REPEATS))))
    return {"first": first, "rates": rates, "answer": answer}


def timed(run: Callable[[int], int], rounds: int) -> float:
    began = time.perf_counter()
    run(rounds)
    return time.perf_counter() - began


def started(interpreter: str, code: str) -> tuple[float, float]:
    """Least seconds of a process that runs *code*, and the megabytes it holds at its end."""
    code += "\nfor line in open('/proc/self/status'):\n    if line.startswith('VmRSS'): print(line.split()[1])"
    best, held = float("inf"), 0.0
    for _ in range(REPEATS):
        began = time.perf_counter()
        done = subprocess.run([interpreter, "-I", "-c", code], capture_output=True, text=True, check=True)
        best, held = min(best, time.perf_counter() - began), float(done.stdout) / 1000
    return best, held


def installed(interpreter: str, tool: str) -> float:
    """Megabytes of the folders of a tool and of what it needs."""
    code = "import sysconfig; print(sysconfig.get_path('platlib'))"
    site = Path(subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=True).stdout.strip())
    files = (file for folder in PACKAGES[tool] for file in (site / folder).rglob("*") if file.suffix != ".pyc")
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main(interpreter: str) -> None:
    nothing, empty = started(interpreter, "pass")
    print("| tool | installed, MB | import, ms | memory after it, MB | first answer, ms | kernels a second |")
    print("|---|---|---|---|---|---|")
    for tool in KERNELS:
        seconds, held = started(interpreter, IMPORTS[tool])
        command = [interpreter, __file__, "--one", tool]
        found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
        rates = ", ".join(f"{rate:,.0f}" for rate in found["rates"])
        print(
            f"| {tool} | {installed(interpreter, tool):.0f} | {(seconds - nothing) * 1000:.0f} | "
            f"{held - empty:.0f} | {found['first'] * 1000:.1f} | {rates} |",
            flush=True,
        )
        print(f"{tool}: answer {found['answer']}", file=sys.stderr)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(sys.argv[2])))
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else sys.executable)
