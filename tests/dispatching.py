"""A store with one round, mails queued in it, and the daemon's parts around a clock that jumps."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from structlog.testing import LogCapture

from builders import a_round
from talkcycle.daemon.dispatch import Dispatcher
from talkcycle.domain.delivery import Receipt, RetryPolicy
from talkcycle.domain.messages import DueMessage, Kind, KnownMessage, MessageKey, OutboxState, RenderedMessage
from talkcycle.domain.people import Role
from talkcycle.domain.ports import Connection, Parcel, Sending
from talkcycle.domain.service import Limits
from talkcycle.domain.store import OutboxFilter
from talkcycle.rendering.order import RenderOrder
from talkcycle.rounds.texts import TextShelf
from talkcycle.store.open import SqlStore, open_store

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
ROUND = a_round()
SENDER = "samtal@norrsken.example"
DOMAIN = "norrsken.example"
DATABASE, SECRET = "talkcycle.db", b"of the test"


@dataclass(slots=True)
class JumpingClock:
    """Stands still until it is told to jump."""

    instant: datetime = NOON

    def now(self) -> datetime:
        return self.instant

    def jump(self, by: timedelta) -> None:
        self.instant += by


@dataclass(slots=True)
class Log:
    """structlog's, with what was logged in ``entries``."""

    capture: LogCapture = field(default_factory=LogCapture)

    @property
    def logger(self) -> Any:
        return structlog.wrap_logger(structlog.PrintLogger(), processors=[self.capture])

    @property
    def events(self) -> list[str]:
        return [entry["event"] for entry in self.capture.entries]


def an_empty_store(folder: Path) -> SqlStore:
    """A fresh SQLite database in *folder*: a copy, since making one takes ten times as long."""
    (folder / DATABASE).write_bytes(_fresh_database())
    return open_store(f"sqlite:///{folder / DATABASE}", secret=SECRET)


@cache
def _fresh_database() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / DATABASE
        open_store(f"sqlite:///{path}", secret=SECRET).close()
        return path.read_bytes()


def a_store(folder: Path) -> SqlStore:
    """A fresh SQLite database in *folder* with ``ROUND`` in it."""
    store = an_empty_store(folder)
    with store.write() as session:
        session.rounds.add(ROUND, {})
    return store


def queue(
    store: SqlStore,
    recipients: Iterable[str],
    *,
    due_at: datetime = NOON,
    expires_at: datetime | None = None,
    domain: str = DOMAIN,
) -> list[int]:
    """A mail to each of *recipients* (local parts of *domain*), due at *due_at*; return the rows' numbers."""
    with store.write() as session:
        for name in recipients:
            message = _mail(name, f"{name}@{domain}")
            due = DueMessage(
                key=message.key,
                kind=message.kind,
                role=Role.EMPLOYEE,
                template="reminder",
                due_at=due_at,
                expires_at=expires_at,
                why="a test asked for it",
            )
            assert session.outbox.add(message, due, now=due_at)
        by_address = {row.address: row.id for row in session.outbox.find(OutboxFilter(limit=10_000))}
    return [by_address[f"{name}@{domain}"] for name in recipients]


def payload_for(name: str) -> bytes:
    """The bytes of the mail that ``queue`` makes for *name*."""
    return (
        f"Message-ID: <{name}@talkcycle.example>\r\nFrom: <{SENDER}>\r\nSubject: Samtal\r\n"
        "Date: Mon, 01 Mar 2027 12:00:00 +0000\r\n\r\n"
        f"Hej {name}\r\n.a dot first\r\n..and two\r\nspaces behind  \r\n"
    ).encode()


def _mail(name: str, address: str) -> RenderedMessage:
    return RenderedMessage(
        key=MessageKey(
            round=ROUND.id, subject=f"talk:{name}", step="reminder", occasion="", recipient=f"person:{name}", version=0
        ),
        kind=Kind.MAIL,
        transport="smtp",
        mailbox=SENDER,
        address=address,
        message_id=f"<{name}@talkcycle.example>",
        payload=payload_for(name),
    )


def rows(store: SqlStore) -> list[KnownMessage]:
    """Every row, in the order in which they were queued."""
    with store.read() as session:
        return sorted(session.outbox.find(OutboxFilter(limit=10_000)), key=lambda row: row.id)


def states(store: SqlStore) -> list[OutboxState]:
    return [row.state for row in rows(store)]


def wake(store: SqlStore, clock: JumpingClock) -> int:
    """What a tick does for messages that may have arrived."""
    with store.write() as session:
        return session.outbox.wake_unknown(now=clock.now())


def a_dispatcher(
    store: SqlStore,
    transport: Sending,
    clock: JumpingClock,
    *,
    policy: RetryPolicy | None = None,
    connections: int = 1,
    per_minute: int | None = None,
    log: Log | None = None,
) -> Dispatcher:
    return Dispatcher(
        store=store,
        transports={transport.name: transport},
        clock=clock,
        policy=policy or RetryPolicy(),
        limits={transport.name: Limits(per_minute=per_minute, connections=connections, per_mailbox=connections)},
        jitter=lambda: 0.0,
        log=(log or Log()).logger,
    )


class PlainTexts(TextShelf):
    """Makes a few bytes of an order, since these tests are not about texts; cannot for those whom *broken* names."""

    broken: frozenset[str] = frozenset()

    def render(self, order: RenderOrder) -> RenderedMessage:
        key = order.due.key
        if key.subject in self.broken:
            raise ZeroDivisionError("the name of somebody")
        return RenderedMessage(
            key=key,
            kind=order.due.kind,
            transport="smtp",
            mailbox=SENDER,
            address=f"{key.recipient.removeprefix('person:')}@norrsken.example",
            message_id=f"<{key.step}-{key.subject}-{key.recipient}@talkcycle.example>",
            payload=payload_for(key.recipient),
        )


class Gate:
    """Passes on to *transport*; before a line's first message it waits for *ready*."""

    name = "smtp"

    def __init__(self, transport: Sending, ready: Callable[[], object]) -> None:
        self.transport = transport
        self.ready = ready

    @contextmanager
    def connect(self) -> Iterator["GatedLine"]:
        with self.transport.connect() as line:
            yield GatedLine(line, self.ready)


class GatedLine:
    def __init__(self, line: Connection, ready: Callable[[], object]) -> None:
        self.line = line
        self.ready: Callable[[], object] | None = ready

    def send(self, mail: Parcel, /) -> Receipt:
        if self.ready is not None:
            self.ready()
            self.ready = None
        return self.line.send(mail)

    keep = send
