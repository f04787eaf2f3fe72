"""What the rounds and the daemon need from the outside world, a role each. ``store`` and ``transports`` implement them.

A mailbox is served by one transport (``domain.routes``). SMTP sends mails, meetings among them as iMIP; Exchange and
Graph play every role. One contract suite a role holds every implementation to it (``tests/contract``).

Nobody here retries, logs content or addresses, or touches the store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Protocol

from talkcycle.domain.busy import Span
from talkcycle.domain.delivery import Receipt
from talkcycle.domain.mailboxes import Changes, DirectoryPerson, Finding, ListedRoom, MailboxTimes, Untold
from talkcycle.domain.mails import Letter, Tray
from talkcycle.domain.messages import Kind


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message for one recipient on its way out.

    Attributes:
        mailbox: From whose mailbox, or in whose calendar.
        address: The recipient's.
        message_id: The same in every try.
        payload: A MIME message with CRLF line ends; for a transport that keeps calendars, and a kind that is not a mail,
            a meeting order (``rendering.meeting``).
        tried: It may have been tried before: look whether it is there already.
    """

    kind: Kind
    mailbox: str
    address: str
    message_id: str
    payload: bytes
    tried: bool = False


class MailSender(Protocol):
    """Sends mails from the service's mailbox."""

    def send(self, mail: Parcel, /) -> Receipt:
        """Hand over one mail to one recipient, once; one that was *tried* and is found sent is not sent again.

        Raises:
            TransientDeliveryError, PermanentDeliveryError, UnknownDeliveryError: as delivery.py defines them.
                Anything else that escapes is a bug.
        """
        ...


class MeetingKeeper(Protocol):
    """Creates, changes and cancels meetings, and has their attendees told."""

    def keep(self, order: Parcel, /) -> Receipt:
        """Carry out one order, once. What an earlier try has done of it is found and not done again.

        Cancelling what is not there any more, or in a mailbox that this transport does not serve any more, is done.

        Raises:
            As ``send``. Changing what is not there any more is permanent.
        """
        ...


class Connection(MailSender, MeetingKeeper, Protocol):
    """An open line. Used by one thread; in order."""


class Sending(Protocol):
    """A transport that sends. Safe to share between threads."""

    name: str

    def connect(self) -> AbstractContextManager[Connection]:
        """Open a line lazily and keep it for several messages; leaving closes it quietly, whatever the server says."""
        ...


class FreeBusy(Protocol):
    """Tells when mailboxes are busy, rooms' included. Kinds and times alone: subjects are never asked for."""

    def busy_times(self, mailboxes: Sequence[str], window: Span, /) -> Mapping[str, MailboxTimes | Untold]:
        """Of each address, its times within *window* (UTC, any length), or why they cannot be told.

        One that cannot be told keeps no other from being told. Never raises for what a server does.
        """
        ...


class RoomLists(Protocol):
    """Knows the rooms of a site."""

    def rooms(self, room_list: str, /) -> tuple[ListedRoom, ...] | Untold:
        """The rooms of the list with that address, by name."""
        ...


class EntryWatch(Protocol):
    """Reads what became of our entries in their organizers' calendars. Other entries' contents are never read."""

    def changes(self, organizer: str, known: Mapping[str, str], since: str | None, /) -> Changes:
        """What has changed of *known* (UID to remote id) in the calendar of *organizer* since *since*.

        Args:
            since: A state given earlier; None, or one that the server has forgotten: everything known is told.

        Raises:
            TransientDeliveryError, PermanentDeliveryError: Nothing was read; the state stays as it was.
        """
        ...


class Inbox(Protocol):
    """The service's own mailbox, read mail by mail. Belongs to one thread; keeps its line between two looks.

    Attributes:
        account: Whose mailbox and which folder: what ``letters`` hands back as state is of no use to another.
    """

    account: str

    def letters(self, since: str | None, /) -> Iterator[Letter]:
        """Mails that came after *since*, oldest first, each fetched when it is asked for; none is marked as read.

        Args:
            since: The state of a letter given earlier; None, or one that the server has forgotten: every mail there is.

        Raises:
            TransientDeliveryError: The mailbox cannot be read, or not any further.
        """
        ...

    def put_away(self, letter: Letter, tray: Tray, /) -> bool:
        """Move a mail that was dealt with; false when the server does not let us: then it stays where it is.

        Raises:
            TransientDeliveryError: It may be there still; it will be given again.
        """
        ...

    def wait(self, most: timedelta, stop: Event, /) -> None:
        """Return when new mail comes, after *most* at the latest, and soon after *stop*. Never raises."""
        ...

    def close(self) -> None:
        """Let go of the line, quietly."""
        ...


class Directory(Protocol):
    """Knows the organisation's people and their managers."""

    def people(self, progress: Callable[[int, int], None], /) -> Iterator[DirectoryPerson]:
        """Everybody with a mailbox that is enabled, each once. *progress*: how many of how many (0: not known).

        Raises:
            Refused: The server does not give them, and why.
        """
        ...


class Doctor(Protocol):
    """Proves that a transport can do what it has to, without mailing anybody."""

    def examine(self, sample: Sequence[str], outside: Sequence[str], /, *, told: Sequence[str] = ()) -> Iterator[Finding]:
        """Each thing looked at, as it is found. Never raises for what a server does; writes nothing anywhere.

        Args:
            sample: Mailboxes it has to serve. *outside*: mailboxes it must not be able to open.
            told: Mailboxes whose busy times alone are needed: employees' and rooms'.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What one transport can do; None: it does not."""

    sending: Sending
    free_busy: FreeBusy | None = None
    rooms: RoomLists | None = None
    watch: EntryWatch | None = None
    directory: Directory | None = None
    doctor: Doctor | None = None
