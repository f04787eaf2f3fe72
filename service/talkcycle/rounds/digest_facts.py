"""Collect what a weekly summary is about."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from talkcycle.domain.answers import is_unconfirmed
from talkcycle.domain.digests import HrDigest, ManagerDigest, Need, hr_digest, manager_digest
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import HR_DIGEST, MANAGER_DIGEST, DueMessage, Kind, KnownMessage, OutboxState
from talkcycle.domain.repetition import following
from talkcycle.domain.store import OutboxFilter, Session, Store
from talkcycle.domain.talks import Round, Talk, TalkState
from talkcycle.rounds.orders import Facts

TROUBLE = {OutboxState.FAILED: Need.UNDELIVERED, OutboxState.HELD: Need.HELD}
PLAN_AHEAD = timedelta(days=60)
"""HR is asked to plan the next round of a repeated cycle this long before its window."""


def digest_of(store: Store, facts: Facts, due: DueMessage, *, now: datetime) -> ManagerDigest | HrDigest | None:
    """The content of *due* when it is a digest, as things stand at *now* (UTC); None for every other message."""
    if due.key.step == MANAGER_DIGEST:
        return _of_manager(store, facts, due, now=now)
    if due.key.step == HR_DIGEST:
        return _of_hr(store, facts, due, now=now)
    return None


def _of_manager(store: Store, facts: Facts, due: DueMessage, *, now: datetime) -> ManagerDigest:
    assert facts.person is not None
    manager, round_ = facts.person, facts.round
    with store.read() as session:
        talks = session.talks.of_person(round_.id, manager.id)
        people = session.rosters.people(round_.roster, {talk.employee for talk in talks})
        rows = session.outbox.of_subjects(round_.id, [talk.subject for talk in talks])
        open_ = _unconfirmed(session, round_, [talk for talk in talks if talk.manager == manager.id], rows, now=now)
    step = round_.cycle.calendar_step.id
    troubles = {
        row.key.subject.removeprefix("talk:"): trouble
        for row in rows
        if row.key.recipient != f"person:{manager.id}" and (trouble := trouble_of(row, step)) is not None
    }
    return manager_digest(
        manager.id,
        talks,
        {person.id: person.name for person in people.values()},
        troubles=troubles,
        without_mailbox=frozenset(person.id for person in people.values() if person.email is None),
        unconfirmed=open_,
        monday=_monday(due),
        zone=manager.zone,
    )


def _of_hr(store: Store, facts: Facts, due: DueMessage, *, now: datetime) -> HrDigest:
    round_ = facts.round
    step = round_.cycle.calendar_step.id
    states = frozenset(TROUBLE) | {OutboxState.SKIPPED}
    with store.read() as session:
        talks = session.talks.of_round(round_.id)
        sent = session.outbox.find(_all(round_, frozenset({OutboxState.SENT}), step))
        odd = session.outbox.find(_all(round_, states, None))
    troubles = Counter(trouble for row in odd if (trouble := trouble_of(row, step)) is not None)
    zone = round_.cycle.hr.zone
    return hr_digest(
        talks,
        troubles=troubles,
        invited=len({row.key.subject for row in sent if row.kind is Kind.MEETING_CREATE}),
        next_window=_next_window(round_, day_of(now, zone)),
        monday=_monday(due),
        zone=zone,
    )


def _unconfirmed(
    session: Session, round_: Round, talks: Iterable[Talk], rows: Iterable[KnownMessage], *, now: datetime
) -> frozenset[str]:
    """Ids of talks yet to come the time of which may not hold."""
    coming = [talk for talk in talks if talk.state is TalkState.PLACED and talk.start is not None and talk.start > now]
    ids = [talk.id for talk in coming]
    entries, answers = session.talks.entries(round_.id, ids), session.talks.answers(round_.id, ids)
    about: dict[str, list[KnownMessage]] = defaultdict(list)
    for row in rows:
        about[row.key.subject].append(row)
    step = round_.cycle.calendar_step.id
    return frozenset(
        talk.id
        for talk in coming
        if is_unconfirmed(talk, entries.get(talk.id), answers.get(talk.id, []), about[talk.subject], calendar_step=step)
    )


def trouble_of(row: KnownMessage, calendar_step: str) -> Need | None:
    """What is wrong with a message, if anything: an invitation that came too late for its notice was not delivered."""
    if row.state is OutboxState.SKIPPED and row.key.step == calendar_step and row.expires_at and row.settled_at:
        return Need.UNDELIVERED if row.expires_at <= row.settled_at else None
    return TROUBLE.get(row.state)


def _all(round_: Round, states: frozenset[OutboxState], step: str | None) -> OutboxFilter:
    return OutboxFilter(round=round_.id, states=states, step=step, limit=1_000_000)


def _next_window(round_: Round, today: date) -> date | None:
    cycle = round_.cycle
    if cycle.repeat_months is None:
        return None
    first = following(cycle.window, cycle.repeat_months).first
    return first if today <= first <= today + PLAN_AHEAD else None


def _monday(due: DueMessage) -> date:
    return date.fromisoformat(f"{due.key.occasion}-1")
