"""What could be changed so that a talk gets a time or a room, and the instance with the change made."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from talkcycle.domain.busy import BusyKind
from talkcycle.domain.people import Interval
from talkcycle.domain.wishes import SEATS, Cascade
from talkcycle.planning.instance import Instance, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeTime:
    """Nothing has to change: the talk could be *at* a time that is free, local to the employee. *room*: with a room."""

    at: datetime
    room: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LongerWindow:
    """A window until *last*; *at*: the first time after the window of now, local to the employee."""

    last: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShorterTalk:
    """*times*: how many talks of so many minutes there would be time for, one after the other."""

    talk: str
    minutes: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MorePerDay:
    """*most* talks a day held by *manager*; *times* as with a shorter talk."""

    manager: str
    most: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOrder:
    """No cascade; *times* as with a shorter talk."""

    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderHours:
    """Talks may lie in other *hours* of the day, in minutes; *times* as with a shorter talk."""

    hours: Interval
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GivesWay:
    """A busy time of *person* gives way: *busy* is one of theirs of that *kind*.

    Attributes:
        role: What *person* is in the talk.
        begins, ends: When it is, local to the employee.
    """

    person: str
    role: Literal["employee", "manager"]
    kind: BusyKind
    busy: Interval
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMoreRoom:
    """Another room for talks, free all the time. *room*: an id that no room has."""

    site: str
    room: str


Remedy = FreeTime | LongerWindow | ShorterTalk | MorePerDay | AnyOrder | WiderHours | GivesWay | OneMoreRoom


def apply(instance: Instance, remedy: Remedy) -> Instance:
    """*instance* with the change made, and nothing else."""
    match remedy:
        case FreeTime():
            return instance
        case LongerWindow(last=last):
            return replace(instance, last=last)
        case ShorterTalk(talk=id_, minutes=minutes):
            talks = (replace(each, minutes=minutes) if each.id == id_ else each for each in instance.talks)
            return replace(instance, talks=tuple(talks))
        case MorePerDay(manager=id_, most=most):
            manager = replace(instance.people[id_], most_per_day=most)
            return replace(instance, people={**instance.people, id_: manager})
        case AnyOrder():
            return replace(instance, cascade=Cascade.OFF)
        case WiderHours(hours=hours):
            return replace(instance, hours=hours)
        case GivesWay(person=id_, kind=kind, busy=busy):
            person = instance.people[id_]
            left = tuple(interval for interval in person.busy[kind] if interval != busy)
            person = replace(person, busy={**person.busy, kind: left})
            return replace(instance, people={**instance.people, id_: person})
        case OneMoreRoom(site=site, room=id_):
            room = Room(id=id_, site=site, capacity=SEATS, neutral=True)
            return replace(instance, rooms={**instance.rooms, id_: room})
