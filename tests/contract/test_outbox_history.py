"""Whatever happens in whatever order, the outbox does what a dictionary of rows would do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete

from stored_messages import NOON, ROUND, a_due, a_mail
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.messages import MessageKey, OutboxState
from talkcycle.domain.store import OutboxFilter
from talkcycle.store import tables
from talkcycle.store.open import SqlStore

QUEUED, SENDING, SENT, UNKNOWN = OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.UNKNOWN
HELD, FAILED, WITHDRAWN, SKIPPED = OutboxState.HELD, OutboxState.FAILED, OutboxState.WITHDRAWN, OutboxState.SKIPPED
MINUTE = timedelta(minutes=1)
OWNERS = st.sampled_from(["w1", "w2"])
MINUTES = st.integers(0, 6)
OUTCOMES = st.sampled_from([SENT, QUEUED, UNKNOWN, HELD, FAILED])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What the model knows of one message."""

    id: int
    state: OutboxState
    due_at: datetime
    not_before: datetime
    expires_at: datetime | None = None
    owner: str | None = None
    position: int = 0
    attempts: int = 0
    uncertain: bool = False
    rendered: bool = True


@dataclass(slots=True)
class Model:
    """Rows by number, and who has said when that it lives."""

    rows: dict[int, Row] = field(default_factory=dict)
    keys: set[MessageKey] = field(default_factory=set)
    beats: dict[str, datetime] = field(default_factory=dict)

    def change(self, ids: list[int], **fields: object) -> int:
        for id_ in ids:
            self.rows[id_] = replace(self.rows[id_], **fields)  # type: ignore[arg-type]
        return len(ids)

    def which(self, wanted: Callable[[Row], bool]) -> list[int]:
        return [row.id for row in self.rows.values() if wanted(row)]


