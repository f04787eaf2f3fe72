"""The page of a simulated round, and the files it links to."""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from zoneinfo import ZoneInfo

from talkcycle import __version__
from talkcycle.domain.messages import KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk
from talkcycle.rendering.pages import render_page

MOST_ROWS = 300
"""People in the week table: a page of thousands opens in no browser."""
HEADERS = ("From", "To", "Reply-To", "Date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file beside the page."""

    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that happens at *at* (UTC): a message, or the talk itself. *when*: as the place it stands in shows it."""

    at: datetime
    title: str
    step: str = ""
    step_number: int = 0
    to: str = ""
    why: str = ""
    href: str = ""
    files: tuple[Link, ...] = ()
    is_talk: bool = False
    when: str = ""

    @property
    def iso(self) -> str:
        return self.at.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that arrived, with its row. *person*: None for HR."""

    number: int
    at: datetime
    content: bytes
    row: KnownMessage
    person: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All the page shows."""

    round: Round
    people: Mapping[str, Person]
    talks: Sequence[Talk]
    deliveries: Sequence[Delivery]
    ledger: Sequence[KnownMessage]
    left_out: Mapping[str, str]


def rehearsal_files(rehearsal: Rehearsal) -> Iterator[tuple[str, bytes]]:
    """Every file of the rehearsal, by its path: the messages, their parts, and ``index.html`` last."""
    items: list[tuple[Delivery, Item]] = []
    written: set[str] = set()
    steps = _steps(rehearsal)
    for delivery in rehearsal.deliveries:
        item = None
        for path, content in _mail_files(delivery):
            if path not in written:
                written.add(path)
                yield path, content
        item = _item(delivery, steps)
        items.append((delivery, item))
    yield "index.html", _page(rehearsal, items, steps).encode()


def _steps(rehearsal: Rehearsal) -> list[str]:
    """Steps that sent something, in the order they first did."""
    return list(dict.fromkeys(delivery.row.key.step for delivery in rehearsal.deliveries))


def _name(delivery: Delivery) -> str:
    who = delivery.person.id if delivery.person else "hr"
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", who)
    return f"{delivery.number:04d}-{delivery.at:%Y-%m-%d}-{delivery.row.key.step}-{safe}"


def _parse(content: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default).parsebytes(content)


def _attached(message: EmailMessage) -> Iterator[tuple[str, str, bytes]]:
    """Folder, file name and content of each attachment worth opening."""
    for part in message.iter_attachments():
        data = part.get_payload(decode=True)
        name = part.get_filename() or "file"
        if isinstance(data, bytes):
            yield ("calendar" if name.endswith(".ics") else "pdf"), name, data


def _part_path(folder: str, name: str, data: bytes, delivery: Delivery) -> str:
    if folder == "calendar":
        return f"calendar/{_name(delivery)}.ics"
    stem, _, ending = name.rpartition(".")
    return f"pdf/{stem}-{hashlib.sha256(data).hexdigest()[:10]}.{ending}"


def _links(message: EmailMessage, delivery: Delivery) -> tuple[Link, ...]:
    return tuple(
        Link(name=name, href=_part_path(folder, name, data, delivery)) for folder, name, data in _attached(message)
    )


def _mail_files(delivery: Delivery) -> Iterator[tuple[str, bytes]]:
    message, name = _parse(delivery.content), _name(delivery)
    yield f"mail/{name}.eml", delivery.content
    for folder, file, data in _attached(message):
        yield _part_path(folder, file, data, delivery), data
    links = [Link(name=link.name, href=f"../{link.href}") for link in _links(message, delivery)]
    body = message.get_body(("html",))
    page = render_page(
        "mail.html",
        language=str(message["Content-Language"] or "en"),
        subject=str(message["Subject"]),
        headers=[(header, str(message[header])) for header in HEADERS if message[header]],
        files=[*links, Link(name="as it arrived (.eml)", href=f"{name}.eml")],
        body=body.get_content() if body else "",
    )
    yield f"mail/{name}.html", page.encode()


def _item(delivery: Delivery, steps: Sequence[str]) -> Item:
    message = _parse(delivery.content)
    step = delivery.row.key.step
    return Item(
        at=delivery.at,
        title=str(message["Subject"]),
        step=step,
        step_number=steps.index(step),
        to=delivery.person.name if delivery.person else "HR",
        why=delivery.row.why,
        href=f"mail/{_name(delivery)}.html",
        files=_links(message, delivery),
    )


def _page(rehearsal: Rehearsal, items: Sequence[tuple[Delivery, Item]], steps: Sequence[str]) -> str:
    cycle = rehearsal.round.cycle
    per_person: dict[str, list[Item]] = defaultdict(list)
    for delivery, item in items:
        per_person[delivery.person.id if delivery.person else "hr"].append(item)
    for talk in rehearsal.talks:
        for person in (talk.employee, talk.manager):
            per_person[person].extend(_talk_item(talk, person, rehearsal.people))
    weeks = _weeks(item.at for rows in per_person.values() for item in rows)
    shown = [person for person in rehearsal.people if person in per_person][:MOST_ROWS]
    return render_page(
        "round.html",
        title=next(iter(cycle.name.values()), rehearsal.round.id),
        organisation=cycle.organisation,
        first=cycle.window.first,
        last=cycle.window.last,
        numbers=_numbers(rehearsal, items),
        steps=steps,
        story=_story(rehearsal, per_person),
        weeks=[f"{week:%d %b}" for week in weeks],
        rows=[_row(rehearsal.people[person], per_person[person], weeks) for person in shown],
        rows_left_out=max(0, len(per_person) - len(shown) - ("hr" in per_person)),
        unplaced=[_unplaced(talk, rehearsal.people) for talk in rehearsal.talks if talk.start is None],
        left_out=[(rehearsal.people[person].name, reason) for person, reason in rehearsal.left_out.items()],
        not_sent=_not_sent(rehearsal.ledger),
        days=_days([item for _, item in items]),
        version=__version__,
    )


def _numbers(rehearsal: Rehearsal, items: Sequence[object]) -> list[tuple[int, str]]:
    managers = {talk.manager for talk in rehearsal.talks}
    return [
        (sum(talk.start is not None for talk in rehearsal.talks), "talks with a time"),
        (sum(talk.start is None for talk in rehearsal.talks), "without"),
        (len(managers), "managers"),
        (len(items), "messages"),
        (sum(row.state is OutboxState.FAILED for row in rehearsal.ledger), "failed"),
    ]


def _talk_item(talk: Talk, person: str, people: Mapping[str, Person]) -> Iterator[Item]:
    if talk.start is not None:
        other = people[talk.manager if person == talk.employee else talk.employee].name
        place = talk.place.name or {"agree": "the two agree the place", "online": "online"}.get(talk.place.kind, "")
        yield Item(at=talk.start, title=f"The talk with {other}", why=f"{talk.minutes} minutes, {place}", is_talk=True)


def _story(rehearsal: Rehearsal, per_person: Mapping[str, Sequence[Item]]) -> dict[str, object] | None:
    """The first employee with a mailbox and a talk: what they get, and the talk itself."""
    for talk in rehearsal.talks:
        person = rehearsal.people[talk.employee]
        leads = any(other.manager == person.id for other in rehearsal.talks)
        if talk.start is not None and person.email and not leads:
            items = sorted(per_person[person.id], key=lambda item: item.at)
            mails = [replace(item, when=_local(item.at, person.zone)) for item in items]
            return {"name": person.name, "zone": person.zone, "mails": mails}
    return None


def _row(person: Person, items: Sequence[Item], weeks: Sequence[date]) -> dict[str, object]:
    cells: dict[date, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda each: each.at):
        here = item.at.astimezone(ZoneInfo(person.zone))
        cells[_monday(here.date())].append(replace(item, when=f"{here:%a %H:%M}"))
    return {"name": person.name, "weeks": [cells[week] for week in weeks]}


def _weeks(instants: Iterable[datetime]) -> list[date]:
    """Mondays from the first to the last week with anything in it, the empty ones left out."""
    return sorted({_monday(instant.date()) for instant in instants})


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _unplaced(talk: Talk, people: Mapping[str, Person]) -> dict[str, str]:
    return {"employee": people[talk.employee].name, "manager": people[talk.manager].name, "reason": talk.note}


def _not_sent(ledger: Sequence[KnownMessage]) -> list[tuple[str, str, int]]:
    states = {OutboxState.SKIPPED, OutboxState.FAILED, OutboxState.WITHDRAWN, OutboxState.HELD}
    counts = Counter((row.key.step, row.reason) for row in ledger if row.state in states)
    return [(step, reason, count) for (step, reason), count in sorted(counts.items())]


def _days(items: Sequence[Item]) -> list[dict[str, object]]:
    by_day: dict[date, list[Item]] = defaultdict(list)
    for item in items:
        by_day[item.at.astimezone(UTC).date()].append(replace(item, when=f"{item.at:%H:%M}"))
    return [{"name": f"{day:%A %Y-%m-%d}", "mails": mails} for day, mails in sorted(by_day.items())]


def _local(instant: datetime, zone: str) -> str:
    return f"{instant.astimezone(ZoneInfo(zone)):%a %d %B %Y, %H:%M}"
