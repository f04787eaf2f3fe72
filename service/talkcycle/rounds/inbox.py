"""Read the service's own mailbox: keep answers to talks, note bounces, move what was for us, leave the rest to people.

A mail is moved only after what it says is committed. What breaks off in between is read again, and says nothing new.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from talkcycle.domain.mails import Bounce, ItipReply, Method, ReadMail, Tray, UnreadableMail
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.ports import Clock, Inbox
from talkcycle.domain.replies import Standing, judge
from talkcycle.domain.store import AuditEntry, Session, Store
from talkcycle.domain.talks import Talk, TalkAnswer
from talkcycle.rounds.answered import keep_answers
from talkcycle.rounds.heeded import scene_of

WATCH = "imap"
"""Under this name the store remembers how far the mailbox was read."""
SAVE_EVERY = 50
"""Mails that were left where they are, after which that is stored; those that were for us are stored one by one."""


class Outcome(StrEnum):
    """What a mail turned out to be. All but the last two are for us.

    ``in-hand``: a report about a message that somebody is sending this moment; what became of it is not known yet.
    """

    ANSWER = "answer"
    UNVERIFIED = "unverified"
    KNOWN = "known"
    STALE = "stale"
    STRANGER = "stranger"
    NO_ANSWER = "no-answer"
    REFRESH = "refresh"
    BOUNCE = "bounce"
    LATE = "late"
    IN_HAND = "in-hand"
    UNREADABLE = "unreadable"
    UNKNOWN_MEETING = "unknown-meeting"
    NOT_OURS = "not-ours"


LEFT = frozenset({Outcome.UNKNOWN_MEETING, Outcome.NOT_OURS})
"""These stay where they are, unread: a person may be meant."""
STANDINGS = {
    Standing.KNOWN: Outcome.KNOWN,
    Standing.STALE: Outcome.STALE,
    Standing.STRANGER: Outcome.STRANGER,
    Standing.SAYS_NOTHING: Outcome.NO_ANSWER,
}


@dataclass(slots=True)
class InboxRead:
    """What one look found.

    Attributes:
        outcomes: How many mails turned out to be what.
        unreadable: The server's number of each mail that cannot be read, and why.
        stuck: Mails that the server did not let us move.
        waits: The look ended before a report about a message that is in somebody's hand: it is to be read again soon.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    unreadable: list[tuple[int, str]] = field(default_factory=list)
    stuck: int = 0
    waits: bool = False


def read_inbox(
    store: Store,
    inbox: Inbox,
    *,
    clock: Clock,
    stopped: Callable[[], bool] = lambda: False,
    into: InboxRead | None = None,
) -> InboxRead:
    """Go through what has come since the last look.

    Args:
        stopped: Asked before each mail; the rest is found the next time.
        into: Filled as it goes, so that what was found before a failure is known too.

    Raises:
        TransientDeliveryError: The mailbox cannot be read any further now.
    """
    found = InboxRead() if into is None else into
    with store.read() as session:
        since = session.watches.state(WATCH, inbox.account)
    left = 0
    for letter in inbox.letters(since):
        if stopped():
            break
        with store.write() as session:
            outcome = take_in(session, letter.mail, now=clock.now())
            if isinstance(letter.mail, UnreadableMail):
                _note(session, "unreadable mail", f"imap/{letter.id}", letter.mail.why, clock.now())
        if outcome is Outcome.IN_HAND:
            found.waits = True
            break
        found.outcomes[outcome] += 1
        if isinstance(letter.mail, UnreadableMail):
            found.unreadable.append((letter.id, letter.mail.why))
        if outcome in LEFT:
            left += 1
        else:
            tray = Tray.UNREADABLE if outcome is Outcome.UNREADABLE else Tray.PROCESSED
            found.stuck += not inbox.put_away(letter, tray)
        if outcome not in LEFT or left % SAVE_EVERY == 0:
            _remember(store, inbox, letter.state, clock.now())
            since = letter.state
        last = letter.state
    if left and last != since:
        _remember(store, inbox, last, clock.now())
    return found


def take_in(session: Session, mail: ReadMail | UnreadableMail, *, now: datetime) -> Outcome:
    """Do what follows from one mail. The same mail again changes nothing.

    Of several answers in one mail the first that counts says what the mail is.
    """
    if isinstance(mail, UnreadableMail):
        return Outcome.UNREADABLE
    if mail.bounce is not None:
        return _take_bounce(session, mail.bounce, now=now)
    outcomes = [_take_reply(session, mail, reply, now=now) for reply in mail.replies]
    return min(outcomes, key=list(Outcome).index, default=Outcome.NOT_OURS)


def _take_reply(session: Session, mail: ReadMail, reply: ItipReply, *, now: datetime) -> Outcome:
    entry = session.talks.entry_with_uid(reply.uid)
    if entry is None:
        return Outcome.UNKNOWN_MEETING
    scene = scene_of(session, entry.round, entry.talk)
    if scene is None or scene.entry.number != entry.number or not scene.entry.live or entry.in_own_calendar:
        return Outcome.STALE  # it has ended, or another calendar has the word about it
    if reply.method is Method.REFRESH:
        return Outcome.REFRESH
    talk = scene.talk
    judgement = judge(
        reply,
        sender=mail.sender,
        verification=mail.verification,
        talk=talk,
        entry=scene.entry,
        people=scene.people,
        kept=session.talks.answers(talk.round, [talk.id]).get(talk.id, ()),
        read_at=now,
    )
    if judgement.answer is None:
        if judgement.standing is Standing.STRANGER:
            _note(session, "answer from a stranger", f"{talk.round}/{talk.subject}", "changes nothing", now)
        return STANDINGS[judgement.standing]
    keep_answers(session, entry, [judgement.answer], now=now)
    _note_answer(session, talk, judgement.answer, now)
    return Outcome.ANSWER if judgement.answer.verified else Outcome.UNVERIFIED


def _take_bounce(session: Session, bounce: Bounce, *, now: datetime) -> Outcome:
    """The first of the Message-IDs that is one of ours."""
    for message_id in bounce.message_ids:
        row = session.outbox.record_bounce(message_id, bounce.said, permanent=bounce.permanent, now=now)
        if row is not None and row.state is OutboxState.SENDING:
            return Outcome.IN_HAND
        if row is not None:
            if not bounce.permanent or row.settled_at == now:  # else it was known
                action = "mail came back" if bounce.permanent else "mail is late"
                detail = f"message {row.id}, {row.key.step} to {row.key.recipient}"
                _note(session, action, f"{row.key.round}/{row.key.subject}", detail, now)
            failed = row.state is OutboxState.FAILED
            return Outcome.BOUNCE if bounce.permanent and failed else Outcome.LATE
    return Outcome.NOT_OURS


def _note_answer(session: Session, talk: Talk, answer: TalkAnswer, now: datetime) -> None:
    proposes = "" if answer.proposed is None else f", proposes {answer.proposed[0].isoformat()}"
    doubt = "" if answer.verified else ", sender not verified"
    detail = f"{answer.party} {answer.answer}{proposes}{doubt}"
    _note(session, "answer by mail", f"{talk.round}/{talk.subject}", detail, now)


def _note(session: Session, action: str, subject: str, detail: str, now: datetime) -> None:
    session.ledger.record(AuditEntry(at=now, who="inbox", action=action, subject=subject, detail=detail))


def _remember(store: Store, inbox: Inbox, state: str, now: datetime) -> None:
    with store.write() as session:
        session.watches.put(WATCH, inbox.account, state, at=now)
