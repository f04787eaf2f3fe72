"""When somebody is at work, in their own zone."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from builders import a_person, at
from talkcycle.domain.people import OFFICE_WEEK, Absence
from talkcycle.domain.working_hours import at_work

ANNA = a_person()
"""At work from 8 to 17 in Stockholm."""


@pytest.mark.parametrize(
    ("start", "minutes", "works"),
    [
        (at(2027, 3, 10, 7), 60, True),
        (at(2027, 3, 10, 6, 45), 60, False),
        (at(2027, 3, 10, 15), 60, True),
        (at(2027, 3, 10, 15), 61, False),
        (at(2027, 3, 13, 9), 60, False),
        pytest.param(at(2027, 3, 29, 6), 60, True, id="by the clock after it has changed"),
    ],
)
def test_the_hours_of_the_roster_count_by_the_persons_own_clock(start: datetime, minutes: int, *, works: bool) -> None:
    assert at_work(ANNA, start, minutes, frozenset()) is works


def test_a_pause_is_not_worked_through() -> None:
    split = replace(ANNA, hours=(((480, 720), (780, 1020)),) * 5 + OFFICE_WEEK[5:])
    assert at_work(split, at(2027, 3, 10, 10), 60, frozenset())
    assert not at_work(split, at(2027, 3, 10, 10), 90, frozenset())


def test_nobody_works_on_holidays_while_away_or_when_not_employed() -> None:
    day, start = date(2027, 3, 10), at(2027, 3, 10, 9)
    assert not at_work(ANNA, start, 60, {day})
    assert not at_work(replace(ANNA, absences=(Absence(first=day, last=day),)), start, 60, frozenset())
    assert not at_work(replace(ANNA, ends=date(2027, 3, 9)), start, 60, frozenset())
    assert not at_work(replace(ANNA, starts=date(2027, 3, 11)), start, 60, frozenset())


def test_a_night_shift_may_end_at_midnight() -> None:
    late = replace(ANNA, hours=(((1320, 1440),),) * 7)
    assert at_work(late, at(2027, 3, 10, 22), 60, frozenset())
    assert not at_work(late, at(2027, 3, 10, 22), 90, frozenset())
