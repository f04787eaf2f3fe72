"""Talks whose host's mailbox is served by another transport than before: another calendar keeps them from now on."""

from dataclasses import replace
from datetime import datetime

from talkcycle.domain.people import Person
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Entry, Round, RoundState, Talk, TalkState, moved
from talkcycle.rounds.approve import entry_of


def take_over(store: Store, routing: Routing, *, now: datetime) -> int:
    """Open another entry for each coming talk that *routing* gives to another calendar; say how many there were.

    A talk stays one talk: its new entry goes out with a text that says so, and once it is in place the old one ends.
    What was not sent yet goes by the new way, mails that wait included.
    """
    with store.write() as session:
        session.outbox.reroute_mails(routing.mail)
        rounds = [round_ for round_ in session.rounds.all() if round_.state is RoundState.APPROVED]
    return sum(_in_round(store, round_.id, routing, now) for round_ in rounds)


def _in_round(store: Store, round_id: str, routing: Routing, now: datetime) -> int:
    with store.write() as session:
        round_ = session.rounds.get(round_id)
        if round_ is None:
            return 0
        talks = [talk for talk in session.talks.of_round(round_id) if _is_coming(talk, now)]
        entries = session.talks.entries(round_id, [talk.id for talk in talks])
        hosts = session.rosters.people(round_.roster, {talk.manager for talk in talks})
        handed = [
            talk for talk in talks if talk.id in entries and _elsewhere(entries[talk.id], hosts[talk.manager], routing)
        ]
        for talk in handed:
            _hand_over(session, round_, talk, entries[talk.id], hosts[talk.manager], routing=routing, now=now)
        if handed:
            detail = f"{len(handed)} talks are kept by another calendar from now on"
            session.ledger.record(AuditEntry(at=now, who="service", action="take over", subject=round_id, detail=detail))
    return len(handed)


def _is_coming(talk: Talk, now: datetime) -> bool:
    return talk.state is TalkState.PLACED and talk.start is not None and talk.start > now


def _elsewhere(entry: Entry, host: Person, routing: Routing) -> bool:
    """Whether another transport serves the host now. Another address is not: the mailbox is the same."""
    return entry.transport != routing.hosting(host.email, host.mailbox).transport


def _hand_over(
    session: Session, round_: Round, talk: Talk, entry: Entry, host: Person, *, routing: Routing, now: datetime
) -> None:
    assert talk.start is not None
    changed = moved(talk, start=talk.start, place=talk.place, at=now)
    session.talks.update(changed)
    session.talks.put_entry(replace(entry, sequence=entry.sequence + 1, live=False, closed=changed.revision))
    session.talks.put_entry(entry_of(round_, changed, host, number=entry.number + 1, routing=routing))
    session.schedule.put(talk.round, {talk.subject: now, f"person:{talk.employee}": now, f"person:{talk.manager}": now})
