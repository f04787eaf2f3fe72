"""``init``, ``check`` and ``schema``: what HR and IT write."""

import shutil
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from talkcycle.bootstrap import SystemClock, read_inputs, settings_of
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile
from talkcycle.cli.output import print_json, told_plainly
from talkcycle.domain.faults import Refused
from talkcycle.resources import shipped


class SchemaOf(StrEnum):
    CYCLE = "cycle"
    SERVICE = "service"


def init(folder: Annotated[Path, typer.Argument(help="Where to put them.")] = CONFIG) -> None:
    """Write the example files to begin with: cycle.yaml, roster.csv and service.yaml."""
    with told_plainly():
        if folder.exists() and any(folder.iterdir()):
            raise Refused(f"{folder} has files in it; name an empty folder.")
        shutil.copytree(shipped("config"), folder, dirs_exist_ok=True)
    typer.echo(f"Wrote {', '.join(sorted(path.name for path in folder.iterdir()))} to {folder}. Next: talkcycle check")


def check(config: Config = CONFIG, cycle: CycleFile = CYCLE, *, as_json: AsJson = False) -> None:
    """Read every file and name every fault with its place and how to mend it. Stores and sends nothing."""
    with told_plainly():
        settings = settings_of(config)
        inputs = read_inputs(config / cycle, settings, today=SystemClock().now().date())
    people = inputs.roster.people
    counts = {
        "people": len(people),
        "without_mailbox": sum(person.email is None for person in people),
        "excluded": sum(person.excluded is not None for person in people),
        "steps": len(inputs.cycle.steps),
        "countries": sorted(inputs.holidays),
    }
    if as_json:
        print_json(counts)
        return
    typer.echo(
        f"No faults. {counts['people']} people, {counts['without_mailbox']} of them without a mailbox and "
        f"{counts['excluded']} excluded; {counts['steps']} steps. Next: talkcycle simulate, talkcycle plan"
    )


def schema(of: Annotated[SchemaOf, typer.Argument(help="Of which file.")]) -> None:
    """Print the JSON Schema by which editors complete and check a file."""
    from talkcycle.intake.schema import cycle_schema, service_schema  # noqa: PLC0415

    print_json(cycle_schema() if of is SchemaOf.CYCLE else service_schema())
