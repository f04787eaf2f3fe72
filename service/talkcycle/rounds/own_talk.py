"""What an employee may do with their own talk, from its page: say that the time suits, opt out, and take either back."""

from datetime import datetime

from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.store import AuditEntry, Store
from talkcycle.domain.talks import TalkAnswer
from talkcycle.rounds.answered import keep_answers
from talkcycle.rounds.change import abstain
from talkcycle.rounds.choices import Outcome, outcome_of
from talkcycle.rounds.own_pages import Standing, TalkPage


def opt_out(store: Store, page: TalkPage, reason: str, *, revision: int, now: datetime) -> Outcome:
    """Note that the employee chooses not to have the talk. *reason*: for HR alone; may be empty."""
    talk = page.talk
    if page.standing is Standing.OPTED_OUT:
        return Outcome.ALREADY
    if not page.may_change:
        return Outcome.CLOSED
    return outcome_of(
        lambda: abstain(store, talk.round, talk.id, reason=reason, who=page.who, now=now, revision=revision)
    )


def answer_time(store: Store, page: TalkPage, *, suits: bool, revision: int, now: datetime) -> Outcome:
    """Keep as the employee's answer that the time suits them, or that they take back what they have answered.

    The link is in a mail to them alone, so the answer is worth as much as one that a server vouches for.
    """
    talk = page.talk
    given = Answer.ACCEPTED if suits else Answer.NONE
    if not page.may_answer:
        return Outcome.CLOSED
    if talk.revision != revision:
        return Outcome.CHANGED
    if _says(page) is given:
        return Outcome.ALREADY
    with store.write() as session:
        entry = session.talks.entries(talk.round, [talk.id]).get(talk.id)
        there = session.talks.of_round(talk.round, [talk.id])
        if entry is None or not there or there[0].revision != revision:
            return Outcome.CHANGED
        keep_answers(session, entry, [TalkAnswer(party=page.who, answer=given.value, at=now)], now=now)
        subject = f"{talk.round}/{talk.subject}"
        session.ledger.record(AuditEntry(at=now, who=page.who, action="answer", subject=subject, detail=given.value))
    return Outcome.DONE


def _says(page: TalkPage) -> Answer | None:
    """What is known as the reader's answer; None: something with a time that they propose instead."""
    if page.answer is None:
        return Answer.NONE
    return Answer(page.answer.answer) if page.answer.proposed is None else None
