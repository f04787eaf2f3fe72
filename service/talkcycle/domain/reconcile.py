"""Compare what should exist with what the outbox knows. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from talkcycle.domain.messages import (
    MAY_HAVE_ARRIVED,
    MOVED_TEMPLATE,
    STILL_HERE,
    DueMessage,
    Kind,
    KnownMessage,
    OutboxState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a tick has to do for one subject.

    Attributes:
        render: To be rendered and queued now.
        skip: To be recorded as not sent, each with its reason.
        withdraw: Ids of messages that wait and no longer apply, each with its reason.
        next_due: When to look again: the earliest instant still ahead. UTC; None: never.
    """

    render: tuple[DueMessage, ...]
    skip: tuple[tuple[DueMessage, str], ...]
    withdraw: tuple[tuple[int, str], ...]
    next_due: datetime | None


def reconcile(
    desired: Iterable[DueMessage], known: Iterable[KnownMessage], *, now: datetime, horizon: datetime
) -> Reconciliation:
    """Decide for one subject what is new, what no longer applies, and when to look again.

    Keys the outbox knows are never made twice. What falls due at or after *horizon* waits. *known* holds every row
    of the subject.
    """
    rows = list(known)
    keys = {row.key for row in rows}
    by_slot: dict[tuple[str, str, str, str], list[KnownMessage]] = defaultdict(list)
    for row in rows:
        by_slot[row.key.slot].append(row)
    wanted = {message.key: message for message in desired}
    render: list[DueMessage] = []
    skip: list[tuple[DueMessage, str]] = []
    next_due: datetime | None = None
    for message in sorted(wanted.values(), key=lambda each: (each.due_at, each.key)):
        if message.key in keys or not _applies(message, by_slot):
            continue
        if message.due_at >= horizon:
            next_due = min(next_due, message.due_at) if next_due else message.due_at
        elif message.not_sent is not None:
            skip.append((message, message.not_sent))
        elif message.expires_at is not None and message.expires_at <= now:
            skip.append((message, "its purpose had passed before it could be sent"))
        else:
            render.append(_as_change(message, by_slot))
    withdraw = [
        (row.id, _overtaken(row, wanted.values())) for row in rows if row.state in STILL_HERE and row.key not in wanted
    ]
    return Reconciliation(render=tuple(render), skip=tuple(skip), withdraw=tuple(withdraw), next_due=next_due)


def _applies(message: DueMessage, by_slot: dict[tuple[str, str, str, str], list[KnownMessage]]) -> bool:
    """Whether earlier messages allow this one: not again unless it repeats, a cancellation only after an invitation."""
    if message.only_after is not None:
        subject, _, occasion, recipient = message.key.slot
        earlier = by_slot[(subject, message.only_after, occasion, recipient)]
        return any(_may_have_arrived(row) for row in earlier)
    return message.repeats or not any(_may_have_arrived(row) for row in by_slot[message.key.slot])


def _may_have_arrived(row: KnownMessage) -> bool:
    return row.state in MAY_HAVE_ARRIVED or row.uncertain


def _as_change(message: DueMessage, by_slot: dict[tuple[str, str, str, str], list[KnownMessage]]) -> DueMessage:
    """An invitation to somebody who has an earlier one is a change of it."""
    if message.kind is Kind.MEETING_CREATE and any(_may_have_arrived(row) for row in by_slot[message.key.slot]):
        return replace(message, kind=Kind.MEETING_CHANGE, template=MOVED_TEMPLATE)
    return message


def _overtaken(row: KnownMessage, wanted: Iterable[DueMessage]) -> str:
    if any(message.key.slot == row.key.slot for message in wanted):
        return "the talk has changed since; a newer version takes its place"
    return "it no longer applies: the talk was cancelled or the step removed"


def is_settled(state: OutboxState) -> bool:
    """Whether nothing more will happen to a message by itself."""
    return state in {OutboxState.SENT, OutboxState.FAILED, OutboxState.WITHDRAWN, OutboxState.SKIPPED}
