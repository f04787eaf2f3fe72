"""``plan`` and ``approve``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import new_seed, open_application
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile, Yes
from talkcycle.cli.output import ATTENTION, console, interruptible, local, print_json, progress_bar, told_plainly

if TYPE_CHECKING:
    from talkcycle.bootstrap import Application
    from talkcycle.domain.plan_facts import PlanFacts
    from talkcycle.rounds.approve import Approval


def plan(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    page: Annotated[
        Path | None,
        typer.Option("--page", help="The page to look at; otherwise plans/ROUND.html in the service's data folder."),
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every talk to this CSV file too.")] = None,
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Write everything to this Excel workbook too.")] = None,
    mail: Annotated[bool, typer.Option("--mail", help="Mail the page to HR as well.")] = False,
    limit: Annotated[
        float | None,
        typer.Option("--limit", min=1, help="Seconds the search may take; by the size of the round unless told."),
    ] = None,
    every_talk: Annotated[bool, typer.Option("--all", help="Print every talk, of a large round too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find a time for every talk of the next round, store the plan as a draft and write it as a page. Invites nobody.

    Ctrl-C ends the search and keeps the best plan so far.

    Exit status: 0 every talk has a time, 3 some have none (the plan is stored all the same), 1 refused, 2 faulty input.
    """
    from talkcycle.cli.plan_files import named_files, usual_page  # noqa: PLC0415
    from talkcycle.rounds.plan import make_draft  # noqa: PLC0415
    from talkcycle.rounds.plan_report import former_plan, report_of  # noqa: PLC0415

    with told_plainly():
        files = named_files(page=page, csv=csv, xlsx=xlsx)
        app = open_application(config)
        inputs = app.with_listed_rooms(app.inputs(cycle))
        former = former_plan(app.store, inputs.cycle.id)
        with interruptible() as stopped, progress_bar("Planning", quiet=as_json) as progress:
            draft = make_draft(
                app.store,
                inputs,
                now=app.clock.now(),
                busy_between=app.busy_between(cycle, inputs, progress),
                limit=limit,
                stop=stopped,
                progress=progress,
            )
        facts = report_of(draft, {person.id: person for person in inputs.roster.people}, former)
        if page is None:
            files = [usual_page(app.settings.data, draft.round), *files]
        for file in files:
            file.write(facts)
        mailed_to = _mail(app, facts) if mail else None
    paths = [str(file.path) for file in files]
    if as_json:
        from talkcycle.cli.plan_document import plan_document  # noqa: PLC0415

        print_json(plan_document(facts) | {"files": paths, "mailed_to": mailed_to})
    else:
        from talkcycle.cli.plan_shown import show_plan  # noqa: PLC0415

        out = console()
        show_plan(out, facts, every_talk=every_talk)
        lines = [f"Look at it: {paths[0]}", *(f"And: {path}" for path in paths[1:])]
        out.print("\n".join(lines), soft_wrap=True, markup=False)
        if mailed_to:
            out.print(f"Mailed to {mailed_to}.")
    if draft.unplaced:
        raise typer.Exit(ATTENTION)


def approve(
    plan: Annotated[str, typer.Argument(help="The plan's number as `talkcycle plan` showed it.")],
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A pilot: a site, a manager's or an employee's id. Repeatable.")
    ] = None,
    confirm_roster: Annotated[
        bool, typer.Option("--confirm-roster", help="The roster changed much and that is right.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Start the round of a plan: from now on invitations and mails go out by themselves."""
    from talkcycle.rounds.approve import approve as start  # noqa: PLC0415
    from talkcycle.rounds.approve import prepare_approval  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        inputs = app.inputs(cycle)
        now = app.clock.now()
        approval = prepare_approval(
            app.store,
            inputs,
            plan=plan,
            only=frozenset(only) if only is not None else None,
            who=app.who,
            routing=app.settings.routing,
            seed=new_seed(),
            now=now,
            confirm_roster=confirm_roster,
        )
        if not as_json:
            _show_approval(approval)
        if not yes:
            typer.confirm("Start this round?", abort=True, err=as_json)
        start(app.store, inputs, approval, who=app.who, now=now)
    if as_json:
        print_json(_approval_document(approval))
    else:
        console().print(f"The round [bold]{approval.round.id}[/] has started. `talkcycle run` sends what falls due.")


def _mail(app: "Application", facts: "PlanFacts") -> str:
    from talkcycle.rounds.mail_plan import mail_plan  # noqa: PLC0415

    with app.mail_line() as line:
        return mail_plan(facts, line, sender=app.settings.sender, now=app.clock.now())


def _show_approval(approval: "Approval") -> None:
    from rich.table import Table  # noqa: PLC0415

    out = console()
    table = Table("Step", "Messages", title=f"Round {approval.round.id}, plan {approval.round.plan[:12]}")
    for step, count in approval.messages.items():
        table.add_row(step, str(count))
    out.print(table)
    unplaced = len(approval.talks) - approval.placed
    out.print(f"{approval.placed} talks, {unplaced} without a time, {approval.without_mailbox} people without a mailbox.")
    if approval.first_due:
        zone = approval.round.cycle.zone
        out.print(f"The first message goes out {local(approval.first_due, zone)} ({zone}).")


def _approval_document(approval: "Approval") -> dict[str, object]:
    return {
        "round": approval.round.id,
        "plan": approval.round.plan,
        "talks": approval.placed,
        "unplaced": len(approval.talks) - approval.placed,
        "without_mailbox": approval.without_mailbox,
        "messages": dict(approval.messages),
        "first_due": approval.first_due,
    }
