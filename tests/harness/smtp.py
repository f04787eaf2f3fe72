"""Harness for SMTP: meetings travel as iMIP mails, and everybody's calendar lives on them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from types import MappingProxyType
from typing import Any

from harness.contract import Cast, Trait
from harness.imip_calendar import ImipCalendar, files_of
from harness.meeting import Meeting, message_id
from harness.seen import CalendarEntry, Notice, ReceivedMail
from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import WeekHours
from talkcycle.domain.ports import Parcel, Roles
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.domain.talks import Entry
from talkcycle.rendering.headers import address_header, date_header, plain_header, text_header
from talkcycle.rendering.invite import CANCEL, REQUEST, Invite, calendar_part
from talkcycle.rendering.mime import CalendarPart, File, mime_message
from talkcycle.transports.smtp.sink import mail_sink
from talkcycle.transports.smtp.transport import SmtpTransport

SENDER = "samtal@norrsken.example"
NO_CALENDARS = "over SMTP nobody's calendar can be reached, but by mail"


class SmtpHarness:
    """Implements ``harness.contract.Harness``."""

    name = "smtp"
    sender = SENDER
    roles: Roles
    lacks: Mapping[Trait, str] = MappingProxyType(
        {
            Trait.ASKED_ABOUT_MAIL: "SMTP has no question for it",
            Trait.ROOMS: "a room without a calendar server is a name in the entry",
            Trait.REMOVED_ATTENDEES: "a talk has the same two sides all its life",
            Trait.OWN_CALENDAR: "the service is the organizer, and has no calendar",
            Trait.OTHER_SERVERS: "mail reaches a mailbox wherever it is",
        }
    )

    def __init__(self) -> None:
        self.arrived: list[tuple[str, bytes]] = []
        self.calendars: dict[str, ImipCalendar] = {}
        self._numbers = count(1)

    def serve(self, host: str, port: int) -> None:
        settings = SmtpSettings(host=host, port=port, tls=TlsMode.NONE, timeout=timedelta(seconds=5))
        self.roles = Roles(sending=SmtpTransport(settings))

    def take(self, recipient: str, mail: bytes) -> None:
        """What the server does with a mail: the recipient has it."""
        folded = recipient.casefold()
        if not self.calendars.setdefault(folded, ImipCalendar(owner=folded)).receive(mail):
            self.arrived.append((folded, mail))

    def new_cast(self) -> Cast:
        number = next(self._numbers)

        def party(name: str) -> Party:
            return Party(name=name, address=f"{name.casefold()}{number}@norrsken.example")

        manager, employee, colleague, elsewhere, unknown = map(party, ("Bo", "Anna", "Cecilia", "Einar", "Ingen"))
        return Cast(manager=manager, employee=employee, colleague=colleague, elsewhere=elsewhere, unknown=unknown)

    def order(self, meeting: Meeting, action: Kind, /, *, tried: bool = False) -> tuple[Parcel, ...]:
        sides = [side for side in (meeting.manager, meeting.employee) if side is not None]
        return tuple(imip_parcel(meeting, action, side, tried=tried) for side in sides)

    def let_arrive(self) -> None:
        """Everything is there at once."""

    def calendar_of(self, address: str, /) -> tuple[CalendarEntry, ...]:
        calendar = self.calendars.get(address.casefold())
        return () if calendar is None else calendar.entries()

    def told(self, address: str, /) -> tuple[Notice, ...]:
        calendar = self.calendars.get(address.casefold())
        return () if calendar is None else tuple(calendar.told)

    def inbox(self, address: str, /) -> tuple[ReceivedMail, ...]:
        return tuple(received(mail) for recipient, mail in self.arrived if recipient == address.casefold())

    def answer(self, address: str, entry: CalendarEntry, answer: Answer, /, *, proposed: Span | None = None) -> None:
        raise NotImplementedError(NO_CALENDARS)

    def move_by_hand(self, address: str, entry: CalendarEntry, start: datetime, /) -> None:
        raise NotImplementedError(NO_CALENDARS)

    def delete_by_hand(self, address: str, entry: CalendarEntry, /) -> None:
        self.calendars[address.casefold()].forget(entry.id)

    def occupy(self, address: str, span: Span, /, *, kind: BusyKind | None = BusyKind.BUSY, subject: str = "") -> None:
        raise NotImplementedError(NO_CALENDARS)

    def works(self, address: str, hours: WeekHours, zone: str, /) -> None:
        raise NotImplementedError(NO_CALENDARS)

    def hire(self, address: str, /, **details: Any) -> None:
        raise NotImplementedError(NO_CALENDARS)

    def move_away(self, address: str, /) -> None:
        raise NotImplementedError(self.lacks[Trait.OTHER_SERVERS])

    def move_back(self, address: str, /) -> None:
        raise NotImplementedError(self.lacks[Trait.OTHER_SERVERS])

    def forget_states(self, address: str, /) -> None:
        raise NotImplementedError(NO_CALENDARS)


@contextmanager
def smtp_harness() -> Iterator[SmtpHarness]:
    harness = SmtpHarness()
    with mail_sink(harness.take) as (host, port):
        harness.serve(host, port)
        yield harness


def received(mail: bytes) -> ReceivedMail:
    """A mail as its reader sees it."""
    message: Any = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    body: Any = message.get_body(("plain", "html"))
    return ReceivedMail(
        message_id=message["Message-ID"],
        sender=message["From"].addresses[0].addr_spec,
        subject=message["Subject"],
        text=body.get_content() if body is not None else "",
        files=files_of(message),
        raw=mail,
    )


def imip_parcel(meeting: Meeting, action: Kind, side: Party, *, tried: bool) -> Parcel:
    """The mail that tells *side* of the meeting, as the service renders it."""
    method = CANCEL if action is Kind.MEETING_CANCEL else REQUEST
    files = () if method == CANCEL else meeting.files
    identity = message_id(meeting, action, "." + side.address.partition("@")[0])
    return Parcel(
        kind=action,
        mailbox=SENDER,
        address=side.address,
        message_id=identity,
        payload=mime_message(
            [
                date_header(meeting.made_at),
                address_header("From", "HR", SENDER),
                address_header("To", side.name, side.address),
                text_header("Subject", meeting.subject),
                plain_header("Message-ID", identity),
            ],
            text=meeting.text,
            html=f"<p>{meeting.text}</p>",
            calendar=CalendarPart(method=method, data=calendar_part(_invite(meeting), method), file_name="samtal.ics"),
            files=[File(name=each.name, mime_type="application/pdf", data=each.data) for each in files],
            boundary=identity.strip("<>").partition("@")[0],
        ),
        tried=tried,
    )


def _invite(meeting: Meeting) -> Invite:
    return Invite(
        entry=Entry(
            round="development-2027-03",
            talk="anna",
            number=1,
            uid=meeting.uid,
            sequence=meeting.version,
            transport="smtp",
            organizer=SENDER,
        ),
        start=meeting.start,
        end=meeting.end,
        zone=meeting.zone,
        made_at=meeting.made_at,
        title=meeting.subject,
        place=meeting.place,
        description=meeting.text,
        organizer=Party(name="HR", address=SENDER),
        chair=meeting.manager,
        participant=meeting.employee,
    )
