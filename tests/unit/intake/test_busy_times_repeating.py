"""What repeats: across changes of clocks, moved, called off, changed from one day on, and by chance."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.intake.busy_times import busy_times_in

SPRING = (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 4, 20, tzinfo=UTC))
AUTUMN = (datetime(2027, 10, 20, tzinfo=UTC), datetime(2027, 11, 20, tzinfo=UTC))
MINUTE = timedelta(minutes=1)


def calendar(*events: str) -> bytes:
    inside = "\n".join(f"BEGIN:VEVENT\n{each.strip()}\nEND:VEVENT" for each in events)
    return f"BEGIN:VCALENDAR\n{inside}\nEND:VCALENDAR\n".encode()


def starts(*events: str, window: Span = SPRING, zone: str = "Europe/Stockholm") -> list[str]:
    """When busy times begin: month, day and time, UTC."""
    found = busy_times_in(calendar(*events), file="a.ics", zone=zone, window=window)
    return [f"{start:%m-%d %H:%M}" for start, _ in found.get(BusyKind.BUSY, ())]


@pytest.mark.parametrize(
    ("zone", "window", "first", "expected"),
    [
        ("Europe/Stockholm", SPRING, "20270321T090000", ["03-21 08:00", "03-28 07:00", "04-04 07:00"]),
        ("America/New_York", SPRING, "20270307T090000", ["03-07 14:00", "03-14 13:00", "03-21 13:00"]),
        ("Europe/Stockholm", AUTUMN, "20271024T090000", ["10-24 07:00", "10-31 08:00", "11-07 08:00"]),
        ("America/New_York", AUTUMN, "20271031T090000", ["10-31 13:00", "11-07 14:00", "11-14 14:00"]),
        ("Europe/Stockholm", SPRING, "20270321T023000", ["03-21 01:30", "03-28 01:30", "04-04 00:30"]),  # skipped
        ("Europe/Stockholm", AUTUMN, "20271024T023000", ["10-24 00:30", "10-31 00:30", "11-07 01:30"]),  # repeated
    ],
)
def test_a_weekly_meeting_stays_at_its_local_time(zone: str, window: Span, first: str, expected: list[str]) -> None:
    event = f"DTSTART;TZID={zone}:{first}\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=3"
    assert starts(event, window=window) == expected


def test_a_zone_that_the_file_defines_changes_clocks_as_the_named_one_does() -> None:
    named = "DTSTART;TZID=America/New_York:20270304T{}3000\nDURATION:PT1H\nRRULE:FREQ=DAILY"
    defined = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
    for window in (SPRING, AUTUMN):
        for hour in ("01", "02", "09"):
            event = named.format(hour)
            own = calendar(event.replace("America/New_York", "Customized Time Zone"))
            own = own.replace(b"BEGIN:VEVENT", defined.encode() + b"BEGIN:VEVENT", 1)
            found = busy_times_in(own, file="a.ics", zone="UTC", window=window)
            assert found == busy_times_in(calendar(event), file="a.ics", zone="UTC", window=window)


def test_days_of_a_series_are_days_of_the_owner() -> None:
    event = "DTSTART;VALUE=DATE:20270327\nDTEND;VALUE=DATE:20270328\nRRULE:FREQ=DAILY;COUNT=3;INTERVAL=2"
    found = busy_times_in(calendar(event), file="a.ics", zone="Europe/Stockholm", window=SPRING)
    hours = [((end - start).total_seconds() / 3600, f"{start:%m-%d %H:%M}") for start, end in found[BusyKind.BUSY]]
    assert hours == [(24, "03-26 23:00"), (24, "03-28 22:00"), (24, "03-30 22:00")]
    longest = calendar("DTSTART;VALUE=DATE:20270328\nTRANSP:OPAQUE")
    ((start, end),) = busy_times_in(longest, file="a.ics", zone="Europe/Stockholm", window=SPRING)[BusyKind.BUSY]
    assert end - start == timedelta(hours=23)


DAILY = "UID:s\nDTSTART;TZID=Europe/Stockholm:20270301T090000\nDTEND;TZID=Europe/Stockholm:20270301T100000\n"
DAILY += "RRULE:FREQ=DAILY;COUNT=4"


def test_dates_left_out_are_found_however_they_are_written() -> None:
    for left_out in (
        "EXDATE;TZID=Europe/Stockholm:20270302T090000",
        "EXDATE:20270302T080000Z",
        "EXDATE;TZID=America/New_York:20270302T030000",
        "EXDATE;VALUE=DATE:20270302",
        "EXDATE:20270302T080000Z,20270302T080000Z\nEXDATE:20200101T000000Z",
    ):
        assert starts(f"{DAILY}\n{left_out}") == ["03-01 08:00", "03-03 08:00", "03-04 08:00"]


def test_occurrences_are_moved_called_off_and_made_free() -> None:
    moved = "UID:s\nRECURRENCE-ID:20270302T080000Z\nDTSTART:20270310T120000Z\nDURATION:PT30M"
    called_off = "UID:s\nRECURRENCE-ID;TZID=Europe/Stockholm:20270303T090000\nDTSTART:20270303T080000Z\nSTATUS:CANCELLED"
    free = "UID:s\nRECURRENCE-ID:20270304T080000Z\nDTSTART:20270304T080000Z\nDURATION:PT1H\nTRANSP:TRANSPARENT"
    assert starts(moved, DAILY, called_off, free) == ["03-01 08:00", "03-10 12:00"]


def test_the_latest_change_of_an_occurrence_holds() -> None:
    change = "UID:s\nRECURRENCE-ID:20270302T080000Z\nSEQUENCE:{}\nDTSTART:20270310T{}0000Z\nDURATION:PT1H"
    assert "03-10 15:00" in starts(DAILY, change.format(7, 15), change.format(3, 12))
    assert len(starts(DAILY, change.format(7, 15), change.format(3, 12))) == 4


def test_an_occurrence_moved_into_the_window_counts_and_one_moved_out_does_not() -> None:
    series = DAILY.replace("20270301", "20270201")
    into = "UID:s\nRECURRENCE-ID:20270202T080000Z\nDTSTART:20270305T080000Z\nDURATION:PT1H"
    assert starts(series, into) == ["03-05 08:00"]
    out = "UID:s\nRECURRENCE-ID:20270301T080000Z\nDTSTART:20280305T080000Z\nDURATION:PT1H"
    assert starts(DAILY, out) == ["03-02 08:00", "03-03 08:00", "03-04 08:00"]


def test_a_free_series_may_have_a_busy_occurrence_and_a_part_of_a_series_stands_alone() -> None:
    busy = "UID:s\nRECURRENCE-ID:20270302T080000Z\nDTSTART:20270302T080000Z\nDURATION:PT1H"
    assert starts(f"{DAILY}\nTRANSP:TRANSPARENT", busy) == ["03-02 08:00"]
    assert starts(busy) == ["03-02 08:00"]


def test_a_change_from_one_day_on_moves_what_follows() -> None:
    onwards = "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270303T080000Z\nDTSTART:20270303T100000Z\nDURATION:PT1H"
    assert starts(DAILY, onwards) == ["03-01 08:00", "03-02 08:00", "03-03 10:00", "03-04 10:00"]


def test_an_occurrence_of_days_is_changed_by_its_day() -> None:
    series = "UID:d\nDTSTART;VALUE=DATE:20270302\nRRULE:FREQ=WEEKLY;COUNT=2"
    for of in ("RECURRENCE-ID;VALUE=DATE:20270309", "RECURRENCE-ID;TZID=Europe/Stockholm:20270309T000000"):
        assert starts(series, f"UID:d\n{of}\nDTSTART;VALUE=DATE:20270310") == ["03-01 23:00", "03-09 23:00"]


@pytest.mark.parametrize(
    ("until", "count"),
    [
        ("20270303T080000Z", 3),
        ("20270303T075959Z", 2),
        ("20270303T090000", 3),
        ("20270303", 3),
        ("20270101T000000Z", 0),
    ],
)
def test_a_series_ends_as_written(until: str, count: int) -> None:
    assert len(starts(DAILY.replace("COUNT=4", f"UNTIL={until}"))) == count


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY;INTERVAL=700",
        "FREQ=DAILY;INTERVAL=10",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR;WKST=SU",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTHDAY=-1,31",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=2TU,-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY",
        "FREQ=YEARLY;INTERVAL=3;BYMONTH=3,4;BYDAY=-1SU",
        "FREQ=YEARLY;BYWEEKNO=10;BYDAY=WE",
        "FREQ=YEARLY;BYYEARDAY=70,-265",
    ],
)
@settings(max_examples=10)
@given(first=st.datetimes(datetime(2015, 1, 1), datetime(2027, 5, 1)).map(lambda each: each.replace(microsecond=0)))
def test_rules_that_began_long_ago_are_looked_at_from_nearby(rule: str, first: datetime) -> None:
    expected = rrulestr(rule, dtstart=first.replace(tzinfo=UTC)).between(*SPRING, inc=True)
    if SPRING[0] <= first.replace(tzinfo=UTC) < SPRING[1]:
        expected.append(first.replace(tzinfo=UTC))
    found = busy_times_in(
        calendar(f"DTSTART:{first:%Y%m%dT%H%M%SZ}\nDURATION:PT1S\nRRULE:{rule}"), file="a", zone="UTC", window=SPRING
    )
    assert [start for start, _ in found.get(BusyKind.BUSY, ())] == sorted({each for each in expected if each < SPRING[1]})


ZONES = st.sampled_from(["Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


@st.composite
def series(draw: st.DrawFn) -> tuple[str, set[datetime]]:
    """An event, and the minutes in which it keeps somebody busy by going through its days one by one."""
    zone = draw(ZONES)
    first = draw(st.dates(date(2027, 2, 20), date(2027, 4, 5)))
    at = time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 15, 30])))
    minutes = draw(st.integers(0, 180))
    frequency, step = draw(st.sampled_from([("DAILY", 1), ("WEEKLY", 7)]))
    interval, count = draw(st.integers(1, 3)), draw(st.integers(1, 12))
    days = [first + timedelta(days=step * interval * n) for n in range(count)]
    left_out = set(draw(st.lists(st.sampled_from(days), max_size=2)))
    local = f";TZID={zone}:{first:%Y%m%d}T{at:%H%M%S}"
    lines = [f"DTSTART{local}", f"DURATION:PT{minutes}M", f"RRULE:FREQ={frequency};INTERVAL={interval};COUNT={count}"]
    lines += [f"EXDATE;TZID={zone}:{day:%Y%m%d}T{at:%H%M%S}" for day in left_out]
    busy = set()
    for day in days:
        start = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
        if day not in left_out:
            busy |= {start + MINUTE * n for n in range(minutes)}
    return "\n".join(lines), busy


@given(st.lists(series(), max_size=4))
def test_series_agree_minute_by_minute_with_going_through_their_days(events: list[tuple[str, set[datetime]]]) -> None:
    data = calendar(*(f"UID:{n}\n{text}" for n, (text, _) in enumerate(events)))
    found = busy_times_in(data, file="a.ics", zone="Europe/Stockholm", window=SPRING)
    expected = {minute for _, busy in events for minute in busy if SPRING[0] <= minute < SPRING[1]}
    assert _minutes(found.get(BusyKind.BUSY, ())) == expected


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300), st.sampled_from(["BUSY", "BUSY-TENTATIVE"]))))
def test_lists_of_busy_times_agree_minute_by_minute_and_are_in_order(periods: list[tuple[int, int, str]]) -> None:
    lines = ["BEGIN:VCALENDAR", "BEGIN:VFREEBUSY"]
    for start, length, kind in periods:
        begins = SPRING[0] + MINUTE * start
        lines.append(f"FREEBUSY;FBTYPE={kind}:{begins:%Y%m%dT%H%M%SZ}/{begins + MINUTE * length:%Y%m%dT%H%M%SZ}")
    data = "\r\n".join([*lines, "END:VFREEBUSY", "END:VCALENDAR"]).encode()
    found = busy_times_in(data, file="a.ifb", zone="UTC", window=SPRING)
    for kind, name in ((BusyKind.BUSY, "BUSY"), (BusyKind.TENTATIVE, "BUSY-TENTATIVE")):
        spans = found.get(kind, ())
        assert all(one[1] < next_[0] for one, next_ in pairwise(spans))
        expected = {
            SPRING[0] + MINUTE * (start + n) for start, length, each in periods if each == name for n in range(length)
        }
        assert _minutes(spans) == expected


def _minutes(spans: Iterable[Span]) -> set[datetime]:
    return {start + MINUTE * n for start, end in spans for n in range(int((end - start) / MINUTE))}
