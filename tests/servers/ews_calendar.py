"""Calendar items as Exchange writes them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from lxml.etree import _Element

from servers.ews_shapes import EXTENDED, Sheet, mailbox_element
from servers.ews_soap import flag, t
from servers.ews_visit import item_id
from servers.ews_zones import windows_name
from servers.organisation import Attendee, Busy, Item, Mailbox, Response, StoredFile

BUSY = {
    Busy.FREE: "Free",
    Busy.TENTATIVE: "Tentative",
    Busy.BUSY: "Busy",
    Busy.AWAY: "OOF",
    Busy.ELSEWHERE: "WorkingElsewhere",
}
ANSWERS = {
    Response.NONE: "Unknown",
    Response.ACCEPTED: "Accept",
    Response.TENTATIVE: "Tentative",
    Response.DECLINED: "Decline",
}
TIME = "%Y-%m-%dT%H:%M:%SZ"


def _written_time(tag: str, when: datetime | None) -> _Element | None:
    return None if when is None else t(tag, when.astimezone(UTC).strftime(TIME))


def body_element(text: str) -> _Element:
    return t("Body", text, BodyType="HTML" if "<" in text else "Text")


def files_element(files: list[StoredFile]) -> _Element | None:
    """Without their contents."""
    return t("Attachments", *(file_element(file) for file in files)) if files else None


def file_element(file: StoredFile, *content: _Element) -> _Element:
    parts = (t("AttachmentId", Id=file.id), t("Name", file.name), t("ContentType", file.mime_type))
    return t("FileAttachment", *parts, t("Size", str(len(file.data))), t("IsInline", "false"), *content)


def _attendees(item: Item, tag: str, *, rooms: bool) -> _Element | None:
    """Answers, times and proposals are known to the organizer alone."""
    listed = [each for each in item.attendees if each.room is rooms]

    def element(each: Attendee) -> _Element:
        proposed = each.proposed or (None, None)
        known = (
            _written_time("LastResponseTime", each.at),
            _written_time("ProposedStart", proposed[0]),
            _written_time("ProposedEnd", proposed[1]),
        )
        answer = ANSWERS[each.response] if item.mine else "Unknown"
        address = mailbox_element(each.address, each.name)
        return t("Attendee", address, t("ResponseType", answer), *(known if item.mine else ()))

    return t(tag, *(element(each) for each in listed)) if listed else None


def _my_response(item: Item) -> str:
    if item.mine:
        return "Organizer"
    return "NoResponseReceived" if item.response is Response.NONE else ANSWERS[item.response]


def _zone(tag: str, item: Item) -> _Element:
    name = windows_name(item.zone)
    return t(tag, Id=name, Name=name)


def _reminder(item: Item) -> _Element | None:
    return None if item.reminder is None else t("ReminderMinutesBeforeStart", str(item.reminder))


def _organizer(item: Item) -> _Element:
    return t("Organizer", mailbox_element(item.organizer, ""))


_fields: Mapping[str, Callable[[Item, Mailbox], _Element | None]] = {
    "item:ItemId": lambda item, _: item_id(item),
    "item:ItemClass": lambda _item, _: t("ItemClass", "IPM.Appointment"),
    "item:Subject": lambda item, _: t("Subject", item.subject),
    "item:Sensitivity": lambda item, _: t("Sensitivity", "Private" if item.private else "Normal"),
    "item:Body": lambda item, _: body_element(item.body),
    "item:Attachments": lambda item, _: files_element(item.files),
    "item:IsDraft": lambda _item, _: t("IsDraft", "false"),
    "item:ReminderIsSet": lambda item, _: t("ReminderIsSet", flag(item.reminder is not None)),
    "item:ReminderMinutesBeforeStart": lambda item, _: _reminder(item),
    "item:HasAttachments": lambda item, _: t("HasAttachments", flag(bool(item.files))),
    EXTENDED: lambda _item, _: None,
    "calendar:UID": lambda item, _: t("UID", item.uid),
    "calendar:Start": lambda item, _: _written_time("Start", item.start),
    "calendar:End": lambda item, _: _written_time("End", item.end),
    "calendar:IsAllDayEvent": lambda _item, _: t("IsAllDayEvent", "false"),
    "calendar:LegacyFreeBusyStatus": lambda item, _: t("LegacyFreeBusyStatus", BUSY[item.busy]),
    "calendar:Location": lambda item, _: t("Location", item.location),
    "calendar:IsMeeting": lambda item, _: t("IsMeeting", flag(bool(item.attendees))),
    "calendar:IsCancelled": lambda item, _: t("IsCancelled", flag(item.cancelled)),
    "calendar:IsRecurring": lambda _item, _: t("IsRecurring", "false"),
    "calendar:MeetingRequestWasSent": lambda item, _: t("MeetingRequestWasSent", flag(item.announced)),
    "calendar:IsResponseRequested": lambda _item, _: t("IsResponseRequested", "true"),
    "calendar:CalendarItemType": lambda _item, _: t("CalendarItemType", "Single"),
    "calendar:MyResponseType": lambda item, _: t("MyResponseType", _my_response(item)),
    "calendar:Organizer": lambda item, _: _organizer(item),
    "calendar:RequiredAttendees": lambda item, _: _attendees(item, "RequiredAttendees", rooms=False),
    "calendar:Resources": lambda item, _: _attendees(item, "Resources", rooms=True),
    "calendar:StartTimeZone": lambda item, _: _zone("StartTimeZone", item),
    "calendar:EndTimeZone": lambda item, _: _zone("EndTimeZone", item),
    "calendar:IsOrganizer": lambda item, _: t("IsOrganizer", flag(item.mine)),
}
SHEET: Sheet[Item] = Sheet(
    tag="CalendarItem",
    fields=_fields,
    default=frozenset(_fields) - {"calendar:UID", "item:ItemClass", "item:IsDraft", "item:Body", "item:Attachments"},
    single=frozenset({"item:Body", "item:Attachments", "calendar:RequiredAttendees", "calendar:Resources"}),
)
