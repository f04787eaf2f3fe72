"""What the scripted server of the contract cannot prove: that Postfix and Dovecot see it the same way."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from dispatching import NOON, SENDER, JumpingClock, a_dispatcher, a_store, payload_for, queue, rows, states, wake
from parcels import a_parcel
from servers.mail_server import MailServer, mail_server
from servers.smtp_sink import smtp_sink
from talkcycle.daemon.dispatch import DispatchSummary
from talkcycle.domain.delivery import PermanentDeliveryError, TransientDeliveryError
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.transport import SmtpTransport

pytestmark = pytest.mark.xdist_group("mail server")
SENT, FAILED, UNKNOWN = OutboxState.SENT, OutboxState.FAILED, OutboxState.UNKNOWN


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """Refuses bare line feeds, as Postfix does by default from release 3.9 on."""
    with mail_server(bare_newline="reject") as server:
        yield server


def settings_for(server: MailServer) -> SmtpSettings:
    return SmtpSettings(
        host=server.host,
        port=server.submission,
        tls=TlsMode.STARTTLS,
        user=server.user,
        password=server.password,
        ca_file=server.ca_file,
        timeout=timedelta(seconds=20),
    )


def deliver(server: MailServer, recipient: str, *payloads: bytes) -> list[str]:
    with SmtpTransport(settings_for(server)).connect() as connection:
        return [connection.send(a_parcel(each, sender=SENDER, recipient=recipient)).reply for each in payloads]


def received_by_postfix(mail: bytes) -> str:
    """Postfix's own Received header, on one line."""
    headers = message_from_bytes(mail).get_all("Received") or []
    (own,) = (" ".join(header.split()) for header in headers if "(Postfix)" in header)
    return own


def test_mail_is_handed_over_encrypted_and_logged_in(server: MailServer) -> None:
    deliver(server, "anna@norrsken.example", payload_for("anna"))

    (mail,) = server.fetch("anna@norrsken.example")
    received = received_by_postfix(mail)
    assert " with ESMTPSA id " in received
    assert "(using TLSv1.3 with cipher " in received
    assert f"(Authenticated sender: {server.user})" in received


def test_the_bytes_in_the_mailbox_are_the_bytes_of_the_outbox(server: MailServer) -> None:
    tricky = (
        b"Message-ID: <tricky@talkcycle.example>\r\nFrom: <samtal@norrsken.example>\r\nSubject: Samtal\r\n"
        b"Date: Mon, 01 Mar 2027 12:00:00 +0000\r\n\r\n"
        b".\r\n..\r\n.dot\r\nFrom here on\r\n" + "åäö ÅÄÖ – “”".encode() + b" \t\r\n\r\n" + b"x" * 990 + b"\r\n\r\n\r\n"
    )
    deliver(server, "tricky@norrsken.example", tricky)

    (mail,) = server.fetch("tricky@norrsken.example")
    assert mail[-len(tricky) :] == tricky


def test_a_message_that_ends_without_a_line_end_gets_one_and_nothing_else(server: MailServer) -> None:
    deliver(server, "short@norrsken.example", payload_for("short").removesuffix(b"\r\n"))

    (mail,) = server.fetch("short@norrsken.example")
    assert mail.partition(b"Message-ID:")[1:] == payload_for("short").partition(b"Message-ID:")[1:]


def test_several_messages_go_over_one_line_each_to_its_own_mailbox_alone(server: MailServer) -> None:
    with SmtpTransport(settings_for(server)).connect() as connection:
        for number in range(5):
            name = f"line{number}"
            connection.send(a_parcel(payload_for(name), sender=SENDER, recipient=f"{name}@norrsken.example"))

    assert [len(server.fetch(f"line{number}@norrsken.example")) for number in range(5)] == [1] * 5
    assert len(server.logged(r"disconnect from .* starttls=1 auth=1 mail=5 rcpt=5 data=5 quit=1 ")) == 1


def test_a_wrong_password_is_refused_once_and_nobody_is_to_blame_but_the_line(server: MailServer) -> None:
    wrong = replace(settings_for(server), user="wrong@norrsken.example", password="not-the-password")
    with SmtpTransport(wrong).connect() as connection, pytest.raises(TransientDeliveryError) as failure:
        connection.send(a_parcel(payload_for("nobody"), sender=SENDER, recipient="nobody@norrsken.example"))

    assert (failure.value.connection_wide, failure.value.retry_after) == (True, timedelta(minutes=15))
    assert str(failure.value).startswith("the login was refused: 535 5.7.8 ")
    assert len(server.logged(r"disconnect from .* auth=0/1 commands=")) == 1
    assert len(server.logged(r"authentication failed: .* sasl_username=wrong@norrsken.example")) == 1


