"""From an approved round to the messages that should exist. Pure: reads no clock, touches no store.

The same round and talk give the same messages with the same keys; what was already sent is the outbox's business.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from talkcycle.domain.cycle import Anchor, Applies, Contact, Cycle, Place, Recipients, Step
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of, iso_week, next_working_moment, working_day
from talkcycle.domain.messages import (
    CANCELLATION,
    HR,
    HR_DIGEST,
    MANAGER_DIGEST,
    MOVED_TEMPLATE,
    Change,
    DueMessage,
    Kind,
    MessageKey,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Round, Talk, TalkState

STALE_AFTER = timedelta(days=14)
"""A step after the talk that could not be sent for this long is skipped: after downtime there is no flood."""

AFTER_ANNOUNCEMENT = timedelta(minutes=1)
"""Puts invitations behind announcements in the queue: a mail out of the blue looks like phishing."""

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


def person_messages(
    round_: Round, person: Person, roles: AbstractSet[Role], *, joined_at: datetime | None = None
) -> list[DueMessage]:
    """List what *person* gets about the round itself: announcements, and a manager's digests.

    Args:
        roles: As which they take part: employee, manager or both.
        joined_at: When the first of their talks was approved, if later than the round (after a pilot). UTC.
    """
    joined_at = joined_at or round_.approved_at
    messages = [
        _round_message(round_, step, person_recipient(person, role, round_.holidays), person, joined_at)
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
        _round_message(round_, step, recipient, None, round_.approved_at)
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
    meant_at, shift = _talk_instant(step, talk, to)
    opened = invitation_instant(round_, talk, to)
    due_at = meant_at
    why = f"{_distance(step)} the talk{shift}"
    if step.calendar and opened > meant_at:
        due_at = opened
        why += "; not before the round is approved and announced and the talk has its time"
    elif opened > meant_at:
        due_at = next_working_moment(opened, step.at, to.zone, to.holidays)
        why += "; not before the invitation"
    expires_at = _expiry(step, talk.start, to) if step.when.before else due_at + STALE_AFTER
    if step.calendar:
        expires_at = min(expires_at, _notice_ends(round_, talk, to))
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
        not_sent=_not_sent(step.applies, talk, employee, to),
        # What was meant for before the change is not repeated: the change itself tells the new time.
        repeats=step.calendar or (step.again_when_moved and meant_at > talk.changed_at),
        change=_change(talk, talk.start) if step.calendar else None,
        follows=_invitation_to(round_, to) if not step.calendar else None,
    )


def _change(talk: Talk, start: datetime) -> Change:
    """Who has the old time in their calendar gets the new one at once, however far ahead it is."""
    return Change(
        kind=Kind.MEETING_CHANGE,
        template=MOVED_TEMPLATE,
        due_at=talk.changed_at,
        expires_at=start,
        why="the talk changed",
    )


def _invitation_to(round_: Round, to: Recipient) -> str | None:
    step = round_.cycle.calendar_step
    return step.id if to.role in roles_of(step.to) else None


def invitation_instant(round_: Round, talk: Talk, to: Recipient) -> datetime:
    """When the invitation of *talk* goes to *to* if none went before. UTC.

    As the step says, but not before the round is approved and announced, nor before the talk got its present time.
    """
    step = round_.cycle.calendar_step
    due_at, _ = _talk_instant(step, talk, to)
    approved_at = talk.approved_at or round_.approved_at
    announced = [
        _round_instant(round_, each, to, approved_at)[0] + AFTER_ANNOUNCEMENT
        for each in round_.cycle.steps
        if each.when.anchor is Anchor.APPROVAL and each.when.days <= 0 and to.role in roles_of(each.to)
    ]
    opened = max(due_at, next_working_moment(approved_at, step.at, to.zone, to.holidays), *announced)
    return max(opened, talk.changed_at) if talk.revision else opened


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
        expires_at=max(filter(None, (talk.start, talk.former_start)), default=None),
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


def _round_message(round_: Round, step: Step, to: Recipient, person: Person | None, joined_at: datetime) -> DueMessage:
    due_at, why = _round_instant(round_, step, to, joined_at)
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
        not_sent=NO_MAILBOX if to.email is None else _not_for(step.applies, round_.cycle, person),
    )


def _round_instant(round_: Round, step: Step, to: Recipient, joined_at: datetime) -> tuple[datetime, str]:
    """When a step about the round is due (UTC) for somebody whose part of it was approved at *joined_at*, and why."""
    match step.when.anchor:
        case Anchor.WINDOW_START:
            anchor, name = round_.cycle.window.first, "the window opens"
        case Anchor.WINDOW_END:
            anchor, name = round_.cycle.window.last, "the window closes"
        case _:
            anchor, name = day_of(joined_at, to.zone), "the round is approved"
    due_at, shift = _step_instant(step, anchor, to)
    earliest = next_working_moment(joined_at, step.at, to.zone, to.holidays)
    late = "; not before it is approved" if earliest > due_at and step.when.anchor is not Anchor.APPROVAL else ""
    return max(due_at, earliest), f"{_distance(step)} {name}{shift}{late}"


def _digests(round_: Round, subject: str, step: str, to: Recipient) -> Iterator[DueMessage]:
    """One a week from the approval to the round's end. A digest that is late by two days is skipped: the next follows."""
    rules = round_.cycle.digests
    first = day_of(round_.approved_at, to.zone) + ONE_DAY
    day = first + timedelta(days=(rules.day - first.weekday()) % 7)
    last = round_ends(round_.cycle)
    while day <= last:
        moved = _working_day_of_week(day, to.holidays)
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
                why=f"the summary of week {iso_week(day)}{_shifted(day, moved)}",
                not_sent=NO_MAILBOX if to.email is None else None,
            )
        day += 7 * ONE_DAY


