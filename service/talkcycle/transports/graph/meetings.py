"""What a meeting order asks of Graph, and which steps remain of it. Pure.

A meeting is made without attendees, gets its files, and then its attendees: that sends the invitations, with the files.
(Files inside the request that makes a meeting are dropped silently; files added later stay with the organizer.)
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from talkcycle.domain.meetings import PROPERTY_SET, MeetingOrder, OrderFile, Party
from talkcycle.transports.graph.files import missing
from talkcycle.transports.graph.online_link import body_with_link
from talkcycle.transports.graph.properties import ENTRY, ORDER, PROPERTIES, stated, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A meeting of ours as it stands in the organizer's calendar.

    Attributes:
        attended: Somebody or a room has been invited.
        online: The server has made a link, which has *join_url*.
        html: The body, in which the link stands; only then it is read.
        files: Names and sizes.
    """

    id: str
    entry: str
    order: str
    attended: bool = False
    online: bool = False
    join_url: str = ""
    html: str = ""
    files: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What is left to do of a creation, in this order. *create*: the meeting is not there yet."""

    create: bool = False
    attach: tuple[OrderFile, ...] = ()
    update: Mapping[str, Any] = field(default_factory=dict)


def found_in(event: Mapping[str, Any]) -> Found:
    """What Graph says of an event, read with both of our properties."""
    return Found(
        id=str(event["id"]),
        entry=told(event, ENTRY),
        order=told(event, ORDER),
        attended=bool(event.get("attendees")),
        online=bool(event.get("isOnlineMeeting")),
        join_url=str((event.get("onlineMeeting") or {}).get("joinUrl") or ""),
    )


def remaining(order: MeetingOrder, found: Found | None, *, online_meetings: bool) -> Remaining:
    """The steps of creating what *order* asks for, of which an earlier try may have done some.

    The last one carries the order's name: a meeting that has one is done, be it of a later order; unless what may be
    there is to be written over.

    Args:
        found: The entry itself, or the one that it takes the place of.
    """
    if found is None:
        return Remaining(create=True, attach=order.files, update=_invitation(order))
    files = missing(order.files, found.files)
    if found.order == order.order:
        return Remaining()
    if found.entry != order.uid or order.replaces == order.uid:
        return Remaining(attach=files, update=change(order, found, online_meetings=online_meetings))
    if found.order:
        return Remaining()
    return Remaining(attach=files, update=_invitation(order))


def creation(order: MeetingOrder, *, online_meetings: bool) -> dict[str, Any]:
    """The request that makes the meeting. Nobody is told."""
    return {
        **_content(order),
        "body": {"contentType": "html", "content": order.html},
        "sensitivity": "private",
        "showAs": "busy",
        "allowNewTimeProposals": True,
        "responseRequested": True,
        "transactionId": str(uuid.uuid5(uuid.UUID(PROPERTY_SET), order.order)),
        PROPERTIES: stated(entry=order.uid),
        **(_ONLINE if order.online and online_meetings else {}),
    }


def change(order: MeetingOrder, found: Found, *, online_meetings: bool) -> dict[str, Any]:
    """The one request that changes the meeting: each one tells everybody, so everything is in it."""
    body = body_with_link(order.html, found.html, found.join_url) if found.online else order.html
    return {
        **_content(order),
        "body": {"contentType": "html", "content": body},
        "attendees": _attendees(order),
        PROPERTIES: stated(entry=order.uid, order=order.order),
        **(_ONLINE if order.online and online_meetings and not found.online else {}),
    }


_ONLINE = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}


def _invitation(order: MeetingOrder) -> dict[str, Any]:
    attendees = _attendees(order)
    return {**({"attendees": attendees} if attendees else {}), PROPERTIES: stated(order=order.order)}


def _content(order: MeetingOrder) -> dict[str, Any]:
    return {
        "subject": order.subject,
        "start": _moment(order.start, order.zone),
        "end": _moment(order.end, order.zone),
        "location": _location(order),
        "isReminderOn": True,
        "reminderMinutesBeforeStart": order.remind_minutes,
    }


def _moment(instant: datetime, zone: str) -> dict[str, str]:
    return {"dateTime": instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": zone}


def _location(order: MeetingOrder) -> dict[str, Any]:
    if order.room is None:
        return {"displayName": order.location}
    return {
        "displayName": order.location or order.room.name,
        "locationEmailAddress": order.room.address,
        "locationType": "conferenceRoom",
    }


def _attendees(order: MeetingOrder) -> Sequence[dict[str, Any]]:
    people = ((order.attendee, "required"), (order.room, "resource"))
    return [{**_party(party), "type": kind} for party, kind in people if party is not None]


def _party(party: Party) -> dict[str, Any]:
    return {"emailAddress": {"address": party.address, "name": party.name}}
