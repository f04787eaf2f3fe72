"""The lines of an iCalendar file that say when somebody is busy; every other line is passed over unread."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from talkcycle.intake.unusable import Unusable, quoted

COMPONENTS = frozenset({b"VEVENT", b"VFREEBUSY", b"VTIMEZONE", b"STANDARD", b"DAYLIGHT"})
TEXTS = frozenset({b"UID", b"TZID", b"STATUS", b"TRANSP", b"SEQUENCE", b"X-MICROSOFT-CDO-BUSYSTATUS"})
TIMES = frozenset({b"DTSTART", b"DTEND", b"DURATION", b"RRULE", b"RDATE", b"EXDATE", b"RECURRENCE-ID", b"FREEBUSY"})
OFFSETS = frozenset({b"TZOFFSETFROM", b"TZOFFSETTO"})
STRUCTURE = frozenset({b"BEGIN", b"END"})
LINE = re.compile(
    rb"\n(" + b"|".join(sorted(TEXTS | TIMES | OFFSETS | STRUCTURE)) + rb")(?=[;:]).*(?:\n[ \t].*)*", re.IGNORECASE
)
FOLD = re.compile(rb"\n[ \t]")

DEEPEST = 8
MOST_COMPONENTS = 50_000
PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;]*)')

EXPORT_AGAIN = "Export or publish the calendar again."


class Unreadable(Unusable):
    """A calendar that cannot be read at *line* (one-based, 0: as a whole), in the property *place*."""

    def __init__(self, line: int, place: str, problem: str, mend: str = EXPORT_AGAIN) -> None:
        super().__init__(problem, mend)
        self.line = line
        self.place = place


@dataclass(frozen=True, slots=True)
class Property:
    """One line: parameters by their names in capitals, without quotes."""

    line: int
    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass(slots=True)
class Component:
    """An event, a list of busy times, or a time zone with its observances; what is inside an event is left out."""

    line: int
    name: str
    lines: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    parts: "list[Component]" = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        found = self.lines.get(name)
        return _property(*found[0], name) if found else None

    def all(self, name: str) -> list[Property]:
        return [_property(*each, name) for each in self.lines.get(name, ())]

    def ending(self, name: str) -> bytes:
        """What the line's last part is, empty when there is none."""
        found = self.lines.get(name)
        return found[0][1].rpartition(b":")[2].strip() if found else b""

    def text(self, name: str) -> str:
        """The value in capitals, empty when there is none."""
        found = self.first(name)
        return found.value.strip().upper() if found else ""


def components_of(
    data: bytes, *, line: re.Pattern[bytes] = LINE, kinds: AbstractSet[bytes] = COMPONENTS
) -> list[Component]:
    """Events, lists of busy times and time zones of every calendar in *data*, in their order.

    Args:
        line: Finds the lines that are read. *kinds*: the components they are read from.

    Raises:
        Unreadable: Not a whole iCalendar file, or larger than a calendar is.
    """
    text = b"\n" + _as_utf8(data).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    _check_start(text)
    found: list[Component] = []
    open_: list[tuple[bytes, Component | None]] = []
    count = 0
    for number, name, raw in _content_lines(text, line):
        if name == b"BEGIN":
            count += 1
            kind = raw.partition(b":")[2].strip().upper()
            _check_begin(number, kind, depth=len(open_), count=count)
            open_.append((kind, _opened(number, kind, open_[-1][1] if open_ else None, found, kinds)))
        elif name == b"END":
            kind = raw.partition(b":")[2].strip().upper()
            if not open_ or open_.pop()[0] != kind:
                raise Unreadable(number, "END", "This ends something that was not begun.")
        elif open_ and (inside := open_[-1][1]) is not None:
            inside.lines.setdefault(name.decode(), []).append((number, raw))
    if open_:
        raise Unreadable(0, "", "The file breaks off before its calendar ends, so busy times may be missing.")
    return found


def _content_lines(text: bytes, line: re.Pattern[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """Line number, name in capitals, and the whole line, unfolded; only of what is read."""
    number, counted = 0, 0
    for match in line.finditer(text):
        number += text.count(b"\n", counted, match.start() + 1)
        counted = match.start() + 1
        raw = match[0][1:]
        yield number, match[1].upper(), FOLD.sub(b"", raw) if b"\n" in raw else raw


def _check_start(text: bytes) -> None:
    start = text.lstrip()[:60]
    if not start:
        raise Unreadable(0, "", "The file is empty.", "A calendar without events still has a BEGIN:VCALENDAR line.")
    if not start.upper().startswith(b"BEGIN:VCALENDAR"):
        raise _not_a_calendar(1, start)


def _as_utf8(data: bytes) -> bytes:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace").encode()
    return data.removeprefix(BOM_UTF8)


def _check_begin(line: int, kind: bytes, *, depth: int, count: int) -> None:
    if depth == 0 and kind != b"VCALENDAR":
        raise _not_a_calendar(line, kind)
    if depth >= DEEPEST:
        raise Unreadable(line, "BEGIN", "Parts lie inside each other deeper than in any calendar.")
    if count > MOST_COMPONENTS:
        raise Unreadable(
            line, "", f"The calendar has more than {MOST_COMPONENTS:,} entries.", "Export fewer months of it."
        )


def _opened(
    line: int, kind: bytes, around: Component | None, found: list[Component], kinds: AbstractSet[bytes]
) -> Component | None:
    if kind not in kinds:
        return None
    each = Component(line, kind.decode())
    if kind in {b"STANDARD", b"DAYLIGHT"}:
        if around is None:
            return None
        around.parts.append(each)
    else:
        found.append(each)
    return each


def _property(line: int, raw: bytes, name: str) -> Property:
    """Times hold no colon, so that a zone's name which does may stand unquoted before them."""
    text = raw.decode(errors="replace")
    head, _, value = text.rpartition(":") if name.encode() in TIMES else text.partition(":")
    parameters = {key.upper(): value.strip('"') for key, value in PARAMETER.findall(head)} if ";" in head else {}
    return Property(line, name, parameters, value)


def _not_a_calendar(line: int, raw: bytes) -> Unreadable:
    start = raw.lstrip()[:20].decode(errors="replace")
    if start.startswith("<"):
        return Unreadable(
            line, "", "This is a web page, not a calendar.", "Use the link that ends in .ics, and no page to log in."
        )
    problem = f"This is no iCalendar file: it begins with {quoted(start)}."
    return Unreadable(line, "", problem, "It has to begin with BEGIN:VCALENDAR.")
