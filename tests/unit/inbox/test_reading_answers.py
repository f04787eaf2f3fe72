"""Answers as Outlook, Exchange, Gmail, Apple, Thunderbird and Proton write them, and what else comes in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mail_samples import (
    ANNA,
    ANSWERED,
    HOUR,
    SHAPES,
    START,
    UID,
    Answered,
    bare,
    bounce,
    carrying,
    gmail,
    google_counter,
    letter,
    outlook_counter,
    winmail,
)
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.mails import AttendeeAnswer, Bounce, ItipReply, MailKind, Method, ReadMail, UnreadableMail
from talkcycle.intake.mail_reading import BROKEN, WINMAIL, read_mail

LATER = START + timedelta(days=1)


def the_mail(raw: bytes) -> ReadMail:
    mail = read_mail(raw)
    assert isinstance(mail, ReadMail)
    return mail


def the_reply(raw: bytes) -> ItipReply:
    mail = the_mail(raw)
    assert mail.kind is MailKind.ANSWER
    (reply,) = mail.replies
    return reply


def an_event(*lines: str, method: str | None = "REPLY", zones: str = "") -> bytes:
    head = f"METHOD:{method}\n" if method else ""
    inner = "\n".join((f"UID:{UID}", *lines))
    return carrying(f"BEGIN:VCALENDAR\nVERSION:2.0\n{head}{zones}BEGIN:VEVENT\n{inner}\nEND:VEVENT\nEND:VCALENDAR\n")


# The programs


@pytest.mark.parametrize("program", SHAPES)
@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED])
def test_each_program_is_understood(program: str, answer: Answer) -> None:
    mail = the_mail(SHAPES[program](Answered(partstat=answer.upper(), sequence=3)))

    (reply,) = mail.replies
    assert mail.sender is not None
    assert mail.sender.casefold() == ANNA
    given = {each.address.casefold(): each.answer for each in reply.attendees}
    assert given[ANNA] is answer
    assert (reply.method, reply.uid, reply.sequence) == (Method.REPLY, UID, 3)
    assert (reply.made_at, reply.about, reply.proposed) == (ANSWERED, START, None)


def test_gmails_two_copies_are_one_answer() -> None:
    assert gmail(Answered()).count(b"text/calendar") + gmail(Answered()).count(b"application/ics") == 2
    assert len(the_mail(gmail(Answered())).replies) == 1


def test_of_several_attendees_each_keeps_their_own_answer() -> None:
    assert the_reply(SHAPES["thunderbird"](Answered())).attendees == (
        AttendeeAnswer(address=ANNA, answer=Answer.ACCEPTED),
        AttendeeAnswer(address="bo@norrsken.example", answer=Answer.NONE),
    )


def test_google_proposes_another_time() -> None:
    reply = the_reply(google_counter(Answered(partstat="NEEDS-ACTION"), LATER))

    assert (reply.method, reply.proposed, reply.about) == (Method.COUNTER, (LATER, LATER + HOUR), None)
    assert reply.attendees == (AttendeeAnswer(address=ANNA, answer=Answer.NONE),)


def test_outlook_proposes_another_time_and_keeps_the_meetings_own_beside_it() -> None:
    reply = the_reply(outlook_counter(Answered(partstat="TENTATIVE"), LATER))

    assert (reply.method, reply.proposed, reply.about) == (Method.COUNTER, (LATER, LATER + HOUR), START)


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16", "utf-16-le", "iso-8859-1", "iso-8859-15", "windows-1252", "utf-7", "unheard-of"]
)
def test_charsets(charset: str) -> None:
    written = charset if charset != "unheard-of" else "utf-8"
    raw = bare(Answered(by="åsa@norrsken.example"), charset=written).replace(
        f"charset={written}".encode(), f"charset={charset}".encode()
    )
    assert the_reply(raw).attendees == (AttendeeAnswer(address="åsa@norrsken.example", answer=Answer.ACCEPTED),)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/calendar; method=REPLY",
        "text/calendar",
        "TEXT/CALENDAR; METHOD=reply",
        "application/ics",
        'application/octet-stream; name="invite.ics"',
    ],
)
def test_the_header_may_say_less_than_it_should(content_type: str) -> None:
    assert the_reply(bare(Answered(), content_type=content_type)).method is Method.REPLY


def test_the_body_has_the_word_about_the_method_and_the_header_only_where_it_says_nothing() -> None:
    request = bare(Answered()).replace(b"method=REPLY", b"method=COUNTER")
    assert the_reply(request).method is Method.REPLY
    silent = an_event("DTSTAMP:20270301T120000Z", method=None).replace(b"text/calendar", b"text/calendar; method=REFRESH")
    assert the_reply(silent).method is Method.REFRESH


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "ADD", None])
def test_what_answers_nothing_is_a_letter(method: str | None) -> None:
    mail = the_mail(an_event("DTSTAMP:20270301T120000Z", method=method))
    assert (mail.kind, mail.replies) == (MailKind.LETTER, ())


def test_an_answer_inside_a_forwarded_mail_is_not_the_forwarders() -> None:
    forwarded = b"From: bo@norrsken.example\r\nContent-Type: message/rfc822\r\n\r\n" + gmail(Answered())
    assert the_mail(forwarded).kind is MailKind.LETTER


def test_an_answer_that_a_program_sent_by_itself_is_one() -> None:
    """Outlook can decline while somebody is away; servers mark that as automatic."""
    automatic = Answered(partstat="DECLINED", headers=("Auto-Submitted: auto-replied",))
    assert the_mail(SHAPES["outlook"](automatic)).kind is MailKind.ANSWER


# Times


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("DTSTART:20270310T090000Z", START),
        ("DTSTART;TZID=Europe/Stockholm:20270310T100000", START),
        ("DTSTART;TZID=W. Europe Standard Time:20270310T100000", START),
        ('DTSTART;TZID="(UTC+01:00) Amsterdam: Berlin":20270310T100000', None),
        ("DTSTART:20270310T100000", datetime(2027, 3, 10, 10, 0)),
        ("DTSTART;VALUE=DATE:20270310", None),
        ("DTSTART:soon", None),
        ("DTSTART:00010101T000000Z", None),
        ("DTSTART;TZID=Europe/Stockholm:99991231T235959", None),
    ],
)
def test_what_time_an_answer_is_about(line: str, about: datetime | None) -> None:
    assert the_reply(an_event(line)).about == about


def test_a_zone_that_the_calendar_defines_itself() -> None:
    zone = """\
