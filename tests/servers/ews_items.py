"""What is done to items: made, changed, sent, deleted, read."""

from zoneinfo import ZoneInfo

from lxml.etree import _Element

from servers.ews_calendar import SHEET as CALENDAR
from servers.ews_calendar_requests import fields_of, names_of, read_time, update_fields, with_people
from servers.ews_mail import SHEET as MAIL
from servers.ews_mail import draft_of, files_in, recipients_in
from servers.ews_shapes import Shape, asked_shape, key_of, properties_in, written
from servers.ews_soap import PREFIXES, elements, local, m, refuse, t, text_of
from servers.ews_visit import Visit, change_key, item_id
from servers.organisation import Item, Mail, Response, Telling

TELLING = {
    "SendToNone": Telling.NOBODY,
    "SendOnlyToAll": Telling.ALL,
    "SendToAllAndSaveCopy": Telling.ALL,
    "SendOnlyToChanged": Telling.CHANGED,
    "SendToChangedAndSaveCopy": Telling.CHANGED,
}
ANSWERING = {
    "AcceptItem": (Response.ACCEPTED, "Accept"),
    "TentativelyAcceptItem": (Response.TENTATIVE, "Tentative"),
    "DeclineItem": (Response.DECLINED, "Decline"),
}
SENT = ("SendOnly", "SendAndSaveCopy")


def written_item(thing: Item | Mail, visit: Visit, shape: Shape, *, found: bool = False) -> _Element:
    if isinstance(thing, Item):
        return written(CALENDAR, thing, visit.mailbox, shape, found=found)
    return written(MAIL, thing, visit.mailbox, shape, found=found)


def get_item(visit: Visit) -> _Element:
    shape = asked_shape(visit.call.find("m:ItemShape"))

    def get(element: _Element) -> tuple[_Element, ...]:
        return (m("Items", written_item(visit.item(element), visit, shape)),)

    return visit.for_each(visit.call.findall("m:ItemIds/*"), get)


def create_item(visit: Visit) -> _Element:
    def create(element: _Element) -> tuple[_Element, ...]:
        match local(element):
            case "CalendarItem":
                return (m("Items", _create_entry(element, visit)),)
            case "Message":
                return (m("Items", *_create_message(element, visit)),)
            case "CancelCalendarItem":
                _cancel(element, visit)
            case name if name in ANSWERING:
                _answer(element, visit)
            case name:
                raise refuse("ErrorInvalidOperation", f"The fake does not create a {name}.")
        return (m("Items"),)

    return visit.for_each(visit.call.findall("m:Items/*"), create)


def _create_entry(element: _Element, visit: Visit) -> _Element:
    asked = visit.call.body.get("SendMeetingInvitations")
    if asked is None:
        raise refuse("ErrorSendMeetingInvitationsRequired", "SendMeetingInvitations must be set for calendar items.")
    fields = with_people(fields_of(element), [])
    names_of(visit.organisation, fields.get("attendees", []))
    if not fields.keys() >= {"start", "end"} or fields["end"] < fields["start"]:
        raise refuse("ErrorCalendarEndDateIsEarlierThanStartDate", "EndDate is earlier than StartDate")
    files = files_in(element, visit.organisation)
    item = visit.organisation.create(visit.mailbox.address, tell=TELLING[asked], files=files, **fields)
    attached = t("Attachments", *(t("FileAttachment", t("AttachmentId", Id=file.id)) for file in files))
    return t("CalendarItem", item_id(item), attached if files else None)


def _create_message(element: _Element, visit: Visit) -> tuple[_Element, ...]:
    asked = visit.call.body.get("MessageDisposition")
    if asked is None:
        raise refuse("ErrorMessageDispositionRequired", "Message disposition must be set for messages.")
    mail = visit.organisation.save_mail(visit.mailbox.address, draft_of(element, visit.mailbox, visit.organisation))
    if asked not in SENT:
        return (t("Message", item_id(mail)),)
    _send(mail, visit, keep=asked == "SendAndSaveCopy")
    return ()


def _send(mail: Mail, visit: Visit, *, keep: bool) -> None:
    if not mail.recipients:
        raise refuse("ErrorInvalidRecipients", "At least one recipient is not valid.")
    visit.organisation.send_mail(visit.mailbox.address, mail.id)
    mail.version += 1
    if not keep:
        visit.organisation.delete_mail(visit.mailbox.address, mail.id)


def send_item(visit: Visit) -> _Element:
    keep = visit.call.body.get("SaveItemToFolder") in ("true", "1")

    def send(element: _Element) -> tuple[_Element, ...]:
        mail = visit.item(element)
        if not isinstance(mail, Mail) or not mail.draft:
            raise refuse("ErrorItemNotFound", "The item is no draft.")
        _check_key(mail, element)
        _send(mail, visit, keep=keep)
        return ()

    return visit.for_each(visit.call.findall("m:ItemIds/*"), send)


