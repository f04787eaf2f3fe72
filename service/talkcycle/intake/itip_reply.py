"""Calendar parts that answer a meeting (RFC 5546), as the programs in use write them. Pure.

Exchange and Outlook leave ORGANIZER out, Outlook keeps a meeting's own time in X-MS-OLK-ORIGINALSTART when it proposes
another, Apple names attendees by EMAIL beside an address that is none, some write no METHOD in the body or no ``method=``
in the header. None of it repeats: recurrences are not looked at.
"""

import re
from codecs import lookup
from collections.abc import Iterator
from datetime import UTC, datetime

from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.mails import AttendeeAnswer, ItipReply, Method
from talkcycle.intake.ical_lines import COMPONENTS, PARAMETER, Component, Property, Unreadable, components_of
from talkcycle.intake.ical_moments import duration_of, moment_of
from talkcycle.intake.ical_recurrence import Budget
from talkcycle.intake.ical_zones import Zones

LARGEST = 256_000
MOST_ATTENDEES = 200
MOST_EVENTS = 10
YEARS = range(2000, 2200)
"""What lies outside is no time of a talk, and near the ends of the calendar arithmetic fails."""
NAMES = (b"BEGIN", b"END", b"METHOD", b"UID", b"SEQUENCE", b"DTSTAMP", b"DTSTART", b"DTEND", b"DURATION", b"ATTENDEE")
OUTLOOKS_START = b"X-MS-OLK-ORIGINALSTART"
OF_ZONES = (b"TZID", b"TZOFFSETFROM", b"TZOFFSETTO", b"RRULE", b"RDATE")
LINE = re.compile(rb"\n(" + b"|".join((*NAMES, OUTLOOKS_START, *OF_ZONES)) + rb")(?=[;:]).*(?:\n[ \t].*)*", re.IGNORECASE)
KINDS = COMPONENTS | {b"VCALENDAR"}
ANSWERS = {"ACCEPTED": Answer.ACCEPTED, "TENTATIVE": Answer.TENTATIVE, "DECLINED": Answer.DECLINED}
UNQUOTED_COLON = re.compile(r'((?:[^":]|"[^"]*")*):(.*)', re.DOTALL)
WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7"})
NARROW = frozenset({"iso8859-1", "iso8859-15", "iso8859-2", "cp1252", "cp1250", "cp1251", "koi8-r"})
"""Charsets that have to be read as such; in all others what counts here is ASCII, or they are UTF-8."""


def replies_of(data: bytes, *, charset: str | None = None, method: str | None = None) -> tuple[ItipReply, ...]:
    """What the calendar part *data* answers; nothing where it is another method, such as a request, or none.

    Args:
        data: Decoded; at most ``LARGEST`` bytes.
        charset, method: As the part's header says.

    Raises:
        Unreadable: It is broken, or larger than an answer is.
    """
    if len(data) > LARGEST:
        raise Unreadable(0, "", "It is larger than any answer.")
    components = components_of(_as_utf8(data, charset), line=LINE, kinds=KINDS)
    found = _method(components, method)
    if found is None:
        return ()
    events = [each for each in components if each.name == "VEVENT"][:MOST_EVENTS]
    if not events:
        raise Unreadable(0, "VEVENT", "It answers nothing.")
    definitions = [each for each in components if each.name == "VTIMEZONE"]
    return tuple(dict.fromkeys(_reply(event, found, definitions) for event in events))


def seems_to_answer(data: bytes, method: str | None) -> bool:
    """Whether a part that cannot be read was probably an answer."""
    said = re.search(rb"METHOD\s*:\s*(\w+)", data[:LARGEST], re.IGNORECASE)
    name = said[1].decode("ascii", "replace") if said else method or ""
    return _named(name) in {Method.REPLY, Method.COUNTER}


def _as_utf8(data: bytes, charset: str | None) -> bytes:
    if charset is None or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data
    try:
        name = lookup(charset.strip("\"' ")).name
    except (LookupError, ValueError):
        return data
    return data.decode(name, errors="replace").encode() if name in WIDE | NARROW else data


