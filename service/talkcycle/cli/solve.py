"""``solve``: plan an instance in the interchange format, so that the planner can be checked from outside."""

import gc
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from talkcycle.cli.options import AsJson
from talkcycle.cli.output import console, interruptible, print_json, progress_bar, told_plainly
from talkcycle.domain.faults import Fault, FaultyInput, Refused

if TYPE_CHECKING:
    from talkcycle.planning.instance import Instance, Plan
    from talkcycle.planning.replan import Replanned

READING = 0.0006
"""Seconds a talk takes to read, check and write, on a slow machine; kept from the search's part of the limit."""
ENDING = 0.6
"""Seconds for tidying up, the summary and the end of the process, besides what each talk takes."""
SLACK = 0.97
"""Of the limit: on a busy machine everything after the search takes longer too."""
SEARCHING = 0.7
"""The part of what is left that the search is meant to fill; the rest is for machines that are slower."""


def solve(
    instance: Annotated[Path, typer.Argument(help="An instance in talkplan/1 (JSON).")],
    plan: Annotated[Path, typer.Argument(help="Where the plan is written.")],
    *,
    limit: Annotated[float, typer.Option("--limit", min=1, help="Seconds in all; the best plan found is kept.")] = 30,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another number, another search.")] = 0,
    base: Annotated[
        Path | None, typer.Option("--base", help="A plan before: only the talks of --movable get another time.")
    ] = None,
    movable: Annotated[
        str | None, typer.Option("--movable", help="With --base: ids of talks with commas between, or @FILE of ids.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan an instance in the format talkplan/1. Ctrl-C ends the search and keeps the best plan so far.

    With --base and --movable nothing else of the plan before moves; for a talk that finds no time the smallest
    exchange that would place it is shown, and not done.
    """
    began = time.monotonic() - time.process_time()  # when the process did, but for what it waited
    gc.disable()  # what is read lives until the command ends: looking through it for garbage doubles the time to read
    with told_plainly():
        question = _read(instance)
        if not plan.parent.is_dir():
            raise Refused(f"There is no folder {plan.parent} to write the plan into.")
        if (base is None) != (movable is None):
            raise Refused("--base and --movable go together: the plan before, and which of its talks may move.")
        if base is not None and movable is not None:
            answer = _replanned(question, base, _ids(movable), seed, plan)
            _tell(question, answer, as_json=as_json)
            return
        with interruptible() as stopped, progress_bar("Planning", quiet=as_json) as progress:
            from talkcycle.planning.search import compiled  # noqa: PLC0415
            from talkcycle.planning.solve import attempts_in, search  # noqa: PLC0415

            size = len(question.talks)
            found = search(
                question,
                seed=seed,
                limit=max(0.1, limit * SLACK - (time.monotonic() - began) - ENDING - size * READING / 10),
                attempts=attempts_in(max(0.1, limit - 1 - size * READING) * SEARCHING, size),
                progress=progress,
                stop=stopped,
            )
        _write(found.plan, plan)
    summary = _summary(question, found.plan) | {
        "complete": found.complete,
        "compiled": compiled(),
        "seconds": round(time.monotonic() - began, 3),
    }
    if as_json:
        print_json(summary)
        return
    console().print(
        f"{summary['placed']} of {summary['talks']} talks have a time, {summary['without_room']} of them want a room "
        f"and have none. Penalty {summary['penalty']}, cost {summary['cost']}; {summary['seconds']:.1f} s."
    )
    if not found.complete:
        typer.echo("The search was cut short; this is the best plan it had.", err=True)


def _replanned(question: "Instance", base: Path, movable: frozenset[str], seed: int, plan: Path) -> "Replanned":
    from talkcycle.planning.replan import replan  # noqa: PLC0415

    unknown = sorted(movable - {talk.id for talk in question.talks})
    if unknown:
        raise Refused(f"No talks of the instance: {', '.join(unknown)}.")
    answer = replan(question, _read_plan(base, question), movable, seed=seed)
    _write(answer.plan, plan)
    return answer


def _tell(question: "Instance", answer: "Replanned", *, as_json: bool) -> None:
    offers = {
        id_: None
        if offer is None
        else {
            "start": offer.places.start,
            "room": offer.places.room,
            "moves": [
                {"talk": move.to.talk, "from": move.before.start, "to": move.to.start, "room": move.to.room}
                for move in offer.moves
            ],
        }
        for id_, offer in answer.offers.items()
    }
    if as_json:
        print_json(
            {
                "talks": len(question.talks),
                "placed": len(answer.plan.assignments),
                "moved": list(answer.moved),
                "unplaced": list(answer.unplaced),
                "offers": offers,
            }
        )
        return
    out = console()
    out.print(f"{len(answer.moved)} talks have another time or room; nothing else moved.")
    for id_, offer in answer.offers.items():
        if offer is None:
            out.print(f"{id_} has no time, and moving a few others would not give it one.")
            continue
        moves = ", ".join(
            f"{move.to.talk} went from {_instant(question, move.before.start)} to {_instant(question, move.to.start)}"
            for move in offer.moves
        )
        condition = f" if {moves}" if moves else ""
        out.print(f"{id_} has no time. It could be at {_instant(question, offer.places.start)}{condition}. Not done.")


def _instant(question: "Instance", minute: int) -> str:
    return (question.t0 + timedelta(minutes=minute)).strftime("%Y-%m-%d %H:%M UTC")


def _ids(text: str) -> frozenset[str]:
    try:
        listed = Path(text[1:]).read_text(encoding="utf-8") if text.startswith("@") else text
    except OSError as problem:
        raise Refused(f"{text[1:]} cannot be read: {problem.strerror}.") from None
    return frozenset(listed.replace(",", " ").split())


def _read(file: Path) -> "Instance":
    from talkcycle.planning.talkplan import from_json  # noqa: PLC0415
    from talkcycle.planning.talkplan_faults import faults_in  # noqa: PLC0415

    document = _parsed(file)
    faults = faults_in(document, str(file))
    if faults:
        raise FaultyInput(faults)
    return from_json(document)


def _parsed(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as problem:
        raise Refused(f"{file} cannot be read: {problem.strerror}.") from None
    except ValueError as problem:
        line = problem.lineno if isinstance(problem, json.JSONDecodeError) else 0
        fault = Fault(file=str(file), line=line, problem="This is not JSON.", mend=f"{problem}.")
        raise FaultyInput([fault]) from None


def _read_plan(file: Path, question: "Instance") -> "Plan":
    """A plan before; talks that the instance no longer has are left out."""
    from talkcycle.planning.instance import Plan  # noqa: PLC0415
    from talkcycle.planning.talkplan import plan_from_json  # noqa: PLC0415

    document = _parsed(file)
    try:
        assignments = plan_from_json(document)
    except (AttributeError, KeyError, TypeError):
        mend = 'Give {"assignments": [{"talk": id, "start": minutes, "room": id or null}, ...]}.'
        raise FaultyInput([Fault(file=str(file), problem="This is not a plan of talkplan/1.", mend=mend)]) from None
    known = {talk.id for talk in question.talks}
    placed = {each.talk for each in assignments}
    return Plan(
        assignments=tuple(each for each in assignments if each.talk in known),
        unplaced=tuple(talk.id for talk in question.talks if talk.id not in placed),
    )


def _write(plan: "Plan", file: Path) -> None:
    """Write the plan whole or not at all."""
    from talkcycle.planning.talkplan import plan_to_json  # noqa: PLC0415

    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(json.dumps(plan_to_json(plan), separators=(",", ":")) + "\n", encoding="utf-8")
    beside.replace(file)


def _summary(question: "Instance", plan: "Plan") -> dict[str, Any]:
    from talkcycle.planning.score import score  # noqa: PLC0415

    found = score(question, plan)
    return {
        "talks": len(question.talks),
        "placed": len(plan.assignments),
        "unplaced": found.unplaced,
        "without_room": found.without_room,
        "penalty": found.penalty,
        "kinds": dict(found.kinds),
        "cost": found.cost,
    }
