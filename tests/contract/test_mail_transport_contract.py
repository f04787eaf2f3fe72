"""What every mail transport owes the dispatcher: one delivery a call, and the truth about how it failed."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from parcels import a_parcel
from servers.scripted_smtp import CUT, Mailbox, OneLogin, accepting_server
from talkcycle.domain.delivery import PermanentDeliveryError, TransientDeliveryError, UnknownDeliveryError
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.transport import SmtpConnection, SmtpTransport

PAYLOAD = b"From: a@norrsken.example\r\nSubject: Samtal\r\n\r\n.a line that begins with a dot\r\n..two\r\nend\r\n"
SENDER, RECIPIENT = "samtal@norrsken.example", "anna@norrsken.example"


def settings(port: int, **more: object) -> SmtpSettings:
    defaults = {"host": "127.0.0.1", "port": port, "tls": TlsMode.NONE, "timeout": timedelta(seconds=5)}
    return SmtpSettings(**(defaults | more))  # type: ignore[arg-type]


def deliver(connection: SmtpConnection, recipient: str = RECIPIENT, payload: bytes = PAYLOAD) -> str:
    return connection.send(a_parcel(payload, sender=SENDER, recipient=recipient)).reply


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost and its key in one PEM file."""
    folder = tmp_path_factory.mktemp("tls")
    pem = folder / "server.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run(
        [*command.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True
    )
    pem.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return pem


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture(params=["none", "starttls", "implicit"])
def line(request: pytest.FixtureRequest, certificate: Path, server_tls: ssl.SSLContext) -> Iterator["Line"]:
    """A mailbox and a transport that reaches it, in each TLS mode."""
    mailbox = Mailbox()
    mode = TlsMode(request.param)
    options = {"ssl_context": server_tls} if mode is TlsMode.IMPLICIT else {}
    with accepting_server(mailbox, tls=server_tls if mode is TlsMode.STARTTLS else None, **options) as (_, port):
        yield Line(mailbox, SmtpTransport(settings(port, host="localhost", tls=mode, ca_file=certificate)))


class Line:
    def __init__(self, mailbox: Mailbox, transport: SmtpTransport) -> None:
        self.mailbox = mailbox
        self.transport = transport


def test_each_call_hands_over_exactly_the_bytes_it_was_given_once(line: Line) -> None:
    with line.transport.connect() as connection:
        replies = [deliver(connection), deliver(connection, "bo@norrsken.example")]

    assert replies == ["250 OK", "250 OK"]
    assert [envelope.content for envelope in line.mailbox.received] == [PAYLOAD, PAYLOAD]
    assert [envelope.rcpt_tos for envelope in line.mailbox.received] == [[RECIPIENT], ["bo@norrsken.example"]]
    assert {envelope.mail_from for envelope in line.mailbox.received} == {SENDER}


def test_several_messages_go_over_one_line(line: Line) -> None:
    greetings = 2 if line.transport.settings.tls is TlsMode.STARTTLS else 1
    with line.transport.connect() as connection:
        for _ in range(5):
            deliver(connection)

    assert (len(line.mailbox.received), line.mailbox.connections) == (5, greetings)


def test_a_refused_recipient_is_permanent_and_the_line_goes_on(line: Line) -> None:
    line.mailbox.rcpt = ["550 5.1.1 <anna@norrsken.example> unknown", "250 OK"]
    with line.transport.connect() as connection:
        with pytest.raises(PermanentDeliveryError, match=r"^550 5\.1\.1 <…> unknown$"):
            deliver(connection)
        deliver(connection)

    assert len(line.mailbox.received) == 1


def test_content_refused_for_now_is_transient(line: Line) -> None:
    line.mailbox.data = ["451 4.3.0 greylisted, try again in 300 seconds", "250 OK"]
    with line.transport.connect() as connection:
        with pytest.raises(TransientDeliveryError) as failure:
            deliver(connection)
        assert (failure.value.retry_after, failure.value.connection_wide) == (timedelta(seconds=300), False)
        deliver(connection)

    assert len(line.mailbox.received) == 1


def test_content_refused_for_good_is_permanent(line: Line) -> None:
    line.mailbox.data = ["554 5.7.1 looks like spam"]
    with line.transport.connect() as connection, pytest.raises(PermanentDeliveryError, match=r"554 5\.7\.1"):
        deliver(connection)


def test_a_line_that_dies_after_the_final_dot_leaves_an_unknown(line: Line) -> None:
    line.mailbox.data = [CUT, "250 OK"]
    with line.transport.connect() as connection:
        with pytest.raises(UnknownDeliveryError):
            deliver(connection)
        deliver(connection)

    assert len(line.mailbox.received) == 2


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
def test_a_line_that_dies_before_the_content_is_transient(line: Line, stage: str) -> None:
    setattr(line.mailbox, stage, [CUT])
    with line.transport.connect() as connection, pytest.raises(TransientDeliveryError):
        deliver(connection)

    assert line.mailbox.received == []


def test_a_sender_the_server_does_not_know_stops_the_line_and_fails_no_message(line: Line) -> None:
    line.mailbox.mail = ["550 5.7.60 not allowed to send as this sender"]
    with line.transport.connect() as connection, pytest.raises(TransientDeliveryError) as failure:
        deliver(connection)

    assert failure.value.connection_wide


