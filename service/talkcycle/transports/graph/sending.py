"""Mails and meetings over Graph."""

from collections.abc import Iterator
from contextlib import contextmanager

from talkcycle.domain.delivery import Receipt
from talkcycle.domain.ports import Parcel
from talkcycle.domain.routes import Transport
from talkcycle.transports.graph.client import Client, Graph
from talkcycle.transports.graph.keeping import keep_meeting
from talkcycle.transports.graph.mail import send_mail


class GraphSending:
    """Implements ``domain.ports.Sending``. Safe to share between threads; each connection belongs to one."""

    name = Transport.GRAPH.value

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @contextmanager
    def connect(self) -> Iterator["GraphConnection"]:
        """A line that is opened with the first message."""
        with self._graph.line() as client:
            yield GraphConnection(client)


class GraphConnection:
    """Implements ``domain.ports.Connection``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def send(self, mail: Parcel, /) -> Receipt:
        """See ``domain.ports.MailSender``."""
        return send_mail(self._client, mail)

    def keep(self, order: Parcel, /) -> Receipt:
        """See ``domain.ports.MeetingKeeper``."""
        return keep_meeting(self._client, order)
