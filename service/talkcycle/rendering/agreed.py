"""What was agreed, in words: for the agenda of the next talk, and as days for a calendar."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from icalendar import Calendar, Event

from talkcycle.domain.agreements import Agreement, Progress, about
from talkcycle.rendering.dates import Dates
from talkcycle.rendering.headers import envelope_address
from talkcycle.rendering.invite import PRODUCT
from talkcycle.rendering.library import Library, MailText
from talkcycle.rendering.mime import File
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.page_words import PageWords, page_words
from talkcycle.rendering.values import talk_pair

CALENDAR_FILE = "application/ics"
"""Not text/calendar: mail programs would take it for a meeting and hide the mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedLine:
    """One next step in words. *who*: a name; *by*: a day; *how*: how it went; *support*: may be empty."""

    what: str
    who: str
    by: str
    how: str
    support: str = ""


def agreed_lines(agreement: Agreement, names: Mapping[str, str], page: PageWords, dates: Dates) -> tuple[AgreedLine, ...]:
    """What *agreement* says, in its own order.

    Args:
        names: Of the two, by roster id; who is not in it is the manager of then.
    """
    return tuple(
        AgreedLine(
            what=action.what,
            who=names.get(action.responsible) or page.say("before_manager", {}),
            by=dates.day(action.due),
            how=page.say(f"progress_{action.progress.value}", {}),
            support=action.support,
        )
        for action in agreement.actions
    )


def opening(order: RenderOrder, library: Library, text: MailText, dates: Dates) -> dict[str, Any] | None:
    """What the agenda opens with: what the last talk ended with, and how it went; None where there is nothing."""
    agreement = order.agreed_before
    if agreement is None or not agreement.actions:
        return None
    page = _page(library, text)
    _, employee, manager = talk_pair(order)
    lines = agreed_lines(agreement, {employee.id: employee.name, manager.id: manager.name}, page, dates)
    return {
        "heading": page.say("before_title", {}),
        "lines": [{"what": line.what, "about": f"{line.who} · {line.by} · {line.how}"} for line in lines],
    }


def next_steps_file(
    order: RenderOrder,
    library: Library,
    text: MailText,
    values: Mapping[str, Any],  # noqa: ARG001  # made like the other attachments
) -> File:
    """The days of what was agreed, for a calendar: whole days that take nobody's time, marked private.

    Titles say nothing of what is to be done (others may see them); the words stand in the descriptions. The same step
    keeps its UID, so that a newer file takes the place of an older one.
    """
    talk, employee, manager = talk_pair(order)
    agreement = about(order.agreement, talk)
    if agreement is None:
        raise ValueError("there is nothing agreed to put into a calendar")
    page = _page(library, text)
    names = {employee.id: employee.name, manager.id: manager.name}
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    domain = envelope_address(order.sender).rpartition("@")[2]
    for action in agreement.actions:
        if action.progress is Progress.DROPPED:
            continue
        event = Event()
        identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{order.round.seed}\x1f{talk.id}\x1f{action.number}")
        event.add("uid", f"{identity}@{domain}")
        event.add("sequence", agreement.revision)
        event.add("dtstamp", order.made_at.astimezone(UTC))
        event.add("dtstart", action.due)
        event.add("dtend", action.due + timedelta(days=1))
        event.add("summary", f"{page.say('step_title', {})}: {names.get(action.responsible, '')}")
        event.add("description", "\n".join(filter(None, (action.what, action.support))))
        event.add("class", "PRIVATE")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    name = f"{page.say('steps_file', {})}.ics"
    return File(name=name, mime_type=CALENDAR_FILE, data=bytes(calendar.to_ical()))


def _page(library: Library, text: MailText) -> PageWords:
    return page_words(library.files, (text.language, library.default_language))
