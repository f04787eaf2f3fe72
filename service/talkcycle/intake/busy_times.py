"""When somebody is busy, from one iCalendar file. Subjects, texts and attendees are neither kept nor shown."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.intake.ical_events import Event, event_of
from talkcycle.intake.ical_lines import Component, Property, Unreadable, components_of
from talkcycle.intake.ical_moments import moment_of
from talkcycle.intake.ical_recurrence import Budget, TooCostly, after, before
from talkcycle.intake.ical_series import MARGIN, Busy, Search, busy_in, period_length
from talkcycle.intake.ical_zones import Zones

MOST_BYTES = 5_000_000
MOST_FAULTS = 20
"""Of one file; who has mended these exports again anyway."""
PERIODS = {
    "FREE": None,
    "BUSY": BusyKind.BUSY,
    "BUSY-UNAVAILABLE": BusyKind.AWAY,
    "BUSY-TENTATIVE": BusyKind.TENTATIVE,
}
EDGE = timedelta(days=2)
"""Windows begin and end some hours wide, for all zones; no published list need cover that."""
ZONES_KNOWN = timedelta(days=400)
"""Zones that files define are worked out so far around the window: every change of clocks before it is in there."""
DAY = re.compile(rb"\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def busy_times_in(
    data: bytes, *, file: str, zone: str, window: Span, most_bytes: int = MOST_BYTES
) -> Mapping[BusyKind, tuple[Span, ...]]:
    """When the calendar in *data* keeps its owner busy.

    Pure and bounded: whatever *data* holds, it takes a second or two at most, then it is a fault.

    Args:
        data: VFREEBUSY or VEVENT components, as RFC 5545 has them and as Outlook, Google, Apple and Nextcloud write them.
        file: What faults call it.
        zone: IANA; the owner's. Times without a zone and whole days are read in it.
        window: Nothing outside is given; begin it no earlier than today, since lists of busy times begin there.

    Returns:
        Per kind that occurs, spans that are sorted, do not touch, and lie inside *window*.

    Raises:
        FaultyInput: It cannot be read, or does not cover the window. Never names an event.
    """
    if len(data) > most_bytes:
        raise FaultyInput([too_large(file, most_bytes)])
    unreadable: list[Unreadable] = []
    try:
        busy = merged(_read(components_of(data), zone, window, unreadable), window)
    except Unreadable as error:
        unreadable.append(error)
    if unreadable:
        raise FaultyInput({_fault(file, each) for each in unreadable[-MOST_FAULTS:]})
    return busy


def merged(busy: Iterable[Busy], window: Span) -> Mapping[BusyKind, tuple[Span, ...]]:
    """*busy* inside *window*, per kind, sorted, what overlaps or touches made one."""
    by_kind: dict[BusyKind, list[Span]] = defaultdict(list)
    for kind, (start, end) in busy:
        start, end = max(start, window[0]), min(end, window[1])  # noqa: PLW2901
        if start < end:
            by_kind[kind].append((start, end))
    return {kind: tuple(_joined(sorted(by_kind[kind]))) for kind in BusyKind if kind in by_kind}


def too_large(file: str, most_bytes: int) -> Fault:
    return Fault(
        file=file,
        problem=f"The calendar is larger than {most_bytes / 1e6:g} MB.",
        mend="Export fewer months, or busy times only.",
    )


def _read(components: list[Component], zone: str, window: Span, unreadable: list[Unreadable]) -> Iterator[Busy]:
    """Busy times as they come; an event that goes to *unreadable* does not hide what is wrong with the next."""
    start, end = (each.astimezone(UTC).replace(tzinfo=None) for each in window)
    budget = Budget()
    definitions = [each for each in components if each.name == "VTIMEZONE"]
    zones = Zones(zone, definitions, before(start, ZONES_KNOWN), after(end, ZONES_KNOWN), budget)
    near = _day(before(start, EDGE)), _day(after(end, EDGE))
    events: list[Event] = []
    for each in components:
        try:
            if each.name == "VFREEBUSY":
                yield from _listed(each, window, zones, budget)
            elif each.name == "VEVENT" and not _elsewhere(each, *near):
                events.append(event_of(each, zones, _start_of(each, budget)))
        except TooCostly:
            raise
        except Unreadable as error:
            unreadable.append(error)
    yield from busy_in(events, Search(zones=zones, budget=budget, first=before(start, MARGIN), last=after(end, MARGIN)))


def _start_of(event: Component, budget: Budget) -> Property:
    start = event.first("DTSTART")
    if start is None:
        raise Unreadable(event.line, "VEVENT", "This event does not say when it begins.")
    budget.spend(100, start)
    return start


def _elsewhere(event: Component, first: bytes, last: bytes) -> bool:
    """Whether a single event certainly lies outside the days from *first* to *last*; most of a calendar is long past."""
    begins, ends = event.ending("DTSTART")[:8], event.ending("DTEND")[:8]
    if not (DAY.fullmatch(begins) and (not ends or DAY.fullmatch(ends))):
        return False
    outside = begins > last or begins <= ends < first
    return outside and not {"RRULE", "RDATE", "RECURRENCE-ID"} & event.lines.keys()


def _day(local: datetime) -> bytes:
    return f"{local.year:04}{local.month:02}{local.day:02}".encode()


def _listed(component: Component, window: Span, zones: Zones, budget: Budget) -> Iterator[Busy]:
    """Of a list of busy times. A kind that nobody knows is busy, as the standard says."""
    _check_cover(component, window, zones)
    for property_ in component.all("FREEBUSY"):
        kind = PERIODS.get(property_.parameters.get("FBTYPE", "BUSY").upper(), BusyKind.BUSY)
        for text in budget.values(property_):
            begins, _, ends = text.partition("/")
            budget.spend(12, property_)
            start = moment_of(property_, zones, begins)
            length = period_length(property_, start, ends, zones)
            if kind is not None:
                yield kind, (start.utc, length.end(start))


def _check_cover(component: Component, window: Span, zones: Zones) -> None:
    """A list says nothing about times outside its own span; nobody is free there unseen."""
    for name, early in (("DTSTART", True), ("DTEND", False)):
        property_ = component.first(name)
        if property_ is None:
            continue
        at = moment_of(property_, zones).utc
        if early and at - window[0] > EDGE:
            raise _uncovered(property_, f"This list of busy times begins on {at:%Y-%m-%d}, after the talks may begin.")
        if not early and window[1] - at > EDGE:
            raise _uncovered(property_, f"This list of busy times ends on {at:%Y-%m-%d}, before the talks are over.")


def _uncovered(property_: Property, problem: str) -> Unreadable:
    return Unreadable(property_.line, property_.name, problem, "Publish more months of busy times.")


def _joined(spans: list[Span]) -> Iterator[Span]:
    if not spans:
        return
    start, end = spans[0]
    for begins, ends in spans[1:]:
        if begins <= end:
            end = max(end, ends)
        else:
            yield start, end
            start, end = begins, ends
    yield start, end


def _fault(file: str, unreadable: Unreadable) -> Fault:
    return Fault(
        file=file, line=unreadable.line, place=unreadable.place, problem=unreadable.problem, mend=unreadable.mend
    )
