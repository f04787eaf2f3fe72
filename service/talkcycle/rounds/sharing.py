"""Who else may read what an employee agreed: the manager they have now, if they say so."""

from collections.abc import Iterable
from datetime import datetime

from talkcycle.domain.agreements import Agreement, shared
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Round, Talk
from talkcycle.rounds.choices import Outcome


def agreed_before(session: Session, round_: Round, talks: Iterable[Talk]) -> dict[str, Agreement]:
    """By the employees of *talks*: what they agreed in their last talk of the cycle before it, if anything."""
    starts = {talk.employee: talk.start for talk in talks if talk.start is not None}
    return session.agreements.before(starts, cycle=round_.cycle.id)


def may_share(person: str, talk: Talk, agreement: Agreement | None) -> bool:
    """Whether *person* may say if the manager of *talk* can read *agreement*: it is theirs, and made with another one."""
    return agreement is not None and person == agreement.employee == talk.employee and agreement.manager != talk.manager


def share(
    store: Store, person: str, talk: Talk, agreement: Agreement, *, yes: bool, wording: int, now: datetime
) -> Outcome:
    """Let the manager of *talk* read *agreement* or not any more, as *person* says.

    Args:
        agreement: Of this talk or of an earlier one, whose round may be gone already.
        wording: What the person has read.
    """
    if not may_share(person, talk, agreement):
        return Outcome.CLOSED
    if agreement.may_be_read_by(talk.manager) is yes:
        return Outcome.ALREADY
    with store.write() as session:
        for id_ in sorted({talk.round, agreement.round}):
            session.rounds.get(id_)  # nobody changes anything of it from here on
        before = session.agreements.of_talks(agreement.round, [agreement.talk]).get(agreement.talk)
        there = session.talks.of_round(talk.round, [talk.id])
        if before is None or before.wording != wording or not there or there[0].manager != talk.manager:
            return Outcome.CHANGED
        session.agreements.put(shared(before, talk.manager, yes=yes))
        session.schedule.put(talk.round, dict.fromkeys((talk.subject, f"person:{talk.manager}"), now))
        subject, action = f"{agreement.round}/talk:{agreement.talk}", "share" if yes else "unshare"
        session.ledger.record(AuditEntry(at=now, who=f"person:{person}", action=action, subject=subject, detail=""))
    return Outcome.DONE
