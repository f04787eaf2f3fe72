"""Mail headers, written so that every release of Python makes the same bytes.

The email package folds the same header differently from one patch release to the next, and loses spaces between
encoded words in some; it judges the result in the tests.
"""

import re
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from urllib.parse import quote

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\- ]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LONGEST = 998


def text_header(name: str, value: str) -> bytes:
    """An unstructured header such as Subject. ValueError for control characters, CR and LF among them."""
    _refuse_control(value, name)
    if value.isascii() and "=?" not in value and len(value) < _LONGEST - len(name) - 4:
        return _line(name, _fold(name, value))
    return _line(name, Header(value, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n"))


def address_header(name: str, display: str, address: str) -> bytes:
    """From, To or Reply-To with one address. ValueError for control characters, CR and LF among them."""
    _refuse_control(display, name)
    _refuse_control(address, name)
    if re.search(r"[\s<>,;()]", address):
        raise ValueError(f"not an address for {name}")
    if not display.strip():
        return _line(name, f"<{address}>")
    return _line(name, f"{_phrase(name, display)}\r\n <{address}>")


def date_header(instant: datetime) -> bytes:
    """Date. *instant*: aware."""
    return _line("Date", format_datetime(instant))


def plain_header(name: str, value: str) -> bytes:
    """A header whose value is ours: short, ASCII."""
    return _line(name, value)


def file_name_parameter(parameter: str, file_name: str) -> str:
    """A parameter with a file's name (RFC 2231), on a line of its own."""
    _refuse_control(file_name, parameter)
    if file_name.isascii() and not re.search(r'["\\]', file_name):
        return f';\r\n {parameter}="{file_name}"'
    return f";\r\n {parameter}*=utf-8''{quote(file_name, safe='')}"


def envelope_address(address: str) -> str:
    """*address* with its domain in ASCII; a local part beyond ASCII stays, and needs SMTPUTF8.

    Raises:
        ValueError: The domain cannot be told in ASCII without becoming another one ("ß" is not "ss").
    """
    local_part, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    ascii_domain = domain.encode("idna").decode("ascii")
    if ascii_domain.encode("ascii").decode("idna") != domain.lower():
        raise ValueError("a domain has letters that mail cannot carry")
    return f"{local_part}@{ascii_domain}"


def _phrase(name: str, display: str) -> str:
    if display.isascii() and "=?" not in display:
        if _ATOMS.fullmatch(display) and display == " ".join(display.split()):
            return display
        escaped = display.replace("\\", "\\\\").replace('"', '\\"')
        if len(escaped) < _LONGEST - len(name) - 8:
            return f'"{escaped}"'
    return Header(display, "utf-8", maxlinelen=75, header_name=name).encode(linesep="\r\n")


def _fold(name: str, value: str) -> str:
    """Break a long ASCII value before a blank, where one stands alone."""
    lines, line = [], f"{name}: "
    for word in re.split(r"(?<=\S)(?= \S)", value):
        if len(line) + len(word) > 78 and line.strip():
            lines.append(line)
            line = ""
        line += word
    return "\r\n".join([*lines, line])[len(name) + 2 :]


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()


def _refuse_control(value: str, where: str) -> None:
    if _CONTROL.search(value):
        raise ValueError(f"a control character in {where}")