def _working_day_of_week(day: date, holidays: AbstractSet[date]) -> date:
    """The working day nearest after *day*, or else before it, in the same ISO week: the one the summary is about."""
    moved = working_day(day, holidays, earlier=False)
    if iso_week(moved) != iso_week(day):
        moved = working_day(day, holidays, earlier=True)
    return moved


def _talk_instant(step: Step, talk: Talk, to: Recipient) -> tuple[datetime, str]:
    """When *step* is due (UTC) and how it was shifted. What does not come before the talk waits for its end."""
    assert talk.start is not None
    assert talk.end is not None
    due_at, shift = _step_instant(step, day_of(talk.start, to.zone), to)
    if not step.when.before and due_at < talk.end:
        return next_working_moment(talk.end, step.at, to.zone, to.holidays), f"{shift}; not before its end"
    return due_at, shift


def _step_instant(step: Step, anchor: date, to: Recipient) -> tuple[datetime, str]:
    """When *step* is due, counted from *anchor*, and how it was shifted: earlier before the anchor, later after it."""
    day = anchor + timedelta(days=step.when.days)
    moved = working_day(day, to.holidays, earlier=step.when.before)
    return instant_of(moved, step.at, to.zone), _shifted(day, moved)


def _expiry(step: Step, start: datetime, to: Recipient) -> datetime:
    """When a step before the talk has lost its purpose."""
    if step.latest is None:
        return start
    return min(start, instant_of(day_of(start, to.zone) - timedelta(days=step.latest - 1), time(0), to.zone))


def _notice_ends(round_: Round, talk: Talk, to: Recipient) -> datetime:
    """Until when a first invitation keeps the notice. Past it HR decides: it is never shortened silently.

    Whoever gave the talk a time closer than the notice knew it: then until the talk begins.
    """
    assert talk.start is not None
    last_day = day_of(talk.start, to.zone) - timedelta(days=round_.cycle.notice_days)
    if talk.revision and day_of(talk.changed_at, to.zone) > last_day:
        return talk.start
    return instant_of(last_day + ONE_DAY, time(0), to.zone)


def _not_sent(applies: Applies, talk: Talk, employee: Person, to: Recipient) -> str | None:
    if to.email is None:
        return NO_MAILBOX
    return does_not_apply(applies, talk, employee)


def does_not_apply(applies: Applies, talk: Talk, employee: Person) -> str | None:
    """Why the condition of a step does not hold for *talk*; None when it does."""
    day = day_of(talk.start, employee.zone) if talk.start else None
    return _unmet(applies, employee, talk.place, day)


def _not_for(applies: Applies, cycle: Cycle, person: Person | None) -> str | None:
    """The same for a step about the round: its place and day are those a talk of *person* would have."""
    return _unmet(applies, person, cycle.place_for(person.site), cycle.window.first) if person else None


def _unmet(applies: Applies, person: Person, place: Place, day: date | None) -> str | None:
    checks: Iterable[tuple[bool, str]] = (
        (not applies.sites or person.site in applies.sites, "this site"),
        (not applies.countries or person.country in applies.countries, "this country"),
        (not applies.languages or person.language in applies.languages, "this language"),
        (not applies.places or place.kind in applies.places, "this kind of place"),
        (
            applies.new_employees is None or applies.new_employees == _is_new(person, day),
            "how long they are employed",
        ),
    )
    return next((f"the step does not apply to {what}" for holds, what in checks if not holds), None)


def _is_new(person: Person, day: date | None) -> bool:
    return person.starts is not None and day is not None and day - person.starts < timedelta(days=365)


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
