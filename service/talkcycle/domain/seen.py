"""What an entry, as it was seen in its organizer's calendar, means for its talk. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from talkcycle.domain.mailboxes import Answer, SeenAnswer, SeenEntry
from talkcycle.domain.messages import Kind, KnownMessage, OutboxState
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Entry, Talk, TalkAnswer

ON_ITS_WAY = frozenset({OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.HELD})
PUTS_IT_THERE = frozenset({Kind.MEETING_CREATE, Kind.MEETING_CHANGE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heeded:
    """What is to be made of it.

    Attributes:
        moved_to: Start (UTC) and minutes to which somebody moved the talk in the calendar; None: it is where it was.
        gone: Somebody deleted it there.
        declined: Address of the talk's room, which does not take it.
        early: An order of ours is on its way, so what stands there cannot be judged yet: it has to be told again.
    """

    answers: tuple[TalkAnswer, ...] = ()
    moved_to: tuple[datetime, int] | None = None
    gone: bool = False
    declined: str | None = None
    early: bool = False


def heed(
    talk: Talk, entry: Entry, seen: SeenEntry, *, employee: Person, room: str | None, rows: Iterable[KnownMessage]
) -> Heeded:
    """Tell what others did to *entry* from what we did, and what follows.

    What stands there is compared only when every order of ours about this entry has been carried out and the last of them
    is the one it carries: otherwise it is our own change that is on its way. Answers count at once.

    Args:
        room: The address of the talk's room as it is planned now; None: none, or one without a mailbox.
        rows: What the outbox knows of the talk.
    """
    if not entry.live or seen.uid != entry.uid:
        return Heeded()
    orders = [row for row in rows if _is_about(row, talk, entry)]
    early = any(row.state in ON_ITS_WAY for row in orders)
    if seen.gone:
        return Heeded(gone=not early, early=early)
    answers = tuple(filter(None, (_answer(each, employee) for each in seen.answers)))
    sent = [row for row in orders if row.state is OutboxState.SENT]
    last = max(sent, key=lambda row: row.id, default=None)
    if early or last is None or last.message_id != seen.order or seen.start is None or seen.end is None:
        return Heeded(answers=answers, early=early)
    minutes = (seen.end - seen.start) // timedelta(minutes=1)
    elsewhere = (seen.start, minutes) != (talk.start, talk.minutes) and minutes > 0
    declined = {each.address.casefold() for each in seen.answers if each.room and each.answer is Answer.DECLINED}
    return Heeded(
        answers=answers,
        moved_to=(seen.start, minutes) if elsewhere else None,
        declined=room if room is not None and room.casefold() in declined else None,
    )


def news(seen: Iterable[TalkAnswer], kept: Iterable[TalkAnswer], *, since: datetime | None) -> list[TalkAnswer]:
    """Those of *seen* against which no newer answer is *kept*: of what people answer on their page no calendar knows.

    Args:
        since: From when on answers are about the talk as it is now, UTC; None: they cannot be yet. That a calendar knows
            of no answer says nothing about one that was given since.
    """
    given = {each.party: each.at for each in kept if each.verified and each.at is not None}

    def is_older(each: TalkAnswer) -> bool:
        at = given.get(each.party)
        if at is None:
            return False
        return at > each.at if each.at is not None else each.answer == Answer.NONE and since is not None and at > since

    return [each for each in seen if not is_older(each)]


def _is_about(row: KnownMessage, talk: Talk, entry: Entry) -> bool:
    """Not about an entry it took over from, the end of which comes last of all."""
    return row.key.subject == talk.subject and row.kind in PUTS_IT_THERE and row.key.version >= entry.opened


def _answer(seen: SeenAnswer, employee: Person) -> TalkAnswer | None:
    """The employee's or a room's; whom somebody else invited is not asked about."""
    if seen.room:
        party = f"room:{seen.address.casefold()}"
    elif employee.email is not None and seen.address.casefold() == employee.email.casefold():
        party = f"person:{employee.id}"
    else:
        return None
    return TalkAnswer(party=party, answer=seen.answer.value, at=seen.at, proposed=seen.proposed)
