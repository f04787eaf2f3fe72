"""Put a file on a draft or a meeting: in one request, or a large one in pieces.

https://learn.microsoft.com/graph/outlook-large-attachments: below 3 MB one request; above, an upload session whose pieces
are below 4 MB. Nobody sees a file before it is whole.
"""

import base64
from collections.abc import Iterable, Sequence
from typing import Any

from talkcycle.domain.meetings import OrderFile
from talkcycle.transports.graph.answers import judged
from talkcycle.transports.graph.client import Client

SMALL = 3_000_000
PIECE = 320 * 1024 * 11
"""Bytes: a multiple of 320 KiB below 4 MB."""


def file_attachment(file: OrderFile) -> dict[str, Any]:
    """A file as a request has it."""
    return {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "name": file.name,
        "contentType": file.mime_type,
        "contentBytes": base64.b64encode(file.data).decode("ascii"),
    }


def missing(wanted: Sequence[OrderFile], there: Iterable[tuple[str, int]]) -> tuple[OrderFile, ...]:
    """Which of *wanted* are not among *there* (name and size) yet.

    Exchange counts its own overhead into a file's size, so one that is there is at least as large as its content.
    """
    sizes: dict[str, list[int]] = {}
    for name, size in there:
        sizes.setdefault(name, []).append(size)
    found: list[OrderFile] = []
    for file in wanted:
        fitting = [size for size in sizes.get(file.name, ()) if size >= len(file.data)]
        if fitting:
            sizes[file.name].remove(min(fitting))
        else:
            found.append(file)
    return tuple(found)


def files_there(client: Client, item: str, *, mailbox: str) -> list[tuple[str, int]]:
    """Names and sizes of the files of *item*, the path of a draft or a meeting."""
    query = {"$select": "name,size"}
    return [
        (str(each.get("name") or ""), int(each.get("size") or 0))
        for page in client.pages(f"{item}/attachments", mailbox=mailbox, query=query)
        for each in page.get("value", ())
    ]


def attach(client: Client, item: str, file: OrderFile, *, mailbox: str) -> None:
    """Put *file* on *item*. Raises DeliveryError; nobody has seen anything then."""
    if len(file.data) < SMALL:
        client.do("POST", f"{item}/attachments", mailbox=mailbox, content=file_attachment(file))
        return
    about = {"attachmentType": "file", "name": file.name, "size": len(file.data), "contentType": file.mime_type}
    session = client.do(
        "POST", f"{item}/attachments/createUploadSession", mailbox=mailbox, content={"AttachmentItem": about}
    )
    for start in range(0, len(file.data), PIECE):
        piece = file.data[start : start + PIECE]
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{start + len(piece) - 1}/{len(file.data)}",
        }
        answer = client.put(str(session["uploadUrl"]), piece, headers=headers, mailbox=mailbox)
        if not answer.ok:
            raise judged(answer, visible=False, now=client.graph.clock.now())
