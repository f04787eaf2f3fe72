"""From an approved round to the messages that should exist. Pure: reads no clock, touches no store.

The same round and talk give the same messages with the same keys; what was already sent is the outbox's business.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, timedelta

from talkcycle.domain.conditions import does_not_apply, does_not_apply_to
from talkcycle.domain.cycle import Anchor, Cycle, Step
from talkcycle.domain.endings import (
    NO_MAILBOX,
    cancellation,
    carriers,
    handed_over,
    is_former,
    last_start,
    new_host,
    pair_then,
    unreachable,
)
from talkcycle.domain.follow_ups import STALE_AFTER, last_day_of
from talkcycle.domain.instants import (
    digest_day,
    distance,
    invitation_instant,
    notice_ends,
    purpose_ends,
    round_ends,
    round_instant,
    shifted,
    talk_instant,
)
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of, iso_week, next_working_moment
from talkcycle.domain.messages import (
    HR_DIGEST,
    MANAGER_DIGEST,
    MOVED_TEMPLATE,
    NEW_ENTRY_TEMPLATE,
    NEW_HOST,
    OPTED_OUT,
    Change,
    DueMessage,
    Kind,
    MessageKey,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.reached import Reached, taken_over_from
from talkcycle.domain.recipients import Recipient, hr_recipient, person_recipient, roles_of
from talkcycle.domain.talks import Entry, Round, Talk, TalkState

__all__ = [
    "NO_MAILBOX",
    "Recipient",
    "hr_messages",
    "hr_recipient",
    "invitation_instant",
    "person_messages",
    "person_recipient",
    "round_ends",
    "talk_messages",
]

OWN_CALENDAR = "organizes the meeting: it stands in their own calendar"
NOBODY: Mapping[str, Person] = {}
NOWHERE: Reached = {}


def talk_messages(
    round_: Round,
    talk: Talk,
    employee: Person,
    manager: Person,
    *,
    entry: Entry | None = None,
    earlier: Sequence[Entry] = (),
    hosts: Mapping[str, Person] = NOBODY,
    reached: Reached = NOWHERE,
) -> list[DueMessage]:
    """List every message about *talk*, past and future, ordered by due instant (UTC), then key.

    An unplaced talk has none. Of one that is off only the cancellation remains; who abstained gets one last mail.

    Args:
        entry: The talk's newest; None: one that the service would keep by mail.
        earlier: Entries that others took over, oldest first; each ends with a cancellation of its own.
        hosts: Who hosted the talk under its entries, by id, where that was not *manager*.
        reached: Where the entries are known; nowhere yet unless told.
    """
    if talk.state is TalkState.UNPLACED or (talk.start is None and talk.state is not TalkState.ABSTAINED):
        return []
    pair = {
        Role.EMPLOYEE: person_recipient(employee, Role.EMPLOYEE, round_.holidays),
        Role.MANAGER: person_recipient(manager, Role.MANAGER, round_.holidays),
        Role.HR: hr_recipient(round_.cycle.hr, round_.cycle.country, round_.holidays),
    }
    messages: list[DueMessage] = []
    for number, old in enumerate(earlier):
        then = pair_then(round_, old, pair, hosts, reached)
        messages += [cancellation(round_, talk, to, old, replaced_at=old.closed) for to in carriers(round_, old, then)]
        following = earlier[number + 1] if number + 1 < len(earlier) else entry
        directly = following is not None and following.opened == old.closed
        if old.in_own_calendar and is_former(old, talk) and directly and not talk.is_off:
            messages.append(handed_over(round_, talk, old, then))
    if talk.is_off:
        if talk.start is not None:
            then = pair if entry is None else pair_then(round_, entry, pair, hosts, reached)
            messages += [cancellation(round_, talk, to, entry) for to in carriers(round_, entry, then)]
        if talk.state is TalkState.ABSTAINED:
            messages.append(_opted_out(round_, talk, pair[Role.EMPLOYEE]))
    else:
        opened = {role: invitation_instant(round_, talk, to) for role, to in pair.items()}
        before = None if entry is None else taken_over_from(earlier, entry, reached)
        former = None if before is None or not is_former(before, talk) else before.host
        messages += [
            _carried(
                _talk_message(round_, talk, employee, step, pair[role], opened=opened[role]), round_, entry, pair, former
            )
            for step in round_.cycle.steps
            if step.when.anchor is Anchor.TALK
            for role in roles_of(step.to)
        ]
        if entry is not None and entry.in_own_calendar and former is not None:
            messages.append(new_host(round_, talk, entry, pair, former))
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def person_messages(
    round_: Round,
    person: Person,
    roles: AbstractSet[Role],
    *,
    joined_at: datetime | None = None,
    last_due: date | None = None,
) -> list[DueMessage]:
    """List what *person* gets about the round itself: announcements, and a manager's digests.

    Args:
        roles: As which they take part: employee, manager or both.
        joined_at: When the first of their talks was approved, if later than the round (after a pilot). UTC.
        last_due: The last day by which something agreed in the round is to be done; None: there is none.
    """
    joined_at = joined_at or round_.approved_at
    messages = [
        _round_message(round_, step, person_recipient(person, role, round_.holidays), person, joined_at)
        for step, role in _round_steps(round_.cycle, roles)
    ]
    if Role.MANAGER in roles and round_.cycle.digests.managers:
        recipient = person_recipient(person, Role.MANAGER, round_.holidays)
        messages.extend(_digests(round_, f"person:{person.id}", MANAGER_DIGEST, recipient, last_due))
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def hr_messages(round_: Round, *, last_due: date | None = None) -> list[DueMessage]:
    """List what HR gets about the round itself; the subject is ``round``. *last_due*: as of ``person_messages``."""
    recipient = hr_recipient(round_.cycle.hr, round_.cycle.country, round_.holidays)
    messages = [
        _round_message(round_, step, recipient, None, round_.approved_at)
        for step, role in _round_steps(round_.cycle, {Role.HR})
        if role is Role.HR
    ]
    if round_.cycle.digests.hr:
        messages.extend(_digests(round_, "round", HR_DIGEST, recipient, last_due))
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def _talk_message(
    round_: Round, talk: Talk, employee: Person, step: Step, to: Recipient, *, opened: datetime
) -> DueMessage:
    assert talk.start is not None
    meant_at, shift = talk_instant(step, talk, to)
    due_at = meant_at
    why = f"{distance(step)} the talk{shift}"
    if step.calendar and opened > meant_at:
        due_at = opened
        why += "; not before the round is approved and announced and the talk has its time"
    elif opened > meant_at:
        due_at = next_working_moment(opened, step.at, to.zone, to.holidays)
        why += "; not before the invitation"
    expires_at = purpose_ends(step, talk.start, to) if step.when.before else due_at + STALE_AFTER
    if step.calendar:
        expires_at = min(expires_at, notice_ends(round_, talk, to))
    return DueMessage(
        key=MessageKey(
            round=round_.id,
            subject=talk.subject,
            step=step.id,
            occasion="",
            recipient=to.key,
            version=talk.revision,
        ),
        kind=Kind.MEETING_CREATE if step.calendar else Kind.MAIL,
        role=to.role,
        template=step.template,
        due_at=due_at,
        expires_at=expires_at,
        why=why,
        attach=step.attach,
        not_sent=unreachable(to, due_at) or does_not_apply(step.applies, talk, employee),
        # What was meant for before the change is not repeated: the change itself tells the new time. What came after a
        # talk that then got another time was about one that was not held.
        repeats=step.calendar or ((step.again_when_moved or not step.when.before) and meant_at > talk.changed_at),
        change=_change(talk, talk.start) if step.calendar else None,
        follows=_invitation_to(round_, to) if not step.calendar else None,
    )


def _change(talk: Talk, start: datetime) -> Change:
    """Who has the old time in their calendar gets the new one at once, however far ahead it is.

    And late, as long as the old one is ahead of them: nobody waits for a talk at a time it does not have any more.
    """
    return Change(
        kind=Kind.MEETING_CHANGE,
        template=MOVED_TEMPLATE,
        due_at=talk.changed_at,
        expires_at=last_start(talk) or start,
        why="the talk changed",
    )


def _carried(
    message: DueMessage, round_: Round, entry: Entry | None, pair: Mapping[Role, Recipient], former: str | None
) -> DueMessage:
    """*message* as it is about *entry*."""
    if entry is None:
        return message
    concerns = replace(
        message,
        versions=(entry.opened, None),
        takeover=_takeover(message, former) if entry.opened else None,
        former=former if message.change is not None else None,
    )
    if not entry.in_own_calendar or message.role is Role.HR:
        return concerns
    concerns = replace(concerns, sure=True)
    [carrier] = carriers(round_, entry, pair)
    if message.kind is Kind.MAIL:
        return replace(concerns, carrier=carrier.key)
    if message.key.recipient == carrier.key or message.not_sent is not None:
        return concerns
    return replace(concerns, not_sent=OWN_CALENDAR)


def _takeover(message: DueMessage, former: str | None) -> Change | None:
    """Who has the talk in their calendar gets its new entry at once, like any change of it."""
    if message.change is None:
        return None
    template, why = (
        (NEW_ENTRY_TEMPLATE, "another calendar keeps it")
        if former is None
        else (NEW_HOST, "somebody else hosts the talk")
    )
    return replace(message.change, kind=Kind.MEETING_CREATE, template=template, why=why)


def _invitation_to(round_: Round, to: Recipient) -> str | None:
    step = round_.cycle.calendar_step
    return step.id if to.role in roles_of(step.to) else None


def _opted_out(round_: Round, talk: Talk, to: Recipient) -> DueMessage:
    return DueMessage(
        key=MessageKey(
            round=round_.id,
            subject=talk.subject,
            step=OPTED_OUT,
            occasion="",
            recipient=to.key,
            version=talk.revision,
        ),
        kind=Kind.MAIL,
        role=to.role,
        template=OPTED_OUT,
        due_at=talk.changed_at,
        expires_at=talk.changed_at + STALE_AFTER,
        why="the employee opted out",
        not_sent=unreachable(to, talk.changed_at),
        repeats=True,
    )


def _round_steps(cycle: Cycle, roles: AbstractSet[Role]) -> Iterator[tuple[Step, Role]]:
    """Steps about the round with the role in which one person gets each: once, an employee's role first."""
    for step in cycle.steps:
        if step.when.anchor is not Anchor.TALK:
            yield from ((step, role) for role in [r for r in roles_of(step.to) if r in roles][:1])


