"""Every kind of reason, and that doing what it says helps."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from talkcycle.domain.busy import BusyKind
from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Absence, Person, WeekHours
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.build import instance_of
from talkcycle.planning.instance import Instance
from talkcycle.planning.solve import solve

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
    return [each.reason for each in solve(of).unplaced]


@pytest.fixture(scope="session")
def pair(person: Callable[..., Person]) -> Callable[..., tuple[Person, ...]]:
    """Employee and manager, each with some facts of their own."""

    def make(employee: Mapping[str, Any], manager: Mapping[str, Any]) -> tuple[Person, ...]:
        return person("E", "M", **employee), person("M", None, **manager)

    return make


def test_a_notice_that_ends_after_the_window_names_the_first_possible_day(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    late = date(2027, 3, 1)

    assert reasons(instance(cycle(WEEK), *pair({}, {}), today=late)) == [
        (
            "The notice leaves no day: the first possible day, 2027-03-15, is after the window's last, 2027-03-05; "
            "a longer window or an earlier approval would leave some."
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
            "The manager is away or not employed on every working day from 2027-03-01 to 2027-03-05; "
            "it takes a longer window, or another manager to hold the talk."
        )
    ]
    assert reasons(instance(cycle(TWO_WEEKS), *pair({}, {"absences": AWAY}))) == []
    assert reasons(instance(cycle(WEEK), *pair({}, {"hours": ((),) * 7}))) == [
        (
            "The manager has no working day from 2027-03-01 to 2027-03-05; "
            "it takes a longer window or other working days in the roster."
        )
    ]
    assert reasons(instance(cycle(WEEK), *pair({}, {"hours": TUESDAYS}))) == []


def test_an_employee_who_leaves_before_the_notice_is_over_is_named(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    leaver = {"ends": date(2027, 3, 2)}
    assert reasons(instance(cycle(WEEK), *pair(leaver, {}), today=date(2027, 2, 17))) == [
        (
            "The employee is away or not employed on every working day from 2027-03-03 to 2027-03-05; "
            "it takes a longer window."
        )
    ]
    assert reasons(instance(cycle(WEEK), *pair(leaver, {}), today=date(2027, 2, 15))) == []


def test_working_hours_outside_the_hours_for_talks_are_named_with_both(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    assert reasons(instance(cycle(WEEK), *pair({"hours": EARLY}, {}))) == [
        (
            "The employee never works 60 minutes in one piece between 09:00 and 16:00 on a day for talks in the window; "
            "it takes other hours or days for talks, or a shorter talk."
        )
    ]
    assert reasons(instance(cycle(WEEK, hours=(8 * 60, 16 * 60)), *pair({"hours": EARLY}, {}))) == []


def test_a_manager_whose_hours_do_not_hold_the_buffer_is_named(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    assert reasons(instance(cycle(WEEK), *pair({}, {"hours": SHORT}))) == [
        (
            "The manager never works 90 minutes in one piece, talk and buffer, with the talk between 09:00 and 16:00 "
            "on a day for talks in the window; it takes other hours or days for talks, or a shorter talk."
        )
    ]
    assert reasons(instance(cycle(WEEK, buffer_minutes=15), *pair({}, {"hours": SHORT}))) == []


def test_two_people_who_never_work_at_the_same_time_need_somebody_else_or_other_hours(
    cycle: Callable[..., Cycle], pair: Callable[..., tuple[Person, ...]]
) -> None:
    apart = [
        (
            "Employee and manager have no common 90 minutes in their working hours within the window, talk and buffer; "
            "it takes a longer window, other hours for talks, or another manager to hold the talk."
        )
    ]
    assert reasons(instance(cycle(WEEK), *pair({"hours": MONDAYS}, {"hours": TUESDAYS}))) == apart
    kolkata = {"zone": "Asia/Kolkata"}
    assert reasons(instance(cycle(WEEK), *pair(kolkata, {"zone": "America/New_York"}))) == apart
    assert reasons(instance(cycle(WEEK), *pair(kolkata, {}))) == []
    tuesday_off = {"absences": (Absence(first=date(2027, 3, 2), last=date(2027, 3, 2)),)}
    all_but_tuesday = {"absences": tuple(Absence(first=date(2027, 3, n), last=date(2027, 3, n)) for n in (1, 3, 4, 5))}
    assert reasons(instance(cycle(WEEK), *pair(tuesday_off, all_but_tuesday))) == apart
    assert reasons(instance(cycle(TWO_WEEKS), *pair(tuesday_off, all_but_tuesday))) == []


def test_full_days_say_how_many_talks_and_how_many_days(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    people = team(11).values()

    assert reasons(instance(cycle(WEEK), *people)) == [
        (
            "The manager's days are full: 2 talks a day on all 5 possible days; "
            "it takes a longer window or a higher limit a day."
        )
    ]
    assert reasons(instance(cycle(TWO_WEEKS), *people)) == []
    assert reasons(instance(cycle(WEEK, most_per_day=3), *people)) == []
    monday = Window(first=WEEK.first, last=WEEK.first)
    assert reasons(instance(cycle(monday, most_per_day=1), *team(2).values())) == [
        (
            "The manager's days are full: 1 talk a day on the only possible day; "
            "it takes a longer window or a higher limit a day."
        )
    ]


def test_times_taken_by_other_talks_are_told_from_full_days(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = [person("M", None, hours=MONDAYS), *(person(f"E{n}", "M") for n in range(3))]
    monday = Window(first=WEEK.first, last=WEEK.first)

    assert reasons(instance(cycle(monday, most_per_day=5, hours=(540, 720)), *people)) == [
        "Every time that suits both is taken by other talks of the two; it takes a longer window or more hours for talks."
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
            "it takes a longer window, a higher limit a day or more hours for talks."
        )
    ]
    assert reasons(instance(cycle(WEEK, most_per_day=3), *people)) == []


@pytest.mark.parametrize(
    ("employee", "manager", "reason"),
    [
        ([(0, 7)], [], "The employee's calendar is full whenever both work"),
        ([], [(0, 7)], "The manager's calendar is full whenever both work"),
        ([(0, 3)], [(3, 7)], "The two calendars have no common free 90 minutes"),
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

    assert reasons(with_busy(BusyKind.BUSY)) == [f"{reason}; it takes a longer window, or a meeting that gives way."]
    assert reasons(with_busy(BusyKind.TENTATIVE)) == []


def test_a_cascade_that_leaves_no_time_says_so(cycle: Callable[..., Cycle], person: Callable[..., Person]) -> None:
    people = [person("T", None), person("M", "T", hours=TUESDAYS), person("E", "M", hours=TUESDAYS)]
    tight = instance(cycle(WEEK, hours=(9 * 60, 10 * 60 + 15)), *people)
    roomy = instance(cycle(WEEK, hours=(9 * 60, 12 * 60)), *people)

    assert reasons(replace(tight, cascade=Cascade.HARD)) == [
        (
            "Every possible time is before the manager's own talk or after the first talk of the employee's team; "
            "it takes a longer window, or talks in any order."
        )
    ]
    assert reasons(replace(roomy, cascade=Cascade.HARD)) == []
