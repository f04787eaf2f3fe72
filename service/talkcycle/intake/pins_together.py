"""Whether the times that HR decided can all be kept: with each other, and with the times HR forbids."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Fault
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.wishes import EVERYBODY, Cascade, ForbiddenTime
from talkcycle.intake.unusable import quoted
from talkcycle.intake.wishes_section import WrittenWishes
from talkcycle.intake.yaml_lines import Document, KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """A pinned talk. The buffer after *ends* binds the manager and the room until *free*. Instants, UTC."""

    path: KeyPath
    at: datetime
    employee: Person
    manager: Person
    room: str | None
    begins: datetime
    ends: datetime
    free: datetime

    def until(self, person: Person) -> datetime:
        return self.ends if person.id == self.employee.id else self.free


def clashes(document: Document, written: WrittenWishes, cycle: Cycle, roster: Roster) -> Iterator[Fault]:
    """Faults of pinned talks that cannot be where they are; of those with employee and manager in *roster*."""
    talks = _talks(written, cycle, {person.id: person for person in roster.people})
    for talk in talks:
        yield from _clock(document, talk, cycle)
        yield from _forbidden(document, talk, cycle.wishes.forbidden)
    yield from _overlaps(document, talks)
    yield from _crowded(document, talks, cycle.talk.most_per_day)
    if cycle.planning.cascade is Cascade.HARD:
        yield from _before_the_managers_own(document, talks)


def _talks(written: WrittenWishes, cycle: Cycle, people: Mapping[str, Person]) -> list[_Talk]:
    found = []
    for pin in written.pinned:
        employee = people.get(pin.wish.employee)
        manager = people.get(employee.manager or "") if employee else None
        if employee is None or manager is None:
            continue
        begins = instant_of(pin.wish.at.date(), pin.wish.at.time(), employee.zone)
        ends = begins + timedelta(minutes=cycle.talk.minutes)
        found.append(
            _Talk(
                path=(*pin.path, "at"),
                at=pin.wish.at,
                employee=employee,
                manager=manager,
                room=pin.wish.room,
                begins=begins,
                ends=ends,
                free=ends + timedelta(minutes=cycle.talk.buffer_minutes),
            )
        )
    return found


def _clock(document: Document, talk: _Talk, cycle: Cycle) -> Iterator[Fault]:
    """The time exists, and talks begin then. The grid is UTC's: that of most zones, and the planner's."""
    zone, grid = ZoneInfo(talk.employee.zone), cycle.talk.grid_minutes
    if talk.begins.astimezone(zone).replace(tzinfo=None) != talk.at:
        problem = f"no clock in {talk.employee.zone} shows {talk.at:%H:%M} that day: summer time begins."
        yield document.fault(talk.path, problem, "Write an hour later.")
        return
    over = talk.begins.minute % grid
    if over or talk.begins.second:
        near = (talk.begins - timedelta(minutes=over)).astimezone(zone)
        mend = f"Write {near:%H:%M} or {near + timedelta(minutes=grid):%H:%M}, or change `talk: {{grid: ...}}`."
        yield document.fault(talk.path, f"talks begin every {grid} minutes, not at {talk.at:%H:%M}.", mend)


def _forbidden(document: Document, talk: _Talk, forbidden: tuple[ForbiddenTime, ...]) -> Iterator[Fault]:
    for person in (talk.employee, talk.manager):
        met = next((each for each in forbidden if _meets(each, person, talk.begins, talk.until(person))), None)
        if met is not None:
            who = "everybody" if EVERYBODY in met.who else quoted(person.id)
            mend = "Write another time, or change the wish under `forbid`."
            yield document.fault(talk.path, f"this time is forbidden for {who}.", mend)
            return


def _meets(forbidden: ForbiddenTime, person: Person, begins: datetime, ends: datetime) -> bool:
    """Whether anything from *begins* to *ends* is forbidden for *person*, whose days and hours count."""
    if not forbidden.who & {EVERYBODY, person.id, person.site}:
        return False
    opens, closes = forbidden.hours or (0, 1440)
    day = day_of(begins, person.zone)
    while day <= day_of(ends, person.zone):
        inside = forbidden.first <= day <= forbidden.last
        if inside and (not forbidden.weekdays or day.weekday() in forbidden.weekdays):
            low, high = _instant(day, opens, person.zone), _instant(day, closes, person.zone)
            if low < ends and begins < high:
                return True
        day += ONE_DAY
    return False


def _instant(day: date, minute: int, zone: str) -> datetime:
    days, rest = divmod(minute, 1440)
    return instant_of(day + days * ONE_DAY, time(rest // 60, rest % 60), zone).astimezone(UTC)


def _overlaps(document: Document, talks: list[_Talk]) -> Iterator[Fault]:
    """A person, or a room, cannot be in two talks at once. The later line has the fault."""
    for one, other in combinations(talks, 2):
        if one.employee.id == other.employee.id or not (one.begins < other.free and other.begins < one.free):
            continue  # two times of one person are said already
        line = document.line_of(one.path)
        shared = [
            person.id
            for person in (one.employee, one.manager)
            if person.id in {other.employee.id, other.manager.id}
            and one.begins < other.until(person)
            and other.begins < one.until(person)
        ]
        if shared:
            problem = f"{quoted(shared[0])} is in the talk of {quoted(one.employee.id)} (line {line}) then."
            yield document.fault(other.path, problem, _later(one, other))
        elif one.room is not None and (one.employee.site, one.room) == (other.employee.site, other.room):
            problem = f"{quoted(one.room)} is taken by the talk of {quoted(one.employee.id)} (line {line}) then."
            yield document.fault(other.path, problem, "Write another time or another room.")


def _later(one: _Talk, other: _Talk) -> str:
    zone = ZoneInfo(other.employee.zone)
    return f"Write another time; after that talk and its pause it is {one.free.astimezone(zone):%H:%M}."


def _crowded(document: Document, talks: list[_Talk], most: int) -> Iterator[Fault]:
    """A manager holds no more talks a day than they may."""
    held: dict[tuple[str, date], int] = {}
    for talk in talks:
        manager = talk.manager
        key = (manager.id, day_of(talk.begins, manager.zone))
        held[key] = held.get(key, 0) + 1
        limit = most if manager.most_per_day is None else manager.most_per_day
        if held[key] == limit + 1:
            mend = "Write another day, or let the manager hold more talks a day."
            yield document.fault(talk.path, f"{quoted(manager.id)} holds {limit} talks that day already.", mend)


def _before_the_managers_own(document: Document, talks: list[_Talk]) -> Iterator[Fault]:
    own = {talk.employee.id: talk for talk in talks}
    for talk in talks:
        first = own.get(talk.manager.id)
        if first is not None and talk.begins < first.ends:
            line = document.line_of(first.path)
            problem = f"the manager's own talk (line {line}) is not over, and `cascade: hard` puts it first."
            yield document.fault(talk.path, problem, "Write a later time, or `cascade: soft`.")
