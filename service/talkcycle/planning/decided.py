"""What HR decided about single talks and times, as the planner sees it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from talkcycle.domain.cycle import Cycle, PlaceKind
from talkcycle.domain.people import Interval, Person
from talkcycle.domain.talks import Talk
from talkcycle.domain.wishes import EVERYBODY, ForbiddenTime, PinnedTalk
from talkcycle.planning.instance import Pin, Room
from talkcycle.planning.timeline import Timeline


def forbidden_to(person: Person, forbidden: Iterable[ForbiddenTime], timeline: Timeline) -> tuple[Interval, ...]:
    """When *person* has no talk by HR's decision, in minutes; days and hours are those of their zone."""
    found = []
    for each in forbidden:
        if not each.who & {EVERYBODY, person.id, person.site}:
            continue
        begins, ends = each.hours or (0, 1440)
        for number in range((each.last - each.first).days + 1):
            day = each.first + timedelta(days=number)
            if not each.weekdays or day.weekday() in each.weekdays:
                low = max(0, timeline.local(day, begins, person.zone))
                high = min(timeline.minutes, timeline.local(day, ends, person.zone))
                if low < high:
                    found.append((low, high))
    return tuple(sorted(found))


class Pins:
    """Talks that stay where they are: those under way, and those HR put at a time. Each room is given once."""

    def __init__(self, cycle: Cycle, rooms: Mapping[str, Room], timeline: Timeline) -> None:
        self._cycle = cycle
        self._rooms = rooms
        self._timeline = timeline
        self._wished = {wish.employee: wish for wish in cycle.wishes.pinned}
        self._taken: dict[str, list[Interval]] = {}

    def of_talk(self, talk: Talk, site: str | None) -> Pin:
        """Where a talk under way is. *site*: the employee's."""
        assert talk.start is not None, "a placed talk has a start"
        start = self._timeline.at(talk.start)
        name = talk.place.name if talk.place.kind is PlaceKind.NAMED else None
        room = room_id(site, name) if site and name and room_id(site, name) in self._rooms else None
        return self._pin(start, room, talk.minutes + talk.buffer_minutes)

    def wished(self, person: Person, *, wants_room: bool) -> Pin | None:
        """Where HR wants the talk of *person*; with the smallest room that is free then, if HR named none."""
        wish = self._wished.get(person.id)
        if wish is None:
            return None
        start = self._start(wish, person)
        length = self._cycle.talk.minutes + self._cycle.talk.buffer_minutes
        if not wants_room or person.site is None:
            return Pin(start=start)
        named = room_id(person.site, wish.room) if wish.room else self._free(person.site, start, length)
        return self._pin(start, named, length)

    def _pin(self, start: int, room: str | None, length: int) -> Pin:
        if room is not None:
            self._taken.setdefault(room, []).append((start, start + length))
        return Pin(start=start, room=room)

    def _start(self, wish: PinnedTalk, person: Person) -> int:
        return self._timeline.local(wish.at.date(), wish.at.hour * 60 + wish.at.minute, person.zone)

    def _free(self, site: str, start: int, length: int) -> str | None:
        named = {room_id(site, wish.room) for wish in self._wished.values() if wish.room}
        fit = (room for room in self._rooms.values() if room.site == site and room.holds_talks)
        for room in sorted(fit, key=lambda room: room.capacity):
            busy = self._busy(room)
            if room.id not in named and not any(a < start + length and start < b for a, b in busy):
                return room.id
        return None

    def _busy(self, room: Room) -> Iterator[Interval]:
        for intervals in room.busy.values():
            yield from intervals
        yield from self._taken.get(room.id, ())


def room_id(site: str, name: str) -> str:
    return f"{site}/{name}"
