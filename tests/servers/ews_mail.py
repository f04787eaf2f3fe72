"""Messages as Exchange reads and writes them."""

import base64
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import getaddresses, make_msgid

from lxml.etree import _Element

from servers.ews_calendar import body_element, files_element
from servers.ews_shapes import EXTENDED, Sheet, mailbox_element, properties_in
from servers.ews_soap import PREFIXES, flag, refuse, t, text_of
from servers.ews_visit import item_id
from servers.organisation import Mail, Mailbox, Organisation, StoredFile

KINDS = ("ToRecipients", "CcRecipients", "BccRecipients")


def parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(mail.mime, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _text(mail: Mail) -> _Element:
    part = parsed(mail).get_body(("html", "plain"))
    return body_element(part.get_content() if part is not None else "")


def _recipients(mail: Mail) -> _Element | None:
    listed = [mailbox_element(address, "") for address in mail.recipients]
    return t("ToRecipients", *listed) if listed else None


def _sender(tag: str) -> Callable[[Mail, Mailbox], _Element]:
    def write(mail: Mail, mailbox: Mailbox) -> _Element:
        name, address = getaddresses([str(parsed(mail)["From"] or mailbox.address)])[0]
        return t(tag, mailbox_element(address, name))

    return write


_fields: Mapping[str, Callable[[Mail, Mailbox], _Element | None]] = {
    "item:MimeContent": lambda mail, _: t("MimeContent", base64.b64encode(mail.mime).decode(), CharacterSet="UTF-8"),
    "item:ItemId": lambda mail, _: item_id(mail),
    "item:ItemClass": lambda _mail, _: t("ItemClass", "IPM.Note"),
    "item:Subject": lambda mail, _: t("Subject", str(parsed(mail)["Subject"] or "")),
    "item:Sensitivity": lambda _mail, _: t("Sensitivity", "Normal"),
    "item:Body": lambda mail, _: _text(mail),
    "item:Attachments": lambda mail, _: files_element(mail.files),
    "item:IsDraft": lambda mail, _: t("IsDraft", flag(mail.draft)),
    "item:HasAttachments": lambda mail, _: t("HasAttachments", flag(bool(mail.files))),
    EXTENDED: lambda _mail, _: None,
    "message:Sender": _sender("Sender"),
    "message:ToRecipients": lambda mail, _: _recipients(mail),
    "message:From": _sender("From"),
    "message:InternetMessageId": lambda mail, _: t("InternetMessageId", mail.message_id),
    "message:IsRead": lambda _mail, _: t("IsRead", "false"),
}
SHEET: Sheet[Mail] = Sheet(
    tag="Message",
    fields=_fields,
    default=frozenset(_fields) - {"item:MimeContent", "item:ItemClass", "item:IsDraft", "message:InternetMessageId"},
    single=frozenset({"item:MimeContent", "item:Body", "item:Attachments", "message:ToRecipients"}),
)


def draft_of(element: _Element, mailbox: Mailbox, organisation: Organisation) -> Mail:
    """What a Message in a request describes, in MIME or by its fields. Raises Refusal."""
    content = text_of(element, "t:MimeContent")
    mime = base64.b64decode(content) if content is not None else _composed(element, mailbox)
    message = message_from_bytes(mime, policy=default)
    assert isinstance(message, EmailMessage)
    _check_sender(message, mailbox)
    named = [each for kind in KINDS for each in recipients_in(element, kind)]
    headers = [str(message[name] or "") for name in ("To", "Cc", "Bcc")]
    files = [_file(part, organisation) for part in message.iter_attachments() if part.get_filename()]
    return Mail(
        id=organisation.new_id(),
        message_id=str(message["Message-ID"] or make_msgid(domain="exchange.invalid")).strip(),
        mime=mime,
        draft=True,
        properties=properties_in(element),
        files=files + files_in(element, organisation),
        recipients=tuple(named) or tuple(address for _, address in getaddresses(headers) if address),
    )


def recipients_in(element: _Element, kind: str) -> list[str]:
    return [text_of(each, "t:EmailAddress") or "" for each in element.iterfind(f"t:{kind}/t:Mailbox", PREFIXES)]


def files_in(element: _Element, organisation: Organisation) -> list[StoredFile]:
    """The contents of FileAttachments beneath *element*."""
    return [
        StoredFile(
            id=organisation.new_id(),
            name=text_of(each, "t:Name") or "",
            mime_type=text_of(each, "t:ContentType") or "application/octet-stream",
            data=base64.b64decode(text_of(each, "t:Content") or ""),
        )
        for each in element.iterfind("{*}Attachments/t:FileAttachment", PREFIXES)
    ]


def _file(part: EmailMessage, organisation: Organisation) -> StoredFile:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    name = part.get_filename() or ""
    return StoredFile(id=organisation.new_id(), name=name, mime_type=part.get_content_type(), data=data)


def _check_sender(message: EmailMessage, mailbox: Mailbox) -> None:
    sender = getaddresses([str(message["From"] or mailbox.address)])[0][1]
    if sender.casefold() != mailbox.address.casefold():
        text = "The user account which was used to submit this request does not have the right to send mail as that."
        raise refuse("ErrorSendAsDenied", text)


def _composed(element: _Element, mailbox: Mailbox) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = text_of(element, "t:From/t:Mailbox/t:EmailAddress") or mailbox.address
    message["To"] = ", ".join(recipients_in(element, "ToRecipients"))
    message["Subject"] = text_of(element, "t:Subject") or ""
    message["Message-ID"] = text_of(element, "t:InternetMessageId") or make_msgid(domain="exchange.invalid")
    body = element.find("t:Body", PREFIXES)
    html = body is not None and body.get("BodyType") == "HTML"
    message.set_content(text_of(element, "t:Body") or "", subtype="html" if html else "plain")
    return bytes(message)
