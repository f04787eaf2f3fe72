"""Every kind of request to Graph that a test session has sent, each once, for the checker at its end."""

import re
import threading
from typing import Any

from servers.graph_received import GraphError, Place, Received

WORDS = frozenset({"subject", "content", "displayName", "name", "address", "value", "comment", "internetMessageId"})
WORDS |= {"transactionId", "id", "url", "locationUri", "uniqueId"}
"""Properties that are free text: what stands in them makes no other kind of request."""
BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")

_kinds: dict[str, Received] = {}
_lock = threading.Lock()


def note(request: Received) -> None:
    """Remember *request* if it is the first of its kind."""
    if request.place is Place.GRAPH:
        kind = kind_of(request)
        with _lock:
            _kinds.setdefault(kind, request)


def noted() -> dict[str, Received]:
    """One request of each kind."""
    with _lock:
        return dict(_kinds)


def kind_of(request: Received) -> str:
    """The same for requests that a schema cannot tell apart: only names, types, and what may be one of a list count."""
    segments = request.path.split("/")
    if segments[1:2] == ["places"]:
        path = ["{}" if "@" in each else each for each in segments]
    else:
        path = ["{}" if number and number % 2 == 0 else each for number, each in enumerate(segments)]
    names = sorted(f"{name}={value}" if name == "$top" else name for name, value in request.query.items())
    content_type = request.headers.get("content-type", "").partition(";")[0]
    try:
        body = _shape("", request.json()) if content_type == "application/json" else str(bool(request.body))
    except GraphError:
        body = "no JSON"
    return f"{request.method} {'/'.join(path)}?{'&'.join(names)} {content_type} {body}"


def _shape(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{key}:{_shape(key, each)}" for key, each in value.items())) + "}"
    if isinstance(value, list):
        return f"{min(len(value), 21)}[" + ",".join(sorted({_shape(name, each) for each in value})) + "]"
    if not isinstance(value, str) or name in WORDS:
        counts = isinstance(value, int) and value < 2000  # a schema may have bounds; sizes are beyond them all
        return str(value) if counts else type(value).__name__
    if name == "contentBytes":
        return "base64" if BASE64.fullmatch(value) else "text"
    return re.sub(r"\d", "9", value) if len(value) <= 60 else "text"
