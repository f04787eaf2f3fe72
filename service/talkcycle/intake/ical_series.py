"""When events keep somebody busy: every occurrence near the window, as it was changed, moved or called off."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.intake.ical_events import Event
from talkcycle.intake.ical_lines import Property
from talkcycle.intake.ical_moments import Length, Moment, duration_of, moment_of
from talkcycle.intake.ical_recurrence import Budget, after, before, rule_parts, rule_starts
from talkcycle.intake.ical_zones import Zones

Busy = tuple[BusyKind, Span]
Occurrence = tuple[Moment, Length]

MARGIN = timedelta(days=2)
"""Local times lie up to 14 hours from UTC, and zones up to 26 hours from each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Where one calendar is looked at. *first* and *last*: naive, the window and a margin around it."""

    zones: Zones
    budget: Budget
    first: datetime
    last: datetime


@dataclass(slots=True)
class Gone:
    """Occurrences that do not take place, or not then: by instant, and by local day."""

    instants: set[datetime] = field(default_factory=set)
    days: set[date] = field(default_factory=set)

    def add(self, moment: Moment, *, whole_day: bool) -> None:
        """*whole_day*: the series is about whole days, so that a time in one of them means that day."""
        if moment.whole_day or whole_day:
            self.days.add(moment.local.date())
        else:
            self.instants.add(moment.utc)

    def __contains__(self, moment: Moment) -> bool:
        return (bool(self.days) and moment.local.date() in self.days) or (
            bool(self.instants) and moment.utc in self.instants
        )


def busy_in(events: Iterable[Event], search: Search) -> Iterator[Busy]:
    """When *events* keep somebody busy; some of it lies outside the window.

    Raises:
        Unreadable: One repeats in a way that cannot be worked out, or that costs too much.
    """
    by_uid: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        by_uid[event.uid].append(event)
    for same in by_uid.values():
        yield from _of_one(same, search)


def period_length(property_: Property, start: Moment, ends: str, zones: Zones) -> Length:
    """The length of a period whose second half, *ends*, is a time or a duration."""
    if ends.strip()[:1] in {"P", "p", "+", "-"}:
        return duration_of(property_, ends)
    return Length(0, max(moment_of(property_, zones, ends).utc - start.utc, timedelta()))


def _of_one(events: list[Event], search: Search) -> Iterator[Busy]:
    """Events of one UID. Of several changes of an occurrence the one with the highest number holds, of these the last."""
    changes: dict[tuple[datetime, bool], Event] = {}
    for event in sorted((each for each in events if each.of), key=lambda each: each.sequence):
        changes[_changes_from(event), event.onwards] = event
    single = [each for each in changes.values() if not each.onwards]
    onwards = sorted((each for each in changes.values() if each.onwards), key=_changes_from)
    gone = {whole_day: _gone(single, whole_day=whole_day) for whole_day in (False, True)}
    masters = [each for each in events if each.of is None]
    for master in masters:
        yield from _of_master(master, gone[master.start.whole_day], onwards, search)
    for event in single if masters else changes.values():  # a file may have a part of the series only
        if event.kind is not None:
            yield event.kind, (event.start.utc, event.length.end(event.start))


def _gone(changes: list[Event], *, whole_day: bool) -> Gone:
    gone = Gone()
    for event in changes:
        if event.of is not None:
            gone.add(event.of, whole_day=whole_day)
    return gone


def _of_master(master: Event, changed: Gone, onwards: list[Event], search: Search) -> Iterator[Busy]:
    if all(each.kind is None for each in (master, *onwards)):
        return
    left_out = Gone()
    for property_ in master.less:
        for text in search.budget.values(property_):
            left_out.add(moment_of(property_, search.zones, text), whole_day=master.start.whole_day)
    search.budget.spend(2 * len(onwards), master.start_line)
    longest = max(each.length.longest for each in (master, *onwards))
    moves = max((abs(_shift(each)) for each in onwards), default=timedelta())
    near = replace(search, first=before(before(search.first, moves), longest), last=after(search.last, moves))
    for start, length in _occurrences(master, near):
        if start not in changed and start not in left_out:
            search.budget.spend(5 + len(onwards), master.start_line)
            yield from _as_changed(master, start, length, onwards)


def _occurrences(master: Event, search: Search) -> Iterator[Occurrence]:
    """Its own start, what its rules give, and its further dates; some of them twice.

    Whoever cuts a series off before its first occurrence means that there is none.
    """
    untils = [_last_instant(rule, master.start, search.zones) for rule in master.rules]
    if all(until is None or master.start.utc <= until for until in untils):
        yield master.start, master.length
    for rule, until in zip(master.rules, untils, strict=True):
        for local in rule_starts(rule, master.start.local, search.first, search.last, search.budget):
            start = master.start.at(local)
            if until is None or start.utc <= until:
                yield start, master.length
    for property_ in master.more:
        for text in search.budget.values(property_):
            begins, _, ends = text.partition("/")
            start = moment_of(property_, search.zones, begins)
            yield start, period_length(property_, start, ends, search.zones) if ends else master.length


def _last_instant(rule: Property, start: Moment, zones: Zones) -> datetime | None:
    """Until when a rule holds, this instant included; a day means all of it, and clocks without a zone the event's."""
    text = rule_parts(rule).get("UNTIL")
    if text is None:
        return None
    until = moment_of(rule, zones, text)
    if until.whole_day:
        return start.at(after(until.local, timedelta(days=1, microseconds=-1))).utc
    return until.utc if text.endswith("Z") else start.at(until.local).utc


def _as_changed(master: Event, start: Moment, length: Length, onwards: list[Event]) -> Iterator[Busy]:
    """One occurrence as the last change before it has it."""
    applies = None
    for each in onwards:
        if _changes_from(each) <= start.utc:
            applies = each
    if applies is None:
        if master.kind is not None:
            yield master.kind, (start.utc, length.end(start))
    elif applies.kind is not None:
        moved = start.at(after(start.local, _shift(applies)))
        yield applies.kind, (moved.utc, applies.length.end(moved))


def _changes_from(event: Event) -> datetime:
    assert event.of is not None, "only changes are asked"
    return event.of.utc


def _shift(event: Event) -> timedelta:
    """How far a change moves occurrences, as clocks show it."""
    assert event.of is not None, "only changes are asked"
    return event.start.local - event.of.local
