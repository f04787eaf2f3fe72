"""A person's decisions about messages that wait: hold, release, retry, and the switch for everything."""

from collections.abc import Sequence
from datetime import datetime

from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.store import AuditEntry, Store


def hold_all(store: Store, *, reason: str, who: str, now: datetime) -> None:
    """Send nothing more until released; what is being sent this second is finished."""
    with store.write() as session:
        session.ledger.set_hold(reason)
        session.ledger.record(AuditEntry(at=now, who=who, action="hold", subject="outbox", detail=reason))


def release_all(store: Store, *, who: str, now: datetime) -> None:
    """Lift the hold on the whole outbox. Messages held one by one stay held."""
    with store.write() as session:
        if session.ledger.hold() is None:
            raise Refused("The outbox is not on hold.")
        session.ledger.set_hold(None)
        session.ledger.set_last_tick(None)  # or what piled up during the hold would be a reason for the next
        session.ledger.record(AuditEntry(at=now, who=who, action="release", subject="outbox", detail=""))


def decide(store: Store, ids: Sequence[int], *, to: OutboxState, action: str, who: str, now: datetime) -> int:
    """Hold messages (*to* ``held``), or release and retry them (*to* ``queued``); return how many.

    Raises:
        Refused: No ids were given, or none of the messages is in a state that allows it.
    """
    if not ids:
        raise Refused("Name the messages by their numbers. See: talkcycle outbox list")
    with store.write() as session:
        count = session.outbox.move(ids, to=to, reason=f"{action} by {who}", now=now)
        if not count:
            raise Refused(f"None of these messages can be {action} in its present state. See: talkcycle outbox why")
        for id_ in ids:
            row = session.outbox.get(id_)
            if row is not None:  # what was overtaken meanwhile is taken back before it can leave
                session.schedule.put(row.key.round, {row.key.subject: now})
            session.ledger.record(AuditEntry(at=now, who=who, action=action, subject=f"message:{id_}", detail=""))
    return count
