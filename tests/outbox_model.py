"""An outbox in memory with the daemon's clockwork around it, for tests of what the domain decides."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from talkcycle.domain.messages import DueMessage, KnownMessage, MessageKey, OutboxState
from talkcycle.domain.reconcile import reconcile

HORIZON = timedelta(hours=1)


def a_row(due: DueMessage, state: OutboxState, *, id_: int = 1, uncertain: bool = False) -> KnownMessage:
    """*due* as the outbox knows it."""
    return KnownMessage(
        id=id_,
        key=due.key,
        kind=due.kind,
        state=state,
        due_at=due.due_at,
        expires_at=due.expires_at,
        not_before=due.due_at,
        why=due.why,
        reason="",
        address=f"{due.key.recipient.rpartition(':')[2]}@example.com",
        uncertain=uncertain or state is OutboxState.UNKNOWN,
    )


@dataclass(slots=True)
class ModelOutbox:
    """One subject's rows; a server that takes everything at once.

    Attributes:
        desired: What should exist at present; set it with ``change``, which makes the next tick look.
        rendered: Every message that was made, in order, with the instant.
        sent: Every row that left, in order, with the instant.
    """

    desired: list[DueMessage] = field(default_factory=list)
    next_due: datetime | None = None
    rows: dict[MessageKey, KnownMessage] = field(default_factory=dict)
    rendered: list[tuple[datetime, DueMessage]] = field(default_factory=list)
    sent: list[tuple[datetime, KnownMessage]] = field(default_factory=list)

    def change(self, desired: Iterable[DueMessage], now: datetime) -> None:
        self.desired = list(desired)
        self.next_due = now

    def tick(self, now: datetime) -> None:
        """Look if anything is due within the hour, as often as asked to; then send what is due."""
        looks = 0
        while self.next_due is not None and self.next_due < now + HORIZON:
            looks += 1
            assert looks < 4, "the tick does not come to rest"
            self._reconcile(now)
        self._send(now)

    def states(self) -> dict[MessageKey, OutboxState]:
        return {key: row.state for key, row in self.rows.items()}

    def _reconcile(self, now: datetime) -> None:
        decision = reconcile(self.desired, self.rows.values(), now=now, horizon=now + HORIZON)
        ids = dict(decision.withdraw)
        for key, row in self.rows.items():
            if row.id in ids:
                self.rows[key] = replace(row, state=OutboxState.WITHDRAWN, reason=ids[row.id])
        for due in decision.render:
            self._add(due, OutboxState.QUEUED, "")
            self.rendered.append((now, due))
        for due, reason in decision.skip:
            self._add(due, OutboxState.SKIPPED, reason)
        self.next_due = decision.next_due

    def _add(self, due: DueMessage, state: OutboxState, reason: str) -> None:
        assert due.key not in self.rows, "a key was made twice"
        self.rows[due.key] = replace(a_row(due, state, id_=len(self.rows) + 1), reason=reason)

    def _send(self, now: datetime) -> None:
        waiting = [row for row in self.rows.values() if row.state is OutboxState.QUEUED and row.due_at <= now]
        for row in sorted(waiting, key=lambda row: (row.not_before, row.id)):
            expired = row.expires_at is not None and row.expires_at <= now
            state = OutboxState.SKIPPED if expired else OutboxState.SENT
            self.rows[row.key] = replace(row, state=state)
            if not expired:
                self.sent.append((now, self.rows[row.key]))
