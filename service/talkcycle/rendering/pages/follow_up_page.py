"""What two have agreed, and the form it is written in, as values for their templates. Pure: facts in, words out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from talkcycle.domain.agreements import (
    LONGEST_WORDS,
    MOST_ACTIONS,
    RECOMMENDED_ACTIONS,
    ActionDraft,
    ActionProblem,
    Agreement,
)
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk
from talkcycle.rendering.agreed import AgreedLine, agreed_lines
from talkcycle.rendering.pages.own_pages import Reader, words_of
from talkcycle.rendering.pages.talk_page import span_text

HELD = "held"
"""The field of the form that says whether the talk took place."""
FIELDS = ("what", "responsible", "due", "support")
NOT_A_DAY = "not-a-day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the field whose element has the id *field*, and in which group it stands, in words."""

    field: str
    group: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFields:
    """The fields of one next step, as they stand in the form.

    Attributes:
        place: From 1. *number*: of the step that is there already; empty: none.
        who: ``you``, ``other`` or empty: pages name nobody by a roster id.
        due: A day as browsers send it, or whatever was typed. *typed*: no day that a date field could show.
        earliest: The first day that can be chosen; a day that was agreed before may have passed.
        faults: By field, in words; empty: nothing is wrong with it.
    """

    place: int
    title: str
    number: str
    what: str
    who: str
    due: str
    typed: bool
    earliest: str
    support: str
    faults: Mapping[str, str]

    @property
    def used(self) -> bool:
        return bool(self.what or self.support or self.due or any(self.faults.values()))


def follow_up_values(reader: Reader, talk: Talk, other: Person) -> dict[str, Any]:
    """The talk with *other* that something is written down about; texts that speak of it can be said."""
    span = None if talk.start is None or talk.end is None else (talk.start, talk.end)
    values = reader.general | {
        "other_name": other.name,
        "date_time": "" if span is None else span_text(reader, span),
    }
    return words_of(reader.page, values) | values


def agreed_values(reader: Reader, agreement: Agreement, people: Sequence[Person]) -> dict[str, Any]:
    """What *agreement* says to *reader*. *people*: those of the two whose names are known."""
    names = {each.id: each.name for each in people} | {reader.person.id: reader.page.say("step_you", {})}
    lines = agreed_lines(agreement, names, reader.page, reader.dates)
    closed = [each.progress.value for each in agreement.actions]
    return {"lines": tuple(zip(lines, (said_of(reader, line) for line in lines), closed, strict=True))}


def said_of(reader: Reader, line: AgreedLine) -> str:
    """Who, and by when."""
    return reader.page.say("step_who_by", {"who": line.who, "by": line.by})


def form_values(
    reader: Reader,
    drafts: Sequence[ActionDraft],
    problems: Mapping[tuple[int, str], ActionProblem],
    *,
    held: bool | None,
    held_fault: str,
    before: Mapping[int, date],
    today: date,
    latest: date,
) -> dict[str, Any]:
    """The form with *drafts* in it.

    Args:
        held_fault: Key of what is wrong with what was said about whether the talk took place; empty: nothing.
        before: The days there are already, by the action's number.
        latest: The last day that can be chosen.
    """
    filled = [*drafts, *[ActionDraft(what="", responsible="", due=None)] * MOST_ACTIONS][:MOST_ACTIONS]
    said = {"latest": reader.dates.day(latest), "example_day": today.isoformat()}
    steps = []
    for place, draft in enumerate(filled):
        theirs = {field: problem for (at, field), problem in problems.items() if at == place}
        words = {field: reader.page.say(_fault_key(each, draft), said) for field, each in theirs.items()}
        steps.append(_step(reader, place + 1, draft, words, min(before.get(draft.number or 0, today), today)))
    wrong_held = reader.page.say(held_fault, said) if held_fault else ""
    faults = [
        Fault(field=f"{field}-{step.place}", group=step.title, text=text)
        for step in steps
        for field, text in step.faults.items()
        if text
    ]
    if wrong_held:
        faults.insert(0, Fault(field=HELD, group="", text=wrong_held))
    shown = max([RECOMMENDED_ACTIONS, *(step.place for step in steps if step.used)])
    return {
        "held": "" if held is None else "yes" if held else "no",
        "held_fault": wrong_held,
        "steps": tuple(steps[:shown]),
        "more_steps": tuple(steps[shown:]),
        "faults": tuple(faults),
        "latest_day": latest.isoformat(),
        "longest": LONGEST_WORDS,
    }


def _step(reader: Reader, place: int, draft: ActionDraft, faults: Mapping[str, str], earliest: date) -> StepFields:
    return StepFields(
        place=place,
        title=reader.page.say("step_number", {"number": place}),
        number="" if draft.number is None else str(draft.number),
        what=draft.what,
        who=("you" if draft.responsible == reader.person.id else "other") if draft.responsible else "",
        due=draft.due_text if draft.due is None else draft.due.isoformat(),
        typed=draft.due is None and bool(draft.due_text),
        earliest=earliest.isoformat(),
        support=draft.support,
        faults=dict.fromkeys(FIELDS, "") | dict(faults),
    )


def _fault_key(problem: ActionProblem, draft: ActionDraft) -> str:
    name = NOT_A_DAY if problem is ActionProblem.NO_DAY and draft.due_text else problem.value
    return f"fault_{name.replace('-', '_')}"
