"""Our own properties of meetings and mails, in Graph's words: by them we find again what we made, and nothing else.

https://learn.microsoft.com/graph/api/resources/extended-properties-overview
"""

from collections.abc import Mapping
from typing import Any

from talkcycle.domain.meetings import ENTRY_PROPERTY, ORDER_PROPERTY, PROPERTY_SET
from talkcycle.transports.graph.client import literal

PROPERTIES = "singleValueExtendedProperties"
ENTRY = f"String {{{PROPERTY_SET}}} Name {ENTRY_PROPERTY}"
ORDER = f"String {{{PROPERTY_SET}}} Name {ORDER_PROPERTY}"
INTERNET_HEADERS = "00020386-0000-0000-c000-000000000046"
"""PS_INTERNET_HEADERS (MS-OXPROPS 1.3.2): a named string there becomes a header of the mail."""
EXPANDED = f"{PROPERTIES}($filter=id eq {literal(ENTRY)} or id eq {literal(ORDER)})"
"""For ``$expand``: both of ours."""


def stated(**values: str) -> list[dict[str, str]]:
    """Our properties as a request has them. *entry*, *order*: their values."""
    return [{"id": {"entry": ENTRY, "order": ORDER}[name], "value": value} for name, value in values.items()]


def mail_header(name: str, value: str) -> dict[str, str]:
    """A header that ``internetMessageHeaders`` does not take, which takes custom ones (``x-``) alone."""
    return {"id": f"String {{{INTERNET_HEADERS}}} Name {name}", "value": value}


def having(property_id: str, value: str) -> str:
    """For ``$filter``: whose property has that value."""
    return f"{PROPERTIES}/any(ep: ep/id eq {literal(property_id)} and ep/value eq {literal(value)})"


def told(item: Mapping[str, Any], property_id: str) -> str:
    """The property's value in *item*, empty where it has none. The GUID's case is the server's to choose."""
    for each in item.get(PROPERTIES) or ():
        if str(each.get("id", "")).casefold() == property_id.casefold():
            return str(each.get("value") or "")
    return ""
