"""Send what is due: claim, hand over, record, one message after the other on each line."""

import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from talkcycle.daemon.group_commit import GroupCommit
from talkcycle.daemon.lines import Lines
from talkcycle.daemon.pulse import Pulse
from talkcycle.daemon.rate import RateLimiter, Stop
from talkcycle.domain.delivery import DeliveryError, Receipt, RetryPolicy, TransientDeliveryError, after_failure
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.ports import Clock, Connection, Parcel, Sending
from talkcycle.domain.service import Limits
from talkcycle.domain.store import ClaimedMessage, Lane, Session, Store

BATCH = 50
LINE_PAUSE = timedelta(minutes=1)
"""After a failure of the whole line nothing is tried on it for at least this long."""
LOOK_FOR_STOP = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
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
        limits: Of each transport. A mailbox keeps its own rate; lines are shared by the mailboxes of a transport.
        jitter: 0 to 1, drawn anew for each pause.
        patience: How long a stop waits for the message in hand when the server does not answer.
        idle: So often it is looked up what has fallen due while lines are at work.
        closed: Transports and mailboxes that are left alone after a failure, until when (UTC).
    """

    store: Store
    transports: Mapping[str, Sending]
    clock: Clock
    policy: RetryPolicy
    limits: Mapping[str, Limits]
    jitter: Callable[[], float]
    log: Any
    patience: timedelta = timedelta(seconds=8)
    idle: timedelta = timedelta(seconds=1)
    closed: dict[str | Lane, datetime] = field(default_factory=dict)
    rates: dict[Lane, RateLimiter] = field(default_factory=dict)
    _rates_lock: Any = field(default_factory=threading.Lock)

    def dispatch_due(self, stop: Stop | None = None) -> DispatchSummary:
        """Send until nothing more is due, the lines fail, or *stop* is set (the message in hand is finished first).

        With nothing due this reads one index. A message in hand that outlasts the patience is left behind: the next
        start finds that it may have arrived.
        """
        now = self.clock.now()
        with self.store.read() as session:
            due = session.outbox.next_due()
        if due is None or due > now:
            return DispatchSummary()
        run = Lines(stop=stop or threading.Event(), commit=GroupCommit(self.store))
        lines = [name for name in self.transports for _ in range(self.limits[name].connections)]
        if stop is None and len(lines) == 1:
            self._work(run, lines[0])
        else:
            self._run_workers(run, lines)
        summary = DispatchSummary(**run.outcomes)
        if summary != DispatchSummary():
            self.log.info(
                "dispatched",
                sent=summary.sent,
                failed=summary.failed,
                retried=summary.retried,
                unknown=summary.unknown,
            )
        return summary

    def _run_workers(self, run: Lines, lines: Sequence[str]) -> None:
        failures: list[BaseException] = []

        def work(transport: str) -> None:
            try:
                self._work(run, transport)
            except BaseException as failure:  # noqa: BLE001  # raised again below, in the thread that called
                failures.append(failure)
                run.broken.set()

        threads = [
            threading.Thread(target=work, args=(name,), name=f"{name}-{number}", daemon=True)
            for number, name in enumerate(lines)
        ]
        for thread in threads:
            thread.start()
        self._await(threads, run.stop)
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

    def _work(self, run: Lines, transport: str) -> None:
        """One line: whichever mailbox of *transport* may send soonest and has something due, a batch at a time.

        It ends when no line has anything left: until then what falls due meanwhile is found.
        """
        owner = uuid.uuid4().hex
        with self.transports[transport].connect() as connection:
            while not run.over:
                lane = self._next_lane(run, transport)
                if lane is None:
                    if not run.await_others(self.idle):
                        return
                    continue
                try:
                    batch = self._claim(run, lane, owner)
                    if not batch:
                        run.lanes_at = None
                    else:
                        self._send_batch(run, lane, connection, batch, owner)
                finally:
                    run.leave(lane)

    def _next_lane(self, run: Lines, transport: str) -> Lane | None:
        """A lane with something due and room for one more line; among these the one whose turn comes first.

        Where there are several lines, one keeps to the mailbox with the most to send: it takes the longest, and the
        others do the rest meanwhile.
        """
        now = self.clock.now()
        if self.closed.get(transport, now) > now:
            return None
        lane = self._enter_first(run, transport, run.lanes_since(now - self.idle))
        if lane is None:
            with self.store.read() as session:
                lanes = session.outbox.lanes(now=now)
            run.lanes_at = now, lanes
            lane = self._enter_first(run, transport, lanes)
        return lane

    def _enter_first(self, run: Lines, transport: str, lanes: Sequence[Lane]) -> Lane | None:
        now, limits = self.clock.now(), self.limits[transport]
        open_ = [lane for lane in lanes if lane.transport == transport and self.closed.get(lane, now) <= now]
        kept_to = open_[:1] if limits.connections > 1 else []
        by_turn = sorted(open_, key=lambda lane: self._rate(lane).wait())
        return next((lane for lane in (*kept_to, *by_turn) if run.enter(lane, limits.per_mailbox)), None)

    def _rate(self, lane: Lane) -> RateLimiter:
        with self._rates_lock:
            return self.rates.setdefault(lane, RateLimiter(self.limits[lane.transport].per_minute, clock=self.clock))

    def _claim(self, run: Lines, lane: Lane, owner: str) -> list[ClaimedMessage]:
        """A batch; where turns are waited for, one message: no line waits in a mailbox while another may send."""
        limit = BATCH if self.limits[lane.transport].per_minute is None else 1
        claimed: list[ClaimedMessage] = []

        def claim(session: Session) -> bool:
            now = self.clock.now()
            claimed.extend(
                session.outbox.claim(owner=owner, transport=lane.transport, mailbox=lane.mailbox, now=now, limit=limit)
            )
            return True

        run.commit.write(claim)
        return claimed

    def _send_batch(
        self, run: Lines, lane: Lane, connection: Connection, batch: list[ClaimedMessage], owner: str
    ) -> None:
        with Pulse(self.store, self.clock, owner) as pulse:
            for number, message in enumerate(batch):
                kept = False
                if not self._over(run, lane):
                    with self._rate(lane).turn(run.stop) as mine:
                        # Whoever was taken for dead must not send what is somebody else's by now.
                        proceed = mine and not self._over(run, lane) and pulse.holds()
                        kept = proceed and self._send_one(run, lane, connection, message, owner)
                if not kept:
                    with self.store.write() as session:  # what is not ours any more stays where it is
                        session.outbox.give_back([each.id for each in batch[number:]], owner=owner, now=self.clock.now())
                    return

    def _over(self, run: Lines, lane: Lane) -> bool:
        now = self.clock.now()
        return run.over or any(self.closed.get(key, now) > now for key in (lane.transport, lane))

    def _send_one(self, run: Lines, lane: Lane, connection: Connection, message: ClaimedMessage, owner: str) -> bool:
        """Hand over *message* and commit what became of it; false when it was the owner's no more."""
        try:
            receipt = _hand_over(connection, message)
        except DeliveryError as error:
            return self._record_failure(run, lane, message, error, owner)

        def record(session: Session) -> bool:
            self._heed_hold(session, run)
            if receipt.uid is not None and receipt.remote_id is not None:
                session.talks.entry_is_at(receipt.uid, receipt.remote_id)
            return session.outbox.record_sent(message.id, owner=owner, reply=receipt.reply, now=self.clock.now())

        kept = run.commit.write(record)
        run.count("sent")
        if not kept:
            self.log.error("sent a message that another worker had taken over", message=message.id)
        return kept

    def _record_failure(self, run: Lines, lane: Lane, message: ClaimedMessage, error: DeliveryError, owner: str) -> bool:
        now = self.clock.now()
        verdict = after_failure(
            error,
            attempts=message.attempts + 1,
            uncertain=message.uncertain,
            now=now,
            policy=self.policy,
            jitter=self.jitter(),
        )
        if isinstance(error, TransientDeliveryError):
            self._leave_alone(lane, error, now)  # before the commit: nobody else begins meanwhile
        with self.store.write() as session:
            kept = session.outbox.record_failure(message.id, verdict, owner=owner, now=now)
            self._heed_hold(session, run)
        run.count(COUNTED.get(verdict.state, "failed"))
        self.log.warning("not sent", message=message.id, state=verdict.state.value, attempts=message.attempts + 1)
        return kept

    def _leave_alone(self, lane: Lane, error: TransientDeliveryError, now: datetime) -> None:
        until = now + max(LINE_PAUSE, error.retry_after or LINE_PAUSE)
        if error.connection_wide:
            self.closed[lane.transport] = until
            self.log.error("the line is down", transport=lane.transport, until=until.isoformat())
        elif error.mailbox_wide:
            until = now + (error.retry_after or LINE_PAUSE)
            self.closed[lane] = until
            self.log.warning("a mailbox is left alone", transport=lane.transport, until=until.isoformat())

    def _heed_hold(self, session: Session, run: Lines) -> None:
        """A hold means now, not after the batch: at a slow rate that is minutes away."""
        if session.ledger.hold() is not None:
            run.broken.set()


def _hand_over(connection: Connection, message: ClaimedMessage) -> Receipt:
    parcel = Parcel(
        kind=message.kind,
        mailbox=message.mailbox,
        address=message.address,
        message_id=message.message_id,
        payload=message.payload,
        tried=message.tried,
    )
    return connection.send(parcel) if message.kind is Kind.MAIL else connection.keep(parcel)


COUNTED = {OutboxState.QUEUED: "retried", OutboxState.UNKNOWN: "unknown"}
