"""The two PDFs of a talk: the agenda, and the sheet for one's own thoughts."""

from collections.abc import Mapping
from typing import Any

from talkcycle.domain.follow_ups import NEXT_STEPS
from talkcycle.domain.messages import Kind
from talkcycle.rendering.agenda import agenda_points, in_any_language, in_language
from talkcycle.rendering.agreed import next_steps_file, opening
from talkcycle.rendering.dates import Dates, local
from talkcycle.rendering.designs import NOBODYS, nobodys_opening
from talkcycle.rendering.library import Library, MailText
from talkcycle.rendering.markdown import paragraphs
from talkcycle.rendering.mime import File
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.pdf import pdf
from talkcycle.rendering.values import place_text, talk_pair
from talkcycle.rendering.words import Words

PDF = "application/pdf"


def agenda(order: RenderOrder, library: Library, text: MailText, values: Mapping[str, Any]) -> File:
    """The agenda of the order's talk.

    It depends on the talk, the round and the language alone, not on who gets it or when: both sides get one file. Only
    with mails it opens with what was agreed last time, for whoever may read that.
    With a meeting on a calendar server it stays as it is when the talk moves (a change leaves the files alone), so there
    it points to the entry for time and place.
    """
    talk, employee, manager = talk_pair(order)
    cycle, words, language = order.round.cycle, text.words, text.language
    labels = words.agenda
    in_calendar = order.due.kind is not Kind.MAIL and order.transport.keeps_calendars
    stays = in_calendar and employee.email is not None  # whoever has no calendar gets it on paper, once
    before = opening(order, library, text, Dates(language, local(order.round.approved_at, talk.zone).year))
    data = _common(order, words, language) | {
        "title": labels["title"],
        "employee": {"label": labels["employee"], "name": employee.name},
        "manager": {"label": labels["manager"], "name": manager.name},
        "when": {"label": labels["when"], "lines": [labels["in_calendar"]] if stays else _when(order, language)},
        "where": {
            "label": labels["where"],
            "text": labels["in_calendar"] if stays else place_text(talk.place, words, values),
        },
        "minutes": labels["minutes"],
        "speaks_first": labels["speaks_first"],
        "points": [
            {"title": point.title, "minutes": point.minutes, "leads": point.leads, "questions": point.questions}
            for point in agenda_points(cycle, words, language)
        ],
        "strategy": _strategy(order, words, language),
        "before": before,
        "ground_rules": labels["ground_rules"],
        "confidentiality": " ".join(paragraphs(values["confidentiality"])),
        "footer": labels["footer"],
    }
    sample = data | NOBODYS | {"before": before and nobodys_opening(len(before["lines"]))}
    document = pdf(library.layout_file("agenda.typ"), data, sample=sample, created=order.round.approved_at)
    return File(name=f"{words.say('agenda_file', values)}.pdf", mime_type=PDF, data=document)


def self_review(order: RenderOrder, library: Library, text: MailText, values: Mapping[str, Any]) -> File:
    """The sheet for one's own thoughts: the same for everybody of one language."""
    words, language = text.words, text.language
    texts = words.review
    data = _common(order, words, language) | {
        "title": texts["title"],
        "intro": texts["intro"],
        "note": texts["note"],
        "prompts": [
            {"title": prompt["title"], "help": prompt.get("help", "")}
            if isinstance(prompt, dict)
            else {"title": prompt, "help": ""}
            for prompt in texts["prompts"]
        ],
        "footer": texts["footer"],
    }
    document = pdf(library.layout_file("self-review.typ"), data, sample=data, created=order.round.approved_at)
    return File(name=f"{words.say('self_review_file', values)}.pdf", mime_type=PDF, data=document)


def _common(order: RenderOrder, words: Words, language: str) -> dict[str, Any]:
    cycle = order.round.cycle
    tongue, _, region = language.partition("_")
    return {
        "language": tongue,
        "region": region or None,
        "organisation": cycle.organisation,
        "cycle": in_language(cycle.name, language) or words.say("cycle_name", {"organisation": cycle.organisation}),
    }


def _when(order: RenderOrder, language: str) -> list[str]:
    """The time in the talk's zone; where the manager's clock differs, theirs below."""
    talk, _, manager = talk_pair(order)
    if talk.start is None or talk.end is None:
        raise ValueError("an agenda for a talk without a time")
    dates = Dates(language, local(order.round.approved_at, talk.zone).year)
    here, there = local(talk.start, talk.zone), local(talk.start, manager.zone)
    lines = [dates.date_time(here, local(talk.end, talk.zone))]
    if here.utcoffset() == there.utcoffset():
        return lines
    write = dates.time if here.date() == there.date() else dates.date_time
    elsewhere = write(there, local(talk.end, manager.zone))
    return [f"{lines[0]} ({dates.zone(talk.zone)})", f"{elsewhere} ({dates.zone(manager.zone)})"]


def _strategy(order: RenderOrder, words: Words, language: str) -> dict[str, Any] | None:
    cycle = order.round.cycle
    text = in_any_language(cycle.strategy, language, cycle.language)
    if not text and not cycle.strategy_link:
        return None
    return {
        "heading": words.agenda["strategy_heading"],
        "paragraphs": paragraphs(text or ""),
        "link": cycle.strategy_link or "",
    }


MADE = {"agenda": agenda, "self-review": self_review, NEXT_STEPS: next_steps_file}
"""Attachments made per talk, by the name a step gives them; a cycle's own steps can have the first two."""
