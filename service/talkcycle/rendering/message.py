"""An order becomes a message: its texts, its calendar part, its files, and the exact bytes of them all."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import Any

from talkcycle.domain.cycle import PlaceKind
from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind, RenderedMessage
from talkcycle.domain.people import Person, Role
from talkcycle.rendering import documents
from talkcycle.rendering.headers import (
    address_header,
    date_header,
    envelope_address,
    plain_header,
    text_header,
)
from talkcycle.rendering.invite import CANCEL, DECLINE_COUNTER, REQUEST, Invite, calendar_part
from talkcycle.rendering.layout import page
from talkcycle.rendering.library import Library, MailText
from talkcycle.rendering.markdown import both_forms
from talkcycle.rendering.meeting import encode_order
from talkcycle.rendering.mime import CalendarPart, File, mime_message
from talkcycle.rendering.order import RenderOrder
from talkcycle.rendering.sandbox import one_line
from talkcycle.rendering.values import ABOUT_AN_AGREEMENT, talk_pair, values_of

METHODS = {Kind.MEETING_CANCEL: CANCEL, Kind.COUNTER_DECLINED: DECLINE_COUNTER}
MIME_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
"""By a file's ending. The machine's own table would make the same message differ between machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A message in its parts, before MIME.

    Attributes:
        calendar: The calendar part; None for a plain mail.
        files: Attachments in the step's order: (file name, MIME type, bytes).
    """

    subject: str
    preheader: str
    text: str
    html: str
    calendar: bytes | None
    files: tuple[tuple[str, str, bytes], ...]


@dataclass(frozen=True, slots=True)
class _Draft:
    """What composing and MIME both need."""

    composed: Composed
    text: MailText
    values: dict[str, Any]


def compose(order: RenderOrder, library: Library, attachments: Mapping[str, bytes]) -> Composed:
    """The texts and files of *order*.

    Args:
        attachments: HR's own files by name.

    Raises:
        LookupError: A text or a file does not exist. Nothing is left out silently.
        jinja2.TemplateError: A template failed.
        ValueError: A text about a talk for a message that is not about one.
    """
    return _draft(order, library, attachments).composed


def render(order: RenderOrder, library: Library, attachments: Mapping[str, bytes]) -> RenderedMessage:
    """The exact bytes of *order* for its recipient. The same order gives the same bytes.

    Raises:
        LookupError, jinja2.TemplateError: As ``compose``.
        ValueError: As ``compose``; a control character in a header; a recipient without an address.
    """
    draft = _draft(order, library, attachments)
    address, mailbox = _address(order), envelope_address(_mailbox(order))
    identity = _identity(order)
    message_id = f"<{identity}@{envelope_address(order.sender).rpartition('@')[2]}>"
    if _is_meeting_order(order):
        payload = encode_order(_meeting(order, draft, organizer=mailbox, message_id=message_id))
    else:
        payload = mime_message(
            _headers(order, draft, address=address, sender=mailbox, message_id=message_id),
            text=draft.composed.text,
            html=draft.composed.html,
            calendar=_calendar_file(order, draft),
            files=[File(name=name, mime_type=type_, data=data) for name, type_, data in draft.composed.files],
            boundary=identity.hex,
        )
    return RenderedMessage(
        key=order.due.key,
        kind=order.due.kind,
        transport=order.transport,
        mailbox=mailbox,
        address=address,
        message_id=message_id,
        payload=payload,
    )


def _is_meeting_order(order: RenderOrder) -> bool:
    return order.due.kind is not Kind.MAIL and order.transport.keeps_calendars


def _mailbox(order: RenderOrder) -> str:
    """Whose mailbox it leaves from: a meeting order is carried out in the host's calendar."""
    if _is_meeting_order(order) and order.entry is not None:
        return order.entry.organizer
    return order.sender


def _meeting(order: RenderOrder, draft: _Draft, *, organizer: str, message_id: str) -> MeetingOrder:
    talk, employee, _ = talk_pair(order)
    if order.entry is None or talk.start is None or talk.end is None:
        raise ValueError("a meeting order for a talk without an entry or a time")
    place = talk.place
    return MeetingOrder(
        action=order.due.kind,
        order=message_id,
        uid=order.entry.uid,
        organizer=organizer,
        start=talk.start,
        end=talk.end,
        zone=talk.zone,
        subject=draft.text.words.say("calendar_title", draft.values),
        html=draft.composed.html,
        text=draft.composed.text,
        location=draft.values["place"],
        attendee=_party(employee),
        room=order.room,
        replaces=order.replaces,
        online=place.kind is PlaceKind.ONLINE and place.name is None,
        files=tuple(OrderFile(name=name, mime_type=kind, data=data) for name, kind, data in draft.composed.files),
    )


def _draft(order: RenderOrder, library: Library, attachments: Mapping[str, bytes]) -> _Draft:
    found = library.mail(order.due.template, order.recipient.language)
    values = values_of(order, found.words, found.language)
    subject = one_line(found.template.subject.text(values))
    preheader = one_line(found.template.preheader.text(values))
    body = both_forms(found.template.body.text(values))
    footer = _constant_text(found.words.say("footer", values))
    # A digest is about many talks, so a line about "the two of you" has no place in it.
    confidentiality = _constant_text("" if order.digest is not None else values["confidentiality"])
    composed = Composed(
        subject=subject,
        preheader=preheader,
        text=f"{body.text}\n---\n{footer.text}{confidentiality.text}".rstrip() + "\n",
        html=page(
            library.layout,
            language=found.language,
            subject=subject,
            preheader=preheader,
            organisation=values["organisation"],
            body=body.html,
            footer=footer.html,
            confidentiality=confidentiality.html,
        ),
        calendar=_calendar(order, found, values),
        files=tuple(_files(order, library, found, values, attachments)),
    )
    return _Draft(composed, found, values)


