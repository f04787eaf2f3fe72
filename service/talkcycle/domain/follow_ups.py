"""What is sent about what a pair has agreed, or has not written down yet. Pure: reads no clock, touches no store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from talkcycle.domain.agreements import Action, Agreement, about
from talkcycle.domain.conditions import does_not_apply
from talkcycle.domain.cycle import Anchor
from talkcycle.domain.endings import unreachable
from talkcycle.domain.instants import at_once, talk_instant, working_days_later
from talkcycle.domain.localtime import ONE_DAY, instant_of, working_days_from
from talkcycle.domain.messages import (
    AGREED,
    CHECK_IN,
    DUE_SOON,
    FOLLOW_UP,
    FOLLOW_UP_NUDGE,
    TO_CONFIRM,
    DueMessage,
    Kind,
    MessageKey,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.recipients import Recipient, person_recipient, roles_of
from talkcycle.domain.talks import Round, Talk, TalkState

NEXT_STEPS = "next-steps"
"""An attachment made per agreement: its days, for a calendar."""
PATIENCE = 5
"""Working days after the follow-up mail, or after what waits for a word, before the one nudge."""
REMINDED_BEFORE, REMINDED_AT = 2, time(9, 0)
"""Working days before an action's day on which whoever is responsible hears of it."""
STALE_AFTER = timedelta(days=14)
"""What comes after the talk and could not be sent for this long is skipped: after downtime there is no flood."""


def follow_up_messages(
    round_: Round,
    talk: Talk,
    employee: Person,
    manager: Person,
    *,
    agreement: Agreement | None,
    pages: bool,
) -> list[DueMessage]:
    """List what is to be said about the follow-up of *talk*; nothing of one that is off or has no time.

    Args:
        agreement: What is written down about it.
        pages: There are pages, without which nothing can be written down.
    """
    if talk.state is not TalkState.PLACED or talk.start is None or not pages:
        return []
    agreement = about(agreement, talk)
    pair = {
        employee.id: person_recipient(employee, Role.EMPLOYEE, round_.holidays),
        manager.id: person_recipient(manager, Role.MANAGER, round_.holidays),
    }
    asked = _asked_since(round_, talk, employee, agreement)
    messages = [] if asked is None else [_nudge(round_, talk, pair[employee.id], asked)]
    if agreement is not None and agreement.held:
        messages += _about_agreement(talk, pair, agreement)
    return messages


def heeding(
    messages: Iterable[DueMessage], agreement: Agreement | None, talk: Talk, steps: Mapping[str, str]
) -> Iterator[DueMessage]:
    """*messages* of the cycle's own steps after the talk, as they are once something is written down about it.

    Args:
        steps: Id to text of the steps after the talk.
    """
    agreement = about(agreement, talk)
    for message in messages:
        text = steps.get(message.key.step)
        reason = None if text is None or agreement is None else _needless(text, agreement, message.key.recipient)
        yield message if reason is None or message.not_sent is not None else replace(message, not_sent=reason)


def nudged_at(round_: Round, talk: Talk, employee: Person, agreement: Agreement | None) -> datetime | None:
    """When whoever should say something about *talk* has had their days, UTC; None: nobody is asked for anything.

    Args:
        employee: In whose days it is counted.
    """
    agreement = about(agreement, talk)
    since = _asked_since(round_, talk, employee, agreement)
    if agreement is not None and agreement.awaits == talk.manager:
        since = agreement.written_at
    to = person_recipient(employee, Role.EMPLOYEE, round_.holidays)
    return None if since is None else at_once(working_days_later(since, PATIENCE, to), to)


def follow_up_instant(round_: Round, talk: Talk, employee: Person) -> datetime | None:
    """When it is asked what was agreed in *talk*, UTC; None: no step of the cycle asks about it."""
    if talk.start is None:
        return None
    to = person_recipient(employee, Role.EMPLOYEE, round_.holidays)
    asking = (
        step
        for step in round_.cycle.steps
        if step.template == FOLLOW_UP
        and step.when.anchor is Anchor.TALK
        and does_not_apply(step.applies, talk, employee) is None
    )
    return min((talk_instant(step, talk, to)[0] for step in asking), default=None)


