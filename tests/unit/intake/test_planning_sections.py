"""Rooms, the planner's rules and HR's wishes in a cycle file: their values, and every fault with its line."""

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.wishes import (
    EVERYBODY,
    Cascade,
    ExcludedPair,
    ForbiddenTime,
    PinnedTalk,
    PlanningRules,
    RoomList,
    SiteRoom,
    Wishes,
)
from talkcycle.intake.hr_files import read_cycle_and_roster
from talkcycle.intake.shipped_cycle import shipped_steps

HEAD = "window: {first: 2027-03-08, last: 2027-04-09}\nroster: roster.csv\n"
ROOMS = "rooms: {Malmö: [{name: Öresund, seats: 4}, {name: Skrubben, seats: 1}, {name: Ada, seats: 9, neutral: false}]}\n"
ROSTER = """id,name,email,manager,site,time zone,excluded
1,Anna Ek,anna@x.example,,Malmö,,
21,Bo Ask,bo@x.example,1,Malmö,,
22,Cy Li,cy@x.example,1,Malmö,,
23,Di Alm,di@x.example,1,London,Europe/London,
31,Ed Ros,ed@x.example,21,Malmö,,
32,Fi Lind,fi@x.example,21,,,
33,Gy Berg,gy@x.example,21,Malmö,,on leave
"""


def read(folder: Path, cycle: str, templates: Mapping[str, set[str]]) -> Cycle:
    (folder / "cycle.yaml").write_text(HEAD + cycle, encoding="utf-8")
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return read_cycle_and_roster(folder / "cycle.yaml", templates=templates, default_contact="talks@example.com")[0]


def faults(folder: Path, cycle: str, templates: Mapping[str, set[str]]) -> list[str]:
    with pytest.raises(FaultyInput) as raised:
        read(folder, cycle, templates)
    return [str(fault).removeprefix(f"{folder}/cycle.yaml") for fault in raised.value.faults]


