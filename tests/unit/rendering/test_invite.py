"""What calendars need to show a meeting with buttons, line by line (RFC 5545, 5546, 6047)."""

import zoneinfo
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from rendering_round import CYCLE, EMPLOYEE, ENTRY, MANAGER, ROUND, TALK, OrderFor
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import Role
from talkcycle.rendering.invite import REQUEST, Invite, calendar_part
from talkcycle.rendering.library import Library
from talkcycle.rendering.message import compose, render
from talkcycle.rendering.vtimezone import observances, tells_truly, vtimezone


def calendar_of(order_for: OrderFor, library: Library, kind: Kind = Kind.MEETING_CREATE, **more: Any) -> bytes:
    composed = compose(order_for(kind=kind, **more), library, {})
    assert composed.calendar is not None
    return composed.calendar


def unfolded(calendar: bytes) -> list[str]:
    return calendar.replace(b"\r\n ", b"").decode().split("\r\n")


def event_of(calendar: bytes) -> Any:
    (event,) = Calendar.from_ical(calendar).walk("VEVENT")
    return event


STOCKHOLM = """\
BEGIN:VTIMEZONE
TZID:Europe/Stockholm
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE
"""
ASKED = "CUTYPE=INDIVIDUAL;PARTSTAT=NEEDS-ACTION"
DESCRIPTION = (
    "DESCRIPTION:Samtalspunkter\\n5 min: Sedan sist. Medarbetaren leder\\n15 min: Läget nu. Medarbetaren leder"
    "\\n10 min: Vart vi är på väg. Medarbetaren leder\\n10 min: Det du kan. Medarbetaren leder"
    "\\n10 min: Förväntningar. Chefen leder\\n5 min: Nästa steg. Ni båda\\n5 min: Sammanfattning. Ni båda"
    "\\n\\nMaria Åkesson\\, hr@norrsken.example\\, +46 8 123 45 67"
)


