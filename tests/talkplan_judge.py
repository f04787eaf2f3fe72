"""Tiny companies, and a judge of their plans: the rules and prices of talkplan/1 once more, with plain datetimes.

Written from the README of the format; nothing of the planner is used.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

Document = dict[str, Any]
FRIDAYS = ("2026-10-23", "2027-03-12")
"""Followed by the night in which Europe's, or America's, clocks change."""
ZONES = (*["Europe/Stockholm"] * 6, "America/New_York", "Asia/Kolkata")
NOON = 10 * 60
"""Minute of the UTC day around which everybody works."""
WEIGHTS = {
    "unplaced": 10_000,
    "no_room": 1_000,
    "cascade": 40,
    "friday": 25,
    "lunch": 20,
    "pref_hours": 20,
    "tentative": 15,
    "spread_week": 15,
    "same_day": 5,
}


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Two to five talks in a window from a Friday to a Monday, where almost everything collides."""
    friday = date.fromisoformat(draw(st.sampled_from(FRIDAYS)))
    grid = draw(st.sampled_from((30, 30, 15)))
    count = draw(st.integers(2, 5))
    rooms = [
        {
            "id": f"R{n}",
            "site": draw(st.sampled_from(("S", "S", "S2"))),
            "capacity": draw(st.sampled_from((2, 2, 3, 1))),
            "neutral": draw(st.sampled_from((True, True, True, False))),
            "busy": draw(busy_times(("b", "t"))),
        }
        for n in range(draw(st.integers(1, 2)))
    ]
    talks = [draw(requests(n)) for n in range(1, count + 1)]
    if draw(st.integers(0, 3)) == 0:
        pin(draw, draw(st.sampled_from(talks)), rooms)
    return {
        "format": "talkplan/1",
        "t0": f"{friday}T00:00:00Z",
        "horizon_min": 4 * 1440,
        "cycle": {
            "today": str(friday - timedelta(days=14)),
            "window": [str(friday), str(friday + timedelta(days=3))],
            "lead_days": 14,
            "grid_min": grid,
            "max_per_day": draw(st.integers(1, 2)),
            "cascade": draw(st.sampled_from(("off", "soft", "hard"))),
            "status_policy": {
                "b": "hard",
                "o": "hard",
                "t": draw(st.sampled_from(("soft", "hard", "free"))),
                "w": "free",
            },
        },
        "weights": draw(st.sampled_from(({}, {}, {"same_day": 30, "lunch": 7}))),
        "calendars": {"N": [], "H": draw(st.sampled_from(([], [str(friday)])))},
        "sites": [{"id": each, "tz": ZONES[0], "cal": "N"} for each in ("S", "S2")],
        "rooms": rooms,
        "people": [draw(people(n, friday)) for n in range(count + 1)],
        "talks": talks,
    }


@st.composite
def requests(draw: st.DrawFn, number: int) -> Document:
    wants = draw(st.sampled_from((True, True, False)))
    talk: Document = {
        "id": f"T{number}",
        "employee": f"P{number}",
        "manager": f"P{draw(st.sampled_from((0, 0, number // 2, number - 1)))}",
        "dur": draw(st.sampled_from((30, 60, 45))),
        "buf": draw(st.sampled_from((0, 15, 30))),
        "room": wants,
        "site": "S" if wants else draw(st.sampled_from((None, "S"))),
    }
    if draw(st.integers(0, 5)) == 0:
        talk["lead_days"] = draw(st.sampled_from((7, 16)))
    return talk


def pin(draw: st.DrawFn, talk: Document, rooms: list[Document]) -> None:
    """At a time HR chose: off the grid, out of hours and over other meetings if they will."""
    fit = [room["id"] for room in rooms if room["site"] == "S" and room["neutral"] and room["capacity"] >= 2]
    talk["pin"] = {
        "start": draw(st.sampled_from((NOON, NOON + 40, 3 * 1440 + NOON, 1440))),
        "room": draw(st.sampled_from([None, *fit])) if talk["room"] else None,
    }


