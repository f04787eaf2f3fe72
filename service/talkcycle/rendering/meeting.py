"""A meeting order as bytes and back: what the outbox keeps of a meeting that Exchange or Graph carries out."""

import base64
import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind


def encode_order(order: MeetingOrder) -> bytes:
    """JSON, UTF-8. The same order gives the same bytes."""
    document: dict[str, Any] = {field.name: getattr(order, field.name) for field in fields(order)}
    document["action"] = order.action.value
    document["start"], document["end"] = order.start.isoformat(), order.end.isoformat()
    for side in ("attendee", "room"):
        party: Party | None = document[side]
        document[side] = None if party is None else {"name": party.name, "address": party.address}
    document["files"] = [
        {"name": file.name, "mime_type": file.mime_type, "data": base64.b64encode(file.data).decode("ascii")}
        for file in order.files
    ]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def decode_order(payload: bytes) -> MeetingOrder:
    """The order that ``encode_order`` was given."""
    document = json.loads(payload)
    document["action"] = Kind(document["action"])
    document["start"], document["end"] = (datetime.fromisoformat(document[side]) for side in ("start", "end"))
    for side in ("attendee", "room"):
        document[side] = None if document[side] is None else Party(**document[side])
    document["files"] = tuple(
        OrderFile(name=file["name"], mime_type=file["mime_type"], data=base64.b64decode(file["data"]))
        for file in document["files"]
    )
    return MeetingOrder(**document)