BEGIN:VTIMEZONE
TZID:Ours: the office
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
    winter = an_event("DTSTART;TZID=Ours: the office:20270310T100000", zones=zone)
    summer = an_event("DTSTART;TZID=Ours: the office:20270610T100000", zones=zone)
    assert the_reply(winter).about == START
    assert the_reply(summer).about == datetime(2027, 6, 10, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "end"),
    [
        (("DTEND:20270311T093000Z",), LATER + HOUR / 2),
        (("DURATION:PT45M",), LATER + HOUR * 3 / 4),
        (("DURATION:P2D",), None),
        (("DTEND:20270311T103000",), None),
        ((), None),
    ],
)
def test_a_proposal_may_leave_its_end_out(lines: tuple[str, ...], end: datetime | None) -> None:
    reply = the_reply(an_event("DTSTART:20270311T090000Z", *lines, method="COUNTER"))
    assert reply.proposed == (LATER, end)


def test_a_proposal_of_a_whole_day_proposes_no_time() -> None:
    assert the_reply(an_event("DTSTART;VALUE=DATE:20270311", method="COUNTER")).proposed is None


@pytest.mark.parametrize(("line", "sequence"), [("SEQUENCE:7", 7), ("SEQUENCE:x", 0), ("SEQUENCE:-1", 0), ("X:1", 0)])
def test_a_sequence_that_is_none_is_zero(line: str, sequence: int) -> None:
    assert the_reply(an_event(line)).sequence == sequence


# Attendees


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:anna@norrsken.example", ANNA),
        ("ATTENDEE;PARTSTAT=DECLINED:MAILTO: anna@norrsken.example ", ANNA),
        ("ATTENDEE;PARTSTAT=DECLINED:anna@norrsken.example", ANNA),
        ('ATTENDEE;CN="Berg; Anna: HR, mailto:x@y.example";PARTSTAT=DECLINED:mailto:anna@norrsken.example', ANNA),
        ('ATTENDEE;SENT-BY="mailto:assistant@norrsken.example";PARTSTAT=DECLINED:mailto:anna@norrsken.example', ANNA),
        ('ATTENDEE;CN="Anna;PARTSTAT=DECLINED:mailto:anna@norrsken.example', ANNA),
        ("ATTENDEE;EMAIL=anna@norrsken.example;PARTSTAT=DECLINED:urn:uuid:1", ANNA),
        ("ATTENDEE;PARTSTAT=DECLINED:urn:uuid:1", None),
        ("ATTENDEE;PARTSTAT=DECLINED:mailto:anna@norrsken.example@evil.example", None),
    ],
)
def test_how_attendees_are_named(line: str, address: str | None) -> None:
    found = [each.address for each in the_reply(an_event(line)).attendees]
    assert found == ([] if address is None else [address])


@pytest.mark.parametrize("partstat", ["NEEDS-ACTION", "DELEGATED", "IN-PROCESS", "X-MAYBE", ""])
def test_what_is_neither_yes_nor_perhaps_nor_no_is_no_answer(partstat: str) -> None:
    reply = the_reply(an_event(f"ATTENDEE;PARTSTAT={partstat}:mailto:{ANNA}"))
    assert reply.attendees == (AttendeeAnswer(address=ANNA, answer=Answer.NONE),)


# What cannot be read


