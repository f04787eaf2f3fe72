"""HR approves a plan: from now on the round runs by itself."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from talkcycle.domain.derive import (
    hr_messages,
    invitation_instant,
    person_messages,
    person_recipient,
    talk_messages,
)
from talkcycle.domain.faults import Refused
from talkcycle.domain.guards import roster_faults
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import DueMessage
from talkcycle.domain.people import Person, Role, Roster
from talkcycle.domain.plan import Draft, PlannedTalk
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Entry, Round, Talk, TalkState
from talkcycle.rounds.fingerprint import fingerprint, hashes
from talkcycle.rounds.plan import Inputs
from talkcycle.rounds.room_lists import as_written


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What an approval means, in numbers; shown before it is given.

    Attributes:
        messages: How many will be sent per step, as far as it can be told now.
        without_mailbox: People who get nothing themselves.
    """

    round: Round
    talks: tuple[Talk, ...]
    entries: tuple[Entry, ...]
    schedule: Mapping[str, datetime | None]
    messages: Mapping[str, int]
    without_mailbox: int
    first_due: datetime | None

    @property
    def placed(self) -> int:
        return sum(talk.state is TalkState.PLACED for talk in self.talks)


def prepare_approval(
    store: Store,
    inputs: Inputs,
    *,
    plan: str,
    only: frozenset[str] | None,
    who: str,
    routing: Routing,
    seed: str,
    now: datetime,
    confirm_roster: bool = False,
) -> Approval:
    """Check everything that must hold before *plan* may start, and count what will be sent. Stores nothing.

    Args:
        plan: The first characters, at least 6, of the hash ``talkcycle plan`` showed.
        only: A pilot: sites, managers' or employees' ids; None for everybody. An empty selection is nobody.
        routing: Whose mailbox will own the calendar entries.
        seed: Random text for a new round.
        confirm_roster: HR has seen that the roster changed much.

    Raises:
        Refused: The plan is unknown, overtaken, stale, or too late for the notice; or the selection is nobody.
    """
    with store.read() as session:
        draft = _named_draft(session, inputs, plan)
        earlier = session.rounds.get(draft.round)
        under_way = {talk.id for talk in session.talks.of_round(draft.round) if talk.state is not TalkState.UNPLACED}
        before = _roster_before(session, draft)
    _refuse_changed_inputs(draft, inputs)
    changes = roster_faults(before, inputs.roster, draft.cycle.guards)
    if changes and not confirm_roster:
        raise Refused(" ".join([*changes, "Look at the roster; if it is right, approve with --confirm-roster."]))
    people = {person.id: person for person in inputs.roster.people}
    round_ = earlier or Round(
        id=draft.round,
        cycle=draft.cycle,
        roster=draft.roster,
        holidays=draft.holidays,
        approved_at=now,
        approved_by=who,
        seed=seed,
        plan=draft.hash,
    )
    talks = tuple(talk for talk in _talks(draft, now) if talk.id not in under_way and _chosen(talk, people, only))
    if not any(talk.state is TalkState.PLACED for talk in talks):
        raise Refused("Nobody is chosen: no talk with a time is left to approve. Look at the plan and at --only.")
    _refuse_short_notice(round_, talks, people)
    return _counted(round_, talks, people, routing=routing)


def approve(store: Store, inputs: Inputs, approval: Approval, *, who: str, now: datetime) -> None:
    """Start what *approval* describes: one transaction. The daemon does the rest."""
    with store.write() as session:
        session.rosters.save(inputs.roster, at=now)
        if session.rounds.get(approval.round.id) is None:
            session.rounds.add(approval.round, inputs.files)
        session.talks.add(approval.talks, approval.entries)
        session.schedule.put(approval.round.id, approval.schedule)
        session.ledger.record(
            AuditEntry(
                at=now,
                who=who,
                action="approve",
                subject=approval.round.id,
                detail=f"plan {approval.round.plan[:12]}, {approval.placed} talks",
            )
        )


def entry_of(round_: Round, talk: Talk, manager: Person, *, number: int, routing: Routing) -> Entry:
    """The calendar entry of *talk* from its revision on. Its UID follows from round, talk and number, for life."""
    domain = routing.sender.rpartition("@")[2]
    route = routing.hosting(manager.email, manager.mailbox)
    uid = uuid.uuid5(uuid.NAMESPACE_URL, f"talkcycle:{round_.seed}:{round_.id}:{talk.id}:{number}")
    return Entry(
        round=round_.id,
        talk=talk.id,
        number=number,
        uid=f"{uid}@{domain}",
        sequence=0,
        transport=route.transport,
        organizer=route.organizer,
        opened=talk.revision,
        host=manager.id,
    )


def _named_draft(session: Session, inputs: Inputs, plan: str) -> Draft:
    draft = session.drafts.latest(inputs.cycle.id)
    if draft is None:
        raise Refused("There is no plan yet. Make one with: talkcycle plan")
    if len(plan) < 6 or not draft.hash.startswith(plan):
        raise Refused(
            f"The newest plan is {draft.hash[:12]}, not {plan}. Look at it with talkcycle plan, and approve that one."
        )
    return draft


