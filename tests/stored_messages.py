"""Messages to put into an outbox, and a short way to ask what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from builders import a_round
from talkcycle.domain.messages import DueMessage, Kind, KnownMessage, MessageKey, OutboxState, RenderedMessage
from talkcycle.domain.people import Role
from talkcycle.domain.store import ClaimedMessage, OutboxFilter, Session
from talkcycle.store.open import SqlStore

NOON = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ROUND = a_round()


def a_due(name: str = "anna", **fields: Any) -> DueMessage:
    """A reminder of *name*'s talk to *name*, due at noon; the fields of its key may be given like its own."""
    key: dict[str, Any] = {
        "round": ROUND.id,
        "subject": f"talk:{name}",
        "step": "reminder",
        "occasion": "",
        "recipient": f"person:{name}",
        "version": 0,
    }
    key |= {field: fields.pop(field) for field in key.keys() & fields.keys()}
    defaults: dict[str, Any] = {
        "kind": Kind.MAIL,
        "role": Role.EMPLOYEE,
        "template": "reminder",
        "due_at": NOON,
        "expires_at": None,
        "why": "2 days before the talk",
    }
    return DueMessage(key=MessageKey(**key), **(defaults | fields))


def a_mail(due: DueMessage, **fields: Any) -> RenderedMessage:
    """The bytes of *due*, which name the recipient."""
    name = due.key.recipient.partition(":")[2]
    defaults: dict[str, Any] = {
        "transport": "smtp",
        "mailbox": "samtal@norrsken.example",
        "address": f"{name}@norrsken.example",
        "message_id": f"<{name}.{due.key.step}.{due.key.version}@talkcycle.example>",
        "payload": f"Subject: Samtal\r\n\r\nHej {name}\r\n".encode(),
    }
    return RenderedMessage(key=due.key, kind=due.kind, **(defaults | fields))


def queue(store: SqlStore, *dues: DueMessage | str) -> list[int]:
    """Queue each, a name being that person's reminder; return the rows' numbers."""
    with store.write() as session:
        for due in dues:
            meant = a_due(due) if isinstance(due, str) else due
            assert session.outbox.add(a_mail(meant), meant, now=NOON)
        return _ids(session)[-len(dues) :]


def _ids(session: Session) -> list[int]:
    return sorted(row.id for row in session.outbox.find(OutboxFilter(limit=100_000)))


def claim(store: SqlStore, owner: str, *, at: datetime = NOON, limit: int = 50) -> list[ClaimedMessage]:
    with store.write() as session:
        return session.outbox.claim(owner=owner, transport="smtp", now=at, limit=limit)


def row(store: SqlStore, id_: int) -> KnownMessage:
    with store.read() as session:
        found = session.outbox.get(id_)
    assert found is not None
    return found


def states(store: SqlStore) -> dict[str, OutboxState]:
    """By recipient."""
    with store.read() as session:
        found = session.outbox.find(OutboxFilter(limit=100_000))
    return {each.key.recipient.partition(":")[2]: each.state for each in found}
