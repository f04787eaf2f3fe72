"""``solve``: plan an instance in the interchange format, so that the planner can be checked from outside."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from talkcycle.cli.options import AsJson
from talkcycle.cli.output import console, print_json, progress_bar, told_plainly
from talkcycle.domain.faults import Fault, FaultyInput, Refused

if TYPE_CHECKING:
    from talkcycle.planning.instance import Instance
    from talkcycle.planning.solve import Solved

READING = 0.0006
"""Seconds a talk takes to read, check and write, on a slow machine; kept from the search's part of the limit."""
ENDING = 0.4
"""Seconds for tidying up, the summary and the end of the process, besides what each talk takes."""
SEARCHING = 0.7
"""The part of what is left that the search is meant to fill; the rest is for machines that are slower."""


def solve(
    instance: Annotated[Path, typer.Argument(help="An instance in talkplan/1 (JSON).")],
    plan: Annotated[Path, typer.Argument(help="Where the plan is written.")],
    *,
    limit: Annotated[float, typer.Option("--limit", min=1, help="Seconds in all; the best plan found is kept.")] = 30,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, another search.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Plan an instance in the format talkplan/1. Ctrl-C ends the search and keeps the best plan so far."""
    began = time.monotonic() - time.process_time()  # when the process did, but for what it waited
    with told_plainly():
        question = _read(instance)
        if not plan.parent.is_dir():
            raise Refused(f"There is no folder {plan.parent} to write the plan into.")
        with interruptible() as stopped, progress_bar("Planning", quiet=as_json) as progress:
            from talkcycle.planning.solve import attempts_in, search  # noqa: PLC0415

            size = len(question.talks)
            answer = search(
                question,
                seed=seed,
                limit=max(0.1, limit - (time.monotonic() - began) - ENDING - size * READING / 10),
                attempts=attempts_in(max(0.1, limit - 1 - size * READING) * SEARCHING, size),
                progress=progress,
                stop=stopped,
            )
        _write(answer, plan)
    summary = _summary(question, answer, time.monotonic() - began)
    if as_json:
        print_json(summary)
        return
    console().print(
        f"{summary['placed']} of {summary['talks']} talks have a time, {summary['without_room']} of them want a room "
        f"and have none. Penalty {summary['penalty']}, cost {summary['cost']}; {summary['seconds']:.1f} s."
    )
    if not answer.complete:
        typer.echo("The search was cut short; this is the best plan it had.", err=True)


@contextmanager
def interruptible() -> "Iterator[Any]":
    """Make the first Ctrl-C a question that can be asked; a second one ends the command as usual."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


def _read(file: Path) -> "Instance":
    from talkcycle.planning.talkplan import from_json  # noqa: PLC0415
    from talkcycle.planning.talkplan_faults import faults_in  # noqa: PLC0415

    try:
        document = json.loads(file.read_bytes())
    except OSError as problem:
        raise Refused(f"{file} cannot be read: {problem.strerror}.") from None
    except ValueError as problem:
        line = problem.lineno if isinstance(problem, json.JSONDecodeError) else 0
        fault = Fault(file=str(file), line=line, problem="This is not JSON.", mend=f"{problem}.")
        raise FaultyInput([fault]) from None
    faults = faults_in(document, str(file))
    if faults:
        raise FaultyInput(faults)
    return from_json(document)


def _write(answer: "Solved", file: Path) -> None:
    """Write the plan whole or not at all."""
    from talkcycle.planning.talkplan import plan_to_json  # noqa: PLC0415

    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(json.dumps(plan_to_json(answer.plan), separators=(",", ":")) + "\n", encoding="utf-8")
    beside.replace(file)


def _summary(question: "Instance", answer: "Solved", seconds: float) -> dict[str, Any]:
    from talkcycle.planning.score import score  # noqa: PLC0415

    found = score(question, answer.plan)
    return {
        "talks": len(question.talks),
        "placed": len(answer.plan.assignments),
        "unplaced": found.unplaced,
        "without_room": found.without_room,
        "penalty": found.penalty,
        "kinds": dict(found.kinds),
        "cost": found.cost,
        "complete": answer.complete,
        "seconds": round(seconds, 3),
    }
