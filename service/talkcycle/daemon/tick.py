"""One tick: what has fallen due is rendered into the outbox. Sending is the dispatcher's business."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.holds import why_hold
from talkcycle.domain.ports import Clock
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, DueSubject, Session, Store
from talkcycle.rounds.advance import HORIZON, Advance, advance
from talkcycle.rounds.orders import PageLink
from talkcycle.rounds.takeover import take_over
from talkcycle.rounds.texts import TextShelf

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow

BATCH = 50
LEASE = timedelta(minutes=10)
"""A subject a worker took and did not finish is looked at again after this."""
SILENCE = timedelta(minutes=5)
"""An owner of messages that has said nothing for this long is dead."""


@dataclass(slots=True)
class Ticker:
    """Runs ticks. One per daemon; the database keeps several daemons out of each other's way.

    Attributes:
        calendars: Who is asked again before an invitation leaves; None: nobody can be.
        mark: File beside the database with the number of the last tick, by which a restored backup is known.
        log: structlog's; carries ids and counts only.
        page_link: Where somebody's own page is; None: there are none.
    """

    store: Store
    shelf: TextShelf
    clock: Clock
    policy: RetryPolicy
    routing: Routing
    mark: Path
    log: Any
    calendars: "CalendarsNow | None" = None
    page_link: PageLink | None = None

    def start(self, *, alone: bool) -> None:
        """Settle what an earlier run left behind, and give talks to the calendars that the rules now name.

        Args:
            alone: No other daemon can be running on this database: every owner of messages is dead.
        """
        now = self.clock.now()
        with self.store.write() as session:
            buried = session.outbox.bury(
                silent_since=None if alone else now - SILENCE, now=now, unknown_pause_until=self._unknown_until(now)
            )
        if buried:
            self.log.warning("settled messages of a dead worker", messages=buried)
        handed = take_over(self.store, self.routing, now=now)
        if handed:
            self.log.info("other calendars take over", talks=handed)

    def tick(self) -> Advance:
        """Do everything that is due; with nothing due this reads two indexes and writes the mark.

        On hold nothing is decided either: a wrong clock would have messages skipped that are not late at all.
        """
        now = self.clock.now()
        with self.store.write() as session:
            session.outbox.wake_unknown(now=now)
            session.outbox.bury(silent_since=now - SILENCE, now=now, unknown_pause_until=self._unknown_until(now))
            held = self._hold(session, now)
        total = Advance()
        lease = now + HORIZON + LEASE
        while not held and (batch := self._claim(now, lease)):
            total += self._look_at_all(batch, lease=lease, now=now)
        # Only now: at the end of a tick nothing that was due is unclaimed, which _hold counts upon.
        with self.store.write() as session:
            mark = session.ledger.mark() + 1
            session.ledger.set_mark(mark)
            session.ledger.set_last_tick(now)
        self._write_mark(mark)
        self._report(total)
        return total

    def _look_at_all(self, batch: Sequence[DueSubject], *, lease: datetime, now: datetime) -> Advance:
        """Look at *batch*; where that fails, at each alone: one that cannot be looked at must not keep others waiting.

        It is looked at again when its lease is over. Where all of them fail it is not they that are broken.
        """
        try:
            return self._look_at(batch, lease=lease, now=now)
        except Exception as failure:
            if len(batch) == 1:
                raise
            kind = type(failure).__name__
            self.log.warning("subjects could not be looked at together", subjects=len(batch), error=kind)
        total, failures = Advance(), list[tuple[str, Exception]]()
        for each in batch:
            try:
                total += self._look_at([each], lease=lease, now=now)
            except Exception as failure:  # noqa: BLE001  # logged below, or raised
                failures.append((each.subject, failure))
        if len(failures) == len(batch):
            raise failures[-1][1]
        for subject, error in failures:
            self.log.error("a subject could not be looked at", subject=subject, error=type(error).__name__)
        return total

    def _look_at(self, batch: Sequence[DueSubject], *, lease: datetime, now: datetime) -> Advance:
        return advance(
            self.store,
            self.shelf,
            batch,
            lease=lease,
            routing=self.routing,
            now=now,
            calendars=self.calendars,
            page_link=self.page_link,
        )

    def _hold(self, session: Session, now: datetime) -> bool:
        """Whether the outbox is on hold, after putting it there if something is odd."""
        if session.ledger.hold() is not None:
            return True
        if session.schedule.next() is None and session.outbox.next_due() is None:
            return False
        last, due = session.ledger.last_tick(), session.schedule.count(before=now)
        reason = why_hold(
            now=now,
            last_tick=last,
            mark_in_database=session.ledger.mark(),
            mark_beside=self._mark_beside(),
            due_now=due,
            due_foreseen=due - session.schedule.count(before=last) if last else due,
        )
        if reason is None:
            return False
        session.ledger.set_hold(reason)
        session.ledger.record(AuditEntry(at=now, who="service", action="hold", subject="outbox", detail=reason))
        self.log.error("the outbox is on hold", reason=reason)
        return True

    def _claim(self, now: datetime, lease: datetime) -> list[DueSubject]:
        with self.store.read() as session:
            if not session.schedule.due(before=now + HORIZON, limit=1):
                return []
        with self.store.write() as session:
            return session.schedule.claim(before=now + HORIZON, until=lease, limit=BATCH)

    def _report(self, total: Advance) -> None:
        if total != Advance():
            self.log.info("tick", queued=total.queued, skipped=total.skipped, withdrawn=total.withdrawn)
        if total.moved:
            self.log.info("talks moved to a proposed time", talks=total.moved)
        if total.replanned or total.held or total.waiting:
            self.log.warning(
                "times that are not free any more", replanned=total.replanned, held=total.held, waiting=total.waiting
            )
        for subject, error in total.broken:
            self.log.error("a text could not be made", subject=subject, error=error)

    def _unknown_until(self, now: datetime) -> datetime | None:
        return None if self.policy.hold_unknown else now + self.policy.unknown_pause

    def _mark_beside(self) -> int | None:
        try:
            return int(self.mark.read_text())
        except FileNotFoundError:
            return None

    def _write_mark(self, mark: int) -> None:
        fresh = self.mark.with_suffix(".new")
        fresh.write_text(str(mark))
        fresh.replace(self.mark)
