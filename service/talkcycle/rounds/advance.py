"""Bring the outbox up to what the approved rounds ask for: decide without a lock, then store in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from talkcycle.domain.answer_messages import Misfit
from talkcycle.domain.budget import IN_THE_SUMMARY
from talkcycle.domain.messages import NEW_ENTRY_TEMPLATE, NEW_HOST, DueMessage, Kind, MessageKey, RenderedMessage
from talkcycle.domain.people import Person
from talkcycle.domain.reconcile import Reconciliation, reconcile
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import AuditEntry, DueSubject, Session, Store
from talkcycle.domain.talks import Round, Talk, TalkState, moved
from talkcycle.rounds.answer_facts import offer_of
from talkcycle.rounds.digest_facts import digest_of
from talkcycle.rounds.last_look import Course, Hindrance, last_look
from talkcycle.rounds.orders import Facts, PageLink, order_for
from talkcycle.rounds.proposals import fitted, is_new, proposal_of
from talkcycle.rounds.subjects import SubjectFacts, gather
from talkcycle.rounds.texts import TextShelf
from talkcycle.rounds.weekly_budget import beyond_budget

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow

HORIZON = timedelta(hours=1)
"""Messages are rendered when due within this: ten thousand people do not fill the disk."""
ASK_AGAIN = timedelta(minutes=15)
"""A calendar that cannot be told is asked again after this."""
NOTHING_TO_SAY = "there was nothing to say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """What became of a batch of subjects.

    Attributes:
        replanned: Talks that got another time before they were invited to, since theirs was not free any more.
        moved: Talks that went to a time that one of the two proposed.
        held: Talks whose invitation waits for HR. *waiting*: for a calendar that cannot be told at present.
        broken: Subjects a text of which could not be made, with the kind of error; they are looked at again in an hour.
    """

    queued: int = 0
    skipped: int = 0
    withdrawn: int = 0
    replanned: int = 0
    moved: int = 0
    held: int = 0
    waiting: int = 0
    broken: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Advance") -> "Advance":
        return Advance(
            queued=self.queued + other.queued,
            skipped=self.skipped + other.skipped,
            withdrawn=self.withdrawn + other.withdrawn,
            replanned=self.replanned + other.replanned,
            moved=self.moved + other.moved,
            held=self.held + other.held,
            waiting=self.waiting + other.waiting,
            broken=self.broken + other.broken,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """A subject decided and rendered, ready to be stored. *later*: when a message comes that waits for the next week."""

    subject: SubjectFacts
    decision: Reconciliation
    rendered: tuple[tuple[DueMessage, RenderedMessage], ...] = ()
    skipped: tuple[tuple[DueMessage, str], ...] = ()
    hindrance: Hindrance | None = None
    error: str | None = None
    later: datetime | None = None


def advance(
    store: Store,
    shelf: TextShelf,
    due: Sequence[DueSubject],
    *,
    lease: datetime,
    routing: Routing,
    now: datetime,
    calendars: "CalendarsNow | None" = None,
    page_link: PageLink | None = None,
) -> Advance:
    """Derive, reconcile, render and store for the subjects in *due*, which are claimed until *lease*.

    A subject whose talk changes meanwhile is left for the next tick: its revision is compared when storing.

    Args:
        calendars: Who is asked, before an invitation leaves, whether its time is still free; None: nobody can be.
        page_link: Where somebody's own page is; None: there are none.
    """
    total = Advance()
    by_round: dict[str, list[str]] = defaultdict(list)
    for subject in due:
        by_round[subject.round].append(subject.subject)
    for round_id, subjects in by_round.items():
        with store.read() as session:
            round_ = session.rounds.get(round_id)
            known_facts = [] if round_ is None else gather(session, round_, subjects, hears=routing.hears)
        decided = [(each, reconcile(each.desired, each.known, now=now, horizon=now + HORIZON)) for each in known_facts]
        taken_up, misfits = _taken_up(store, calendars, known_facts, now=now)
        about_to = ((message, facts.facts) for facts, decision in decided for message in decision.render)
        beyond = beyond_budget(store, about_to, pages=routing.hears.pages, now=now)
        hindered = {**_hindered(store, calendars, decided, now=now), **taken_up}
        outcomes = [
            _rendered(
                facts,
                decision,
                shelf,
                hindered.get(facts.subject),
                routing=routing,
                now=now,
                calendars=calendars,
                page_link=page_link,
                misfit=misfits.get(facts.subject),
                beyond=beyond,
            )
            for facts, decision in decided
        ]
        with store.write() as session:
            total += _store(session, round_id, outcomes, lease=lease, now=now)
    return total


def _hindered(
    store: Store,
    calendars: "CalendarsNow | None",
    decided: Iterable[tuple[SubjectFacts, Reconciliation]],
    *,
    now: datetime,
) -> Mapping[str, Hindrance]:
    """By subject, why an invitation that is about to leave should not leave as it is."""
    leaving: dict[Talk, datetime] = {}
    people: dict[str, Person] = {}
    round_: Round | None = None
    for subject, decision in decided:
        facts = subject.facts
        first = next((each for each in decision.render if _is_invitation(each)), None)
        if first is not None and facts.talk and facts.employee and facts.manager and not _stands_somewhere(facts):
            leaving[facts.talk] = first.due_at
            people |= {facts.employee.id: facts.employee, facts.manager.id: facts.manager}
            round_ = facts.round
    if calendars is None or round_ is None:
        return {}
    found = last_look(store, calendars, round_, leaving, people, now=now)
    return {talk.subject: found[talk.id] for talk in leaving if talk.id in found}


def _taken_up(
    store: Store, calendars: "CalendarsNow | None", known: Iterable[SubjectFacts], *, now: datetime
) -> tuple[dict[str, Hindrance], dict[str, Misfit]]:
    """By subject, the talks that simply move to a time that was proposed, and why others do not."""
    moves: dict[str, Hindrance] = {}
    misfits: dict[str, Misfit] = {}
    for subject in known:
        other = proposal_of(subject)
        if other is not None and is_new(subject, other):
            found = fitted(store, calendars, subject, other, now=now)
            if isinstance(found, Misfit):
                misfits[subject.subject] = found
            else:
                why = f"proposed by the {other.role}"
                moves[subject.subject] = Hindrance(course=Course.MOVE, why=why, to=found, proposed=True)
    return moves, misfits


def _stands_somewhere(facts: Facts) -> bool:
    """Whether one of the two has the entry already: who wakes in another zone is invited some hours after the other."""
    return facts.entry is not None and any(number == facts.entry.number for number, _ in facts.reached)


def _is_invitation(message: DueMessage) -> bool:
    """Of a talk that is in nobody's calendar yet: what stands there already would be in its own way."""
    known = message.template in {NEW_ENTRY_TEMPLATE, NEW_HOST}
    return message.kind is Kind.MEETING_CREATE and not known and not message.looks_first


