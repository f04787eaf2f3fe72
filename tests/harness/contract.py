"""What the contract suites need of a server and a transport that speaks to it: to say a behaviour, and to look at the
outcome from the side of those whom it reaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from harness.meeting import Meeting
from harness.seen import CalendarEntry, Notice, ReceivedMail
from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import WeekHours
from talkcycle.domain.ports import Parcel, Roles


class Trait(StrEnum):
    """What some servers cannot do, or do not show."""

    ASKED_ABOUT_MAIL = "can be asked whether a mail was sent"
    EXACT_BYTES = "passes mails on byte for byte"
    ROOMS = "books rooms"
    OWN_CALENDAR = "keeps the entry in the organizer's own calendar"
    WHOLE_UPDATES = "keeps all that an update of attendees says"
    REMOVED_ATTENDEES = "tells attendees that they were removed"
    CANCELLATION_TEXT = "passes the text of a cancellation on"
    OTHER_SERVERS = "has other servers beside it, to which mailboxes move"
    PROPOSALS = "lets attendees propose another time"
    WORKING_HOURS = "tells working hours"
    NEWCOMERS = "has a directory to which people can be added"
    DETAILS = "knows more of people than name and address"
    SEATS = "knows how many seats a room has"
    ROOM_LISTS = "tells one list of rooms from another"
    FORGETS_STATES = "forgets states, and says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Those who act in one test, and in no other.

    Attributes:
        elsewhere: Has a mailbox, but on another server: reached by mail.
        unknown: An address that nobody has.
        rooms: On a list with the address *room_list*; empty where no rooms are booked.
    """

    manager: Party
    employee: Party
    colleague: Party
    elsewhere: Party
    unknown: Party
    rooms: tuple[Party, ...] = ()
    room_list: str = ""


class Harness(Protocol):
    """One server and the roles of the transport that speaks to it.

    Attributes:
        lacks: What this server cannot do or does not show, and why.
        sender: The service's own mailbox.
    """

    name: str
    roles: Roles
    sender: str
    lacks: Mapping[Trait, str]

    def new_cast(self) -> Cast:
        """People and rooms whom no test has met."""
        ...

    def order(self, meeting: Meeting, action: Kind, /, *, tried: bool = False) -> tuple[Parcel, ...]:
        """The parcels by which this transport is told: one, or one for each who is told by mail."""
        ...

    def let_arrive(self) -> None:
        """Wait until everything that is on its way has arrived."""
        ...

    def calendar_of(self, address: str, /) -> tuple[CalendarEntry, ...]:
        """By start. What is shown as cancelled until its owner removes it counts as gone."""
        ...

    def told(self, address: str, /) -> tuple[Notice, ...]:
        """What reached somebody about meetings, in order."""
        ...

    def inbox(self, address: str, /) -> tuple[ReceivedMail, ...]:
        """Mails that arrived, those about meetings aside."""
        ...

    def answer(self, address: str, entry: CalendarEntry, answer: Answer, /, *, proposed: Span | None = None) -> None:
        """The owner of *address* answers an entry of theirs, as people do it."""
        ...

    def move_by_hand(self, address: str, entry: CalendarEntry, start: datetime, /) -> None:
        """The organizer moves the meeting in their own calendar; its length stays, and attendees are told."""
        ...

    def delete_by_hand(self, address: str, entry: CalendarEntry, /) -> None: ...

    def occupy(self, address: str, span: Span, /, *, kind: BusyKind | None = BusyKind.BUSY, subject: str = "") -> None:
        """Put something private of their own into somebody's calendar. *kind*: None: shown as free."""
        ...

    def works(self, address: str, hours: WeekHours, zone: str, /) -> None:
        """Set the week that the owner of a mailbox works. *hours*: local to *zone*, one interval a day at most."""
        ...

    def hire(self, address: str, /, **details: Any) -> None:
        """Somebody new with a mailbox. *details*: as fields of ``servers.organisation.Mailbox``, such as *manager*."""
        ...

    def move_away(self, address: str, /) -> None:
        """From now on another server has this mailbox."""
        ...

    def move_back(self, address: str, /) -> None:
        """This server has it again; what is in it is called otherwise now."""
        ...

    def forget_states(self, address: str, /) -> None:
        """The server knows no state any more that it gave of this calendar."""
        ...
