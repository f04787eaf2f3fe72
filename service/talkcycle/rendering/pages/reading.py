"""Read a mail as a recipient's program would: what it shows, and what comes with it. For mails of our own making."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import collapse_rfc2231_value, parseaddr
from html import unescape

ADDRESSES = frozenset({"From", "To", "Reply-To"})
CALENDAR = "text/calendar"
PREHEADER = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """An attachment. *mime_type*: without parameters."""

    name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """A received mail in its parts.

    Attributes:
        headers: From, To, Reply-To, Subject and Date as a person reads them, those that are there.
        calendar: The calendar part that mail programs act on; None for a plain mail.
        files: Attachments in the order of the mail.
    """

    headers: dict[str, str]
    message_id: str
    text: str
    html: str
    calendar: bytes | None
    files: tuple[MailFile, ...]

    @property
    def subject(self) -> str:
        return self.headers.get("Subject", "")

    @property
    def preheader(self) -> str:
        """What an inbox shows behind the subject."""
        found = PREHEADER.search(self.html)
        return unescape(found[1]).strip() if found else ""


def read_mail(content: bytes) -> ReadMail:
    """Take *content* apart. ``compat32`` reads three times as fast as the modern policy, and thousands are read."""
    message: Message = message_from_bytes(content, policy=compat32)
    bodies: dict[str, bytes] = {}
    files: list[MailFile] = []
    for part in _leaves(message):
        data = part.get_payload(decode=True)
        assert isinstance(data, bytes)
        if part.get_content_disposition() == "attachment":
            files.append(MailFile(name=_file_name(part), mime_type=part.get_content_type(), data=data))
        else:
            bodies[part.get_content_type()] = data
    return ReadMail(
        headers={
            name: _readable(name, str(message[name]))
            for name in ("From", "To", "Reply-To", "Subject", "Date")
            if name in message
        },
        message_id=str(message["Message-ID"]).strip(),
        text=bodies.get("text/plain", b"").decode(),
        html=bodies.get("text/html", b"").decode(),
        calendar=bodies.get(CALENDAR),
        files=tuple(files),
    )


def _readable(name: str, value: str) -> str:
    """Without folds, encoded words, and the quotes around a name."""
    if name in ADDRESSES:
        shown, address = parseaddr(" ".join(value.split()))
        return f"{make_header(decode_header(shown))} <{address}>"
    return str(make_header(decode_header(" ".join(value.split()))))


def _leaves(message: Message) -> Iterator[Message]:
    return (part for part in message.walk() if not part.is_multipart())


def _file_name(part: Message) -> str:
    name = part.get_param("filename", None, "content-disposition")
    return collapse_rfc2231_value(name) if name else "file"