def _rendered(
    subject: SubjectFacts,
    decision: Reconciliation,
    shelf: TextShelf,
    hindrance: Hindrance | None,
    *,
    routing: Routing,
    now: datetime,
    calendars: "CalendarsNow | None",
    page_link: PageLink | None,
    misfit: Misfit | None,
    beyond: Mapping[MessageKey, datetime | None],
) -> _Outcome:
    if hindrance is not None and hindrance.course is not Course.HOLD:
        return _Outcome(subject=subject, decision=decision, hindrance=hindrance)
    rendered: list[tuple[DueMessage, RenderedMessage]] = []
    skipped = list(decision.skip)
    error = None
    later: list[datetime] = []
    for message in decision.render:
        if message.key in beyond:
            if (week := beyond[message.key]) is None:
                skipped.append((message, IN_THE_SUMMARY))
            else:
                later.append(week)
            continue
        digest = digest_of(shelf.store, subject.facts, message, now=now, pages=routing.hears.pages)
        if digest is not None and digest.empty:
            skipped.append((message, NOTHING_TO_SAY))
            continue
        order = order_for(message, subject.facts, digest=digest, routing=routing, now=now, page_link=page_link)
        offer = offer_of(shelf.store, calendars, subject, message, misfit=misfit, now=now)
        try:
            rendered.append((message, shelf.render(replace(order, offer=offer))))
        except Exception as failure:  # noqa: BLE001  # one broken text must not keep all others from going out
            error = f"{message.template}: {type(failure).__name__}"
    return _Outcome(
        subject=subject,
        decision=decision,
        rendered=tuple(rendered),
        skipped=tuple(skipped),
        hindrance=hindrance,
        error=error,
        later=min(later, default=None),
    )


