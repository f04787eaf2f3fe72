"""Send what is due: claim, hand over, record, one message after the other on each line."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from talkcycle.daemon.group_commit import GroupCommit
from talkcycle.daemon.rate import RateLimiter, Stop
from talkcycle.domain.delivery import DeliveryError, RetryPolicy, TransientDeliveryError, after_failure
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.ports import Clock, MailConnection, MailTransport
from talkcycle.domain.store import ClaimedMessage, Session, Store

BATCH = 50
BEAT_EVERY = timedelta(seconds=60)
LINE_PAUSE = timedelta(minutes=1)
"""After a failure of the whole line nothing is tried on it for at least this long."""


@dataclass(slots=True)
class DispatchSummary:
    """What became of what was tried. Counts messages."""

    sent: int = 0
    failed: int = 0
    retried: int = 0
    unknown: int = 0


@dataclass(slots=True)
class Dispatcher:
    """Empties the outbox into the transports.

    Attributes:
        connections: Lines at once to each transport, a thread each.
        jitter: 0 to 1, drawn anew for each pause.
        closed: Transports whose line failed as a whole, until when (UTC).
    """

    store: Store
    transports: Mapping[str, MailTransport]
    clock: Clock
    policy: RetryPolicy
    connections: int
    limiter: RateLimiter
    jitter: Callable[[], float]
    log: Any
    closed: dict[str, datetime] = field(default_factory=dict)

    def dispatch_due(self, stop: Stop | None = None) -> DispatchSummary:
        """Send until nothing more is due, the line fails, or *stop* is set (the message in hand is finished first).

        With nothing due this reads one index.
        """
        stop = stop or threading.Event()
        summary = DispatchSummary()
        now = self.clock.now()
        with self.store.read() as session:
            due = session.outbox.next_due()
        if due is None or due > now:
            return summary
        for name, transport in self.transports.items():
            if self.closed.get(name, now) <= now:
                self._run_workers(_Line(name, transport, stop=stop, summary=summary, commit=GroupCommit(self.store)))
        if summary != DispatchSummary():
            self.log.info(
                "dispatched",
                sent=summary.sent,
                failed=summary.failed,
                retried=summary.retried,
                unknown=summary.unknown,
            )
        return summary

    def _run_workers(self, line: "_Line") -> None:
        if self.connections == 1:
            self._work(line)
            return
        failures: list[BaseException] = []

        def work() -> None:
            try:
                self._work(line)
            except BaseException as failure:  # noqa: BLE001  # raised again below, in the thread that called
                failures.append(failure)
                line.broken.set()

        threads = [threading.Thread(target=work, name=f"{line.name}-{number}") for number in range(self.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _work(self, line: "_Line") -> None:
        owner = uuid.uuid4().hex
        with line.transport.connect() as connection:
            while not line.over:
                with self.store.write() as session:
                    batch = session.outbox.claim(owner=owner, transport=line.name, now=self.clock.now(), limit=BATCH)
                if not batch:
                    return
                self._send_batch(line, connection, batch, owner)

    def _send_batch(self, line: "_Line", connection: MailConnection, batch: list[ClaimedMessage], owner: str) -> None:
        beat_at = self.clock.now()
        for number, message in enumerate(batch):
            if line.over or not self.limiter.acquire(line.stop) or line.over:
                with self.store.write() as session:
                    session.outbox.give_back([each.id for each in batch[number:]], owner=owner, now=self.clock.now())
                return
            if self.clock.now() - beat_at >= BEAT_EVERY:
                beat_at = self.clock.now()
                with self.store.write() as session:
                    session.outbox.beat(owner, now=beat_at)
            self._send_one(line, connection, message, owner)

    def _send_one(self, line: "_Line", connection: MailConnection, message: ClaimedMessage, owner: str) -> None:
        try:
            receipt = connection.deliver(sender=message.mailbox, recipient=message.address, payload=message.payload)
        except DeliveryError as error:
            self._record_failure(line, message, error, owner)
            return

        def record(session: Session) -> bool:
            self._heed_hold(session, line)
            return session.outbox.record_sent(message.id, owner=owner, reply=receipt.reply, now=self.clock.now())

        kept = line.commit.write(record)
        line.count("sent")
        if not kept:
            self.log.error("sent a message that another worker had taken over", message=message.id)

    def _record_failure(self, line: "_Line", message: ClaimedMessage, error: DeliveryError, owner: str) -> None:
        now = self.clock.now()
        verdict = after_failure(
            error,
            attempts=message.attempts + 1,
            uncertain=message.uncertain,
            now=now,
            policy=self.policy,
            jitter=self.jitter(),
        )
        with self.store.write() as session:
            session.outbox.record_failure(message.id, verdict, owner=owner, now=now)
            self._heed_hold(session, line)
        line.count(COUNTED.get(verdict.state, "failed"))
        self.log.warning("not sent", message=message.id, state=verdict.state.value, attempts=message.attempts + 1)
        if isinstance(error, TransientDeliveryError) and error.connection_wide:
            self.closed[line.name] = now + max(LINE_PAUSE, error.retry_after or LINE_PAUSE)
            line.broken.set()
            self.log.error("the line is down", transport=line.name, until=self.closed[line.name].isoformat())

    def _heed_hold(self, session: Session, line: "_Line") -> None:
        """A hold means now, not after the batch: at a slow rate that is minutes away."""
        if session.ledger.hold() is not None:
            line.broken.set()


COUNTED = {OutboxState.QUEUED: "retried", OutboxState.UNKNOWN: "unknown"}


class _Line:
    """What the workers of one transport share during one dispatch."""

    def __init__(
        self, name: str, transport: MailTransport, *, stop: Stop, summary: DispatchSummary, commit: GroupCommit
    ) -> None:
        self.name = name
        self.transport = transport
        self.stop = stop
        self.commit = commit
        self.broken = threading.Event()
        self.summary = summary
        self.lock = threading.Lock()

    @property
    def over(self) -> bool:
        return self.broken.is_set() or self.stop.is_set()

    def count(self, outcome: str) -> None:
        with self.lock:
            setattr(self.summary, outcome, getattr(self.summary, outcome) + 1)