def _method(components: list[Component], header: str | None) -> Method | None:
    """The body's word counts before the header's."""
    for each in components:
        if each.name == "VCALENDAR" and (said := each.text("METHOD")):
            return _named(said)
    return _named(header or "")


def _named(name: str) -> Method | None:
    try:
        return Method(name.strip().lower())
    except ValueError:
        return None


def _reply(event: Component, method: Method, definitions: list[Component]) -> ItipReply:
    uid, sequence = event.first("UID"), event.text("SEQUENCE")
    if uid is None or not uid.value.strip():
        raise Unreadable(event.line, "UID", "It does not say which meeting it answers.")
    zones = _zones(event, definitions)
    start = _moment(event, "DTSTART", zones)
    counter = method is Method.COUNTER
    proposed = (start, _end(event, start, zones)) if counter and start is not None else None
    stamp = _moment(event, "DTSTAMP", zones)
    return ItipReply(
        method=method,
        uid=uid.value.strip(),
        sequence=int(sequence) if sequence.isascii() and sequence.isdecimal() and len(sequence) < 10 else 0,
        made_at=stamp.replace(tzinfo=UTC) if stamp is not None and stamp.tzinfo is None else stamp,
        attendees=tuple(_attendees(event)),
        about=_moment(event, OUTLOOKS_START.decode(), zones) if counter else start,
        proposed=proposed,
    )


def _zones(event: Component, definitions: list[Component]) -> Zones:
    """Time zones that the calendar defines are worked out for the year of the event and those beside it."""
    start = _times(event, "DTSTART")
    written = start.value.strip()[:4] if start is not None else ""
    year = int(written) if written.isascii() and written.isdecimal() else 0
    year = year if year in YEARS else YEARS[0]
    return Zones("UTC", definitions, datetime(year - 2, 1, 1), datetime(year + 2, 1, 1), Budget())  # noqa: DTZ001  # local


def _moment(event: Component, name: str, zones: Zones) -> datetime | None:
    """UTC, or naive where it floats; None when it is not there, a whole day, or in a zone nobody knows."""
    found = _times(event, name)
    if found is None:
        return None
    try:
        moment = moment_of(found, zones)
        floats = "TZID" not in found.parameters and not found.value.strip().upper().endswith("Z")
        instant = moment.local if floats else moment.utc
    except (Unreadable, ArithmeticError, ValueError):
        return None
    return instant if instant.year in YEARS and not moment.whole_day else None


def _end(event: Component, start: datetime, zones: Zones) -> datetime | None:
    end = _moment(event, "DTEND", zones)
    if end is not None:
        return end if (end.tzinfo is None) == (start.tzinfo is None) else None
    lasts = event.first("DURATION")
    if lasts is None:
        return None
    try:
        length = duration_of(lasts)
    except Unreadable:
        return None
    return start + length.exact if length.days == 0 and length.exact.days < 1 else None


def _times(event: Component, name: str) -> Property | None:
    """Zones' names may hold a colon and stand unquoted; times hold none."""
    lines = event.lines.get(name)
    if not lines:
        return None
    head, _, value = lines[0][1].decode(errors="replace").rpartition(":")
    return Property(lines[0][0], name, _parameters(head), value)


def _attendees(event: Component) -> Iterator[AttendeeAnswer]:
    for _, raw in event.lines.get("ATTENDEE", ())[:MOST_ATTENDEES]:
        line = raw.decode(errors="replace")
        split = UNQUOTED_COLON.fullmatch(line)
        head, value = split.groups() if split else line.rpartition(":")[::2]
        parameters = _parameters(head)
        address = _address(value) or _address(parameters.get("EMAIL", ""))
        if address is not None:
            answer = ANSWERS.get(parameters.get("PARTSTAT", "").strip().upper(), Answer.NONE)
            yield AttendeeAnswer(address=address, answer=answer)


def _address(value: str) -> str | None:
    text = value.strip().strip('"')
    text = text[7:].strip() if text[:7].casefold() == "mailto:" else text
    return text if text.count("@") == 1 and len(text) < 321 and not re.search(r"[\s:/<>]", text) else None


def _parameters(head: str) -> dict[str, str]:
    return {key.upper(): value.strip('"') for key, value in PARAMETER.findall(head)}
