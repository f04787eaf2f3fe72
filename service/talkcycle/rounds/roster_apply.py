"""Apply a new roster to a running round: each talk concerned in a transaction of its own, every other left alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from talkcycle.domain.faults import Refused
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.roster_changes import Because, Course
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Round, Talk, TalkState, moved
from talkcycle.rounds.approve import entry_of
from talkcycle.rounds.new_times import overlapping
from talkcycle.rounds.reassign import call_off, hand_over, look_at
from talkcycle.rounds.roster_diff import RosterDiff, Settled, newcomer

NOT_NAMED = "left the roster"
"""Why a talk was called off, for HR alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """Attributes:
    done: How many talks were changed, by course.
    left_over: Talks that changed meanwhile, or whose calendars could not be told: apply again.
    """

    done: Mapping[Course, int]
    left_over: tuple[str, ...] = ()


def roster_apply(
    store: Store, diff: RosterDiff, *, who: str, routing: Routing, now: datetime, confirm: bool = False
) -> Applied:
    """Do what *diff* says. Broken off, another call goes on with what is left; done, another one changes nothing.

    Args:
        confirm: HR has seen that the roster changed much.

    Raises:
        Refused: The roster changed beyond the cycle's thresholds, or the round runs with another by now.
    """
    if diff.is_applied:
        return Applied(done={})
    if diff.faults and not confirm:
        raise Refused(" ".join([*diff.faults, "Look at the roster; if it is right, apply with --confirm-roster."]))
    _begin(store, diff, now=now)
    done: Counter[Course] = Counter()
    left_over = []
    for settled in sorted(diff.talks, key=lambda each: each.change.course is not Course.CALL_OFF):  # they make room
        if settled.change.course is Course.REPORT:
            continue
        if settled.later or not _do(store, diff, settled, who=who, routing=routing, now=now):
            left_over.append(settled.change.talk)
        else:
            done[settled.change.course] += 1
    _end(store, diff, done, who=who, finished=not left_over, now=now)
    return Applied(done=dict(done), left_over=tuple(left_over))


def _begin(store: Store, diff: RosterDiff, *, now: datetime) -> None:
    """From now on the round runs with the new people, and remembers which roster they come after."""
    with store.write() as session:
        round_ = session.rounds.get(diff.round.id)
        if round_ is None or (round_.roster, round_.roster_before) != (diff.round.roster, diff.round.roster_before):
            raise Refused(f"The round {diff.round.id} runs with another roster by now. Look again: talkcycle roster diff")
        session.rosters.save(Roster(version=diff.version, people=tuple(diff.people.values())), at=now)
        before = round_.roster_before or round_.roster
        session.rounds.update(replace(round_, roster=diff.version, roster_before=before, holidays=diff.round.holidays))
        _have_looked_at(session, diff, now=now)  # broken off here, nobody who has left gets what waits


def _end(store: Store, diff: RosterDiff, done: Mapping[Course, int], *, who: str, finished: bool, now: datetime) -> None:
    with store.write() as session:
        round_ = session.rounds.get(diff.round.id)
        if round_ is None:
            return
        if finished:
            session.rounds.update(replace(round_, roster_before=None, applied=diff.roster.version))
        _have_looked_at(session, diff, now=now)
        counts = ", ".join(f"{count} {course}" for course, count in sorted(done.items())) or "no talk changed"
        detail = f"version {diff.roster.version[:12]}: {counts}{'' if finished else '; not finished'}"
        session.ledger.record(AuditEntry(at=now, who=who, action="apply roster", subject=round_.id, detail=detail))


def _have_looked_at(session: Session, diff: RosterDiff, *, now: datetime) -> None:
    """All talks of those of whom something changed."""
    for person in (*(each.person for each in diff.changes.people), *diff.changes.left):
        for talk in session.talks.of_person(diff.round.id, person):
            look_at(session, talk, now=now)


