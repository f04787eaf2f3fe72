"""What time does to rounds: payloads are dropped, rounds close, and are purged; what was agreed in them goes later."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from talkcycle.domain.derive import round_ends
from talkcycle.domain.localtime import day_of
from talkcycle.domain.store import AuditEntry, Store
from talkcycle.domain.talks import Round, RoundState


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """What was tidied away.

    Attributes:
        payloads: Messages without their text now.
        closed, purged: Round ids.
        agreements: Talks of which nothing that was agreed is kept any more.
    """

    payloads: int
    closed: tuple[str, ...]
    purged: tuple[str, ...]
    agreements: int


def tidy(store: Store, *, now: datetime) -> Tidied:
    """Drop what has served its time: texts of settled messages, then whole rounds, as each cycle's retention says."""
    with store.read() as session:
        rounds = session.rounds.all()
    over = [round_ for round_ in rounds if _is_over(round_, now)]
    expired = [round_ for round_ in over if _is_expired(round_, now)]
    closed = [round_ for round_ in over if round_.state is RoundState.APPROVED and round_ not in expired]
    payload_days = min((round_.cycle.retention.payload_days for round_ in rounds), default=None)
    with store.write() as session:
        payloads = 0
        if payload_days is not None:
            payloads = session.outbox.drop_payloads(settled_before=now - timedelta(days=payload_days))
        for round_ in closed:
            session.rounds.update(replace(round_, state=RoundState.CLOSED))
            session.ledger.record(_note(round_, "close", now))
        for round_ in expired:
            session.ledger.record(_note(round_, "purge", now))
    for round_ in expired:
        store.purge_round(round_.id)
    return Tidied(
        payloads=payloads,
        closed=tuple(each.id for each in closed),
        purged=tuple(each.id for each in expired),
        agreements=_forget_agreements(store, now),
    )


def _forget_agreements(store: Store, now: datetime) -> int:
    count = store.drop_agreements(before=now)
    if count:
        detail = f"of {count} talks, as the retention says"
        with store.write() as session:
            session.ledger.record(
                AuditEntry(at=now, who="service", action="forget", subject="what was agreed", detail=detail)
            )
    return count


def _is_over(round_: Round, now: datetime) -> bool:
    return day_of(now, round_.cycle.zone) > round_ends(round_.cycle)


def _is_expired(round_: Round, now: datetime) -> bool:
    last = round_ends(round_.cycle) + timedelta(days=round_.cycle.retention.round_days)
    return day_of(now, round_.cycle.zone) > last


def _note(round_: Round, action: str, now: datetime) -> AuditEntry:
    return AuditEntry(at=now, who="service", action=action, subject=round_.id, detail="as the retention says")
