"""Meetings and their watch over an organisation's servers without a network between, when all goes well."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from servers.organisation import (
    Attendee,
    Item,
    Mail,
    Mailbox,
    NoMailbox,
    Organisation,
    Response,
    Telling,
    Where,
    property_key,
)
from talkcycle.domain.delivery import PermanentDeliveryError, Receipt, TransientDeliveryError
from talkcycle.domain.mailboxes import Answer, Changes, SeenAnswer, SeenEntry
from talkcycle.domain.meetings import ENTRY_PROPERTY, ORDER_PROPERTY, PROPERTY_SET, MeetingOrder
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.rendering.meeting import decode_order

ENTRY, ORDER = property_key(PROPERTY_SET, ENTRY_PROPERTY), property_key(PROPERTY_SET, ORDER_PROPERTY)
ANSWERS = {
    Response.NONE: Answer.NONE,
    Response.ACCEPTED: Answer.ACCEPTED,
    Response.TENTATIVE: Answer.TENTATIVE,
    Response.DECLINED: Answer.DECLINED,
}


@dataclass(slots=True)
class CalendarsOf:
    """A ``Sending`` that keeps meetings, and an ``EntryWatch``. *where*: the server it speaks to.

    Attributes:
        unreadable: Folded addresses of calendars that cannot be read at present.
        before_reading: Called once a calendar is about to be read; what is asked for is settled by then.
        read: Whose calendars were read.
    """

    name: str
    organisation: Organisation
    where: Where
    unreadable: set[str] = field(default_factory=set)
    before_reading: Callable[[], object] = lambda: None
    read: list[str] = field(default_factory=list)

    @contextmanager
    def connect(self) -> Iterator["CalendarsOf"]:
        yield self

    def send(self, mail: Parcel, /) -> Receipt:
        draft = Mail(
            id=self.organisation.new_id(),
            message_id=mail.message_id,
            mime=mail.payload,
            draft=True,
            recipients=(mail.address,),
        )
        self.organisation.save_mail(mail.mailbox, draft)
        self.organisation.send_mail(mail.mailbox, draft.id)
        return Receipt(reply="sent")

    def keep(self, order: Parcel, /) -> Receipt:
        wanted = decode_order(order.payload)
        try:
            self.organisation.mailbox(order.mailbox, self.where)
        except NoMailbox as absent:
            if order.kind is Kind.MEETING_CANCEL:
                return Receipt(reply="nothing to cancel", uid=wanted.uid)
            raise PermanentDeliveryError("no such mailbox here") from absent
        there = self._find(order.mailbox, wanted.uid)
        if order.kind is Kind.MEETING_CANCEL:
            if there is not None:
                self.organisation.cancel(order.mailbox, there.id, wanted.text)
            return Receipt(reply="cancelled", uid=wanted.uid)
        if there is None and wanted.replaces is not None:
            there = self._find(order.mailbox, wanted.replaces)
        if there is None and order.kind is Kind.MEETING_CHANGE:
            raise PermanentDeliveryError("the entry is not in the calendar any more")
        content = content_of(wanted)
        if there is None:
            there = self.organisation.create(order.mailbox, tell=Telling.ALL, **content)
        elif there.properties.get(ORDER) != order.message_id:
            self.organisation.update(order.mailbox, there.id, tell=Telling.ALL, **content)
        return Receipt(reply="stands in the calendar", uid=wanted.uid, remote_id=there.id)

    def changes(self, organizer: str, known: Mapping[str, str], since: str | None, /) -> Changes:
        self.before_reading()
        if organizer.casefold() in self.unreadable:
            raise TransientDeliveryError("503 try again later")
        try:
            mailbox = self.organisation.mailbox(organizer, self.where)
        except NoMailbox as absent:
            raise PermanentDeliveryError("no such mailbox here") from absent
        self.read.append(organizer)
        moves, _, number = (since or "").partition(":")
        whole = since is None or moves != str(mailbox.moves)
        changed, now = self.organisation.changed_since(organizer, 0 if whole else int(number))
        ids = {id_ for id_, _ in changed}
        entries = tuple(self._seen(mailbox, uid, id_) for uid, id_ in known.items() if whole or id_ in ids)
        return Changes(entries=entries, state=f"{mailbox.moves}:{now}")

    def _find(self, address: str, uid: str) -> Item | None:
        return next(iter(self.organisation.find(address, **{ENTRY: uid})), None)

    def _seen(self, mailbox: Mailbox, uid: str, id_: str) -> SeenEntry:
        item = mailbox.calendar.get(id_) or self._find(mailbox.address, uid)
        if item is None or item.properties.get(ENTRY) != uid:
            return SeenEntry(uid=uid, remote_id=id_, gone=True)
        answers = tuple(
            SeenAnswer(
                address=each.address, answer=ANSWERS[each.response], at=each.at, proposed=each.proposed, room=each.room
            )
            for each in item.attendees
        )
        return SeenEntry(
            uid=uid, remote_id=item.id, order=item.properties[ORDER], start=item.start, end=item.end, answers=answers
        )


def content_of(order: MeetingOrder) -> dict[str, Any]:
    """The fields of a calendar item."""
    parties = ((order.attendee, False), (order.room, True))
    return {
        "start": order.start,
        "end": order.end,
        "subject": order.subject,
        "body": order.text,
        "location": order.location,
        "private": True,
        "attendees": [Attendee(address=each.address, name=each.name, room=room) for each, room in parties if each],
        "properties": {ENTRY: order.uid, ORDER: order.order},
    }