def _do(store: Store, diff: RosterDiff, settled: Settled, *, who: str, routing: Routing, now: datetime) -> bool:
    """Change one talk; false if it is not as it was when the change was settled, or its time is taken by now."""
    with store.write() as session:
        round_ = session.rounds.get(diff.round.id)
        there = session.talks.of_round(diff.round.id, [settled.change.talk])
        if round_ is None or there != ([settled.talk] if settled.talk else []) or _is_taken(session, settled, diff):
            return False
        changed = _changed(session, round_, settled, diff.people, routing=routing, now=now)
        because = ", ".join(settled.change.because)
        detail = f"{because}: {_what(settled, changed)}"
        subject = f"{changed.round}/{changed.subject}"
        entry = AuditEntry(at=now, who=who, action=f"roster: {settled.change.course}", subject=subject, detail=detail)
        session.ledger.record(entry)
    return True


def _changed(
    session: Session, round_: Round, settled: Settled, people: Mapping[str, Person], *, routing: Routing, now: datetime
) -> Talk:
    change, talk = settled.change, settled.talk
    if talk is None:
        return _planned(session, round_, settled, people, routing=routing, now=now)
    if change.course is Course.CALL_OFF:
        employee = people[talk.employee]
        why = employee.excluded if Because.EXCLUDED in change.because else None
        return call_off(session, talk, why=why or change.why or NOT_NAMED, now=now)
    assert change.host is not None, "somebody hosts what goes on"
    host = people[change.host]
    if talk.state is TalkState.UNPLACED:
        changed = replace(talk, manager=host.id)
        session.talks.add([changed], [])
        look_at(session, changed, talk.manager, now=now)
        return changed
    if change.course is Course.READDRESS:
        entry = session.talks.entries(talk.round, [talk.id])[talk.id]
        session.talks.put_entry(replace(entry, organizer=host.email or entry.organizer))
        return talk
    start, place = settled.start or talk.start, settled.place or talk.place
    assert start is not None, "a placed talk has a start"
    if change.renew:
        return hand_over(session, round_, talk, host, start=start, place=place, routing=routing, now=now)
    changed = moved(talk, start=start, place=place, at=now)
    session.talks.update(changed)
    entry = session.talks.entries(talk.round, [talk.id])[talk.id]
    session.talks.put_entry(replace(entry, sequence=entry.sequence + 1))
    look_at(session, changed, now=now)
    return changed


def _planned(
    session: Session, round_: Round, settled: Settled, people: Mapping[str, Person], *, routing: Routing, now: datetime
) -> Talk:
    """A talk for somebody who has joined; without a time HR sees why."""
    talk = replace(newcomer(round_, people[settled.change.talk], now=now), note=settled.change.why)
    entries = []
    if settled.start is not None:
        talk = replace(talk, start=settled.start, place=settled.place or talk.place, state=TalkState.PLACED, note="")
        entries = [entry_of(round_, talk, people[talk.manager], number=1, routing=routing)]
    session.talks.add([talk], entries)
    look_at(session, talk, now=now)
    return talk


def _is_taken(session: Session, settled: Settled, diff: RosterDiff) -> bool:
    """Whether another talk has got the time meanwhile."""
    change, talk = settled.change, settled.talk
    if settled.start is None or change.host is None:
        return False
    talk = talk or newcomer(diff.round, diff.people[change.talk], now=diff.round.approved_at)
    wanted = replace(talk, manager=change.host, start=settled.start, state=TalkState.PLACED)
    others = [each for person in (talk.employee, change.host) for each in session.talks.of_person(talk.round, person)]
    return overlapping(wanted, others) is not None


def _what(settled: Settled, talk: Talk) -> str:
    if settled.change.course in {Course.CALL_OFF, Course.READDRESS} or talk.start is None:
        return f"host {settled.change.host}"
    return f"host {settled.change.host}, at {talk.start.isoformat()}"
