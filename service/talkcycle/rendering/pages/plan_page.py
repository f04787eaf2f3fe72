"""A plan as a page HR can look at, and as the mail that brings it to those without a shell."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.rendering.headers import address_header, date_header, plain_header, text_header
from talkcycle.rendering.mime import File, mime_message
from talkcycle.rendering.pages.html import html
from talkcycle.rendering.pages.plain_words import long_day
from talkcycle.rendering.pages.plan_bars import notice_bars, week_bars
from talkcycle.rendering.pages.plan_calendar import FEW, anchors, by_letter, calendars_of
from talkcycle.rendering.pages.plan_changes import changes_of, decided_of, missing_of, roomless_of
from talkcycle.rendering.pages.plan_fairness import fairness_rows
from talkcycle.rendering.pages.plan_heat import heat_of
from talkcycle.rendering.pages.plan_words import disliked_words, number_of, title_of, week_of

TITLE = "<title>Plan for "
"""In the head of every such page, by which it is known as ours, beside what all pages have."""


def plan_page(facts: PlanFacts) -> str:
    """One self-contained page: no network, no script. Every name on it is text."""
    anchor = anchors(facts)
    return html(
        "plan",
        facts=facts,
        draft=facts.draft,
        cycle=facts.draft.cycle,
        title=title_of(facts),
        number=number_of(facts),
        missing=missing_of(facts, anchor),
        roomless=roomless_of(facts),
        decided=decided_of(facts, anchor),
        changes=changes_of(facts),
        letters=by_letter(calendars_of(facts)),
        open=len(facts.managers) <= FEW,
        heat=heat_of(facts),
        weeks=week_bars(facts),
        notices=notice_bars(facts),
        disliked=[(words, facts.discomforts.get(kind, 0)) for kind, words in disliked_words(facts).items()],
        week_names=[week_of(week.monday) for week in facts.weeks],
        fairness=list(fairness_rows(facts, anchor)),
        left_out=[(facts.name(person), reason) for person, reason in facts.draft.left_out.items()],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMail:
    """The mail as bytes, and its Message-ID."""

    message_id: str
    payload: bytes


def plan_mail(facts: PlanFacts, *, sender: str, to: str, now: datetime) -> PlanMail:
    """The page as an attachment of a short mail to the address *to*. *now*: its Date. UTC."""
    identity, draft = uuid.uuid4(), facts.draft
    message_id = f"<{identity}@{sender.rpartition('@')[2]}>"
    text = (
        f"The plan for {draft.round} is attached.\n"
        f"{len(draft.talks)} talks have a time, {len(draft.unplaced)} have none.\n"
        f"Nothing has been sent. It can be approved until {long_day(draft.approve_by)}:\n\n"
        f"  talkcycle approve {number_of(facts)}\n"
    )
    payload = mime_message(
        [
            date_header(now),
            address_header("From", f"HR, {draft.cycle.organisation}", sender),
            address_header("To", draft.cycle.hr.name, to),
            text_header("Subject", f"Plan for {draft.round}: {len(draft.talks)} talks"),
            plain_header("Message-ID", message_id),
            plain_header("Auto-Submitted", "auto-generated"),
        ],
        text=text,
        html="".join(f"<p>{line}</p>" for line in text.splitlines() if line),
        calendar=None,
        files=[File(name=f"{draft.round}.html", mime_type="text/html; charset=utf-8", data=plan_page(facts).encode())],
        boundary=identity.hex,
    )
    return PlanMail(message_id=message_id, payload=payload)
