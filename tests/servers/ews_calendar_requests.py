"""Calendar items as requests describe them, and what updates make of one."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from lxml.etree import _Element

from servers.ews_calendar import BUSY
from servers.ews_shapes import key_of, properties_in
from servers.ews_soap import PREFIXES, elements, local, refuse, text_of
from servers.ews_zones import iana_name
from servers.organisation import Attendee, Item, Organisation

NO_VALUE: Mapping[str, Any] = {
    "item:Subject": ("subject", ""),
    "item:Body": ("body", ""),
    "item:Sensitivity": ("private", False),
    "item:ReminderIsSet": ("reminder", None),
    "calendar:Location": ("location", ""),
    "calendar:RequiredAttendees": ("required", []),
    "calendar:OptionalAttendees": ("optional", []),
    "calendar:Resources": ("rooms", []),
}
"""FieldURI to what DeleteItemField makes of the field."""


def fields_of(element: _Element) -> dict[str, Any]:
    """What a CalendarItem in a request says, as fields of an ``Item``; people still apart (``with_people``).

    Raises Refusal: something of it is not modelled.
    """
    found: dict[str, Any] = {}
    zone = element.find("t:StartTimeZone", PREFIXES)
    if zone is not None:
        found["zone"] = iana_name(zone.get("Id", "UTC"))
    for each in elements(element):
        read = READERS.get(local(each))
        if read is None:
            raise refuse("ErrorInvalidPropertySet", f"The fake does not model {local(each)}.")
        found |= read(each, ZoneInfo(found.get("zone", "UTC")))
    if text_of(element, "t:ReminderIsSet") in ("false", "0"):
        found["reminder"] = None
    properties = properties_in(element)
    return found | ({"properties": properties} if properties else {})


def read_time(text: str, zone: ZoneInfo) -> datetime:
    when = datetime.fromisoformat(text)
    return (when if when.tzinfo is not None else when.replace(tzinfo=zone)).astimezone(UTC)


def _people(key: str, *, rooms: bool = False) -> Callable[[_Element, ZoneInfo], dict[str, Any]]:
    def read(element: _Element, _zone: ZoneInfo) -> dict[str, Any]:
        listed = element.findall("t:Attendee/t:Mailbox", PREFIXES)
        return {
            key: [
                Attendee(address=text_of(each, "t:EmailAddress") or "", name=text_of(each, "t:Name") or "", room=rooms)
                for each in listed
            ]
        }

    return read


def _text(key: str) -> Callable[[_Element, ZoneInfo], dict[str, Any]]:
    return lambda element, _zone: {key: element.text or ""}


def _nothing(_element: _Element, _zone: ZoneInfo) -> dict[str, Any]:
    return {}


READERS: Mapping[str, Callable[[_Element, ZoneInfo], dict[str, Any]]] = {
    "Subject": _text("subject"),
    "Body": _text("body"),
    "Location": _text("location"),
    "UID": _text("uid"),
    "Sensitivity": lambda each, _: {"private": each.text == "Private"},
    "Start": lambda each, zone: {"start": read_time(each.text or "", zone)},
    "End": lambda each, zone: {"end": read_time(each.text or "", zone)},
    "LegacyFreeBusyStatus": lambda each, _: {"busy": next(kind for kind, name in BUSY.items() if name == each.text)},
    "ReminderIsSet": lambda each, _: {} if each.text in ("true", "1") else {"reminder": None},
    "ReminderMinutesBeforeStart": lambda each, _: {"reminder": int(each.text or 0)},
    "RequiredAttendees": _people("required"),
    "OptionalAttendees": _people("optional"),
    "Resources": _people("rooms", rooms=True),
} | dict.fromkeys(
    (
        "Attachments",  # read with what is attached
        "ExtendedProperty",
        "StartTimeZone",
        "EndTimeZone",
        "Importance",
        "IsAllDayEvent",
        "IsResponseRequested",
        "AllowNewTimeProposal",
        "Categories",
        "Culture",
    ),
    _nothing,
)


def with_people(fields: dict[str, Any], before: list[Attendee]) -> dict[str, Any]:
    """Required and optional attendees and rooms as one list; those not named stay as they were *before*."""
    named = {key: fields.pop(key) for key in ("required", "optional", "rooms") if key in fields}
    if not named:
        return fields
    people = [each for each in before if not each.room] if {"required", "optional"}.isdisjoint(named) else []
    rooms = [replace(each) for each in before if each.room] if "rooms" not in named else named["rooms"]
    return fields | {"attendees": [*people, *named.get("required", ()), *named.get("optional", ()), *rooms]}


def update_fields(item: Item, updates: _Element) -> dict[str, Any]:
    """What the Updates of an ItemChange make of *item*. Raises Refusal."""
    found: dict[str, Any] = {}
    properties = dict(item.properties)
    for each in elements(updates):
        path, *what = list(elements(each))
        extended = local(path) == "ExtendedFieldURI"
        match local(each):
            case "SetItemField" if extended:
                properties |= properties_in(what[0])
            case "SetItemField":
                found |= fields_of(what[0])
            case "AppendToItemField":
                found["body"] = item.body + fields_of(what[0]).get("body", "")
            case "DeleteItemField" if extended:
                properties.pop(key_of(path), None)
            case _ if path.get("FieldURI") in NO_VALUE:
                key, value = NO_VALUE[path.get("FieldURI", "")]
                found[key] = value
            case _:
                raise refuse("ErrorInvalidPropertyDelete", f"The fake does not delete {path.get('FieldURI')}.")
    if properties != item.properties:
        found["properties"] = properties
    return with_people(found, item.attendees)


def names_of(organisation: Organisation, attendees: list[Attendee]) -> None:
    """The directory's names for those who came without."""
    for each in attendees:
        known = organisation.mailboxes.get(each.address.casefold())
        each.name = each.name or (known.name if known is not None else "")
