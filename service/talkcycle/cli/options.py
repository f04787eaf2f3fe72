"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="TALKCYCLE_CONFIG",
        help="Folder with service.yaml and the cycle files.",
        show_default=True,
    ),
]
CycleFile = Annotated[str, typer.Option("--cycle", help="The cycle's file in the config folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

CONFIG = Path("config")
CYCLE = "cycle.yaml"
