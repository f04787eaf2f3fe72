"""``outbox``: every message and what became of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import open_application
from talkcycle.cli.options import CONFIG, AsJson, Config
from talkcycle.cli.output import console, local, print_json, told_plainly
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import KnownMessage, OutboxState

if TYPE_CHECKING:
    from talkcycle.bootstrap import Application

outbox = typer.Typer(no_args_is_help=True, help="Every message and what became of it; hold, release, retry.")

Ids = Annotated[list[int] | None, typer.Argument(help="Numbers of messages.")]
Id = Annotated[int, typer.Argument(help="Number of the message.")]


@outbox.command("list")
def list_(
    config: Config = CONFIG,
    *,
    round_: Annotated[str | None, typer.Option("--round", help="Of this round only.")] = None,
    state: Annotated[list[OutboxState] | None, typer.Option(help="In this state. Repeatable.")] = None,
    person: Annotated[str | None, typer.Option(help="To the person with this roster id, or hr.")] = None,
    step: Annotated[str | None, typer.Option(help="Of this step.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """List messages, the latest last."""
    from talkcycle.domain.store import OutboxFilter  # noqa: PLC0415

    recipient = person if person in {None, "hr"} else f"person:{person}"
    wanted = OutboxFilter(
        round=round_, states=frozenset(state) if state else None, recipient=recipient, step=step, limit=limit
    )
    with told_plainly():
        app = open_application(config)
        with app.store.read() as session:
            rows = session.outbox.find(wanted)
    if as_json:
        print_json([_document(row) for row in rows])
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table("No.", "State", "Due (UTC)", "Step", "About", "To", "Attempts")
    for row in rows:
        table.add_row(
            str(row.id),
            row.state,
            local(row.due_at, "UTC"),
            row.key.step,
            row.key.subject,
            row.key.recipient,
            str(row.attempts),
        )
    console().print(table)


@outbox.command()
def show(id_: Id, config: Config = CONFIG, *, as_json: AsJson = False) -> None:
    """Show one message: envelope, history and reasons, never its text."""
    with told_plainly():
        app = open_application(config)
        row, attempts = _one(app, id_)
    if as_json:
        print_json(_document(row) | {"failures": [{"at": at, "said": said} for at, said in attempts]})
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_header=False)
    for name, value in _document(row).items():
        table.add_row(name, str(value))
    for at, said in attempts:
        table.add_row(f"failed {local(at, 'UTC')}", said)
    console().print(table)


@outbox.command()
def why(id_: Id, config: Config = CONFIG) -> None:
    """Say in a sentence or two why a message was, or was not, sent."""
    with told_plainly():
        app = open_application(config)
        row, _ = _one(app, id_)
    typer.echo(f"{row.key.step} to {row.key.recipient} about {row.key.subject}: due {row.why}. {_state_sentence(row)}")


@outbox.command()
def retry(ids: Ids = None, config: Config = CONFIG) -> None:
    """Send messages again that failed or are held: the same bytes."""
    _decide(config, ids, to=OutboxState.QUEUED, action="retried")


@outbox.command()
def hold(
    ids: Ids = None,
    config: Config = CONFIG,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Everything, until released: the stop button.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for whoever looks next.")] = "held by hand",
) -> None:
    """Hold messages back, or with --all the whole outbox."""
    if not all_:
        _decide(config, ids, to=OutboxState.HELD, action="held")
        return
    from talkcycle.rounds.hold import hold_all  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        hold_all(app.store, reason=reason, who=app.who, now=app.clock.now())
    typer.echo("Nothing more is sent until: talkcycle outbox release --all")


@outbox.command()
def release(
    ids: Ids = None,
    config: Config = CONFIG,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Lift the hold on the whole outbox.")] = False,
) -> None:
    """Let held messages go, or with --all lift the hold on everything."""
    if not all_:
        _decide(config, ids, to=OutboxState.QUEUED, action="released")
        return
    from talkcycle.rounds.hold import release_all  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        release_all(app.store, who=app.who, now=app.clock.now())
    typer.echo("Sending goes on.")


def _decide(config: Config, ids: list[int] | None, *, to: OutboxState, action: str) -> None:
    from talkcycle.rounds.hold import decide  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        count = decide(app.store, ids or [], to=to, action=action, who=app.who, now=app.clock.now())
    typer.echo(f"{count} {action}")


def _one(app: "Application", id_: int) -> tuple[KnownMessage, list[tuple[datetime, str]]]:
    with app.store.read() as session:
        row = session.outbox.get(id_)
        if row is None:
            raise Refused(f"There is no message {id_}. See: talkcycle outbox list")
        return row, list(session.outbox.attempts(id_))


def _state_sentence(row: KnownMessage) -> str:
    match row.state:
        case OutboxState.SENT:
            assert row.settled_at is not None
            again = " after an attempt that may have arrived, so it may be there twice" if row.uncertain else ""
            return f"Sent {local(row.settled_at, 'UTC')} UTC{again}; the server said: {row.reply}"
        case OutboxState.QUEUED:
            said = f" ({row.reason})" if row.reason else ""
            return f"It waits and goes not before {local(row.not_before, 'UTC')} UTC{said}."
        case OutboxState.SENDING:
            return "A worker is sending it right now."
        case _:
            return f"It is {row.state}: {row.reason}."


def _document(row: KnownMessage) -> dict[str, object]:
    return {
        "id": row.id,
        "state": row.state.value,
        "round": row.key.round,
        "subject": row.key.subject,
        "step": row.key.step,
        "occasion": row.key.occasion,
        "recipient": row.key.recipient,
        "version": row.key.version,
        "kind": row.kind.value,
        "due_at": row.due_at,
        "not_before": row.not_before,
        "expires_at": row.expires_at,
        "why": row.why,
        "reason": row.reason,
        "attempts": row.attempts,
        "uncertain": row.uncertain,
        "transport": row.transport,
        "mailbox": row.mailbox,
        "address": row.address,
        "message_id": row.message_id,
        "settled_at": row.settled_at,
        "reply": row.reply,
        "size": row.size,
        "sha256": row.digest,
    }
