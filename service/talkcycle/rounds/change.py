"""What HR may do with a single talk once the round runs: move it, call it off, note that somebody abstains."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from talkcycle.domain.cycle import Place
from talkcycle.domain.faults import Refused
from talkcycle.domain.localtime import day_of
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Round, Talk, TalkState, abstained, cancelled, moved
from talkcycle.rounds.approve import entry_of


class ChangedMeanwhile(Refused):
    """The talk is not as it was when somebody looked at it and chose."""


def move_talk(
    store: Store,
    round_id: str,
    talk_id: str,
    *,
    start: datetime,
    place: Place | None,
    who: str,
    routing: Routing,
    now: datetime,
    short_notice: bool = False,
    revision: int | None = None,
) -> Talk:
    """Give a talk another time, or its first one, or one again after it was off; the daemon tells both.

    Args:
        start: Aware, UTC.
        place: None keeps the place.
        short_notice: HR knows that the new time is closer than the notice.
        revision: The talk's when it was chosen; None: whatever it is.

    Raises:
        Refused: No such talk, the time is past or taken, or too close.
        ChangedMeanwhile: The talk has another revision.
    """
    with store.write() as session:
        round_, talk = _find(session, round_id, talk_id, revision)
        refuse_bad_time(session, round_, talk, start, now=now, short_notice=short_notice)
        changed = moved(talk, start=start, place=place or talk.place, at=now)
        session.talks.update(changed)
        entry = session.talks.entries(round_id, [talk_id]).get(talk_id)
        if entry is not None and entry.live:
            session.talks.put_entry(replace(entry, sequence=entry.sequence + 1))
        else:  # an entry ends with one cancellation: what comes back gets another
            manager = session.rosters.people(round_.roster, [talk.manager])[talk.manager]
            number = 1 if entry is None else entry.number + 1
            session.talks.put_entry(entry_of(round_, changed, manager, number=number, routing=routing))
        _note(session, changed, who=who, action="move", detail=f"to {start.isoformat()}", now=now)
    return changed


def cancel_talk(
    store: Store,
    round_id: str,
    talk_id: str,
    *,
    why: str,
    who: str,
    now: datetime,
    revision: int | None = None,
) -> Talk:
    """Call a talk off: nothing more is sent about it, and its calendar entry is cancelled. *why* is for HR alone.

    Args:
        revision: The talk's when it was chosen; None: whatever it is.

    Raises:
        Refused: No such talk, or it is off already.
        ChangedMeanwhile: The talk has another revision.
    """
    return _call_off(
        store,
        round_id,
        talk_id,
        lambda talk: cancelled(talk, why=why, at=now),
        "cancel",
        who=who,
        now=now,
        revision=revision,
    )


def abstain(
    store: Store,
    round_id: str,
    talk_id: str,
    *,
    reason: str,
    who: str,
    now: datetime,
    revision: int | None = None,
) -> Talk:
    """Note that the employee does not want the talk. The manager sees only that it does not take place.

    Args:
        reason: Optional, sealed, for HR alone: never sent, logged or counted.
        revision: The talk's when it was chosen; None: whatever it is.

    Raises:
        Refused: No such talk, or it is off already.
        ChangedMeanwhile: The talk has another revision.
    """
    return _call_off(
        store,
        round_id,
        talk_id,
        lambda talk: abstained(talk, reason=reason, at=now),
        "abstain",
        who=who,
        now=now,
        revision=revision,
    )


def _call_off(
    store: Store,
    round_id: str,
    talk_id: str,
    change: Callable[[Talk], Talk],
    action: str,
    *,
    who: str,
    now: datetime,
    revision: int | None = None,
) -> Talk:
    with store.write() as session:
        _, talk = _find(session, round_id, talk_id, revision)
        if talk.is_off:
            raise Refused(f"The talk {talk_id} is off already; its calendar entry is gone.")
        changed = change(talk)
        session.talks.update(changed)
        entry = session.talks.entries(round_id, [talk_id]).get(talk_id)
        if entry is not None:
            session.talks.put_entry(replace(entry, sequence=entry.sequence + 1, live=False, closed=changed.revision))
        _note(session, changed, who=who, action=action, detail="", now=now)
    return changed


def _find(session: Session, round_id: str, talk_id: str, revision: int | None = None) -> tuple[Round, Talk]:
    round_ = session.rounds.get(round_id)
    talks = session.talks.of_round(round_id, [talk_id]) if round_ else []
    if round_ is None or not talks:
        raise Refused(f"There is no talk {talk_id} in a round {round_id}. See: talkcycle status")
    if revision is not None and talks[0].revision != revision:
        raise ChangedMeanwhile(f"The talk {talk_id} has changed since it was looked at.")
    return round_, talks[0]


def refuse_bad_time(
    session: Session, round_: Round, talk: Talk, start: datetime, *, now: datetime, short_notice: bool
) -> None:
    """Raise Refused where *talk* cannot be at *start*: past, taken by another talk of the two, or too close."""
    if start <= now:
        raise Refused("That time has passed.")
    end = start + timedelta(minutes=talk.minutes)
    for person in (talk.employee, talk.manager):
        for other in session.talks.of_person(round_.id, person):
            if other.id != talk.id and other.state is TalkState.PLACED and other.start and other.end:
                # The buffer is the host's: it binds whoever is the manager in either talk.
                other_end = other.end + timedelta(minutes=other.buffer_minutes if other.manager == person else 0)
                own_end = end + timedelta(minutes=talk.buffer_minutes if talk.manager == person else 0)
                if start < other_end and other.start < own_end:
                    raise Refused(f"{person} has another talk ({other.id}) at that time.")
    days = (day_of(start, talk.zone) - day_of(now, talk.zone)).days
    if days < round_.cycle.notice_days and not short_notice:
        raise Refused(
            f"That is {days} days ahead, less than the notice of {round_.cycle.notice_days}. If both have agreed, "
            "say so with --short-notice."
        )


def _note(session: Session, talk: Talk, *, who: str, action: str, detail: str, now: datetime) -> None:
    session.schedule.put(talk.round, {talk.subject: now, f"person:{talk.employee}": now, f"person:{talk.manager}": now})
    session.ledger.record(
        AuditEntry(at=now, who=who, action=action, subject=f"{talk.round}/{talk.subject}", detail=detail)
    )