def test_a_file_that_says_nothing_has_the_default_rules(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    cycle = read(tmp_path, "", templates)
    assert (cycle.rooms, cycle.planning, cycle.wishes) == ({}, PlanningRules(), Wishes())


def test_rooms_belong_to_sites(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    assert read(tmp_path, ROOMS, templates).rooms == {
        "Malmö": (
            SiteRoom(name="Öresund", seats=4),
            SiteRoom(name="Skrubben", seats=1),
            SiteRoom(name="Ada", seats=9, neutral=False),
        )
    }


def test_a_room_may_have_a_mailbox(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    text = "rooms: {Malmö: [{name: Öresund, seats: 4, address: oresund@x.example}]}\n"
    assert read(tmp_path, text, templates).rooms == {
        "Malmö": (SiteRoom(name="Öresund", seats=4, address="oresund@x.example"),)
    }


def test_a_site_may_have_a_room_list_instead_of_rooms_or_besides(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    text = """rooms:
  Malmö:
    list: rooms-malmo@x.example
    rooms: [{name: Skrubben, seats: 2}]
  London: {list: rooms-london@x.example, seats: 6}
"""
    cycle = read(tmp_path, text, templates)
    assert cycle.rooms == {"Malmö": (SiteRoom(name="Skrubben", seats=2),)}
    assert cycle.room_lists == {
        "Malmö": RoomList(address="rooms-malmo@x.example", seats=4),
        "London": RoomList(address="rooms-london@x.example", seats=6),
    }


def test_a_wished_room_may_be_one_of_a_list_that_only_the_server_knows(
    tmp_path: Path, templates: dict[str, set[str]]
) -> None:
    wish = "wishes: {pin: [{employee: 21, at: 2027-03-10 10:00, room: Turning Torso}]}\n"
    cycle = read(tmp_path, "rooms: {Malmö: {list: rooms-malmo@x.example}}\n" + wish, templates)
    assert cycle.wishes.pinned[0].room == "Turning Torso"


def test_room_lists_need_a_server_that_knows_them(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    (tmp_path / "cycle.yaml").write_text(HEAD + "rooms: {Malmö: {list: rooms@x.example}}\n", encoding="utf-8")
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="utf-8")
    with pytest.raises(FaultyInput) as raised:
        read_cycle_and_roster(
            tmp_path / "cycle.yaml", templates=templates, default_contact="talks@example.com", transports={"smtp"}
        )
    assert str(raised.value).removeprefix(f"{tmp_path}/") == (
        "cycle.yaml:3: rooms.Malmö.list service.yaml has neither exchange nor graph, who know lists of rooms. "
        "Write the rooms themselves, as `- {name: Vättern, seats: 4}`, or let IT configure Exchange or Graph."
    )


def test_rules_are_written_in_words(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    text = """planning:
  cascade: hard
  busy_times: {busy: avoid, away: blocks, tentative: free, working_elsewhere: blocks, outside_working_hours: free}
  lunch: 11.30-12.30
  preferred_hours: ["13:00-15:00", "09:00-11:00"]
  calendars: busy
"""
    assert read(tmp_path, text, templates).planning == PlanningRules(
        cascade=Cascade.HARD,
        blocks={
            BusyKind.BUSY: Blocks.SOFT,
            BusyKind.AWAY: Blocks.HARD,
            BusyKind.TENTATIVE: Blocks.FREE,
            BusyKind.ELSEWHERE: Blocks.HARD,
        },
        outside_hours=Blocks.FREE,
        lunch=(690, 750),
        preferred=((540, 660), (780, 900)),
        calendars="busy",
    )


def test_a_rule_alone_leaves_the_others_as_they_are(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    rules = read(
        tmp_path, "planning: {lunch: none, preferred_hours: 9-12, busy_times: {away: free}}\n", templates
    ).planning
    assert rules == PlanningRules(
        blocks={**PlanningRules().blocks, BusyKind.AWAY: Blocks.FREE}, lunch=None, preferred=((540, 720),)
    )


def test_off_is_a_word_and_no_switch(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    assert read(tmp_path, "planning: {cascade: off}\n", templates).planning.cascade is Cascade.OFF


def test_wishes_have_their_values(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    text = """wishes:
  pin:
    - {employee: 21, at: 2027-03-10 10:00, room: Öresund}
    - {employee: 31, at: 10.3.2027 13.15}
  forbid:
    - {who: everybody, days: 2027-03-11}
    - {who: [Malmö, 32], days: 2027-03-15..2027-03-19; 2027-04-02, hours: 13:00-17:00, weekdays: [mon, fri]}
  exclude:
    - {employee: 22, manager: 1, reason: they talked in January}
"""
    some = ForbiddenTime(
        who=frozenset({"Malmö", "32"}),
        first=date(2027, 3, 15),
        last=date(2027, 3, 19),
        hours=(780, 1020),
        weekdays=frozenset({0, 4}),
    )
    assert read(tmp_path, ROOMS + text, templates).wishes == Wishes(
        pinned=(
            PinnedTalk(employee="21", at=datetime(2027, 3, 10, 10), room="Öresund"),
            PinnedTalk(employee="31", at=datetime(2027, 3, 10, 13, 15)),
        ),
        forbidden=(
            ForbiddenTime(who=frozenset({EVERYBODY}), first=date(2027, 3, 11), last=date(2027, 3, 11)),
            some,
            replace(some, first=date(2027, 4, 2), last=date(2027, 4, 2)),
        ),
        excluded=(ExcludedPair(employee="22", manager="1", reason="they talked in January"),),
    )


@pytest.mark.parametrize(
    "pins",
    [
        pytest.param(
            "[{employee: 21, at: 2027-03-10 10:00}, {employee: 22, at: 2027-03-10 11:30}]", id="after the pause"
        ),
        pytest.param("[{employee: 31, at: 2027-03-10 10:00}, {employee: 22, at: 2027-03-10 10:00}]", id="others at once"),
        pytest.param(
            "[{employee: 21, at: 2027-03-10 10:00}, {employee: 31, at: 2027-03-10 11:00}]", id="no pause as guest"
        ),
        pytest.param("[{employee: 21, at: 2027-03-10 10:00}, {employee: 23, at: 2027-03-10 10:30}]", id="another zone"),
    ],
)
def test_talks_that_only_touch_are_welcome(tmp_path: Path, templates: dict[str, set[str]], pins: str) -> None:
    assert len(read(tmp_path, f"wishes: {{pin: {pins}}}\n", templates).wishes.pinned) == 2


@given(
    starts=st.dictionaries(st.sampled_from(["21", "22", "23", "31", "32"]), st.integers(0, 12), min_size=2, max_size=4),
    minutes=st.sampled_from([15, 45, 60]),
    buffer=st.sampled_from([0, 15, 30]),
)
@settings(max_examples=40)
def test_pins_are_accepted_exactly_when_nobody_is_in_two_talks(starts: dict[str, int], minutes: int, buffer: int) -> None:
    """*starts*: quarters of an hour after nine in Stockholm. The reference counts the minutes of each person."""
    managers = {"21": "1", "22": "1", "23": "1", "31": "21", "32": "21"}
    taken: Counter[tuple[str, int]] = Counter()
    pins = []
    for id_, quarters in starts.items():
        begins = 540 + 15 * quarters
        taken.update((id_, minute) for minute in range(begins, begins + minutes))
        taken.update((managers[id_], minute) for minute in range(begins, begins + minutes + buffer))
        local = begins - 60 if id_ == "23" else begins
        pins.append(f"{{employee: {id_}, at: 2027-03-10 {local // 60:02}:{local % 60:02}}}")
    text = f"""agenda: [{{id: summary, minutes: 5}}]
talk: {{minutes: {minutes}, buffer: {buffer}, most_per_day: 12}}
wishes: {{pin: [{", ".join(pins)}]}}
"""
    found: list[Fault] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            read(Path(folder), text, {"sv": set(shipped_steps(21))})
        except FaultyInput as error:
            found.extend(error.faults)
    assert all("is in the talk of" in fault.problem for fault in found)
    assert bool(found) == (max(taken.values()) > 1)


FAULTS = [
    pytest.param(
        "rooms:\n  Malmö:\n    list: rooms\n    seats: 0\n    rooms: {name: A, seats: 2}\n  London: {seats: 3}\n"
        "  Oslo: {list: a@x.example, rooms: [{name: B, seats: 2, address: b@x.example}, "
        "{name: C, seats: 2, address: x}]}\n"
        "  Bergen:\n    - {name: D, seats: 2, address: B@x.example}\n  Umeå: {list: A@x.example}\n",
        [
            (
                ':5: rooms.Malmö.list "rooms" is not an address: it needs exactly one @. '
                "Write one address such as anna.berg@example.com."
            ),
            ':6: rooms.Malmö.seats "0" is too little. The least is 1.',
            (
                ":7: rooms.Malmö.rooms must be a list of rooms. "
                "Write each room on a line of its own, such as `- {name: Vättern, seats: 4}`."
            ),
            ":8: rooms.London.list is missing. Write for example `list: rooms-stockholm@example.com`.",
            (
                ':9: rooms.Oslo.rooms[2].address "x" is not an address: it needs exactly one @. '
                "Write one address such as anna.berg@example.com."
            ),
            ':11: rooms.Bergen[1].address "B@x.example" stands here for the second time; first on line 9. Keep one.',
            ':12: rooms.Umeå.list "A@x.example" stands here for the second time; first on line 9. Keep one.',
        ],
        id="room lists and mailboxes of rooms that cannot be",
    ),
    pytest.param(
        "rooms: {Malmö: {name: A, seats: 2}}\n",
        [
            (
                ":3: rooms.Malmö must be a list of rooms. Write each room on a line of its own, "
                "such as `- {name: Vättern, seats: 4}`."
            )
        ],
        id="a room without its list",
    ),
    pytest.param(
        "rooms: [A]\n",
        [":3: rooms must be a group of settings. Write each site with its rooms below, indented."],
        id="rooms without a site",
    ),
    pytest.param(
        "rooms:\n  Malmö:\n    - {name: A, seats: 0}\n    - {name: A}\n"
        "    - {name: b, seats: 2}\n    - {name: B, seats: 3}\n",
        [
            ':5: rooms.Malmö[1].seats "0" is too little. The least is 1.',
            ":6: rooms.Malmö[2].seats is missing. Write for example `seats: 4`.",
            ':8: rooms.Malmö[4].name "B" is the name of two rooms of Malmö. Give one of them another name.',
        ],
        id="faulty rooms",
    ),
    pytest.param(
        "rooms: {Malmo: [{name: A, seats: 2}]}\n",
        [':3: rooms.Malmo nobody in the roster is at "Malmo". Did you mean "Malmö"?'],
        id="rooms of a misspelt site",
    ),
    pytest.param(
        "place: {others: online}\nrooms: {Malmö: [{name: A, seats: 2}]}\n",
        [
            (
                ":4: rooms.Malmö talks of Malmö are online, so they take no room. "
                "Write `place: {Malmö: to be agreed}`, or take its rooms away."
            )
        ],
        id="rooms where talks are online",
    ),
    pytest.param(
        "planning:\n  cascade: always\n  lunch: noon\n"
        "  preferred_hours: [9-12, 11-13]\n  busy_times: {tentative: soft, bsy: free}\n",
        [
            ':4: planning.cascade "always" is not one of the choices. Write off, soft or hard.',
            (
                ':5: planning.lunch "noon" is not a span of hours. '
                "Write hours such as 08:00-17:00, or 08:00-12:00, 13:00-17:00."
            ),
            (
                ':6: planning.preferred_hours "9-12, 11-13" has hours that overlap. '
                "Write hours such as 08:00-17:00, or 08:00-12:00, 13:00-17:00."
            ),
            ':7: planning.busy_times.bsy "bsy" is not a setting. Did you mean "busy"?',
            ':7: planning.busy_times.tentative "soft" is not one of the choices. Write blocks, avoid or free.',
        ],
        id="faulty rules",
    ),
    pytest.param(
        "wishes: {pins: [], pin: {employee: 21}}\n",
        [
            ":3: wishes.pin must be a list. Write each wish on a line of its own, beginning with a dash.",
            ':3: wishes.pins "pins" is not a setting. Did you mean "pin"?',
        ],
        id="wishes of no kind",
    ),
    pytest.param(
        "wishes: none\n",
        [":3: wishes must be a group of settings. Write `pin:`, `forbid:` or `exclude:` below it, indented."],
        id="wishes that are no group",
    ),
    pytest.param(
        "wishes:\n  pin:\n    - {employee: 21, at: 2027-03-10}\n"
        "    - {employee: 22, at: 2027-03-10 25:00}\n    - {employee: 31}\n"
        "    - {employee: 32, at: 2027-03-10T10:00Z}\n",
        [
            ':5: wishes.pin[1].at "2027-03-10" is not a day and a time. Write them as 2027-03-10 10:00.',
            ':6: wishes.pin[2].at "25:00" is not a time of day. Write it as 09:00.',
            ":7: wishes.pin[3].at is missing. Write for example `at: 2027-03-10 10:00`.",
            ':8: wishes.pin[4].at "10:00Z" is not a time of day. Write it as 09:00.',
        ],
        id="pins without a moment",
    ),
    pytest.param(
        "wishes:\n  pin:\n    - {employee: 21a, at: 2027-03-10 10:00}\n    - {employee: cy li, at: 2027-03-10 10:00}\n"
        "  exclude: [{employee: x, manager: 1, reason: y}]\n",
        [
            ':5: wishes.pin[1].employee nobody in the roster has the id "21a". Did you mean "21"?',
            ':6: wishes.pin[2].employee nobody in the roster has the id "cy li". Write the id: "22".',
            ':7: wishes.exclude[1].employee nobody in the roster has the id "x". Write an id of the roster.',
        ],
        id="ids of nobody",
    ),
    pytest.param(
        "wishes:\n  pin:\n    - {employee: 1, at: 2027-03-10 10:00}\n    - {employee: 33, at: 2027-03-10 10:00}\n"
        "    - {employee: 22, at: 2027-03-10 10:00}\n  exclude: [{employee: 22, manager: 1, reason: y}]\n",
        [
            (
                ':5: wishes.pin[1].employee "1" has no manager and so no talk. '
                "Write another id, or name the manager in the roster."
            ),
            (
                ':6: wishes.pin[2].employee "33" is excluded in the roster and has no talk. '
                "Take the wish away, or the exclusion in the roster."
            ),
            (
                ':7: wishes.pin[3].employee "22" has a time here and no talk under `exclude`. '
                "Take away one of the two wishes."
            ),
        ],
        id="a time for somebody without a talk",
    ),
    pytest.param(
        "wishes:\n  pin:\n    - {employee: 21, at: 2027-04-10 10:00}\n    - {employee: 22, at: 2027-03-10 10:00}\n"
        "    - {employee: 22, at: 2027-03-11 10:00}\n",
        [
            ":5: wishes.pin[1].at 2027-04-10 is outside the window. Write a day from 2027-03-08 to 2027-04-09.",
            ':7: wishes.pin[3].employee "22" has two times. Keep one of them.',
        ],
        id="a time outside the window and two of one person",
    ),
    pytest.param(
        ROOMS + "wishes:\n  pin:\n    - {employee: 21, at: 2027-03-10 10:00, room: Oresund}\n"
        "    - {employee: 22, at: 2027-03-11 10:00, room: Skrubben}\n"
        "    - {employee: 31, at: 2027-03-12 10:00, room: Ada}\n"
        "    - {employee: 32, at: 2027-03-15 10:00, room: Öresund}\n"
        "    - {employee: 23, at: 2027-03-16 10:00, room: Öresund}\n",
        [
            ':6: wishes.pin[1].room Malmö, where "21" sits, has no room "Oresund". Did you mean "Öresund"?',
            ':7: wishes.pin[2].room "Skrubben" has one seat and holds no talks. Write another room.',
            ':8: wishes.pin[3].room "Ada" is not neutral and holds no talks. Write another room.',
            (
                ':9: wishes.pin[4].room "32" has no site and so no rooms. '
                "Write their site in the roster, or take the room away."
            ),
            (
                ':10: wishes.pin[5].room London, where "23" sits, has no room "Öresund". '
                "Write it under `rooms: {London: ...}`."
            ),
            (
                ':10: wishes.pin[5].room the manager of "23" is at another site. '
                "Take the room away: talks between sites have the place under `place`."
            ),
        ],
        id="rooms that a talk cannot have",
    ),
    pytest.param(
        "wishes:\n  pin:\n    - {employee: 21, at: 2027-03-10 10:00}\n    - {employee: 22, at: 2027-03-10 11:15}\n"
        "    - {employee: 31, at: 2027-03-10 10:45}\n    - {employee: 23, at: 2027-03-10 09:00}\n",
        [
            (
                ':6: wishes.pin[2].at "1" is in the talk of "21" (line 5) then. '
                "Write another time; after that talk and its pause it is 11:30."
            ),
            (
                ':7: wishes.pin[3].at "21" is in the talk of "21" (line 5) then. '
                "Write another time; after that talk and its pause it is 11:30."
            ),
            (
                ':8: wishes.pin[4].at "1" holds 2 talks that day already. '
                "Write another day, or let the manager hold more talks a day."
            ),
            (
                ':8: wishes.pin[4].at "1" is in the talk of "21" (line 5) then. '
                "Write another time; after that talk and its pause it is 10:30."
            ),
            (
                ':8: wishes.pin[4].at "1" is in the talk of "22" (line 6) then. '
                "Write another time; after that talk and its pause it is 11:45."
            ),
        ],
        id="two talks of one person at once",
    ),
    pytest.param(
        ROOMS + "wishes:\n  pin:\n    - {employee: 22, at: 2027-03-10 10:00, room: Öresund}\n"
        "    - {employee: 31, at: 2027-03-10 11:15, room: Öresund}\n",
        [
            (
                ':7: wishes.pin[2].at "Öresund" is taken by the talk of "22" (line 6) then. '
                "Write another time or another room."
            ),
        ],
        id="two talks in one room at once",
    ),
    pytest.param(
        "talk: {hours: 00:00-24:00, days: mon-sun}\nwishes:\n  pin:\n    - {employee: 21, at: 2027-03-28 02:30}\n"
        "    - {employee: 22, at: 2027-03-10 10:05}\n",
        [
            (
                ":6: wishes.pin[1].at no clock in Europe/Stockholm shows 02:30 that day: summer time begins. "
                "Write an hour later."
            ),
            (
                ":7: wishes.pin[2].at talks begin every 15 minutes, not at 10:05. "
                "Write 10:00 or 10:15, or change `talk: {grid: ...}`."
            ),
        ],
        id="times that no clock shows or no talk begins at",
    ),
    pytest.param(
        "wishes:\n  pin:\n    - {employee: 21, at: 2027-03-10 12:00}\n    - {employee: 31, at: 2027-03-12 11:45}\n"
        "  forbid:\n    - {who: 1, days: 2027-03-10, hours: 13:15-14:00}\n"
        "    - {who: everybody, days: 2027-03-08..2027-03-19, hours: 12:30-13:00, weekdays: fri}\n",
        [
            ':5: wishes.pin[1].at this time is forbidden for "1". Write another time, or change the wish under `forbid`.',
            (
                ":6: wishes.pin[2].at this time is forbidden for everybody. "
                "Write another time, or change the wish under `forbid`."
            ),
        ],
        id="a time that is forbidden",
    ),
    pytest.param(
        "wishes:\n  forbid:\n    - {who: [Malmö, Anna Ek, Londn], days: 2027-03-10}\n"
        "    - {who: everbody, days: 2027-03-12..2027-03-11}\n    - {who: everybody, days: 2027-04-10}\n"
        "    - {who: 21, days: 2027-03-08..2027-03-10, weekdays: fri}\n    - {who: 21}\n"
        "    - {who: [Oslo], days: 2027-03-10, hours: 15-13}\n    - {who: 21, days: 2027-03-10..2028-03-10}\n",
        [
            ':5: wishes.forbid[1].who[2] "Anna Ek" is neither an id nor a site of the roster. Did you mean "1"?',
            ':5: wishes.forbid[1].who[3] "Londn" is neither an id nor a site of the roster. Did you mean "London"?',
            ':6: wishes.forbid[2].days "2027-03-12..2027-03-11" ends before it begins. Write the first day first.',
            (
                ":7: wishes.forbid[3].days 2027-04-10 is outside the window. "
                "Write days from 2027-03-08 to 2027-04-09, or take the wish away."
            ),
            (
                ":8: wishes.forbid[4].weekdays 2027-03-08..2027-03-10 has no such day. "
                "Write another day of the week, or take `weekdays` away."
            ),
            ":9: wishes.forbid[5].days is missing. Write for example `days: 2027-03-11`.",
            ':10: wishes.forbid[6].hours "15-13" ends before it begins. Write hours past midnight as two days\' hours.',
            ":11: wishes.forbid[7].days 2027-03-10..2028-03-10 is longer than a year. Write the days that are meant.",
        ],
        id="what forbids nothing",
    ),
    pytest.param(
        "wishes:\n  exclude:\n    - {employee: 31, manager: 1, reason: x}\n    - {employee: 1, manager: 21, reason: x}\n"
        "    - {employee: 21, manager: 31, reason: x}\n    - {employee: 32, manager: 21, reason: x}\n"
        "    - {employee: 32, manager: 21, reason: x}\n    - {employee: 22, manager: 1}\n",
        [
            ':5: wishes.exclude[1].manager "1" is not the manager of "31". Their manager is "21".',
            ':6: wishes.exclude[2].manager "21" is not the manager of "1". Exchange the two.',
            ':7: wishes.exclude[3].manager "31" is not the manager of "21". Exchange the two.',
            ':9: wishes.exclude[5].employee "32" is excluded twice. Keep one of them.',
            ":10: wishes.exclude[6].reason is missing. Write for example `reason: they talked in January`.",
        ],
        id="pairs that are none",
    ),
    pytest.param(
        "planning: {cascade: hard}\nwishes:\n  pin:\n    - {employee: 21, at: 2027-03-10 10:00}\n"
        "    - {employee: 31, at: 2027-03-09 10:00}\n",
        [
            (
                ":7: wishes.pin[2].at the manager's own talk (line 6) is not over, and `cascade: hard` puts it first. "
                "Write a later time, or `cascade: soft`."
            )
        ],
        id="a talk before the manager's own",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_every_fault_is_named_with_its_line_and_mend(
    tmp_path: Path, templates: dict[str, set[str]], text: str, expected: list[str]
) -> None:
    assert faults(tmp_path, text, templates) == expected


def test_ids_are_checked_even_where_the_rest_is_faulty(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    text = "notice: 3\nwishes: {pin: [{employee: 99, at: 2027-03-10 10:00}]}\n"
    assert [fault.partition(" ")[0] for fault in faults(tmp_path, text, templates)] == [":3:", ":4:"]


def test_who_repeats_the_cycle_is_told_to_name_the_round(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    text = "repeat: every year\nwishes: {pin: [{employee: 21, at: 2028-03-10 10:00}]}\n"
    assert faults(tmp_path, text, templates) == [
        (
            ":4: wishes.pin[1].at 2028-03-10 is outside the window. "
            "Write a day from 2027-03-08 to 2027-04-09, or set `window` to the round that is meant."
        )
    ]
