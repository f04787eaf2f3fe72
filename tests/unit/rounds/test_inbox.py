"""The service's mailbox: what is kept, what is moved, and that a crash at any moment changes nothing of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from builders import START, a_person, a_talk
from dispatching import NOON, ROUND, JumpingClock, a_store, queue, rows
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.mails import (
    AttendeeAnswer,
    Bounce,
    ItipReply,
    Letter,
    MailKind,
    Method,
    ReadMail,
    Tray,
    UnreadableMail,
    Verification,
)
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.people import Roster
from talkcycle.domain.store import AuditEntry
from talkcycle.domain.talks import Entry, TalkAnswer, TalkState, cancelled
from talkcycle.rounds.inbox import SAVE_EVERY, InboxRead, Outcome, read_inbox
from talkcycle.store.open import SqlStore

UID = "5f0c9d5e@example.com"
MADE = NOON - timedelta(hours=1)
ENTRY = Entry(
    round=ROUND.id, talk="anna", number=1, uid=UID, sequence=0, transport="smtp", organizer="samtal@norrsken.example"
)


class Crash(Exception):
    """The process dies."""


@dataclass(slots=True)
class Mailbox:
    """Implements ``domain.ports.Inbox`` in memory.

    Attributes:
        crash_before, crash_after: Number of the mail at whose moving the process dies, once.
        stuck: Mails that the server does not let anybody move.
        breaks_at: The mail at which the line breaks, once.
    """

    mails: dict[int, ReadMail | UnreadableMail] = field(default_factory=dict)
    trays: dict[int, Tray] = field(default_factory=dict)
    account: str = "samtal@norrsken.example"
    given: list[int] = field(default_factory=list)
    crash_before: int | None = None
    crash_after: int | None = None
    breaks_at: int | None = None
    stuck: frozenset[int] = frozenset()

    def letters(self, since: str | None, /) -> Iterator[Letter]:
        for id_, mail in sorted(self.mails.items()):
            if id_ > int(since or 0) and id_ not in self.trays:
                if id_ == self.breaks_at:
                    self.breaks_at = None
                    raise TransientDeliveryError("the line broke")
                self.given.append(id_)
                yield Letter(id=id_, mail=mail, state=str(id_))

    def put_away(self, letter: Letter, tray: Tray, /) -> bool:
        if self.crash_before == letter.id:
            self.crash_before = None
            raise Crash
        if letter.id in self.stuck:
            return False
        self.trays[letter.id] = tray
        if self.crash_after == letter.id:
            self.crash_after = None
            raise Crash
        return True

    def wait(self, most: timedelta, stop: Event, /) -> None:
        """Nothing more comes."""

    def close(self) -> None:
        """There is no line."""


def an_answer(answer: Answer = Answer.ACCEPTED, by: str = "anna@example.com", **fields: Any) -> ReadMail:
    reply: dict[str, Any] = {
        "method": Method.REPLY,
        "uid": UID,
        "sequence": 0,
        "made_at": MADE,
        "attendees": (AttendeeAnswer(address=by, answer=answer),),
        "about": START,
    }
    verification = fields.pop("verification", Verification.VERIFIED)
    replies = (ItipReply(**(reply | fields)),)
    return ReadMail(kind=MailKind.ANSWER, sender=by, verification=verification, replies=replies)


def a_bounce(*message_ids: str, permanent: bool = True) -> ReadMail:
    bounce = Bounce(message_ids=message_ids, permanent=permanent, said="5.1.1 User unknown")
    return ReadMail(kind=MailKind.BOUNCE, sender=None, verification=Verification.NOT_SAID, bounce=bounce)


LETTER = ReadMail(kind=MailKind.LETTER, sender="anna@example.com", verification=Verification.VERIFIED)
AUTOMATIC = replace(LETTER, kind=MailKind.AUTOMATIC)
BROKEN = UnreadableMail(why="its calendar part is broken")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = a_store(tmp_path)
    with opened.write() as session:
        people = (a_person("anna"), a_person("bo", manager=None))
        session.rosters.save(Roster(version=ROUND.roster, people=people), at=NOON)
        session.talks.add([a_talk()], [ENTRY])
    yield opened
    opened.close()


def read(store: SqlStore, *mails: ReadMail | UnreadableMail, mailbox: Mailbox | None = None) -> InboxRead:
    box = mailbox or Mailbox()
    box.mails |= {len(box.mails) + number: mail for number, mail in enumerate(mails, start=1)}
    return read_inbox(store, box, clock=JumpingClock())


def answers(store: SqlStore) -> list[TalkAnswer]:
    with store.read() as session:
        return session.talks.answers(ROUND.id, ["anna"]).get("anna", [])


def trail(store: SqlStore) -> list[AuditEntry]:
    with store.read() as session:
        return session.ledger.trail(100)[::-1]


def state(store: SqlStore) -> str | None:
    with store.read() as session:
        return session.watches.state("imap", Mailbox().account)


YES = TalkAnswer(party="person:anna", answer="accepted", at=MADE)


# Answers


def test_answers_of_both_are_kept_and_told_by_their_ids(store: SqlStore) -> None:
    proposal = (START + timedelta(days=1), None)
    counter = an_answer(Answer.DECLINED, "BO@example.com", method=Method.COUNTER, proposed=proposal)
    found = read(store, an_answer(), counter)

    proposed = (START + timedelta(days=1), START + timedelta(days=1, hours=1))
    assert answers(store) == [YES, TalkAnswer(party="person:bo", answer="declined", at=MADE, proposed=proposed)]
    assert found.outcomes == {Outcome.ANSWER: 2}
    assert [(each.who, each.action, each.subject, each.detail) for each in trail(store)] == [
        ("inbox", "answer by mail", "development-2027-03/talk:anna", "person:anna accepted"),
        (
            "inbox",
            "answer by mail",
            "development-2027-03/talk:anna",
            "person:bo declined, proposes 2027-03-11T09:00:00+00:00",
        ),
    ]


def test_the_newest_answer_is_kept_however_they_come_in(store: SqlStore) -> None:
    no = an_answer(Answer.DECLINED, made_at=MADE + timedelta(minutes=5))
    found = read(store, no, an_answer(), no)
    assert [each.answer for each in answers(store)] == ["declined"]
    assert found.outcomes == {Outcome.ANSWER: 1, Outcome.KNOWN: 2}


def test_an_answer_nobody_vouches_for_is_kept_beside_and_marked(store: SqlStore) -> None:
    later = MADE + timedelta(minutes=5)
    doubtful = an_answer(Answer.DECLINED, made_at=later, verification=Verification.UNVERIFIED)
    found = read(store, an_answer(), doubtful)
    assert answers(store) == [YES, replace(YES, answer="declined", at=later, verified=False)]
    assert found.outcomes == {Outcome.ANSWER: 1, Outcome.UNVERIFIED: 1}
    assert trail(store)[-1].detail == "person:anna declined, sender not verified"


@pytest.mark.parametrize(
    ("mail", "outcome"),
    [
        (an_answer(by="cilla@example.com"), Outcome.STRANGER),
        (replace(an_answer(), sender="bo@example.com"), Outcome.STRANGER),
        (replace(an_answer(), sender=None), Outcome.STRANGER),
        (an_answer(Answer.NONE), Outcome.NO_ANSWER),
        (an_answer(method=Method.REFRESH), Outcome.REFRESH),
    ],
)
def test_what_does_not_count_changes_nothing_and_is_dealt_with(store: SqlStore, mail: ReadMail, outcome: Outcome) -> None:
    box = Mailbox()
    assert read(store, mail, mailbox=box).outcomes == {outcome: 1}
    assert answers(store) == []
    assert box.trays == {1: Tray.PROCESSED}


def test_a_strangers_answer_is_told(store: SqlStore) -> None:
    read(store, an_answer(by="cilla@example.com"))
    (note,) = trail(store)
    assert (note.action, note.subject) == ("answer from a stranger", "development-2027-03/talk:anna")
    assert "cilla" not in str(note)


def test_an_answer_to_an_earlier_time_is_stale(store: SqlStore) -> None:
    with store.write() as session:
        session.talks.put_entry(replace(ENTRY, sequence=1))
    assert read(store, an_answer(about=START - timedelta(days=1))).outcomes == {Outcome.STALE: 1}
    assert answers(store) == []


def test_an_answer_to_a_talk_that_is_off_is_stale(store: SqlStore) -> None:
    with store.write() as session:
        session.talks.update(cancelled(a_talk(), why="anna leaves", at=NOON))
        session.talks.put_entry(replace(ENTRY, live=False, closed=1))
    assert a_talk().state is TalkState.PLACED
    assert read(store, an_answer()).outcomes == {Outcome.STALE: 1}
    assert answers(store) == []


def test_a_calendar_that_took_over_has_the_word_about_its_answers(store: SqlStore) -> None:
    new = replace(ENTRY, number=2, uid="new@example.com", transport="graph", organizer="bo@example.com", opened=1)
    with store.write() as session:
        session.talks.put_entry(replace(ENTRY, live=False, closed=1))
        session.talks.put_entry(new)
    assert read(store, an_answer(), an_answer(uid="new@example.com")).outcomes == {Outcome.STALE: 2}
    assert answers(store) == []


def test_of_several_answers_in_one_mail_each_counts(store: SqlStore) -> None:
    other = an_answer(uid="of nobody's").replies
    mail = an_answer()
    found = read(store, replace(mail, replies=(*other, *mail.replies)))
    assert (found.outcomes, answers(store)) == ({Outcome.ANSWER: 1}, [YES])


# What is for people


def test_what_is_not_ours_stays_where_it_is_and_is_looked_at_once(store: SqlStore) -> None:
    box = Mailbox()
    others = (LETTER, AUTOMATIC, an_answer(uid="another@example.com"), a_bounce("<another@example.com>"))
    found = read(store, *others, mailbox=box)

    assert found.outcomes == {Outcome.NOT_OURS: 3, Outcome.UNKNOWN_MEETING: 1}
    assert (box.trays, trail(store), state(store)) == ({}, [], "4")
    assert read(store, mailbox=box).outcomes == {}
    assert box.given == [1, 2, 3, 4]


def test_how_far_it_has_read_is_stored_on_the_way(store: SqlStore) -> None:
    box = Mailbox(breaks_at=SAVE_EVERY + 3)
    box.mails = dict.fromkeys(range(1, SAVE_EVERY + 10), LETTER)
    with pytest.raises(TransientDeliveryError):
        read(store, mailbox=box)
    assert state(store) == str(SAVE_EVERY)
    assert read(store, mailbox=box).outcomes == {Outcome.NOT_OURS: 9}


def test_a_mail_that_cannot_be_read_is_put_apart_and_told(store: SqlStore) -> None:
    box = Mailbox()
    found = read(store, BROKEN, an_answer(), mailbox=box)

    assert found.unreadable == [(1, BROKEN.why)]
    assert box.trays == {1: Tray.UNREADABLE, 2: Tray.PROCESSED}
    assert answers(store) == [YES]
    note = trail(store)[0]
    assert (note.action, note.subject, note.detail) == ("unreadable mail", "imap/1", BROKEN.why)


def test_a_mail_that_cannot_be_moved_keeps_no_other_from_being_read(store: SqlStore) -> None:
    box = Mailbox(stuck=frozenset({1}))
    found = read(store, an_answer(), a_bounce("<x>"), BROKEN, mailbox=box)
    assert found.stuck == 1
    assert box.trays == {3: Tray.UNREADABLE}
    assert read(store, mailbox=box).outcomes == {}


# Crashes


@pytest.mark.parametrize("when", ["crash_before", "crash_after"])
def test_a_crash_between_keeping_and_moving_reads_it_again_and_nothing_is_said_twice(store: SqlStore, when: str) -> None:
    box = Mailbox(**{when: 2})  # type: ignore[arg-type]
    mails = (LETTER, an_answer(), an_answer(Answer.TENTATIVE, "bo@example.com"))
    with pytest.raises(Crash):
        read(store, *mails, mailbox=box)
    assert answers(store) == [YES]

    again = read(store, mailbox=box)
    assert again.outcomes[Outcome.KNOWN] == (1 if when == "crash_before" else 0)
    assert [each.answer for each in answers(store)] == ["accepted", "tentative"]
    assert box.trays == {2: Tray.PROCESSED, 3: Tray.PROCESSED}
    assert [each.action for each in trail(store)] == ["answer by mail"] * 2


def test_everything_read_again_with_other_numbers_changes_nothing(store: SqlStore) -> None:
    first = Mailbox(stuck=frozenset(range(9)))
    mails = (an_answer(Answer.DECLINED), an_answer(made_at=MADE + timedelta(minutes=1)), LETTER)
    read(store, *mails, mailbox=first)
    before = (answers(store), trail(store))
    with store.write() as session:
        session.watches.put("imap", first.account, "0", at=NOON)
    assert read(store, mailbox=first).outcomes == {Outcome.KNOWN: 2, Outcome.NOT_OURS: 1}
    assert (answers(store), trail(store)) == before


def test_a_stop_leaves_the_rest_for_the_next_time(store: SqlStore) -> None:
    box = Mailbox(mails={1: LETTER, 2: an_answer(), 3: an_answer(Answer.DECLINED, "bo@example.com")})
    asked = iter([False, False, True])
    found = read_inbox(store, box, clock=JumpingClock(), stopped=lambda: next(asked))
    assert found.outcomes == {Outcome.NOT_OURS: 1, Outcome.ANSWER: 1}
    assert read(store, mailbox=box).outcomes == {Outcome.ANSWER: 1}


# Bounces


def sent(store: SqlStore, names: Iterable[str], at: datetime = NOON) -> None:
    queue(store, names)
    with store.write() as session:
        for message in session.outbox.claim(owner="w", transport="smtp", now=at, limit=50):
            session.outbox.record_sent(message.id, owner="w", reply="250 OK", now=at)


def test_a_mail_that_came_back_has_failed(store: SqlStore) -> None:
    sent(store, ["anna", "bo"])
    box = Mailbox()
    found = read(store, a_bounce("<another@x>", "<anna@talkcycle.example>"), mailbox=box)

    assert (found.outcomes, box.trays) == ({Outcome.BOUNCE: 1}, {1: Tray.PROCESSED})
    assert [(row.state, row.reason) for row in rows(store)] == [
        (OutboxState.FAILED, "it came back: 5.1.1 User unknown"),
        (OutboxState.SENT, ""),
    ]
    (note,) = trail(store)
    assert (note.action, note.subject) == ("mail came back", "development-2027-03/talk:anna")
    assert note.detail == "message 1, reminder to person:anna"


def test_a_report_about_a_mail_that_is_being_sent_waits_until_that_is_known(store: SqlStore) -> None:
    """Some servers report faster than whoever sent the mail can write down that it was taken."""
    queue(store, ["anna"])
    with store.write() as session:
        (claimed,) = session.outbox.claim(owner="w", transport="smtp", now=NOON, limit=1)
    box = Mailbox()
    found = read(store, LETTER, a_bounce("<anna@talkcycle.example>"), LETTER, mailbox=box)
    assert (found.outcomes, found.waits, box.trays, state(store)) == ({Outcome.NOT_OURS: 1}, True, {}, "1")

    with store.write() as session:
        session.outbox.record_sent(claimed.id, owner="w", reply="250 OK", now=NOON)
    found = read(store, mailbox=box)
    assert (found.outcomes, found.waits) == ({Outcome.BOUNCE: 1, Outcome.NOT_OURS: 1}, False)
    assert [row.state for row in rows(store)] == [OutboxState.FAILED]


def test_a_mail_that_is_late_is_noted_alone(store: SqlStore) -> None:
    sent(store, ["anna"])
    assert read(store, a_bounce("<anna@talkcycle.example>", permanent=False)).outcomes == {Outcome.LATE: 1}
    assert [row.state for row in rows(store)] == [OutboxState.SENT]
    assert [each.action for each in trail(store)] == ["mail is late"]


def test_the_same_report_twice_is_told_once(store: SqlStore) -> None:
    sent(store, ["anna"])
    box, clock = Mailbox(mails={1: a_bounce("<anna@talkcycle.example>")}, crash_before=1), JumpingClock()
    with pytest.raises(Crash):
        read_inbox(store, box, clock=clock)
    clock.jump(timedelta(minutes=1))
    assert read_inbox(store, box, clock=clock).outcomes == {Outcome.BOUNCE: 1}
    assert [each.action for each in trail(store)] == ["mail came back"]
