"""What the fake Graph server receives and what it answers."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, unquote


class Place(StrEnum):
    """What a request is for: Graph itself, the token endpoint, or an upload session's own address."""

    GRAPH = "graph"
    TOKENS = "tokens"
    UPLOAD = "upload"


@dataclass(slots=True, kw_only=True)
class Received:
    """A request, or one part of a batch.

    Attributes:
        target: Path and query as they came, without the version.
        path: Decoded, without version and query.
        headers: Names in small letters.
        mailbox: As the path names it, folded; None: it is about no mailbox.
        part: It came inside a batch, which was received by itself as well.
    """

    method: str
    target: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: datetime
    place: Place = Place.GRAPH
    mailbox: str | None = None
    part: bool = False
    _json: Any = None

    def json(self) -> Any:
        """Raises GraphError: it is none."""
        if self._json is None and self.body:
            try:
                self._json = json.loads(self.body)
            except ValueError:
                raise GraphError(400, "BadRequest", "Unable to read JSON request payload.") from None
        return self._json

    def prefers(self, name: str) -> str | None:
        """What ``Prefer: name=...`` says, without quotes."""
        for each in self.headers.get("prefer", "").split(","):
            key, _, value = each.strip().partition("=")
            if key.casefold() == name.casefold():
                return value.strip('"')
        return None


def received(
    method: str, target: str, headers: dict[str, str], body: bytes, at: datetime, *, part: bool = False
) -> Received:
    """*target*: with the version, except in a part."""
    place = Place.GRAPH
    if not part and target.startswith("/v1.0/"):
        target = target[5:]
    elif not part:
        place = Place.UPLOAD if target.startswith("/upload/") else Place.TOKENS
    path, _, query = target.partition("?")
    path = unquote(path)
    segments = path.split("/", 3)
    return Received(
        method=method,
        target=target,
        path=path,
        query=dict(parse_qsl(query, keep_blank_values=True)) if query else {},
        headers=headers,
        body=body,
        at=at,
        place=place,
        mailbox=segments[2].casefold() if len(segments) > 2 and segments[1] == "users" and segments[2] else None,
        part=part,
    )


@dataclass(slots=True, kw_only=True)
class Answer:
    """Attributes:
    content: Written as JSON; None: no body.
    """

    status: int = 200
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class GraphError(Exception):
    """An answer that is an error, as Graph words it."""

    def __init__(self, status: int, code: str, message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message, self.headers = status, code, message or code, headers or {}

    def answer(self, at: datetime) -> Answer:
        inner = {"date": at.strftime("%Y-%m-%dT%H:%M:%S"), "request-id": "r", "client-request-id": "c"}
        error = {"code": self.code, "message": self.message, "innerError": inner}
        return Answer(status=self.status, content={"error": error}, headers=self.headers)


class Cut(Exception):
    """The line ends here, without an answer."""
