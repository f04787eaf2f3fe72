"""The command line's front door."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

import typer

from talkcycle import __version__
from talkcycle.cli.doctor import doctor
from talkcycle.cli.files import check, init, schema
from talkcycle.cli.links import links
from talkcycle.cli.looking import audit, status, timeline
from talkcycle.cli.outbox import outbox
from talkcycle.cli.planning import approve, plan
from talkcycle.cli.preview import preview
from talkcycle.cli.roster import roster
from talkcycle.cli.running import health, run
from talkcycle.cli.serving import serve
from talkcycle.cli.simulate import simulate
from talkcycle.cli.solve import solve
from talkcycle.cli.talks import talk

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Runs an organisation's employee talks from the calendars and mailboxes people already have.",
    epilog="Exit status: 0 done, 1 refused, 2 faulty input, 3 needs attention.",
)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"talkcycle {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=lambda value: _version(wanted=value), is_eager=True, help="The version.")
    ] = False,
) -> None:
    del version  # its callback has answered


COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Configure": (init, check, doctor, schema),
    "Try it": (preview, simulate),
    "Start a round": (plan, approve),
    "Check the planner": (solve,),
    "Run": (run, serve, health),
    "Look": (status, timeline, audit),
}
for panel, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.add_typer(roster, name="roster", rich_help_panel="Configure")
app.add_typer(outbox, name="outbox", rich_help_panel="Look")
app.add_typer(talk, name="talk", rich_help_panel="Change")
app.add_typer(links, name="links", rich_help_panel="Change")


def main() -> None:
    """Entry point of the installed command.

    Ends without taking the interpreter apart, a tenth of a second that nothing depends on: what was written is
    committed, and the system closes files and lets go of locks. An error that nobody foresaw leaves in the ordinary way.
    """
    status = 0
    try:
        app()
    except SystemExit as end:
        if end.code is not None and not isinstance(end.code, int):
            raise
        status = end.code or 0
    with suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
