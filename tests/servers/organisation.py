"""An organisation's mailboxes, calendars and rooms, as its mail servers keep them.

The fake EWS and the fake Graph server are two faces of one ``Organisation``: a mailbox is served by one of them, or by
neither, and can move from one to the other with everything in it. What matters is modelled: attendees are told only when
the organizer says so, each attendee has an answer of their own, files travel with the invitation that follows them, rooms
answer by themselves, and everything that reaches anybody is kept in ``told``.

All instants are aware, UTC. Thread-safe: every public method holds the lock.
"""

import copy
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Where(StrEnum):
    """Which server has a mailbox. ``elsewhere``: reached by mail alone."""

    ON_PREMISES = "on-premises"
    ONLINE = "online"
    ELSEWHERE = "elsewhere"


class Busy(StrEnum):
    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    AWAY = "away"
    ELSEWHERE = "elsewhere"


class Response(StrEnum):
    NONE = "none"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Telling(StrEnum):
    """Whom a change of a meeting tells."""

    NOBODY = "nobody"
    CHANGED = "changed"  # only attendees that were added or removed
    ALL = "all"


@dataclass(slots=True, kw_only=True)
class Attendee:
    address: str
    name: str = ""
    room: bool = False
    invited: bool = False
    response: Response = Response.NONE
    at: datetime | None = None
    proposed: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    id: str
    name: str
    mime_type: str
    data: bytes


@dataclass(slots=True, kw_only=True)
class Item:
    """An entry of one mailbox's calendar.

    Attributes:
        id: Of this mailbox; *uid* is the same at the organizer and all attendees.
        version: Rises with every change; a change key or an ETag.
        mine: Its mailbox is the organizer.
        announced: Somebody was invited.
        properties: Named extended properties.
        transaction: Graph's ``transactionId``.
    """

    id: str
    uid: str
    mine: bool
    organizer: str
    start: datetime
    end: datetime
    zone: str = "UTC"
    subject: str = ""
    body: str = ""
    location: str = ""
    private: bool = False
    reminder: int | None = None
    busy: Busy = Busy.BUSY
    online: bool = False
    cancelled: bool = False
    announced: bool = False
    response: Response = Response.NONE
    attendees: list[Attendee] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    transaction: str | None = None
    version: int = 1


@dataclass(slots=True, kw_only=True)
class Mail:
    """A mail in a mailbox: a draft, one sent, or (*received*) one that came in. *mime*: its exact bytes."""

    id: str
    message_id: str
    mime: bytes
    draft: bool = False
    received: bool = False
    properties: dict[str, str] = field(default_factory=dict)
    files: list[StoredFile] = field(default_factory=list)
    recipients: tuple[str, ...] = ()
    version: int = 1