def _asked_since(round_: Round, talk: Talk, employee: Person, agreement: Agreement | None) -> datetime | None:
    """Since when the employee has been asked for a word about *talk*: for the first, or to confirm. UTC."""
    if agreement is None:
        return follow_up_instant(round_, talk, employee)
    return agreement.written_at if agreement.awaits == talk.employee else None


def _about_agreement(talk: Talk, pair: Mapping[str, Recipient], agreement: Agreement) -> Iterator[DueMessage]:
    occasion = str(agreement.wording)
    if agreement.awaits is not None and agreement.awaits in pair:
        to = pair[agreement.awaits]
        why = "the other has written down what was agreed"
        yield _mail(talk, TO_CONFIRM, to, occasion=occasion, due_at=at_once(agreement.written_at, to), why=why)
    if agreement.confirmed_at is None:
        return
    for id_ in (agreement.employee, agreement.manager):
        if id_ in pair:
            due_at = at_once(agreement.confirmed_at, pair[id_])
            mail = _mail(talk, AGREED, pair[id_], occasion=occasion, due_at=due_at, why="both have confirmed it")
            yield replace(mail, attach=(NEXT_STEPS,) if agreement.actions else ())
    for id_, to in pair.items():
        for due, actions in groupby(agreement.open_for(id_), key=lambda action: action.due):
            yield _due_soon(talk, to, due, list(actions), agreement.confirmed_at)


def _due_soon(talk: Talk, to: Recipient, due: date, actions: list[Action], known_since: datetime) -> DueMessage:
    """One mail for all that is due on one day; none for what was agreed, or got that day, only just before."""
    due_at = instant_of(working_days_from(due, -REMINDED_BEFORE, to.holidays), REMINDED_AT, to.zone)
    ends = instant_of(due + ONE_DAY, time(0), to.zone)
    why = f"{REMINDED_BEFORE} working days before next steps of theirs are due on {due.isoformat()}"
    mail = _mail(talk, DUE_SOON, to, occasion=due.isoformat(), due_at=due_at, why=why, expires_at=ends)
    late = all(due_at <= max(known_since, action.since or known_since) for action in actions)
    return replace(mail, not_sent="it was agreed only just before its day") if late and mail.not_sent is None else mail


def _nudge(round_: Round, talk: Talk, to: Recipient, asked: datetime) -> DueMessage:
    """Once a talk, and once more if it was not held and has got another time since; never to who was not invited."""
    due_at = at_once(working_days_later(asked, PATIENCE, to), to)
    why = f"{PATIENCE} working days later nothing more is known of what was agreed"
    mail = _mail(talk, FOLLOW_UP_NUDGE, to, occasion="", due_at=due_at, why=why)
    step = round_.cycle.calendar_step
    return replace(
        mail, repeats=due_at > talk.changed_at, follows=step.id if Role.EMPLOYEE in roles_of(step.to) else None
    )


def _needless(text: str, agreement: Agreement, recipient: str) -> str | None:
    if not agreement.held:
        return "the talk did not take place"
    if text == FOLLOW_UP:
        return "what was agreed is written down already"
    if text == CHECK_IN and not agreement.open_for(recipient.removeprefix("person:")):
        return "none of their next steps is open"
    return None


def _mail(
    talk: Talk, step: str, to: Recipient, *, occasion: str, due_at: datetime, why: str, expires_at: datetime | None = None
) -> DueMessage:
    return DueMessage(
        key=MessageKey(
            round=talk.round,
            subject=talk.subject,
            step=step,
            occasion=occasion,
            recipient=to.key,
            version=talk.revision,
        ),
        kind=Kind.MAIL,
        role=to.role,
        template=step,
        due_at=due_at,
        expires_at=expires_at or due_at + STALE_AFTER,
        why=why,
        not_sent=unreachable(to, due_at),
    )


def last_day_of(actions_due: date | None, round_last: date) -> date:
    """The day after which nothing of a round is sent any more, what was agreed included."""
    return round_last if actions_due is None else max(round_last, actions_due + STALE_AFTER)
