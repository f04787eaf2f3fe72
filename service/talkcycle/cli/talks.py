"""``talk``: what HR may do with a single talk."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from talkcycle.bootstrap import Application, open_application
from talkcycle.cli.options import CONFIG, Config, Yes
from talkcycle.cli.output import local, told_plainly
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.faults import Refused
from talkcycle.domain.talks import Talk

talk = typer.Typer(no_args_is_help=True, help="Give a talk another time or another host, or call it off.")

Employee = Annotated[str, typer.Argument(help="The employee's roster id.")]
OfRound = Annotated[str | None, typer.Option("--round", help="The round; the newest one if not given.")]


@talk.command()
def move(
    employee: Employee,
    start: Annotated[datetime, typer.Argument(help="2027-03-09T14:30, in the employee's time zone.")],
    config: Config = CONFIG,
    *,
    round_: OfRound = None,
    place: Annotated[str | None, typer.Option(help="Another place.")] = None,
    short_notice: Annotated[
        bool, typer.Option("--short-notice", help="Both have agreed to a time closer than the notice.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Give a talk another time: both calendars are updated, nothing is sent twice."""
    from talkcycle.rounds.change import move_talk  # noqa: PLC0415

    with _meant(config, round_, employee) as (app, found):
        instant = _instant(start, found)
        _confirmed(f"Move the talk to {local(instant, found.zone)} ({found.zone})?", yes=yes)
        move_talk(
            app.store,
            found.round,
            found.id,
            start=instant,
            place=Place(kind=PlaceKind.NAMED, name=place) if place else None,
            who=app.who,
            routing=app.settings.routing,
            now=app.clock.now(),
            short_notice=short_notice,
        )
    typer.echo("Moved. Both are told with the next tick.")


@talk.command()
def cancel(
    employee: Employee,
    config: Config = CONFIG,
    *,
    round_: OfRound = None,
    why: Annotated[str, typer.Option(help="For HR alone; never sent.")] = "",
    yes: Yes = False,
) -> None:
    """Call a talk off: its calendar entry is cancelled with neutral words and nothing more is sent about it."""
    from talkcycle.rounds.change import cancel_talk  # noqa: PLC0415

    with _meant(config, round_, employee) as (app, found):
        _confirmed("Call this talk off?", yes=yes)
        cancel_talk(app.store, found.round, found.id, why=why, who=app.who, now=app.clock.now())
    typer.echo("Cancelled. Both are told with the next tick.")


@talk.command()
def keep(employee: Employee, config: Config = CONFIG, *, round_: OfRound = None) -> None:
    """Say that a talk stays where it is although another time was proposed; who proposed it is told."""
    from talkcycle.rounds.proposals import keep_time  # noqa: PLC0415

    with _meant(config, round_, employee) as (app, found):
        keep_time(app.store, found.round, found.id, who=app.who, now=app.clock.now())
    typer.echo("Noted: the time stays.")


@talk.command()
def abstain(
    employee: Employee,
    config: Config = CONFIG,
    *,
    round_: OfRound = None,
    reason: Annotated[str, typer.Option(help="Only what the employee wants HR to know; sealed, for HR alone.")] = "",
    yes: Yes = False,
) -> None:
    """Note that the employee has chosen not to have this talk: an ordinary outcome. It can be taken back: talk move.

    The entry leaves both calendars with neutral words, the employee gets one mail that it is noted, and nothing more.
    """
    from talkcycle.rounds.change import abstain as note  # noqa: PLC0415

    with _meant(config, round_, employee) as (app, found):
        _confirmed("Note that the employee does not want this talk?", yes=yes)
        note(app.store, found.round, found.id, reason=reason, who=app.who, now=app.clock.now())
    typer.echo("Noted. The calendars follow with the next tick.")


@talk.command()
def reassign(
    employee: Employee,
    manager: Annotated[str, typer.Argument(help="The roster id of who has the talk instead.")],
    config: Config = CONFIG,
    *,
    round_: OfRound = None,
    at: Annotated[
        datetime | None, typer.Option("--at", help="2027-03-09T14:30, in the employee's time zone; else found.")
    ] = None,
    short_notice: Annotated[
        bool, typer.Option("--short-notice", help="All have agreed to a time closer than the notice.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Give a talk to another host: a stand-in for this round, or the new manager. All three are told.

    The time stays where the new host is free and at work then; else another is found, or it is said why there is none.
    """
    from talkcycle.rounds.reassign import reassign_talk, time_with  # noqa: PLC0415
    from talkcycle.rounds.rebooking import NoOtherTime  # noqa: PLC0415

    with _meant(config, round_, employee) as (app, meant):
        now = app.clock.now()
        if at is not None:
            found, start, place = meant, _instant(at, meant), meant.place
        else:
            found, time = time_with(app.store, app.calendars_now(), meant.round, meant.id, manager, now=now)
            if isinstance(time, NoOtherTime):
                raise Refused(f"{time.reason} Or say when with --at.")
            start, place = time.start, time.place
        when = "at the same time" if start == found.start else f"at {local(start, found.zone)} ({found.zone})"
        _confirmed(f"Give the talk from {found.manager} to {manager}, {when}?", yes=yes)
        reassign_talk(
            app.store,
            found.round,
            found.id,
            manager,
            start=start,
            place=place,
            who=app.who,
            routing=app.settings.routing,
            now=now,
            short_notice=short_notice,
        )
    typer.echo(f"{manager} has the talk. All three are told with the next tick.")


@talk.command()
def exclude(
    employee: Employee,
    config: Config = CONFIG,
    *,
    round_: OfRound = None,
    reason: Annotated[str, typer.Option(help="For HR alone; sealed, never sent.")],
    yes: Yes = False,
) -> None:
    """Leave a talk out of this round: off, with neutral words, and counted as cancelled."""
    from talkcycle.rounds.reassign import exclude_talk  # noqa: PLC0415

    with _meant(config, round_, employee) as (app, found):
        _confirmed("Leave this talk out of the round?", yes=yes)
        exclude_talk(app.store, found.round, found.id, reason=reason, who=app.who, now=app.clock.now())
    typer.echo("Left out. The calendars follow with the next tick.")


@talk.command()
def why(
    employee: Employee,
    config: Config = CONFIG,
    *,
    round_: OfRound = None,
) -> None:
    """Show what is noted of a talk that has no time or is off; of one opted out of only what the employee chose to say.

    For HR's eyes: do not pass it on, nor to the manager.
    """
    with _meant(config, round_, employee) as (_, found):
        typer.echo(f"{found.state.value}: {found.note or 'no reason was given'}")


@contextmanager
def _meant(config: Path, round_: str | None, employee: str) -> Iterator[tuple[Application, Talk]]:
    """The service, and the one talk that is meant; whatever goes wrong with it is told plainly."""
    with told_plainly():
        app = open_application(config)
        with app.store.read() as session:
            ids = [round_] if round_ else [each.id for each in session.rounds.all()[:1]]
            talks = [found for id_ in ids for found in session.talks.of_round(id_, [employee])]
        if not talks:
            raise Refused(f"There is no talk of {employee} in that round. See: talkcycle status")
        yield app, talks[0]


def _confirmed(question: str, *, yes: bool) -> None:
    """Go on only if somebody says so."""
    if not yes:
        typer.confirm(question, abort=True)


def _instant(written: datetime, found: Talk) -> datetime:
    """*written* on the clocks where the talk is, in UTC."""
    return written.replace(tzinfo=ZoneInfo(found.zone)).astimezone(UTC)