def _files(
    order: RenderOrder, library: Library, text: MailText, values: Mapping[str, Any], attachments: Mapping[str, bytes]
) -> Iterator[tuple[str, str, bytes]]:
    for name in order.due.attach:
        if name in documents.MADE:
            file = documents.MADE[name](order, library, text, values)
            yield file.name, file.mime_type, file.data
        elif name in attachments:
            yield name.rpartition("/")[2], _mime_type(name), attachments[name]
        else:
            raise LookupError(f"the attachment {name!r} is missing")


def _mime_type(name: str) -> str:
    return MIME_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def _calendar(order: RenderOrder, found: MailText, values: dict[str, Any]) -> bytes | None:
    if order.due.kind is Kind.MAIL or _is_meeting_order(order):
        return None
    talk, employee, manager = talk_pair(order)
    if order.entry is None or talk.start is None or talk.end is None:
        raise ValueError("a calendar message for a talk without an entry or a time")
    invite = Invite(
        entry=order.entry,
        start=talk.start,
        end=talk.end,
        zone=talk.zone,
        made_at=order.made_at,
        title=found.words.say("calendar_title", values),
        place=values["place"],
        description=_description(found, values),
        organizer=Party(name=found.words.say("hr_sender", values), address=envelope_address(order.sender)),
        chair=_party(order.former if order.former and order.due.kind is Kind.MEETING_CANCEL else manager),
        participant=_party(employee),
    )
    return _shared_calendar_part(invite, _method(order.due.kind))


def _method(kind: Kind) -> str:
    return METHODS.get(kind, REQUEST)


def _answers_to(order: RenderOrder) -> tuple[str, str]:
    """HR; but what is quoted in an answer to words of the two is for the two: it goes to the other, or nowhere else."""
    hr = order.round.cycle.hr
    if order.agreement is None or order.due.template not in ABOUT_AN_AGREEMENT:
        return hr.name, envelope_address(hr.email)
    _, employee, manager = talk_pair(order)
    other = manager if order.due.role is Role.EMPLOYEE else employee
    # Who took the talk over may not read it, and the mailbox of who has left is somebody else's.
    if other.email is None or other.left or not order.agreement.may_be_read_by(other.id):
        return order.recipient.name, _address(order)
    return other.name, envelope_address(other.email)


def _address(order: RenderOrder) -> str:
    if order.recipient.email is None:
        raise ValueError(f"{order.recipient.key} has no address")
    return envelope_address(order.recipient.email)


def _party(person: Person) -> Party | None:
    return None if person.email is None else Party(name=person.name, address=envelope_address(person.email))


def _description(found: MailText, values: Mapping[str, Any]) -> str:
    """The agenda as text, for calendars that do not show attachments, and whom to call."""
    unit = found.words.agenda["minutes"]
    points = [f"{point.minutes} {unit}: {point.title}. {point.leads}" for point in values["agenda_points"]]
    footer = _constant_text(found.words.say("footer", values)).text.strip()
    return "\n".join([found.words.agenda["title"], *points, "", footer])


def _calendar_file(order: RenderOrder, draft: _Draft) -> CalendarPart | None:
    if draft.composed.calendar is None:
        return None
    name = draft.text.words.say("invitation_file", draft.values)
    return CalendarPart(method=_method(order.due.kind), data=draft.composed.calendar, file_name=f"{name}.ics")


def _headers(order: RenderOrder, draft: _Draft, *, address: str, sender: str, message_id: str) -> list[bytes]:
    # Out-of-office replies help nobody; answers to a meeting must come, and some servers count them as automatic.
    suppress = "OOF, AutoReply" if order.due.kind is Kind.MAIL else "OOF"
    return [
        date_header(order.made_at),
        _constant_address("From", draft.text.words.say("hr_sender", draft.values), sender),
        _constant_address("Reply-To", *_answers_to(order)),
        address_header("To", order.recipient.name, address),
        text_header("Subject", draft.composed.subject),
        plain_header("Message-ID", message_id),
        plain_header("Auto-Submitted", "auto-generated"),
        plain_header("X-Auto-Response-Suppress", suppress),
        plain_header("Content-Language", draft.text.language.replace("_", "-")),
    ]


_constant_address = lru_cache(maxsize=64)(address_header)
_constant_text = lru_cache(maxsize=64)(both_forms)
"""From, Reply-To and the footer are the same in every message of a round."""
_shared_calendar_part = lru_cache(maxsize=16)(calendar_part)
"""The two sides of a talk who read the same language get the same bytes, one after the other."""


def _identity(order: RenderOrder) -> uuid.UUID:
    """The same for the same key of the same round, and unlike any other's."""
    namespace = uuid.uuid5(uuid.NAMESPACE_OID, order.round.seed)
    return uuid.uuid5(namespace, "\x1f".join(map(str, astuple(order.due.key))))
