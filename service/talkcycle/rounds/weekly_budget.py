"""Which of the messages that are about to be made wait, since their recipient has had enough mails this week."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from talkcycle.domain.budget import can_wait, goes_into_summary, next_week, week_begins
from talkcycle.domain.messages import DueMessage, MessageKey
from talkcycle.domain.people import Role
from talkcycle.domain.recipients import Recipient
from talkcycle.domain.store import Store
from talkcycle.rounds.orders import Facts, recipient_of


def beyond_budget(
    store: Store, about_to: Iterable[tuple[DueMessage, Facts]], *, pages: bool, now: datetime
) -> Mapping[MessageKey, datetime | None]:
    """Those of *about_to* that wait: until when, UTC; None: they stand in the recipient's summary instead.

    What cannot wait goes first and counts; so does what went to the same person about any other round.

    Args:
        pages: There are pages, to which the lines of a summary lead.
    """
    theirs: dict[str, list[tuple[DueMessage, Facts]]] = defaultdict(list)
    for message, facts in about_to:
        if message.role is not Role.HR:
            theirs[message.key.recipient].append((message, facts))
    pressed = {key: those for key, those in theirs.items() if any(can_wait(message) for message, _ in those)}
    if not pressed:
        return {}
    recipients = {key: recipient_of(*those[0]) for key, those in pressed.items()}
    begins = {key: week_begins(now, to.zone) for key, to in recipients.items()}
    with store.read() as session:
        had = {key: session.outbox.count_since(key, begins[key]) for key in pressed}
    waiting: dict[MessageKey, datetime | None] = {}
    for key, those in pressed.items():
        waiting |= _waiting(those, recipients[key], had[key], pages=pages, now=now)
    return waiting


def _waiting(
    those: list[tuple[DueMessage, Facts]], to: Recipient, had: int, *, pages: bool, now: datetime
) -> Mapping[MessageKey, datetime | None]:
    rules = those[0][1].round.cycle.digests
    had += sum(not can_wait(message) for message, _ in those)
    found: dict[MessageKey, datetime | None] = {}
    for message, _ in sorted((each for each in those if can_wait(each[0])), key=lambda each: each[0].due_at):
        summed_up = goes_into_summary(message, to, rules, now, pages=pages)
        later = next_week(message, to, rules, now)
        if had < rules.most_mails or not (summed_up or later is not None):
            had += 1
        else:
            found[message.key] = None if summed_up else later
    return found