def test_a_request_has_every_line_that_calendars_need(order_for: OrderFor, mini: Library) -> None:
    lines = unfolded(calendar_of(order_for, mini))

    assert lines[:4] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//talkcycle//talkcycle//EN", "METHOD:REQUEST"]
    assert lines[4:21] == STOCKHOLM.splitlines()
    assert sorted(lines[21:]) == sorted(
        [
            "BEGIN:VEVENT",
            "SUMMARY:Samtal",
            "DTSTART;TZID=Europe/Stockholm:20270309T143000",
            "DTEND;TZID=Europe/Stockholm:20270309T153000",
            "DTSTAMP:20270212T080000Z",
            f"UID:{ENTRY.uid}",
            "SEQUENCE:0",
            f'ATTENDEE;CN="Björn Öberg";{ASKED};ROLE=CHAIR;RSVP=TRUE:mailto:bjorn@norrsken.example',
            f'ATTENDEE;CN="Åsa Lindqvist";{ASKED};ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:asa@norrsken.example',
            "CLASS:PRIVATE",
            DESCRIPTION,
            "LOCATION:Rum Tärnan\\, plan 3",
            'ORGANIZER;CN="HR, Norrsken AB":mailto:samtal@norrsken.example',
            "STATUS:CONFIRMED",
            "TRANSP:OPAQUE",
            "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            "DESCRIPTION:Samtal",
            "TRIGGER:-PT15M",
            "END:VALARM",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def test_a_cancellation_keeps_identity_and_people_and_tells_the_time_in_utc(order_for: OrderFor, mini: Library) -> None:
    entry = replace(ENTRY, sequence=3)

    lines = unfolded(calendar_of(order_for, mini, Kind.MEETING_CANCEL, entry=entry))

    wanted = {
        "METHOD:CANCEL",
        "STATUS:CANCELLED",
        "SEQUENCE:3",
        f"UID:{ENTRY.uid}",
        "DTSTART:20270309T133000Z",
        "DTEND:20270309T143000Z",
        'ORGANIZER;CN="HR, Norrsken AB":mailto:samtal@norrsken.example',
    }
    assert wanted <= set(lines)
    assert [line.rpartition(":mailto:")[2] for line in lines if line.startswith("ATTENDEE")] == [
        "bjorn@norrsken.example",
        "asa@norrsken.example",
    ]
    assert [line for line in lines if line.startswith(("BEGIN:VTIMEZONE", "BEGIN:VALARM"))] == []


def test_both_sides_get_the_same_entry(order_for: OrderFor, mini: Library) -> None:
    employee, manager = (event_of(calendar_of(order_for, mini, role=role)) for role in (Role.EMPLOYEE, Role.MANAGER))

    assert employee == manager


def test_lines_end_with_crlf_and_hold_at_most_75_octets(order_for: OrderFor, mini: Library) -> None:
    talk = replace(TALK, place=replace(TALK.place, name="Rum Åäö, " * 40))

    calendar = calendar_of(order_for, mini, talk=talk)

    lines = calendar.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert [line for line in lines if b"\n" in line or b"\r" in line] == []
    assert calendar.endswith(b"END:VCALENDAR\r\n")


def test_somebody_without_a_mailbox_is_no_attendee(order_for: OrderFor, mini: Library) -> None:
    calendar = calendar_of(order_for, mini, role=Role.MANAGER, employee=replace(EMPLOYEE, email=None))

    assert event_of(calendar)["attendee"] == "mailto:bjorn@norrsken.example"


def test_quotes_in_a_name_are_left_out_of_the_calendar(order_for: OrderFor, mini: Library) -> None:
    calendar = calendar_of(order_for, mini, manager=replace(MANAGER, name='Björn "Nalle" Öberg'))

    assert event_of(calendar)["attendee"][0].params["cn"] == "Björn Nalle Öberg"


def test_the_calendar_part_stands_last_in_the_alternative_as_base64_without_disposition(
    order_for: OrderFor, mini: Library
) -> None:
    order = order_for(kind=Kind.MEETING_CREATE, attach=("agenda",))

    mail: Any = message_from_bytes(render(order, mini, {}).payload, policy=policy.default)

    mixed = [part.get_content_type() for part in mail.iter_parts()]
    alternative = list(next(mail.iter_parts()).iter_parts())
    calendar = alternative[-1]
    assert mixed == ["multipart/alternative", "application/pdf", "application/ics"]
    assert [part.get_content_type() for part in alternative] == ["text/plain", "text/html", "text/calendar"]
    assert dict(calendar.items()) == {
        "Content-Type": 'text/calendar; method="REQUEST"; charset="UTF-8"',
        "Content-Transfer-Encoding": "base64",
    }
    assert calendar.get_payload(decode=True) == compose(order, mini, {}).calendar
    assert list(mail.iter_parts())[-1].get_payload(decode=True) == calendar.get_payload(decode=True)


def test_organizer_sender_and_from_are_one_mailbox(order_for: OrderFor, mini: Library) -> None:
    rendered = render(order_for(kind=Kind.MEETING_CREATE), mini, {})

    mail: Any = message_from_bytes(rendered.payload, policy=policy.default)

    organizer = event_of(calendar_of(order_for, mini))["organizer"]
    assert mail["From"].addresses[0].addr_spec == rendered.mailbox == organizer.removeprefix("mailto:")
    assert mail["From"].addresses[0].display_name == organizer.params["cn"] == "HR, Norrsken AB"
    assert mail["X-Auto-Response-Suppress"] == "OOF"


def test_a_start_is_written_in_the_employees_zone_whoever_gets_it(order_for: OrderFor, mini: Library) -> None:
    manager = replace(MANAGER, zone="Europe/London")

    lines = unfolded(calendar_of(order_for, mini, role=Role.MANAGER, manager=manager))

    assert "DTSTART;TZID=Europe/Stockholm:20270309T143000" in lines


ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})


def in_zone(zone: str, start: datetime) -> bytes:
    return calendar_part(
        Invite(
            entry=ENTRY,
            start=start,
            end=start + timedelta(hours=1),
            zone=zone,
            made_at=start,
            title="Samtal",
            place="",
            description="",
            organizer=Party(name="HR", address="hr@x.example"),
            chair=None,
            participant=None,
        ),
        REQUEST,
    )


