"""``doctor``: is everything in place for a round? Looks before launch, without mailing anybody but who asked for it."""

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import SystemClock, examinations, read_inputs, roles_of, settings_of
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile
from talkcycle.cli.output import ATTENTION, print_json, told_plainly
from talkcycle.domain.faults import FaultyInput, Refused
from talkcycle.domain.mailboxes import Finding, Grade

if TYPE_CHECKING:
    from talkcycle.domain.service import ServiceSettings
    from talkcycle.rounds.plan import Inputs

Stage = tuple[str, Iterator[Finding]]
"""What is being looked at, for people; and what is found, as it is found."""
FILES = "files"
NOBODY = "Nobody was mailed, and nothing was written."
LOOK_AT = """\
Look at what has arrived:
  1. The mail: in the inbox, without a warning about its sender? Does its PDF open?
  2. The invitation: is the PDF with it? Are there buttons?
  3. The calendar: one entry, private, at the right time? After the cancellation: gone, or shown as cancelled?
docs/clients.md has the whole list."""


def doctor(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    sample: Annotated[
        int, typer.Option(min=0, help="Managers, employees and rooms to look at, so many of each, of each transport.")
    ] = 2,
    mailbox: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="A mailbox to look at besides; may be repeated.")
    ] = None,
    outside: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A mailbox that the service must not be able to open; may be repeated."),
    ] = None,
    resolver: Annotated[
        str | None, typer.Option(metavar="ADDRESS[:PORT]", help="DNS server to ask. Default: the system's.")
    ] = None,
    send_to: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Look at nothing, but send this one person a mail and a meeting, marked as a test, with a PDF: whether "
            "that arrives, only they can see.",
        ),
    ] = None,
    organizer: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="With --send-to: a manager, whose calendar is to keep the meeting."),
    ] = None,
    language: Annotated[str | None, typer.Option(help="With --send-to: the language of the test, such as sv.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="With --send-to: do not take the meeting away again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether every server, right, mailbox and record is in place, and say how to mend what is not.

    Mails nobody and writes nothing, unless asked to with --send-to. Exit status 3 when something is bad.
    """
    with told_plainly():
        if send_to is None and (organizer or language or keep):
            raise Refused("--organizer, --language and --keep belong to --send-to.")
        settings = settings_of(config)
        if send_to is not None:
            stages = [("test", _trial(config / cycle, settings, send_to, organizer, language, keep=keep))]
            end = LOOK_AT
        else:
            stages = _stages(
                config / cycle, settings, few=sample, named=mailbox or [], outside=outside or [], resolver=resolver
            )
            end = NOBODY
        found = _all(stages) if as_json else _shown(stages, end)
    counts = Counter(finding.grade for finding in found)
    if as_json:
        document = {"healthy": not counts[Grade.BAD], "counts": {grade.value: counts[grade] for grade in Grade}}
        print_json(document | {"findings": [asdict(finding) for finding in found]})
    if counts[Grade.BAD]:
        raise typer.Exit(ATTENTION)


def _stages(
    cycle_file: Path,
    settings: "ServiceSettings",
    *,
    few: int,
    named: list[str],
    outside: list[str],
    resolver: str | None,
) -> list[Stage]:
    from talkcycle.rounds.doctor import sample_of  # noqa: PLC0415

    server = _server(resolver)
    inputs, about_files = _inputs(cycle_file, settings)
    cycle, people = (inputs.cycle, inputs.roster.people) if inputs else (None, ())
    chosen = sample_of(settings.routing, cycle, people, few=few, named=named, outside=outside)
    looked = examinations(settings, chosen, resolver=server, now=SystemClock().now())
    return [("HR's files", iter([about_files])), *looked]


def _inputs(cycle_file: Path, settings: "ServiceSettings") -> tuple["Inputs | None", Finding]:
    """HR's files, from which the sample is taken; without them only the sender and what was named are looked at."""
    mend = f"talkcycle check --config {cycle_file.parent} --cycle {cycle_file.name}"
    if not cycle_file.exists():
        says = f"{cycle_file} is not there yet: only the sender and what --mailbox names are looked at"
        return None, Finding(transport="service", check=FILES, grade=Grade.UNTOLD, says=says, mend="talkcycle init")
    try:
        inputs = read_inputs(cycle_file, settings, today=SystemClock().now().date())
    except FaultyInput as faulty:
        says = f"HR's files have {len(faulty.faults)} faults, the first: {faulty.faults[0]}"
        return None, Finding(transport="service", check=FILES, grade=Grade.BAD, says=says, mend=mend)
    says = f"{len(inputs.roster.people)} people, {len(inputs.cycle.steps)} steps, and every text they need"
    return inputs, Finding(transport="service", check=FILES, grade=Grade.GOOD, says=says)


def _server(resolver: str | None) -> tuple[str, int] | None:
    if resolver is None:
        return None
    from ipaddress import ip_address  # noqa: PLC0415

    host, colon, port = resolver.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = resolver, "53"
    try:
        return str(ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise Refused(
            f"{resolver} is no address of a DNS server. Write it such as 9.9.9.9, or [2620:fe::fe]:53."
        ) from None


def _trial(
    cycle_file: Path, settings: "ServiceSettings", to: str, host: str | None, language: str | None, *, keep: bool
) -> Iterator[Finding]:
    from talkcycle.rendering.trial import trial_languages  # noqa: PLC0415
    from talkcycle.rounds.trial import plan_trial, try_out  # noqa: PLC0415

    inputs, _ = _inputs(cycle_file, settings)
    people = inputs.roster.people if inputs else ()
    theirs = inputs.cycle.language.partition("_")[0] if inputs else "en"
    trial = plan_trial(
        settings.routing,
        to=to,
        host=host,
        named=next((each.mailbox for each in people if host and (each.email or "").casefold() == host.casefold()), None),
        language=language or (theirs if theirs in trial_languages() else "en"),
        zone=inputs.cycle.zone if inputs else "UTC",
        identity=uuid.uuid4(),
        now=SystemClock().now(),
    )
    lines = {name: roles.sending for name, roles in roles_of(settings).items()}
    return try_out(trial, lines, settings.routing, keep=keep)


def _all(stages: Iterable[Stage]) -> list[Finding]:
    return [finding for _, findings in stages for finding in findings]


def _shown(stages: Iterable[Stage], end: str) -> list[Finding]:
    """Each finding as soon as there is one, and a line on standard error about what is being looked at."""
    from talkcycle.cli.doctor_shown import Shown  # noqa: PLC0415

    with Shown() as shown:
        for what, findings in stages:
            shown.begin(what)
            for finding in findings:
                shown.show(finding)
    shown.sum_up(end)
    return shown.found
