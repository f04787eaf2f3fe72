"""Keep answers to a talk, and have the talk looked at: something may follow from them."""

from collections.abc import Iterable
from datetime import datetime

from talkcycle.domain.store import Session
from talkcycle.domain.talks import Entry, TalkAnswer


def keep_answers(session: Session, entry: Entry, answers: Iterable[TalkAnswer], *, now: datetime) -> None:
    """Store what attendees of *entry* have answered. A talk of which only rooms have is left alone."""
    answers = list(answers)
    session.talks.put_answers(entry, answers, seen_at=now)
    if any(not each.party.startswith("room:") for each in answers):
        session.schedule.put(entry.round, {f"talk:{entry.talk}": now})
