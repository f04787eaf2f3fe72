"""From an approved round to the messages that should exist. Pure: reads no clock, touches no store.

The same round and talk give the same messages with the same keys; what was already sent is the outbox's business.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from talkcycle.domain.cycle import Anchor, Applies, Contact, Cycle, Recipients, Step
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of, iso_week, next_working_moment, working_day
from talkcycle.domain.messages import (
    CANCELLATION,
    HR,
    HR_DIGEST,
    MANAGER_DIGEST,
    DueMessage,
    Kind,
    MessageKey,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Round, Talk, TalkState

STALE_AFTER = timedelta(days=14)
"""A step after the talk that could not be sent for this long is skipped: after downtime there is no flood."""

NO_MAILBOX = "has no mailbox; their manager gets the agenda to print"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets a message and how days are reckoned for them.

    Attributes:
        key: ``person:<id>`` or ``hr``.
        email: None: cannot be reached.
        holidays: Public holidays of their country, in their own zone.
    """

    key: str
    role: Role
    name: str
    email: str | None
    language: str
    zone: str
    holidays: AbstractSet[date]


def person_recipient(person: Person, role: Role, holidays: Mapping[str, AbstractSet[date]]) -> Recipient:
    """*person* in the shoes of *role*."""
    return Recipient(
        key=f"person:{person.id}",
        role=role,
        name=person.name,
        email=person.email,
        language=person.language,
        zone=person.zone,
        holidays=holidays.get(person.country, frozenset()),
    )


def hr_recipient(contact: Contact, country: str, holidays: Mapping[str, AbstractSet[date]]) -> Recipient:
    """HR's own mailbox."""
    return Recipient(
        key=HR,
        role=Role.HR,
        name=contact.name,
        email=contact.email,
        language=contact.language,
        zone=contact.zone,
        holidays=holidays.get(country, frozenset()),
    )


def talk_messages(round_: Round, talk: Talk, employee: Person, manager: Person) -> list[DueMessage]:
    """List every message about *talk*, past and future, ordered by due instant (UTC), then key.

    An unplaced talk has none; of a cancelled one only the cancellation remains.
    """
    if talk.start is None or talk.state is TalkState.UNPLACED:
        return []
    pair = {
        Role.EMPLOYEE: person_recipient(employee, Role.EMPLOYEE, round_.holidays),
        Role.MANAGER: person_recipient(manager, Role.MANAGER, round_.holidays),
        Role.HR: hr_recipient(round_.cycle.hr, round_.cycle.country, round_.holidays),
    }
    if talk.state is TalkState.CANCELLED:
        messages = [_cancellation(round_, talk, pair[role]) for role in roles_of(round_.cycle.calendar_step.to)]
    else:
        messages = [
            _talk_message(round_, talk, employee, step, pair[role])
            for step in round_.cycle.steps
            if step.when.anchor is Anchor.TALK
            for role in roles_of(step.to)
        ]
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def person_messages(round_: Round, person: Person, roles: AbstractSet[Role]) -> list[DueMessage]:
    """List what *person* gets about the round itself: announcements, and a manager's digests.

    Args:
        roles: As which they take part: employee, manager or both.
    """
    messages = [
        _round_message(round_, f"person:{person.id}", step, person_recipient(person, role, round_.holidays))
        for step, role in _round_steps(round_.cycle, roles)
    ]
    if Role.MANAGER in roles and round_.cycle.digests.managers:
        recipient = person_recipient(person, Role.MANAGER, round_.holidays)
        messages.extend(_digests(round_, f"person:{person.id}", MANAGER_DIGEST, recipient))
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def hr_messages(round_: Round) -> list[DueMessage]:
    """List what HR gets about the round itself; the subject is ``round``."""
    recipient = hr_recipient(round_.cycle.hr, round_.cycle.country, round_.holidays)
    messages = [
        _round_message(round_, "round", step, recipient)
        for step, role in _round_steps(round_.cycle, {Role.HR})
        if role is Role.HR
    ]
    if round_.cycle.digests.hr:
        messages.extend(_digests(round_, "round", HR_DIGEST, recipient))
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def roles_of(to: Recipients) -> tuple[Role, ...]:
    """The roles a step goes to."""
    match to:
        case Recipients.BOTH:
            return (Role.EMPLOYEE, Role.MANAGER)
        case Recipients.EMPLOYEE:
            return (Role.EMPLOYEE,)
        case Recipients.MANAGER:
            return (Role.MANAGER,)
        case Recipients.HR:
            return (Role.HR,)


def round_ends(cycle: Cycle) -> date:
    """The day after which nothing of the round is sent any more: the last step of a talk on the window's last day."""
    last = max((step.when.days for step in cycle.steps if step.when.anchor is not Anchor.APPROVAL), default=0)
    return cycle.window.last + timedelta(days=max(last, 0)) + timedelta(days=14)


def _talk_message(round_: Round, talk: Talk, employee: Person, step: Step, to: Recipient) -> DueMessage:
    assert talk.start is not None
    due_at, shift = _step_instant(step, day_of(talk.start, to.zone), to)
    why = f"{_distance(step)} the talk{shift}"
    opened = invitation_instant(round_, talk, to)
    if step.calendar:
        why += "" if opened == due_at else "; not before the round is approved and announced"
    elif opened > due_at:
        why += "; not before the invitation"
    due_at = max(due_at, opened)
    if step.calendar and talk.revision and talk.changed_at > due_at:
        due_at, why = talk.changed_at, "the talk changed"
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
        expires_at=_expiry(step, talk.start, to, due_at),
        why=why,
        attach=step.attach,
        not_sent=_not_sent(step.applies, talk, employee, to),
        repeats=step.calendar or step.again_when_moved,
    )


