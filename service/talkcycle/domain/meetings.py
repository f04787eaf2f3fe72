"""A meeting order: what is to stand in the organizer's calendar, in the words of no server.

Exchange and Graph carry it out; over SMTP the same talk travels as an iMIP mail.
"""

from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.messages import Kind

PROPERTY_SET = "6f3a1c52-9a0e-4b7e-8d35-2f1f6e0c7a41"
"""The GUID of our named MAPI properties, which are strings. The same on every server: a mailbox that moves keeps them."""
ENTRY_PROPERTY = "talkcycle-entry"
"""Of a meeting: the entry's UID."""
ORDER_PROPERTY = "talkcycle-order"
"""Of a meeting: the Message-ID of the last order carried out on it. Of a mail: its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody or some room in the entry. *address*: as an envelope has it."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFile:
    """A file that attendees receive with the entry. *mime_type*: without parameters."""

    name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOrder:
    """What one message about a meeting asks a calendar server for. Never changes; a retry is the same order.

    Attributes:
        action: MEETING_CREATE, MEETING_CHANGE or MEETING_CANCEL.
        order: The message's Message-ID. Kept with the meeting, so that a retry finds that it was carried out.
        uid: The entry's UID, kept with the meeting in a property of ours: by it the meeting is found again.
        replaces: The UID under which the calendar may already hold the talk; None: none. Its own, where an earlier order
            may have made the entry; else that of an earlier entry, where the mailbox moved to this server with everything
            in it. Where it is found, it becomes this entry, by one update.
        start, end: UTC. *zone*: IANA, in which the start is written.
        attendee: The employee; None without a mailbox: then the meeting stands in the organizer's calendar alone.
        room: Invited as a resource; None: no room with a mailbox.
        html, text: The body in both forms; of a cancellation, what the attendee is told.
        online: The server is to make a link for an online meeting.
        files: Of a creation; a change leaves the meeting's files alone.
        remind_minutes: Before the start.
    """

    action: Kind
    order: str
    uid: str
    organizer: str
    start: datetime
    end: datetime
    zone: str
    subject: str
    html: str
    text: str
    location: str
    attendee: Party | None = None
    room: Party | None = None
    replaces: str | None = None
    online: bool = False
    files: tuple[OrderFile, ...] = ()
    remind_minutes: int = 15
