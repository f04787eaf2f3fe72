"""What ``doctor --send-to`` sends: a mail and a meeting that say in every line that they are a test."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid5

from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.domain.routes import Route
from talkcycle.domain.talks import Entry
from talkcycle.rendering.dates import Dates, local
from talkcycle.rendering.designs import NOBODYS
from talkcycle.rendering.headers import address_header, date_header, envelope_address, plain_header, text_header
from talkcycle.rendering.invite import CANCEL, REQUEST, Invite, calendar_part
from talkcycle.rendering.markdown import both_forms
from talkcycle.rendering.meeting import encode_order
from talkcycle.rendering.mime import CalendarPart, File, mime_message
from talkcycle.rendering.pdf import pdf
from talkcycle.rendering.template_files import PAGES, TEMPLATES
from talkcycle.rendering.yaml_text import read_yaml
from talkcycle.resources import shipped

MINUTES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One test.

    Attributes:
        to: Who asked for it, and gets it.
        route: Whose calendar keeps the meeting, and by which transport.
        language: One of ``trial_languages``.
        start: UTC. *zone*: IANA, in which it is written.
        identity: New each time: of the meeting's UID and all Message-IDs.
        made_at: UTC.
    """

    sender: str
    to: str
    route: Route
    language: str
    start: datetime
    zone: str
    identity: UUID
    made_at: datetime


def trial_languages() -> frozenset[str]:
    return frozenset(_texts())


def trial_mail(trial: Trial) -> Parcel:
    """The mail, with the file."""
    words = _texts()[trial.language]
    return _mail(
        trial, Kind.MAIL, subject=words["mail_subject"], body=words["mail"], calendar=None, files=[_agenda(trial)]
    )


def trial_meeting(trial: Trial, action: Kind) -> Parcel:
    """The meeting's creation, with the file, or its cancellation: an order where calendars are kept, else a mail."""
    words = _texts()[trial.language]
    body = words["cancelled" if action is Kind.MEETING_CANCEL else "meeting"]
    files = [] if action is Kind.MEETING_CANCEL else [_agenda(trial)]
    if not trial.route.transport.keeps_calendars:
        return _mail(trial, action, subject=words["title"], body=body, calendar=_calendar(trial, action), files=files)
    forms = both_forms(body)
    order = MeetingOrder(
        action=action,
        order=_message_id(trial, action),
        uid=str(trial.identity),
        organizer=trial.route.organizer,
        start=trial.start,
        end=trial.start + timedelta(minutes=MINUTES),
        zone=trial.zone,
        subject=words["title"],
        html=forms.html,
        text=forms.text,
        location=words["place"],
        attendee=Party(name=trial.to, address=envelope_address(trial.to)),
        files=tuple(OrderFile(name=file.name, mime_type=file.mime_type, data=file.data) for file in files),
    )
    return Parcel(
        kind=action,
        mailbox=trial.route.organizer,
        address=envelope_address(trial.to),
        message_id=order.order,
        payload=encode_order(order),
    )


def _mail(
    trial: Trial, kind: Kind, *, subject: str, body: str, calendar: CalendarPart | None, files: list[File]
) -> Parcel:
    sender, to, forms = envelope_address(trial.sender), envelope_address(trial.to), both_forms(body)
    message_id = _message_id(trial, kind)
    headers = [
        date_header(trial.made_at),
        address_header("From", _texts()[trial.language]["from"], sender),
        address_header("To", "", to),
        text_header("Subject", subject),
        plain_header("Message-ID", message_id),
        plain_header("Auto-Submitted", "auto-generated"),
        plain_header("Content-Language", trial.language),
    ]
    payload = mime_message(
        headers,
        text=forms.text,
        html=f'<!DOCTYPE html><html lang="{trial.language}"><body>{forms.html}</body></html>',
        calendar=calendar,
        files=files,
        boundary=_identity(trial, kind).hex,
    )
    return Parcel(kind=kind, mailbox=sender, address=to, message_id=message_id, payload=payload)


def _calendar(trial: Trial, action: Kind) -> CalendarPart:
    words, cancelled = _texts()[trial.language], action is Kind.MEETING_CANCEL
    entry = Entry(
        round="trial",
        talk="trial",
        number=1,
        uid=str(trial.identity),
        sequence=int(cancelled),
        transport=trial.route.transport,
        organizer=trial.route.organizer,
    )
    invite = Invite(
        entry=entry,
        start=trial.start,
        end=trial.start + timedelta(minutes=MINUTES),
        zone=trial.zone,
        made_at=trial.made_at,
        title=words["title"],
        place=words["place"],
        description=both_forms(words["cancelled" if cancelled else "meeting"]).text,
        organizer=Party(name=words["from"], address=envelope_address(trial.sender)),
        chair=None,
        participant=Party(name=trial.to, address=envelope_address(trial.to)),
    )
    method = CANCEL if cancelled else REQUEST
    return CalendarPart(method=method, data=calendar_part(invite, method), file_name="test.ics")


def _agenda(trial: Trial) -> File:
    """In the design of the real agenda: the same fonts, the same size."""
    words = _texts()[trial.language]
    labels = words["agenda"]
    start, end = (local(instant, trial.zone) for instant in (trial.start, trial.start + timedelta(minutes=MINUTES)))
    data: dict[str, Any] = {
        "language": trial.language,
        "region": None,
        "organisation": "talkcycle",
        "cycle": labels["title"],
        "title": labels["title"],
        "employee": {"label": labels["employee"], "name": trial.to},
        "manager": {"label": labels["manager"], "name": trial.route.organizer},
        "when": {"label": labels["when"], "lines": [Dates(trial.language, trial.made_at.year).date_time(start, end)]},
        "where": {"label": labels["where"], "text": words["place"]},
        "minutes": labels["minutes"],
        "speaks_first": "",
        "points": [{"title": labels["point"], "minutes": MINUTES, "leads": labels["leads"], "questions": []}],
        "strategy": None,
        "ground_rules": "",
        "confidentiality": "",
        "footer": "",
    }
    source = (shipped(TEMPLATES) / "agenda.typ").read_bytes()
    made = pdf(source, data, sample=data | NOBODYS, created=trial.made_at)
    return File(name=f"{words['file']}.pdf", mime_type="application/pdf", data=made)


def _identity(trial: Trial, kind: Kind) -> UUID:
    return uuid5(trial.identity, kind)


def _message_id(trial: Trial, kind: Kind) -> str:
    return f"<{_identity(trial, kind)}@{envelope_address(trial.sender).rpartition('@')[2]}>"


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = read_yaml((shipped(TEMPLATES) / PAGES / "trial.yaml").read_text(encoding="utf-8"))
    return texts