def _store(session: Session, round_id: str, outcomes: Sequence[_Outcome], *, lease: datetime, now: datetime) -> Advance:
    session.rounds.get(round_id)  # nobody changes a talk from here on
    ids = [outcome.subject.facts.talk.id for outcome in outcomes if outcome.subject.facts.talk]
    revisions = {talk.id: talk.revision for talk in session.talks.of_round(round_id, ids)}
    total = Advance()
    schedule: dict[str, datetime | None] = {}
    for outcome in outcomes:
        subject, talk = outcome.subject.subject, outcome.subject.facts.talk
        if talk is not None and revisions.get(talk.id) != talk.revision:
            schedule[subject] = now
            continue
        total += _store_one(session, outcome, now=now)
        waits = None if outcome.later is None else outcome.later + HORIZON
        schedule[subject] = min((at for at in (outcome.decision.next_due, waits) if at is not None), default=None)
        if outcome.hindrance is not None and outcome.hindrance.course is Course.MOVE:
            schedule[subject] = now + HORIZON  # with the next tick: the new time is looked at like any
        elif outcome.hindrance is not None and outcome.hindrance.course is Course.WAIT:
            schedule[subject] = now + HORIZON + ASK_AGAIN
        elif outcome.error is not None:
            schedule[subject] = now + 2 * HORIZON  # subjects are claimed by the horizon early: in an hour from now
    session.schedule.release(round_id, schedule, lease=lease)
    return total


def _store_one(session: Session, outcome: _Outcome, *, now: datetime) -> Advance:
    withdrawals, hindrance = dict(outcome.decision.withdraw), outcome.hindrance
    if hindrance is not None and hindrance.to is not None and outcome.subject.facts.talk is not None:
        _replan(session, outcome.subject.facts.talk, hindrance, now=now)
    queued = [
        session.outbox.add(
            rendered, due, now=now, held=hindrance.why if hindrance is not None and _is_invitation(due) else None
        )
        for due, rendered in outcome.rendered
    ]
    return Advance(
        queued=sum(queued),
        skipped=sum(session.outbox.skip(due, reason, now=now) for due, reason in outcome.skipped),
        withdrawn=session.outbox.withdraw(withdrawals, now=now) if withdrawals else 0,
        replanned=int(hindrance is not None and hindrance.course is Course.MOVE and not hindrance.proposed),
        moved=int(hindrance is not None and hindrance.course is Course.MOVE and hindrance.proposed),
        held=int(hindrance is not None and hindrance.course is Course.HOLD),
        waiting=int(hindrance is not None and hindrance.course is Course.WAIT),
        broken=((outcome.subject.subject, outcome.error),) if outcome.error else (),
    )


def _replan(session: Session, talk: Talk, hindrance: Hindrance, *, now: datetime) -> None:
    assert hindrance.to is not None
    if _is_taken(session, talk, hindrance.to.start):
        return  # by another talk that was planned anew meanwhile; the next tick looks again
    session.talks.update(moved(talk, start=hindrance.to.start, place=hindrance.to.place, at=now))
    entry = session.talks.entries(talk.round, [talk.id]).get(talk.id)
    if hindrance.proposed and entry is not None:
        session.talks.put_entry(replace(entry, sequence=entry.sequence + 1))
    detail = f"to {hindrance.to.start.isoformat()}: {hindrance.why}"
    subject = f"{talk.round}/{talk.subject}"
    action = "move" if hindrance.proposed else "replan"
    session.ledger.record(AuditEntry(at=now, who="service", action=action, subject=subject, detail=detail))


def _is_taken(session: Session, talk: Talk, start: datetime) -> bool:
    """Whether one of the two has another talk then. The host's buffer is left to the planner."""
    end = start + timedelta(minutes=talk.minutes)
    return any(
        other.id != talk.id
        and other.state is TalkState.PLACED
        and other.start
        and other.end
        and start < other.end
        and other.start < end
        for person in (talk.employee, talk.manager)
        for other in session.talks.of_person(talk.round, person)
    )
