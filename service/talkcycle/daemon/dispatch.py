"""Send what is due: claim, hand over, record, one message after the other on each line."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from talkcycle.daemon.group_commit import GroupCommit
from talkcycle.daemon.pulse import Pulse
from talkcycle.daemon.rate import RateLimiter, Stop
from talkcycle.domain.delivery import DeliveryError, Receipt, RetryPolicy, TransientDeliveryError, after_failure
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.ports import Clock, Connection, Parcel, Sending
from talkcycle.domain.store import ClaimedMessage, Session, Store

BATCH = 50
LINE_PAUSE = timedelta(minutes=1)
"""After a failure of the whole line nothing is tried on it for at least this long."""
LOOK_FOR_STOP = 0.25
"""Seconds."""


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
        patience: How long a stop waits for the message in hand when the server does not answer.
        closed: Transports whose line failed as a whole, until when (UTC).
    """

    store: Store
    transports: Mapping[str, Sending]
    clock: Clock
    policy: RetryPolicy
    connections: int
    limiter: RateLimiter
    jitter: Callable[[], float]
    log: Any
    patience: timedelta = timedelta(seconds=8)
    closed: dict[str, datetime] = field(default_factory=dict)

    def dispatch_due(self, stop: Stop | None = None) -> DispatchSummary:
        """Send until nothing more is due, the line fails, or *stop* is set (the message in hand is finished first).

        With nothing due this reads one index. A message in hand that outlasts the patience is left behind: the next
        start finds that it may have arrived.
        """
        summary = DispatchSummary()
        now = self.clock.now()
        with self.store.read() as session:
            due = session.outbox.next_due()
        if due is None or due > now:
            return summary
        for name, transport in self.transports.items():
            if self.closed.get(name, now) <= now:
                commit = GroupCommit(self.store)
                line = _Line(name, transport, stop=stop or threading.Event(), summary=summary, commit=commit)
                if stop is None and self.connections == 1:
                    self._work(line)
                else:
                    self._run_workers(line)
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
        failures: list[BaseException] = []

        def work() -> None:
            try:
                self._work(line)
            except BaseException as failure:  # noqa: BLE001  # raised again below, in the thread that called
                failures.append(failure)
                line.broken.set()

        names = [f"{line.name}-{number}" for number in range(self.connections)]
        threads = [threading.Thread(target=work, name=name, daemon=True) for name in names]
        for thread in threads:
            thread.start()
        self._await(threads, line.stop)
        if failures:
            raise failures[0]

    def _await(self, threads: list[threading.Thread], stop: Stop) -> None:
        patience = self.patience.total_seconds()
        for thread in threads:
            while thread.is_alive() and patience > 0:
                thread.join(min(LOOK_FOR_STOP, patience))
                if stop.is_set():
                    patience -= LOOK_FOR_STOP
        left = sum(thread.is_alive() for thread in threads)
        if left:
            self.log.error("stopped without the server's answer", messages=left)

    def _work(self, line: "_Line") -> None:
        owner = uuid.uuid4().hex
        with line.transport.connect() as connection:
            while not line.over:
                with self.store.write() as session:
                    batch = session.outbox.claim(owner=owner, transport=line.name, now=self.clock.now(), limit=BATCH)
                if not batch:
                    return
                self._send_batch(line, connection, batch, owner)

    def _send_batch(self, line: "_Line", connection: Connection, batch: list[ClaimedMessage], owner: str) -> None:
        with Pulse(self.store, self.clock, owner) as pulse:
            for number, message in enumerate(batch):
                proceed = not line.over and self.limiter.acquire(line.stop) and not line.over
                # Whoever was taken for dead must not send what is somebody else's by now.
                if not proceed or not pulse.holds() or not self._send_one(line, connection, message, owner):
                    with self.store.write() as session:  # what is not ours any more stays where it is
                        session.outbox.give_back([each.id for each in batch[number:]], owner=owner, now=self.clock.now())
                    return

    def _send_one(self, line: "_Line", connection: Connection, message: ClaimedMessage, owner: str) -> bool:
        """Hand over *message* and commit what became of it; false when it was the owner's no more."""
        try:
            receipt = _hand_over(connection, message)
        except DeliveryError as error:
            return self._record_failure(line, message, error, owner)

        def record(session: Session) -> bool:
            self._heed_hold(session, line)
            return session.outbox.record_sent(message.id, owner=owner, reply=receipt.reply, now=self.clock.now())

        kept = line.commit.write(record)
        line.count("sent")
        if not kept:
            self.log.error("sent a message that another worker had taken over", message=message.id)
        return kept

    def _record_failure(self, line: "_Line", message: ClaimedMessage, error: DeliveryError, owner: str) -> bool:
        now = self.clock.now()
        verdict = after_failure(
            error,
            attempts=message.attempts + 1,
            uncertain=message.uncertain,
            now=now,
            policy=self.policy,
            jitter=self.jitter(),
        )
        if isinstance(error, TransientDeliveryError) and error.connection_wide:
            self.closed[line.name] = now + max(LINE_PAUSE, error.retry_after or LINE_PAUSE)
            line.broken.set()  # before the commit: nobody else begins meanwhile
            self.log.error("the line is down", transport=line.name, until=self.closed[line.name].isoformat())
        with self.store.write() as session:
            kept = session.outbox.record_failure(message.id, verdict, owner=owner, now=now)
            self._heed_hold(session, line)
        line.count(COUNTED.get(verdict.state, "failed"))
        self.log.warning("not sent", message=message.id, state=verdict.state.value, attempts=message.attempts + 1)
        return kept

    def _heed_hold(self, session: Session, line: "_Line") -> None:
        """A hold means now, not after the batch: at a slow rate that is minutes away."""
        if session.ledger.hold() is not None:
            line.broken.set()


def _hand_over(connection: Connection, message: ClaimedMessage) -> Receipt:
    parcel = Parcel(
        kind=message.kind,
        mailbox=message.mailbox,
        address=message.address,
        message_id=message.message_id,
        payload=message.payload,
        tried=message.attempts > 0 or message.uncertain,
    )
    return connection.send(parcel) if message.kind is Kind.MAIL else connection.keep(parcel)


COUNTED = {OutboxState.QUEUED: "retried", OutboxState.UNKNOWN: "unknown"}


class _Line:
    """What the workers of one transport share during one dispatch."""

    def __init__(
        self, name: str, transport: Sending, *, stop: Stop, summary: DispatchSummary, commit: GroupCommit
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
