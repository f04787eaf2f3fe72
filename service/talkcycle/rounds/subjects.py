"""Subjects of a round - a talk, a person, the round itself - with all that is known of them, and what should be sent."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from talkcycle.domain.agreements import Agreement
from talkcycle.domain.answer_messages import answer_messages
from talkcycle.domain.cycle import Anchor
from talkcycle.domain.derive import hr_messages, person_messages, talk_messages
from talkcycle.domain.follow_ups import follow_up_messages, heeding
from talkcycle.domain.messages import DueMessage, KnownMessage
from talkcycle.domain.people import Person, Role
from talkcycle.domain.reached import reached
from talkcycle.domain.routes import DEAF, Hearing
from talkcycle.domain.store import Session
from talkcycle.domain.talks import Entry, Round, Talk, TalkAnswer
from talkcycle.rounds.orders import Facts
from talkcycle.rounds.sharing import agreed_before


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """One subject with everything known of it: its messages as they should be and as the outbox has them.

    Attributes:
        answers: To the talk's newest entry.
    """

    subject: str
    desired: tuple[DueMessage, ...]
    known: tuple[KnownMessage, ...]
    facts: Facts
    answers: tuple[TalkAnswer, ...] = ()


def gather(session: Session, round_: Round, subjects: Sequence[str], *, hears: Hearing = DEAF) -> list[SubjectFacts]:
    """Everything the store knows of *subjects*, in a handful of queries.

    Args:
        hears: How people can answer (``Routing``).
    """
    talk_ids = [subject.removeprefix("talk:") for subject in subjects if subject.startswith("talk:")]
    talks = {talk.subject: talk for talk in session.talks.of_round(round_.id, talk_ids)}
    entries = session.talks.all_entries(round_.id, talk_ids)
    persons = {subject: subject.removeprefix("person:") for subject in subjects if subject.startswith("person:")}
    wanted = {*persons.values(), *(t.employee for t in talks.values()), *(t.manager for t in talks.values())}
    wanted |= {entry.host for those in entries.values() for entry in those if entry.host}
    people = session.rosters.people(round_.roster, wanted)
    known: dict[str, list[KnownMessage]] = defaultdict(list)
    for row in session.outbox.of_subjects(round_.id, subjects):
        known[row.key.subject].append(row)
    answers = session.talks.answers(round_.id, talk_ids)
    agreements = session.agreements.of_talks(round_.id, talk_ids)
    before = agreed_before(session, round_, talks.values())
    last_due = session.agreements.last_due(round_.id)
    gathered = []
    for subject in subjects:
        talk = talks.get(subject)
        desired, facts = _desired(
            session,
            round_,
            subject,
            talk=talk,
            people=people,
            entries=entries,
            known=known[subject],
            agreement=None if talk is None else agreements.get(talk.id),
            before=None if talk is None else before.get(talk.employee),
            last_due=last_due,
        )
        those = answers.get(facts.talk.id, ()) if facts.talk else ()
        told = _besides(facts, those, known[subject], hears=hears)
        gathered.append(
            SubjectFacts(
                subject=subject,
                desired=(*desired, *told),
                known=tuple(known[subject]),
                facts=facts,
                answers=tuple(those),
            )
        )
    return gathered


def _desired(
    session: Session,
    round_: Round,
    subject: str,
    *,
    talk: Talk | None,
    people: Mapping[str, Person],
    entries: Mapping[str, Sequence[Entry]],
    known: Iterable[KnownMessage],
    agreement: Agreement | None,
    before: Agreement | None,
    last_due: date | None,
) -> tuple[Iterable[DueMessage], Facts]:
    if subject == "round":
        return hr_messages(round_, last_due=last_due), Facts(round=round_)
    if talk is not None:
        employee, manager = people[talk.employee], people[talk.manager]
        its_entries = entries.get(talk.id, ())
        facts = Facts(
            round=round_,
            talk=talk,
            employee=employee,
            manager=manager,
            entry=its_entries[-1] if its_entries else None,
            earlier=tuple(its_entries[:-1]),
            hosts={entry.host: people[entry.host] for entry in its_entries if entry.host in people},
            reached=reached(its_entries, (row for row in known if row.key.step == round_.cycle.calendar_step.id)),
            agreement=agreement,
            agreed_before=before,
        )
        messages = talk_messages(
            round_,
            talk,
            employee,
            manager,
            entry=facts.entry,
            earlier=facts.earlier,
            hosts=facts.hosts,
            reached=facts.reached,
        )
        return heeding(messages, agreement, talk, _steps_after(round_)), facts
    person = people[subject.removeprefix("person:")]
    talks = session.talks.of_person(round_.id, person.id)
    roles = roles_in(talks, person.id)
    messages = person_messages(round_, person, roles, joined_at=joined_at(talks), last_due=last_due)
    return messages, Facts(round=round_, person=person)


def _steps_after(round_: Round) -> dict[str, str]:
    """Id to text of the steps that come after a talk."""
    return {
        step.id: step.template
        for step in round_.cycle.steps
        if step.when.anchor is Anchor.TALK and not step.when.before and not step.calendar
    }


def _besides(
    facts: Facts, answers: Iterable[TalkAnswer], known: Iterable[KnownMessage], *, hears: Hearing
) -> list[DueMessage]:
    """What is sent besides the cycle's own steps: about answers, and about what was agreed."""
    if facts.talk is None or facts.employee is None or facts.manager is None:
        return []
    pair = (facts.round, facts.talk, facts.employee, facts.manager)
    return [
        *answer_messages(*pair, entry=facts.entry, answers=answers, rows=known, answers_by_mail=hears.answers_by_mail),
        *follow_up_messages(*pair, agreement=facts.agreement, pages=hears.pages),
    ]


def joined_at(talks: Iterable[Talk]) -> datetime | None:
    """When the first of somebody's *talks* was approved; None: with the round."""
    return min((talk.approved_at for talk in talks if talk.approved_at is not None), default=None)


def roles_in(talks: Iterable[Talk], person: str) -> frozenset[Role]:
    """As what *person* takes part in *talks* that are not cancelled."""
    live = [talk for talk in talks if not talk.is_off]
    roles = {Role.EMPLOYEE for talk in live if talk.employee == person}
    return frozenset(roles | {Role.MANAGER for talk in live if talk.manager == person})
