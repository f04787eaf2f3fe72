"""Collect what a weekly summary is about."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from talkcycle.domain.agreements import Agreement
from talkcycle.domain.answers import is_unconfirmed
from talkcycle.domain.budget import IN_THE_SUMMARY
from talkcycle.domain.digests import HrDigest, ManagerDigest, Need, hr_digest, manager_digest
from talkcycle.domain.follow_up_needs import follow_up_needs
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import HR_DIGEST, MANAGER_DIGEST, DueMessage, Kind, KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.repetition import following
from talkcycle.domain.store import OutboxFilter, Session, Store
from talkcycle.domain.talks import Round, Talk, TalkState
from talkcycle.rounds.orders import Facts

TROUBLE = {OutboxState.FAILED: Need.UNDELIVERED, OutboxState.HELD: Need.HELD}
PLAN_AHEAD = timedelta(days=60)
"""HR is asked to plan the next round of a repeated cycle this long before its window."""


def digest_of(
    store: Store, facts: Facts, due: DueMessage, *, now: datetime, pages: bool = False
) -> ManagerDigest | HrDigest | None:
    """The content of *due* when it is a digest, as things stand at *now* (UTC); None for every other message.

    Args:
        pages: There are pages: what was agreed can be written down.
    """
    if due.key.step == MANAGER_DIGEST:
        return _of_manager(store, facts, due, now=now, pages=pages)
    if due.key.step == HR_DIGEST:
        return _of_hr(store, facts, due, now=now)
    return None


def _of_manager(store: Store, facts: Facts, due: DueMessage, *, now: datetime, pages: bool) -> ManagerDigest:
    assert facts.person is not None
    manager, round_ = facts.person, facts.round
    with store.read() as session:
        talks = session.talks.of_person(round_.id, manager.id)
        people = session.rosters.people(round_.roster, {talk.employee for talk in talks})
        rows = session.outbox.of_subjects(round_.id, [talk.subject for talk in talks])
        hosted = [talk for talk in talks if talk.manager == manager.id]
        open_ = _unconfirmed(session, round_, hosted, rows, now=now)
        agreements = session.agreements.of_talks(round_.id, [talk.id for talk in hosted])
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
        follow_ups=_follow_ups(round_, hosted, people, agreements, rows, now=now) if pages else {},
        monday=_monday(due),
        zone=manager.zone,
    )


def _follow_ups(
    round_: Round,
    talks: Iterable[Talk],
    people: Mapping[str, Person],
    agreements: Mapping[str, Agreement],
    rows: Iterable[KnownMessage],
    *,
    now: datetime,
) -> dict[str, tuple[Need, ...]]:
    """Talk id to what is to be done about its follow-up."""
    texts = {step.id: step.template for step in round_.cycle.steps}
    waited: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.state is OutboxState.SKIPPED and row.reason == IN_THE_SUMMARY:
            waited[row.key.subject, row.key.recipient].add(texts.get(row.key.step, row.key.step))
    return {
        talk.id: tuple(
            follow_up_needs(
                round_,
                talk,
                people[talk.employee],
                agreements.get(talk.id),
                waited=waited[talk.subject, f"person:{talk.manager}"],
                now=now,
            )
        )
        for talk in talks
        if talk.employee in people
    }


def _of_hr(store: Store, facts: Facts, due: DueMessage, *, now: datetime) -> HrDigest:
    round_ = facts.round
    step = round_.cycle.calendar_step.id
    states = frozenset(TROUBLE) | {OutboxState.SKIPPED}
    with store.read() as session:
        talks = session.talks.of_round(round_.id)
        sent = session.outbox.find(_all(round_, frozenset({OutboxState.SENT}), step))
        odd = session.outbox.find(_all(round_, states, None))
        agreements = session.agreements.of_talks(round_.id)
    troubles = Counter(trouble for row in odd if (trouble := trouble_of(row, step)) is not None)
    zone = round_.cycle.hr.zone
    return hr_digest(
        talks,
        troubles=troubles,
        invited=len({row.key.subject for row in sent if row.kind is Kind.MEETING_CREATE}),
        next_window=_next_window(round_, day_of(now, zone)),
        agreements=agreements.values(),
        today=day_of(now, zone),
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
