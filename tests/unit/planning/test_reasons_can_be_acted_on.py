"""Every kind of reason, word by word, and that doing what it says helps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from talkcycle.domain.busy import BusyKind
from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Absence, Person, WeekHours
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.build import instance_of
from talkcycle.planning.instance import Assignment, Attendee, Instance, Pin, Plan, Request, Room, Site
from talkcycle.planning.reason_words import sentence
from talkcycle.planning.reasons import explain, explain_rooms
from talkcycle.planning.reasons import reasons as found_reasons
from talkplan_tools import solved

FEBRUARY = date(2027, 2, 1)
WEEK = Window(first=date(2027, 3, 1), last=date(2027, 3, 5))
TWO_WEEKS = Window(first=date(2027, 3, 1), last=date(2027, 3, 12))
EARLY: WeekHours = (((6 * 60, 9 * 60 + 30),),) * 5 + ((),) * 2
SHORT: WeekHours = (((9 * 60, 10 * 60 + 15), (13 * 60, 14 * 60)),) * 5 + ((),) * 2
MONDAYS: WeekHours = (((8 * 60, 17 * 60),),) + ((),) * 6
TUESDAYS: WeekHours = ((), ((8 * 60, 17 * 60),)) + ((),) * 5
AWAY = (Absence(first=WEEK.first, last=WEEK.last + timedelta(days=2)),)


def instance(cycle: Cycle, *people: Person, today: date = FEBRUARY) -> Instance:
    return instance_of(cycle, {each.id: each for each in people}, {}, today=today)[0]


def reasons(of: Instance) -> list[str]:
    return list(explain(of, solved(of, attempts=500).plan).values())


@pytest.fixture(scope="session")
def pair(person: Callable[..., Person]) -> Callable[..., tuple[Person, ...]]:
    """Employee and manager, each with some facts of their own."""

    def make(employee: Mapping[str, Any], manager: Mapping[str, Any]) -> tuple[Person, ...]:
        return person("E", "M", **employee), person("M", None, **manager)

    return make


MONDAY = datetime(2027, 3, 1, tzinfo=UTC)
NINE_TO_NOON: WeekHours = (((9 * 60, 12 * 60),),) * 5 + ((),) * 2
Busy = tuple[tuple[int, int], ...]


def minute(day: int, hour: float) -> int:
    """After Monday 1 March 2027, midnight UTC; *day*: 0 is that Monday."""
    return day * 1440 + int(hour * 60)


def attendee(id_: str, manager: str | None, **other: Any) -> Attendee:
    facts = {"zone": "UTC", "calendar": "none", "site": "Malmö", "hours": NINE_TO_NOON, **other}
    return Attendee(id=id_, manager=manager, **facts)


def small(*people: Attendee, days: int, horizon: int = 14, minutes: int = 90, **other: Any) -> Instance:
    """Everybody with a manager has a talk, from nine to noon UTC, in the first *days* days of March 2027."""
    return Instance(
        t0=MONDAY,
        horizon=horizon * 1440,
        today=date(2027, 2, 1),
        first=MONDAY.date(),
        last=MONDAY.date() + timedelta(days=days - 1),
        lead_days=7,
        grid=15,
        days=frozenset(range(7)),
        hours=(0, 1440),
        people={each.id: each for each in people},
        talks=tuple(
            Request(id=each.id, employee=each.id, manager=each.manager, minutes=minutes, buffer=0, site=each.site)
            for each in people
            if each.manager is not None
        ),
        calendars={"none": frozenset()},
        sites={"Malmö": Site(id="Malmö", zone="UTC", calendar="none")},
        **{"most_per_day": 5, **other},
    )


def busy(*times: tuple[int, float, float]) -> Mapping[BusyKind, Busy]:
    return {BusyKind.BUSY: tuple((minute(day, begins), minute(day, ends)) for day, begins, ends in times)}


def planned(of: Instance, *assignments: Assignment) -> Plan:
    has = {each.talk for each in assignments}
    return Plan(assignments=assignments, unplaced=tuple(talk.id for talk in of.talks if talk.id not in has))


def wanting_rooms(of: Instance, *rooms: Room) -> Instance:
    talks = tuple(replace(talk, wants_room=True) for talk in of.talks)
    return replace(of, talks=talks, rooms={room.id: room for room in rooms})


def test_a_notice_that_ends_after_the_window_names_the_first_possible_day(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    late = date(2027, 3, 1)

    assert reasons(instance(cycle(WEEK), *pair({}, {}), today=late)) == [
        (
            "The notice leaves no day: the first possible day, 15 March, is after the window's last, 5 March; "
            "the first time in a longer window would be 15 March 09:00."
        )
    ]
    longer = replace(WEEK, last=date(2027, 3, 15))
    assert reasons(instance(cycle(longer), *pair({}, {}), today=late)) == []
    assert reasons(instance(cycle(WEEK), *pair({}, {}), today=late - timedelta(days=10))) == []


def test_a_manager_who_is_away_is_told_from_one_who_never_works(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    assert reasons(instance(cycle(WEEK), *pair({}, {"absences": AWAY}))) == [
        (
            "The manager is away or not employed on every working day from 1 March to 5 March; "
            "the first time in a longer window would be 8 March 09:00."
        )
    ]
    assert reasons(instance(cycle(TWO_WEEKS), *pair({}, {"absences": AWAY}))) == []
    assert reasons(instance(cycle(WEEK), *pair({}, {"hours": ((),) * 7}))) == [
        "The manager has no working day from 1 March to 5 March."
    ]
    assert reasons(instance(cycle(WEEK), *pair({}, {"hours": TUESDAYS}))) == []


def test_an_employee_who_leaves_before_the_notice_is_over_is_named(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    leaver = {"ends": date(2027, 3, 2)}
    assert reasons(instance(cycle(WEEK), *pair(leaver, {}), today=date(2027, 2, 17))) == [
        "The employee is away or not employed on every working day from 3 March to 5 March."
    ]
    assert reasons(instance(cycle(WEEK), *pair(leaver, {}), today=date(2027, 2, 15))) == []


def test_working_hours_outside_the_hours_for_talks_are_named_with_both(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    assert reasons(instance(cycle(WEEK), *pair({"hours": EARLY}, {}))) == [
        (
            "The employee never works 60 minutes in one piece between 09:00 and 16:00 on a day for talks "
            "from 1 March to 5 March; with 30 minutes there would be 5 times; "
            "with talks between 08:00 and 16:00 there would be 5 times."
        )
    ]
    assert reasons(instance(cycle(WEEK, hours=(8 * 60, 16 * 60)), *pair({"hours": EARLY}, {}))) == []


def test_a_manager_whose_hours_do_not_hold_the_buffer_is_named(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    assert reasons(instance(cycle(WEEK), *pair({}, {"hours": SHORT}))) == [
        (
            "The manager never works 60 minutes and a buffer of 30 in one piece between 09:00 and 16:00 "
            "on a day for talks from 1 March to 5 March; with 45 minutes there would be 5 times."
        )
    ]
    assert reasons(instance(cycle(WEEK, buffer_minutes=15), *pair({}, {"hours": SHORT}))) == []


def test_two_people_who_never_work_at_the_same_time_are_told_from_two_who_are_away_in_turn(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    assert reasons(instance(cycle(WEEK), *pair({"hours": MONDAYS}, {"hours": TUESDAYS}))) == [
        (
            "The employee and the manager have no common working hours for 60 minutes and a buffer of 30 "
            "between 09:00 and 16:00."
        )
    ]
    kolkata = {"zone": "Asia/Kolkata"}
    assert reasons(instance(cycle(WEEK), *pair(kolkata, {"zone": "America/New_York"}))) == [
        (
            "The employee in Kolkata and the manager in New York have no common working hours "
            "for 60 minutes and a buffer of 30 between 09:00 and 16:00."
        )
    ]
    assert reasons(instance(cycle(WEEK), *pair(kolkata, {}))) == []
    tuesday_off = {"absences": (Absence(first=date(2027, 3, 2), last=date(2027, 3, 2)),)}
    all_but_tuesday = {"absences": tuple(Absence(first=date(2027, 3, n), last=date(2027, 3, n)) for n in (1, 3, 4, 5))}
    assert reasons(instance(cycle(WEEK), *pair(tuesday_off, all_but_tuesday))) == [
        (
            "The employee and the manager have no common 60 minutes and a buffer of 30 in their working hours "
            "before 6 March: one or the other is away; the first after it is 8 March 09:00."
        )
    ]
    assert reasons(instance(cycle(TWO_WEEKS), *pair(tuesday_off, all_but_tuesday))) == []


def test_full_days_say_how_many_talks_and_how_many_days(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    people = team(11).values()

    assert reasons(instance(cycle(WEEK), *people)) == [
        (
            "The manager's days are full: 2 talks a day on all 5 possible days; "
            "the first time in a longer window would be 8 March 09:00; with 3 talks a day there would be 9 times."
        )
    ]
    assert reasons(instance(cycle(TWO_WEEKS), *people)) == []
    assert reasons(instance(cycle(WEEK, most_per_day=3), *people)) == []
    monday = Window(first=WEEK.first, last=WEEK.first)
    assert reasons(instance(cycle(monday, most_per_day=1), *team(2).values())) == [
        (
            "The manager's days are full: 1 talk a day on the only possible day; "
            "the first time in a longer window would be 2 March 09:00; with 2 talks a day there would be 3 times."
        )
    ]


def test_times_taken_by_other_talks_are_told_from_full_days(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = [person("M", None, hours=MONDAYS), *(person(f"E{n}", "M") for n in range(3))]
    monday = Window(first=WEEK.first, last=WEEK.first)

    assert reasons(instance(cycle(monday, most_per_day=5, hours=(540, 720)), *people)) == [
        (
            "Every time that suits both the employee and the manager is taken by other talks of the two; "
            "the first time in a longer window would be 8 March 09:00."
        )
    ]
    assert reasons(instance(cycle(monday, most_per_day=5, hours=(540, 840)), *people)) == []


def test_a_full_day_and_a_taken_one_together_are_both_named(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    """Monday holds one talk of the manager's two, Tuesday all three it may."""
    short_monday: WeekHours = (((9 * 60, 11 * 60),), ((8 * 60, 17 * 60),)) + ((),) * 5
    people = [person("M", None, hours=short_monday), *(person(f"E{n}", "M") for n in range(4))]

    assert reasons(instance(cycle(WEEK), *people)) == [
        (
            "The manager's days are full or the times left on them are taken by other talks of the two; "
            "the first time in a longer window would be 8 March 09:00; with 3 talks a day there would be 2 times."
        )
    ]
    assert reasons(instance(cycle(WEEK, most_per_day=3), *people)) == []


