"""A plan on the terminal, in short; the page has the rest."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from talkcycle.cli.output import local
from talkcycle.rendering.pages.plain_words import count, long_day
from talkcycle.rendering.pages.plan_changes import changes_of, roomless_of
from talkcycle.rendering.pages.plan_words import (
    discomforts_of,
    disliked_words,
    number_of,
    week_days,
    week_of,
    where,
)

if TYPE_CHECKING:
    from rich.console import Console

    from talkcycle.domain.plan_facts import PlanFacts

FEW_TALKS = 40
"""A round of so many talks is shown whole."""
FEW_LINES = 12
"""So many lines of each list; the page has all of them."""
WIDEST_BAR = 40


def show_plan(out: "Console", facts: "PlanFacts", *, every_talk: bool) -> None:
    """Key figures, load by week, what is missing and why, what changed, and how to approve it."""
    draft = facts.draft
    if every_talk or len(facts.talks) <= FEW_TALKS:
        _show_talks(out, facts)
    _show_weeks(out, facts)
    _show_missing(out, facts)
    _show_changes(out, facts)
    left_out = [(facts.name(person), why) for person, why in draft.left_out.items()]
    _show_list(out, "Left out", ("Person", "Why there is no talk"), left_out)
    out.print(_fairness(facts))
    out.print(
        f"{count(len(facts.talks), 'talk').capitalize()} of {len(facts.talks) + len(draft.unplaced)} "
        f"{'has' if len(facts.talks) == 1 else 'have'} a time. Nothing has been sent.\n"
        f"Approve this plan by {long_day(draft.approve_by)}: [bold]talkcycle approve {number_of(facts)}[/]"
    )


def _show_talks(out: "Console", facts: "PlanFacts") -> None:
    title = f"Plan for {facts.draft.round}"
    table = Table("Manager", "Employee", "When", "Time zone", "Minutes", "Place", "Awkward", title=title)
    for manager in facts.managers:
        for number, each in enumerate(manager.talks):
            talk = each.talk
            table.add_row(
                escape(facts.name(manager.id)) if number == 0 else "",
                escape(facts.name(talk.employee)),
                local(talk.start, talk.zone),
                talk.zone,
                str(talk.minutes),
                escape(where(talk.place)),
                discomforts_of(each),
            )
        table.add_section()
    out.print(table)


def _show_weeks(out: "Console", facts: "PlanFacts") -> None:
    most = max((week.talks for week in facts.weeks), default=0)
    if not most:
        return
    block = "\N{FULL BLOCK}" if out.encoding.startswith("utf") else "#"
    table = Table("Week", "Days", "Talks", "", title="Talks by week", box=None)
    table.columns[2].justify = "right"
    for week in facts.weeks:
        bar = block * max(round(WIDEST_BAR * week.talks / most), 1 if week.talks else 0)
        table.add_row(week_of(week.monday), week_days(week.monday), str(week.talks), bar)
    out.print(table)


def _show_missing(out: "Console", facts: "PlanFacts") -> None:
    draft = facts.draft
    rows = [(facts.name(each.employee), facts.name(each.manager), each.reason) for each in draft.unplaced]
    _show_list(out, "Without a time", ("Employee", "Manager", "Why there is no time"), rows)
    against = draft.pinned_against
    decided = [each.talk for each in facts.talks if each.talk.employee in against]
    rows = [(facts.name(each.employee), facts.name(each.manager), against[each.employee]) for each in decided]
    _show_list(out, "At the time you decided", ("Employee", "Manager", "To settle with both"), rows)
    groups = [(str(group.talks), group.reason, group.who) for group in roomless_of(facts)]
    _show_list(out, "Without the room they wanted", ("Talks", "Why there is no room", "Who"), groups)


def _show_changes(out: "Console", facts: "PlanFacts") -> None:
    if facts.difference is None:
        return
    out.print(
        f"Since the plan before: {count(len(facts.difference.changes), 'talk')} changed, "
        f"{facts.difference.unchanged} as before."
    )
    for group in changes_of(facts):
        rows = [(row.employee, row.manager, row.before, row.now) for row in group.rows]
        _show_list(out, f"{group.title}: {len(rows)}", ("Employee", "Manager", "Before", "Now"), rows)


def _show_list(out: "Console", title: str, columns: Iterable[str], rows: Sequence[tuple[str, ...]]) -> None:
    if not rows:
        return
    table = Table(*columns, title=title)
    for row in rows[:FEW_LINES]:
        table.add_row(*(escape(cell) for cell in row))
    out.print(table)
    if len(rows) > FEW_LINES:
        out.print(f"... and {len(rows) - FEW_LINES} more on the page.")


def _fairness(facts: "PlanFacts") -> str:
    if not facts.talks:
        return ""
    awkward = ", ".join(f"{facts.discomforts.get(kind, 0)} {words}" for kind, words in disliked_words(facts).items())
    return (
        f"Notice: {facts.least_notice} days at least, {facts.median_notice} or more for half of the people. "
        f"Awkward times: {awkward}."
    )
