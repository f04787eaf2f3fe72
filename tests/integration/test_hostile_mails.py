"""Whatever comes in costs at most two seconds and 200 MB, and the next mail is read all the same."""

import base64
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostile_mails import HEAD, HOSTILE
from mail_samples import SHAPES, Answered, bounce, gmail, letter, winmail
from talkcycle.domain.mails import MailKind, ReadMail, UnreadableMail
from talkcycle.intake import itip_reply, mail_caps
from talkcycle.intake.mail_reading import read_mail
from talkcycle.transports.imap.reading import DIED, PATIENCE, TOO_LONG, MailReader
from talkcycle.transports.imap.reading_child import MOST_MEMORY

SCHEDULING = 1.0
"""Seconds that a machine with other work may take to look at the clock."""
GOOD = [*(shape(Answered()) for shape in SHAPES.values()), bounce("<a@b.example>"), winmail(Answered()), letter()]


@pytest.fixture(scope="module")
def reader() -> Iterator[MailReader]:
    made = MailReader("mx.norrskenkonsult.example")
    made.read(letter())  # starts the process, which takes a while once
    yield made
    made.close()


def most_memory(process: int) -> int:
    """Bytes of address space that the process has had at most."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmPeak:")[2].split()[0]) * 1024


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_no_more_than_it_may_and_the_next_is_read(reader: MailReader, name: str) -> None:
    raw = HOSTILE[name]()
    began = monotonic()
    reader.read(raw)
    took = monotonic() - began

    assert took < PATIENCE + SCHEDULING
    assert reader.process is None or most_memory(reader.process) <= MOST_MEMORY
    following = reader.read(gmail(Answered()))
    assert isinstance(following, ReadMail)
    assert following.kind is MailKind.ANSWER


def test_a_mail_that_takes_too_long_is_one_that_cannot_be_read() -> None:
    hasty = MailReader(None, patience=0.2)
    hasty.read(letter())
    first = hasty.process
    assert hasty.read(HOSTILE["boundaries_in_disguise"]()) == UnreadableMail(why=TOO_LONG)
    assert not Path(f"/proc/{first}").exists()
    assert isinstance(hasty.read(letter()), ReadMail)
    assert hasty.process != first
    hasty.close()


def test_a_mail_that_takes_too_much_memory_is_one_that_cannot_be_read() -> None:
    patient = MailReader(None, patience=60)
    read = patient.read(HOSTILE["many_headers_inside"]())
    assert isinstance(read, UnreadableMail)
    assert read.why in {DIED, "reading it takes more memory than any mail should"}
    assert isinstance(patient.read(letter()), ReadMail)
    patient.close()


def test_a_mail_that_its_reader_dies_of_is_one_that_cannot_be_read() -> None:
    dying = MailReader(None)
    dying.read(letter())
    assert dying.process is not None
    os.kill(dying.process, signal.SIGKILL)
    assert dying.read(letter()) == UnreadableMail(why=DIED)
    assert isinstance(dying.read(letter()), ReadMail)
    dying.close()


def test_the_reader_knows_no_passwords_and_ends_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKCYCLE_IMAP_PASSWORD", "hunter2")
    reader = MailReader(None)
    reader.read(letter())
    process = reader.process
    assert b"hunter2" not in Path(f"/proc/{process}/environ").read_bytes()
    reader.close()
    assert not Path(f"/proc/{process}").exists()


def test_a_letter_as_large_as_may_be_is_a_letter(reader: MailReader) -> None:
    file = base64.encodebytes(os.urandom(3_600_000))
    raw = HEAD + b'Content-Type: application/pdf; name="x.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + file
    assert 4_800_000 < len(raw) <= mail_caps.LARGEST
    mail = reader.read(raw)
    assert isinstance(mail, ReadMail)
    assert mail.kind is MailKind.LETTER


def test_the_caps_are_where_they_are_said_to_be() -> None:
    def nested(depth: int) -> bytes:
        levels = range(depth - 1)
        opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in levels)
        return HEAD + opening + b"Content-Type: text/plain\r\n\r\nx\r\n"

    def wide(parts: int) -> bytes:
        return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * (parts - 1) + b"--b--"

    def padded(size: int) -> bytes:
        raw = gmail(Answered())
        return raw + b"x" * (size - len(raw))

    for fits, exceeds in (
        (nested(mail_caps.DEEPEST), nested(mail_caps.DEEPEST + 1)),
        (wide(mail_caps.MOST_PARTS), wide(mail_caps.MOST_PARTS + 1)),
        (padded(mail_caps.LARGEST), padded(mail_caps.LARGEST + 1)),
        (_with_a_calendar_of(itip_reply.LARGEST), _with_a_calendar_of(itip_reply.LARGEST + 1)),
    ):
        assert isinstance(read_mail(fits), ReadMail)
        assert isinstance(read_mail(exceeds), UnreadableMail)


def _with_a_calendar_of(size: int) -> bytes:
    whole = b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:x\r\nCOMMENT:\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    data = whole.replace(b"COMMENT:", b"COMMENT:" + b"x" * (size - len(whole)))
    return HEAD + b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)


# Whatever the bytes


@given(st.binary(max_size=3000))
def test_no_bytes_make_reading_fail(raw: bytes) -> None:
    assert isinstance(read_mail(raw, authserv_id="mx"), ReadMail | UnreadableMail)
    assert isinstance(read_mail(HEAD + raw, authserv_id="mx", whole=False), ReadMail | UnreadableMail)


@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=40)), max_size=6),
)
def test_no_damage_to_a_good_mail_makes_reading_fail(raw: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    for at, length, instead in cuts:
        at %= len(raw)  # noqa: PLW2901
        raw = raw[:at] + instead + raw[at + length :]
    read = read_mail(raw, authserv_id="mx")
    assert isinstance(read, ReadMail | UnreadableMail)
    if isinstance(read, ReadMail):
        assert all(len(reply.attendees) <= itip_reply.MOST_ATTENDEES for reply in read.replies)
        assert read.bounce is None or len(read.bounce.said) <= 300


LINES = st.sampled_from(
    ["BEGIN", "END", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "ATTENDEE", "TZID", "RRULE"]
)
VALUES = st.one_of(
    st.sampled_from(
        ["VEVENT", "VTIMEZONE", "STANDARD", "REPLY", "COUNTER", "00010101T000000", "99991231T235959Z", "P9999999W"]
    ),
    st.sampled_from(["FREQ=HOURLY", "+2359", "mailto:a@b.example", "99999999999", "-1"]),
    st.text(max_size=20),
)
PARAMETERS = st.sampled_from(
    ["", ";TZID=Europe/Stockholm", ";TZID=x", ';CN="', ";VALUE=DATE", ";PARTSTAT=DECLINED", ";EMAIL=a@b"]
)


@given(st.lists(st.tuples(LINES, PARAMETERS, VALUES), max_size=25), st.sampled_from(["REPLY", "COUNTER", "REFRESH"]))
def test_no_calendar_makes_reading_fail(lines: list[tuple[str, str, str]], method: str) -> None:
    inner = "\r\n".join(f"{name}{parameters}:{value}" for name, parameters, value in lines)
    event = f"BEGIN:VEVENT\r\nUID:x\r\n{inner}\r\nEND:VEVENT\r\n"
    data = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\n{event}END:VCALENDAR\r\n".encode("utf-8", "replace")
    raw = HEAD + b"Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
    read = read_mail(raw)
    assert isinstance(read, ReadMail | UnreadableMail)
    if isinstance(read, UnreadableMail):
        assert read.why == "its calendar part is broken"
    else:
        moments = [moment for reply in read.replies for moment in (reply.about, reply.made_at) if moment is not None]
        assert all(moment.year in itip_reply.YEARS for moment in moments)
