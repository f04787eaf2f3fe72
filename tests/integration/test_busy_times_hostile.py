"""Whatever a file holds, it is read or it is a fault, within two seconds."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.busy_times import busy_times_in

WINDOW = (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
SECONDS = 6.0
"""Two on a machine of one's own; tests share theirs."""
COUNTS = ",".join(map(str, range(60)))
OLD, NEW = "DTSTART:00010101T090000Z\nDURATION:P10000000D\n", "DTSTART:20260101T090000Z\nDURATION:PT1H\n"


def calendar(*events: str) -> bytes:
    inside = "".join(f"BEGIN:VEVENT\n{each.strip()}\nEND:VEVENT\n" for each in events)
    return f"BEGIN:VCALENDAR\n{inside}END:VCALENDAR\n".encode()


def outcome(data: bytes) -> str:
    """What is said, or "read"; in time."""
    begun = time.process_time()
    try:
        busy_times_in(data, file="a.ics", zone="Europe/Stockholm", window=WINDOW)
    except FaultyInput as faulty:
        return str(faulty.faults[0])
    finally:
        assert time.process_time() - begun < SECONDS
    return "read"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;INTERVAL=1",
        "FREQ=HOURLY;COUNT=999999999",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
        "FREQ=DAILY;COUNT=99999999999999999999",
        "FREQ=DAILY;INTERVAL=999999999",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=DAILY;BYSETPOS=5",
        f"FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))};BYMINUTE={COUNTS};BYSECOND={COUNTS}",
        "FREQ=WEEKLY;BYMONTH=2;BYSETPOS=300",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6",
        f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={','.join(map(str, range(1, 200)))}",
        "FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=100",
        "FREQ=YEARLY;UNTIL=99991231T235959Z",
        "FREQ=YEARLY;UNTIL=00010101",
        "FREQ=YEARLY;BYEASTER=0",
        "FREQ=DAILY;UNTIL=never",
        "BYDAY=MO",
        "FREQ=DAILY;BYDAY=" + "MO," * 100_000 + "MO",
        "FREQ=WEEKLY;BYDAY=0MO",
        "=;=;=",
        "",
    ],
)
def test_a_rule_costs_little_whatever_it_says(rule: str) -> None:
    outcome(calendar(f"{OLD}RRULE:{rule}"))
    outcome(calendar(f"{NEW}RRULE:{rule}"))
    outcome(calendar(*[f"{NEW}RRULE:{rule}"] * 30))


def test_a_rule_nobody_can_work_out_is_named_and_mended() -> None:
    assert outcome(calendar(f"{NEW}RRULE:FREQ=SECONDLY")) == (
        'a.ics:5: RRULE This repeats in a way that cannot be worked out: "FREQ=SECONDLY". '
        "Repeat it every so many days, weeks, months or years, or export single events."
    )


HEAVY = {
    "series": calendar(*[f"{NEW}RRULE:FREQ=DAILY"] * 20_000),
    "long series": calendar(*[f"{OLD}RRULE:FREQ=HOURLY".replace("0001", "2026")] * 50),
    "dates left out": calendar(NEW + "RRULE:FREQ=DAILY\n" + "EXDATE:20270101T080000Z\n" * 150_000),
    "dates left out in a line": calendar(NEW + "EXDATE:" + ",".join(["20270101T080000Z"] * 250_000)),
    "further dates": calendar(NEW + "RDATE;VALUE=PERIOD:" + ",".join(["20270301T080000Z/P9999D"] * 200_000)),
    "changes of one series": calendar(
        *[f"UID:1\n{NEW}RRULE:FREQ=DAILY"] * 3_000,
        *[
            f"UID:1\n{NEW}RECURRENCE-ID;RANGE=THISANDFUTURE:2027{n % 12 + 1:02}{n % 28 + 1:02}T{n // 400:02}0000Z"
            for n in range(5_000)
        ],
    ),
    "events": calendar(*["DTSTART;TZID=Europe/Stockholm:20270301T090000\nDURATION:PT1H"] * 45_000),
    "lines": b"BEGIN:VCALENDAR\n" + b"A\n" * 2_400_000 + b"END:VCALENDAR\n",
    "folds": calendar("UID:" + "\n " * 2_400_000),
    "folds before": b"BEGIN:VCALENDAR" + b"\n " * 2_400_000 + b"\nEND:VCALENDAR",
    "parameters": calendar("DTSTART" + ';A="' * 1_200_000 + ":20270301"),
    "parts": b"BEGIN:VCALENDAR\n" + b"BEGIN:X\nEND:X\n" * 300_000 + b"END:VCALENDAR\n",
    "depth": b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 300_000,
    "zones": b"BEGIN:VCALENDAR\n"
    + b"".join(
        b"BEGIN:VTIMEZONE\nTZID:%d\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        b"RRULE:FREQ=HOURLY\nEND:STANDARD\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;TZID=%d:20270301T090000\nEND:VEVENT\n"
        % (n, n)
        for n in range(8_000)
    )
    + b"END:VCALENDAR\n",
    "busy": b"BEGIN:VCALENDAR\nBEGIN:VFREEBUSY\nFREEBUSY:"
    + b",".join([b"20270301T080000Z/PT1H"] * 200_000)
    + b"\nEND:VFREEBUSY\nEND:VCALENDAR",
}


