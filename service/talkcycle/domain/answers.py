"""What the answers to a talk leave open about its time. Pure: reads no clock.

An answer counts only if it was given for the talk as it is now, and is acted upon only if somebody vouches for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.busy import Span
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.messages import NUDGE, TIME_DECLINED, KnownMessage, OutboxState
from talkcycle.domain.people import Role
from talkcycle.domain.seen import ON_ITS_WAY
from talkcycle.domain.talks import Entry, Talk, TalkAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """One of the two has declined the talk's time. *since*: when, UTC."""

    role: Role
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One of the two proposes another time.

    Attributes:
        since: When, UTC.
        span: Start and end, UTC.
        declines: They have declined the present time besides.
        kept_at: When somebody decided that the talk stays where it is, UTC; None: nobody has.
    """

    role: Role
    since: datetime
    span: Span
    declines: bool = False
    kept_at: datetime | None = None


def proposed(
    talk: Talk,
    entry: Entry | None,
    answers: Iterable[TalkAnswer],
    rows: Iterable[KnownMessage],
    *,
    calendar_step: str,
) -> Proposal | None:
    """What is proposed instead of the time that *talk* has now; of two proposals the newer."""
    asked = asked_since(talk, entry, rows, calendar_step=calendar_step)
    given = {each.party: each for each in answers if each.verified}
    found = []
    for role, id_ in asked_ones(talk, entry):
        answer, kept = given.get(f"person:{id_}"), given.get(kept_party(id_))
        if asked is None or answer is None or answer.proposed is None or answer.proposed == (talk.start, talk.end):
            continue
        since = given_since(answer, asked, entry)
        if since is not None:
            kept_at = kept.at if kept is not None and kept.at is not None and kept.at >= since else None
            declines = answer.answer == Answer.DECLINED
            found.append(Proposal(role=role, since=since, span=answer.proposed, declines=declines, kept_at=kept_at))
    return max(found, key=lambda each: each.since, default=None)


def kept_party(person: str) -> str:
    """The party of an answer that says that the talk stays where it is, whatever *person* proposed."""
    return f"proposal:{person}"


def declined(
    talk: Talk,
    entry: Entry | None,
    answers: Iterable[TalkAnswer],
    rows: Iterable[KnownMessage],
    *,
    calendar_step: str,
) -> tuple[Declined, ...]:
    """Who has declined the time that *talk* has now.

    Only who was asked: a host who organizes the meeting moves or deletes it instead. Who proposes another time has not.

    Args:
        answers: To *entry*, the talk's newest.
        rows: What the outbox knows of the talk.
    """
    asked = asked_since(talk, entry, rows, calendar_step=calendar_step)
    given = {each.party: each for each in answers if each.verified}
    found = []
    for role, id_ in asked_ones(talk, entry):
        answer = given.get(f"person:{id_}")
        if answer is None or answer.answer != Answer.DECLINED or answer.proposed is not None or asked is None:
            continue
        since = given_since(answer, asked, entry)
        if since is not None:
            found.append(Declined(role=role, since=since))
    return tuple(found)


def given_by(
    person: str,
    talk: Talk,
    entry: Entry | None,
    answers: Iterable[TalkAnswer],
    rows: Iterable[KnownMessage],
    *,
    calendar_step: str,
) -> TalkAnswer | None:
    """What *person* has answered to the time that *talk* has now, if somebody vouches for it; None: nothing."""
    asked = asked_since(talk, entry, rows, calendar_step=calendar_step)
    theirs = (each for each in answers if each.verified and each.party == f"person:{person}")
    answer = next(theirs, None)
    if asked is None or answer is None or given_since(answer, asked, entry) is None:
        return None
    return None if answer.answer == Answer.NONE and answer.proposed is None else answer


def is_silent(talk: Talk, answers: Iterable[TalkAnswer], asked: datetime | None) -> bool:
    """Whether the employee has not said anything of the time, not even what nobody vouches for.

    Where only the place has changed since, what was said before holds; whoever proposed the time has said that it suits.
    """
    return not any(
        each.party == f"person:{talk.employee}"
        and (each.answer != Answer.NONE or each.proposed is not None)
        and (
            each.at is None
            or asked is None
            or each.at >= asked
            or each.proposed == (talk.start, talk.end)
            or only_the_place_changed(talk)
        )
        for each in answers
    )


def only_the_place_changed(talk: Talk) -> bool:
    return talk.revision > 0 and talk.former_start is None


def is_unconfirmed(
    talk: Talk,
    entry: Entry | None,
    answers: Sequence[TalkAnswer],
    rows: Sequence[KnownMessage],
    *,
    calendar_step: str,
) -> bool:
    """Whether the manager should know that the time may not hold.

    Somebody has declined it or proposed another, whoever vouches for that; or the employee was asked again, and has
    not said anything.
    """
    asked = asked_since(talk, entry, rows, calendar_step=calendar_step)
    if asked is None:
        return False
    parties = {f"person:{id_}" for _, id_ in asked_ones(talk, entry)}
    for each in answers:
        otherwise = each.answer == Answer.DECLINED or each.proposed is not None
        if each.party in parties and otherwise and given_since(each, asked, entry) is not None:
            return True
    nudged = any(row.key.step == NUDGE and row.state is OutboxState.SENT for row in rows)
    return nudged and is_silent(talk, answers, asked)


def asked_ones(talk: Talk, entry: Entry | None) -> tuple[tuple[Role, str], ...]:
    """Who is an attendee of *entry*, by roster id."""
    both = ((Role.EMPLOYEE, talk.employee), (Role.MANAGER, talk.manager))
    return both[:1] if entry is not None and entry.in_own_calendar else both


def asked_since(talk: Talk, entry: Entry | None, rows: Iterable[KnownMessage], *, calendar_step: str) -> datetime | None:
    """From when on answers are about the talk as it is now; None: they cannot be yet. UTC.

    In a host's own calendar an answer to the time before may be read while our order is on its way there. By mail the
    SEQUENCE of each answer has told that already.
    """
    if entry is None or not entry.in_own_calendar:
        return talk.changed_at
    orders = [row for row in rows if row.key.step == calendar_step and row.key.version == talk.revision]
    if not orders or any(row.state in ON_ITS_WAY for row in orders):
        return None
    sent = [row.settled_at for row in orders if row.state is OutboxState.SENT and row.settled_at is not None]
    return max([talk.changed_at, *sent])


def given_since(answer: TalkAnswer, asked: datetime, entry: Entry | None) -> datetime | None:
    """When *answer* was given, if it is about the talk as it is now: *asked* is when that began. UTC.

    A calendar that does not say when forgets answers as soon as the time changes: what it tells is about this one.
    """
    if answer.at is None:
        return asked if entry is not None and entry.in_own_calendar else None
    return answer.at if answer.at >= asked else None


def declined_times(talk: Talk, rows: Iterable[KnownMessage]) -> int:
    """How many times of *talk* were declined, with the one it has now."""
    before = {
        row.key.version
        for row in rows
        if row.key.step == TIME_DECLINED and row.key.version < talk.revision and row.state is not OutboxState.WITHDRAWN
    }
    return len(before) + 1
