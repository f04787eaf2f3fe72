"""A mail between the organisation's model, MIME and Graph's JSON."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, formataddr, getaddresses
from html import unescape
from typing import Any
from urllib.parse import quote

from servers.graph_event_shape import properties_of
from servers.graph_files import file_given
from servers.graph_odata import expanded_properties, expansion
from servers.graph_received import GraphError, Received
from servers.graph_tenant import Ask
from servers.organisation import Mail, StoredFile

KEPT = ("subject", "body", "from", "toRecipients", "ccRecipients", "bccRecipients", "replyTo", "internetMessageHeaders")
LINES = {"toRecipients": "To", "ccRecipients": "Cc", "replyTo": "Reply-To"}
IMMUTABLE = "AAkALg"
"""How ids begin that stay when a draft is sent; others change, since the mail moves to another folder."""


def new_id(ask: Ask) -> str:
    id_ = ask.organisation.new_id()
    return IMMUTABLE + id_[4:] if ask.request.prefers("IdType") == "ImmutableId" else id_


def mail_of_json(ask: Ask, body: Mapping[str, Any]) -> tuple[Mail, dict[str, Any]]:
    """The draft, and what of the JSON is still needed to write it as MIME. Raises GraphError 400."""
    for each in body.get("internetMessageHeaders") or ():
        if not str(each.get("name", "")).casefold().startswith("x-"):
            raise GraphError(400, "InvalidInternetMessageHeader", "Names of custom headers begin with 'x-' or 'X-'.")
    mail = Mail(
        id=new_id(ask),
        message_id=body.get("internetMessageId") or f"<{ask.organisation.new_id()}@prod.outlook.example>",
        mime=b"",
        draft=True,
        properties=properties_of(body),
        recipients=recipients_in(body),
    )
    for each in body.get("attachments") or ():
        name, mime_type, data = file_given(each)
        mail.files.append(StoredFile(id=ask.organisation.new_id(), name=name, mime_type=mime_type, data=data))
    return mail, {name: body[name] for name in KEPT if name in body}


def recipients_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    lists = (body.get(name) or () for name in ("toRecipients", "ccRecipients", "bccRecipients"))
    return tuple(each["emailAddress"]["address"] for found in lists for each in found)


def mail_of_mime(ask: Ask) -> tuple[Mail, dict[str, Any]]:
    """A draft given as base64 of a MIME message. (The OpenAPI document knows only JSON.)"""
    try:
        raw = base64.b64decode(ask.request.body, validate=True)
    except binascii.Error:
        raise GraphError(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.") from None
    message = BytesParser(policy=policy.default).parsebytes(raw)
    files = [
        StoredFile(
            id=ask.organisation.new_id(),
            name=part.get_filename() or "",
            mime_type=part.get_content_type(),
            data=bytes(part.get_payload(decode=True) or b""),
        )
        for part in message.iter_attachments()
    ]
    lines = [str(line) for name in ("To", "Cc", "Bcc") for line in message.get_all(name, [])]
    mail = Mail(
        id=new_id(ask),
        message_id=str(message.get("Message-ID", "")).strip() or f"<{ask.organisation.new_id()}@prod.outlook.example>",
        mime=raw,
        draft=True,
        recipients=tuple(address for _, address in getaddresses(lines)),
        files=files,
    )
    return mail, values_of(message)


def values_of(message: EmailMessage) -> dict[str, Any]:
    body = message.get_body(("html", "plain"))
    to = getaddresses([str(line) for line in message.get_all("To", [])])
    return {
        "subject": str(message.get("Subject", "")),
        "body": {
            "contentType": "html" if body is not None and body.get_content_subtype() == "html" else "text",
            "content": "" if body is None else body.get_content(),
        },
        "toRecipients": [{"emailAddress": {"name": name or address, "address": address}} for name, address in to],
    }


def mail_values(mail: Mail, given: Mapping[str, Any], folder: str, request: Received) -> dict[str, Any]:
    values: dict[str, Any] = {
        "@odata.etag": f'W/"{mail.id}-{mail.version}"',
        "id": mail.id,
        "changeKey": f"{mail.id}-{mail.version}",
        "internetMessageId": mail.message_id,
        "isDraft": mail.draft,
        "parentFolderId": folder,
        "hasAttachments": bool(mail.files),
        "subject": "",
        "toRecipients": [],
        "ccRecipients": [],
        "bccRecipients": [],
    }
    shown = {name: value for name, value in given.items() if name != "internetMessageHeaders"}
    return values | shown | expansion(expanded_properties(request), mail.properties)


def compose(ask: Ask, mail: Mail, given: Mapping[str, Any]) -> bytes:
    """The MIME message that Exchange makes of a draft. Written by hand: a round's mails are many."""
    sender = formataddr((ask.mailbox.name, ask.address))
    headers = [f"From: {sender}", f"Date: {format_datetime(ask.tenant.now())}", f"Message-ID: {mail.message_id}"]
    headers += [f"Subject: {_encoded(given.get('subject') or '')}", "MIME-Version: 1.0"]
    headers += [f"{line}: {_addresses(given[name])}" for name, line in LINES.items() if given.get(name)]
    headers += [f"{each['name']}: {each['value']}" for each in given.get("internetMessageHeaders") or ()]
    body = given.get("body") or {}
    content = body.get("content") or ""
    if str(body.get("contentType", "text")).casefold() == "html":
        text = unescape(re.sub(r"<[^>]+>", "", content))
        body_part = _several("alternative", (_text("plain", text), _text("html", content)))
    else:
        body_part = _text("plain", content)
    whole = _several("mixed", (body_part, *map(_file, mail.files))) if mail.files else body_part
    return "\r\n".join(headers).encode() + b"\r\n" + whole


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\r\n")


def _addresses(given: Iterable[Mapping[str, Any]]) -> str:
    pairs = ((each["emailAddress"].get("name") or "", each["emailAddress"]["address"]) for each in given)
    return ", ".join(formataddr(pair) for pair in pairs)


def _text(subtype: str, text: str) -> bytes:
    return _packed(f"text/{subtype}; charset=utf-8", text.encode())


def _file(file: StoredFile) -> bytes:
    return _packed(file.mime_type, file.data, f"Content-Disposition: attachment; filename*=utf-8''{quote(file.name)}\r\n")


def _packed(mime_type: str, data: bytes, more: str = "") -> bytes:
    encoded = base64.encodebytes(data).replace(b"\n", b"\r\n")
    return f"Content-Type: {mime_type}\r\nContent-Transfer-Encoding: base64\r\n{more}\r\n".encode() + encoded


def _several(kind: str, parts: Iterable[bytes]) -> bytes:
    boundary = f"_{kind}_"
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(f"--{boundary}\r\n".encode() + part for part in parts) + f"--{boundary}--\r\n".encode()
