"""The command line's front door."""

from typing import Annotated

import typer

from talkcycle import __version__
from talkcycle.cli import files, looking, planning, running
from talkcycle.cli.outbox import outbox
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


for command in (files.init, files.check, files.schema):
    app.command(rich_help_panel="Configure")(command)
for command in (planning.plan, planning.approve):
    app.command(rich_help_panel="Start a round")(command)
for command in (running.run, running.health):
    app.command(rich_help_panel="Run")(command)
for command in (looking.status, looking.timeline, looking.audit):
    app.command(rich_help_panel="Look")(command)
app.add_typer(outbox, name="outbox", rich_help_panel="Look")
app.add_typer(talk, name="talk", rich_help_panel="Change")


def main() -> None:
    """Entry point of the installed command."""
    app()
