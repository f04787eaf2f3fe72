"""``run`` and ``health``."""

from contextlib import ExitStack
from datetime import timedelta
from typing import Annotated

import typer

from talkcycle.bootstrap import logger, open_application
from talkcycle.cli.options import CONFIG, AsJson, Config
from talkcycle.cli.output import ATTENTION, print_json, told_plainly


def run(config: Config = CONFIG) -> None:
    """Run the service until it is told to stop (SIGTERM or Ctrl-C); it finishes the message in hand first."""
    from talkcycle.daemon.run import daemon_of, only_daemon, stop_on_signals  # noqa: PLC0415

    stop = stop_on_signals()
    with told_plainly(), ExitStack() as held:
        app = open_application(config)
        alone = app.settings.database.startswith("sqlite")
        if alone:
            held.enter_context(only_daemon(app.settings.data))
        log = logger(app.settings)
        service = daemon_of(app, log)
        service.ticker.start(alone=alone)
        if app.settings.web is not None:
            from talkcycle.web.serve import serving  # noqa: PLC0415  # Litestar and uvicorn are heavy

            held.enter_context(serving(app, app.settings.web, log, stop))
        service.run(stop)


def health(
    config: Config = CONFIG,
    *,
    within: Annotated[int, typer.Option(help="Seconds within which the last tick must lie.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Say whether the service ticks and nothing holds it up; exit status 3 when it needs attention."""
    with told_plainly():
        app = open_application(config)
        now = app.clock.now()
        with app.store.read() as session:
            last_tick, hold = session.ledger.last_tick(), session.ledger.hold()
    faults = []
    if last_tick is None or now - last_tick > timedelta(seconds=within):
        faults.append("the service has not ticked lately: is `talkcycle run` running?")
    if hold is not None:
        faults.append(f"the outbox is on hold: {hold}")
    if as_json:
        print_json({"healthy": not faults, "faults": faults, "last_tick": last_tick})
    else:
        typer.echo("; ".join(faults) or "healthy")
    if faults:
        raise typer.Exit(ATTENTION)
