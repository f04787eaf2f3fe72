"""What everybody who tells busy times owes: every time of every mailbox, its kind, and nothing else."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from harness.contract import Cast, Harness, Trait
from harness.playing import TELLS_BUSY_TIMES, needs, opened
from talkcycle.domain.busy import IN_CALENDARS, BusyKind, Span
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.domain.people import OFFICE_WEEK, WeekHours

BEGINS = datetime(2027, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HUNDRED_DAYS = (BEGINS, BEGINS + 100 * DAY)
"""Longer than Graph (62 days) and Exchange (42 days unless told otherwise) tell at once."""
CANARY = "Läkarbesök CANARY"


@pytest.fixture(scope="module", params=TELLS_BUSY_TIMES)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with opened(request.param) as made:
        yield made


@pytest.fixture
def cast(harness: Harness) -> Cast:
    return harness.new_cast()


def at(day: int, hour: float, hours: float = 1) -> Span:
    """*day*: counted from 1 March 2027. UTC."""
    start = BEGINS + day * DAY + hour * HOUR
    return (start, start + hours * HOUR)


def ask(harness: Harness, *addresses: str, window: Span = HUNDRED_DAYS) -> Mapping[str, MailboxTimes | Untold]:
    assert harness.roles.free_busy is not None
    return harness.roles.free_busy.busy_times(addresses, window)


def busy(harness: Harness, address: str, window: Span = HUNDRED_DAYS) -> dict[BusyKind, tuple[Span, ...]]:
    times = ask(harness, address, window=window)[address]
    assert isinstance(times, MailboxTimes), times
    return {kind: spans for kind, spans in times.busy.items() if spans}


def test_each_kind_of_time_is_told_as_what_it_is(harness: Harness, cast: Cast) -> None:
    spans = {kind: at(2, 7 + number * 2) for number, kind in enumerate(sorted(IN_CALENDARS))}
    for kind, span in spans.items():
        harness.occupy(cast.employee.address, span, kind=kind)

    assert busy(harness, cast.employee.address) == {kind: (span,) for kind, span in spans.items()}


def test_what_is_shown_as_free_is_free(harness: Harness, cast: Cast) -> None:
    harness.occupy(cast.employee.address, at(2, 9), kind=None)

    assert busy(harness, cast.employee.address) == {}


def test_spans_are_sorted_and_what_touches_or_overlaps_is_one(harness: Harness, cast: Cast) -> None:
    for span in (at(3, 9), at(2, 10), at(2, 9), at(2, 10.5), at(2, 13)):
        harness.occupy(cast.employee.address, span)

    assert busy(harness, cast.employee.address) == {BusyKind.BUSY: (at(2, 9, 2.5), at(2, 13), at(3, 9))}


def test_a_window_of_a_hundred_days_is_told_whole(harness: Harness, cast: Cast) -> None:
    """Whatever pieces it is asked in: what lies at or across their edges is told once, and as one."""
    spans = [at(0, 9), at(20, 9, 30 * 24), at(59, 23, 2), at(61, 23, 2), at(80, 9, 15 * 24), at(99, 9)]
    for span in spans:
        harness.occupy(cast.employee.address, span)

    assert busy(harness, cast.employee.address) == {BusyKind.BUSY: tuple(spans)}


def test_nothing_outside_the_window_is_told(harness: Harness, cast: Cast) -> None:
    for day in (4, 5, 6):
        harness.occupy(cast.employee.address, at(day, 9))

    window = (BEGINS + 5 * DAY, BEGINS + 6 * DAY)
    assert busy(harness, cast.employee.address, window) == {BusyKind.BUSY: (at(5, 9),)}


def test_what_reaches_into_the_window_is_told_as_far_as_it_lies_in_it(harness: Harness, cast: Cast) -> None:
    harness.occupy(cast.employee.address, at(4, 20, 8))
    harness.occupy(cast.employee.address, at(5, 20, 8))

    window = (BEGINS + 5 * DAY, BEGINS + 6 * DAY)
    assert busy(harness, cast.employee.address, window) == {BusyKind.BUSY: (at(5, 0, 4), at(5, 20, 4))}


def test_an_instant_is_the_same_whatever_the_clocks_do(harness: Harness, cast: Cast) -> None:
    """Clocks change on 28 March in Europe and on 14 March in America."""
    spans = [at(day, 8) for day in (12, 14, 25, 28)]
    for span in spans:
        harness.occupy(cast.employee.address, span)

    assert busy(harness, cast.employee.address) == {BusyKind.BUSY: tuple(spans)}


def test_an_unknown_mailbox_keeps_no_other_from_being_told(harness: Harness, cast: Cast) -> None:
    harness.occupy(cast.employee.address, at(2, 9))
    harness.occupy(cast.manager.address, at(2, 13))

    told = ask(harness, cast.employee.address, cast.unknown.address, cast.manager.address)

    employee, unknown, manager = (told[each.address] for each in (cast.employee, cast.unknown, cast.manager))
    assert isinstance(employee, MailboxTimes)
    assert isinstance(manager, MailboxTimes)
    assert isinstance(unknown, Untold)
    assert (dict(employee.busy), dict(manager.busy)) == ({BusyKind.BUSY: (at(2, 9),)}, {BusyKind.BUSY: (at(2, 13),)})


def test_what_cannot_be_told_says_why_and_how_to_mend_it_without_names(harness: Harness, cast: Cast) -> None:
    untold = ask(harness, cast.unknown.address)[cast.unknown.address]

    assert isinstance(untold, Untold)
    assert untold.problem
    assert untold.mend
    assert "ingen" not in f"{untold.problem} {untold.mend}".casefold()


def test_a_mailbox_that_another_server_has_is_not_free_but_untold(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.OTHER_SERVERS)
    harness.occupy(cast.colleague.address, at(2, 9))
    harness.move_away(cast.colleague.address)

    told = ask(harness, cast.colleague.address, cast.employee.address)

    assert isinstance(told[cast.colleague.address], Untold)
    assert isinstance(told[cast.employee.address], MailboxTimes)


def test_more_mailboxes_than_fit_into_one_request_are_all_told(harness: Harness) -> None:
    casts = [harness.new_cast() for _ in range(8)]
    people = [party for cast in casts for party in (cast.manager, cast.employee, cast.colleague)]
    for number, person in enumerate(people):
        harness.occupy(person.address, at(number, 9))

    told = ask(harness, *(person.address for person in people))

    assert list(told) == [person.address for person in people]
    spans = [times.busy[BusyKind.BUSY] for times in told.values() if isinstance(times, MailboxTimes)]
    assert spans == [(at(number, 9),) for number in range(len(people))]


def test_somebody_with_nothing_to_do_is_free(harness: Harness, cast: Cast) -> None:
    assert busy(harness, cast.employee.address) == {}


def test_nobody_asked_about_is_nobody_told(harness: Harness) -> None:
    assert ask(harness) == {}


def test_a_private_entry_is_a_busy_time_and_nothing_of_it_is_told(harness: Harness, cast: Cast) -> None:
    harness.occupy(cast.employee.address, at(2, 9), subject=CANARY)

    told = ask(harness, cast.employee.address, cast.unknown.address)

    times = told[cast.employee.address]
    assert isinstance(times, MailboxTimes)
    assert times.busy == {BusyKind.BUSY: (at(2, 9),)}
    assert "CANARY" not in repr(told)


def test_rooms_have_busy_times_like_people(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.ROOMS)
    room = cast.rooms[0].address
    harness.occupy(room, at(2, 9), subject=CANARY)

    told = ask(harness, room)

    times = told[room]
    assert isinstance(times, MailboxTimes)
    assert times.busy == {BusyKind.BUSY: (at(2, 9),)}
    assert "CANARY" not in repr(told)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Europe/Stockholm", OFFICE_WEEK),
        ("America/New_York", (((9 * 60, 15 * 60),),) * 4 + ((),) * 3),
        ("Asia/Kolkata", ((), *(((7 * 60 + 30, 16 * 60),),) * 5, ())),
    ],
)
def test_working_hours_are_told_in_the_zone_they_are_kept_in(
    harness: Harness, cast: Cast, zone: str, hours: WeekHours
) -> None:
    needs(harness, Trait.WORKING_HOURS)
    harness.works(cast.employee.address, hours, zone)

    times = ask(harness, cast.employee.address)[cast.employee.address]

    assert isinstance(times, MailboxTimes)
    assert times.hours == hours
    assert times.zone is not None
    assert clock(times.zone) == clock(zone)


def clock(zone: str) -> list[timedelta | None]:
    """How far ahead of UTC it is on the first of each month. Servers say zones in Windows' words, which are coarser."""
    return [datetime(2027, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in range(1, 13)]
