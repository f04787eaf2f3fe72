"""A reason as sentences: first what stands in the way, then what would help."""

from collections.abc import Mapping
from datetime import date, datetime

from talkcycle.planning.reason_values import Kind, Reason
from talkcycle.planning.remedies import (
    AnyOrder,
    FreeTime,
    GivesWay,
    LongerWindow,
    MorePerDay,
    OneMoreRoom,
    Remedy,
    ShorterTalk,
    WiderHours,
)

BLOCKED: Mapping[Kind, str] = {
    Kind.NOTICE: ("The notice leaves no day: the first possible day, {first}, is after the window's last, {last}"),
    Kind.AWAY: "{Who} is away or not employed on every working day from {first} to {last}",
    Kind.NO_WORKING_DAY: "{Who} has no working day from {first} to {last}",
    Kind.HOURS: (
        "{Who} never works {piece} in one piece between {opens} and {closes} on a day for talks from {first} to {last}"
    ),
    Kind.NEVER_TOGETHER: ("{Employee}{guest_at} and {manager}{host_at} have no common working hours for {piece}{within}"),
    Kind.AWAY_IN_TURN: (
        "{Employee} and {manager} have no common {piece} in their working hours before {after}: one or the other is away"
    ),
    Kind.FORBIDDEN: "Every time that suits {employee} and {manager} is one that HR keeps free of talks",
    Kind.CALENDAR: "{Whose} calendar is full whenever both work before {after}",
    Kind.CALENDARS: "{Employee} and {manager} have no common free {piece} in their working hours before {after}",
    Kind.CASCADE: ("Every possible time is before {manager}'s own talk or after the first talk of {employee}'s team"),
    Kind.FULL_DAYS: "{Manager}'s days are full: {talks} a day on {days}",
    Kind.TAKEN: "Every time that suits both {employee} and {manager} is taken by other talks of the two",
    Kind.FULL_OR_TAKEN: "{Manager}'s days are full or the times left on them are taken by other talks of the two",
    Kind.FREE: "Nothing stands in the way",
    Kind.FIXED: "The talk is fixed to its time, without a room",
    Kind.NO_SITE: "The talk has no site, so there are no rooms for it",
    Kind.NO_ROOMS: "There is no neutral room for two in {site}",
    Kind.ROOMS_FULL: "{Rooms} in {site} {are} full in week {week} whenever both could meet; {without}",
    Kind.ROOM_FREE: "The plan gives the talk no room in {site} in week {week}, though there is one",
}
COUNTS = {Kind.CALENDARS, Kind.AWAY_IN_TURN}
"""What they say is missing has a name already: minutes in common. So a remedy need not name it again."""


def sentence(reason: Reason, employee: str = "the employee", manager: str = "the manager") -> str:
    """*reason* with the two people called so."""
    people = {"employee": employee, "manager": manager}
    who = people.get(reason.role or "", "")
    named = {
        **people,
        "Employee": _capital(employee),
        "Manager": _capital(manager),
        "Who": _capital(who),
        "Whose": f"{_capital(who)}'s",
    }
    said = [BLOCKED[reason.kind].format(**reason.facts, **named)]
    said += [_helps(remedy, reason, people) for remedy in reason.remedies]
    text = "; ".join(said) + "."
    if reason.looked_until is not None:
        text += f" Calendars after {day(reason.looked_until, reason.year)} were not looked at."
    return text


def day(of: date, year: int) -> str:
    """Such as 16 March; with the year if it is not *year*."""
    return f"{of.day} {of:%B}" if of.year == year else f"{of.day} {of:%B %Y}"


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _helps(remedy: Remedy, reason: Reason, people: Mapping[str, str]) -> str:
    match remedy:
        case LongerWindow(at=at) if reason.kind in COUNTS:
            return f"the first after it is {_moment(at, reason)}"
        case LongerWindow(at=at):
            return f"the first time{_with_room(reason)} in a longer window would be {_moment(at, reason)}"
        case ShorterTalk(minutes=minutes, times=times):
            return f"with {minutes} minutes {_times(times, reason)}"
        case MorePerDay(most=most, times=times):
            return f"with {most} {'talk' if most == 1 else 'talks'} a day {_times(times, reason)}"
        case AnyOrder(times=times):
            return f"with talks in any order {_times(times, reason)}"
        case WiderHours(hours=(opens, closes), times=times):
            return f"with talks between {clock(opens)} and {clock(closes)} {_times(times, reason)}"
        case GivesWay(role=role, begins=begins, ends=ends):
            span = f"{day(begins.date(), reason.year)} {begins:%H:%M} to {ends:%H:%M}{_zone(reason)}"
            return f"it would be possible if {people[role]} could move an appointment, {span}"
        case OneMoreRoom():
            return "one more room there would hold this talk"
        case FreeTime(at=at, room=room):
            return f"a room is free on {_moment(at, reason)}" if room else f"it could be on {_moment(at, reason)}"


def _moment(at: datetime, reason: Reason) -> str:
    return f"{day(at.date(), reason.year)} {at:%H:%M}{_zone(reason)}"


def _zone(reason: Reason) -> str:
    return f" ({reason.zone})" if reason.zone else ""


def _times(times: int, reason: Reason) -> str:
    if reason.kind in COUNTS:
        return f"there would be {times}"
    return f"there would be {times} {'time' if times == 1 else 'times'}{_with_room(reason)}"


def _with_room(reason: Reason) -> str:
    return " with a room" if reason.about_room else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