def test_a_winmail_dat_with_an_answer_in_it_is_reported_and_one_with_a_letter_is_a_letter() -> None:
    assert read_mail(winmail(Answered())) == UnreadableMail(why=WINMAIL)
    newer = winmail(Answered(), message_class="IPM.Schedule.Meeting.Resp.Neg".encode("utf-16-le"))
    assert read_mail(newer) == UnreadableMail(why=WINMAIL)
    assert the_mail(winmail(Answered(), message_class=b"IPM.Microsoft Mail.Note\0")).kind is MailKind.LETTER


def test_an_answer_that_breaks_off_is_reported_and_another_calendar_that_does_is_not() -> None:
    broken = f"BEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nUID:{UID}\n"
    assert read_mail(carrying(broken)) == UnreadableMail(why=BROKEN)
    assert the_mail(carrying(broken.replace("REPLY", "PUBLISH"))).kind is MailKind.LETTER


def test_an_answer_without_a_uid_or_without_an_event_is_broken() -> None:
    for inner in ("BEGIN:VEVENT\nSEQUENCE:0\nEND:VEVENT\n", "BEGIN:VTODO\nUID:x\nEND:VTODO\n"):
        assert read_mail(carrying(f"BEGIN:VCALENDAR\nMETHOD:REPLY\n{inner}END:VCALENDAR\n")) == UnreadableMail(why=BROKEN)


def test_a_broken_copy_beside_a_whole_one_does_not_matter() -> None:
    raw = gmail(Answered()).replace(b"END:VCALENDAR", b"", 1)
    assert len(the_mail(raw).replies) == 1


def test_how_a_large_mail_begins_is_enough_for_what_is_whole_in_it_and_the_rest_is_no_fault() -> None:
    raw = gmail(Answered())
    shown = read_mail(raw[: raw.rindex(b"application/ics")], whole=False)
    assert isinstance(shown, ReadMail)
    assert len(shown.replies) == 1
    cut = read_mail(raw[: raw.index(b"END:VEVENT")], whole=False)
    assert isinstance(cut, ReadMail)
    assert cut.kind is MailKind.LETTER


# Bounces and what programs send by themselves


def test_a_bounce_says_which_mail_and_why_without_addresses() -> None:
    mail = the_mail(bounce("<a-1@norrskenkonsult.example>"))
    assert (mail.kind, mail.replies) == (MailKind.BOUNCE, ())
    assert mail.bounce == Bounce(
        message_ids=("<a-1@norrskenkonsult.example>",),
        permanent=True,
        said="5.1.1 550 5.1.1 <…>: Recipient address rejected: User unknown",
    )


@pytest.mark.parametrize("carried", ["message/rfc822", "text/rfc822-headers", "message/global"])
def test_a_bounce_may_carry_the_mail_or_its_headers_alone(carried: str) -> None:
    mail = the_mail(bounce("<a-1@norrskenkonsult.example>", carried=carried))
    assert mail.bounce is not None
    assert mail.bounce.message_ids == ("<a-1@norrskenkonsult.example>",)


def test_a_bounce_without_the_mail_is_about_what_it_answers() -> None:
    raw = bounce("", carried="text/plain").replace(
        b"Auto-Submitted",
        b"In-Reply-To: <a-1@norrskenkonsult.example>\r\nReferences: <a-0@x> <a-1@norrskenkonsult.example>"
        b"\r\nAuto-Submitted",
        1,
    )
    mail = the_mail(raw)
    assert mail.bounce is not None
    assert mail.bounce.message_ids == ("<a-1@norrskenkonsult.example>", "<a-0@x>")


def test_a_delayed_mail_is_late_and_a_delivered_one_is_no_news() -> None:
    late = the_mail(bounce("<a-1@x>", action="delayed", status="4.4.1"))
    assert late.bounce is not None
    assert late.bounce.permanent is False
    assert the_mail(bounce("<a-1@x>", action="delivered", status="2.0.0")).kind is MailKind.AUTOMATIC


def test_a_bounce_that_carries_an_answer_is_a_bounce() -> None:
    raw = bounce("<a-1@x>").replace(b"\r\nHej\r\n", b"\r\n" + gmail(Answered()) + b"\r\n")
    assert the_mail(raw).kind is MailKind.BOUNCE


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "X-Auto-Response-Suppress: All",
        "Precedence: bulk",
        "Precedence: Auto_Reply",
        "X-Autoreply: yes",
        "List-Id: <news.example>",
        "Return-Path: <>",
    ],
)
def test_what_a_program_sent_by_itself(header: str) -> None:
    assert the_mail(letter(headers=(header,))).kind is MailKind.AUTOMATIC


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: no", "Precedence: first-class", "Return-Path: <anna@norrsken.example>"]
)
def test_everything_else_is_a_letter(header: str) -> None:
    assert the_mail(letter(headers=(header,))).kind is MailKind.LETTER


def test_an_answer_is_the_same_however_often_it_is_read() -> None:
    raw = SHAPES["apple"](replace(Answered(), sequence=2))
    assert read_mail(raw) == read_mail(raw)
