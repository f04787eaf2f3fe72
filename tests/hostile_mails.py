"""Mails made to cost whoever reads them: time, memory, or the end of the process."""

import base64
from collections.abc import Callable, Mapping

HEAD = b"From: anna@norrsken.example\r\nTo: samtal@norrskenkonsult.example\r\nSubject: x\r\n"


def many_parameters() -> bytes:
    parameters = b"".join(b";\r\n a%d=b" % number for number in range(20_000))
    return HEAD + b"Content-Type: text/calendar" + parameters + b"\r\n\r\nBEGIN:VCALENDAR\r\n"


def many_parts() -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 200_000 + b"--b--\r\n"


def many_parts_of_many_boundaries() -> bytes:
    inner = b"".join(
        b"--b\r\nContent-Type: multipart/mixed; boundary=c%d\r\n\r\n--c%d\r\n\r\nx\r\n--c%d--\r\n" % (n, n, n)
        for n in range(20_000)
    )
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + inner + b"--b--\r\n"


def deep_parts() -> bytes:
    levels = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3_000))
    return HEAD + b"".join(levels)


def deep_parts_of_one_boundary() -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" * 3_000


def boundaries_in_disguise() -> bytes:
    """Named in pieces and in percent signs (RFC 2231), so that whoever looks for them does not find them."""
    named = b"Content-Type: multipart/mixed; boundary*=us-ascii''%62%6Fundary\r\n\r\n"
    return HEAD + named + b"--boundary\r\n\r\n" * 200_000


def deep_mails() -> bytes:
    return HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3_000


def many_brackets() -> bytes:
    return b"From: " + b"(" * 100_000 + b" <anna@norrsken.example>\r\nSubject: x\r\n\r\nx"


def brackets_that_fit() -> bytes:
    return b"From: " + b"(" * 3_000 + b" <anna@norrsken.example>\r\nSubject: x\r\n\r\nx"


def many_headers() -> bytes:
    return b"A: b\r\n" * 700_000 + b"\r\nx"


def many_headers_inside() -> bytes:
    """Each takes forty times its length in memory."""
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + b"A:\r\n" * 1_200_000 + b"\r\nx"


def a_long_header() -> bytes:
    return b"Subject: " + b"x\r\n " * 1_000_000 + b"\r\n\r\nx"


def no_line_ends() -> bytes:
    return b"x" * 5_000_000


def bare_returns() -> bytes:
    return (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 200_000).replace(
        b"\r\n", b"\r"
    )


def too_large() -> bytes:
    return HEAD + b"\r\n" + b"x" * 5_000_000


def calendar(inner: bytes) -> bytes:
    data = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + inner + b"END:VCALENDAR\r\n"
    head = b"Content-Type: text/calendar; method=REPLY\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return HEAD + head + base64.encodebytes(data)


def event(inner: bytes) -> bytes:
    return calendar(b"BEGIN:VEVENT\r\nUID:x\r\n" + inner + b"END:VEVENT\r\n")


def a_large_calendar() -> bytes:
    return event(b"COMMENT:x\r\n" * 300_000)


def many_attendees() -> bytes:
    return event(b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.example\r\n" * 5_000)


def many_quotes() -> bytes:
    return event(b'ATTENDEE;CN="' + b'"' * 200_000 + b":mailto:a@b.example\r\n")


def many_components() -> bytes:
    return calendar(b"BEGIN:VEVENT\r\nEND:VEVENT\r\n" * 8_000)


def a_zone_without_end() -> bytes:
    rule = b"RRULE:FREQ=SECONDLY\r\n"
    part = b"BEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n" + rule * 1_000
    zone = b"BEGIN:VTIMEZONE\r\nTZID:Here\r\n" + part + b"END:STANDARD\r\nEND:VTIMEZONE\r\n"
    return calendar(zone + b"BEGIN:VEVENT\r\nUID:x\r\nDTSTART;TZID=Here:20270310T100000\r\nEND:VEVENT\r\n")


def a_zone_of_many_rules() -> bytes:
    part = b"BEGIN:STANDARD\r\nDTSTART:20260101T000000\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=HOURLY\r\n"
    zone = b"BEGIN:VTIMEZONE\r\nTZID:Here\r\n" + (part + b"END:STANDARD\r\n") * 1_500 + b"END:VTIMEZONE\r\n"
    return calendar(zone + b"BEGIN:VEVENT\r\nUID:x\r\nDTSTART;TZID=Here:20270310T100000\r\nEND:VEVENT\r\n")


def a_strange_charset() -> bytes:
    return HEAD + b"Content-Type: text/calendar; charset=punycode; method=REPLY\r\n\r\n" + b"BEGIN:VCALENDAR-" * 15_000


def many_results() -> bytes:
    return b"Authentication-Results: mx.norrsken.example; " + b"dmarc=pass; " * 400_000 + b"\r\n" + HEAD + b"\r\nx"


def a_report_on_many() -> bytes:
    recipient = b"\r\nFinal-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    report = b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n" + recipient * 50_000
    return HEAD + b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n" + report


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    make.__name__: make
    for make in (
        many_parameters,
        many_parts,
        many_parts_of_many_boundaries,
        deep_parts,
        deep_parts_of_one_boundary,
        boundaries_in_disguise,
        deep_mails,
        many_brackets,
        brackets_that_fit,
        many_headers,
        many_headers_inside,
        a_long_header,
        no_line_ends,
        bare_returns,
        too_large,
        a_large_calendar,
        many_attendees,
        many_quotes,
        many_components,
        a_zone_without_end,
        a_zone_of_many_rules,
        a_strange_charset,
        many_results,
        a_report_on_many,
    )
}
