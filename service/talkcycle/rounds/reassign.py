"""Give a talk to another host: a stand-in for this round, or the new manager; or leave it out of the round."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from talkcycle.domain.cycle import Place
from talkcycle.domain.faults import Refused
from talkcycle.domain.people import Person
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Round, Talk, TalkState, cancelled, reassigned
from talkcycle.rounds.approve import entry_of
from talkcycle.rounds.change import refuse_bad_time

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.new_times import Found


def time_with(
    store: Store, calendars: "CalendarsNow | None", round_id: str, talk_id: str, manager: str, *, now: datetime
) -> "tuple[Talk, Found]":
    """The talk as it stands, and when *manager* could have it: at its time if they are free then, else at another.

    Raises:
        Refused: No such talk, it is off or over, or they cannot host it.
    """
    from talkcycle.rounds.new_times import Wanted, new_times  # noqa: PLC0415  # loads the planner

    with store.read() as session:
        round_, talk = _found(session, round_id, talk_id, manager, now=now)
        people = session.rosters.people(round_.roster)
        talks = session.talks.of_round(round_id)
    wanted = Wanted(talk=replace(talk, manager=manager), keep=talk.start is not None)
    return talk, new_times(round_, [wanted], people, talks, calendars, now=now)[talk_id]


def reassign_talk(
    store: Store,
    round_id: str,
    talk_id: str,
    manager: str,
    *,
    start: datetime,
    place: Place,
    who: str,
    routing: Routing,
    now: datetime,
    short_notice: bool = False,
) -> Talk:
    """Hand a talk over to *manager*; the daemon tells the employee and both hosts.

    Args:
        start: Aware, UTC; its own, or another.
        short_notice: HR knows that another time is closer than the notice.

    Raises:
        Refused: No such talk, it is off or over, they cannot host it, or the time is past, taken or too close.
    """
    with store.write() as session:
        round_, talk = _found(session, round_id, talk_id, manager, now=now)
        theirs = replace(talk, manager=manager)
        refuse_bad_time(session, round_, theirs, start, now=now, short_notice=short_notice or start == talk.start)
        host = session.rosters.people(round_.roster, [manager])[manager]
        changed = hand_over(session, round_, talk, host, start=start, place=place, routing=routing, now=now)
        _record(session, changed, who=who, action="reassign", detail=f"from {talk.manager} to {manager}", now=now)
    return changed


def exclude_talk(store: Store, round_id: str, talk_id: str, *, reason: str, who: str, now: datetime) -> Talk:
    """Leave a talk out of this round: off with neutral words, counted as cancelled. *reason*: sealed, for HR alone.

    Raises:
        Refused: No such talk, or it is off already.
    """
    with store.write() as session:
        _, talk = _known(session, round_id, talk_id)
        if talk.is_off:
            raise Refused(f"The talk {talk_id} is off already; its calendar entry is gone.")
        changed = call_off(session, talk, why=reason, now=now)
        _record(session, changed, who=who, action="exclude", detail="", now=now)
    return changed


def hand_over(
    session: Session,
    round_: Round,
    talk: Talk,
    host: Person,
    *,
    start: datetime,
    place: Place,
    routing: Routing,
    now: datetime,
) -> Talk:
    """Open *talk*'s next entry under *host* (who may be the same, at another address) and have everybody looked at."""
    changed = reassigned(talk, manager=host.id, start=start, place=place, at=now)
    session.talks.update(changed)
    entry = session.talks.entries(talk.round, [talk.id]).get(talk.id)
    if entry is not None and entry.live:
        session.talks.put_entry(replace(entry, sequence=entry.sequence + 1, live=False, closed=changed.revision))
    number = 1 if entry is None else entry.number + 1
    session.talks.put_entry(entry_of(round_, changed, host, number=number, routing=routing))
    look_at(session, changed, talk.manager, now=now)
    return changed


def call_off(session: Session, talk: Talk, *, why: str, now: datetime) -> Talk:
    """Cancel *talk* and its entry, if it has a live one. *why*: for HR alone."""
    changed = cancelled(talk, why=why, at=now)
    session.talks.update(changed)
    entry = session.talks.entries(talk.round, [talk.id]).get(talk.id)
    if entry is not None and entry.live:
        session.talks.put_entry(replace(entry, sequence=entry.sequence + 1, live=False, closed=changed.revision))
    look_at(session, changed, now=now)
    return changed


def look_at(session: Session, talk: Talk, *others: str, now: datetime) -> None:
    """Have the next tick look at *talk*, its two people and *others* (roster ids)."""
    people = {talk.employee, talk.manager, *others}
    session.schedule.put(talk.round, {talk.subject: now} | {f"person:{person}": now for person in people})


def _known(session: Session, round_id: str, talk_id: str) -> tuple[Round, Talk]:
    round_ = session.rounds.get(round_id)
    talks = session.talks.of_round(round_id, [talk_id]) if round_ else []
    if round_ is None or not talks:
        raise Refused(f"There is no talk {talk_id} in a round {round_id}. See: talkcycle status")
    return round_, talks[0]


def _found(session: Session, round_id: str, talk_id: str, manager: str, *, now: datetime) -> tuple[Round, Talk]:
    """The talk, if *manager* can have it. Raises Refused."""
    round_, talk = _known(session, round_id, talk_id)
    if talk.is_off:
        raise Refused(f"The talk {talk_id} is off. Give it a time first: talkcycle talk move")
    if talk.state is TalkState.PLACED and talk.start is not None and talk.start <= now:
        raise Refused(f"The talk {talk_id} has begun or is over.")
    if manager == talk.manager:
        raise Refused(f"{manager} hosts the talk {talk_id} already.")
    if manager == talk.employee:
        raise Refused("Nobody has a talk with themselves.")
    host = session.rosters.people(round_.roster, [manager]).get(manager)
    if host is None or host.left:
        raise Refused(
            f"There is nobody {manager} in the roster of this round. Who is new comes in with: talkcycle roster apply"
        )
    return round_, talk


def _record(session: Session, talk: Talk, *, who: str, action: str, detail: str, now: datetime) -> None:
    subject = f"{talk.round}/{talk.subject}"
    session.ledger.record(AuditEntry(at=now, who=who, action=action, subject=subject, detail=detail))
