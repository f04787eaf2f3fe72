"""What a failure means is decided by how far the conversation got: each stage, in each way it can fail."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from parcels import a_parcel
from servers.staged_smtp import CONTENT, CUT, DOT, GREETING, SILENCE, Stages, staged_server
from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.transport import MESSAGES_PER_LINE, SmtpConnection, SmtpTransport

PAYLOAD = b"Subject: Samtal\r\n\r\nHej\r\n.\r\nslut\r\n"
TOO_MUCH_AT_ONCE = b"Subject: Samtal\r\n\r\n" + (b"x" * 998 + b"\r\n") * 20_000
"""More than the buffers of both ends hold."""
MINUTE = timedelta(minutes=1)
WAIT, LINE, GONE, MAYBE = "transient", "transient for the line", "permanent", "unknown"


def settings(port: int, **more: object) -> SmtpSettings:
    return replace(
        SmtpSettings(host="127.0.0.1", port=port, tls=TlsMode.NONE, timeout=timedelta(seconds=5)),
        **more,  # type: ignore[arg-type]
    )


@contextmanager
def line_to(stages: Stages, **more: object) -> Iterator[SmtpConnection]:
    with staged_server(stages) as port, SmtpTransport(settings(port, **more)).connect() as connection:
        yield connection


def deliver(connection: SmtpConnection, payload: bytes = PAYLOAD) -> str:
    return connection.send(a_parcel(payload, sender="samtal@norrsken.example", recipient="anna@norrsken.example")).reply


def failure_of(connection: SmtpConnection, payload: bytes = PAYLOAD) -> DeliveryError:
    with pytest.raises(DeliveryError) as failure:
        deliver(connection, payload)
    return failure.value


def kind(failure: DeliveryError) -> str:
    match failure:
        case TransientDeliveryError(connection_wide=wide):
            return LINE if wide else WAIT
        case PermanentDeliveryError():
            return GONE
        case UnknownDeliveryError():
            return MAYBE
    raise AssertionError(failure)


@pytest.mark.parametrize(
    ("stage", "answer", "expected"),
    [
        (GREETING, CUT, LINE),
        (GREETING, "421 4.7.0 too many lines", LINE),
        (GREETING, "554 5.7.1 not from there", LINE),
        ("EHLO", CUT, LINE),
        ("EHLO", "421 going down", LINE),
        ("MAIL", CUT, LINE),
        ("MAIL", "421 going down", LINE),
        ("MAIL", "451 not now", LINE),
        ("MAIL", "530 5.7.0 log in first", LINE),
        ("MAIL", "550 not this sender", LINE),
        ("MAIL", "552 5.3.4 too large", GONE),
        ("RCPT", CUT, WAIT),
        ("RCPT", "421 4.7.0 too many messages", LINE),
        ("RCPT", "450 4.2.0 greylisted", WAIT),
        ("RCPT", "452 4.2.2 mailbox full", WAIT),
        ("RCPT", "550 5.1.1 unknown", GONE),
        ("RCPT", "554 5.7.1 relay access denied", GONE),
        ("RCPT", "553 5.7.1 <samtal@norrsken.example>: Sender address rejected: not owned by user x", LINE),
        ("RCPT", "530 5.7.0 log in first", LINE),
        ("DATA", CUT, WAIT),
        ("DATA", "421 going down", LINE),
        ("DATA", "451 not now", WAIT),
        ("DATA", "554 no valid recipients", GONE),
        ("DATA", "nonsense", WAIT),
        (DOT, CUT, MAYBE),
        (DOT, "421 going down", LINE),
        (DOT, "451 not now", WAIT),
        (DOT, "550 5.7.1 looks like spam", GONE),
        (DOT, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", LINE),
        (DOT, "554 5.2.252 SendAsDenied; samtal@norrsken.example", LINE),
        (DOT, "nonsense", MAYBE),
        (DOT, "354 go on", MAYBE),
    ],
)
def test_a_failure_is_classified_by_how_far_the_conversation_got(stage: str, answer: str, expected: str) -> None:
    stages = Stages({stage: [answer]})
    with line_to(stages) as connection:
        failure = failure_of(connection)

    assert kind(failure) == expected
    assert stages.received == ([PAYLOAD] if stage == DOT else [])
    assert "@" not in str(failure)


@pytest.mark.parametrize(
    ("stage", "expected"),
    [(GREETING, LINE), ("EHLO", LINE), ("MAIL", LINE), ("RCPT", WAIT), ("DATA", WAIT), (DOT, MAYBE)],
)
def test_a_server_that_says_nothing_is_waited_for_no_longer_than_the_timeout(stage: str, expected: str) -> None:
    stages = Stages({stage: [SILENCE]})
    with line_to(stages, timeout=timedelta(milliseconds=50)) as connection:
        assert kind(failure_of(connection)) == expected

    assert len(stages.received) == (1 if stage == DOT else 0)


@pytest.mark.parametrize("how", [CUT, SILENCE])
def test_content_that_stops_half_way_has_certainly_not_arrived(how: str) -> None:
    stages = Stages({CONTENT: [how]})
    with line_to(stages, timeout=timedelta(milliseconds=200)) as connection:
        assert kind(failure_of(connection, TOO_MUCH_AT_ONCE)) == WAIT

    assert stages.received == []


@pytest.mark.parametrize("how", ["500 no goodbye", CUT, "nonsense"])
def test_however_the_goodbye_is_answered_what_was_taken_stays_taken(how: str) -> None:
    stages = Stages({"QUIT": [how]})
    with line_to(stages) as connection:
        assert deliver(connection) == "250 taken"

    assert (stages.received, stages.verbs[-1]) == ([PAYLOAD], "QUIT")


def test_a_line_the_server_closed_while_it_was_idle_is_opened_again_without_a_word() -> None:
    stages = Stages({"MAIL": ["250 OK", CUT, "250 OK", "421 4.4.2 idle for too long", "250 OK"]})
    with line_to(stages) as connection:
        assert [deliver(connection) for _ in range(3)] == ["250 taken"] * 3

    assert (stages.received, stages.lines) == ([PAYLOAD] * 3, 3)


def test_a_line_is_not_opened_a_third_time_for_one_message() -> None:
    stages = Stages({"MAIL": ["250 OK", CUT]})
    with line_to(stages) as connection:
        deliver(connection)
        assert kind(failure_of(connection)) == LINE

    assert (stages.received, stages.lines) == ([PAYLOAD], 2)


def test_a_line_grows_no_older_than_some_hundred_messages() -> None:
    stages = Stages()
    with line_to(stages) as connection:
        for _ in range(MESSAGES_PER_LINE + 1):
            deliver(connection)

    assert (len(stages.received), stages.lines, stages.verbs.count("QUIT")) == (MESSAGES_PER_LINE + 1, 2, 2)


def test_after_a_refusal_the_line_begins_afresh() -> None:
    stages = Stages({"RCPT": ["550 5.1.1 unknown", "250 OK"]})
    with line_to(stages) as connection:
        assert kind(failure_of(connection)) == GONE
        deliver(connection)

    assert stages.verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]
    assert stages.lines == 1


@pytest.mark.parametrize(
    ("stage", "answer", "pause"),
    [
        (GREETING, "421 too many lines", 5 * MINUTE),
        (GREETING, "421 come back in 30 minutes", 30 * MINUTE),
        (GREETING, "554 5.7.1 not from there", 10 * MINUTE),
        ("MAIL", "421 4.7.0 try again in 300 seconds", 5 * MINUTE),
        ("MAIL", "452 4.3.1 out of space", 5 * MINUTE),
        ("RCPT", "421 4.7.0 too many messages, try again in 1 hour", 60 * MINUTE),
        ("RCPT", "450 4.2.0 Greylisted for 300 seconds", 5 * MINUTE),
        ("RCPT", "451 4.7.1 slow down", 5 * MINUTE),
        ("RCPT", "451 4.3.0 not now", None),
        ("RCPT", "451 4.3.0 mailbox has had 500 messages in 24 hours", None),
        (DOT, "421 4.7.28 retry after 15m", 15 * MINUTE),
        (DOT, "450 wait 99999999 hours", 5 * MINUTE),
        (DOT, "450 wait 99999 hours", 24 * 60 * MINUTE),
    ],
)
def test_the_server_says_how_long_to_wait_or_its_code_does(stage: str, answer: str, pause: timedelta | None) -> None:
    with line_to(Stages({stage: [answer]})) as connection:
        failure = failure_of(connection)

    assert isinstance(failure, TransientDeliveryError)
    assert failure.retry_after == pause


@pytest.mark.parametrize(("mechanisms", "said"), [("PLAIN LOGIN", 1), ("LOGIN", 3)], ids=["plain", "login"])
def test_a_password_beyond_ascii_logs_in(mechanisms: str, said: int) -> None:
    first = "334 VXNlcm5hbWU6" if said == 3 else "235 welcome"
    user, password = (base64.b64encode(each.encode()).decode().upper() for each in ("samtal", "blåbär"))
    stages = Stages({"AUTH": [first], user: ["334 UGFzc3dvcmQ6"], password: ["235 welcome"]}, (f"AUTH {mechanisms}",))
    with line_to(stages, user="samtal", password="blåbär") as connection:
        deliver(connection)

    assert stages.verbs[1 : 1 + said] == ["AUTH", user, password][:said]
    assert stages.received == [PAYLOAD]


@pytest.mark.parametrize(
    ("answer", "pause"),
    [
        ("535 5.7.8 no", 15 * MINUTE),
        ("454 4.7.0 temporary failure, try again in 60 seconds", 15 * MINUTE),
        ("535 5.7.3 locked, try again in 30 minutes", 30 * MINUTE),
        ("421 4.3.2 going down", 5 * MINUTE),
    ],
)
def test_a_refused_login_keeps_the_whole_line_waiting(answer: str, pause: timedelta) -> None:
    stages = Stages({"AUTH": [answer]}, ("AUTH LOGIN PLAIN",))
    with line_to(stages, user="samtal", password="wrong") as connection:
        failure = failure_of(connection)

    assert isinstance(failure, TransientDeliveryError)
    assert (failure.connection_wide, failure.retry_after, stages.verbs.count("AUTH")) == (True, pause, 1)


class TogetherThenOneByOne:
    """A lock that lets nobody in before *number* have come to it."""

    def __init__(self, number: int) -> None:
        self.all_here = threading.Barrier(number)
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        self.all_here.wait(timeout=5)
        self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()


def test_a_wrong_password_is_tried_once_and_not_once_for_each_line() -> None:
    stages, failures = Stages({"AUTH": ["535 5.7.8 no"]}, ("AUTH PLAIN",)), list[DeliveryError]()
    with staged_server(stages) as port:
        transport = SmtpTransport(settings(port, user="samtal", password="wrong"))
        transport.opening = TogetherThenOneByOne(7)

        def work() -> None:
            with transport.connect() as connection:
                failures.append(failure_of(connection))

        threads = [threading.Thread(target=work) for _ in range(7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=5)

    assert [(kind(failure), str(failure)) for failure in failures] == [
        (LINE, "the login was refused: 535 5.7.8 no"),
    ] * 7
    assert stages.verbs.count("AUTH") == 1


@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_certificates_that_cannot_be_read_keep_the_line_waiting_and_stop_nothing(
    tmp_path: Path, content: str | None
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)
    stages = Stages()
    with line_to(stages, tls=TlsMode.STARTTLS, ca_file=ca_file) as connection:
        failure = failure_of(connection)

    assert (kind(failure), stages.lines) == (LINE, 0)
    assert str(failure).startswith("the certificates of our own authority cannot be used: ")


@pytest.mark.parametrize("answer", ["454 4.7.0 TLS not available", "501 5.5.4 no", CUT])
def test_a_server_that_offers_tls_and_refuses_it_gets_nothing(answer: str) -> None:
    stages = Stages({"STARTTLS": [answer]}, ("STARTTLS", "AUTH PLAIN"))
    with line_to(stages, tls=TlsMode.STARTTLS, user="samtal", password="secret") as connection:
        assert kind(failure_of(connection)) == LINE

    assert stages.verbs == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize(
    "address", ["anna@norrsken.example", '"anna lind"@norrsken.example', "åsa@björk.example", "<anna+x@norrsken.example>"]
)
def test_a_reason_carries_no_address(address: str) -> None:
    with line_to(Stages({"RCPT": [f"550 5.1.1 {address} is unknown"]})) as connection:
        assert str(failure_of(connection)) == "550 5.1.1 <…> is unknown"
