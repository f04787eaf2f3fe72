"""What a mail may cost before it is parsed at all. Measured: the email package takes seconds over some that are small."""

import re
from collections.abc import Iterator
from email.message import Message

LARGEST = 5_000_000
MOST_PARTS = 100
DEEPEST = 10
LONGEST_HEADERS = 256_000
LONGEST_FIELD = 8_000
"""Bytes of one field that says how a part is made: 20,000 parameters of Content-Type cost the parser 18 s."""

_FIELD = re.compile(rb"^content-[a-z-]+[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_BOUNDARY = re.compile(rb"boundary[^=;\n]{0,20}=\s*\"?([^\"\s;]{1,200})", re.IGNORECASE)


class TooCostly(Exception):
    """The mail is made so that reading it costs more than any mail should. The text is ours, nothing of the mail."""


def check_cost(raw: bytes) -> None:
    """Look at *raw* before it is parsed, in time that grows with its length alone.

    Raises:
        TooCostly: Parsing it could take long.
    """
    if len(raw) > LARGEST:
        raise TooCostly(f"it is larger than {LARGEST // 1_000_000} MB")
    text = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if len(text.partition(b"\n\n")[0]) > LONGEST_HEADERS:
        raise TooCostly("its headers are longer than those of any mail")
    boundaries, nested = set(), 0
    for field in _FIELD.finditer(text):
        if len(field[0]) > LONGEST_FIELD:
            raise TooCostly("one of its headers is longer than any needs to be")
        boundaries.update(_BOUNDARY.findall(field[0]))
        nested += b"message/" in field[0].lower()
        if len(boundaries) + nested > MOST_PARTS:
            raise TooCostly(f"it has more than {MOST_PARTS} parts")
    if boundaries and _lines_beginning(text, boundaries) > 2 * MOST_PARTS:
        raise TooCostly(f"it has more than {MOST_PARTS} parts")


def parts(message: Message) -> Iterator[Message]:
    """Every part that holds something, in order. A mail that the mail carries is one part.

    Raises:
        TooCostly: There are more than a mail may have, or they lie too deep.
    """
    waiting: list[tuple[Message, int]] = [(message, 1)]
    count = 0
    while waiting:
        part, depth = waiting.pop()
        count += 1
        if count > MOST_PARTS:
            raise TooCostly(f"it has more than {MOST_PARTS} parts")
        if depth > DEEPEST:
            raise TooCostly("its parts lie inside each other deeper than in any mail")
        carried = part.get_payload()
        if not isinstance(carried, list) or part.get_content_maintype() == "message":
            yield part
        else:
            waiting.extend((each, depth + 1) for each in reversed(carried) if isinstance(each, Message))


def _lines_beginning(text: bytes, boundaries: set[bytes]) -> int:
    beginning = re.compile(rb"^--(?:" + b"|".join(map(re.escape, boundaries)) + b")", re.MULTILINE)
    count = 0
    for _ in beginning.finditer(text):
        count += 1
        if count > 2 * MOST_PARTS:
            break
    return count
