from contextlib import AbstractContextManager

import pytest

from parcels import a_parcel
from talkcycle.domain.delivery import PermanentDeliveryError
from talkcycle.domain.ports import Connection
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.sink import mail_sink
from talkcycle.transports.smtp.transport import SmtpTransport

PAYLOAD = "Subject: Hej å\r\n\r\n.a line with a dot\r\n".encode()


def test_the_sink_hands_over_each_message_as_it_came_beyond_ascii_too() -> None:
    taken: list[tuple[str, bytes]] = []
    with mail_sink(lambda address, content: taken.append((address, content))) as (host, port), _line(host, port) as line:
        line.send(a_parcel(PAYLOAD, sender="hr@example.com", recipient="åsa@example.com"))
    assert taken == [("åsa@example.com", PAYLOAD)]


def test_what_fails_while_a_message_is_taken_is_not_lost() -> None:
    def fail(_address: str, _content: bytes) -> None:
        raise OSError("the disk is full")

    refusals: list[PermanentDeliveryError] = []

    def send() -> None:
        with mail_sink(fail) as (host, port), _line(host, port) as line:
            try:
                line.send(a_parcel(PAYLOAD, sender="hr@example.com", recipient="anna@example.com"))
            except PermanentDeliveryError as refusal:
                refusals.append(refusal)

    with pytest.raises(OSError, match="the disk is full"):
        send()
    assert [str(refusal) for refusal in refusals] == ["554 the sink failed"]


def _line(host: str, port: int) -> AbstractContextManager[Connection]:
    return SmtpTransport(SmtpSettings(host=host, port=port, tls=TlsMode.NONE)).connect()