def _reference(element: _Element, visit: Visit) -> Item:
    """What a response object is about. Raises Refusal."""
    reference = element.find("t:ReferenceItemId", PREFIXES)
    item = visit.calendar_item(reference)
    assert reference is not None
    _check_key(item, reference)
    if visit.call.body.get("MessageDisposition") not in SENT:
        raise refuse("ErrorInvalidOperation", "The fake does not keep answers as drafts.")
    return item


def _check_key(thing: Item | Mail, element: _Element) -> None:
    """What Exchange sends must be what the client has last seen."""
    key = element.get("ChangeKey")
    if key is None:
        raise refuse("ErrorChangeKeyRequired", "The change key is required for this operation.")
    if key != change_key(thing):
        raise refuse("ErrorStaleObject", "The change key passed in the request does not match the current one.")


def _cancel(element: _Element, visit: Visit) -> None:
    item = _reference(element, visit)
    if not item.mine:
        raise refuse("ErrorCalendarIsNotOrganizer", "You must be the organizer to perform this action.")
    text = text_of(element, "t:NewBodyContent") or ""
    visit.organisation.cancel(visit.mailbox.address, item.id, text)


def _answer(element: _Element, visit: Visit) -> None:
    item = _reference(element, visit)
    answer, name = ANSWERING[local(element)]
    if item.mine:
        raise refuse(f"ErrorCalendarIsOrganizerFor{name}", "You cannot answer a meeting of your own.")
    times = [text_of(element, f"t:{name}") for name in ("ProposedStart", "ProposedEnd")]
    start, end = (None if each is None else read_time(each, ZoneInfo("UTC")) for each in times)
    proposed = None if start is None or end is None else (start, end)
    visit.organisation.answer(visit.mailbox.address, item.uid, answer, proposed=proposed)


def update_item(visit: Visit) -> _Element:
    def update(change: _Element) -> tuple[_Element, ...]:
        element, updates = elements(change)
        thing = visit.item(element)
        resolution = visit.call.body.get("ConflictResolution")
        if resolution == "NeverOverwrite" and element.get("ChangeKey") != change_key(thing):
            text = "The change key passed in the request does not match the current change key for the item."
            raise refuse("ErrorIrresolvableConflict", text)
        if resolution != "AlwaysOverwrite" and element.get("ChangeKey") is None:
            raise refuse("ErrorChangeKeyRequiredForWriteOperations", "The change key is required for this operation.")
        if isinstance(thing, Mail):
            _update_mail(thing, updates)
            asked = visit.call.body.get("MessageDisposition")
            if asked in SENT:
                _send(thing, visit, keep=asked == "SendAndSaveCopy")
        else:
            _update_entry(thing, updates, visit)
        tag = "Message" if isinstance(thing, Mail) else "CalendarItem"
        return m("Items", t(tag, item_id(thing))), m("ConflictResults", t("Count", "0"))

    return visit.for_each(visit.call.findall("m:ItemChanges/*"), update)


def _update_entry(item: Item, updates: _Element, visit: Visit) -> None:
    asked = visit.call.body.get("SendMeetingInvitationsOrCancellations")
    if asked is None:
        text = "SendMeetingInvitationsOrCancellations must be set for calendar items."
        raise refuse("ErrorSendMeetingInvitationsOrCancellationsRequired", text)
    fields = update_fields(item, updates)
    names_of(visit.organisation, fields.get("attendees", []))
    visit.organisation.update(visit.mailbox.address, item.id, tell=TELLING[asked], **fields)


def _update_mail(mail: Mail, updates: _Element) -> None:
    """Extended properties and recipients."""
    for each in elements(updates):
        path, *what = elements(each)
        extended = local(path) == "ExtendedFieldURI"
        if extended and local(each) == "SetItemField":
            mail.properties |= properties_in(what[0])
        elif extended:
            mail.properties.pop(key_of(path), None)
        elif path.get("FieldURI") == "message:ToRecipients" and what:
            mail.recipients = tuple(recipients_in(what[0], "ToRecipients"))
        else:
            raise refuse("ErrorInvalidPropertySet", f"The fake does not change {path.get('FieldURI')}.")
    mail.version += 1


def delete_item(visit: Visit) -> _Element:
    def delete(element: _Element) -> tuple[_Element, ...]:
        thing = visit.item(element)
        if isinstance(thing, Mail):
            visit.organisation.delete_mail(visit.mailbox.address, thing.id)
            return ()
        asked = visit.call.body.get("SendMeetingCancellations")
        if asked is None:
            text = "SendMeetingCancellations must be set for calendar items."
            raise refuse("ErrorSendMeetingCancellationsRequired", text)
        visit.organisation.cancel(visit.mailbox.address, thing.id, tell=asked != "SendToNone")
        return ()

    return visit.for_each(visit.call.findall("m:ItemIds/*"), delete)
