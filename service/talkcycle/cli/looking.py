"""``status``, ``timeline`` and ``audit``: what is, what was and what will be."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import open_application
from talkcycle.cli.options import CONFIG, AsJson, Config
from talkcycle.cli.output import console, local, print_json, told_plainly

if TYPE_CHECKING:
    from talkcycle.rounds.status import RoundStatus

FOLLOW_UP = {
    "held": "talks held",
    "not-held": "not held",
    "followed-up": "agreed by both",
    "open": "next steps open",
    "overdue": "of them past their day",
}
"""What HR may know of what came after the talks, in words."""


def status(config: Config = CONFIG, *, as_json: AsJson = False) -> None:
    """Show where every round stands: talks, messages, what has no time, how it is followed up, holds."""
    from talkcycle.rounds.status import status as look  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        standing = look(app.store, now=app.clock.now())
    if as_json:
        print_json(asdict(standing))
        return
    out = console()
    if not standing.rounds:
        out.print("No round is approved yet. Begin with: talkcycle plan")
    for round_ in standing.rounds:
        _show_round(round_)
    if standing.hold:
        out.print(f"[bold]The outbox is on hold:[/] {standing.hold}")
    if standing.next_due:
        out.print(f"Next due: {local(standing.next_due, 'UTC')} UTC")
    last = f"{local(standing.last_tick, 'UTC')} UTC" if standing.last_tick else "never"
    out.print(f"Last tick: {last}")


def timeline(
    person: Annotated[str, typer.Argument(help="Roster id or address.")],
    config: Config = CONFIG,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every mail and invitation a person got and will get, with dates and reasons."""
    from talkcycle.rounds.timeline import timeline as look  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        found = look(app.store, person, now=app.clock.now(), hears=app.settings.routing.hears)
    if as_json:
        print_json({"person": found.person.id, "lines": [asdict(line) for line in found.lines]})
        return
    from rich.table import Table  # noqa: PLC0415

    zone = found.person.zone
    table = Table("When", "What", "About", "State", "Why", title=f"{found.person.name} ({zone})")
    for line in found.lines:
        why = f"{line.why}. {line.reason}" if line.reason else line.why
        table.add_row(local(line.at, zone), line.step, line.subject, line.state, why)
    console().print(table)


def audit(
    config: Config = CONFIG,
    *,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who did what and when, the newest first."""
    with told_plainly():
        app = open_application(config)
        with app.store.read() as session:
            trail = session.ledger.trail(limit)
    if as_json:
        print_json([asdict(entry) for entry in trail])
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table("When (UTC)", "Who", "What", "About", "Detail")
    for entry in trail:
        table.add_row(local(entry.at, "UTC"), entry.who, entry.action, entry.subject, entry.detail)
    console().print(table)


def _show_round(round_: "RoundStatus") -> None:
    from rich.table import Table  # noqa: PLC0415

    out = console()
    talks = ", ".join(f"{count} {state}" for state, count in round_.talks.items())
    out.print(f"[bold]{round_.id}[/] ({round_.state}), {round_.first} to {round_.last}: {talks}")
    out.print(f"Approved by {round_.approved_by} {local(round_.approved_at, 'UTC')} UTC")
    if any(round_.follow_up.values()):
        out.print("Followed up: " + ", ".join(f"{count} {FOLLOW_UP[key]}" for key, count in round_.follow_up.items()))
    states = sorted({state for counts in round_.messages.values() for state in counts})
    if states:
        table = Table("Step", *states)
        for step, counts in round_.messages.items():
            table.add_row(step, *(str(counts.get(state, "")) for state in states))
        out.print(table)
    if round_.unplaced:
        missing = Table("Employee", "Why there is no time")
        for employee, reason in round_.unplaced.items():
            missing.add_row(employee, reason)
        out.print(missing)
