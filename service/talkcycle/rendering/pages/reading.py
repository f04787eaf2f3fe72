"""Read a mail as a recipient's program would: what it shows, and what comes with it. For mails of our own making."""

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import collapse_rfc2231_value, parseaddr
from html import unescape

DECODERS: Mapping[str, Callable[[bytes], bytes]] = {"base64": a2b_base64, "quoted-printable": a2b_qp}
SHOWN = ("From", "To", "Reply-To", "Subject", "Date")
ADDRESSES = frozenset({"From", "To", "Reply-To"})
CALENDAR = "text/calendar"
PREHEADER = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)
_HEADERS = BytesHeaderParser(policy=compat32)


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
    """Take *content* apart: CRLF line ends, every boundary unlike anything else in it.

    The standard parser looks at each line of each attachment; that would be a tenth of a rehearsal's time. Here it
    reads the headers alone.
    """
    headers, _ = _headers_and_body(content)
    bodies: dict[str, bytes] = {}
    files: list[MailFile] = []
    for part, body in _leaves(content):
        data = DECODERS[str(part["Content-Transfer-Encoding"]).lower()](body)
        if part.get_content_disposition() == "attachment":
            files.append(MailFile(name=_file_name(part), mime_type=part.get_content_type(), data=data))
        else:
            bodies[part.get_content_type()] = data
    return ReadMail(
        headers={name: _readable(name, str(headers[name])) for name in SHOWN if name in headers},
        message_id=str(headers["Message-ID"]).strip(),
        text=bodies.get("text/plain", b"").decode(),
        html=bodies.get("text/html", b"").decode(),
        calendar=bodies.get(CALENDAR),
        files=tuple(files),
    )


def _leaves(content: bytes) -> Iterator[tuple[Message, bytes]]:
    headers, body = _headers_and_body(content)
    boundary = headers.get_boundary()
    if boundary is None:
        yield headers, body
        return
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        yield from _leaves(part.removeprefix(b"\r\n"))


def _headers_and_body(content: bytes) -> tuple[Message, bytes]:
    head, _, body = content.partition(b"\r\n\r\n")
    return _HEADERS.parsebytes(head, headersonly=True), body


def _readable(name: str, value: str) -> str:
    """Without folds, encoded words, and the quotes around a name."""
    if name in ADDRESSES:
        shown, address = parseaddr(" ".join(value.split()))
        return f"{make_header(decode_header(shown))} <{address}>"
    return str(make_header(decode_header(" ".join(value.split()))))


def _file_name(part: Message) -> str:
    name = part.get_param("filename", None, "content-disposition")
    return collapse_rfc2231_value(name) if name else "file"
