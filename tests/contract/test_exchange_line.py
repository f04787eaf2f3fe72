"""The line to Exchange: whom it trusts, how it logs in, how it is found, and what it never does."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.exchange import exchange_settings
from harness.exchange_faulty import FaultyExchange, exchange_with_faults, oauth_settings
from harness.graph_faulty import a_mail
from harness.meeting import Meeting
from servers.ews_faults import cut_before, http_error, refusing
from servers.ews_server import EwsServer
from servers.self_signed import self_signed
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.messages import Kind
from talkcycle.domain.service import ExchangeLogin, ExchangeSettings
from talkcycle.transports.exchange.discovery import discovered
from talkcycle.transports.exchange.sign_in import Gate

START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
Made = Callable[[EwsServer], ExchangeSettings]
LOGINS: dict[str, Made] = {
    "basic": exchange_settings,
    "ntlm": lambda server: exchange_settings(server, login=ExchangeLogin.NTLM),
    "oauth": oauth_settings,
}


@pytest.fixture
def exchange() -> Iterator[FaultyExchange]:
    with exchange_with_faults() as made:
        yield made


def send_one(exchange: FaultyExchange) -> bool:
    cast = exchange.new_cast()
    exchange.settle(a_mail(cast.employee), most=1)
    return len(exchange.inbox(cast.employee.address)) == 1


@pytest.mark.parametrize("login", LOGINS)
def test_every_login_gets_mails_and_meetings_through(exchange: FaultyExchange, login: str) -> None:
    exchange.settings = LOGINS[login](exchange.server)
    exchange.restart()
    cast = exchange.new_cast()
    meeting = Meeting(uid="1@talkcycle", manager=cast.manager, employee=cast.employee, start=START)

    exchange.settle(exchange.order(meeting, Kind.MEETING_CREATE)[0])

    assert send_one(exchange)
    assert len(exchange.calendar_of(cast.employee.address)) == 1
    assert [each for each in exchange.server.logins if not each.granted] == []


def test_ntlm_logs_in_once_for_many_requests(exchange: FaultyExchange) -> None:
    exchange.settings = LOGINS["ntlm"](exchange.server)
    exchange.restart()

    assert send_one(exchange)
    assert send_one(exchange)
    assert len(exchange.server.logins) == 1


def test_a_password_beyond_latin_letters_is_shown_as_it_is(exchange: FaultyExchange) -> None:
    exchange.server.gate.password = "lösenord-пароль-1"
    exchange.settings = replace(exchange.settings, secret="lösenord-пароль-1")
    exchange.restart()

    assert send_one(exchange)


def test_trust_is_what_the_settings_say_whatever_the_environment_says(
    exchange: FaultyExchange, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With one of these variables set, requests verifies against that file and no other."""
    other = self_signed(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other.file))

    assert send_one(exchange)

    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(exchange.server.ca_file))
    exchange.settings = replace(exchange.settings, ca_file=other.file)
    exchange.restart()

    assert not send_one(exchange)


def test_two_settings_of_one_server_do_not_share_what_one_of_them_says(exchange: FaultyExchange) -> None:
    """exchangelib keeps one line for each endpoint and login."""
    assert send_one(exchange)
    exchange.settings = replace(exchange.settings, ca_file=None)
    exchange.restart()

    assert not send_one(exchange)


def test_a_file_of_certificates_that_cannot_be_read_concerns_everybody(exchange: FaultyExchange, tmp_path: Path) -> None:
    exchange.settings = replace(exchange.settings, ca_file=tmp_path / "none.pem")
    exchange.restart()

    (failure,) = exchange.settle(a_mail(exchange.new_cast().employee), most=1).failures

    assert isinstance(failure, TransientDeliveryError)
    assert failure.connection_wide


def test_nothing_is_probed_and_nothing_asked_that_is_not_needed(exchange: FaultyExchange) -> None:
    cast = exchange.new_cast()
    meeting = Meeting(uid="1@talkcycle", manager=cast.manager, employee=cast.employee, start=START)

    exchange.settle(exchange.order(meeting, Kind.MEETING_CREATE)[0])
    exchange.settle(a_mail(cast.employee))

    asked = [(each.operation, each.mailbox) for each in exchange.server.requests]
    host, service = cast.manager.address, exchange.sender
    assert asked == [
        ("CreateItem", host),
        ("CreateAttachment", host),
        ("UpdateItem", host),
        ("CreateItem", service),
        ("SendItem", service),
    ]


def test_what_is_sent_and_answered_is_not_logged(exchange: FaultyExchange, caplog: pytest.LogCaptureFixture) -> None:
    """exchangelib writes whole requests into its log when it meets what it does not know."""
    faults = (http_error(500), http_error(429), cut_before(), refusing("ErrorCalendarOutOfRange"))
    with caplog.at_level(logging.NOTSET):
        for fault in faults:
            exchange.server.faults.add(fault)
            exchange.settle(a_mail(exchange.new_cast().employee))

    assert "norrsken" not in caplog.text


@pytest.mark.parametrize("login", LOGINS)
def test_a_server_is_found_by_the_senders_address(exchange: FaultyExchange, login: str) -> None:
    settings = replace(LOGINS[login](exchange.server), endpoint=None)
    gate, places = Gate(exchange.time.now), [exchange.server.authority, exchange.server.autodiscover]

    found = discovered(settings, exchange.sender, gate=gate, now=exchange.time.now, places=places)

    assert found == exchange.server.endpoint


def test_a_password_goes_only_where_one_is_asked_for(exchange: FaultyExchange) -> None:
    """A company's web site answers at its domain, too."""
    settings = replace(exchange.settings, endpoint=None)
    gate, places = Gate(exchange.time.now), [f"{exchange.server.authority}/elsewhere"]

    with pytest.raises(TransientDeliveryError, match=r"exchange\.endpoint") as failure:
        discovered(settings, exchange.sender, gate=gate, now=exchange.time.now, places=places)

    assert failure.value.connection_wide
    assert exchange.server.logins == []


def test_a_sender_whom_the_server_does_not_know_is_not_served_there(exchange: FaultyExchange) -> None:
    settings = replace(exchange.settings, endpoint=None)
    gate, places = Gate(exchange.time.now), [exchange.server.autodiscover]

    with pytest.raises(TransientDeliveryError, match="not found"):
        discovered(settings, "ingen@norrsken.example", gate=gate, now=exchange.time.now, places=places)


def test_a_refused_login_closes_the_gate_while_the_server_is_looked_for(exchange: FaultyExchange) -> None:
    settings = replace(exchange.settings, endpoint=None, secret="another~one")
    gate, places = Gate(exchange.time.now), [exchange.server.autodiscover] * 3

    for _ in range(2):
        with pytest.raises(TransientDeliveryError):
            discovered(settings, exchange.sender, gate=gate, now=exchange.time.now, places=places)

    assert len(exchange.server.logins) == 1
