"""What is wrong with a talkplan/1 document: every fault at once, with its place and how to mend it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import IN_CALENDARS, Blocks
from talkcycle.domain.faults import Fault
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.talkplan import FORMAT

LEAST_LEAD = 7
Check = Callable[[Any], bool]


@dataclass(slots=True)
class _Finder:
    file: str
    faults: list[Fault] = field(default_factory=list)
    zones: dict[str, bool] = field(default_factory=dict)

    def add(self, place: str, problem: str, mend: str) -> None:
        self.faults.append(Fault(file=self.file, place=place, problem=problem, mend=mend))

    def has(self, value: Any, place: str, checks: Mapping[str, tuple[Check, str]], optional: frozenset[str]) -> bool:
        """Whether *value* is an object whose keys hold what they should; adds a fault for each that does not."""
        if not isinstance(value, dict):
            self.add(place, "An object is expected.", "See the description of talkplan/1.")
            return False
        before = len(self.faults)
        for key, (check, what) in checks.items():
            if key not in value:
                if key not in optional:
                    self.add(f"{place}.{key}".lstrip("."), "This key is missing.", f"Give {what}.")
            elif not (value[key] is None and key in optional) and not check(value[key]):
                self.add(f"{place}.{key}".lstrip("."), f"{_shown(value[key])} cannot be used.", f"Give {what}.")
        return len(self.faults) == before

    def zone(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if value not in self.zones:
            try:
                ZoneInfo(value)
                self.zones[value] = True
            except (KeyError, OSError, ValueError):
                self.zones[value] = False
        return self.zones[value]


def faults_in(document: Any, file: str) -> tuple[Fault, ...]:
    """Everything that keeps *document*, parsed JSON, from being an instance. *file*: its name as the user wrote it."""
    find = _Finder(file)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        find.add("format", f"This is not {FORMAT}.", f'Give "format": "{FORMAT}".')
        return tuple(find.faults)
    if not find.has(document, "", _DOCUMENT, frozenset({"weights", "meta"})):
        return tuple(find.faults)
    if find.has(document["cycle"], "cycle", _CYCLE, frozenset({"cascade"})):
        window = [date.fromisoformat(day) for day in document["cycle"]["window"]]
        if window[0] > window[1]:
            find.add("cycle.window", "It ends before it begins.", "Put the first day first.")
    policy = document["cycle"].get("status_policy") if isinstance(document["cycle"], dict) else None
    kinds = frozenset(policy) if isinstance(policy, dict) else frozenset()
    sites = _named(find, document, "sites", {"tz": (find.zone, "an IANA time zone"), "cal": _calendar(document)})
    _named(find, document, "rooms", _room(sites, kinds))
    people = _named(find, document, "people", _person(find, document, kinds), frozenset({"manager", "site", *_OPTIONAL}))
    _talks(find, document, sites, people)
    return tuple(find.faults)


def _named(
    find: _Finder,
    document: Mapping[str, Any],
    key: str,
    checks: Mapping[str, tuple[Check, str]],
    optional: frozenset[str] = frozenset({"busy", "lead_days", "pin"}),
) -> frozenset[str]:
    """Check every object of the list *key*; return their ids."""
    seen: set[str] = set()
    for number, each in enumerate(document[key]):
        place = f"{key}[{number}]"
        find.has(each, place, {"id": (_text, "an id"), **checks}, optional)
        id_ = each.get("id") if isinstance(each, dict) else None
        if isinstance(id_, str):
            if id_ in seen:
                find.add(f"{place}.id", f"{_shown(id_)} is there twice.", "Give every one an id of its own.")
            seen.add(id_)
    return frozenset(seen)


def _talks(find: _Finder, document: Mapping[str, Any], sites: frozenset[str], people: frozenset[str]) -> None:
    rooms = frozenset(each["id"] for each in document["rooms"] if isinstance(each, dict) and "id" in each)
    person = (lambda value: isinstance(value, str) and value in people, "the id of somebody in people")
    _named(
        find,
        document,
        "talks",
        {"employee": person, "manager": person, **_talk(rooms)},
        frozenset({"lead_days", "pin", "site"}),
    )
    met: set[str] = set()
    for number, talk in enumerate(document["talks"]):
        if not isinstance(talk, dict):
            continue
        place, employee = f"talks[{number}]", talk.get("employee")
        if employee is not None and employee == talk.get("manager"):
            find.add(place, "Employee and manager are the same person.", "Give two people.")
        if isinstance(employee, str):
            if employee in met:
                find.add(f"{place}.employee", f"{_shown(employee)} has a talk already.", "Give each person one talk.")
            met.add(employee)
        if talk.get("room") is True and talk.get("site") not in sites:
            find.add(f"{place}.site", "A talk that wants a room needs a site.", "Give the id of one of the sites.")


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _list(value: Any) -> bool:
    return isinstance(value, list)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _whole(least: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def _day(value: Any) -> bool:
    return _parsed(date.fromisoformat, value)


def _instant(value: Any) -> bool:
    return _parsed(datetime.fromisoformat, value) and datetime.fromisoformat(value).tzinfo is not None


def _parsed(read: Callable[[str], object], value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        read(value)
    except ValueError:
        return False
    return True


def _days(value: Any) -> bool:
    return isinstance(value, list) and all(map(_day, value))


def _interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_whole(0), value)) and value[0] < value[1]


def _intervals(value: Any) -> bool:
    return isinstance(value, list) and all(map(_interval, value))


def _hours(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 7 and all(map(_intervals, value))


def _busy(kinds: frozenset[str]) -> Check:
    def fits(value: Any) -> bool:
        return isinstance(value, dict) and all(kind in kinds and _flat(flat) for kind, flat in value.items())

    return fits


def _flat(value: Any) -> bool:
    """Pairs of whole minutes, each of which begins before it ends."""
    return (
        isinstance(value, list)
        and len(value) % 2 == 0
        and all(type(minute) is int for minute in value)
        and all(begins < ends for begins, ends in zip(value[::2], value[1::2], strict=True))
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _one_of(names: Iterable[str]) -> tuple[Check, str]:
    known = tuple(names)
    return (lambda value: value in known, f"one of {', '.join(known)}")


def _pairs() -> Iterator[tuple[str, tuple[Check, str]]]:
    yield "t0", (_instant, "an instant with its offset, such as 2027-02-20T00:00:00Z")
    yield "horizon_min", (_whole(1), "whole minutes")
    yield "cycle", (_object, "an object")
    yield (
        "calendars",
        (
            lambda value: isinstance(value, dict) and all(map(_days, value.values())),
            "lists of dates by name",
        ),
    )
    yield (
        "weights",
        (
            lambda value: isinstance(value, dict) and all(map(_whole(0), value.values())),
            "whole numbers by kind of penalty",
        ),
    )
    for key in ("sites", "rooms", "people", "talks"):
        yield key, (_list, "a list")


_DOCUMENT = dict(_pairs())
_CYCLE: Mapping[str, tuple[Check, str]] = {
    "today": (_day, "a date such as 2027-02-22"),
    "window": (lambda value: _days(value) and len(value) == 2, "two dates, first and last"),
    "lead_days": (_whole(LEAST_LEAD), f"a whole number from {LEAST_LEAD}"),
    "grid_min": (_whole(1), "a whole number of minutes"),
    "max_per_day": (_whole(0), "a whole number"),
    "cascade": _one_of(Cascade),
    "status_policy": (
        lambda value: (
            isinstance(value, dict)
            and all(kind in IN_CALENDARS and blocks in list(Blocks) for kind, blocks in value.items())
        ),
        "hard, soft or free for each of b, o, t and w",
    ),
}
_OPTIONAL = frozenset({"lunch", "pref", "max_per_day", "busy"})


def _calendar(document: Mapping[str, Any]) -> tuple[Check, str]:
    calendars = document["calendars"]
    return (lambda value: isinstance(value, str) and value in calendars, "the name of one of the calendars")


def _busy_kinds(kinds: frozenset[str]) -> tuple[Check, str]:
    return (_busy(kinds), f"pairs of minutes, begin before end, by status with a policy ({', '.join(sorted(kinds))})")


def _room(sites: frozenset[str], kinds: frozenset[str]) -> Mapping[str, tuple[Check, str]]:
    return {
        "site": (lambda value: isinstance(value, str) and value in sites, "the id of one of the sites"),
        "capacity": (_whole(0), "a whole number"),
        "neutral": (lambda value: isinstance(value, bool), "true or false"),
        "busy": _busy_kinds(kinds),
    }


def _person(find: _Finder, document: Mapping[str, Any], kinds: frozenset[str]) -> Mapping[str, tuple[Check, str]]:
    return {
        "manager": (_text, "an id or null"),
        "site": (_text, "an id or null"),
        "tz": (find.zone, "an IANA time zone"),
        "cal": _calendar(document),
        "hours": (_hours, "seven lists of [from, to] in minutes of the day"),
        "lunch": (_interval, "[from, to] in minutes of the day"),
        "pref": (_intervals, "a list of [from, to] in minutes of the day"),
        "max_per_day": (_whole(0), "a whole number"),
        "busy": _busy_kinds(kinds),
    }


def _talk(rooms: frozenset[str]) -> Mapping[str, tuple[Check, str]]:
    return {
        "dur": (_whole(1), "whole minutes"),
        "buf": (_whole(0), "whole minutes"),
        "room": (lambda value: isinstance(value, bool), "true or false"),
        "site": (_text, "an id or null"),
        "lead_days": (_whole(LEAST_LEAD), f"a whole number from {LEAST_LEAD}"),
        "pin": (
            lambda value: (
                isinstance(value, dict)
                and _whole(0)(value.get("start"))
                and (value.get("room") is None or value["room"] in rooms)
            ),
            "a start in minutes and a known room or null",
        ),
    }
