"""Every mail and invitation one person got and will get, with dates and reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import DueMessage, Kind, KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.reconcile import reconcile
from talkcycle.domain.routes import DEAF, Hearing
from talkcycle.domain.store import OutboxFilter, Session, Store
from talkcycle.domain.talks import Round
from talkcycle.rounds.subjects import gather

PLANNED = "planned"
EVERY = 100_000
"""Messages of one person; a round has some dozens."""
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One message in a person's life.

    Attributes:
        at: When it was settled, else when it is due. UTC.
        state: An outbox state, or ``planned`` for what is still to be made.
        why: What makes it due.
        reason: Why it is in this state; empty when all went as planned.
        id: Of the outbox; None while planned.
    """

    at: datetime
    round: str
    subject: str
    step: str
    kind: Kind
    state: str
    why: str
    reason: str
    id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTimeline:
    person: Person
    lines: tuple[TimelineLine, ...]


def timeline(store: Store, who: str, *, now: datetime, hears: Hearing = DEAF) -> PersonTimeline:
    """What *who* (a roster id or an address) got and will get in every round, oldest first.

    Args:
        hears: Who could answer and does not is asked again.

    Raises:
        Refused: Nobody of that id or address is in an approved round.
    """
    person: Person | None = None
    lines: list[TimelineLine] = []
    with store.read() as session:
        for round_ in session.rounds.all():
            found = _find(session, round_, who)
            if found is not None:
                person = person or found
                lines.extend(_lines(session, round_, found, now=now, hears=hears))
    if person is None:
        raise Refused(f"Nobody with the id or address {who} is in an approved round.")
    return PersonTimeline(person=person, lines=tuple(sorted(lines, key=lambda line: (line.at, line.step))))


def _find(session: Session, round_: Round, who: str) -> Person | None:
    if "@" not in who:
        return session.rosters.people(round_.roster, [who]).get(who)
    everybody = session.rosters.people(round_.roster).values()
    return next((person for person in everybody if person.email and person.email.casefold() == who.casefold()), None)


def _lines(session: Session, round_: Round, person: Person, *, now: datetime, hears: Hearing) -> Iterable[TimelineLine]:
    recipient = f"person:{person.id}"
    theirs = (talk.subject for talk in session.talks.of_person(round_.id, person.id))
    got = (
        row.key.subject for row in session.outbox.find(OutboxFilter(round=round_.id, recipient=recipient, limit=EVERY))
    )
    subjects = [*dict.fromkeys([*theirs, *got])]  # who hosted a talk once got messages about it
    if not subjects:
        return
    everything = [*dict.fromkeys([*subjects, recipient])]
    for facts in gather(session, round_, everything, hears=hears):
        plan = reconcile(facts.desired, facts.known, now=now, horizon=FOREVER)
        withdrawn = dict(plan.withdraw)
        for row in facts.known:
            if row.key.recipient == recipient:
                yield _known(row, withdrawn.get(row.id))
        for due in plan.render:
            if due.key.recipient == recipient:
                yield _planned(due, PLANNED, "")
        for due, reason in plan.skip:
            if due.key.recipient == recipient:
                yield _planned(due, OutboxState.SKIPPED, reason)


def _known(row: KnownMessage, overtaken: str | None) -> TimelineLine:
    return TimelineLine(
        at=row.settled_at or row.due_at,
        round=row.key.round,
        subject=row.key.subject,
        step=row.key.step,
        kind=row.kind,
        state=row.state,
        why=row.why,
        reason=overtaken or row.reason,
        id=row.id,
    )


def _planned(due: DueMessage, state: str, reason: str) -> TimelineLine:
    return TimelineLine(
        at=due.due_at,
        round=due.key.round,
        subject=due.key.subject,
        step=due.key.step,
        kind=due.kind,
        state=state,
        why=due.why,
        reason=reason,
        id=None,
    )
