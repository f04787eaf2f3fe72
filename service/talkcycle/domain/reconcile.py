"""Compare what should exist with what the outbox knows. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from talkcycle.domain.messages import (
    CANCELLATION,
    MAY_HAVE_ARRIVED,
    STILL_HERE,
    DueMessage,
    Kind,
    KnownMessage,
    MessageKey,
    OutboxState,
    Versions,
    changed_by,
)

Slot = tuple[str, str, str, str]

LOOK_AGAIN = timedelta(hours=2)
"""How often a step looks whether a person has decided about the invitation that is held."""

TOO_LATE = "its purpose had passed before it could be sent"
NOTICE_LOST = "it could not go out in time ahead of the talk; give the talk another time"
NOT_INVITED = "the invitation did not go out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a tick has to do for one subject.

    Attributes:
        render: To be rendered and queued now, in this order.
        skip: To be recorded as not sent, each with its reason.
        withdraw: Ids of messages that wait and no longer apply, each with its reason.
        next_due: When to look again. UTC; *now*: as soon as this is stored, since what is withdrawn now may have left
            meanwhile; the horizon: at the next tick, since something is on its way; None: never.
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
    of the subject. A message waits for the fate of an earlier version that is taken back or on its way: whether it is
    an invitation or a change, whether there is anything to cancel, is only known then.
    """
    rows = list(known)
    wanted = {message.key: message for message in desired}
    past = _Past(rows=rows, wanted=wanted)
    looks: list[datetime] = []
    withdraw = [
        (row.id, reason) for row in rows if row.state in STILL_HERE and (reason := _withdrawn(row, wanted)) is not None
    ]
    if withdraw:
        looks.append(now)
    elif past.open:
        looks.append(horizon)
    render: list[DueMessage] = []
    skip: list[tuple[DueMessage, str]] = []
    pending = [past.as_change(message) for message in wanted.values() if message.key not in past.keys]
    for message in sorted(pending, key=_order):
        if past.is_open(message) or not past.lets(message):
            continue
        if not past.is_replaced(message):
            looks.append(max(horizon, now + LOOK_AGAIN) if past.is_stuck(message) else horizon)
            continue
        if message.due_at >= horizon:
            looks.append(message.due_at)
            continue
        reason = _not_sent(message, past, now)
        if reason is not None:
            skip.append((message, reason))
            past.skipped.add(message.key)
        elif past.lead_state(message) is OutboxState.HELD:
            looks.append(max(horizon, now + LOOK_AGAIN))
        else:
            render.append(message)
    return Reconciliation(
        render=tuple(render), skip=tuple(skip), withdraw=tuple(withdraw), next_due=min(looks, default=None)
    )


