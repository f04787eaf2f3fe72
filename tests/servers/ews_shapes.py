"""What of an item an answer holds: a base shape, and the properties asked for beside it, in the schema's order."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from lxml.etree import _Element

from servers.ews_soap import elements, local, t, text_of
from servers.organisation import Item, Mail, Mailbox, property_key

Thing = TypeVar("Thing", Item, Mail)
EXTENDED = "extended"
"""Where in the order extended properties stand."""
SETS = {
    "PublicStrings": "00020329-0000-0000-c000-000000000046",
    "InternetHeaders": "00020386-0000-0000-c000-000000000046",
    "Common": "00062008-0000-0000-c000-000000000046",
    "Appointment": "00062002-0000-0000-c000-000000000046",
    "Meeting": "6ed8da90-450b-101b-98da-00aa003f1305",
}
"""Property sets that have a name of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Generic[Thing]):
    """How one kind of item is written.

    Attributes:
        fields: FieldURI to its element; None: the item has none. In the schema's order.
        default: FieldURIs of the base shape Default.
        single: Those that only GetItem gives; FindItem and SyncFolderItems leave them out, as Exchange does.
    """

    tag: str
    fields: Mapping[str, Callable[[Thing, Mailbox], _Element | None]]
    default: frozenset[str]
    single: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is asked for."""

    base: str
    fields: frozenset[str]
    extended: tuple[_Element, ...]

    def wants(self, uri: str, sheet: Sheet[Thing], *, found: bool) -> bool:
        if found and uri in sheet.single:
            return False
        in_base = self.base == "AllProperties" or (self.base == "Default" and uri in sheet.default)
        return in_base or uri in self.fields or uri == "item:ItemId"


def asked_shape(element: _Element | None) -> Shape:
    """Of an ItemShape."""
    asked = [] if element is None else [each for some in element.iterfind("{*}AdditionalProperties") for each in some]
    return Shape(
        base=text_of(element, "t:BaseShape") or "IdOnly",
        fields=frozenset(each.get("FieldURI", "") for each in asked if local(each) == "FieldURI"),
        extended=tuple(each for each in asked if local(each) == "ExtendedFieldURI"),
    )


def written(sheet: Sheet[Thing], thing: Thing, mailbox: Mailbox, shape: Shape, *, found: bool = False) -> _Element:
    """*found*: by FindItem or SyncFolderItems, which give less."""
    parts: list[_Element] = []
    for uri, write in sheet.fields.items():
        if uri == EXTENDED:
            parts += [extended(each, thing.properties[key_of(each)]) for each in shape.extended if _has(thing, each)]
        elif shape.wants(uri, sheet, found=found) and (part := write(thing, mailbox)) is not None:
            parts.append(part)
    return t(sheet.tag, *parts)


def _has(thing: Item | Mail, uri: _Element) -> bool:
    return key_of(uri) in thing.properties


def extended(uri: _Element, value: str) -> _Element:
    return t("ExtendedProperty", copy.deepcopy(uri), t("Value", value))


def key_of(uri: _Element) -> str:
    """What the property of an ExtendedFieldURI is called in ``properties``."""
    kind = uri.get("PropertyType", "String")
    tag = uri.get("PropertyTag")
    if tag is not None:
        return f"{kind} 0x{int(tag, 0):x}"
    name = uri.get("PropertySetId") or SETS.get(uri.get("DistinguishedPropertySetId", ""), "")
    return property_key(name, uri.get("PropertyName") or f"id {uri.get('PropertyId')}", kind=kind)


def properties_in(element: _Element) -> dict[str, str]:
    """The extended properties that an item in a request has."""
    found = {}
    for each in element.iterfind("{*}ExtendedProperty"):
        found[key_of(next(elements(each)))] = text_of(each, "t:Value") or ""
    return found


def mailbox_element(address: str, name: str, tag: str = "Mailbox", kind: str = "Mailbox") -> _Element:
    parts = (t("Name", name or address), t("EmailAddress", address), t("RoutingType", "SMTP"), t("MailboxType", kind))
    return t(tag, *parts)
