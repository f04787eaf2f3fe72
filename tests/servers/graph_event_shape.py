"""An event between the organisation's model and Graph's JSON."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from servers.graph_odata import expanded_properties, expansion, property_of
from servers.graph_received import Received
from servers.graph_times import read_time, stamp, written
from servers.organisation import Attendee, Busy, Item, Response

NEVER = "0001-01-01T00:00:00Z"
SHOWN = {
    Busy.FREE: "free",
    Busy.TENTATIVE: "tentative",
    Busy.BUSY: "busy",
    Busy.AWAY: "oof",
    Busy.ELSEWHERE: "workingElsewhere",
}
READ = {shown: busy for busy, shown in SHOWN.items()}
ANSWERED = {
    Response.NONE: "none",
    Response.ACCEPTED: "accepted",
    Response.TENTATIVE: "tentativelyAccepted",
    Response.DECLINED: "declined",
}


_FIELDS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "subject": ("subject", lambda given: given or ""),
    "body": ("body", lambda given: (given or {}).get("content") or ""),
    "location": ("location", lambda given: (given or {}).get("displayName") or ""),
    "sensitivity": ("private", lambda given: given == "private"),
    "showAs": ("busy", lambda given: READ.get(given, Busy.BUSY)),
    "isOnlineMeeting": ("online", bool),
    "attendees": ("attendees", lambda given: [_attendee(each) for each in given]),
    "transactionId": ("transaction", lambda given: given),
}


def fields_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What *body* says of an event, as fields of an ``Item``. Attachments are silently ignored, as Graph does."""
    found = {field: read(body[name]) for name, (field, read) in _FIELDS.items() if name in body}
    for name in ("start", "end"):
        if name in body:
            found[name], found["zone"] = read_time(body[name])
    if "isReminderOn" in body or "reminderMinutesBeforeStart" in body:
        found["reminder"] = body.get("reminderMinutesBeforeStart", 15) if body.get("isReminderOn", True) else None
    return found


def properties_of(body: Mapping[str, Any]) -> dict[str, str]:
    return {property_of(each["id"]): each["value"] for each in body.get("singleValueExtendedProperties", ())}


def event_values(item: Item, request: Received) -> dict[str, Any]:
    zone = request.prefers("outlook.timezone") or "UTC"
    me = item.response if not item.mine else None
    values: dict[str, Any] = {
        "@odata.etag": f'W/"{change_key(item)}"',
        "id": item.id,
        "changeKey": change_key(item),
        "iCalUId": item.uid,
        "type": "singleInstance",
        "subject": item.subject,
        "body": {"contentType": "html", "content": item.body},
        "bodyPreview": item.body[:255],
        "start": written(item.start, zone),
        "end": written(item.end, zone),
        "originalStartTimeZone": item.zone,
        "originalEndTimeZone": item.zone,
        "location": {"displayName": item.location},
        "sensitivity": "private" if item.private else "normal",
        "showAs": SHOWN[item.busy],
        "isReminderOn": item.reminder is not None,
        "reminderMinutesBeforeStart": item.reminder or 0,
        "isAllDay": False,
        "isCancelled": item.cancelled,
        "isDraft": False,
        "isOrganizer": item.mine,
        "hasAttachments": bool(item.files),
        "transactionId": item.transaction,
        "responseStatus": {"response": "organizer" if me is None else ANSWERED[me], "time": NEVER},
        "organizer": {"emailAddress": {"name": item.organizer, "address": item.organizer}},
        "attendees": [_shown(each, item) for each in item.attendees],
        "isOnlineMeeting": item.online,
        "onlineMeetingProvider": "teamsForBusiness" if item.online else "unknown",
        "onlineMeeting": {"joinUrl": join_url(item.uid)} if item.online else None,
    }
    return values | expansion(expanded_properties(request), item.properties)


def change_key(item: Item) -> str:
    return f"{item.id}-{item.version}"


def join_url(uid: str) -> str:
    return f"https://teams.example/l/meetup-join/{uid}"


def with_link(fields: dict[str, Any], uid: str) -> dict[str, Any]:
    """An online meeting's body carries the link; whoever writes a body without it ends the online meeting.

    Source: "Update event", note on preserving the meeting blob.
    """
    link = join_url(uid)
    if fields.get("online") and link not in fields.get("body", ""):
        return fields | {"body": f'{fields.get("body", "")}<a href="{link}">Teams</a>'}
    return fields


def _attendee(given: Mapping[str, Any]) -> Attendee:
    address = given["emailAddress"]
    return Attendee(address=address["address"], name=address.get("name") or "", room=given.get("type") == "resource")


def _shown(attendee: Attendee, item: Item) -> dict[str, Any]:
    if not item.mine:  # attendees do not see each other's answers
        attendee = replace(attendee, response=Response.NONE, at=None, proposed=None)
    at = NEVER if attendee.at is None else stamp(attendee.at)
    shown: dict[str, Any] = {
        "type": "resource" if attendee.room else "required",
        "status": {"response": ANSWERED[attendee.response], "time": at},
        "emailAddress": {"name": attendee.name or attendee.address, "address": attendee.address},
    }
    if attendee.proposed is not None:
        start, end = attendee.proposed
        shown["proposedNewTime"] = {"start": written(start), "end": written(end)}
    return shown
