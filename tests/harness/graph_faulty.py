"""A Graph server that misbehaves, a client whose time is compressed, and how the outbox tries again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from harness.graph import GraphHarness, graph_settings
from harness.organisation_people import SENDER
from harness.seen import SeenFile
from servers.graph_received import Place
from servers.graph_server import GraphServer, Limits, graph_server
from servers.organisation import Organisation
from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    Receipt,
    TransientDeliveryError,
)
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Connection, Parcel
from talkcycle.domain.service import GraphSettings
from talkcycle.rendering.headers import address_header, plain_header, text_header
from talkcycle.rendering.mime import File, mime_message
from talkcycle.transports.graph.roles import graph_roles

_numbers = count(1)
PAUSE = timedelta(minutes=15)
"""Between two tries where the failure asks for none."""


class Time:
    """Passes when somebody waits. *waited*: seconds, one by one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = datetime(2027, 2, 12, 8, 0, tzinfo=UTC)
        self.waited: list[float] = []

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self.waited.append(seconds)

    def passes(self, span: timedelta) -> None:
        with self._lock:
            self._now += span


@dataclass(slots=True, kw_only=True)
class Tried:
    """What became of one parcel: the failures in order, and how it ended (None: never)."""

    failures: list[DeliveryError] = field(default_factory=list)
    receipt: Receipt | None = None


class FaultyGraph(GraphHarness):
    """The harness with a clock in its hand."""

    def __init__(self, organisation: Organisation, server: GraphServer, time: Time, settings: GraphSettings) -> None:
        super().__init__(organisation, server)
        self.time, self.settings = time, settings
        self.restart()

    def restart(self) -> None:
        """A new process of the service: nothing is remembered."""
        self.roles = graph_roles(self.settings, sender=SENDER, clock=self.time, wait=self.time.wait)

    def warm_up(self) -> None:
        """From now on the token counts as one that Graph takes."""
        assert self.roles.rooms is not None
        self.roles.rooms.rooms(SENDER)

    def settle(self, parcel: Parcel, *, most: int = 6) -> Tried:
        """Hand *parcel* over as the outbox does: the same again, after the pause, until it is taken."""
        tried = Tried()
        with self.roles.sending.connect() as line:
            for number in range(most):
                try:
                    tried.receipt = hand_over(line, replace(parcel, tried=number > 0))
                    break
                except PermanentDeliveryError as failure:
                    tried.failures.append(failure)
                    break
                except DeliveryError as failure:
                    tried.failures.append(failure)
                    if number + 1 == most:
                        break
                    asked = failure.retry_after if isinstance(failure, TransientDeliveryError) else None
                    self.time.passes(asked or PAUSE)
        return tried

    def token_requests(self) -> int:
        """How often somebody has tried to log in."""
        return sum(each.place is Place.TOKENS and each.method == "POST" for each in self.server.requests)

    def graph_requests(self) -> int:
        return sum(each.place is Place.GRAPH and not each.part for each in self.server.requests)


def hand_over(line: Connection, parcel: Parcel) -> Receipt:
    return line.send(parcel) if parcel.kind is Kind.MAIL else line.keep(parcel)


def a_mail(to: Party, *files: SeenFile) -> Parcel:
    """With an identity of its own."""
    identity = f"<faulty.{next(_numbers)}@talkcycle.example>"
    payload = mime_message(
        [
            address_header("From", "HR", SENDER),
            address_header("To", to.name, to.address),
            text_header("Subject", "Inför ert samtal"),
            plain_header("Message-ID", identity),
            plain_header("Auto-Submitted", "auto-generated"),
        ],
        text="Hej!",
        html="<p>Hej!</p>",
        calendar=None,
        files=[File(name=file.name, mime_type="application/pdf", data=file.data) for file in files],
        boundary="faulty",
    )
    return Parcel(kind=Kind.MAIL, mailbox=SENDER, address=to.address, message_id=identity, payload=payload)


@contextmanager
def graph_with_faults(
    *,
    limits: Limits | None = None,
    timeout: timedelta = timedelta(seconds=10),
    registered: bytes | None = None,
    **settings: object,
) -> Iterator[FaultyGraph]:
    """A server without faults so far: append them to ``server.faults``.

    Args:
        registered: PEM of the certificate that Entra knows the application by.
        settings: Of ``GraphSettings``, besides those that name the server.
    """
    organisation, time = Organisation(), Time()
    organisation.now = time.now
    with graph_server(organisation, limits=limits, now=time.now, certificate=registered) as server:
        known = replace(graph_settings(server), timeout=timeout, **settings)  # type: ignore[arg-type]  # by name
        yield FaultyGraph(organisation, server, time, known)
