"""From a due message and what is known of its subject to an order for rendering."""

from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.derive import Recipient, hr_recipient, person_recipient
from talkcycle.domain.digests import HrDigest, ManagerDigest
from talkcycle.domain.messages import DueMessage
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Entry, Round, Talk
from talkcycle.rendering.order import RenderOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a message's text may need: the pair and entry of a talk, or the person a round's message goes to."""

    round: Round
    talk: Talk | None = None
    employee: Person | None = None
    manager: Person | None = None
    entry: Entry | None = None
    person: Person | None = None


def order_for(
    due: DueMessage, facts: Facts, *, digest: ManagerDigest | HrDigest | None, sender: str, now: datetime
) -> RenderOrder:
    """The order for *due*. Its instant, or *now* when that is later (UTC), becomes Date and DTSTAMP."""
    return RenderOrder(
        due=due,
        round=facts.round,
        sender=sender,
        transport=facts.entry.transport if facts.entry else "smtp",
        recipient=recipient_of(due, facts),
        made_at=max(now, due.due_at).replace(microsecond=0),
        talk=facts.talk,
        employee=facts.employee,
        manager=facts.manager,
        entry=facts.entry,
        digest=digest,
    )


def recipient_of(due: DueMessage, facts: Facts) -> Recipient:
    """Who gets *due*, with the language and zone the text is written in."""
    if due.role is Role.HR:
        return hr_recipient(facts.round.cycle.hr, facts.round.cycle.country, facts.round.holidays)
    person = facts.person or (facts.employee if due.role is Role.EMPLOYEE else facts.manager)
    assert person is not None
    recipient = person_recipient(person, due.role, facts.round.holidays)
    if recipient.key != due.key.recipient:
        raise ValueError(f"message {due.key} was about to go to {recipient.key}")
    return recipient
