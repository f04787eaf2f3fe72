"""Every kind of request to Graph that a test session has sent, each once, for the checker at its end."""

import re
import threading
from collections.abc import Hashable
from typing import Any

from servers.graph_received import GraphError, Place, Received

WORDS = frozenset({"subject", "content", "displayName", "name", "address", "value", "comment", "internetMessageId"})
WORDS |= {"transactionId", "id", "url", "locationUri", "uniqueId"}
"""Properties that are free text: what stands in them makes no other kind of request."""
BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")

_kinds: dict[Hashable, Received] = {}
_lock = threading.Lock()


def note(request: Received) -> None:
    """Remember *request* if it is the first of its kind."""
    if request.place is not Place.GRAPH:
        return
    kind = kind_of(request)
    with _lock:
        _kinds.setdefault(kind, request)


def noted() -> list[Received]:
    with _lock:
        return list(_kinds.values())


def kind_of(request: Received) -> Hashable:
    """The same for requests that a schema cannot tell apart: only names, types, and what may be one of a list count."""
    segments = request.path.split("/")
    path = tuple("{}" if number % 2 == 0 and number else each for number, each in enumerate(segments))
    if segments[1:2] == ["places"] or len(segments) <= 2:
        path = tuple(each if "@" not in each else "{}" for each in segments)
    names = tuple(sorted((name, value if name == "$top" else "") for name, value in request.query.items()))
    content_type = request.headers.get("content-type", "").partition(";")[0]
    try:
        body = _shape("", request.json()) if content_type == "application/json" else bool(request.body)
    except GraphError:
        body = request.body
    return (request.method, path, names, content_type, body)


def _shape(name: str, value: Any) -> Hashable:
    if isinstance(value, dict):
        return tuple(sorted((key, _shape(key, each)) for key, each in value.items()))
    if isinstance(value, list):
        return (min(len(value), 21), frozenset(_shape(name, each) for each in value))
    if not isinstance(value, str) or name in WORDS:
        return value if isinstance(value, bool) else type(value).__name__
    if name == "contentBytes":
        return BASE64.fullmatch(value) is not None
    return re.sub(r"\d", "9", value) if len(value) <= 60 else "str"
