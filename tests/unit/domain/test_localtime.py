from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import at
from talkcycle.domain.localtime import (
    day_of,
    instant_of,
    is_working_day,
    iso_week,
    next_working_moment,
    working_day,
)

NO_HOLIDAYS: frozenset[date] = frozenset()
ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Santiago",
)


@pytest.mark.parametrize(
    ("zone", "day", "shown", "instant"),
    [
        pytest.param("Europe/Stockholm", date(2027, 3, 27), time(9), at(2027, 3, 27, 8), id="EU, the day before"),
        pytest.param("Europe/Stockholm", date(2027, 3, 28), time(9), at(2027, 3, 28, 7), id="EU, spring"),
        pytest.param("Europe/Stockholm", date(2027, 3, 28), time(2, 30), at(2027, 3, 28, 1, 30), id="EU, skipped"),
        pytest.param("Europe/Stockholm", date(2027, 10, 31), time(2, 30), at(2027, 10, 31, 0, 30), id="EU, the first"),
        pytest.param("America/New_York", date(2027, 3, 13), time(9), at(2027, 3, 13, 14), id="US, the day before"),
        pytest.param("America/New_York", date(2027, 3, 14), time(9), at(2027, 3, 14, 13), id="US, spring"),
        pytest.param("America/New_York", date(2027, 3, 14), time(2, 30), at(2027, 3, 14, 7, 30), id="US, skipped"),
        pytest.param("America/New_York", date(2027, 11, 7), time(1, 30), at(2027, 11, 7, 5, 30), id="US, the first"),
        pytest.param("Australia/Lord_Howe", date(2027, 4, 4), time(9), at(2027, 4, 3, 22, 30), id="half an hour back"),
        pytest.param("Australia/Lord_Howe", date(2027, 10, 3), time(9), at(2027, 10, 2, 22), id="half an hour ahead"),
        pytest.param("Australia/Lord_Howe", date(2027, 10, 3), time(2, 15), at(2027, 10, 2, 15, 45), id="half skipped"),
        pytest.param("Pacific/Apia", date(2011, 12, 30), time(9), at(2011, 12, 30, 19), id="a day that never was"),
        pytest.param("Pacific/Apia", date(2011, 12, 31), time(9), at(2011, 12, 30, 19), id="the day after it"),
    ],
)
def test_a_local_time_becomes_an_instant_across_daylight_saving(
    zone: str, day: date, shown: time, instant: datetime
) -> None:
    assert instant_of(day, shown, zone) == instant


def test_a_repeated_time_is_the_first_whatever_its_fold() -> None:
    second = time(2, 30, fold=1)
    assert instant_of(date(2027, 10, 31), second, "Europe/Stockholm") == at(2027, 10, 31, 0, 30)


def test_instants_come_back_in_utc() -> None:
    assert instant_of(date(2027, 6, 1), time(9), "Europe/Stockholm").tzinfo is UTC
    assert next_working_moment(at(2027, 6, 1, 4), time(9), "Europe/Stockholm", NO_HOLIDAYS).tzinfo is UTC


@pytest.mark.parametrize("zone", ZONES)
@given(day=st.dates(date(2012, 1, 1), date(2040, 1, 1)), shown=st.times().map(lambda t: t.replace(fold=0)))
def test_clocks_show_what_was_asked_for_unless_it_was_skipped(zone: str, day: date, shown: time) -> None:
    local = instant_of(day, shown, zone).astimezone(ZoneInfo(zone))
    if local.replace(tzinfo=None) != datetime.combine(day, shown):
        skipped = datetime.combine(day, shown)
        gap = local.replace(tzinfo=None) - skipped
        assert timedelta(0) < gap <= timedelta(hours=1)
        before, after = (skipped.replace(tzinfo=ZoneInfo(zone), fold=fold).utcoffset() for fold in (0, 1))
        assert before is not None
        assert after is not None
        assert after - before == gap


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Stockholm", date(2027, 3, 11)),
        ("Asia/Tokyo", date(2027, 3, 11)),
        ("America/Los_Angeles", date(2027, 3, 10)),
        ("Pacific/Kiritimati", date(2027, 3, 11)),
    ],
)
def test_a_day_is_the_one_on_the_persons_own_calendar(zone: str, day: date) -> None:
    assert day_of(at(2027, 3, 10, 23, 30), zone) == day


