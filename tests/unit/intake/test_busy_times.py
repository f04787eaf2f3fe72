"""Busy times in the shapes that Outlook, Exchange, Google, Apple and Nextcloud write them."""

from datetime import UTC, datetime

import pytest

from talkcycle.domain.busy import BusyKind
from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.busy_times import busy_times_in

WINDOW = (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
STOCKHOLM = "Europe/Stockholm"

OUTLOOK = """\
BEGIN:VCALENDAR
METHOD:PUBLISH
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
X-WR-CALNAME:Anna Berg
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
DESCRIPTION:Salary of Karin\\nsecret\\, very
RRULE:FREQ=WEEKLY;UNTIL=20270406T080000Z;INTERVAL=1;BYDAY=TU;WKST=MO
EXDATE;TZID=W. Europe Standard Time:20270316T100000
UID:040000008200E00074C5B7101A82E0080000
SUMMARY:Weekly with a subject that is so long that Outlook folds it over two lin
 es
DTSTART;TZID=W. Europe Standard Time:20270302T100000
DTEND;TZID=W. Europe Standard Time:20270302T110000
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20270110T080000Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:2
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-DISALLOW-COUNTER:FALSE
BEGIN:VALARM
DESCRIPTION:REMINDER
TRIGGER;RELATED=START:-PT15M
DURATION:PT300H
ACTION:DISPLAY
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:040000008200E00074C5B7101A82E0080000
RECURRENCE-ID;TZID=W. Europe Standard Time:20270323T100000
SUMMARY:Moved
DTSTART;TZID=W. Europe Standard Time:20270324T130000
DTEND;TZID=W. Europe Standard Time:20270324T140000
SEQUENCE:3
X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE
END:VEVENT
BEGIN:VEVENT
UID:holiday
DTSTART;VALUE=DATE:20270405
DTEND;VALUE=DATE:20270407
X-MICROSOFT-CDO-BUSYSTATUS:OOF
X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
END:VEVENT
BEGIN:VEVENT
UID:home
DTSTART;VALUE=DATE:20270408
DTEND;VALUE=DATE:20270409
TRANSP:TRANSPARENT
X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE
END:VEVENT
BEGIN:VEVENT
UID:birthday
DTSTART;VALUE=DATE:20270409
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""

EXCHANGE = """\
BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Exchange//EN
VERSION:2.0
METHOD:PUBLISH
BEGIN:VFREEBUSY
ORGANIZER:MAILTO:anna@example.com
DTSTAMP:20270228T120000Z
DTSTART:20270228T230000Z
DTEND:20270501T220000Z
FREEBUSY;FBTYPE=BUSY:20270302T090000Z/20270302T100000Z,20270303T090000Z/PT1H30
 M
FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270304T090000Z/20270304T100000Z
FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20270305T070000Z/P1D
FREEBUSY;FBTYPE=FREE:20270308T090000Z/20270308T100000Z
FREEBUSY;FBTYPE=X-PRIVATE:20270309T090000Z/20270309T100000Z
FREEBUSY:20270309T100000Z/20270309T110000Z
URL:http://example.com/freebusy/anna.vfb
END:VFREEBUSY
END:VCALENDAR
"""

GOOGLE = """\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-TIMEZONE:Europe/Stockholm
BEGIN:VTIMEZONE
TZID:America/New_York
X-LIC-LOCATION:America/New_York
BEGIN:DAYLIGHT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
TZNAME:EDT
DTSTART:19700308T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=America/New_York:20270311T090000
DTEND;TZID=America/New_York:20270311T093000
RRULE:FREQ=WEEKLY;WKST=SU;COUNT=2;BYDAY=TH
UID:abc@google.com
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Anna;X
 -NUM-GUESTS=0:mailto:anna@example.com
STATUS:CONFIRMED
SUMMARY:Busy
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART:20270325T080000Z
DTEND:20270325T090000Z
UID:called-off@google.com
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270326
DTEND;VALUE=DATE:20270327
UID:lent@google.com
TRANSP:TRANSPARENT
STATUS:CONFIRMED
END:VEVENT
BEGIN:VEVENT
DTSTART:20270330T080000Z
DTEND:20270330T090000Z
UID:maybe@google.com
STATUS:TENTATIVE
END:VEVENT
END:VCALENDAR
"""

APPLE = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Apple Inc.//macOS 15.1//EN
BEGIN:VEVENT
UID:A1
DTSTART;TZID=Europe/Stockholm:20270301T080000
DURATION:PT45M
RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
END:VEVENT
BEGIN:VEVENT
UID:A2
DTSTART:20270302T080000
DTEND:20270302T090000
END:VEVENT
BEGIN:VEVENT
UID:A3
DTSTART;VALUE=DATE:20270303
END:VEVENT
END:VCALENDAR
"""

NEXTCLOUD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//IDN nextcloud.com//Calendar app 5.0.6//EN
BEGIN:VTIMEZONE
TZID:Our own
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:N1
DTSTART;TZID=Our own:20270326T090000
DTEND;TZID=Our own:20270326T100000
RRULE:FREQ=DAILY;COUNT=5
RDATE;TZID=Our own:20270420T090000
RDATE;VALUE=PERIOD:20270421T070000Z/PT2H
END:VEVENT
END:VCALENDAR
"""


def busy(text: str, zone: str = STOCKHOLM) -> dict[BusyKind, list[str]]:
    """Per kind, such as ``03-02 09:00 10:00``: month, day, start and end in UTC."""
    found = busy_times_in(text.replace("\n", "\r\n").encode(), file="anna.ics", zone=zone, window=WINDOW)
    return {
        kind: [
            f"{start:%m-%d %H:%M} " + (f"{end:%H:%M}" if start.date() == end.date() else f"{end:%m-%d %H:%M}")
            for start, end in spans
        ]
        for kind, spans in found.items()
    }


def problems(text: str | bytes) -> list[str]:
    data = text.replace("\n", "\r\n").encode() if isinstance(text, str) else text
    with pytest.raises(FaultyInput) as caught:
        busy_times_in(data, file="anna.ics", zone=STOCKHOLM, window=WINDOW)
    return [str(fault) for fault in caught.value.faults]


def calendar(*events: str) -> str:
    inside = "\n".join(f"BEGIN:VEVENT\n{each.strip()}\nEND:VEVENT" for each in events)
    return f"BEGIN:VCALENDAR\n{inside}\nEND:VCALENDAR\n"


def test_a_calendar_published_by_outlook() -> None:
    assert busy(OUTLOOK) == {
        BusyKind.BUSY: ["03-02 09:00 10:00", "03-09 09:00 10:00", "03-30 08:00 09:00", "04-06 08:00 09:00"],
        BusyKind.TENTATIVE: ["03-24 12:00 13:00"],
        BusyKind.AWAY: ["04-04 22:00 04-06 22:00"],
        BusyKind.ELSEWHERE: ["04-07 22:00 04-08 22:00"],
    }


def test_free_and_busy_of_exchange() -> None:
    assert busy(EXCHANGE) == {
        BusyKind.BUSY: ["03-02 09:00 10:00", "03-03 09:00 10:30", "03-09 09:00 11:00"],
        BusyKind.TENTATIVE: ["03-04 09:00 10:00"],
        BusyKind.AWAY: ["03-05 07:00 03-06 07:00"],
    }


def test_a_calendar_of_google_across_the_change_of_clocks_in_america() -> None:
    assert busy(GOOGLE) == {
        BusyKind.BUSY: ["03-11 14:00 14:30", "03-18 13:00 13:30"],
        BusyKind.TENTATIVE: ["03-30 08:00 09:00"],
    }


def test_a_calendar_of_apple_with_times_and_days_of_the_owners_own_zone() -> None:
    assert busy(APPLE) == {
        BusyKind.BUSY: ["03-01 07:00 07:45", "03-02 07:00 08:00", "03-02 23:00 03-03 23:00", "04-05 06:00 06:45"]
    }
    assert busy(APPLE, "Asia/Tokyo") == {
        BusyKind.BUSY: ["03-01 07:00 07:45", "03-01 23:00 03-02 00:00", "03-02 15:00 03-03 15:00", "04-05 06:00 06:45"]
    }


def test_a_calendar_of_nextcloud_with_a_zone_of_its_own() -> None:
    assert busy(NEXTCLOUD) == {
        BusyKind.BUSY: [
            "03-26 08:00 09:00",
            "03-27 08:00 09:00",
            "03-28 07:00 08:00",
            "03-29 07:00 08:00",
            "03-30 07:00 08:00",
            "04-20 07:00 08:00",
            "04-21 07:00 09:00",
        ]
    }


@pytest.mark.parametrize(
    ("name", "utc"),
    [
        ("Europe/Stockholm", "08:00"),
        ("europe/stockholm", "08:00"),
        ("W. Europe Standard Time", "08:00"),
        ("/mozilla.org/20050126_1/Europe/Stockholm", "08:00"),
        ("/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires", "12:00"),
        ("Eastern Standard Time", "14:00"),
        ("UTC", "09:00"),
    ],
)
def test_zones_go_by_many_names(name: str, utc: str) -> None:
    for written in (name, f'"{name}"'):
        text = calendar(f"DTSTART;TZID={written}:20270301T090000\nDURATION:PT1M")
        assert busy(text)[BusyKind.BUSY][0][6:11] == utc


def test_a_zone_whose_name_has_colons_and_commas_is_read() -> None:
    definition = "BEGIN:VTIMEZONE\nTZID:(UTC+01:00) Amsterdam, Bern\nBEGIN:STANDARD\nDTSTART:16010101T000000\n"
    definition += "TZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
    for name in ('"(UTC+01:00) Amsterdam, Bern"', "(UTC+01:00) Amsterdam, Bern"):
        event = f"DTSTART;TZID={name}:20270401T090000\nDURATION:PT1H"
        text = calendar(event).replace("BEGIN:VEVENT", f"{definition}BEGIN:VEVENT", 1)
        assert busy(text) == {BusyKind.BUSY: ["04-01 08:00 09:00"]}


def test_files_of_any_encoding_and_line_ends_are_read() -> None:
    text = calendar("SUMMARY:Größe\nDTSTART:20270301T090000Z\nDURATION:PT1H")
    forms = [text.encode(), text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("latin-1")]
    forms += [
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        text.lower().replace("t09", "T09").replace("z\n", "Z\n").encode(),
    ]
    for data in forms:
        assert len(busy_times_in(data, file="a.ics", zone=STOCKHOLM, window=WINDOW)[BusyKind.BUSY]) == 1


def test_what_touches_is_one_and_the_window_cuts() -> None:
    text = calendar(
        "DTSTART:20270301T090000Z\nDTEND:20270301T100000Z",
        "DTSTART:20270301T100000Z\nDTEND:20270301T110000Z",
        "DTSTART:20270227T100000Z\nDTEND:20270301T010000Z",
        "DTSTART:20270430T230000Z\nDTEND:20990101T000000Z",
        "DTSTART:20270303T090000Z",
        "DTSTART:20270226T090000Z\nDTEND:20270226T100000Z",
    )
    assert busy(text) == {
        BusyKind.BUSY: ["03-01 00:00 01:00", "03-01 09:00 11:00", "04-30 23:00 05-01 00:00"],
    }


def test_nobody_is_busy_in_a_calendar_without_events() -> None:
    assert busy("BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n") == {}


def test_every_event_that_cannot_be_read_is_named_by_its_line_and_none_by_its_subject() -> None:
    found = problems(
        calendar(
            "SUMMARY:Secret\nDTSTART:2027-03-01",
            "SUMMARY:Secret\nDTSTART:20270301T090000Z\nDTEND:20270301T080000Z",
            "SUMMARY:Secret\nDTSTART;TZID=Mars/Olympus:20270301T090000",
            "SUMMARY:Secret",
            "DTSTART:20270301T090000Z\nDURATION:soon",
        )
    )
    assert found == [
        'anna.ics:4: DTSTART "2027-03-01" is no date and no time. Export or publish the calendar again.',
        "anna.ics:9: DTEND This ends before it begins. Correct the event in the calendar.",
        (
            'anna.ics:13: TZID Nobody knows the time zone "Mars/Olympus", and the file does not define it. '
            "Set a usual zone in the calendar, such as Europe/Stockholm, and export it again."
        ),
        "anna.ics:15: VEVENT This event does not say when it begins. Export or publish the calendar again.",
        'anna.ics:20: DURATION "SOON" is no duration. Export or publish the calendar again.',
    ]


def test_a_file_that_is_no_whole_calendar_is_no_free_time() -> None:
    assert "The file is empty." in problems(b"")[0]
    assert "a web page" in problems(b"<!DOCTYPE html><html>Sign in</html>")[0]
    assert "no iCalendar file" in problems(b"\x89PNG\r\n\x1a\n")[0]
    assert "breaks off" in problems(OUTLOOK[:900])[0]
    assert "was not begun" in problems(calendar("DTSTART:20270301T090000Z\nEND:VTODO"))[0]


def test_a_list_of_busy_times_that_ends_too_early_is_a_fault() -> None:
    found = problems(EXCHANGE.replace("DTEND:20270501T220000Z", "DTEND:20270401T220000Z"))
    assert found == [
        (
            "anna.ics:9: DTEND This list of busy times ends on 2027-04-01, before the talks are over. "
            "Publish more months of busy times."
        )
    ]
