"""Files of events and drafts: small ones in one request, large ones in pieces over an upload session."""

import base64
import binascii
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from servers.graph_odata import selected
from servers.graph_received import Answer, GraphError, Received
from servers.graph_tenant import Ask, Tenant, route
from servers.graph_times import stamp
from servers.organisation import NoItem, StoredFile

ONE_REQUEST = 3 * 1024 * 1024
SMALLEST_SESSION = 2 * 1024 * 1024
"""The documentation says 3 MB; measured: microsoftgraph/msgraph-sdk-java#52."""
LARGEST = 150_000_000
CHUNK = 320 * 1024
LARGEST_CHUNK = 4 * 1024 * 1024
KINDS = {
    "events": (("Calendars.Read", "Calendars.ReadWrite"), ("Calendars.ReadWrite",)),
    "messages": (("Mail.Read", "Mail.ReadWrite"), ("Mail.ReadWrite",)),
}


@dataclass(slots=True, kw_only=True)
class Session:
    """A file on its way. *keep*: called with its bytes once they are whole; gives its id."""

    mailbox: str
    size: int
    expires: datetime
    keep: Callable[[bytes], str]
    got: bytearray = field(default_factory=bytearray)

    def told(self) -> dict[str, Any]:
        return {"expirationDateTime": stamp(self.expires), "nextExpectedRanges": [f"{len(self.got)}-"]}


def file_values(file: StoredFile, *, content: bool = True) -> dict[str, Any]:
    values: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": file.id,
        "name": file.name,
        "contentType": file.mime_type,
        "size": len(file.data),
        "isInline": False,
    }
    return values | ({"contentBytes": base64.b64encode(file.data).decode()} if content else {})


def file_given(body: Mapping[str, Any]) -> tuple[str, str, bytes]:
    """Name, type and bytes of a fileAttachment."""
    if body.get("@odata.type") != "#microsoft.graph.fileAttachment" or not body.get("name"):
        raise GraphError(400, "ErrorInvalidRequest", "The attachment is no file, or has no name.")
    try:
        data = base64.b64decode(body["contentBytes"], validate=True)
    except (KeyError, TypeError, binascii.Error):
        raise GraphError(400, "ErrorInvalidRequest", "contentBytes is missing or not base64.") from None
    return body["name"], body.get("contentType") or "application/octet-stream", data


def _of_event(ask: Ask) -> bool:
    return ask.request.path.split("/")[3] == "events"


def _files(ask: Ask) -> list[StoredFile]:
    """Raises NoItem."""
    if _of_event(ask):
        return ask.organisation.item(ask.address, ask.parts["of"]).files
    mail = ask.mailbox.mails.get(ask.parts["of"])
    if mail is None:
        raise NoItem(ask.parts["of"])
    return mail.files


def _attach(ask: Ask, name: str, mime_type: str, data: bytes) -> StoredFile:
    if _of_event(ask):
        return ask.organisation.attach(ask.address, ask.parts["of"], name=name, mime_type=mime_type, data=data)
    file = StoredFile(id=ask.organisation.new_id(), name=name, mime_type=mime_type, data=data)
    _files(ask).append(file)
    return file


def _add(ask: Ask) -> Answer:
    _files(ask)
    name, mime_type, data = file_given(ask.body())
    if len(data) >= ONE_REQUEST:
        raise GraphError(413, "RequestEntityTooLarge", "The attachment is larger than one request takes.")
    ask.tenant.throttle.upload(ask.address, len(data))
    return Answer(status=201, content=file_values(_attach(ask, name, mime_type, data)))


def _list(ask: Ask) -> Answer:
    return Answer(content={"value": [selected(file_values(file), ask.request) for file in _files(ask)]})


def _get(ask: Ask) -> Answer:
    return Answer(content=selected(file_values(_found(ask)), ask.request))


def _remove(ask: Ask) -> Answer:
    file = _found(ask)
    if _of_event(ask):
        ask.organisation.detach(ask.address, ask.parts["of"], file.id)
    else:
        _files(ask).remove(file)
    return Answer(status=204)


def _found(ask: Ask) -> StoredFile:
    for file in _files(ask):
        if file.id == ask.parts["file"]:
            return file
    raise NoItem(ask.parts["file"])


