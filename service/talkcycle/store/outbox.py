"""The ledger of messages in SQL."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, exists, func, literal, or_, select, text, true, update

from talkcycle.domain.delivery import Verdict
from talkcycle.domain.holds import CLOCK_SLACK
from talkcycle.domain.messages import (
    MAY_HAVE_ARRIVED,
    STILL_HERE,
    DueMessage,
    Kind,
    KnownMessage,
    MessageKey,
    OutboxState,
    RenderedMessage,
)
from talkcycle.domain.reconcile import is_settled
from talkcycle.domain.store import ClaimedMessage, Lane, OutboxFilter
from talkcycle.store import tables
from talkcycle.store.chunks import chunks
from talkcycle.store.dialect import upsert
from talkcycle.store.instants import Instant
from talkcycle.store.keys import Keys

box = tables.outbox
EXPIRED = "its purpose had passed before it could be sent"
EXPIRED_UNCERTAIN = "it may have arrived; its purpose had passed before the same bytes could go again"
DEAD = "its worker died; it may have arrived, so the same bytes go again"
HELD_DEAD = "its worker died; it may have arrived, so it is held"
CAME_BACK, IS_LATE = "it came back", "it is late"
MAY_COME_BACK = STILL_HERE | {OutboxState.SENT}
"""States in which a report that a mail did not arrive says more than we knew."""
MAY_MOVE = {
    OutboxState.HELD: (OutboxState.QUEUED, OutboxState.UNKNOWN),
    OutboxState.QUEUED: (OutboxState.HELD, OutboxState.FAILED),
}
"""From which states a person may move a message to which."""
SETTLED = [state.value for state in OutboxState if is_settled(state)]
INSERT_PAYLOAD = tables.payloads.insert()
RECORD_SENT = (
    update(box)
    .where(box.c.id == bindparam("the_id"), box.c.owner == bindparam("the_owner"), text("state = 'sending'"))
    .values(
        state=OutboxState.SENT.value,
        reply=bindparam("the_reply"),
        reason=b"",
        settled_at=bindparam("the_instant"),
        not_before=bindparam("the_instant"),
        attempts=box.c.attempts + 1,
        owner=None,
        position=None,
    )
)
"""Made once: it runs for every message, and making it costs more than running it."""


class SqlOutbox:
    """Implements ``domain.store.Outbox``."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self.connection = connection
        self.keys = keys

    def of_subjects(self, round_: str, subjects: Sequence[str]) -> list[KnownMessage]:
        query = select(box).where(box.c.round == round_)
        return [
            self._known(row)
            for chunk in chunks(subjects)
            for row in self.connection.execute(query.where(box.c.subject.in_(chunk)))
        ]

    def add(self, message: RenderedMessage, due: DueMessage, *, now: datetime, held: str | None = None) -> bool:
        del now
        id_ = self._insert(
            due,
            state=OutboxState.QUEUED if held is None else OutboxState.HELD,
            reason=b"" if held is None else self.keys.of(due.key.round).seal_text(held),
            transport=message.transport,
            mailbox=message.mailbox,
            address=message.address,
            message_id=message.message_id,
            size=len(message.payload),
            sha256=sha256(message.payload).hexdigest(),
        )
        if id_ is not None:
            sealed = self.keys.of(due.key.round).seal(message.payload)
            self.connection.execute(INSERT_PAYLOAD, {"message": id_, "sealed": sealed})
        return id_ is not None

    def skip(self, due: DueMessage, reason: str, *, now: datetime) -> bool:
        sealed = self.keys.of(due.key.round).seal_text(reason)
        return self._insert(due, state=OutboxState.SKIPPED, reason=sealed, settled_at=now) is not None

    def _insert(self, due: DueMessage, *, state: OutboxState, **more: Any) -> int | None:
        """The new row's id; None when the key is known."""
        key = due.key
        row: dict[str, Any] = {
            "round": key.round,
            "subject": key.subject,
            "step": key.step,
            "occasion": key.occasion,
            "recipient": key.recipient,
            "version": key.version,
            "kind": due.kind.value,
            "state": state.value,
            "due_at": due.due_at,
            "expires_at": due.expires_at,
            "not_before": due.due_at,
            "why": due.why,
            "reason": b"",
            "attempts": 0,
            "uncertain": False,
            "transport": "",
            "mailbox": "",
            "address": "",
            "message_id": "",
            "reply": "",
            "size": 0,
            "sha256": "",
        }
        statement = _insert_if_new(self.connection.dialect.name)
        id_: int | None = self.connection.execute(statement, row | more).scalar_one_or_none()
        return id_

    def withdraw(self, ids: Mapping[int, str], *, now: datetime) -> int:
        waiting = [state.value for state in STILL_HERE]
        return sum(self._settle(id_, OutboxState.WITHDRAWN, reason, waiting, now) for id_, reason in ids.items())

    def _settle(self, id_: int, state: OutboxState, reason: str, states: Sequence[str], now: datetime) -> int:
        round_ = self._round(id_)
        if round_ is None:
            return 0
        statement = (
            update(box)
            .where(box.c.id == id_, box.c.state.in_(states))
            .values(state=state.value, reason=self.keys.of(round_).seal_text(reason), settled_at=now)
        )
        return self.connection.execute(statement).rowcount

    def lanes(self, *, now: datetime) -> list[Lane]:
        if self.connection.execute(select(tables.service.c.hold)).scalar_one() is not None:
            return []
        query = (
            select(box.c.transport, box.c.mailbox)
            .where(text("state = 'queued'"), box.c.not_before <= now, ~_to_be_looked_at(now))
            .group_by(box.c.transport, box.c.mailbox)
            .order_by(func.count().desc(), func.min(box.c.not_before), box.c.transport, box.c.mailbox)
        )
        return [Lane(transport=row.transport, mailbox=row.mailbox) for row in self.connection.execute(query)]

    def claim(
        self, *, owner: str, transport: str, now: datetime, limit: int, mailbox: str | None = None
    ) -> list[ClaimedMessage]:
        if self.connection.execute(select(tables.service.c.hold)).scalar_one() is not None:
            return []
        claimed: list[Row[Any]] = []
        while not claimed and (rows := self._due(transport, mailbox, now, limit)):
            for row in rows:
                if row.expires_at is not None and row.expires_at <= now:
                    reason = EXPIRED_UNCERTAIN if row.uncertain else EXPIRED
                    self._settle(row.id, OutboxState.SKIPPED, reason, [OutboxState.QUEUED.value], now)
                else:
                    claimed.append(row)
        if claimed:
            self.beat(owner, now=now)
            self.connection.execute(
                update(box)
                .where(box.c.id == bindparam("the_id"))
                .values(state=OutboxState.SENDING.value, owner=owner, position=bindparam("the_position")),
                [{"the_id": row.id, "the_position": number} for number, row in enumerate(claimed)],
            )
        return [self._claimed(row) for row in claimed]

    def _due(self, transport: str, mailbox: str | None, now: datetime, limit: int) -> list[Row[Any]]:
        tried = exists().where(tables.attempts.c.message == box.c.id).label("tried")
        query = (
            select(box, tables.payloads.c.sealed, tried)
            .join_from(box, tables.payloads, tables.payloads.c.message == box.c.id)
            .where(text("state = 'queued'"), box.c.not_before <= now, ~_to_be_looked_at(now))
            .where(box.c.transport == transport, true() if mailbox is None else box.c.mailbox == mailbox)
            .order_by(box.c.not_before, box.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=box)
        )
        return list(self.connection.execute(query))

    def _claimed(self, row: Row[Any]) -> ClaimedMessage:
        return ClaimedMessage(
            id=row.id,
            address=row.address,
            mailbox=row.mailbox,
            message_id=row.message_id,
            payload=self.keys.of(row.round).open(row.sealed),
            attempts=row.attempts,
            uncertain=row.uncertain,
            tried=row.tried,
            key=_key(row),
            kind=Kind(row.kind),
        )

    def record_sent(self, id_: int, *, owner: str, reply: str, now: datetime) -> bool:
        values = {"the_id": id_, "the_owner": owner, "the_reply": reply, "the_instant": now}
        return self.connection.execute(RECORD_SENT, values).rowcount == 1

    def record_failure(self, id_: int, verdict: Verdict, *, owner: str, now: datetime) -> bool:
        round_ = self._round(id_)
        if round_ is None:  # purged meanwhile
            return False
        sealed = self.keys.of(round_).seal_text(verdict.reason)
        values: dict[str, Any] = {"state": verdict.state.value, "reason": sealed}
        if verdict.uncertain:
            values["uncertain"] = True
        if verdict.not_before is not None:
            values["not_before"] = verdict.not_before
        if verdict.state is OutboxState.FAILED:
            values["settled_at"] = now
        recorded = self._outcome(id_, owner, **values)
        if recorded:
            self._note_attempt(id_, sealed, now)
        return recorded

    def _outcome(self, id_: int, owner: str, **values: Any) -> bool:
        statement = (
            update(box)
            .where(box.c.id == id_, box.c.owner == owner, text("state = 'sending'"))
            .values(attempts=box.c.attempts + 1, owner=None, position=None, **values)
        )
        return self.connection.execute(statement).rowcount == 1

    def _round(self, id_: int) -> str | None:
        found: str | None = self.connection.execute(select(box.c.round).where(box.c.id == id_)).scalar_one_or_none()
        return found

    def _note_attempt(self, id_: int, sealed: bytes, now: datetime) -> None:
        self.connection.execute(tables.attempts.insert().values(message=id_, at=now, said=sealed))

    def give_back(self, ids: Iterable[int], *, owner: str, now: datetime) -> int:
        del now
        statement = (
            update(box)
            .where(box.c.id.in_(list(ids)), box.c.owner == owner, text("state = 'sending'"))
            .values(state=OutboxState.QUEUED.value, owner=None, position=None)
        )
        return self.connection.execute(statement).rowcount

    def beat(self, owner: str, *, now: datetime) -> bool:
        known = update(tables.owners).where(tables.owners.c.owner == owner).values(beat_at=now)
        if self.connection.execute(known).rowcount == 1:
            return True
        self.connection.execute(tables.owners.insert().values(owner=owner, beat_at=now))
        return False

    def bury(self, *, silent_since: datetime | None, now: datetime, unknown_pause_until: datetime | None) -> int:
        dead = self._dead(silent_since)
        rows = self.connection.execute(
            select(box.c.id, box.c.owner, box.c.round)
            .where(text("state = 'sending'"), box.c.owner.in_(dead))
            .order_by(box.c.owner, box.c.position)
            .with_for_update()  # the dead may be only slow: an outcome recorded this moment counts
        ).all()
        first: dict[str, Any] = {}
        for row in rows:
            first.setdefault(row.owner, row)
        for row in first.values():
            self._bury_first(row, now, unknown_pause_until)
        rest = [row.id for row in rows if first[row.owner].id != row.id]
        for chunk in chunks(rest):
            self.connection.execute(
                update(box)
                .where(box.c.id.in_(chunk), text("state = 'sending'"))
                .values(state=OutboxState.QUEUED.value, owner=None, position=None)
            )
        return len(rows)

    def _dead(self, silent_since: datetime | None) -> list[str]:
        """The owners to bury, forgotten with this. Holders are read first: whoever claims later is not among them."""
        owners = tables.owners
        holders = self.connection.execute(select(box.c.owner).where(text("state = 'sending'")).distinct()).scalars().all()
        dead = owners.delete() if silent_since is None else owners.delete().where(owners.c.beat_at < silent_since)
        self.connection.execute(dead)
        alive = set() if silent_since is None else set(self.connection.execute(select(owners.c.owner)).scalars())
        return [holder for holder in holders if holder not in alive]

    def _bury_first(self, row: Any, now: datetime, until: datetime | None) -> None:
        held = until is None
        sealed = self.keys.of(row.round).seal_text(HELD_DEAD if held else DEAD)
        self.connection.execute(
            update(box)
            .where(box.c.id == row.id)
            .values(
                state=(OutboxState.HELD if held else OutboxState.UNKNOWN).value,
                reason=sealed,
                not_before=until or now,
                attempts=box.c.attempts + 1,
                uncertain=True,
                owner=None,
                position=None,
            )
        )
        self._note_attempt(row.id, sealed, now)

    def in_hand(self, transport: str, mailbox: str) -> bool:
        waits = [OutboxState.QUEUED.value, OutboxState.HELD.value]
        open_ = [OutboxState.SENDING.value, OutboxState.UNKNOWN.value]
        query = (
            select(box.c.id)
            .where(box.c.transport == transport, box.c.mailbox == mailbox)
            .where(or_(box.c.state.in_(open_), and_(box.c.uncertain, box.c.state.in_(waits))))
            .limit(1)
        )
        return self.connection.execute(query).first() is not None

    def wake_unknown(self, *, now: datetime) -> int:
        statement = (
            update(box).where(text("state = 'unknown'"), box.c.not_before <= now).values(state=OutboxState.QUEUED.value)
        )
        return self.connection.execute(statement).rowcount

    def find(self, filter_: OutboxFilter) -> list[KnownMessage]:
        query = select(box)
        for column, wanted in (
            (box.c.round, filter_.round),
            (box.c.recipient, filter_.recipient),
            (box.c.subject, filter_.subject),
            (box.c.step, filter_.step),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if filter_.states is not None:
            query = query.where(box.c.state.in_([state.value for state in filter_.states]))
        query = query.order_by(box.c.due_at.desc(), box.c.id.desc()).limit(filter_.limit)
        return [self._known(row) for row in reversed(self.connection.execute(query).all())]

    def get(self, id_: int) -> KnownMessage | None:
        row = self.connection.execute(select(box).where(box.c.id == id_)).one_or_none()
        return None if row is None else self._known(row)

    def payload(self, id_: int) -> bytes | None:
        query = select(box.c.round, tables.payloads.c.sealed).join_from(
            box, tables.payloads, tables.payloads.c.message == box.c.id
        )
        row = self.connection.execute(query.where(box.c.id == id_)).one_or_none()
        return None if row is None else self.keys.of(row.round).open(row.sealed)

    def attempts(self, id_: int) -> list[tuple[datetime, str]]:
        table = tables.attempts
        rows = self.connection.execute(
            select(table.c.at, table.c.said, box.c.round)
            .join_from(table, box, box.c.id == table.c.message)
            .where(table.c.message == id_)
            .order_by(table.c.id)
        )
        return [(row.at, self.keys.of(row.round).open_text(row.said)) for row in rows]

    def counts(self, round_: str) -> dict[tuple[str, OutboxState], int]:
        query = select(box.c.step, box.c.state, func.count()).where(box.c.round == round_)
        rows = self.connection.execute(query.group_by(box.c.step, box.c.state)).all()
        return {(step, OutboxState(state)): count for step, state, count in rows}

    def move(self, ids: Iterable[int], *, to: OutboxState, reason: str, now: datetime) -> int:
        moved = 0
        for id_ in ids:
            round_ = self._round(id_)
            if round_ is None:
                continue
            statement = (
                update(box)
                .where(
                    box.c.id == id_,
                    box.c.state.in_([state.value for state in MAY_MOVE[to]]),
                    box.c.id.in_(select(tables.payloads.c.message)),
                )
                .values(
                    state=to.value,
                    reason=self.keys.of(round_).seal_text(reason),
                    not_before=case((box.c.due_at > now, box.c.due_at), else_=literal(now, Instant)),
                    attempts=0 if to is OutboxState.QUEUED else box.c.attempts,
                    settled_at=None,
                )
            )
            moved += self.connection.execute(statement).rowcount
        return moved

    def record_bounce(self, message_id: str, said: str, *, permanent: bool, now: datetime) -> KnownMessage | None:
        row = self.connection.execute(select(box).where(box.c.message_id == message_id)).first() if message_id else None
        if row is None:
            return None
        if OutboxState(row.state) is OutboxState.SENDING:
            return self.get(row.id)
        sealed = self.keys.of(row.round).seal_text(f"{CAME_BACK if permanent else IS_LATE}: {said}")
        if permanent and OutboxState(row.state) in MAY_COME_BACK:
            values = {"state": OutboxState.FAILED.value, "reason": sealed, "settled_at": now, "uncertain": False}
            self.connection.execute(update(box).where(box.c.id == row.id, box.c.state == row.state).values(values))
        if OutboxState(row.state) is not OutboxState.FAILED:
            self._note_attempt(row.id, sealed, now)
        return self.get(row.id)

    def count_since(self, recipient: str, begins: datetime) -> int:
        rounds = self.connection.execute(select(tables.rounds.c.id)).scalars().all()
        query = (
            select(func.count())
            .select_from(box)
            .where(box.c.round.in_(rounds), box.c.recipient == recipient)
            .where(box.c.state.in_(state.value for state in MAY_HAVE_ARRIVED | STILL_HERE))
            .where(
                or_(
                    box.c.due_at >= begins,
                    box.c.not_before >= begins,  # of what was sent: when
                    box.c.state.in_([OutboxState.QUEUED.value, OutboxState.SENDING.value]),
                )
            )
        )
        return int(self.connection.execute(query).scalar_one())

    def reroute_mails(self, transport: str) -> int:
        waiting = [state.value for state in STILL_HERE]
        statement = (
            update(box)
            .where(box.c.kind == Kind.MAIL.value, box.c.state.in_(waiting), box.c.transport != transport)
            .values(transport=transport)
        )
        return self.connection.execute(statement).rowcount

    def drop_payloads(self, *, settled_before: datetime) -> int:
        settled = select(box.c.id).where(box.c.settled_at < settled_before, box.c.state.in_(SETTLED))
        statement = tables.payloads.delete().where(tables.payloads.c.message.in_(settled))
        return self.connection.execute(statement).rowcount

    def next_due(self) -> datetime | None:
        instants = [
            self.connection.execute(select(func.min(box.c.not_before)).where(text(f"state = '{state}'"))).scalar()
            for state in ("queued", "unknown")
        ]
        return min((instant for instant in instants if instant is not None), default=None)

    def _known(self, row: Row[Any]) -> KnownMessage:
        seal = self.keys.of(row.round)
        return KnownMessage(
            id=row.id,
            key=_key(row),
            kind=Kind(row.kind),
            state=OutboxState(row.state),
            due_at=row.due_at,
            expires_at=row.expires_at,
            not_before=row.not_before,
            why=row.why,
            reason=seal.open_text(row.reason),
            attempts=row.attempts,
            uncertain=row.uncertain,
            transport=row.transport,
            mailbox=row.mailbox,
            address=row.address,
            message_id=row.message_id,
            settled_at=row.settled_at,
            reply=row.reply,
            size=row.size,
            digest=row.sha256,
        )


def _to_be_looked_at(now: datetime) -> Any:
    """Whether something has become of what a message is about, and no tick has looked at that: it may not apply any more.

    Between two ticks nobody else is: a tick looks an hour ahead. A change may have been made by a clock that goes fast.
    While a tick looks, and after it died over that, it is not known either.
    """
    about = tables.schedule.c
    here = (about.round == box.c.round, about.subject == box.c.subject)
    return exists().where(*here, or_(about.next_due <= now + CLOCK_SLACK, about.taken))


@cache
def _insert_if_new(dialect: str) -> Any:
    """Made once a dialect, like ``RECORD_SENT``: it runs for every message."""
    return upsert(dialect, box).on_conflict_do_nothing().returning(box.c.id)


def _key(row: Row[Any]) -> MessageKey:
    return MessageKey(
        round=row.round,
        subject=row.subject,
        step=row.step,
        occasion=row.occasion,
        recipient=row.recipient,
        version=row.version,
    )
