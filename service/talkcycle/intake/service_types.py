"""Kinds of single settings in service.yaml: what IT writes, checked and turned into values."""

import re
from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, WithJsonSchema

from talkcycle.intake.unusable import Unusable, quoted

AUTODISCOVER = "autodiscover"

_UNITS = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d{1,7}) ?(|s|min|h|d)")
_SIZE = re.compile(r"(\d{1,12}(?:\.\d+)?) ?(|b|kb|mb|bytes)")
_NO_LIMIT = "no limit"
_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*")
_NO_TENANTS = frozenset({"common", "organizations", "consumers"})
_PATTERN = re.compile(r"\*|[^\s@\[\]]+@[^\s@\[\]]+")


def is_here(host: str) -> bool:
    """Whether *host* is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() in {"localhost", "localhost.localdomain"}


def _span(value: Any) -> timedelta:
    match = _SPAN.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= seconds <= 7 * 86400:
        raise Unusable(f"{quoted(value)} is not a time that can be waited.", "Write it as 30 s, 15 min or 2 h.")
    return timedelta(seconds=seconds)


def _size(value: Any) -> int:
    match = _SIZE.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    if match is None:
        raise Unusable(f"{quoted(value)} is not a size.", "Write it as 5 MB.")
    return int(float(match[1]) * {"kb": 1_000, "mb": 1_000_000}.get(match[2], 1))


def _rate(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().casefold() == _NO_LIMIT:
        return None
    if not isinstance(value, str) or not value.strip().isdecimal() or not 1 <= int(value[:9]) <= 100_000:
        raise Unusable(f"{quoted(value)} is not a number of messages.", 'Write a number such as 30, or "no limit".')
    return int(value)


def _web_address(value: Any) -> str:
    """*value* without a slash at its end, if it is the address of a server that may be talked to."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        parts = urlsplit(text)
        host, named, _ = parts.hostname or "", parts.username is not None, parts.port
    except ValueError:
        host, named, parts = "", False, urlsplit("")
    if named:
        raise Unusable("a password does not belong in this file.", "Take away what stands before the @.")
    if parts.scheme not in {"https", "http"} or not host or any(each.isspace() for each in text):
        raise Unusable(f"{quoted(value)} is not the address of a server.", "Write it from https:// on.")
    if parts.query or parts.fragment:
        raise Unusable(f"{quoted(value)} has more than a path.", "Take away what begins with ? or #.")
    if parts.scheme == "http" and not is_here(host):
        raise Unusable("everything, secrets too, would cross the network unencrypted.", "Write https:// instead.")
    return text.rstrip("/")


def _ews_endpoint(value: Any) -> str | None:
    if isinstance(value, str) and value.strip().casefold() == AUTODISCOVER:
        return None
    return _web_address(value)


def _tenant(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if text.casefold() in _NO_TENANTS:
        raise Unusable(f"{quoted(text)} is nobody's own tenant.", "Write your organisation's: its id, or example.com.")
    if _TENANT.fullmatch(text) is None:
        mend = "Write the directory's id, such as 0f8fad5b-d9cb-469f-a165-70867728950e, or one of its domains."
        raise Unusable(f"{quoted(value)} is not a tenant.", mend)
    return text


def _pattern(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if _PATTERN.fullmatch(text) is None:
        mend = 'Write "*@example.com", one whole address, or "*" for all; * stands for anything.'
        raise Unusable(f"{quoted(value)} is not a pattern of addresses.", mend)
    return text


_STRING = {"type": "string"}
_WEB = {"type": "string", "pattern": "^https?://"}

Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d+ ?(s|min|h|d)$"}]}),
]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})]
Rate = Annotated[
    int | None,
    BeforeValidator(_rate),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": _NO_LIMIT}]}),
]
Port = Annotated[int, Field(ge=1, le=65535)]
Connections = Annotated[int, Field(ge=1, le=20)]
WebAddress = Annotated[str, BeforeValidator(_web_address), WithJsonSchema(_WEB)]
EwsEndpoint = Annotated[
    str | None, BeforeValidator(_ews_endpoint), WithJsonSchema({"anyOf": [_WEB, {"const": AUTODISCOVER}]})
]
Tenant = Annotated[str, BeforeValidator(_tenant), WithJsonSchema(_STRING)]
AddressPattern = Annotated[str, BeforeValidator(_pattern), WithJsonSchema(_STRING)]