def told_by_its_own_timezone(calendar: bytes) -> datetime:
    """The start as a program would read it that knows no zones but those in the file itself."""
    parsed: Any = Calendar.from_ical(calendar)
    value = event_of(calendar)["dtstart"]
    if "TZID" not in value.params:
        start: datetime = value.dt
        return start
    wall = value.dt.replace(tzinfo=None)
    (block,) = parsed.walk("VTIMEZONE")
    begun = []
    for part in block.subcomponents:
        onset = part["dtstart"].dt.replace(tzinfo=None)
        if "rrule" in part:
            rule = rrulestr(part["rrule"].to_ical().decode(), dtstart=onset)
            onset = rule.before(wall, inc=True) or onset
        begun.append((onset, part["tzoffsetto"].td))
    told: datetime = (wall - max(begun)[1]).replace(tzinfo=UTC)
    return told


@settings(max_examples=60)
@given(
    zone=st.sampled_from(ZONES),
    start=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2036, 12, 31)),
)
@example(zone="Europe/Stockholm", start=datetime(2027, 3, 28, 0, 59))
@example(zone="Europe/Stockholm", start=datetime(2027, 3, 28, 1, 0))
@example(zone="Europe/Stockholm", start=datetime(2027, 10, 31, 0, 30))
@example(zone="Europe/Stockholm", start=datetime(2027, 10, 31, 1, 30))
@example(zone="Europe/Dublin", start=datetime(2027, 7, 1, 9, 0))
@example(zone="Europe/Dublin", start=datetime(2027, 12, 1, 9, 0))
@example(zone="Australia/Lord_Howe", start=datetime(2027, 4, 3, 14, 45))
@example(zone="Africa/Casablanca", start=datetime(2027, 2, 20, 9, 0))
@example(zone="America/Nuuk", start=datetime(2027, 6, 20, 9, 0))
@example(zone="America/Sao_Paulo", start=datetime(2027, 6, 20, 9, 0))
def test_every_start_reads_back_as_the_same_instant(zone: str, start: datetime) -> None:
    instant = start.replace(tzinfo=UTC, second=0, microsecond=0)

    assert told_by_its_own_timezone(in_zone(zone, instant)) == instant


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "Europe/Helsinki", "Europe/London", "Europe/Dublin"])
@pytest.mark.parametrize("month", [1, 7])
def test_common_zones_are_written_as_themselves(zone: str, month: int) -> None:
    assert f"DTSTART;TZID={zone}:".encode() in in_zone(zone, datetime(2027, month, 5, 9, tzinfo=UTC))


def test_summer_is_daylight_in_ireland_too() -> None:
    lines = vtimezone("Europe/Dublin").splitlines()

    assert lines[lines.index("BEGIN:DAYLIGHT") + 3] == "TZOFFSETTO:+0100"
    assert lines[lines.index("BEGIN:STANDARD") + 3] == "TZOFFSETTO:+0000"


def test_a_zone_without_summer_time_has_one_standard_time() -> None:
    assert vtimezone("Asia/Tokyo").split("\r\n") == [
        "BEGIN:VTIMEZONE",
        "TZID:Asia/Tokyo",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0900",
        "TZOFFSETTO:+0900",
        "TZNAME:JST",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    ]


def test_a_zone_no_yearly_rule_describes_is_written_in_utc() -> None:
    instant = datetime(2027, 6, 20, 9, tzinfo=UTC)

    assert observances("America/Nuuk") is None
    assert not tells_truly("America/Nuuk", instant)
    assert b"DTSTART:20270620T090000Z\r\n" in in_zone("America/Nuuk", instant)


def test_the_title_carries_no_name_of_the_cycle(order_for: OrderFor, mini: Library) -> None:
    cycle = replace(CYCLE, name={"sv": "Omställningssamtal"})

    calendar = calendar_of(order_for, mini, round_=replace(ROUND, cycle=cycle))

    assert event_of(calendar)["summary"] == "Samtal"
    assert b"Omst" not in calendar