def test_a_badly_answered_quit_after_acceptance_is_no_failure() -> None:
    mailbox = Mailbox(bad_quit=True)
    with accepting_server(mailbox) as (_, port), SmtpTransport(settings(port)).connect() as connection:
        assert deliver(connection) == "250 OK"

    assert len(mailbox.received) == 1


def test_nobody_listening_is_transient_for_the_whole_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        transport = SmtpTransport(settings(taken.getsockname()[1]))
        with transport.connect() as connection, pytest.raises(TransientDeliveryError) as failure:
            deliver(connection)

    assert failure.value.connection_wide


def test_without_tls_nothing_is_said_when_tls_is_demanded() -> None:
    mailbox = Mailbox()
    with accepting_server(mailbox) as (_, port):
        transport = SmtpTransport(settings(port, tls=TlsMode.STARTTLS, user="samtal", password="secret"))
        with transport.connect() as connection, pytest.raises(TransientDeliveryError, match="lacks") as failure:
            deliver(connection)

    assert (failure.value.connection_wide, mailbox.received) == (True, [])


def test_a_certificate_nobody_vouches_for_is_refused(server_tls: ssl.SSLContext) -> None:
    with accepting_server(Mailbox(), tls=server_tls) as (_, port):
        transport = SmtpTransport(settings(port, host="localhost", tls=TlsMode.STARTTLS))
        with transport.connect() as connection, pytest.raises(TransientDeliveryError, match="certificate"):
            deliver(connection)


@pytest.mark.parametrize("mode", [TlsMode.STARTTLS, TlsMode.IMPLICIT])
def test_a_certificate_for_another_name_is_refused(mode: TlsMode, certificate: Path, server_tls: ssl.SSLContext) -> None:
    mailbox = Mailbox()
    implicit = mode is TlsMode.IMPLICIT
    options = {"ssl_context": server_tls} if implicit else {}
    with accepting_server(mailbox, tls=None if implicit else server_tls, **options) as (host, port):
        transport = SmtpTransport(settings(port, host=host, tls=mode, ca_file=certificate))
        with transport.connect() as connection, pytest.raises(TransientDeliveryError, match="certificate") as failure:
            deliver(connection)

    assert (failure.value.connection_wide, mailbox.received) == (True, [])


def test_a_refused_login_is_tried_once_and_then_not_for_a_quarter_of_an_hour(
    certificate: Path, server_tls: ssl.SSLContext
) -> None:
    login = OneLogin("samtal", "right")
    with accepting_server(Mailbox(), tls=server_tls, authenticator=login, auth_required=True) as (_, port):
        wrong = settings(
            port, host="localhost", tls=TlsMode.STARTTLS, ca_file=certificate, user="samtal", password="wrong"
        )
        with SmtpTransport(wrong).connect() as connection, pytest.raises(TransientDeliveryError) as failure:
            deliver(connection)

    assert (failure.value.retry_after, failure.value.connection_wide) == (timedelta(minutes=15), True)
    assert "wrong" not in str(failure.value)
    assert login.tries == 1


def test_the_right_login_is_let_in(certificate: Path, server_tls: ssl.SSLContext) -> None:
    mailbox, login = Mailbox(), OneLogin("samtal", "right")
    with accepting_server(mailbox, tls=server_tls, authenticator=login, auth_required=True) as (_, port):
        right = settings(
            port, host="localhost", tls=TlsMode.STARTTLS, ca_file=certificate, user="samtal", password="right"
        )
        with SmtpTransport(right).connect() as connection:
            deliver(connection)

    assert len(mailbox.received) == 1


def test_an_international_address_goes_out_where_the_server_can_take_it() -> None:
    mailbox = Mailbox()
    with (
        accepting_server(mailbox, enable_SMTPUTF8=True) as (_, port),
        SmtpTransport(settings(port)).connect() as connection,
    ):
        deliver(connection, "åsa@norrsken.example")

    assert mailbox.received[0].rcpt_tos == ["åsa@norrsken.example"]


def test_an_international_address_fails_for_good_where_the_server_cannot_take_it() -> None:
    mailbox = Mailbox()
    with (
        accepting_server(mailbox, enable_SMTPUTF8=False) as (_, port),
        SmtpTransport(settings(port)).connect() as connection,
    ):
        with pytest.raises(PermanentDeliveryError, match="SMTPUTF8"):
            deliver(connection, "åsa@norrsken.example")
        deliver(connection, "asa@björk.example")

    assert mailbox.received[0].rcpt_tos == ["asa@xn--bjrk-6qa.example"]


def test_a_message_over_the_servers_limit_fails_for_good_before_it_is_sent() -> None:
    mailbox = Mailbox()
    with (
        accepting_server(mailbox, data_size_limit=1000) as (_, port),
        SmtpTransport(settings(port)).connect() as connection,
        pytest.raises(PermanentDeliveryError, match="the server takes 1000"),
    ):
        deliver(connection, payload=PAYLOAD + b"x" * 1000)

    assert mailbox.received == []