def _open_session(ask: Ask) -> Answer:
    _files(ask)
    body = ask.body()
    item = body.get("attachmentItem", body.get("AttachmentItem")) or {}
    name, size = item.get("name"), item.get("size")
    if item.get("attachmentType") != "file" or not name or not isinstance(size, int):
        raise GraphError(400, "ErrorInvalidRequest", "attachmentItem lacks its type, name or size.")
    if size < SMALLEST_SESSION:
        raise GraphError(400, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize", "Attach it in one request.")
    if size > LARGEST:
        raise GraphError(413, "ErrorAttachmentSizeShouldNotExceedMaximumSize", "Larger than 150 MB.")
    mime_type = item.get("contentType") or "application/octet-stream"
    session = Session(
        mailbox=ask.address,
        size=size,
        expires=ask.tenant.now() + timedelta(hours=1),
        keep=lambda data: _attach(ask, name, mime_type, data).id,
    )
    token = secrets.token_urlsafe(24)
    _sessions(ask.tenant)[f"/upload/{token}"] = session
    return Answer(
        status=201, content={"uploadUrl": f"{ask.tenant.authority}/upload/{token}?authtoken=t"} | session.told()
    )


for _kind, (_read, _write) in KINDS.items():
    _at = f"/users/{{box}}/{_kind}/{{of}}/attachments"
    for _method, _template, _rights, _handler in (
        ("POST", _at, _write, _add),
        ("GET", _at, _read, _list),
        ("POST", f"{_at}/createUploadSession", _write, _open_session),
        ("GET", _at + "/{file}", _read, _get),
        ("DELETE", _at + "/{file}", _write, _remove),
    ):
        route(_method, _template, *_rights)(_handler)


def _sessions(tenant: Tenant) -> dict[str, Session]:
    found: dict[str, Session] = tenant.memory.setdefault("sessions", {})
    return found


def receive_upload(tenant: Tenant, request: Received) -> Answer:
    """A request to an upload session's own address. Errors are answers."""
    try:
        with tenant.organisation.lock:
            return _uploaded(tenant, request)
    except GraphError as error:
        return error.answer(tenant.now())
    except NoItem:
        return GraphError(404, "ErrorItemNotFound", "What it was to be attached to is gone.").answer(tenant.now())


def _uploaded(tenant: Tenant, request: Received) -> Answer:
    session = _sessions(tenant).get(request.path)
    if "authorization" in request.headers:
        raise GraphError(401, "InvalidAudience", "The address carries its own authorisation; send no other.")
    if session is None or session.expires <= tenant.now():
        raise GraphError(404, "itemNotFound", "There is no such upload session.")
    if request.method == "GET":
        return Answer(content=session.told())
    if request.method == "DELETE":
        del _sessions(tenant)[request.path]
        return Answer(status=204)
    first, last, size = _range(request)
    if first != len(session.got) or size != session.size:
        raise GraphError(416, "invalidRange", f"Expected {len(session.got)}-.")
    tenant.throttle.upload(session.mailbox, len(request.body))
    session.got += request.body
    if last + 1 < size:
        return Answer(content=session.told())
    del _sessions(tenant)[request.path]
    return Answer(status=201, headers={"Location": f"{tenant.endpoint}/attachments/{session.keep(bytes(session.got))}"})


def _range(request: Received) -> tuple[int, int, int]:
    """First and last byte and the whole file's size. Raises GraphError 400, 405, 413."""
    if request.method != "PUT":
        raise GraphError(405, "methodNotAllowed")
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("content-range", ""))
    if found is None:
        raise GraphError(400, "invalidRequest", "Content-Range is missing or malformed.")
    first, last, size = (int(each) for each in found.groups())
    if last - first + 1 != len(request.body) or last >= size:
        raise GraphError(400, "invalidRequest", "Content-Range does not fit the content.")
    if len(request.body) > LARGEST_CHUNK:
        raise GraphError(413, "requestEntityTooLarge", "A piece is larger than 4 MB.")
    if last + 1 < size and len(request.body) % CHUNK:
        raise GraphError(400, "invalidRequest", "Pieces but the last are multiples of 320 KiB.")
    return first, last, size
