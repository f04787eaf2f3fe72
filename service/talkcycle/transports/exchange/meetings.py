"""Meetings in the organizer's own calendar: create, attach, then one update that tells everybody."""

from datetime import UTC

from exchangelib.attachments import FileAttachment
from exchangelib.errors import UnknownTimeZone
from exchangelib.ewsdatetime import EWSDateTime, EWSTimeZone
from exchangelib.fields import FieldPath
from exchangelib.folders import Calendar, SentItems
from exchangelib.items import (
    ALL_OCCURRENCES,
    AUTO_RESOLVE,
    ID_ONLY,
    MOVE_TO_DELETED_ITEMS,
    SAVE_ONLY,
    SEND_AND_SAVE_COPY,
    SEND_TO_ALL_AND_SAVE_COPY,
    SEND_TO_NONE,
    CalendarItem,
)
from exchangelib.items.calendar_item import CancelCalendarItem
from exchangelib.properties import Attendee, Body, HTMLBody, ItemId, ReferenceItemId
from exchangelib.properties import Mailbox as Address
from exchangelib.services import CreateAttachment, CreateItem, DeleteItem, GetItem, UpdateItem

from talkcycle.domain.delivery import PermanentDeliveryError, Receipt
from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel
from talkcycle.rendering.meeting import decode_order
from talkcycle.transports.exchange.meeting_steps import Found, Steps, remaining
from talkcycle.transports.exchange.properties import ENTRY, ORDER
from talkcycle.transports.exchange.replies import NotHere
from talkcycle.transports.exchange.server import Mailbox, Server, each


def fields(*names: str) -> set[FieldPath]:
    """Fields of a calendar item to be asked for, by exchangelib's names."""
    return {FieldPath(field=CalendarItem.get_field_by_fieldname(name)) for name in names}


LOOKED_AT = fields("required_attendees", "optional_attendees", "resources", "is_cancelled", "attachments", ENTRY, ORDER)
"""Gromox tells attendees only to those who ask for is_cancelled as well."""


def keep_meeting(server: Server, parcel: Parcel) -> Receipt:
    """See ``MeetingKeeper``."""
    order = decode_order(parcel.payload)
    box = server.mailbox(parcel.mailbox)
    match order.action:
        case Kind.MEETING_CREATE:
            return _create(server, box, order, tried=parcel.tried)
        case Kind.MEETING_CHANGE:
            return _change(server, box, order)
        case Kind.MEETING_CANCEL:
            return _cancel(server, box, order)
        case Kind.MAIL | Kind.COUNTER_DECLINED:
            raise PermanentDeliveryError("a mail is no meeting")


def _create(server: Server, box: Mailbox, order: MeetingOrder, *, tried: bool) -> Receipt:
    found = None
    with server.speaking():
        if tried:
            found = find(box, order.uid)
        if found is None and order.replaces is not None:
            found = find(box, order.replaces)
    return _carry_out(server, box, order, found)


def _change(server: Server, box: Mailbox, order: MeetingOrder) -> Receipt:
    with server.speaking():
        found = find(box, order.uid)
        if found is None and order.replaces is not None:
            found = find(box, order.replaces)
    if found is None:
        raise PermanentDeliveryError("the entry is not in the calendar any more")
    return _carry_out(server, box, order, found)


def _carry_out(server: Server, box: Mailbox, order: MeetingOrder, found: Found | None) -> Receipt:
    steps = remaining(order, found)
    if not steps.update:
        assert found is not None
        return Receipt(reply="was done before", uid=order.uid, remote_id=found.id)
    with server.speaking():  # nobody is told of anything yet
        item = ItemId(id=found.id, changekey=found.changekey) if found else _made(box, order)
        for file in steps.attach:
            item = _attached(box, item, file)
    with server.speaking(visible=steps.tell):
        _updated(box, item, order, steps)
    told = "attendees were told" if steps.tell else "nobody was told"
    return Receipt(reply=f"stands in the calendar; {told}", uid=order.uid, remote_id=item.id)


def _cancel(server: Server, box: Mailbox, order: MeetingOrder) -> Receipt:
    try:
        with server.speaking():
            found = find(box, order.uid)
    except NotHere as gone:
        return Receipt(reply=f"nothing to cancel: {gone}", uid=order.uid)
    if found is None:
        return Receipt(reply="nothing to cancel: the entry is not in the calendar any more", uid=order.uid)
    with server.speaking(visible=found.has_parties):
        if found.has_parties:
            _called_off(box, found, order)
        else:  # an entry without attendees is no meeting, and cannot be called off
            _removed(box, found)
    return Receipt(reply="cancelled", uid=order.uid, remote_id=found.id)


def find(box: Mailbox, uid: str) -> Found | None:
    """The entry that our property calls *uid*; of several, one that was carried out to its end."""
    there = box.folder(Calendar).filter(**{ENTRY: uid}).only("id", "changekey")
    ids = [ItemId(id=item.id, changekey=item.changekey) for item in there]
    if not ids:
        return None
    items = each(GetItem(account=box).call(items=ids, additional_fields=LOOKED_AT, shape=ID_ONLY))
    return max(map(_seen, items), key=lambda found: (bool(found.order), found.has_parties))


