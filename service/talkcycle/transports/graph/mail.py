"""Send a mail: a draft in the service's mailbox, its large files, then the draft is sent.

Sending itself knows no idempotency key, so the draft carries one, and is looked up before anything is tried again.
"""

import email
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import quote

from talkcycle.domain.delivery import Receipt, UnknownDeliveryError
from talkcycle.domain.meetings import OrderFile
from talkcycle.domain.ports import Parcel
from talkcycle.transports.graph.answers import judged
from talkcycle.transports.graph.client import Client, literal, user
from talkcycle.transports.graph.files import attach, file_attachment, files_there, missing
from talkcycle.transports.graph.properties import ORDER, PROPERTIES, having, mail_header, stated

LARGEST_REQUEST = 3_500_000
"""Bytes of a draft with its files; Graph takes 4 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail as Graph wants it.

    Attributes:
        message: What creates the draft, with its files where they fit.
        files: Those that have to be added to it one by one.
        all_files: Every file.
    """

    message: Mapping[str, Any]
    files: tuple[OrderFile, ...]
    all_files: tuple[OrderFile, ...]


def send_mail(client: Client, mail: Parcel) -> Receipt:
    """Implements ``domain.ports.MailSender.send``."""
    draft = draft_of(mail)
    found = _look_up(client, mail) if mail.tried else ()
    if any(not each["isDraft"] for each in found):
        return Receipt(reply="an earlier try has sent it")
    if found:
        item = _message(mail.mailbox, str(found[0]["id"]))
        there = files_there(client, item, mailbox=mail.mailbox) if draft.all_files else []
        files = missing(draft.all_files, there)
    else:
        client.graph.limits.recipient(mail.mailbox)
        path = f"{user(mail.mailbox)}/messages"
        made = client.do("POST", path, mailbox=mail.mailbox, content=draft.message)
        item, files = _message(mail.mailbox, str(made["id"])), draft.files
    for file in files:
        attach(client, item, file, mailbox=mail.mailbox)
    return _send(client, item, mail.mailbox)


def draft_of(mail: Parcel) -> Draft:
    """The mail's MIME in Graph's words. Graph makes the text form from the HTML by itself."""
    message = email.message_from_bytes(mail.payload, policy=default)
    assert isinstance(message, EmailMessage)
    files = tuple(
        OrderFile(name=part.get_filename() or "file", mime_type=part.get_content_type(), data=_bytes_of(part))
        for part in message.iter_attachments()
    )
    bare = {
        "internetMessageId": mail.message_id,
        "subject": str(message.get("Subject", "")),
        "body": _body(message),
        "from": _recipient(mail.mailbox, _name(message, "From")),
        "toRecipients": [_recipient(mail.address, _name(message, "To"))],
        "replyTo": [_recipient(each.addr_spec, each.display_name) for each in _addresses(message, "Reply-To")],
        "internetMessageHeaders": _headers(message, custom=True),
        PROPERTIES: stated(order=mail.message_id)
        + [mail_header(each["name"], each["value"]) for each in _headers(message, custom=False)],
    }
    bare = {name: value for name, value in bare.items() if value}
    whole = bare | {"attachments": [file_attachment(file) for file in files]} if files else bare
    if sum(len(file.data) for file in files) < LARGEST_REQUEST and len(json.dumps(whole)) < LARGEST_REQUEST:
        return Draft(message=whole, files=(), all_files=files)
    return Draft(message=bare, files=files, all_files=files)


def _look_up(client: Client, mail: Parcel) -> Sequence[Mapping[str, Any]]:
    """The mail in whatever folder: by its Message-ID, or, where the server has given it another, by our property."""
    for asked in (f"internetMessageId eq {literal(mail.message_id)}", having(ORDER, mail.message_id)):
        query = {"$filter": asked, "$select": "id,isDraft"}
        found = client.do("GET", f"{user(mail.mailbox)}/messages", mailbox=mail.mailbox, query=query)["value"]
        if found:
            return list(found)
    return ()


def _send(client: Client, item: str, mailbox: str) -> Receipt:
    answer = client.ask("POST", f"{item}/send", mailbox=mailbox, visible=True)
    if answer.ok:
        return Receipt(reply=f"{answer.status} accepted")
    if answer.status == 404 and not answer.mailbox_is_absent:
        raise UnknownDeliveryError(f"the draft is gone, perhaps sent: {answer.said}")
    raise judged(answer, visible=True, now=client.graph.clock.now())


def _message(mailbox: str, id_: str) -> str:
    return f"{user(mailbox)}/messages/{quote(id_, safe='')}"


def _body(message: EmailMessage) -> dict[str, str]:
    part = message.get_body(preferencelist=("html", "plain"))
    if part is None:
        return {"contentType": "text", "content": ""}
    kind = "html" if part.get_content_subtype() == "html" else "text"
    return {"contentType": kind, "content": str(part.get_content())}


def _bytes_of(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _recipient(address: str, name: str) -> dict[str, Any]:
    return {"emailAddress": {"address": address} | ({"name": name} if name else {})}


def _addresses(message: EmailMessage, header: str) -> Sequence[Address]:
    found = message[header]
    return () if found is None else tuple(found.addresses)


def _name(message: EmailMessage, header: str) -> str:
    return next((each.display_name for each in _addresses(message, header)), "")


def _headers(message: EmailMessage, *, custom: bool) -> list[dict[str, str]]:
    """Headers that say what kind of mail it is: custom ones, or those that standards define."""
    names = ("X-Auto-Response-Suppress",) if custom else ("Auto-Submitted", "Content-Language")
    return [{"name": name, "value": str(message[name])} for name in names if message[name] is not None]
