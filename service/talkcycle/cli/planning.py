"""``plan`` and ``approve``."""

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from talkcycle.bootstrap import new_seed, open_application
from talkcycle.cli.options import CONFIG, CYCLE, AsJson, Config, CycleFile, Yes
from talkcycle.cli.output import console, local, print_json, progress_bar, told_plainly

if TYPE_CHECKING:
    from talkcycle.bootstrap import Application
    from talkcycle.domain.people import Person
    from talkcycle.domain.plan import Draft
    from talkcycle.rounds.approve import Approval


def plan(
    config: Config = CONFIG,
    cycle: CycleFile = CYCLE,
    *,
    mail: Annotated[bool, typer.Option("--mail", help="Mail the plan to HR as a page to look at.")] = False,
    page: Annotated[Path | None, typer.Option("--page", help="Write the plan as a page to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find a time for every talk of the next round, show the plan, and store it as a draft. Invites nobody."""
    from talkcycle.rounds.plan import make_draft  # noqa: PLC0415

    with told_plainly():
        app = open_application(config)
        inputs = app.inputs(cycle)
        with progress_bar("Planning", quiet=as_json) as progress:
            draft = make_draft(app.store, inputs, now=app.clock.now(), progress=progress)
        people = {person.id: person for person in inputs.roster.people}
        if page is not None:
            _write_page(draft, people, page)
        mailed_to = _mail(app, draft, people) if mail else None
    if as_json:
        print_json(_plan_document(draft) | {"mailed_to": mailed_to})
        return
    _show_plan(draft, people)
    if mailed_to:
        console().print(f"Mailed to {mailed_to}.")


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
            sender=app.settings.sender,
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


def _write_page(draft: "Draft", people: dict[str, "Person"], page: Path) -> None:
    from talkcycle.rendering.pages.plan_page import plan_page  # noqa: PLC0415

    page.write_text(plan_page(draft, people), encoding="utf-8")


def _mail(app: "Application", draft: "Draft", people: dict[str, "Person"]) -> str:
    from talkcycle.rounds.mail_plan import mail_plan  # noqa: PLC0415

    with app.transports()["smtp"].connect() as line:
        return mail_plan(draft, people, line, sender=app.settings.sender, now=app.clock.now())


def _show_plan(draft: "Draft", people: dict[str, "Person"]) -> None:
    from rich.table import Table  # noqa: PLC0415

    out = console()
    by_manager = defaultdict(list)
    for talk in draft.talks:
        by_manager[talk.manager].append(talk)
    table = Table("Manager", "Employee", "When", "Time zone", "Minutes", "Place", title=f"Plan for {draft.round}")
    for manager, talks in sorted(by_manager.items(), key=lambda each: people[each[0]].name):
        for number, talk in enumerate(sorted(talks, key=lambda each: each.start)):
            table.add_row(
                people[manager].name if number == 0 else "",
                people[talk.employee].name,
                local(talk.start, talk.zone),
                talk.zone,
                str(talk.minutes),
                talk.place.name or talk.place.kind.value,
            )
        table.add_section()
    out.print(table)
    if draft.unplaced:
        missing = Table("Employee", "Manager", "Why there is no time", title="Without a time")
        for each in draft.unplaced:
            missing.add_row(people[each.employee].name, people[each.manager].name, each.reason)
        out.print(missing)
    if draft.left_out:
        rest = Table("Person", "Why there is no talk", title="Left out")
        for person, reason in draft.left_out.items():
            rest.add_row(people[person].name, reason)
        out.print(rest)
    out.print(
        f"{len(draft.talks)} talks have a time, {len(draft.unplaced)} have none. Nothing has been sent.\n"
        f"Approve this plan on {draft.approve_by} at the latest: [bold]talkcycle approve {draft.hash[:12]}[/]"
    )


def _plan_document(draft: "Draft") -> dict[str, object]:
    return {
        "plan": draft.hash,
        "round": draft.round,
        "approve_by": draft.approve_by,
        "talks": [
            {
                "employee": talk.employee,
                "manager": talk.manager,
                "start": talk.start,
                "minutes": talk.minutes,
                "zone": talk.zone,
                "place": talk.place.name or talk.place.kind.value,
            }
            for talk in draft.talks
        ],
        "unplaced": [
            {"employee": each.employee, "manager": each.manager, "reason": each.reason} for each in draft.unplaced
        ],
        "left_out": dict(draft.left_out),
    }


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