@pytest.mark.parametrize("what", HEAVY)
def test_many_of_anything_cost_little(what: str) -> None:
    assert len(HEAVY[what]) <= 5_000_000
    outcome(HEAVY[what])


def test_changes_across_all_of_time_cost_little() -> None:
    change = "UID:1\nRECURRENCE-ID;RANGE=THISANDFUTURE:00010101T000000Z\nDTSTART:99991231T000000Z"
    outcome(calendar("UID:1\nDTSTART:20270301T090000Z\nRRULE:FREQ=DAILY", change))


def test_a_file_above_its_size_is_not_looked_at() -> None:
    assert outcome(b"X" * 5_000_001) == (
        "a.ics: The calendar is larger than 5 MB. Export fewer months, or busy times only."
    )


@pytest.mark.parametrize(
    "event",
    [
        "DTSTART:99991231T235959Z\nDURATION:P1D\nRRULE:FREQ=DAILY",
        "DTSTART;VALUE=DATE:99991231",
        "DTSTART;VALUE=DATE:00010101\nDTEND;VALUE=DATE:99991231",
        "DTSTART;TZID=Asia/Tokyo:00010101T000000\nDTEND;TZID=America/New_York:99991231T235959",
        "DTSTART:20270301T090000Z\nDURATION:P999999999999W",
        "DTSTART:20270301T090000Z\nDURATION:PT999999999999S\nRRULE:FREQ=DAILY",
        "DTSTART:20270301T235960Z\nDURATION:PT1M",
    ],
)
def test_times_at_the_ends_of_time_are_read(event: str) -> None:
    assert outcome(calendar(event)) == "read"


@pytest.mark.parametrize("text", ["20271301", "20270230T000000", "20270301T250000", "00000000", "٢٠٢٧٠٣٠١", "P1D", ""])
def test_what_is_no_time_is_a_fault(text: str) -> None:
    assert "DTSTART" in outcome(calendar(f"DTSTART:{text}"))


PIECES = st.sampled_from(
    [
        "DTSTART:20270301T090000Z",
        "DTSTART;VALUE=DATE:20270301",
        "DTSTART;TZID=X:20270301T090000",
        "DTEND:20270302T090000Z",
        "DURATION:PT1H",
        "DURATION:-P1D",
        "RRULE:FREQ=DAILY;COUNT=5",
        "RRULE:FREQ=YEARLY;BYDAY=53MO",
        "RRULE:FREQ=MONTHLY;BYDAY=9MO;BYMONTHDAY=-31",
        "EXDATE:20270302T090000Z,",
        "RDATE;VALUE=PERIOD:20270301T090000Z/20270301T080000Z",
        "RECURRENCE-ID:20270302T090000Z",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20270302T090000Z",
        "UID:1",
        "SEQUENCE:-1",
        "FREEBUSY:20270301T090000Z/PT1H",
        "TZOFFSETFROM:+9999",
        "TZOFFSETTO:0",
        "TZID:X",
        *(f"{word}:{part}" for word in ("BEGIN", "END") for part in ("VEVENT", "VFREEBUSY", "VTIMEZONE", "STANDARD")),
    ]
)


@settings(max_examples=60)
@given(st.lists(PIECES | st.text(max_size=20), max_size=25), st.binary(max_size=20))
def test_anything_is_read_or_a_fault(lines: list[str], rest: bytes) -> None:
    outcome("\n".join(["BEGIN:VCALENDAR", *lines]).encode(errors="replace") + rest)
    outcome("\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]).encode())
    outcome(rest)


RULES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "INTERVAL",
                "COUNT",
                "WKST",
                "BYMONTH",
                "BYMONTHDAY",
                "BYYEARDAY",
                "BYWEEKNO",
                "BYDAY",
                "BYHOUR",
                "BYMINUTE",
                "BYSETPOS",
            ]
        ),
        st.integers(-60, 400).map(str) | st.sampled_from(["MO", "-1FR", "53TU", "1,2,3", "MO,WE", "-", "+1", "9" * 30]),
    ),
    max_size=5,
)


@settings(max_examples=40)
@given(st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "OFTEN"]), RULES, st.booleans())
def test_any_rule_is_worked_out_or_a_fault(frequency: str, parts: list[tuple[str, str]], old: bool) -> None:  # noqa: FBT001
    rule = ";".join([f"FREQ={frequency}", *(f"{key}={value}" for key, value in parts)])
    outcome(calendar(f"{OLD if old else NEW}RRULE:{rule}"))