@dataclass(slots=True, kw_only=True)
class _Past:
    """What is known of a subject, by slot. *open*: slots with an overtaken row whose fate is not known yet."""

    rows: list[KnownMessage]
    wanted: Mapping[MessageKey, DueMessage]
    keys: dict[MessageKey, KnownMessage] = field(init=False)
    slots: dict[Slot, list[KnownMessage]] = field(init=False)
    open: set[Slot] = field(init=False)
    skipped: set[MessageKey] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.keys = {row.key: row for row in self.rows}
        self.slots = defaultdict(list)
        for row in self.rows:
            self.slots[row.key.slot].append(row)
        self.open = {row.key.slot for row in self.rows if row.key not in self.wanted and not is_settled(row.state)}

    def may_have_arrived(self, slot: Slot, versions: Versions = (0, None)) -> bool:
        return any(_may_have_arrived(row) and _within(row, versions) for row in self.slots.get(slot, ()))

    def as_change(self, message: DueMessage) -> DueMessage:
        """An invitation to somebody who has an earlier one is a change of it, or its entry takes over from another."""
        change = None
        if self.may_have_arrived(message.key.slot, message.versions):
            change = message.change
            if change is not None and message.sure and not self._was_sent(message):
                return replace(message, due_at=change.due_at, expires_at=change.expires_at, looks_first=True)
        elif message.takeover is not None and self._was_in_a_calendar(message):
            change = message.takeover
        return message if change is None else changed_by(message, change)

    def _was_sent(self, message: DueMessage) -> bool:
        rows = self.slots.get(message.key.slot, ())
        return any(row.state is OutboxState.SENT and _within(row, message.versions) for row in rows)

    def _was_in_a_calendar(self, message: DueMessage) -> bool:
        """Whether an earlier entry of the talk may have reached anybody, and was not taken out again."""
        before = (0, message.versions[0])
        ended = (row for row in self.rows if row.key.step == CANCELLATION and _within(row, before))
        if any(_may_have_arrived(row) for row in ended):
            return False
        return any(
            row.key.step == message.key.step and _may_have_arrived(row) and _within(row, before) for row in self.rows
        )

    def is_replaced(self, message: DueMessage) -> bool:
        """False for the end of an entry while the one that takes its place is not there: nobody is left without."""
        if message.replaced_at is None:
            return True
        return any(row.state is OutboxState.SENT for row in self._successors(message))

    def is_stuck(self, message: DueMessage) -> bool:
        """Whether nobody but a person can bring on what *message* waits for."""
        return any(row.state in {OutboxState.HELD, OutboxState.FAILED} for row in self._successors(message))

    def _successors(self, message: DueMessage) -> list[KnownMessage]:
        since = (message.replaced_at or 0, None)
        return [row for row in self.rows if row.key.step == message.only_after and _within(row, since)]

    def is_open(self, message: DueMessage) -> bool:
        leads = [_slot_of(message, step) for step in (message.only_after, message.follows) if step is not None]
        return not self.open.isdisjoint([message.key.slot, *leads])

    def lets(self, message: DueMessage) -> bool:
        """Whether earlier messages allow this one: a cancellation only after an invitation, nothing sent again.

        Of what may have arrived the new version goes out all the same: nobody is left without.
        """
        if message.only_after is not None:
            return self.may_have_arrived(_slot_of(message, message.only_after), message.versions)
        return message.repeats or not any(row.state is OutboxState.SENT for row in self.slots.get(message.key.slot, ()))

    def lead_state(self, message: DueMessage) -> OutboxState | None:
        """What became of the message this one follows, where it was to go and cannot have arrived; else None."""
        if message.follows is None:
            return None
        slot = _slot_of(message, message.follows)
        lead = next((each for each in self.wanted.values() if each.key.slot == slot), None)
        if lead is None or lead.not_sent is not None or self.may_have_arrived(slot):
            return None
        if lead.key in self.skipped:
            return OutboxState.SKIPPED
        return self.keys[lead.key].state if lead.key in self.keys else None


def _slot_of(message: DueMessage, step: str) -> Slot:
    subject, _, occasion, recipient = message.key.slot
    return (subject, step, occasion, message.carrier or recipient)


def _may_have_arrived(row: KnownMessage) -> bool:
    return row.state in MAY_HAVE_ARRIVED or row.uncertain


def _within(row: KnownMessage, versions: Versions) -> bool:
    first, end = versions
    return first <= row.key.version and (end is None or row.key.version < end)


def _order(message: DueMessage) -> tuple[datetime, bool, MessageKey]:
    """By instant; what concerns the calendar before mails about it."""
    return (message.due_at, message.kind is Kind.MAIL, message.key)


def _not_sent(message: DueMessage, past: _Past, now: datetime) -> str | None:
    if message.not_sent is not None:
        return message.not_sent
    if message.expires_at is not None and message.expires_at <= max(now, message.due_at):
        return NOTICE_LOST if message.kind is Kind.MEETING_CREATE else TOO_LATE
    if past.lead_state(message) in {OutboxState.SKIPPED, OutboxState.FAILED}:
        return NOT_INVITED
    return None


def _withdrawn(row: KnownMessage, wanted: Mapping[MessageKey, DueMessage]) -> str | None:
    """Why a message that waits must not go any more; None: it may."""
    if row.key in wanted:
        return wanted[row.key].not_sent
    if any(message.key.slot == row.key.slot for message in wanted.values()):
        return "the talk has changed since; a newer version takes its place"
    return "it no longer applies: the talk was cancelled or the step removed"


def is_settled(state: OutboxState) -> bool:
    """Whether nothing more will happen to a message by itself."""
    return state in {OutboxState.SENT, OutboxState.FAILED, OutboxState.WITHDRAWN, OutboxState.SKIPPED}
