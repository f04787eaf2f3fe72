"""What is said about answers to a talk. Pure: reads no clock, touches no store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum

from talkcycle.domain.answers import Declined, Proposal, asked_since, declined, declined_times, is_silent, proposed
from talkcycle.domain.busy import Span
from talkcycle.domain.cycle import Step
from talkcycle.domain.endings import unreachable
from talkcycle.domain.instants import at_once, invitation_instant, working_days_later
from talkcycle.domain.localtime import ONE_DAY, day_of, instant_of, working_days_from
from talkcycle.domain.messages import (
    HR_HELP,
    MAY_HAVE_ARRIVED,
    NUDGE,
    PROPOSAL,
    TIME_DECLINED,
    TIME_KEPT,
    DueMessage,
    Kind,
    KnownMessage,
    MessageKey,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.recipients import Recipient, hr_recipient, person_recipient, roles_of
from talkcycle.domain.talks import Entry, Round, Talk, TalkAnswer, TalkState

PATIENCE = 3
"""Working days that the two have before HR is asked to help."""
MOST_DECLINED = 3
"""With so many declined times of one talk HR helps at once."""
NUDGE_AT = time(9, 0)
NUDGE_BEFORE, NUDGE_BEFORE_AT_LEAST, NUDGE_AFTER = 6, 3, 4
"""Working days before the talk on which who has not answered is asked; at the least; and after the invitation."""


class Misfit(StrEnum):
    """Why a talk does not simply move to a time that one of the two proposes.

    ``soon``: not a working day away. ``outside``: not in both's working hours, or not in the round. ``length``: it would
    last longer or shorter. ``busy``: something else is there, or as many talks as there may be. ``fixed``: HR decided the
    time. ``untold``: nobody knows whether they are free.
    """

    SOON = "soon"
    OUTSIDE = "outside"
    LENGTH = "length"
    BUSY = "busy"
    FIXED = "fixed"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a message about an answer tells besides the talk.

    Attributes:
        times: Other times for the talk, the best first: start and end, UTC.
        help_at: When HR steps in, UTC; None: at once.
        proposal: The time somebody proposes. *misfit*: why the talk has not simply moved there.
        keeps_at: From when on it is taken that the talk stays where it is, UTC.
    """

    times: tuple[Span, ...] = ()
    help_at: datetime | None = None
    proposal: Proposal | None = None
    misfit: Misfit | None = None
    keeps_at: datetime | None = None


def answer_messages(
    round_: Round,
    talk: Talk,
    employee: Person,
    manager: Person,
    *,
    entry: Entry | None,
    answers: Iterable[TalkAnswer],
    rows: Iterable[KnownMessage],
    answers_by_mail: bool = False,
) -> list[DueMessage]:
    """List what is to be said about answers to *talk*; nothing about one that is off, or has no time.

    Args:
        answers: To *entry*, the talk's newest.
        rows: What the outbox knows of the talk: which times were declined before, and what HR was told.
        answers_by_mail: They are read; else nobody can tell silence from an answer that was not seen.
    """
    if talk.state is not TalkState.PLACED or talk.start is None:
        return []
    answers, rows = list(answers), list(rows)
    pair = {
        Role.EMPLOYEE: person_recipient(employee, Role.EMPLOYEE, round_.holidays),
        Role.MANAGER: person_recipient(manager, Role.MANAGER, round_.holidays),
    }
    step = round_.cycle.calendar_step
    no = declined(talk, entry, answers, rows, calendar_step=step.id)
    other = proposed(talk, entry, answers, rows, calendar_step=step.id)
    messages = [] if other is None else [*_about_proposal(talk, entry, pair, other)]
    if other is not None and other.declines:
        no = (*no, Declined(role=other.role, since=keeps_at(pair[Role.MANAGER], other)))
    messages += [_time_declined(talk, pair[each.role], each) for each in no]
    if no:
        hr = hr_recipient(round_.cycle.hr, round_.cycle.country, round_.holidays)
        messages.append(_hr_help(talk, hr, pair, no, rows))
    elif (
        other is None
        and _can_be_heard(entry, step, answers_by_mail=answers_by_mail)
        and is_silent(talk, answers, asked_since(talk, entry, rows, calendar_step=step.id))
    ):
        messages += _nudge(round_, talk, pair[Role.EMPLOYEE], rows)
    return messages


