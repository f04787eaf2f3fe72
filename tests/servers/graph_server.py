"""A fake of Microsoft Graph and its token endpoint that behaves: HTTPS on loopback over a ``servers.organisation``.

It serves the mailboxes that are ``Where.ONLINE``, models what a client can get wrong, and misbehaves as a test asks it.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from servers import graph_calendar, graph_delta, graph_directory, graph_mail, graph_schedule  # noqa: F401  # their routes
from servers.certificates import certificates
from servers.graph_batch import batch
from servers.graph_delta import forget
from servers.graph_faults import Fault, FaultKind, take
from servers.graph_files import receive_upload
from servers.graph_journal import note
from servers.graph_limits import Limits, Throttle
from servers.graph_received import Answer, Cut, GraphError, Place, Received
from servers.graph_tenant import DIRECTORY_RIGHTS, Access, Tenant, carry_out
from servers.graph_tokens import Tokens
from servers.graph_wire import Wire
from servers.organisation import Organisation

__all__ = ["Access", "Fault", "FaultKind", "GraphServer", "Limits", "Received", "graph_server"]


def real_clock() -> datetime:
    return datetime.now(UTC)


class GraphServer:
    """What tests see of the running fake.

    Attributes:
        endpoint: ``https://localhost:PORT/v1.0``; *authority*: the same without the version. Trust *ca_file* for both.
        tokens: The token endpoint; its ``roles``, ``seconds``, ``secret`` and ``secret_expired`` may be changed.
        access: What the application may within its scope; may be changed.
        requests: Everything received, parts of batches after their batch; empty where requests are not kept.
        received: How many that were, kept or not.
        faults: What the next matching requests meet; append to it.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        limits: Limits | None,
        now: Callable[[], datetime],
        roles: Iterable[str],
        certificate: bytes | None,
        keep: bool,
        conforming: bool,
    ) -> None:
        self.requests: list[Received] = []
        self.received = 0
        self.faults: list[Fault] = []
        self.bugs: list[Exception] = []
        self._keep, self._conforming = keep, conforming
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._wire = Wire(self._respond, now)
        self.authority = f"https://localhost:{self._wire.port}"
        self.endpoint = f"{self.authority}/v1.0"
        self.tokens = Tokens(self.authority, now, roles, certificate)
        self.access = Access()
        self._throttle = Throttle(limits, now)
        self._tenant = Tenant(
            organisation=organisation,
            now=now,
            tokens=self.tokens,
            throttle=self._throttle,
            access=self.access,
            endpoint=self.endpoint,
            authority=self.authority,
        )

    @property
    def ca_file(self) -> Path:
        return certificates().ca_file

    @property
    def tenant(self) -> str:
        return self.tokens.tenant

    @property
    def client_id(self) -> str:
        return self.tokens.client_id

    @property
    def secret(self) -> str:
        return self.tokens.secret

    @property
    def throttled(self) -> Counter[str]:
        """How many requests and parts got a 429, by limit."""
        return self._throttle.throttled

    def of(self, mailbox: str) -> list[Received]:
        """The requests that named this mailbox."""
        folded = mailbox.casefold()
        with self._lock:
            return [each for each in self.requests if each.mailbox == folded]

    def revoke_tokens(self) -> None:
        """Every token so far is void from now on."""
        self.tokens.revoke()

    def forget_states(self, code: str = "SyncStateNotFound") -> None:
        """Every delta token so far has expired, which *code* says: or ``resyncRequired``."""
        forget(self._tenant, code)

    def close(self) -> None:
        self._stopping.set()
        self._wire.close()

    def _respond(self, request: Received) -> Answer:
        try:
            return self._answer(request)
        except Cut:
            raise
        except Exception as bug:  # noqa: BLE001  # the fake's own fault: told when the test ends
            self.bugs.append(bug)
            return GraphError(500, "TheFakeIsBroken", repr(bug)).answer(self._tenant.now())

    def _answer(self, request: Received) -> Answer:
        with self._lock:
            self.received += 1
            if self._keep:
                self.requests.append(request)
            fault = take(self.faults, request) if self.faults else None
        if self._conforming:
            note(request)
        if fault is None:
            return self._carried_out(request)
        if fault.kind is FaultKind.REVOKE:
            self.revoke_tokens()
        elif fault.kind is FaultKind.FORGET:
            self.forget_states(fault.code or "SyncStateNotFound")
        elif fault.handled or fault.kind is FaultKind.SLOW:
            return self._misanswered(request, fault)
        elif fault.kind is FaultKind.CUT:
            raise Cut
        else:
            return fault.error().answer(self._tenant.now())
        return self._carried_out(request)

    def _misanswered(self, request: Received, fault: Fault) -> Answer:
        """After it was carried out, if it was."""
        answer = self._carried_out(request) if fault.handled else None
        if fault.kind is FaultKind.SLOW and not self._stopping.wait(fault.seconds) and answer is not None:
            return answer
        if fault.kind is FaultKind.STATUS:
            return fault.error().answer(self._tenant.now())
        raise Cut

    def _carried_out(self, request: Received) -> Answer:
        if request.place is Place.TOKENS:
            return self.tokens.respond(request)
        if request.place is Place.UPLOAD:
            return receive_upload(self._tenant, request)
        if not request.part:  # a batch's parts come with its token
            try:
                self.tokens.check(request.headers.get("authorization"))
            except GraphError as error:
                return error.answer(self._tenant.now())
        if request.path == "/$batch" and request.method == "POST" and not request.part:
            return batch(self._tenant, request, self._answer)
        return carry_out(self._tenant, request)


@contextmanager
def graph_server(
    organisation: Organisation,
    *,
    limits: Limits | None = None,
    now: Callable[[], datetime] = real_clock,
    roles: Iterable[str] = DIRECTORY_RIGHTS,
    certificate: bytes | None = None,
    keep: bool = True,
    conforming: bool = True,
) -> Iterator[GraphServer]:
    """Start it, and afterwards end it with all its connections. What broke in the fake itself is raised then.

    Args:
        limits: None: there are none.
        now: The server's clock: tokens, sessions and limits go by it.
        roles: What the application may in the whole tenant; it stands in its tokens.
        certificate: PEM of a certificate by which the application may log in as well.
        keep: Remember what was received; a benchmark would be short of memory.
        conforming: What is received is checked against Graph's document when the session ends: not what a test has
            malformed on purpose.
    """
    server = GraphServer(
        organisation,
        limits=limits,
        now=now,
        roles=roles,
        certificate=certificate,
        keep=keep,
        conforming=conforming and keep,
    )
    try:
        yield server
    finally:
        server.close()
    if server.bugs:
        raise AssertionError("the fake Graph server broke") from server.bugs[0]