@pytest.mark.parametrize(
    ("employee", "manager", "reason"),
    [
        (
            [(0, 7)],
            [],
            (
                "The employee's calendar is full whenever both work before 6 March; "
                "the first time in a longer window would be"
            ),
        ),
        (
            [],
            [(0, 7)],
            (
                "The manager's calendar is full whenever both work before 6 March; "
                "the first time in a longer window would be"
            ),
        ),
        (
            [(0, 3)],
            [(3, 7)],
            (
                "The employee and the manager have no common free 60 minutes and a buffer of 30 in their working hours "
                "before 6 March; the first after it is"
            ),
        ),
    ],
)
def test_a_full_calendar_says_whose(
    cycle: Callable[..., Cycle],
    pair: Callable[..., tuple[Person, ...]],
    employee: list[tuple[int, int]],
    manager: list[tuple[int, int]],
    reason: str,
) -> None:
    empty = instance(cycle(WEEK), *pair({}, {}))
    first = (WEEK.first - empty.t0.date()).days

    def full(id_: str, days: list[tuple[int, int]], kind: BusyKind) -> Any:
        busy = tuple(((first + low) * 1440, (first + high) * 1440) for low, high in days)
        return replace(empty.people[id_], busy={kind: busy})

    def with_busy(kind: BusyKind) -> Instance:
        return replace(empty, people={"E": full("E", employee, kind), "M": full("M", manager, kind)})

    assert reasons(with_busy(BusyKind.BUSY)) == [f"{reason} 8 March 09:00."]
    assert reasons(with_busy(BusyKind.TENTATIVE)) == []


