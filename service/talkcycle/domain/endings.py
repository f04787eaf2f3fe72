"""What ends the entries of a talk, and what is said beside it when somebody else hosts it from then on. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import (
    CANCELLATION,
    HANDED_OVER,
    NEW_HOST,
    OLD_ENTRY_TEMPLATE,
    DueMessage,
    Kind,
    MessageKey,
)
from talkcycle.domain.people import Person, Role
from talkcycle.domain.reached import Reached
from talkcycle.domain.recipients import Recipient, person_recipient, roles_of
from talkcycle.domain.talks import Entry, Round, Talk

NO_MAILBOX = "has no mailbox; their manager gets the agenda to print"
LEFT = "does not work here any more"


def is_former(entry: Entry, talk: Talk) -> bool:
    """Whether *entry* was made under another host than *talk* has now."""
    return entry.host not in {"", talk.manager}


def unreachable(to: Recipient, due_at: datetime) -> str | None:
    """Why somebody gets nothing of this kind at that time; None: they do."""
    if to.email is None:
        return NO_MAILBOX
    return LEFT if to.last_day is not None and day_of(due_at, to.zone) > to.last_day else None


def pair_then(
    round_: Round, entry: Entry, pair: Mapping[Role, Recipient], hosts: Mapping[str, Person], reached: Reached
) -> dict[Role, Recipient]:
    """The two whom *entry* is about, at the addresses that know of it."""
    then = dict(pair)
    if entry.host in hosts:
        then[Role.MANAGER] = person_recipient(hosts[entry.host], Role.MANAGER, round_.holidays)
    return {role: replace(to, email=reached.get((entry.number, to.key), to.email)) for role, to in then.items()}


def carriers(round_: Round, entry: Entry | None, pair: Mapping[Role, Recipient]) -> list[Recipient]:
    """Who gets what concerns *entry*: both by mail; where the host organizes it, one carries the meeting of both."""
    roles = roles_of(round_.cycle.calendar_step.to)
    if entry is None or not entry.in_own_calendar:
        return [pair[role] for role in roles]
    invited = Role.EMPLOYEE in roles and pair[Role.EMPLOYEE].email is not None
    return [pair[Role.EMPLOYEE if invited else Role.MANAGER]]


def cancellation(
    round_: Round, talk: Talk, to: Recipient, entry: Entry | None, *, replaced_at: int | None = None
) -> DueMessage:
    """The end of *entry*: with the talk, or because another took over with version *replaced_at*."""
    goes_on = replaced_at is not None and not talk.is_off
    former = entry.host if entry is not None and is_former(entry, talk) else None
    template, why = CANCELLATION, "the talk does not take place"
    if goes_on:
        template = OLD_ENTRY_TEMPLATE if former is None else HANDED_OVER
        why = "another calendar keeps the talk" if former is None else "somebody else hosts the talk"
    return DueMessage(
        key=MessageKey(
            round=round_.id,
            subject=talk.subject,
            step=CANCELLATION,
            occasion="",
            recipient=to.key,
            version=talk.revision if replaced_at is None else replaced_at,
        ),
        kind=Kind.MEETING_CANCEL,
        role=to.role,
        template=template,
        due_at=talk.changed_at,
        expires_at=last_start(talk),
        why=why,
        not_sent=NO_MAILBOX if to.email is None else None,
        only_after=round_.cycle.calendar_step.id,
        repeats=True,
        versions=(0, None) if entry is None else (entry.opened, replaced_at),
        replaced_at=replaced_at if goes_on else None,
        entry=None if replaced_at is None or entry is None else entry.number,
        former=former,
    )


def last_start(talk: Talk) -> datetime | None:
    """Until then an entry of *talk* matters to anybody."""
    return max(filter(None, (talk.start, talk.former_start)), default=None)


def handed_over(round_: Round, talk: Talk, old: Entry, then: Mapping[Role, Recipient]) -> DueMessage:
    """Tells the former host, out of whose own calendar the talk goes: their program tells them nothing."""
    [carrier] = carriers(round_, old, then)
    assert old.closed is not None, "another entry took over"
    note = _note(round_, talk, HANDED_OVER, then[Role.MANAGER], version=old.closed, carrier=carrier, former=old.host)
    return replace(note, versions=(old.opened, old.closed), replaced_at=old.closed, entry=old.number)


def new_host(round_: Round, talk: Talk, entry: Entry, pair: Mapping[Role, Recipient], former: str) -> DueMessage:
    """Tells the new host why there is a meeting in their own calendar, of which nobody invites them."""
    [carrier] = carriers(round_, entry, pair)
    note = _note(round_, talk, NEW_HOST, pair[Role.MANAGER], version=entry.opened, carrier=carrier, former=former)
    return replace(note, versions=(0, entry.opened), follows=round_.cycle.calendar_step.id)


def _note(
    round_: Round, talk: Talk, step: str, to: Recipient, *, version: int, carrier: Recipient, former: str
) -> DueMessage:
    """A mail beside a meeting that changes hands; none where nobody knew of it yet."""
    return DueMessage(
        key=MessageKey(round=round_.id, subject=talk.subject, step=step, occasion="", recipient=to.key, version=version),
        kind=Kind.MAIL,
        role=to.role,
        template=step,
        due_at=talk.changed_at,
        expires_at=last_start(talk),
        why="somebody else hosts the talk",
        not_sent=unreachable(to, talk.changed_at),
        only_after=round_.cycle.calendar_step.id,
        repeats=True,
        carrier=carrier.key,
        former=former,
    )
