"""The bytes of a mail, in the shape that Outlook looks for (MS-STANOICAL; RFC 6047)."""

import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from talkcycle.rendering.headers import file_name_parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of a mail. *mime_type*: without parameters."""

    name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPart:
    """The calendar part and its METHOD; *file_name* is of its copy, which some programs want as a file."""

    method: str
    data: bytes
    file_name: str


def mime_message(
    headers: Sequence[bytes],
    *,
    text: str,
    html: str,
    calendar: CalendarPart | None,
    files: Sequence[File],
    boundary: str,
) -> bytes:
    """A whole message with CRLF line ends, every line below 998 octets.

    Args:
        headers: Finished header lines, MIME's own excepted.
        boundary: Unique to the message, ASCII. It is put behind ``=_``, which occurs neither in base64 nor in
            quoted-printable.
    """
    alternatives = [_text_part("plain", text), _text_part("html", html)]
    if calendar is not None:
        alternatives.append(_calendar_part(calendar))
    body = _multipart("alternative", alternatives, f"=_alternative_{boundary}")
    parts = [_file_part(file) for file in files]
    if calendar is not None:
        parts.append(_file_part(File(name=calendar.file_name, mime_type="application/ics", data=calendar.data)))
    if parts:
        body = _multipart("mixed", [body, *parts], f"=_mixed_{boundary}")
    return b"".join([*headers, b"MIME-Version: 1.0\r\n", body])


def _multipart(subtype: str, parts: Sequence[bytes], boundary: str) -> bytes:
    mark = boundary.encode("ascii")
    head = b'Content-Type: multipart/%b;\r\n boundary="%b"\r\n\r\n' % (subtype.encode("ascii"), mark)
    return head + b"".join(b"--%b\r\n%b\r\n" % (mark, part) for part in parts) + b"--%b--\r\n" % mark


def _text_part(subtype: str, text: str) -> bytes:
    lines = "\r\n".join(text.splitlines()) + "\r\n"
    return (
        b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        % subtype.encode("ascii")
    ) + binascii.b2a_qp(lines.encode(), istext=True)


def _calendar_part(calendar: CalendarPart) -> bytes:
    """Base64, so that nobody on the way touches line ends; no disposition, or Outlook takes it for a file."""
    return (
        b"Content-Type: text/calendar; method=%b; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        % calendar.method.encode("ascii")
    ) + _base64(calendar.data)


def _file_part(file: File) -> bytes:
    head = (
        f"Content-Type: {file.mime_type}{file_name_parameter('name', file.name)}\r\n"
        f"Content-Disposition: attachment{file_name_parameter('filename', file.name)}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return head.encode("ascii") + _base64(file.data)


def _base64(data: bytes) -> bytes:
    encoded = binascii.b2a_base64(data, newline=False)
    return b"\r\n".join([encoded[start : start + 76] for start in range(0, len(encoded), 76)]) + b"\r\n"