def test_the_first_time_after_the_window_and_a_shorter_talk_are_said_with_names() -> None:
    """Both have 90 minutes free every day, but on four days only 60 of them together."""
    together = {0, 3, 4, 7}
    of = small(
        attendee("A", "B", busy=busy(*((day, 10.5, 14) for day in range(11)))),
        attendee("B", None, busy=busy(*((day, 6, 9.5 if day in together else 12) for day in range(15)), (15, 6, 10))),
        days=11,
        horizon=21,
    )

    (reason,) = found_reasons(of, planned(of))

    assert sentence(reason, "Anna", "Björn") == (
        "Anna and Björn have no common free 90 minutes in their working hours before 12 March; "
        "the first after it is 16 March 10:00; with 60 minutes there would be 4."
    )


def test_calendars_that_end_too_early_to_tell_are_said_to() -> None:
    always = busy(*((day, 9, 12.5) for day in range(14)))
    of = small(attendee("A", "B", busy=always), attendee("B", None), days=11)

    assert explain(of, planned(of)) == {
        "A": (
            "The employee's calendar is full whenever both work before 12 March. "
            "Calendars after 14 March were not looked at."
        )
    }


def test_the_shortest_appointment_that_alone_is_in_the_way_is_named_in_the_employees_time() -> None:
    """Leave, tentative hours and days full of meetings do not give way."""
    of = small(
        attendee("A", "B", zone="Europe/Stockholm", busy=busy((0, 8, 9.5), (0, 9.5, 10.5), (0, 10.5, 12))),
        attendee("B", None, busy={BusyKind.AWAY: ((minute(0, 11), minute(0, 12)),), **busy((0, 9.25, 9.5))}),
        days=1,
        horizon=1,
        minutes=60,
    )

    (reason,) = found_reasons(of, planned(of))

    assert sentence(reason, "Anna", "Björn") == (
        "Anna's calendar is full whenever both work before 2 March; it would be possible "
        "if Anna could move an appointment, 1 March 10:30 to 11:30 (Europe/Stockholm). "
        "Calendars after 2 March were not looked at."
    )


