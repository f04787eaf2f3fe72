"""What Graph tells of busy times and working hours."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import Untold
from talkcycle.domain.people import OFFICE_WEEK
from talkcycle.transports.graph.schedules import (
    INTERVAL,
    LONGEST,
    Unreadable,
    busy_within,
    joined,
    refusal,
    windows,
    working_hours,
)

BEGINS = datetime(2027, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ONE_DAY = (BEGINS, BEGINS + DAY)
SLOTS = 288


def at(minutes: float) -> datetime:
    return BEGINS + timedelta(minutes=minutes)


def view(**digits: tuple[int, int]) -> str:
    """Of a day; *digits*: kind by its digit's name (``d2``), from slot to slot."""
    slots = ["0"] * SLOTS
    for digit, (first, last) in digits.items():
        slots[first:last] = digit[1:] * (last - first)
    return "".join(slots)


def entry(start: float, end: float, status: str) -> dict[str, Any]:
    times = {
        name: {"dateTime": at(minutes).strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"}
        for name, minutes in (("start", start), ("end", end))
    }
    return {"status": status, "subject": "Läkarbesök CANARY", "isPrivate": True, **times}


@given(
    start=st.datetimes(datetime(2027, 1, 1), datetime(2027, 12, 31)),
    span=st.timedeltas(timedelta(seconds=1), timedelta(days=400)),
)
def test_a_window_of_any_length_is_asked_for_in_whole_pieces_that_graph_takes(start: datetime, span: timedelta) -> None:
    window = (start.replace(tzinfo=UTC), start.replace(tzinfo=UTC) + span)

    pieces = list(windows(window))

    assert pieces[0][0] <= window[0] < pieces[0][0] + INTERVAL
    assert pieces[-1][1] - INTERVAL < window[1] <= pieces[-1][1]
    assert all(one[1] == other[0] for one, other in pairwise(pieces))
    assert all(timedelta(0) < end - begin <= LONGEST and not (end - begin) % INTERVAL for begin, end in pieces)


def test_entries_are_told_exactly_and_the_view_adds_nothing_to_them() -> None:
    schedule = {"availabilityView": view(d2=(108, 121)), "scheduleItems": [entry(540, 601, "busy")]}

    assert busy_within(schedule, ONE_DAY, ONE_DAY) == [(BusyKind.BUSY, at(540), at(601))]


def test_an_entry_that_a_graver_one_hides_in_the_view_is_told_all_the_same() -> None:
    schedule = {
        "availabilityView": view(d3=(0, 288)),
        "scheduleItems": [entry(0, 1440, "oof"), entry(540, 600, "busy"), entry(600, 660, "free")],
    }

    assert joined(busy_within(schedule, ONE_DAY, ONE_DAY)) == {
        BusyKind.AWAY: (ONE_DAY,),
        BusyKind.BUSY: ((at(540), at(600)),),
    }


@pytest.mark.parametrize(
    ("digit", "kind"),
    [("d1", BusyKind.TENTATIVE), ("d2", BusyKind.BUSY), ("d3", BusyKind.AWAY), ("d4", BusyKind.ELSEWHERE)],
)
def test_what_only_the_view_shows_is_told_from_it(digit: str, kind: BusyKind) -> None:
    schedule = {"availabilityView": view(**{digit: (12, 24)}), "scheduleItems": []}

    assert busy_within(schedule, ONE_DAY, ONE_DAY) == [(kind, at(60), at(120))]


@pytest.mark.parametrize("status", ["unknown", "somethingNew", ""])
def test_a_status_that_nobody_knows_is_busy(status: str) -> None:
    schedule = {"availabilityView": view(d2=(12, 24)), "scheduleItems": [entry(60, 120, status)]}

    assert busy_within(schedule, ONE_DAY, ONE_DAY) == [(BusyKind.BUSY, at(60), at(120))]


@pytest.mark.parametrize("told", [None, "", "0" * (SLOTS - 1), "0" * (SLOTS - 1) + "5", "x" * SLOTS])
def test_a_view_that_cannot_be_read_is_not_taken_for_free(told: str | None) -> None:
    with pytest.raises(Unreadable):
        busy_within({"availabilityView": told}, ONE_DAY, ONE_DAY)


@given(
    st.lists(
        st.tuples(st.sampled_from(list(BusyKind)), st.integers(0, 100), st.integers(1, 30)),
        max_size=12,
    )
)
def test_spans_of_a_kind_are_sorted_and_do_not_touch(found: list[tuple[BusyKind, int, int]]) -> None:
    spans = [(kind, at(start), at(start + length)) for kind, start, length in found]

    told = joined(spans)

    for kind, of_kind in told.items():
        assert list(of_kind) == sorted(of_kind)
        assert all(one[1] < other[0] for one, other in pairwise(of_kind))
        assert minutes(of_kind) == set().union(*(minutes([span[1:]]) for span in spans if span[0] is kind))


def minutes(spans: Any) -> set[datetime]:
    covered: set[datetime] = set()
    for start, end in spans:
        covered |= {start + timedelta(minutes=number) for number in range(int((end - start) / timedelta(minutes=1)))}
    return covered


def hours(days: list[str], start: str, end: str, zone: str = "UTC") -> dict[str, Any]:
    return {
        "workingHours": {"daysOfWeek": days, "startTime": start, "endTime": end, "timeZone": {"name": zone}},
    }


WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (
            hours(WEEKDAYS, "08:00:00.0000000", "17:00:00.0000000", "W. Europe Standard Time"),
            (OFFICE_WEEK, "Europe/Berlin"),
        ),
        (hours(WEEKDAYS, "08:00:00", "17:00:00", "Europe/Stockholm"), (OFFICE_WEEK, "Europe/Stockholm")),
        (hours(WEEKDAYS, "08:00:00", "17:00:00", "Customized Time Zone"), (OFFICE_WEEK, None)),
        (hours([], "08:00:00", "17:00:00"), (None, "UTC")),
        (hours(WEEKDAYS, "", "17:00:00"), (None, "UTC")),
        ({"workingHours": None}, (None, None)),
        ({}, (None, None)),
    ],
)
def test_working_hours_are_those_that_can_be_understood(told: dict[str, Any], expected: Any) -> None:
    assert working_hours(told) == expected


def test_a_shift_that_ends_the_next_day_is_split_at_midnight() -> None:
    week, _ = working_hours(hours(["friday", "sunday"], "22:00:00", "06:30:00"))

    assert week == (((0, 390),), (), (), (), ((1320, 1440),), ((0, 390),), ((1320, 1440),))


def test_a_shift_until_midnight_stays_on_its_day() -> None:
    week, _ = working_hours(hours(["monday"], "16:00:00", "00:00:00"))

    assert week == (((960, 1440),), (), (), (), (), (), ())


@pytest.mark.parametrize("code", ["ErrorMailRecipientNotFound", "ErrorNoFreeBusyAccess", "5006", None])
def test_a_mailbox_that_is_not_told_says_why_without_its_name(code: str | None) -> None:
    told = {"scheduleId": "bo@norrsken.example", "error": {"responseCode": code, "message": "bo@norrsken.example?"}}

    untold = refusal(told)

    assert isinstance(untold, Untold)
    assert untold.mend
    assert "norrsken" not in f"{untold.problem}{untold.mend}"


def test_what_lies_outside_the_window_is_cut_off() -> None:
    window: Span = (at(550), at(560))
    schedule = {"availabilityView": view(d2=(108, 120)), "scheduleItems": [entry(540, 600, "busy")]}

    assert busy_within(schedule, ONE_DAY, window) == [(BusyKind.BUSY, *window)]
