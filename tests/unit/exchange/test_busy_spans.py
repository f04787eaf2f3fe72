"""Times as servers tell them become spans of a kind that are sorted, do not touch, and lie in the window asked for."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.busy import BusyKind
from talkcycle.transports.exchange.busy_spans import KINDS, chunks, pieces, united, week_hours

DAWN = datetime(2027, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = DAWN, DAWN + 48 * HOUR

hours = st.integers(-10, 60).map(lambda number: DAWN + number * HOUR)
told = st.lists(st.tuples(st.sampled_from(["Free", "NoData", *KINDS]), st.tuples(hours, hours)))


@given(told)
def test_an_hour_is_busy_exactly_when_something_of_the_kind_lies_in_it(
    spans: list[tuple[str, tuple[datetime, datetime]]],
) -> None:
    found = united(spans, WINDOW)

    for number in range(48):
        begins = DAWN + number * HOUR
        for said, kind in KINDS.items():
            expected = any(said == each and start <= begins and begins + HOUR <= end for each, (start, end) in spans)
            assert any(start <= begins and begins + HOUR <= end for start, end in found.get(kind, ())) is expected


@given(told)
def test_spans_of_a_kind_are_sorted_do_not_touch_and_lie_in_the_window(
    spans: list[tuple[str, tuple[datetime, datetime]]],
) -> None:
    for found in united(spans, WINDOW).values():
        assert all(WINDOW[0] <= start < end <= WINDOW[1] for start, end in found)
        assert all(first[1] < second[0] for first, second in pairwise(found))


def test_kinds_are_told_apart() -> None:
    spans = [(said, (DAWN, DAWN + HOUR)) for said in ("Tentative", "Busy", "OOF", "WorkingElsewhere", "Free")]

    assert set(united(spans, WINDOW)) == {BusyKind.TENTATIVE, BusyKind.BUSY, BusyKind.AWAY, BusyKind.ELSEWHERE}


@given(st.integers(0, 200), st.integers(1, 50))
def test_a_window_is_told_whole_in_pieces_that_are_not_too_long(length: int, longest: int) -> None:
    window = DAWN, DAWN + length * HOUR

    found = list(pieces(window, longest * HOUR))

    assert sum((end - start for start, end in found), timedelta()) == window[1] - window[0]
    assert all(timedelta() < end - start <= longest * HOUR for start, end in found)
    assert all(first[1] == second[0] for first, second in pairwise(found))


def test_chunks_hold_everything_once() -> None:
    assert [list(each) for each in chunks(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]


def test_working_periods_become_a_week() -> None:
    """1 is Monday; 9 is EWS's Weekday, Monday to Friday."""
    week = week_hours([([9], time(8), time(12)), ([1, 3], time(13), time(17)), ([6], time(22), time(0))])

    morning, afternoon = (8 * 60, 12 * 60), (13 * 60, 17 * 60)
    assert week == (
        *((morning, afternoon), (morning,), (morning, afternoon), (morning,), (morning,)),
        *(((22 * 60, 24 * 60),), ()),
    )


def test_periods_that_touch_are_one() -> None:
    assert week_hours([([1], time(8), time(12)), ([1], time(12), time(16))]) == (((8 * 60, 16 * 60),), *((),) * 6)


def test_no_working_periods_say_nothing() -> None:
    assert week_hours([]) is None
    assert week_hours([([1], time(9), time(9))]) is None