def test_a_domain_that_is_not_ours_is_refused_for_good_and_the_line_goes_on(server: MailServer) -> None:
    with SmtpTransport(settings_for(server)).connect() as connection:
        with pytest.raises(PermanentDeliveryError, match=r"^554 5\.7\.1 <…>: Relay access denied$"):
            connection.send(a_parcel(payload_for("anna"), sender=SENDER, recipient="anna@elsewhere.example"))
        connection.send(a_parcel(payload_for("goes-on"), sender=SENDER, recipient="goes-on@norrsken.example"))

    assert len(server.fetch("goes-on@norrsken.example")) == 1


def test_the_server_does_refuse_bare_line_feeds_and_ours_are_none(server: MailServer) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    with smtplib.SMTP(server.host, server.submission, local_hostname="localhost", timeout=20) as raw:
        raw.starttls(context=context)
        raw.login(server.user, server.password)
        raw.mail(SENDER)
        raw.rcpt("bare@norrsken.example")
        raw.docmd("DATA")
        raw.send(b"Subject: bare\n\nHej\n\r\n.\r\n")
        assert raw.getreply()[0] == 550

    deliver(server, "bare@norrsken.example", payload_for("bare"))
    (mail,) = server.fetch("bare@norrsken.example")
    assert mail.endswith(payload_for("bare"))


def test_the_dispatcher_settles_each_row_by_what_postfix_answers(server: MailServer, tmp_path: Path) -> None:
    store = a_store(tmp_path)
    queue(store, ["row1", "row2"])
    queue(store, ["row3"], domain="elsewhere.example")
    queue(store, ["row4"])

    transport = SmtpTransport(settings_for(server))
    summary = a_dispatcher(store, transport, JumpingClock(), connections=2).dispatch_due()

    assert summary == DispatchSummary(sent=3, failed=1)
    assert states(store) == [SENT, SENT, FAILED, SENT]
    replies = [row.reply for row in rows(store) if row.state is SENT]
    assert [re.sub(r"\w+$", "…", reply) for reply in replies] == ["250 2.0.0 Ok: queued as …"] * 3
    for name in ("row1", "row2", "row4"):
        (mail,) = server.fetch(f"{name}@norrsken.example")
        assert mail.endswith(payload_for(name))
    store.close()


def test_a_line_cut_after_the_final_dot_leaves_an_unknown_that_goes_again_with_the_same_bytes(tmp_path: Path) -> None:
    store, clock = a_store(tmp_path), JumpingClock()
    queue(store, ["anna"])
    plain = SmtpSettings(host="127.0.0.1", port=0, tls=TlsMode.NONE, timeout=timedelta(seconds=20))

    with smtp_sink(cut_after_the_dot=True) as sink:
        cut = a_dispatcher(store, SmtpTransport(replace(plain, port=sink.port)), clock)
        assert cut.dispatch_due() == DispatchSummary(unknown=1)
        first = sink.received()
    assert [(row.state, row.uncertain, row.not_before) for row in rows(store)] == [
        (UNKNOWN, True, NOON + timedelta(minutes=15))
    ]
    with smtp_sink() as sink:
        again = a_dispatcher(store, SmtpTransport(replace(plain, port=sink.port)), clock)
        clock.jump(timedelta(minutes=14))
        assert (wake(store, clock), again.dispatch_due(), sink.received()) == (0, DispatchSummary(), [])
        clock.jump(timedelta(minutes=1))
        assert (wake(store, clock), again.dispatch_due()) == (1, DispatchSummary(sent=1))
        second = sink.received()

    assert (first, second) == ([payload_for("anna")], [payload_for("anna")])
    assert [(row.state, row.uncertain, row.attempts) for row in rows(store)] == [(SENT, True, 2)]
    store.close()


def test_a_failure_leaves_no_server_and_no_folder_behind() -> None:
    with pytest.raises(ZeroDivisionError), mail_server() as server:
        raise ZeroDivisionError

    assert not server.folder.exists()
    for port in (server.submission, server.imap):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
