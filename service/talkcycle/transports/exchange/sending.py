"""The role ``Sending``: mails and meetings over one line."""

from collections.abc import Iterator
from contextlib import contextmanager

from talkcycle.domain.delivery import Receipt
from talkcycle.domain.ports import Parcel
from talkcycle.transports.exchange.mail import send_mail
from talkcycle.transports.exchange.meetings import keep_meeting
from talkcycle.transports.exchange.server import Server


class ExchangeSending:
    """Implements ``domain.ports.Sending``. Its connections share the server's sessions, which stay open between them."""

    name = "exchange"

    def __init__(self, server: Server) -> None:
        self._server = server

    @contextmanager
    def connect(self) -> Iterator["ExchangeConnection"]:
        yield ExchangeConnection(self._server)


class ExchangeConnection:
    """Implements ``domain.ports.Connection``."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, mail: Parcel, /) -> Receipt:
        return send_mail(self._server, mail)

    def keep(self, order: Parcel, /) -> Receipt:
        return keep_meeting(self._server, order)