def _round_message(round_: Round, step: Step, to: Recipient, person: Person | None, joined_at: datetime) -> DueMessage:
    due_at, why = round_instant(round_, step, to, joined_at)
    not_sent = unreachable(to, due_at)
    if person is not None and not_sent is None:
        not_sent = does_not_apply_to(step.applies, round_.cycle, person)
    return DueMessage(
        key=MessageKey(
            round=round_.id,
            subject=f"person:{person.id}" if person else "round",
            step=step.id,
            occasion="",
            recipient=to.key,
            version=0,
        ),
        kind=Kind.MAIL,
        role=to.role,
        template=step.template,
        due_at=due_at,
        expires_at=due_at + STALE_AFTER,
        why=why,
        attach=step.attach,
        not_sent=not_sent,
    )


def _digests(round_: Round, subject: str, step: str, to: Recipient, last_due: date | None) -> Iterator[DueMessage]:
    """One a week from the approval to the round's end, or until what was agreed in it is to be done.

    A digest that is late by two days is skipped: the next follows.
    """
    rules = round_.cycle.digests
    first = day_of(round_.approved_at, to.zone) + ONE_DAY
    day = first + timedelta(days=(rules.day - first.weekday()) % 7)
    last = last_day_of(last_due, round_ends(round_.cycle))
    while day <= last:
        moved = digest_day(day, to.holidays)
        due_at = instant_of(moved, rules.at, to.zone)
        if due_at > round_.approved_at:
            yield DueMessage(
                key=MessageKey(
                    round=round_.id,
                    subject=subject,
                    step=step,
                    occasion=iso_week(day),
                    recipient=to.key,
                    version=0,
                ),
                kind=Kind.MAIL,
                role=to.role,
                template=step,
                due_at=due_at,
                expires_at=due_at + 2 * ONE_DAY,
                why=f"the summary of week {iso_week(day)}{shifted(day, moved)}",
                not_sent=unreachable(to, due_at),
            )
        day += 7 * ONE_DAY