class OutboxHistory(RuleBasedStateMachine):
    """Workers, ticks, people and deaths, one after the other."""

    messages = Bundle("messages")
    store: SqlStore  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = NOON
        self.held = False
        with self.store.write() as session:
            connection = session.outbox.connection
            for table in (tables.rounds, tables.owners):
                connection.execute(delete(table))
            session.ledger.set_hold(None)
            session.rounds.add(ROUND, {})

    # What is to be sent

    @initialize(target=messages, count=st.integers(2, 6))
    def begin(self, count: int) -> object:
        return multiple(*[self._derive(name, self.now, None, send=True) for name in "uvwxyz"[:count]])

    @rule(target=messages, name=st.sampled_from("abcdefgh"), due=MINUTES, lives=st.none() | MINUTES, send=st.booleans())
    def derive(self, name: str, due: int, lives: int | None, send: bool) -> object:  # noqa: FBT001
        due_at = self.now + (due - 2) * MINUTE
        expires_at = None if lives is None else due_at + lives * MINUTE
        id_ = self._derive(name, due_at, expires_at, send=send)
        return multiple() if id_ is None else id_

    def _derive(self, name: str, due_at: datetime, expires_at: datetime | None, *, send: bool) -> int | None:
        message = a_due(name, due_at=due_at, expires_at=expires_at)
        with self.store.write() as session:
            if send:
                new = session.outbox.add(a_mail(message), message, now=self.now)
            else:
                new = session.outbox.skip(message, "too late", now=self.now)
            (known,) = session.outbox.of_subjects(ROUND.id, [message.key.subject])
        assert new is (message.key not in self.model.keys)
        if not new:
            return None
        self.model.keys.add(message.key)
        self.model.rows[known.id] = Row(
            id=known.id,
            state=QUEUED if send else SKIPPED,
            due_at=due_at,
            not_before=due_at,
            expires_at=expires_at,
            rendered=send,
        )
        return known.id

    @rule(id_=messages)
    def withdraw(self, id_: int) -> None:
        with self.store.write() as session:
            count = session.outbox.withdraw({id_: "moved"}, now=self.now)
        waiting = [id_] if self.model.rows[id_].state in {QUEUED, HELD, UNKNOWN} else []
        assert count == self.model.change(waiting, state=WITHDRAWN)

    # What workers do

    @rule(owner=OWNERS, limit=st.integers(1, 4))
    def claim(self, owner: str, limit: int) -> None:
        if self.model.which(lambda row: row.owner == owner):
            return  # a worker finishes its batch first
        with self.store.write() as session:
            batch = session.outbox.claim(owner=owner, transport="smtp", now=self.now, limit=limit)
        due = self.model.which(lambda row: row.state is QUEUED and row.not_before <= self.now)
        due.sort(key=lambda id_: (self.model.rows[id_].not_before, id_))
        expected: list[int] = []
        while due and not expected and not self.held:
            window, due = due[:limit], due[limit:]
            expired = [id_ for id_ in window if (until := self.model.rows[id_].expires_at) and until <= self.now]
            self.model.change(expired, state=SKIPPED)
            expected = [id_ for id_ in window if id_ not in expired]
        assert [each.id for each in batch] == expected
        for position, each in enumerate(batch):
            row = self.model.rows[each.id]
            assert (each.attempts, each.uncertain) == (row.attempts, row.uncertain)
            self.model.change([each.id], state=SENDING, owner=owner, position=position)
        if batch:
            self.model.beats[owner] = self.now

    @rule(owner=OWNERS, outcome=OUTCOMES, pause=MINUTES)
    def record_next(self, owner: str, outcome: OutboxState, pause: int) -> None:
        """In the order of the batch, as a worker does."""
        if mine := self.model.which(lambda row: row.owner == owner):
            self.record(owner, min(mine, key=lambda id_: self.model.rows[id_].position), outcome, pause)

    @rule(owner=OWNERS, id_=messages, outcome=OUTCOMES, pause=MINUTES)
    def record_any(self, owner: str, id_: int, outcome: OutboxState, pause: int) -> None:
        """Also what is no longer one's own."""
        self.record(owner, id_, outcome, pause)

    def record(self, owner: str, id_: int, outcome: OutboxState, pause: int) -> None:
        until = self.now + pause * MINUTE
        row = self.model.rows[id_]
        uncertain = row.uncertain or outcome is UNKNOWN
        verdict = Verdict(
            state=outcome,
            not_before=until if outcome in {QUEUED, UNKNOWN} else None,
            reason="said",
            uncertain=uncertain,
        )
        with self.store.write() as session:
            if outcome is SENT:
                kept = session.outbox.record_sent(id_, owner=owner, reply="250", now=self.now)
            else:
                kept = session.outbox.record_failure(id_, verdict, owner=owner, now=self.now)
        assert kept is (row.state is SENDING and row.owner == owner)
        if kept:
            at = {SENT: self.now, QUEUED: until, UNKNOWN: until}.get(outcome, row.not_before)
            self.model.change(
                [id_], state=outcome, owner=None, attempts=row.attempts + 1, uncertain=uncertain, not_before=at
            )

    @rule(owner=OWNERS)
    def give_back(self, owner: str) -> None:
        mine = self.model.which(lambda row: row.owner == owner)
        with self.store.write() as session:
            assert session.outbox.give_back(list(self.model.rows), owner=owner, now=self.now) == len(mine)
        self.model.change(mine, state=QUEUED, owner=None)

    @rule(owner=OWNERS)
    def beat(self, owner: str) -> None:
        with self.store.write() as session:
            assert session.outbox.beat(owner, now=self.now) is (owner in self.model.beats)
        self.model.beats[owner] = self.now

    # What the tick and people do

    @rule(silence=st.none() | MINUTES, pause=st.none() | MINUTES)
    def bury(self, silence: int | None, pause: int | None) -> None:
        since = None if silence is None else self.now - silence * MINUTE
        until = None if pause is None else self.now + pause * MINUTE
        with self.store.write() as session:
            count = session.outbox.bury(silent_since=since, now=self.now, unknown_pause_until=until)
        self.model.beats = {owner: at for owner, at in self.model.beats.items() if since is not None and at >= since}
        dead = {row.owner for row in self.model.rows.values() if row.owner} - self.model.beats.keys()
        buried = 0
        for owner in dead:
            batch = self.model.which(lambda row, owner=owner: row.owner == owner)  # type: ignore[misc]
            first, *rest = sorted(batch, key=lambda id_: self.model.rows[id_].position)
            self.model.change(
                [first],
                state=UNKNOWN if until else HELD,
                not_before=until or self.now,
                uncertain=True,
                attempts=self.model.rows[first].attempts + 1,
                owner=None,
            )
            self.model.change(rest, state=QUEUED, owner=None)
            buried += len(batch)
        assert count == buried

    @rule()
    def wake(self) -> None:
        with self.store.write() as session:
            count = session.outbox.wake_unknown(now=self.now)
        over = self.model.which(lambda row: row.state is UNKNOWN and row.not_before <= self.now)
        assert count == self.model.change(over, state=QUEUED)

    @rule(id_=messages, to=st.sampled_from([HELD, QUEUED]))
    def move(self, id_: int, to: OutboxState) -> None:
        with self.store.write() as session:
            count = session.outbox.move([id_], to=to, reason="by hanna", now=self.now)
        row = self.model.rows[id_]
        may = row.rendered and row.state in ({QUEUED, UNKNOWN} if to is HELD else {HELD, FAILED})
        attempts = 0 if to is QUEUED else row.attempts
        at = max(row.due_at, self.now)
        assert count == self.model.change([id_] if may else [], state=to, attempts=attempts, not_before=at)

    @rule()
    def drop(self) -> None:
        with self.store.write() as session:
            count = session.outbox.drop_payloads(settled_before=self.now + MINUTE)
        settled = self.model.which(lambda row: row.rendered and row.state in {SENT, FAILED, WITHDRAWN, SKIPPED})
        assert count == self.model.change(settled, rendered=False)

    @rule(held=st.sampled_from([False, False, True]))
    def hold(self, held: bool) -> None:  # noqa: FBT001
        self.held = held
        with self.store.write() as session:
            session.ledger.set_hold("asked to" if held else None)

    @rule(minutes=MINUTES)
    def wait(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @invariant()
    def the_table_is_the_model(self) -> None:
        with self.store.read() as session:
            known = session.outbox.find(OutboxFilter(limit=1000))
            upcoming = session.outbox.next_due()
        facts = {
            row.id: (row.state, row.due_at, row.not_before, row.expires_at, row.attempts, row.uncertain) for row in known
        }
        assert facts == {
            row.id: (row.state, row.due_at, row.not_before, row.expires_at, row.attempts, row.uncertain)
            for row in self.model.rows.values()
        }
        waiting = [row.not_before for row in self.model.rows.values() if row.state in {QUEUED, UNKNOWN}]
        assert upcoming == min(waiting, default=None)


@pytest.fixture
def history(store: SqlStore) -> type[OutboxHistory]:
    return type("OutboxHistory", (OutboxHistory,), {"store": store})


def test_any_history_of_the_outbox_is_that_of_the_model(history: type[OutboxHistory]) -> None:
    run_state_machine_as_test(
        history,
        settings=settings(
            max_examples=40, stateful_step_count=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
        ),
    )