def _seen(item: CalendarItem) -> Found:
    people = [*(item.required_attendees or ()), *(item.optional_attendees or ())]
    return Found(
        id=item.id,
        changekey=item.changekey,
        entry=getattr(item, ENTRY) or "",
        order=getattr(item, ORDER) or "",
        attendees=_addresses(people),
        rooms=_addresses(item.resources or ()),
        files=tuple(file.name or "" for file in item.attachments or ()),
    )


def _addresses(attendees: "list[Attendee] | tuple[Attendee, ...]") -> frozenset[str]:
    return frozenset(each.mailbox.email_address.casefold() for each in attendees if each.mailbox.email_address)


def _made(box: Mailbox, order: MeetingOrder) -> ItemId:
    """The entry without attendees.

    Its UID is ours: servers keep a client's UID at organizer and attendees (seen on gromox; Exchange wraps it into its
    own form, MS-OXOCAL section 2.2.1.27), and an entry made twice after all would be one to every calendar. Where the
    entry is looked for it is by our property alone, since EWS cannot search for UIDs.
    """
    calendar = box.folder(Calendar)
    item = CalendarItem(account=box, folder=calendar, uid=order.uid, **_written(order), **{ENTRY: order.uid})
    item.legacy_free_busy_status, item.is_response_requested = "Busy", True
    (made,) = each(
        CreateItem(account=box).call(
            items=[item], folder=calendar, message_disposition=SAVE_ONLY, send_meeting_invitations=SEND_TO_NONE
        )
    )
    return ItemId(id=made.id, changekey=made.changekey)


def _attached(box: Mailbox, item: ItemId, file: OrderFile) -> ItemId:
    attachment = FileAttachment(name=file.name, content_type=file.mime_type, content=file.data, is_inline=False)
    parent = CalendarItem(account=box, _id=item)
    (made,) = each(CreateAttachment(account=box).call(parent_item=parent, items=[attachment]))
    return ItemId(id=item.id, changekey=made.attachment_id.root_changekey or item.changekey)


def _updated(box: Mailbox, item: ItemId, order: MeetingOrder, steps: Steps) -> None:
    """One update, its fields named: without names exchangelib would rewrite every field there is."""
    parties = {"required_attendees": _invited(order.attendee), "resources": _invited(order.room)}
    entry = CalendarItem(account=box, _id=item, **_written(order), **parties, **{ENTRY: order.uid, ORDER: order.order})
    each(
        UpdateItem(account=box).call(
            items=[(entry, steps.update)],
            conflict_resolution=AUTO_RESOLVE,
            message_disposition=SAVE_ONLY,
            send_meeting_invitations_or_cancellations=SEND_TO_ALL_AND_SAVE_COPY if steps.tell else SEND_TO_NONE,
            suppress_read_receipts=True,
        )
    )


def _written(order: MeetingOrder) -> dict[str, object]:
    """See ``meeting_steps.WRITTEN``. The reminder is set by name: exchangelib leaves it off."""
    zone = _zone(order.zone)
    return {
        "subject": order.subject,
        "body": HTMLBody(order.html),
        "start": EWSDateTime.from_datetime(order.start.astimezone(UTC)).astimezone(zone),
        "end": EWSDateTime.from_datetime(order.end.astimezone(UTC)).astimezone(zone),
        "location": order.location,
        "sensitivity": "Private",
        "reminder_is_set": True,
        "reminder_minutes_before_start": order.remind_minutes,
    }


def _zone(name: str) -> EWSTimeZone:
    """The zone, or UTC where Windows has no name for it."""
    try:
        return EWSTimeZone(name)
    except UnknownTimeZone:
        return EWSTimeZone("UTC")


def _invited(party: Party | None) -> list[Attendee]:
    """As text exchangelib would send an attendee who has accepted already."""
    if party is None:
        return []
    return [Attendee(mailbox=Address(name=party.name, email_address=party.address), response_type="Unknown")]


def _called_off(box: Mailbox, found: Found, order: MeetingOrder) -> None:
    cancellation = CancelCalendarItem(
        account=box,
        reference_item_id=ReferenceItemId(id=found.id, changekey=found.changekey),
        new_body=Body(order.text),
    )
    each(
        CreateItem(account=box).call(
            items=[cancellation],
            folder=box.folder(SentItems),
            message_disposition=SEND_AND_SAVE_COPY,
            send_meeting_invitations=SEND_TO_NONE,
        )
    )


def _removed(box: Mailbox, found: Found) -> None:
    """To the deleted items, where Outlook puts it too, so that its owner can have it back."""
    each(
        DeleteItem(account=box).call(
            items=[ItemId(id=found.id, changekey=found.changekey)],
            delete_type=MOVE_TO_DELETED_ITEMS,
            send_meeting_cancellations=SEND_TO_NONE,
            affected_task_occurrences=ALL_OCCURRENCES,
            suppress_read_receipts=True,
        )
    )