def _roster_before(session: Session, draft: Draft) -> Roster | None:
    """The roster of the latest approved round of this cycle."""
    for round_ in session.rounds.all():
        if round_.cycle.id == draft.cycle.id:
            people = session.rosters.people(round_.roster).values()
            return Roster(version=round_.hrs_roster, people=tuple(person for person in people if not person.left))
    return None


def _refuse_changed_inputs(draft: Draft, inputs: Inputs) -> None:
    cycle = inputs.cycle
    if cycle.repeat_months is not None:
        cycle = replace(cycle, window=draft.cycle.window)
    changed = [
        what
        for what, differs in (
            ("the roster", draft.roster != inputs.roster.version),
            ("the texts or attachments", dict(draft.files) != hashes(inputs.files)),
            ("the cycle file", fingerprint(as_written(draft.cycle)) != fingerprint(as_written(cycle))),
        )
        if differs
    ]
    if changed:
        raise Refused(
            f"{' and '.join(changed).capitalize()} changed since this plan was made. Plan again: talkcycle plan"
        )


def _talks(draft: Draft, now: datetime) -> Iterable[Talk]:
    for planned in draft.talks:
        yield _talk(draft.round, planned, now)
    for missing in draft.unplaced:
        yield Talk(
            round=draft.round,
            id=missing.employee,
            employee=missing.employee,
            manager=missing.manager,
            start=None,
            minutes=draft.cycle.talk.minutes,
            buffer_minutes=draft.cycle.talk.buffer_minutes,
            zone=draft.cycle.zone,
            place=draft.cycle.place_for(None),
            state=TalkState.UNPLACED,
            changed_at=now,
            approved_at=now,
            note=missing.reason,
        )


def _talk(round_: str, planned: PlannedTalk, now: datetime) -> Talk:
    return Talk(
        round=round_,
        id=planned.employee,
        employee=planned.employee,
        manager=planned.manager,
        start=planned.start,
        minutes=planned.minutes,
        buffer_minutes=planned.buffer_minutes,
        zone=planned.zone,
        place=planned.place,
        state=TalkState.PLACED,
        changed_at=now,
        approved_at=now,
    )


def _chosen(talk: Talk, people: Mapping[str, Person], only: frozenset[str] | None) -> bool:
    if only is None:
        return True
    return bool(only & {talk.employee, talk.manager, people[talk.employee].site})


def _refuse_short_notice(round_: Round, talks: Iterable[Talk], people: Mapping[str, Person]) -> None:
    late = [
        talk.id for talk in talks if talk.start is not None and _notice(round_, talk, people) < round_.cycle.notice_days
    ]
    if late:
        raise Refused(
            f"Approved now, {len(late)} of the talks would get their invitation less than "
            f"{round_.cycle.notice_days} days ahead. Plan again: talkcycle plan"
        )


def _notice(round_: Round, talk: Talk, people: Mapping[str, Person]) -> int:
    """Calendar days between the later of the two invitations and the talk, in each recipient's zone; the fewest."""
    assert talk.start is not None
    pair = (
        person_recipient(people[talk.employee], Role.EMPLOYEE, round_.holidays),
        person_recipient(people[talk.manager], Role.MANAGER, round_.holidays),
    )
    return min((day_of(talk.start, to.zone) - day_of(invitation_instant(round_, talk, to), to.zone)).days for to in pair)


def _counted(round_: Round, talks: tuple[Talk, ...], people: Mapping[str, Person], *, routing: Routing) -> Approval:
    by_subject: dict[str, list[DueMessage]] = {"round": hr_messages(round_)}
    roles: dict[str, set[Role]] = {}
    entries: list[Entry] = []
    joined: dict[str, list[datetime]] = defaultdict(list)
    for talk in talks:
        for person in (talk.employee, talk.manager):
            joined[person].append(talk.approved_at or round_.approved_at)
        employee, manager = people[talk.employee], people[talk.manager]
        entry = None if talk.start is None else entry_of(round_, talk, manager, number=1, routing=routing)
        if entry is not None:
            entries.append(entry)
        by_subject[talk.subject] = talk_messages(round_, talk, employee, manager, entry=entry)
        roles.setdefault(talk.employee, set()).add(Role.EMPLOYEE)
        roles.setdefault(talk.manager, set()).add(Role.MANAGER)
    for person, parts in roles.items():
        by_subject[f"person:{person}"] = person_messages(round_, people[person], parts, joined_at=min(joined[person]))
    counts: dict[str, int] = {}
    for message in (message for messages in by_subject.values() for message in messages):
        if message.not_sent is None:
            counts[message.key.step] = counts.get(message.key.step, 0) + 1
    schedule = {subject: messages[0].due_at if messages else None for subject, messages in by_subject.items()}
    return Approval(
        round=round_,
        talks=talks,
        entries=tuple(entries),
        schedule=schedule,
        messages=counts,
        without_mailbox=sum(people[person].email is None for person in roles),
        first_due=min((due for due in schedule.values() if due), default=None),
    )
