"""The events of a calendar: what kind of busy each is, when, and for how long."""

from dataclasses import dataclass

from talkcycle.domain.busy import BusyKind
from talkcycle.intake.ical_lines import Component, Property
from talkcycle.intake.ical_moments import Length, Moment, length_of, moment_of
from talkcycle.intake.ical_zones import Zones

OUTLOOK = {
    "FREE": None,
    "TENTATIVE": BusyKind.TENTATIVE,
    "BUSY": BusyKind.BUSY,
    "OOF": BusyKind.AWAY,
    "WORKINGELSEWHERE": BusyKind.ELSEWHERE,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event, or one that repeats, or what became of one occurrence (*of*) of the latter.

    Attributes:
        kind: None: it keeps nobody busy.
        onwards: It replaces every occurrence from *of* on.
    """

    start_line: Property
    uid: str
    kind: BusyKind | None
    start: Moment
    length: Length
    of: Moment | None
    onwards: bool
    sequence: int
    rules: list[Property]
    more: list[Property]
    less: list[Property]


def event_of(component: Component, zones: Zones, start_line: Property) -> Event:
    """Read an event; *start_line*: its DTSTART.

    Raises:
        Unreadable: Its times cannot be read.
    """
    start = moment_of(start_line, zones)
    uid, of = component.first("UID"), component.first("RECURRENCE-ID")
    sequence = component.text("SEQUENCE")
    return Event(
        start_line=start_line,
        uid=uid.value.strip() if uid else f"line {component.line}",
        kind=kind_of(component),
        start=start,
        length=length_of(component, start, zones),
        of=moment_of(of, zones) if of else None,
        onwards=of is not None and of.parameters.get("RANGE", "").upper() == "THISANDFUTURE",
        sequence=int(sequence) if sequence.isdecimal() and len(sequence) < 10 else 0,
        rules=component.all("RRULE"),
        more=component.all("RDATE"),
        less=component.all("EXDATE"),
    )


def kind_of(component: Component) -> BusyKind | None:
    """What Outlook says, else what the standard's properties say; an event without any keeps one busy."""
    status = component.text("STATUS")
    if status == "CANCELLED":
        return None
    outlook = component.text("X-MICROSOFT-CDO-BUSYSTATUS")
    if outlook in OUTLOOK:
        return OUTLOOK[outlook]
    if component.text("TRANSP") == "TRANSPARENT":
        return None
    return BusyKind.TENTATIVE if status == "TENTATIVE" else BusyKind.BUSY
