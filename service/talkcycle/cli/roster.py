"""``roster``: people from the organisation's directory, for HR to look at; and a new roster for a running round."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import open_application, roles_of, settings_of
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile, Yes
from talkcycle.cli.output import ATTENTION, print_json, progress_bar, told_plainly
from talkcycle.domain.faults import Refused
from talkcycle.domain.people import Person
from talkcycle.domain.routes import Transport

if TYPE_CHECKING:
    from talkcycle.bootstrap import Application
    from talkcycle.domain.ports import Directory
    from talkcycle.domain.service import ServiceSettings
    from talkcycle.intake.person_defaults import PersonDefaults
    from talkcycle.rounds.directory_roster import DirectoryRoster
    from talkcycle.rounds.roster_diff import RosterDiff

OUT = Path("roster-directory.csv")

roster = typer.Typer(no_args_is_help=True, help="A roster from the directory, and a new one for a running round.")


@roster.command()
def fetch(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    from_: Annotated[
        Transport | None, typer.Option("--from", help="Whose directory; the only one there is unless told.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The CSV file to write.")] = OUT,
    like: Annotated[
        Path | None,
        typer.Option("--like", help="A roster whose ids and own columns are kept; the cycle's unless told."),
    ] = None,
    anew: Annotated[bool, typer.Option("--anew", help="Look at no earlier roster.")] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Write over the file if it is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write everybody in the directory, with their managers, to a roster to look at. Uses and changes nothing else.

    Exit status: 0 done, 3 written, but something of the directory had to be left out, 1 refused, 2 faulty input.
    """
    from talkcycle.rendering.roster_csv import roster_csv  # noqa: PLC0415
    from talkcycle.rounds.directory_roster import roster_from  # noqa: PLC0415
    from talkcycle.rounds.inputs import roster_of_cycle  # noqa: PLC0415

    with told_plainly():
        settings = settings_of(config)
        transport, directory = _directory(settings, from_)
        own, defaults = roster_of_cycle(
            config / cycle,
            templates=settings.templates,
            default_contact=settings.sender,
            transports=settings.routing.available,
        )
        before = like or (own if own is not None and own.is_file() else None)
        if anew:
            before = None
        _check(out, replace=replace, roster_in_use=[each for each in (own, before) if each is not None])
        former = None
        if before is not None:
            from talkcycle.intake.written_roster import read_written_roster  # noqa: PLC0415

            former = read_written_roster(before, defaults=defaults)
        with progress_bar("People", quiet=as_json) as progress:
            sender = settings.sender.casefold()  # the service's own mailbox is nobody
            people = tuple(each for each in directory.people(progress) if (each.email or "").casefold() != sender)
        if not people:
            raise Refused(f"The directory of {transport} has nobody with a mailbox, as far as the service may see.")

        def knows(person: Person) -> bool:
            return person.email is not None and settings.routing.serving(person.email, person.mailbox) is transport

        made = roster_from(people, former, languages=defaults.languages, knows=knows)
        content = roster_csv(made.columns, made.rows)
        _accept(out, content, defaults)
        _write(out, content)
    if as_json:
        print_json(_document(made, out, before))
    else:
        from talkcycle.cli.roster_shown import show_roster  # noqa: PLC0415

        show_roster(made, out, before)
    if made.needs_a_look:
        raise typer.Exit(ATTENTION)


OfRound = Annotated[str | None, typer.Option("--round", help="The round; the cycle's newest one if not given.")]


@roster.command()
def diff(
    new_roster: Annotated[
        Path | None, typer.Argument(help="A roster file; the one the cycle names if not given.")
    ] = None,
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    round_: OfRound = None,
    as_json: AsJson = False,
) -> None:
    """Show what applying a new roster to a running round would do, talk by talk. Changes nothing.

    Exit status: 0 done, 3 something in it needs HR, 1 refused, 2 faulty input.
    """
    from talkcycle.cli.roster_diff_shown import document_of, needs_hr, show_diff  # noqa: PLC0415

    with told_plainly():
        found = _compared(open_application(config), cycle, round_, new_roster)
    if as_json:
        print_json(document_of(found))
    else:
        show_diff(found)
    if needs_hr(found):
        raise typer.Exit(ATTENTION)