def _about_proposal(
    talk: Talk, entry: Entry | None, pair: Mapping[Role, Recipient], other: Proposal
) -> Iterator[DueMessage]:
    """The manager decides; if nobody does, the talk stays. In a host's own calendar it stands there as it was."""
    manager, proposer = pair[Role.MANAGER], pair[other.role]
    if other.kept_at is None:
        yield _mail(
            talk,
            PROPOSAL,
            manager,
            version=talk.revision,
            due_at=at_once(other.since, manager),
            why="another time was proposed that does not simply fit",
            repeats=True,
        )
    if entry is None or not entry.in_own_calendar:
        kept = _mail(
            talk,
            TIME_KEPT,
            proposer,
            version=talk.revision,
            due_at=at_once(keeps_at(manager, other), proposer),
            why="the proposed time was not taken up",
            repeats=True,
        )
        yield replace(kept, kind=Kind.COUNTER_DECLINED)


def keeps_at(manager: Recipient, other: Proposal) -> datetime:
    """From when on it is clear that the talk stays: somebody said so, or the manager has had their days. UTC."""
    return other.kept_at or working_days_later(at_once(other.since, manager), PATIENCE, manager)


def _can_be_heard(entry: Entry | None, step: Step, *, answers_by_mail: bool) -> bool:
    """Whether the employee is asked, and the service would know of an answer."""
    invited = Role.EMPLOYEE in roles_of(step.to)
    return invited and entry is not None and (entry.in_own_calendar or answers_by_mail)


def _time_declined(talk: Talk, to: Recipient, no: Declined) -> DueMessage:
    return _mail(
        talk,
        TIME_DECLINED,
        to,
        version=talk.revision,
        due_at=at_once(no.since, to),
        why="the time was declined",
        repeats=True,
    )


def _hr_help(
    talk: Talk, hr: Recipient, pair: Mapping[Role, Recipient], no: Iterable[Declined], rows: Sequence[KnownMessage]
) -> DueMessage:
    due_at, why = min(_help(talk, pair[each.role], each, rows) for each in no)
    return _mail(
        talk,
        HR_HELP,
        hr,
        version=_once(HR_HELP, talk, rows),
        due_at=at_once(due_at, hr),
        why=why,
    )


def _help(talk: Talk, to: Recipient, no: Declined, rows: Sequence[KnownMessage]) -> tuple[datetime, str]:
    """When HR is asked to help, and why: at once where no more times should be tried, or no days are left to wait."""
    assert talk.start is not None
    told = at_once(no.since, to)
    if declined_times(talk, rows) >= MOST_DECLINED:
        return told, f"{MOST_DECLINED} times were declined"
    later = working_days_later(told, PATIENCE, to)
    if day_of(later, to.zone) >= day_of(talk.start, to.zone):
        return told, "the time was declined shortly before it"
    return later, f"the time was declined, and {PATIENCE} working days later there is no other"


def _nudge(round_: Round, talk: Talk, to: Recipient, rows: Sequence[KnownMessage]) -> Iterator[DueMessage]:
    """Once a talk, between the invitation and the reminder; not where those are too close to each other."""
    assert talk.start is not None
    start = day_of(talk.start, to.zone)
    invited = day_of(invitation_instant(round_, talk, to), to.zone)
    day = max(working_days_from(start, -NUDGE_BEFORE, to.holidays), working_days_from(invited, NUDGE_AFTER, to.holidays))
    last = working_days_from(start, -NUDGE_BEFORE_AT_LEAST, to.holidays)
    if day <= last:
        message = _mail(
            talk,
            NUDGE,
            to,
            version=_once(NUDGE, talk, rows),
            due_at=instant_of(day, NUDGE_AT, to.zone),
            why=f"{NUDGE_BEFORE} working days before the talk, if nothing has been answered",
        )
        ends = instant_of(last + ONE_DAY, time(0), to.zone)
        yield replace(message, expires_at=ends, follows=round_.cycle.calendar_step.id)


def _once(step: str, talk: Talk, rows: Iterable[KnownMessage]) -> int:
    """The version of what is sent once a talk: that of what may have arrived, which then stays the one."""
    arrived = (row for row in rows if row.key.step == step and (row.state in MAY_HAVE_ARRIVED or row.uncertain))
    return next((row.key.version for row in arrived), talk.revision)


def _mail(
    talk: Talk, step: str, to: Recipient, *, version: int, due_at: datetime, why: str, repeats: bool = False
) -> DueMessage:
    """A mail that has lost its purpose when the talk begins."""
    return DueMessage(
        key=MessageKey(round=talk.round, subject=talk.subject, step=step, occasion="", recipient=to.key, version=version),
        kind=Kind.MAIL,
        role=to.role,
        template=step,
        due_at=due_at,
        expires_at=talk.start,
        why=why,
        not_sent=unreachable(to, due_at),
        repeats=repeats,
    )