def invitation_instant(round_: Round, talk: Talk, to: Recipient) -> datetime:
    """When the invitation of *talk* goes to *to*: as the step says, not before the round is approved. UTC."""
    assert talk.start is not None
    step = round_.cycle.calendar_step
    due_at, _ = _step_instant(step, day_of(talk.start, to.zone), to)
    approved_at = talk.approved_at or round_.approved_at
    return max(due_at, next_working_moment(approved_at, step.at, to.zone, to.holidays))


def _cancellation(round_: Round, talk: Talk, to: Recipient) -> DueMessage:
    return DueMessage(
        key=MessageKey(
            round=round_.id,
            subject=talk.subject,
            step=CANCELLATION,
            occasion="",
            recipient=to.key,
            version=talk.revision,
        ),
        kind=Kind.MEETING_CANCEL,
        role=to.role,
        template=CANCELLATION,
        due_at=talk.changed_at,
        expires_at=talk.start,
        why="the talk was cancelled",
        not_sent=NO_MAILBOX if to.email is None else None,
        only_after=round_.cycle.calendar_step.id,
        repeats=True,
    )


def _round_steps(cycle: Cycle, roles: AbstractSet[Role]) -> Iterator[tuple[Step, Role]]:
    """Steps about the round with the role in which one person gets each: once, an employee's role first."""
    for step in cycle.steps:
        if step.when.anchor is not Anchor.TALK:
            yield from ((step, role) for role in [r for r in roles_of(step.to) if r in roles][:1])


def _round_message(round_: Round, subject: str, step: Step, to: Recipient) -> DueMessage:
    match step.when.anchor:
        case Anchor.WINDOW_START:
            anchor, name = round_.cycle.window.first, "the window opens"
        case Anchor.WINDOW_END:
            anchor, name = round_.cycle.window.last, "the window closes"
        case _:
            anchor, name = day_of(round_.approved_at, to.zone), "the round is approved"
    due_at, shift = _step_instant(step, anchor, to)
    earliest = next_working_moment(round_.approved_at, step.at, to.zone, to.holidays)
    return DueMessage(
        key=MessageKey(round=round_.id, subject=subject, step=step.id, occasion="", recipient=to.key, version=0),
        kind=Kind.MAIL,
        role=to.role,
        template=step.template,
        due_at=max(due_at, earliest),
        expires_at=max(due_at, earliest) + STALE_AFTER,
        why=f"{_distance(step)} {name}{shift}",
        attach=step.attach,
        not_sent=NO_MAILBOX if to.email is None else None,
    )


def _digests(round_: Round, subject: str, step: str, to: Recipient) -> Iterator[DueMessage]:
    """One a week from the approval to the round's end. A digest that is late by two days is skipped: the next follows."""
    rules = round_.cycle.digests
    template = step
    day = day_of(round_.approved_at, to.zone) + ONE_DAY
    last = round_ends(round_.cycle)
    while day <= last:
        if day.weekday() == rules.day:
            moved = working_day(day, to.holidays, earlier=False)
            due_at = instant_of(moved, rules.at, to.zone)
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
                template=template,
                due_at=due_at,
                expires_at=due_at + 2 * ONE_DAY,
                why=f"the summary of week {iso_week(day)}{_shifted(day, moved)}",
                not_sent=NO_MAILBOX if to.email is None else None,
            )
            day += 7 * ONE_DAY
        else:
            day += ONE_DAY


def _step_instant(step: Step, anchor: date, to: Recipient) -> tuple[datetime, str]:
    """When *step* is due, counted from *anchor*, and how it was shifted: earlier before the anchor, later after it."""
    day = anchor + timedelta(days=step.when.days)
    moved = working_day(day, to.holidays, earlier=step.when.before)
    return instant_of(moved, step.at, to.zone), _shifted(day, moved)


def _expiry(step: Step, start: datetime, to: Recipient, due_at: datetime) -> datetime:
    if not step.when.before:
        return due_at + STALE_AFTER
    if step.latest is None:
        return start
    last_day = day_of(start, to.zone) - timedelta(days=step.latest)
    return min(start, instant_of(last_day, time(23, 59), to.zone))


def _not_sent(applies: Applies, talk: Talk, employee: Person, to: Recipient) -> str | None:
    if to.email is None:
        return NO_MAILBOX
    return does_not_apply(applies, talk, employee)


def does_not_apply(applies: Applies, talk: Talk, employee: Person) -> str | None:
    """Why the condition of a step does not hold for *talk*; None when it does."""
    checks: Iterable[tuple[bool, str]] = (
        (not applies.sites or employee.site in applies.sites, "this site"),
        (not applies.countries or employee.country in applies.countries, "this country"),
        (not applies.languages or employee.language in applies.languages, "this language"),
        (not applies.places or talk.place.kind in applies.places, "this kind of place"),
        (
            applies.new_employees is None or applies.new_employees == _is_new(employee, talk),
            "how long they are employed",
        ),
    )
    return next((f"the step does not apply to {what}" for holds, what in checks if not holds), None)


def _is_new(employee: Person, talk: Talk) -> bool:
    if employee.starts is None or talk.start is None:
        return False
    return day_of(talk.start, employee.zone) - employee.starts < timedelta(days=365)


def _distance(step: Step) -> str:
    days = abs(step.when.days)
    if days == 0:
        return "when" if step.when.anchor is not Anchor.TALK else "on the day of"
    side = "before" if step.when.before else "after"
    return f"{days} {'day' if days == 1 else 'days'} {side}"


def _shifted(day: date, moved: date) -> str:
    if day == moved:
        return ""
    return f", {'earlier' if moved < day else 'later'} since {day:%Y-%m-%d} is a weekend or holiday"