@st.composite
def people(draw: st.DrawFn, number: int, friday: date) -> Document:
    zone = draw(st.sampled_from(ZONES))
    shift = int(datetime.combine(friday, datetime.min.time(), ZoneInfo(zone)).utcoffset().total_seconds() // 60)  # type: ignore[union-attr]
    opens = NOON + shift + draw(st.sampled_from((-30, 0, 0, 0, 20, 60)))
    hours = [[opens, opens + draw(st.sampled_from((90, 120, 150, 210)))]]
    if draw(st.integers(0, 4)) == 0:
        hours = [[opens, opens + 60], [opens + 75, opens + 150]]
    person: Document = {
        "id": f"P{number}",
        "manager": None,
        "site": "S",
        "tz": zone,
        "cal": draw(st.sampled_from(("N", "N", "N", "H"))),
        "hours": [hours if draw(st.integers(0, 9)) else [] for _ in range(5)] + [[], draw(st.sampled_from(([], hours)))],
        "lunch": draw(st.sampled_from((None, [opens, opens + 40], [opens + 60, opens + 90]))),
        "busy": draw(busy_times(("b", "o", "t", "w"))),
    }
    preferred = draw(st.sampled_from((None, [[opens, opens + 60]], [[opens, opens + 45], [opens + 60, opens + 120]])))
    if preferred:
        person["pref"] = preferred
    if draw(st.integers(0, 5)) == 0:
        person["max_per_day"] = draw(st.integers(1, 2))
    return person


@st.composite
def busy_times(draw: st.DrawFn, kinds: tuple[str, ...]) -> dict[str, list[int]]:
    found = {}
    for kind in draw(st.sets(st.sampled_from(kinds), max_size=2)):
        day, at = draw(st.sampled_from((0, 3))), draw(st.integers(-2, 8)) * 15 + draw(st.sampled_from((0, 0, 5)))
        found[kind] = [day * 1440 + NOON + at, day * 1440 + NOON + at + draw(st.sampled_from((10, 30, 90)))]
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A talk at a start, in a room or none; *price* is what it costs whatever else is placed."""

    talk: str
    start: int
    room: str | None
    day: date
    price: int


class Judge:
    """The rules and prices of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.cycle = document["cycle"]
        self.weights = WEIGHTS | document["weights"]
        self.people = {each["id"]: each for each in document["people"]}
        self.rooms = {each["id"]: each for each in document["rooms"]}
        self.talks = {each["id"]: each for each in document["talks"]}
        self.own = {each["employee"]: each["id"] for each in document["talks"]}
        self.zero = datetime.fromisoformat(document["t0"]).astimezone(UTC)
        self.local_day = cache(self._local_day)
        first, last = map(date.fromisoformat, self.cycle["window"])
        usable = max(first, date.fromisoformat(self.cycle["today"]) + timedelta(days=self.cycle["lead_days"]))
        days = [usable + timedelta(days=n) for n in range((last - usable).days + 1)]
        self.weeks = max(1, len({day.isocalendar()[:2] for day in days if day.weekday() < 5}))

    def _local_day(self, minute: int, zone: str) -> date:
        return (self.zero + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)).date()

    def minute(self, day: date, of_day: int, zone: str) -> int:
        wall = datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) + timedelta(minutes=of_day)
        return int((wall.astimezone(UTC) - self.zero).total_seconds() // 60)

    def choices(self, talk: Document) -> list[Choice]:
        """Everything a talk could do if it were alone, cheapest first."""
        pinned = talk.get("pin")
        starts = [pinned["start"]] if pinned else self.starts(talk)
        zone = self.people[talk["manager"]]["tz"]
        found = []
        for start in starts:
            rooms = [pinned["room"]] if pinned else [None, *self.free_rooms(talk, start)]
            for room in rooms:
                price = self.price(talk, start) + (self.weights["no_room"] if talk["room"] and room is None else 0)
                day = self.local_day(start, zone)
                found.append(Choice(talk=talk["id"], start=start, room=room, day=day, price=price))
        return sorted(found, key=lambda choice: (choice.price, choice.start, choice.room or ""))

    def starts(self, talk: Document) -> list[int]:
        length, horizon = talk["dur"] + talk["buf"], self.document["horizon_min"]
        every = range(0, horizon - length + 1, self.cycle["grid_min"])
        return [start for start in every if self.in_time(talk, start) and self.both_can(talk, start)]

    def in_time(self, talk: Document, start: int) -> bool:
        day = self.local_day(start, self.people[talk["employee"]]["tz"])
        first, last = map(date.fromisoformat, self.cycle["window"])
        notice = timedelta(days=talk.get("lead_days", self.cycle["lead_days"]))
        return first <= day <= last and day >= date.fromisoformat(self.cycle["today"]) + notice

    def both_can(self, talk: Document, start: int) -> bool:
        ends = {talk["employee"]: start + talk["dur"], talk["manager"]: start + talk["dur"] + talk["buf"]}
        return all(
            self.at_work(self.people[who], start, end) and not meets(self.busy(self.people[who], "hard"), start, end)
            for who, end in ends.items()
        )

    def at_work(self, person: Document, start: int, end: int) -> bool:
        day = self.local_day(start, person["tz"])
        if str(day) in self.document["calendars"][person["cal"]]:
            return False
        spans = [
            (self.minute(day, a, person["tz"]), self.minute(day, b, person["tz"]))
            for a, b in person["hours"][day.weekday()]
        ]
        return any(a <= start and end <= b for a, b in spans)

    def busy(self, person: Document, level: str) -> list[tuple[int, int]]:
        policy = self.cycle["status_policy"]
        return [span for kind, flat in person["busy"].items() if policy[kind] == level for span in spans_of(flat)]

    def free_rooms(self, talk: Document, start: int) -> list[str]:
        end = start + talk["dur"] + talk["buf"]
        return [
            room["id"]
            for room in self.document["rooms"]
            if talk["room"] and room["site"] == talk["site"] and room["neutral"] and room["capacity"] >= 2
            if not any(meets(spans_of(flat), start, end) for flat in room["busy"].values())
        ]

    def price(self, talk: Document, start: int) -> int:
        end, price, late = start + talk["dur"], 0, False
        manager = self.people[talk["manager"]]
        for person in (self.people[talk["employee"]], manager):
            day, zone = self.local_day(start, person["tz"]), person["tz"]
            if person["lunch"]:
                a, b = (self.minute(day, each, zone) for each in person["lunch"])
                price += self.weights["lunch"] if a < end and start < b else 0
            late = late or (day.weekday() == 4 and end > self.minute(day, 13 * 60, zone))
            price += self.weights["tentative"] if meets(self.busy(person, "soft"), start, end) else 0
        price += self.weights["friday"] if late else 0
        day, zone = self.local_day(start, manager["tz"]), manager["tz"]
        inside = [
            self.minute(day, a, zone) <= start and end <= self.minute(day, b, zone) for a, b in manager.get("pref", ())
        ]
        return price + (self.weights["pref_hours"] if inside and not any(inside) else 0)

    def together(self, one: Choice, other: Choice) -> bool:
        """Whether two choices break no rule between them; the number a day aside."""
        first, second = self.talks[one.talk], self.talks[other.talk]
        for who in {first["employee"], first["manager"]} & {second["employee"], second["manager"]}:
            ends = [each.start + talk["dur"] + (talk["buf"] if talk["manager"] == who else 0)
                    for each, talk in ((one, first), (other, second))]  # fmt: skip
            if one.start < ends[1] and other.start < ends[0]:
                return False
        lengths = [talk["dur"] + talk["buf"] for talk in (first, second)]
        apart = one.start >= other.start + lengths[1] or other.start >= one.start + lengths[0]
        if one.room is not None and one.room == other.room and not apart:
            return False
        return self.cycle["cascade"] != "hard" or not (self.too_early(one, other) or self.too_early(other, one))

    def too_early(self, own: Choice, team: Choice) -> bool:
        """*own* is the manager's own talk, and *team* one with their team that begins before it ends."""
        manager = self.talks[team.talk]["manager"]
        return self.own.get(manager) == own.talk and team.start < own.start + self.talks[own.talk]["dur"]

    def fits(self, choice: Choice, placed: list[Choice]) -> bool:
        manager = self.talks[choice.talk]["manager"]
        most = self.people[manager].get("max_per_day", self.cycle["max_per_day"])
        held = sum(self.talks[each.talk]["manager"] == manager and each.day == choice.day for each in placed)
        return held < most and all(self.together(choice, each) for each in placed)

    def cost(self, placed: list[Choice]) -> int:
        weights, managers = self.weights, [self.talks[each.talk]["manager"] for each in placed]
        days = Counter((who, each.day) for who, each in zip(managers, placed, strict=True))
        weeks = Counter((who, each.day.isocalendar()[:2]) for who, each in zip(managers, placed, strict=True))
        teams = Counter(talk["manager"] for talk in self.talks.values())
        early = sum(self.too_early(own, team) for own in placed for team in placed)
        total: int = (
            weights["unplaced"] * (len(self.talks) - len(placed))
            + sum(each.price for each in placed)
            + weights["same_day"] * sum(count - 1 for count in days.values())
            + weights["spread_week"] * sum(max(0, n + teams[who] // -self.weeks) for (who, _), n in weeks.items())
            + (weights["cascade"] * early if self.cycle["cascade"] == "soft" else 0)
        )
        return total


def spans_of(flat: list[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)


def meets(spans: Iterator[tuple[int, int]] | list[tuple[int, int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in spans)


def least_cost(judge: Judge) -> int:
    """Try everything; a branch ends where what is placed already costs as much as the best plan so far."""
    talks = sorted(judge.talks.values(), key=lambda talk: "pin" not in talk)
    every = [judge.choices(talk) for talk in talks]
    weights = judge.weights
    least = [min((c.price for c in choices), default=weights["unplaced"]) for choices in every]
    rest = [sum(least[n:]) for n in range(len(talks) + 1)]
    best = [judge.cost([]) * 2]

    def branch(number: int, placed: list[Choice], so_far: int) -> None:
        if so_far + rest[number] >= best[0]:
            return
        if number == len(talks):
            best[0] = min(best[0], judge.cost(placed))
            return
        for choice in every[number]:
            if judge.fits(choice, placed):
                branch(number + 1, [*placed, choice], so_far + choice.price)
        if "pin" not in talks[number]:
            branch(number + 1, placed, so_far + weights["unplaced"])

    branch(0, [], 0)
    return best[0]


def judged(judge: Judge, plan: Document) -> int:
    """The cost of a plan that breaks no rule; every assignment must be one of the talk's choices, and fit the rest."""
    placed: list[Choice] = []
    for each in plan["assignments"]:
        talk = judge.talks[each["talk"]]
        mine = [c for c in judge.choices(talk) if (c.start, c.room) == (each["start"], each["room"])]
        assert mine, f"{each} is no choice of {talk}"
        assert judge.fits(mine[0], placed), f"{each} does not go with {placed}"
        placed.append(mine[0])
    assert len({each.talk for each in placed}) == len(placed)
    assert {talk["id"] for talk in judge.talks.values() if "pin" in talk} <= {each.talk for each in placed}
    return judge.cost(placed)