@dataclass(slots=True, kw_only=True)
class Mailbox:
    """Attributes:
    calendar, mails: By id; *mails* has drafts, sent and received ones.
    changes: (number, item id, gone) of the calendar, for those who ask what has changed.
    moves: How often it has moved: what a server said of its state before counts no more.
    hours: (weekday 0-6, first minute, last minute) of the local day.
    """

    address: str
    name: str
    where: Where
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    room_list: str | None = None
    seats: int | None = None
    zone: str = "Europe/Stockholm"
    hours: tuple[tuple[int, int, int], ...] = tuple((day, 8 * 60, 17 * 60) for day in range(5))
    manager: str | None = None
    employee_id: str | None = None
    department: str | None = None
    site: str | None = None
    country: str | None = None
    language: str | None = None
    enabled: bool = True
    calendar: dict[str, Item] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)
    changes: list[tuple[int, str, bool]] = field(default_factory=list)
    moves: int = 0

    @property
    def is_room(self) -> bool:
        return self.room_list is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something that reached somebody.

    Attributes:
        what: ``invitation``, ``update``, ``cancellation`` or ``mail``.
        uid: Of a meeting; of a mail its Message-ID.
        files: Names of what came with it.
        sender: The organizer, or from whose mailbox the mail was.
    """

    to: str
    what: str
    uid: str
    sender: str
    files: tuple[str, ...] = ()
    start: datetime | None = None
    text: str = ""
    at: datetime | None = None


class NoMailbox(LookupError):
    """There is no such mailbox here."""


class NoItem(LookupError):
    """There is no such item in that mailbox."""


def property_key(property_set: str, name: str, *, kind: str = "String") -> str:
    """What a named property is called in ``properties``: as in Graph, the GUID in lower case.

    Both faces use it, so that a property set over one is found over the other after its mailbox has moved.
    """
    return f"{kind} {{{property_set.strip('{}').lower()}}} Name {name}"


def _locked(
    method: "Callable[Concatenate[Organisation, P], R]",
) -> "Callable[Concatenate[Organisation, P], R]":
    @wraps(method)
    def inner(self: "Organisation", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return inner


class Organisation:
    """Everybody's mailboxes. Values handed out are the real ones: look, and change them through methods alone."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.mailboxes: dict[str, Mailbox] = {}
        self.room_lists: dict[str, str] = {}
        self.told: list[Told] = []
        self._number = 0

    # Mailboxes

    @_locked
    def add(self, /, address: str, *, where: Where, name: str = "", **more: Any) -> Mailbox:
        mailbox = Mailbox(address=address, name=name or address.partition("@")[0], where=where, **more)
        self.mailboxes[address.casefold()] = mailbox
        return mailbox

    @_locked
    def add_room_list(self, address: str, name: str) -> None:
        self.room_lists[address.casefold()] = name

    @_locked
    def mailbox(self, address: str, where: Where | None = None) -> Mailbox:
        """The mailbox of *address* (or of that object id), if *where* has it. Raises NoMailbox."""
        found = self.mailboxes.get(address.casefold())
        if found is None:
            found = next((each for each in self.mailboxes.values() if each.id == address), None)
        if found is None or (where is not None and found.where is not where):
            raise NoMailbox(address)
        return found

    @_locked
    def migrate(self, address: str, to: Where) -> None:
        """Move a mailbox to another server with everything in it. Its items get other ids, as in a real move."""
        mailbox = self.mailbox(address)
        mailbox.where = to
        mailbox.moves += 1
        items, mailbox.calendar, mailbox.changes = mailbox.calendar, {}, []
        for item in items.values():
            item.id = self._new_id()
            mailbox.calendar[item.id] = item
            self._changed(mailbox, item)

    @_locked
    def rooms_in(self, room_list: str) -> list[Mailbox]:
        folded = room_list.casefold()
        return [each for each in self.mailboxes.values() if each.room_list and each.room_list.casefold() == folded]

    # Meetings, by the organizer

    @_locked
    def create(self, /, address: str, *, tell: Telling = Telling.NOBODY, **fields: Any) -> Item:
        """A new entry in the calendar of *address*, its organizer."""
        mailbox = self.mailbox(address)
        fields = {"uid": f"040000008200E000{uuid.uuid4().hex.upper()}"} | fields
        item = Item(id=self._new_id(), mine=True, organizer=mailbox.address, **fields)
        mailbox.calendar[item.id] = item
        self._changed(mailbox, item)
        if tell is not Telling.NOBODY:
            self._invite(item, item.attendees, "invitation")
        return item

    @_locked
    def update(self, /, address: str, id_: str, *, tell: Telling = Telling.NOBODY, **fields: Any) -> Item:
        """Change named fields of an entry. New attendees are invited, removed ones told that it is cancelled.

        A new time makes everybody's answer none again.
        """
        item = self.item(address, id_)
        before = {each.address.casefold(): each for each in item.attendees}
        moved = any(name in fields and fields[name] != getattr(item, name) for name in ("start", "end"))
        for name, value in fields.items():
            setattr(item, name, value)
        item.attendees = [self._kept(each, before.get(each.address.casefold())) for each in item.attendees]
        if moved and tell is Telling.ALL:
            for each in item.attendees:
                each.response, each.at, each.proposed = Response.NONE, None, None
        item.version += 1
        self._changed(self.mailbox(address), item)
        if tell is not Telling.NOBODY and item.mine:
            now = {each.address.casefold() for each in item.attendees}
            self._invite(item, [each for each in item.attendees if each.address.casefold() not in before], "invitation")
            self._take_out(item, [each for folded, each in before.items() if folded not in now], "")
            if tell is Telling.ALL:
                self._invite(item, [each for each in item.attendees if each.address.casefold() in before], "update")
        return item

    @_locked
    def attach(self, address: str, id_: str, *, name: str, mime_type: str, data: bytes) -> StoredFile:
        """Add a file. Whoever was invited before does not get it until the next update."""
        item = self.item(address, id_)
        file = StoredFile(id=self._new_id(), name=name, mime_type=mime_type, data=data)
        item.files.append(file)
        item.version += 1
        self._changed(self.mailbox(address), item)
        return file

    @_locked
    def detach(self, address: str, id_: str, file_id: str) -> None:
        """Take a file away. Whoever was invited before keeps it until the next update."""
        item = self.item(address, id_)
        item.files = [file for file in item.files if file.id != file_id]
        item.version += 1
        self._changed(self.mailbox(address), item)

    @_locked
    def cancel(self, address: str, id_: str, text: str = "", *, tell: bool = True) -> None:
        """Delete the organizer's entry; tell the attendees with *text*."""
        item = self.item(address, id_)
        mailbox = self.mailbox(address)
        del mailbox.calendar[id_]
        self._changed(mailbox, item, gone=True)
        if tell and item.mine:
            self._take_out(item, item.attendees, text)

    @_locked
    def item(self, address: str, id_: str) -> Item:
        """Raises NoMailbox, NoItem."""
        found = self.mailbox(address).calendar.get(id_)
        if found is None:
            raise NoItem(id_)
        return found

    @_locked
    def find(self, /, address: str, **properties: str) -> list[Item]:
        """Entries in the calendar of *address* with these extended properties."""
        return [
            item
            for item in self.mailbox(address).calendar.values()
            if all(item.properties.get(name) == value for name, value in properties.items())
        ]

    @_locked
    def with_uid(self, address: str, uid: str) -> list[Item]:
        return [item for item in self.mailbox(address).calendar.values() if item.uid == uid]

    # What people do

    @_locked
    def answer(
        self,
        address: str,
        uid: str,
        response: Response,
        *,
        proposed: tuple[datetime, datetime] | None = None,
    ) -> None:
        """Somebody answers a meeting: it stands in their calendar, and in the organizer's as theirs."""
        for item in self.with_uid(address, uid):
            item.response = response
            organizer = self.mailbox(item.organizer)
            for theirs in self.with_uid(item.organizer, uid):
                for attendee in theirs.attendees:
                    if attendee.address.casefold() == address.casefold():
                        attendee.response, attendee.at, attendee.proposed = response, self.now(), proposed
                theirs.version += 1
                self._changed(organizer, theirs)

    @_locked
    def occupy(self, /, address: str, start: datetime, end: datetime, busy: Busy = Busy.BUSY, **fields: Any) -> Item:
        """Something of their own in somebody's calendar, with a subject that is nobody's business."""
        return self.create(address, start=start, end=end, busy=busy, subject=fields.pop("subject", "CANARY"), **fields)

    @_locked
    def busy_times(self, address: str, start: datetime, end: datetime) -> list[tuple[Busy, datetime, datetime]]:
        """Sorted by start."""
        mailbox = self.mailbox(address)
        return sorted(
            (
                (item.busy, item.start, item.end)
                for item in mailbox.calendar.values()
                if item.busy is not Busy.FREE and not item.cancelled and item.start < end and start < item.end
            ),
            key=lambda each: each[1:],
        )

    @_locked
    def changed_since(self, address: str, number: int) -> tuple[list[tuple[str, bool]], int]:
        """Calendar items (id, gone) changed after *number*, the newest state of each once; and the number now."""
        newest = {id_: gone for at, id_, gone in self.mailbox(address).changes if at > number}
        return list(newest.items()), self._number

    # Mail

    @_locked
    def save_mail(self, address: str, mail: Mail) -> Mail:
        self.mailbox(address).mails[mail.id] = mail
        return mail

    @_locked
    def send_mail(self, address: str, id_: str) -> None:
        """Send a draft: it is a draft no more, and every recipient gets it once."""
        mail = self.mailbox(address).mails.get(id_)
        if mail is None or not mail.draft:
            raise NoItem(id_)
        mail.draft = False
        for recipient in mail.recipients:
            self.told.append(
                Told(
                    to=recipient,
                    what="mail",
                    uid=mail.message_id,
                    sender=address,
                    files=tuple(file.name for file in mail.files),
                    at=self.now(),
                )
            )
            there = self.mailboxes.get(recipient.casefold())
            if there is not None:
                copied = replace(mail, id=self._new_id(), received=True, properties={}, files=list(mail.files))
                there.mails[copied.id] = copied

    @_locked
    def delete_mail(self, address: str, id_: str) -> None:
        """Out of one mailbox; what was sent stays at its recipients. Raises NoItem."""
        if self.mailbox(address).mails.pop(id_, None) is None:
            raise NoItem(id_)

    # For those who look

    def told_to(self, address: str, *what: str) -> list[Told]:
        folded = address.casefold()
        with self.lock:
            return [each for each in self.told if each.to.casefold() == folded and (not what or each.what in what)]

    @_locked
    def new_id(self) -> str:
        return self._new_id()

    def _new_id(self) -> str:
        return f"AAMk{uuid.uuid4().hex}"

    def _changed(self, mailbox: Mailbox, item: Item, *, gone: bool = False) -> None:
        self._number += 1
        mailbox.changes.append((self._number, item.id, gone))

    def _kept(self, attendee: Attendee, before: Attendee | None) -> Attendee:
        """An attendee who was there before keeps their answer."""
        if before is not None and before is not attendee:
            return replace(
                attendee, response=before.response, at=before.at, proposed=before.proposed, invited=before.invited
            )
        return attendee

    def _invite(self, item: Item, attendees: Sequence[Attendee], what: str) -> None:
        for attendee in attendees:
            what_for_them = what if attendee.invited else "invitation"
            attendee.invited = item.announced = True
            self._tell(item, attendee.address, what_for_them, item.body, files=tuple(file.name for file in item.files))
            there = self.mailboxes.get(attendee.address.casefold())
            if there is None:
                continue
            copies = self.with_uid(attendee.address, item.uid)
            if copies:
                self._bring_up_to_date(there, copies[0], item)
            else:
                self._put(there, item)
            if there.is_room:
                self._room_answers(there, item)

    def _put(self, there: Mailbox, item: Item) -> None:
        copied = copy.deepcopy(item)
        copied.id, copied.mine, copied.properties, copied.busy = self._new_id(), False, {}, Busy.TENTATIVE
        copied.transaction = None
        there.calendar[copied.id] = copied
        self._changed(there, copied)

    def _bring_up_to_date(self, there: Mailbox, copied: Item, item: Item) -> None:
        if (copied.start, copied.end) != (item.start, item.end):
            copied.response, copied.busy = Response.NONE, Busy.TENTATIVE
        for name in ("start", "end", "zone", "subject", "body", "location", "private", "reminder", "online"):
            setattr(copied, name, getattr(item, name))
        copied.attendees, copied.files = copy.deepcopy(item.attendees), list(item.files)
        copied.version += 1
        self._changed(there, copied)

    def _room_answers(self, room: Mailbox, item: Item) -> None:
        """Rooms take what is free and decline what is not."""
        mine = next(each for each in room.calendar.values() if each.uid == item.uid)
        clash = any(
            each.uid != item.uid and each.busy is not Busy.FREE and each.start < item.end and item.start < each.end
            for each in room.calendar.values()
        )
        mine.busy = Busy.FREE if clash else Busy.BUSY
        self.answer(room.address, item.uid, Response.DECLINED if clash else Response.ACCEPTED)

    def _take_out(self, item: Item, attendees: Iterable[Attendee], text: str) -> None:
        """What a cancellation does at attendees: the entry goes. (Outlook shows it as cancelled until they remove it.)"""
        for attendee in attendees:
            self._tell(item, attendee.address, "cancellation", text)
            there = self.mailboxes.get(attendee.address.casefold())
            if there is not None:
                for copied in self.with_uid(attendee.address, item.uid):
                    del there.calendar[copied.id]
                    self._changed(there, copied, gone=True)

    def _tell(self, item: Item, to: str, what: str, text: str, files: tuple[str, ...] = ()) -> None:
        self.told.append(
            Told(
                to=to,
                what=what,
                uid=item.uid,
                sender=item.organizer,
                files=files,
                start=item.start,
                text=text,
                at=self.now(),
            )
        )