def test_weekends_and_holidays_are_no_working_days() -> None:
    monday = date(2027, 3, 8)
    week = [monday + timedelta(days=days) for days in range(7)]
    assert [is_working_day(day, {date(2027, 3, 10)}) for day in week] == [True, True, False, True, True, False, False]


@pytest.mark.parametrize(
    ("day", "earlier", "expected"),
    [
        (date(2027, 3, 24), True, date(2027, 3, 24)),
        (date(2027, 3, 24), False, date(2027, 3, 24)),
        pytest.param(date(2027, 3, 28), True, date(2027, 3, 25), id="before Easter"),
        pytest.param(date(2027, 3, 26), False, date(2027, 3, 30), id="after Easter"),
    ],
)
def test_a_day_off_is_shifted_over_the_whole_stretch_of_days_off(*, day: date, earlier: bool, expected: date) -> None:
    easter = frozenset({date(2027, 3, 26), date(2027, 3, 29)})
    assert working_day(day, easter, earlier=earlier) == expected


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        pytest.param(at(2027, 3, 10, 7, 59), at(2027, 3, 10, 8), id="before nine: at nine"),
        pytest.param(at(2027, 3, 10, 8), at(2027, 3, 10, 8), id="at nine"),
        pytest.param(at(2027, 3, 10, 15, 59), at(2027, 3, 10, 15, 59), id="just before five"),
        pytest.param(at(2027, 3, 10, 16), at(2027, 3, 11, 8), id="at five: tomorrow"),
        pytest.param(at(2027, 3, 10, 23, 30), at(2027, 3, 11, 8), id="the local day has begun"),
        pytest.param(at(2027, 3, 12, 18), at(2027, 3, 15, 8), id="Friday evening: Monday"),
        pytest.param(at(2027, 3, 13, 10), at(2027, 3, 15, 8), id="Saturday: Monday"),
        pytest.param(at(2027, 3, 26, 10), at(2027, 3, 30, 7), id="Good Friday: after Easter, in summer time"),
    ],
)
def test_what_goes_at_once_goes_in_office_hours(instant: datetime, expected: datetime) -> None:
    easter = frozenset({date(2027, 3, 26), date(2027, 3, 29)})
    assert next_working_moment(instant, time(9), "Europe/Stockholm", easter) == expected


def test_a_step_set_for_the_evening_goes_in_the_evening() -> None:
    moment = next_working_moment(at(2027, 3, 10, 12), time(18), "Europe/Stockholm", NO_HOLIDAYS)
    assert moment == at(2027, 3, 10, 17)
    assert next_working_moment(at(2027, 3, 10, 17), time(18), "Europe/Stockholm", NO_HOLIDAYS) == at(2027, 3, 10, 17)
    assert next_working_moment(at(2027, 3, 10, 18), time(18), "Europe/Stockholm", NO_HOLIDAYS) == at(2027, 3, 11, 17)


@given(
    zone=st.sampled_from(ZONES),
    instant=st.datetimes(datetime(2027, 1, 1), datetime(2028, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),
    hour=st.integers(0, 23),
    holidays=st.frozensets(st.dates(date(2027, 1, 1), date(2028, 1, 31)), max_size=20),
)
def test_the_next_working_moment_is_never_past_and_never_on_a_day_off(
    zone: str, instant: datetime, hour: int, holidays: frozenset[date]
) -> None:
    moment = next_working_moment(instant, time(hour), zone, holidays)
    assert moment >= instant
    assert is_working_day(day_of(moment, zone), holidays)
    assert next_working_moment(moment, time(hour), zone, holidays) == moment


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2027, 3, 8), "2027-W10"),
        pytest.param(date(2027, 1, 3), "2026-W53", id="the first days of a year"),
        pytest.param(date(2024, 12, 30), "2025-W01", id="the last days of a year"),
    ],
)
def test_weeks_are_those_of_iso_8601(day: date, week: str) -> None:
    assert iso_week(day) == week
