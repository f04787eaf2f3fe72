"""How full the rooms are, day by day. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from talkcycle.domain.cycle import PlaceKind
from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft
from talkcycle.domain.plan_talks import TalkFacts

RoomKey = tuple[str, str]
"""Site (empty: none) and the room's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedRoom:
    """A room talks may have, whether or not any does."""

    site: str
    name: str
    seats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """One room.

    Attributes:
        seats: None: not known, as of a place that is only a name.
        offered: Minutes of a day on which talks may be, as the hours for talks give them. What else is booked in the
            room is not known here.
        booked: Minutes with a talk or the pause after it, by local day; days without any are not there.
        talks: How many, by local day.
    """

    site: str
    name: str
    seats: int | None
    offered: int
    booked: Mapping[date, int]
    talks: Mapping[date, int]


def room_facts(
    draft: Draft, talks: Iterable[TalkFacts], people: Mapping[str, Person], offered: Iterable[OfferedRoom] = ()
) -> tuple[RoomFacts, ...]:
    """Every room that is *offered* or holds a talk, by site and name."""
    opens, closes = draft.cycle.talk.hours
    seats = {(room.site, room.name): room.seats for room in offered}
    booked: dict[RoomKey, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    counted: dict[RoomKey, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for each in talks:
        place = each.talk.place
        if place.kind is PlaceKind.NAMED and place.name:
            key = (people[each.talk.employee].site or "", place.name)
            booked[key][each.starts.date()] += each.talk.minutes + each.talk.buffer_minutes
            counted[key][each.starts.date()] += 1
    return tuple(
        RoomFacts(
            site=site,
            name=name,
            seats=seats.get((site, name)),
            offered=closes - opens,
            booked=dict(booked[site, name]),
            talks=dict(counted[site, name]),
        )
        for site, name in sorted({*seats, *booked}, key=_as_people_count)
    )


def days_for_talks(draft: Draft) -> tuple[date, ...]:
    """The window's days for talks, from the first that keeps the notice; without the country's public holidays."""
    cycle = draft.cycle
    first = max(cycle.window.first, draft.approve_by + timedelta(days=cycle.notice_days))
    days = (first + timedelta(days=number) for number in range((cycle.window.last - first).days + 1))
    off = draft.holidays.get(cycle.country, frozenset())
    return tuple(day for day in days if day.weekday() in cycle.talk.days and day not in off)


def _as_people_count(key: RoomKey) -> list[tuple[int, str]]:
    """For sorting: Room 2 comes before Room 10."""
    parts = re.split(r"(\d+)", "\0".join(key).casefold())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
