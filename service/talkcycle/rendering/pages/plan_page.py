"""A plan as a page HR can look at, and as the mail that brings it to those without a shell."""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft, PlannedTalk
from talkcycle.rendering.headers import address_header, date_header, plain_header, text_header
from talkcycle.rendering.mime import File, mime_message
from talkcycle.rendering.pages.html import html
from talkcycle.rendering.pages.plain_words import long_day, moment

SHOWN_OF_THE_HASH = 12


def plan_page(draft: Draft, people: Mapping[str, Person]) -> str:
    """One self-contained page: talks by manager, those without a time and why, the load of each week."""
    cycle = draft.cycle
    return html(
        "plan",
        title=next(iter(cycle.name.values()), draft.round),
        organisation=cycle.organisation,
        placed=len(draft.talks),
        first=cycle.window.first,
        last=cycle.window.last,
        zone=cycle.zone,
        approve_by=draft.approve_by,
        number=draft.hash[:SHOWN_OF_THE_HASH],
        talks=list(_rows(draft, people)),
        unplaced=[
            {"employee": people[talk.employee].name, "manager": people[talk.manager].name, "reason": talk.reason}
            for talk in draft.unplaced
        ],
        left_out=[(people[person].name, reason) for person, reason in draft.left_out.items()],
        weeks=sorted(Counter(_monday(talk) for talk in draft.talks).items()),
    )


def plan_mail(draft: Draft, people: Mapping[str, Person], *, sender: str, to: str, now: datetime) -> bytes:
    """The page as an attachment of a short mail to the address *to*. *now*: its Date. UTC."""
    identity = uuid.uuid4()
    cycle = draft.cycle
    text = (
        f"The plan for {draft.round} is attached.\n"
        f"{len(draft.talks)} talks have a time, {len(draft.unplaced)} have none.\n"
        f"Nothing has been sent. It can be approved until {long_day(draft.approve_by)}:\n\n"
        f"  talkcycle approve {draft.hash[:SHOWN_OF_THE_HASH]}\n"
    )
    page = plan_page(draft, people)
    return mime_message(
        [
            date_header(now),
            address_header("From", f"HR, {cycle.organisation}", sender),
            address_header("To", cycle.hr.name, to),
            text_header("Subject", f"Plan for {draft.round}: {len(draft.talks)} talks"),
            plain_header("Message-ID", f"<{identity}@{sender.rpartition('@')[2]}>"),
            plain_header("Auto-Submitted", "auto-generated"),
        ],
        text=text,
        html="".join(f"<p>{line}</p>" for line in text.splitlines() if line),
        calendar=None,
        files=[File(name=f"{draft.round}.html", mime_type="text/html; charset=utf-8", data=page.encode())],
        boundary=identity.hex,
    )


def _rows(draft: Draft, people: Mapping[str, Person]) -> Iterator[dict[str, str]]:
    """Talks by manager, then by time; a manager is named in their first row only."""
    ordered = sorted(draft.talks, key=lambda talk: (people[talk.manager].name, talk.manager, talk.start))
    before = None
    for talk in ordered:
        named = "" if talk.zone == draft.cycle.zone else f" ({talk.zone})"
        yield {
            "manager": "" if talk.manager == before else people[talk.manager].name,
            "employee": people[talk.employee].name,
            "when": moment(talk.start, talk.zone) + named,
            "place": talk.place.name or {"agree": "the two agree it", "online": "online"}.get(talk.place.kind, ""),
        }
        before = talk.manager


def _monday(talk: PlannedTalk) -> date:
    day = talk.start.astimezone(ZoneInfo(talk.zone)).date()
    return day - timedelta(days=day.weekday())