def test_times_that_hr_keeps_free_of_talks_are_not_blamed_on_calendars() -> None:
    forbidden = ((minute(0, 0), minute(1, 0)),)
    of = small(attendee("A", "B", forbidden=forbidden), attendee("B", None), days=1)

    assert explain(of, planned(of)) == {
        "A": (
            "Every time that suits the employee and the manager is one that HR keeps free of talks; "
            "the first time in a longer window would be 2 March 09:00."
        )
    }


def test_a_plan_that_leaves_out_a_talk_for_nothing_is_told_so() -> None:
    of = small(attendee("A", "B"), attendee("B", None), days=2)

    assert explain(of, planned(of)) == {"A": "Nothing stands in the way; it could be on 1 March 09:00."}


def test_a_cascade_that_leaves_no_time_says_so_and_what_any_order_would_give() -> None:
    of = small(attendee("T", None), attendee("M", "T"), attendee("E", "M"), days=1, horizon=1, cascade=Cascade.HARD)
    late = Assignment(talk="M", start=minute(0, 10.5))

    assert explain(of, planned(of, late)) == {
        "E": (
            "Every possible time is before the manager's own talk or after the first talk of the employee's team; "
            "with talks in any order there would be 1 time. Calendars after 1 March were not looked at."
        )
    }


