"""Answers to a talk as the programs in use write them, byte for byte in their shapes, and other mails that come in.

The shapes are those of Outlook, Exchange, Gmail, Apple Mail, Thunderbird and Proton Mail: which parts, in which order,
under which types, encoded how; which properties they write and which they leave out.
"""

import base64
import quopri
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

ANNA, SERVICE = "anna@norrsken.example", "samtal@norrskenkonsult.example"
UID = "5f0c9d5e-6f0b-5a43-9a86-0d1f0d7a3c11@norrskenkonsult.example"
START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
ANSWERED = datetime(2027, 3, 1, 12, 30, 15, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
HOUR = timedelta(hours=1)

OUTLOOKS_ZONE = """\
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
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What somebody answers. *headers*: lines that stand on top, as the own mail server writes them."""

    partstat: str = "ACCEPTED"
    uid: str = UID
    by: str = ANNA
    name: str = "Åberg, Anna"
    sequence: int = 0
    at: datetime = ANSWERED
    start: datetime = START
    headers: tuple[str, ...] = ()

    @property
    def end(self) -> datetime:
        return self.start + HOUR

    def proposing(self, start: datetime) -> "Answered":
        return Answered(
            partstat=self.partstat,
            uid=self.uid,
            by=self.by,
            name=self.name,
            sequence=self.sequence,
            at=self.at,
            start=start,
        )


def utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def in_stockholm(instant: datetime) -> str:
    return f"{instant.astimezone(STOCKHOLM):%Y%m%dT%H%M%S}"


def crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def outlook(it: Answered) -> bytes:
    """Outlook: no ORGANIZER, a Windows zone it defines itself, base64, the text in Latin-1."""
    return _alternative(it, _outlook_calendar(it), plain_charset="iso-8859-1")


def _outlook_calendar(it: Answered, *, method: str = "REPLY", more: str = "") -> str:
    zone = "W. Europe Standard Time"
    return f"""\
BEGIN:VCALENDAR
METHOD:{method}
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
{OUTLOOKS_ZONE}\
BEGIN:VEVENT
ATTENDEE;PARTSTAT={it.partstat};CN="{it.name}":mailto:{it.by}
COMMENT;LANGUAGE=sv-SE:Vi ses då!\\n
UID:{it.uid}
SUMMARY;LANGUAGE=sv-SE:Accepterat: Samtal
DTSTART;TZID={zone}:{in_stockholm(it.start)}
DTEND;TZID={zone}:{in_stockholm(it.end)}
CLASS:PRIVATE
PRIORITY:5
DTSTAMP:{utc(it.at)}
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:{it.sequence}
{more}\
X-MICROSOFT-CDO-APPT-SEQUENCE:{it.sequence}
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-DISALLOW-COUNTER:FALSE
END:VEVENT
END:VCALENDAR
"""


def exchange(it: Answered) -> bytes:
    """Exchange itself: MAILTO in capitals, the address's case as the directory has it, a name in quotes with a colon."""
    calendar = _outlook_calendar(it).replace("mailto:", "MAILTO:").replace(it.by, it.by.title()).replace(it.name, "A: B")
    return _alternative(it, calendar, plain_charset="us-ascii", header_from=it.by.upper())


def outlook_counter(it: Answered, proposed: datetime) -> bytes:
    """Outlook's proposal: the proposed time is the event's, and its own time stands in a property of Outlook's."""
    original = f'X-MS-OLK-ORIGINALSTART;TZID="W. Europe Standard Time":{in_stockholm(it.start)}\n'
    original += f'X-MS-OLK-ORIGINALEND;TZID="W. Europe Standard Time":{in_stockholm(it.end)}\n'
    calendar = _outlook_calendar(it.proposing(proposed), method="COUNTER", more=original)
    return _alternative(it, calendar, method="COUNTER", plain_charset="iso-8859-1")


def gmail(it: Answered) -> bytes:
    """Google Calendar: the same calendar twice, once to show and once as a file."""
    return _twice(it, _google_calendar(it), "REPLY", file_type='application/ics; name="invite.ics"')


def google_counter(it: Answered, proposed: datetime) -> bytes:
    return _twice(it, _google_calendar(it.proposing(proposed), method="COUNTER"), "COUNTER")


def _google_calendar(it: Answered, *, method: str = "REPLY") -> str:
    return f"""\
BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:{method}
BEGIN:VEVENT
DTSTART:{utc(it.start)}
DTEND:{utc(it.end)}
DTSTAMP:{utc(it.at)}
ORGANIZER;CN=HR, Norrsken Konsult:mailto:{SERVICE}
UID:{it.uid}
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={it.partstat};CN=Ann
 a Åberg;X-NUM-GUESTS=0:mailto:{it.by}
CLASS:PRIVATE
CREATED:20270201T100000Z
DESCRIPTION:
LAST-MODIFIED:{utc(it.at)}
LOCATION:
SEQUENCE:{it.sequence}
STATUS:CONFIRMED
SUMMARY:Samtal
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""


def apple(it: Answered) -> bytes:
    """Apple's Calendar: one calendar part beside a text, quoted-printable, the file named, EMAIL beside the address."""
    calendar = f"""\
BEGIN:VCALENDAR
CALSCALE:GREGORIAN
VERSION:2.0
METHOD:REPLY
PRODID:-//Apple Inc.//macOS 14.5//EN
BEGIN:VEVENT
UID:{it.uid}
DTEND;TZID=Europe/Stockholm:{in_stockholm(it.end)}
ATTENDEE;CN="{it.name}";CUTYPE=INDIVIDUAL;EMAIL="{it.by}";PARTSTAT={it.partstat}
 :/1234567/principal/
TRANSP:OPAQUE
SUMMARY:Samtal
DTSTART;TZID=Europe/Stockholm:{in_stockholm(it.start)}
DTSTAMP:{utc(it.at)}
ORGANIZER;CN="HR, Norrsken Konsult":mailto:{SERVICE}
SEQUENCE:{it.sequence}
END:VEVENT
END:VCALENDAR
"""
    encoded = quopri.encodestring(crlf(calendar).encode()).decode("ascii").replace("\r\n", "\n").replace("=0D\n", "\n")
    return _mail(
        it,
        f"""\
Content-Type: multipart/mixed; boundary=Apple-Mail-2A5E

--Apple-Mail-2A5E
Content-Type: text/plain; charset=us-ascii

Anna has accepted.
--Apple-Mail-2A5E
Content-Disposition: attachment; filename=iCal-20270301-133015.ics
Content-Type: text/calendar; x-unix-mode=0644; name="iCal-20270301-133015.ics"; method=REPLY
Content-Transfer-Encoding: quoted-printable

{encoded}
--Apple-Mail-2A5E--
""",
    )


def thunderbird(it: Answered) -> bytes:
    """Thunderbird: a text, and the calendar twice, with attendees besides who have not answered."""
    calendar = _google_calendar(it).replace(
        "//Google Inc//Google Calendar 70.9054//EN", "//Mozilla.org/NONSGML Mozilla//EN"
    )
    others = "ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=CHAIR:mailto:bo@norrsken.example\nCLASS:PRIVATE"
    return _twice(
        it, calendar.replace("CLASS:PRIVATE", others), "REPLY", file_type="application/ics; name=invite.ics; method=REPLY"
    )


def proton(it: Answered) -> bytes:
    """Proton Mail: the calendar is only there as a file, and its header does not name the method."""
    calendar = _google_calendar(it).replace(
        "//Google Inc//Google Calendar 70.9054//EN", "//Proton AG//ProtonCalendar//EN"
    )
    return _mail(
        it,
        f"""\
Content-Type: multipart/mixed;boundary=---------------------9b1c

-----------------------9b1c
Content-Type: text/plain;charset=utf-8
Content-Transfer-Encoding: quoted-printable

{it.by} accepted your invitation to Samtal
-----------------------9b1c
Content-Type: application/ics; filename="invite.ics"; name="invite.ics"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="invite.ics"; name="invite.ics"

{_base64(calendar)}
-----------------------9b1c--
""",
    )


SHAPES: Mapping[str, Callable[[Answered], bytes]] = {
    "outlook": outlook,
    "exchange": exchange,
    "gmail": gmail,
    "apple": apple,
    "thunderbird": thunderbird,
    "proton": proton,
}


def bare(it: Answered, *, charset: str = "utf-8", content_type: str = "text/calendar; method=REPLY") -> bytes:
    """The calendar is the mail."""
    return _mail(
        it,
        f"""\
Content-Type: {content_type}; charset={charset}
Content-Transfer-Encoding: base64

{_base64(_google_calendar(it), charset)}
""",
    )


def carrying(calendar: str, it: Answered | None = None) -> bytes:
    """A mail with *calendar* as it is; in a bare part of its own."""
    body = f"Content-Type: text/calendar; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{_base64(calendar)}\n"
    return _mail(it or Answered(), body)


def winmail(it: Answered, *, message_class: bytes = b"IPM.Microsoft Schedule.MtgRespP\0") -> bytes:
    """Outlook's own format, which nobody else reads."""
    tnef = base64.encodebytes(
        b"\x78\x9f\x3e\x22\x01\x00\x01\x08\x80\x07\x00\x18\x00\x00\x00" + message_class + bytes(200)
    )
    return _mail(
        it,
        f"""\
Content-Type: multipart/mixed; boundary=tnef

--tnef
Content-Type: text/plain

--tnef
Content-Type: application/ms-tnef; name="winmail.dat"
Content-Transfer-Encoding: base64

{tnef.decode("ascii")}
--tnef--
""",
    )


def letter(by: str = ANNA, *, headers: tuple[str, ...] = ()) -> bytes:
    """Somebody writes to HR."""
    text = (
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nHej! Kan vi ses på Zoom i stället?\n"
    )
    return _mail(Answered(by=by, headers=headers), text)


def bounce(message_id: str, *, action: str = "failed", status: str = "5.1.1", carried: str = "message/rfc822") -> bytes:
    """What Postfix reports (RFC 3464): in words, for programs, and the mail it is about."""
    original = f"From: <{SERVICE}>\nMessage-ID: {message_id}\nSubject: Samtal\n"
    body = f"""\
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--report
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.norrsken.example
X-Postfix-Queue-ID: 4BB9F1F0
Arrival-Date: Mon,  1 Mar 2027 13:30:15 +0100 (CET)

Final-Recipient: rfc822; {ANNA}
Original-Recipient: rfc822;{ANNA}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <{ANNA}>: Recipient address rejected: User
    unknown

--report
Content-Description: Undelivered Message
Content-Type: {carried}

{original}
Hej
--report--
"""
    return _mail(Answered(by="MAILER-DAEMON@mail.norrsken.example", name="Mail Delivery System"), body)


def _alternative(
    it: Answered, calendar: str, *, method: str = "REPLY", plain_charset: str, header_from: str | None = None
) -> bytes:
    return _mail(
        it,
        f"""\
Content-Type: multipart/alternative;
\tboundary="_000_AM0PR0000"
X-MS-Has-Attach:
Content-Language: sv-SE

--_000_AM0PR0000
Content-Type: text/plain; charset="{plain_charset}"
Content-Transfer-Encoding: quoted-printable

Vi ses d=E5!

--_000_AM0PR0000
Content-Type: text/calendar; charset="utf-8"; method={method}
Content-Transfer-Encoding: base64

{_base64(calendar)}
--_000_AM0PR0000--
""",
        header_from=header_from,
    )


def _twice(it: Answered, calendar: str, method: str, *, file_type: str = 'application/ics; name="invite.ics"') -> bytes:
    return _mail(
        it,
        f"""\
Content-Type: multipart/mixed; boundary="000000000000c0ffee"

--000000000000c0ffee
Content-Type: multipart/alternative; boundary="000000000000decaf0"

--000000000000decaf0
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{_base64("Anna Åberg har tackat ja till den här inbjudan.")}
--000000000000decaf0
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<p>Anna har tackat ja</p>
--000000000000decaf0
Content-Type: text/calendar; charset="UTF-8"; method={method}
Content-Transfer-Encoding: 8bit

{calendar}
--000000000000decaf0--
--000000000000c0ffee
Content-Type: {file_type}
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{_base64(calendar)}
--000000000000c0ffee--
""",
    )


def _mail(it: Answered, body: str, *, header_from: str | None = None) -> bytes:
    """*body*: the headers that say how it is made, and what follows."""
    name = base64.b64encode(it.name.encode()).decode("ascii")
    headers = "".join(f"{line}\n" for line in it.headers)
    head = f"""\
{headers}\
From: =?utf-8?B?{name}?= <{header_from or it.by}>
To: <{SERVICE}>
Subject: =?utf-8?Q?Accepterat=3A_Samtal?=
Date: Mon, 01 Mar 2027 13:30:15 +0100
Message-ID: <{it.at:%H%M%S}.{it.partstat.lower()}@mail.example>
MIME-Version: 1.0
"""
    return crlf(head + body).encode()


def _base64(text: str, charset: str = "utf-8") -> str:
    return base64.encodebytes(crlf(text).encode(charset)).decode("ascii").strip()
