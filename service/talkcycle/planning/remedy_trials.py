"""One talk among the rest of a plan, and what it could have if something were changed: every remedy is tried."""

from collections import defaultdict
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import BusyKind
from talkcycle.domain.people import Interval
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import Starts, merged
from talkcycle.planning.instance import Assignment, Instance, Pin, Request, Room
from talkcycle.planning.remedies import Remedy, apply


class Ground:
    """A finished plan, and what its trials share.

    Attributes:
        bookings: All of the plan.
    """

    def __init__(self, bookings: Bookings) -> None:
        self.bookings = bookings
        self.instance = bookings.instance
        self._known: dict[tuple[date, Interval], Availability] = {}
        self._in_room: dict[str, list[Interval]] = defaultdict(list)
        for each in bookings.placed.values():
            if each.room is not None:
                talk = bookings.requests[each.talk]
                self._in_room[each.room].append((each.start, each.start + talk.minutes + talk.buffer))

    def availability(self, changed: Instance) -> Availability:
        """Answers for a changed instance of this plan's.

        What is kept about zones, holidays and hours hangs on the window and the hours for talks only, so instances with
        the same ones share it: working it out anew takes ten times as long as all the rest of a trial.
        """
        key = (changed.last, changed.hours)
        if key not in self._known:
            self._known[key] = Availability(replace(self.instance, last=changed.last, hours=changed.hours))
        shared = copy(self._known[key])
        shared.instance = changed
        return shared

    def room(self, id_: str) -> Room:
        """A room that is busy with the talks in it, too."""
        room = self.instance.rooms[id_]
        busy = [interval for intervals in room.busy.values() for interval in intervals]
        return replace(room, busy={BusyKind.BUSY: merged([*busy, *self._in_room[id_]])})


class Trial:
    """One talk and its two people, everybody else's talks with them fixed where the plan has them.

    Attributes:
        instance: So small that a change of it is tried in less than a millisecond. It has no rooms at first: those of the
            site are tried one by one.
    """

    def __init__(self, ground: Ground, talk: Request) -> None:
        bookings = ground.bookings
        self.ground = ground
        self.talk = talk
        others = [each for each in bookings.talks_of(talk.employee, talk.manager) if each.id != talk.id]
        self._assignments = [Assignment(talk=each.id, start=bookings.placed[each.id].start) for each in others]
        fixed = [replace(each, pin=Pin(start=bookings.placed[each.id].start)) for each in others]
        people = {id_ for each in (talk, *others) for id_ in (each.employee, each.manager)}
        self.instance = replace(
            ground.instance,
            people={id_: ground.instance.people[id_] for id_ in sorted(people)},
            talks=(*fixed, talk),
            rooms={},
        )
        self.here = self.booked(self.instance)
        self._zone = ZoneInfo(ground.instance.people[talk.employee].zone)

    def booked(self, changed: Instance) -> Bookings:
        """The other talks in a changed instance."""
        return Bookings(self.ground.availability(changed), self._assignments)

    def open(self, remedy: Remedy) -> Starts:
        """Every start the talk could have after *remedy*, rooms aside."""
        changed = apply(self.instance, remedy)
        return self.booked(changed).open(changed.talks[-1])

    def open_without_calendars(self) -> Starts:
        """Every start the talk could have if its two people had nothing but talks."""
        free = {id_: replace(self.instance.people[id_], busy={}) for id_ in (self.talk.employee, self.talk.manager)}
        changed = replace(self.instance, people={**self.instance.people, **free})
        return self.booked(changed).open(self.talk)

    def open_with_room(self, remedy: Remedy) -> Starts:
        """Every start after *remedy* at which a room of the site is free, too; the first was tried with its room."""
        changed = apply(self.instance, remedy)
        talk = changed.talks[-1]
        bookings = self.booked(changed)
        starts = bookings.open(talk)
        if not starts:
            return 0
        length = talk.minutes + talk.buffer
        starts &= self.ground.bookings.rooms.open(talk.site, length)
        return starts if starts and self.confirmed(remedy, bookings.availability.grid.first(starts)) else 0

    def confirmed(self, remedy: Remedy, start: int) -> bool:
        """Whether the talk gets *start* and a room when the room found there is all the site has."""
        length = apply(self.instance, remedy).talks[-1].minutes + self.talk.buffer
        found = self.ground.bookings.rooms.free(self.talk.site, start, length)
        rooms: Mapping[str, Room] = {} if found is None else {found: self.ground.room(found)}
        changed = apply(replace(self.instance, rooms=rooms), remedy)
        bookings = self.booked(changed)
        talk = changed.talks[-1]
        bit = 1 << start // changed.grid
        return bool(bookings.open(talk) & bookings.rooms.open(talk.site, length) & bit)

    @property
    def reach(self) -> date:
        """The last day of the employee's that lies inside the horizon, whole or in part."""
        return self.at(self.instance.horizon - 1).date()

    def at(self, minute: int) -> datetime:
        """Minute *minute* on the employee's clocks."""
        return (self.instance.t0 + timedelta(minutes=minute)).astimezone(self._zone)