ROOM = Room(id="R", site="Malmö", capacity=2, neutral=True)
BOOTH = Room(id="booth", site="Malmö", capacity=1, neutral=True)
OFFICE = Room(id="office", site="Malmö", capacity=4, neutral=False)


def three_talks(**other: Any) -> tuple[Instance, Plan]:
    """At nine, all at once, with three managers."""
    pairs = [attendee(f"E{n}", f"M{n}", **other) for n in range(3)] + [attendee(f"M{n}", None) for n in range(3)]
    of = small(*pairs, days=1, horizon=1)
    return of, planned(of, *(Assignment(talk=f"E{n}", start=minute(0, 9)) for n in range(3)))


def test_full_rooms_are_said_with_their_site_and_week_and_how_many_talks_have_none() -> None:
    of, plan = three_talks()
    taken = [replace(ROOM, id=f"R{n}", busy=busy((0, 9, 12))) for n in range(3)]

    assert explain_rooms(wanting_rooms(of, *taken, BOOTH, OFFICE), plan) == dict.fromkeys(
        ("E0", "E1", "E2"),
        "The three rooms in Malmö are full in week 9 whenever both could meet; 3 talks there have none; "
        "one more room there would hold this talk.",
    )


def test_a_full_room_that_would_take_a_shorter_talk_says_so() -> None:
    of, plan = three_talks()
    inside = Assignment(talk="E0", start=minute(0, 9), room="R")
    with_room = wanting_rooms(of, replace(ROOM, busy=busy((0, 11.5, 12))))

    assert explain_rooms(with_room, Plan(assignments=(inside, *plan.assignments[1:]), unplaced=())) == dict.fromkeys(
        ("E1", "E2"),
        "The only room in Malmö is full in week 9 whenever both could meet; 2 talks there have none; "
        "one more room there would hold this talk; with 60 minutes there would be 1 time with a room.",
    )


def test_a_room_that_is_free_at_another_time_is_named() -> None:
    of, plan = three_talks()
    with_room = wanting_rooms(of, replace(ROOM, busy=busy((0, 9, 10.5))))

    assert explain_rooms(with_room, plan)["E0"] == (
        "The plan gives the talk no room in Malmö in week 9, though there is one; a room is free on 1 March 10:30."
    )


def test_a_site_without_rooms_for_talks_and_a_talk_without_a_site_say_so() -> None:
    of, plan = three_talks()
    nowhere = three_talks(site=None)[0]

    assert explain_rooms(wanting_rooms(of, BOOTH, OFFICE), plan)["E0"] == (
        "There is no neutral room for two in Malmö; one more room there would hold this talk."
    )
    assert explain_rooms(wanting_rooms(nowhere, ROOM), plan)["E0"] == (
        "The talk has no site, so there are no rooms for it."
    )


def test_a_talk_fixed_without_a_room_is_left_alone() -> None:
    of, plan = three_talks()
    wanting = wanting_rooms(of, ROOM)
    fixed = replace(wanting, talks=tuple(replace(each, pin=Pin(start=minute(0, 9))) for each in wanting.talks))

    assert explain_rooms(fixed, plan)["E0"] == "The talk is fixed to its time, without a room."


def test_who_wants_no_room_or_has_one_needs_no_reason() -> None:
    of, plan = three_talks()
    has = Plan(assignments=tuple(replace(each, room="R") for each in plan.assignments[:1]), unplaced=())

    assert explain_rooms(of, plan) == {}
    assert explain_rooms(wanting_rooms(of, ROOM), has) == {}
