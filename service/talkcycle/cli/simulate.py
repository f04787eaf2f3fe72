"""``simulate``: a whole round in seconds, to look at."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import SystemClock, quiet_logger, read_inputs, settings_of
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile
from talkcycle.cli.output import clock_line, print_json, progress_bar, told_plainly

if TYPE_CHECKING:
    from talkcycle.rendering.pages.rehearsed import RehearsedRound

OUT = Path("rehearsal")


def simulate(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for what it shows.")] = OUT,
    as_json: AsJson = False,
) -> None:
    """Run the whole round against a clock that jumps and a mail server of its own, and show it on a page.

    Nothing leaves this machine, and nothing of a running service is touched.
    """
    from talkcycle.daemon.showcase import Showcase  # noqa: PLC0415
    from talkcycle.daemon.simulation import first_moment  # noqa: PLC0415
    from talkcycle.daemon.simulation import simulate as rehearse  # noqa: PLC0415
    from talkcycle.rendering.pages.checks import checks_of  # noqa: PLC0415

    with told_plainly():
        settings = settings_of(config, with_secrets=False)
        today = SystemClock().now().date()
        inputs = read_inputs(config / cycle, settings, today=today)
        start = first_moment(inputs, today)
        showcase = Showcase(out)
        showcase.clear()
        with clock_line("Rehearsing", quiet=as_json) as progress:
            simulated = rehearse(inputs, settings, start=start, take=showcase.take, log=quiet_logger(), progress=progress)
        people = {person.id: person for person in inputs.roster.people}
        with progress_bar("Writing pages", quiet=as_json) as written:
            facts = showcase.finish(simulated, people, written=written)
    if as_json:
        print_json(_document(facts) | {"page": str(showcase.index)})
        return
    for check in checks_of(facts):
        if not check.holds:
            typer.echo(f"Look at this: {check.text}", err=True)
    typer.echo(
        f"{len(facts.placed)} talks with a time and {len(facts.talks) - len(facts.placed)} without, "
        f"{len(facts.mails)} messages from {facts.began:%Y-%m-%d} to {facts.ended:%Y-%m-%d}."
    )
    typer.echo(f"Look at it: {showcase.index}")


def _document(facts: "RehearsedRound") -> dict[str, object]:
    from talkcycle.rendering.pages.checks import checks_of  # noqa: PLC0415

    return {
        "round": facts.round.id,
        "plan": facts.round.plan,
        "began": facts.began,
        "ended": facts.ended,
        "talks": len(facts.placed),
        "unplaced": len(facts.talks) - len(facts.placed),
        "left_out": len(facts.left_out),
        "messages": dict(facts.counts),
        "announced": dict(facts.announced),
        "not_sent": Counter(row.reason for row in facts.unsent),
        "checks": [{"holds": check.holds, "found": check.text} for check in checks_of(facts)],
    }