@roster.command()
def apply(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    round_: OfRound = None,
    confirm_roster: Annotated[
        bool, typer.Option("--confirm-roster", help="The roster changed much, and it is right.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Apply the roster the cycle names to its running round: only the talks concerned change, and everybody is told.

    Exit status: 0 done, 3 some of it is left to do or needs HR, 1 refused, 2 faulty input.
    """
    from talkcycle.cli.roster_diff_shown import needs_hr, show_applied, show_diff  # noqa: PLC0415
    from talkcycle.rounds.roster_apply import roster_apply  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        found = _compared(app, cycle, round_, None)
        if not found.is_applied and not yes:
            show_diff(found)
            if not found.faults or confirm_roster:
                typer.confirm("Apply this?", abort=True)
        applied = roster_apply(
            app.store,
            found,
            who=app.who,
            routing=app.settings.routing,
            now=app.clock.now(),
            confirm=confirm_roster,
        )
    show_applied(found, applied)
    if applied.left_over or needs_hr(found):
        raise typer.Exit(ATTENTION)


def _compared(app: "Application", cycle: str, round_: str | None, path: Path | None) -> "RosterDiff":
    """The roster at *path*, or the cycle's own, against that of the round. Raises FaultyInput, Refused."""
    from talkcycle.intake.roster_file import read_roster  # noqa: PLC0415
    from talkcycle.rounds.inputs import holidays_of, roster_of_cycle  # noqa: PLC0415
    from talkcycle.rounds.roster_diff import roster_diff, round_of  # noqa: PLC0415

    running = round_of(app.store, Path(cycle).stem, round_)
    settings, now = app.settings, app.clock.now()
    own, defaults = roster_of_cycle(
        app.config / cycle,
        templates=settings.templates,
        default_contact=settings.sender,
        transports=settings.routing.available,
    )
    file = path or own
    if file is None:
        raise Refused(f"{cycle} names no roster. Name one: talkcycle roster diff FILE")
    new = read_roster(file, defaults=defaults)
    holidays = holidays_of(running.cycle, new, today=now.date())
    return roster_diff(app.store, running.id, new, holidays, app.calendars_now(), routing=settings.routing, now=now)


def _directory(settings: "ServiceSettings", named: Transport | None) -> tuple[Transport, "Directory"]:
    """The directory to ask. Raises Refused."""
    known = {
        Transport(name): roles.directory for name, roles in roles_of(settings).items() if roles.directory is not None
    }
    if named is not None and named not in known:
        raise Refused(f"service.yaml has no {named} with a directory.")
    if named is None and len(known) != 1:
        if not known:
            raise Refused("There is no directory to ask: service.yaml has neither exchange nor graph.")
        raise Refused(f"There are several directories; say which: {' or '.join(f'--from {each}' for each in known)}")
    transport = named or next(iter(known))
    return transport, known[transport]


def _check(out: Path, *, replace: bool, roster_in_use: Sequence[Path]) -> None:
    """Raise Refused if *out* cannot or must not be written, before anybody is asked for anything."""
    if out.is_dir():
        raise Refused(f"{out} is a folder; name a file.")
    if not out.absolute().parent.is_dir():
        raise Refused(f"There is no folder {out.parent}; make it, or name another file.")
    if any(out.absolute() == each.absolute() for each in roster_in_use):
        raise Refused(f"{out} is the roster in use. Write to another file, look at it, and put it there yourself.")
    if out.exists() and not replace:
        raise Refused(f"{out} is there already; name another file, or say --replace.")


def _accept(out: Path, content: bytes, defaults: "PersonDefaults") -> None:
    """Raise FaultyInput if the roster could not be used: nothing is written then."""
    from talkcycle.intake.columns import known_columns  # noqa: PLC0415
    from talkcycle.intake.roster_file import roster_of  # noqa: PLC0415
    from talkcycle.intake.table_file import decoded, read_csv  # noqa: PLC0415

    roster_of(read_csv(str(out), decoded(str(out), content), known=known_columns), defaults=defaults)


def _write(out: Path, content: bytes) -> None:
    """Put it there at one stroke. Raises Refused."""
    fresh = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        fresh.write_bytes(content)
        fresh.replace(out)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise Refused(f"{out} could not be written: {error.strerror}.") from error


def _document(made: "DirectoryRoster", out: Path, before: Path | None) -> dict[str, object]:
    from dataclasses import asdict  # noqa: PLC0415

    return {
        "file": str(out),
        "people": len(made.rows),
        "without_manager": made.without_manager,
        "without_mailbox": made.without_mailbox,
        "manager_not_among_them": made.strangers,
        "loops": made.loops,
        "left_empty": [asdict(each) for each in made.left_empty],
        "compared_with": None if before is None else str(before),
        "differences": None if made.differences is None else asdict(made.differences),
    }
