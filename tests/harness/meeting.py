"""A talk as the contract suites want it in calendars, and the orders that say so in the words of a server."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from harness.seen import SeenFile
from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.rendering.meeting import encode_order

AGENDA = SeenFile(name="Samtalspunkter.pdf", data=b"%PDF-1.7 " + bytes(range(256)) * 40)
MADE_AT = datetime(2027, 2, 12, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What is wanted of one talk; the next version is ``moved`` or ``replace`` with *version* one higher.

    Attributes:
        uid: Ours.
        employee: None: without a mailbox.
        start: UTC. *zone*: IANA.
        text: In the body; of a cancellation, what the attendee is told.
    """

    uid: str
    manager: Party
    employee: Party | None
    start: datetime
    room: Party | None = None
    minutes: int = 60
    zone: str = "Europe/Stockholm"
    place: str = "Rum Tärnan, plan 3"
    subject: str = "Samtal"
    text: str = "Ni har en tid för ert samtal."
    files: tuple[SeenFile, ...] = (AGENDA,)
    replaces: str | None = None
    online: bool = False
    version: int = 0

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.minutes)

    @property
    def made_at(self) -> datetime:
        """A minute later with each version."""
        return MADE_AT + timedelta(minutes=self.version)

    def moved(self, by: timedelta) -> "Meeting":
        return replace(self, start=self.start + by, version=self.version + 1)

    def with_text(self, text: str) -> "Meeting":
        return replace(self, text=text, version=self.version + 1)

    def in_room(self, room: Party | None, place: str) -> "Meeting":
        return replace(self, room=room, place=place, version=self.version + 1)


Ordered = Callable[..., tuple[Parcel, ...]]


def message_id(meeting: Meeting, action: Kind, side: str = "") -> str:
    """The same for the same version, action and side."""
    local = meeting.uid.partition("@")[0]
    return f"<{local}.{meeting.version}.{action.value}{side}@talkcycle.example>"


def order_of(meeting: Meeting, action: Kind) -> MeetingOrder:
    return MeetingOrder(
        action=action,
        order=message_id(meeting, action),
        uid=meeting.uid,
        organizer=meeting.manager.address,
        start=meeting.start,
        end=meeting.end,
        zone=meeting.zone,
        subject=meeting.subject,
        html=f"<p>{meeting.text}</p>",
        text=meeting.text,
        location=meeting.place,
        attendee=meeting.employee,
        room=meeting.room,
        replaces=meeting.replaces,
        online=meeting.online,
        files=tuple(OrderFile(name=each.name, mime_type="application/pdf", data=each.data) for each in meeting.files)
        if action is Kind.MEETING_CREATE
        else (),
    )


def order_parcel(meeting: Meeting, action: Kind, *, tried: bool) -> Parcel:
    """The one parcel by which a transport that keeps calendars is told."""
    order = order_of(meeting, action)
    return Parcel(
        kind=action,
        mailbox=order.organizer,
        address=order.organizer,
        message_id=order.order,
        payload=encode_order(order),
        tried=tried,
    )
