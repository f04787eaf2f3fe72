"""Working hours that a mailbox tells, against those of the roster, across changes of clocks."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.domain.outside_hours import outside_hours
from talkcycle.domain.people import OFFICE_WEEK, Interval, WeekHours

ZONES = ("Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Auckland")
CHANGES = (date(2027, 3, 10), date(2027, 3, 27), date(2027, 10, 30), date(2027, 4, 2), date(2027, 7, 1))
"""Near them clocks change somewhere, except for the last."""
QUARTER = timedelta(minutes=15)
FOUR_DAYS: WeekHours = (((8 * 60, 17 * 60),),) * 4 + ((),) * 3


@st.composite
def weeks(draw: st.DrawFn) -> WeekHours:
    return tuple(draw(st.lists(intervals(), max_size=1).map(tuple)) for _ in range(7))


def intervals() -> st.SearchStrategy[Interval]:
    """On quarters, outside the hours of the night that clocks skip or repeat."""
    quarters = st.sampled_from([0, *range(4 * 60, 1441, 15)])
    return st.tuples(quarters, quarters).map(lambda pair: (min(pair), max(pair))).filter(lambda pair: pair[0] < pair[1])


def works(hours: WeekHours, zone: str, at: datetime) -> bool:
    """By a clock on the wall."""
    local = at.astimezone(ZoneInfo(zone))
    minute = local.hour * 60 + local.minute
    return any(begins <= minute < ends for begins, ends in hours[local.weekday()])


@given(weeks(), st.sampled_from(ZONES), weeks(), st.sampled_from(ZONES), st.sampled_from(CHANGES))
@settings(max_examples=60)
def test_each_quarter_is_outside_when_clocks_show_roster_time_and_no_mailbox_time(
    roster: WeekHours, roster_zone: str, mailbox: WeekHours, mailbox_zone: str, near: date
) -> None:
    begins = datetime.combine(near, datetime.min.time(), UTC) - timedelta(days=2)
    window = (begins, begins + timedelta(days=6))
    spans = outside_hours(roster, roster_zone, mailbox, mailbox_zone, window)
    at = begins
    while at < window[1]:
        expected = any(mailbox) and works(roster, roster_zone, at) and not works(mailbox, mailbox_zone, at)
        assert any(start <= at < end for start, end in spans) == expected, at
        at += QUARTER
    assert all(start < end for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))
    assert all(window[0] <= start and end <= window[1] for start, end in spans)


def test_a_day_off_stays_a_whole_day_when_clocks_change() -> None:
    """The last Fridays before and after Europe's summer time begins on 28 March 2027."""
    window = (datetime(2027, 3, 22, tzinfo=UTC), datetime(2027, 4, 4, tzinfo=UTC))
    assert outside_hours(OFFICE_WEEK, "Europe/Stockholm", FOUR_DAYS, "Europe/Stockholm", window) == (
        (datetime(2027, 3, 26, 7, tzinfo=UTC), datetime(2027, 3, 26, 16, tzinfo=UTC)),
        (datetime(2027, 4, 2, 6, tzinfo=UTC), datetime(2027, 4, 2, 15, tzinfo=UTC)),
    )


def test_hours_that_nobody_has_set_say_nothing() -> None:
    window = (datetime(2027, 3, 22, tzinfo=UTC), datetime(2027, 4, 4, tzinfo=UTC))
    assert outside_hours(OFFICE_WEEK, "Europe/Stockholm", ((),) * 7, "Europe/Stockholm", window) == ()
