"""What the store promises about answers by mail and mails that came back, on every database."""

from dataclasses import replace

import pytest

from builders import a_talk
from stored_messages import LATER, NOON, ROUND, claim, queue, row
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.talks import Entry, TalkAnswer
from talkcycle.store.open import SqlStore

ENTRY = Entry(
    round=ROUND.id,
    talk="anna",
    number=1,
    uid="5f0c9d5e-6f0b@norrsken.example",
    sequence=0,
    transport="smtp",
    organizer="samtal@norrsken.example",
)
YES = TalkAnswer(party="person:anna", answer="accepted", at=NOON)
DOUBTFUL = TalkAnswer(party="person:anna", answer="declined", at=LATER, verified=False)
OF_BO = TalkAnswer(party="person:bo", answer="tentative", at=NOON, verified=False)
MESSAGE_ID = "<anna.reminder.0@talkcycle.example>"
SAID = "5.1.1 550 <…> User unknown"


@pytest.fixture(autouse=True)
def _with_a_talk(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.talks.add([a_talk()], [ENTRY])


def put(store: SqlStore, *answers: TalkAnswer) -> list[TalkAnswer]:
    with store.write() as session:
        session.talks.put_answers(ENTRY, answers, seen_at=NOON)
        return session.talks.answers(ROUND.id, ["anna"])["anna"]


# Answers


def test_an_entry_is_found_by_its_uid_in_any_case(store: SqlStore) -> None:
    with store.read() as session:
        assert session.talks.entry_with_uid(ENTRY.uid) == ENTRY
        assert session.talks.entry_with_uid(ENTRY.uid.upper()) == ENTRY
        assert session.talks.entry_with_uid("another@norrsken.example") is None
        assert session.talks.entry_with_uid("") is None


def test_an_answer_nobody_vouches_for_stands_beside_one_that_is_vouched_for(store: SqlStore) -> None:
    put(store, YES)
    assert put(store, DOUBTFUL, OF_BO) == [YES, DOUBTFUL, OF_BO]
    again = replace(DOUBTFUL, answer="tentative")
    assert put(store, again) == [YES, again, OF_BO]


def test_an_answer_that_is_vouched_for_takes_the_place_of_both(store: SqlStore) -> None:
    put(store, YES, DOUBTFUL, OF_BO)
    no = replace(YES, answer="declined", at=LATER)
    assert put(store, no) == [no, OF_BO]


# Mails that came back


def sent(store: SqlStore) -> int:
    (id_,) = queue(store, "anna")
    claim(store, "worker")
    with store.write() as session:
        assert session.outbox.record_sent(id_, owner="worker", reply="250 OK", now=NOON)
    return id_


def bounce(store: SqlStore, *, permanent: bool = True, message_id: str = MESSAGE_ID) -> OutboxState | None:
    with store.write() as session:
        found = session.outbox.record_bounce(message_id, SAID, permanent=permanent, now=LATER)
    return None if found is None else found.state


def test_a_mail_that_came_back_has_failed_and_says_why(store: SqlStore) -> None:
    id_ = sent(store)
    assert bounce(store) is OutboxState.FAILED

    known = row(store, id_)
    assert (known.state, known.settled_at, known.uncertain) == (OutboxState.FAILED, LATER, False)
    assert known.reason == f"it came back: {SAID}"
    assert known.reply == "250 OK"
    with store.read() as session:
        assert session.outbox.attempts(id_) == [(LATER, f"it came back: {SAID}")]


def test_the_same_report_again_says_nothing_new(store: SqlStore) -> None:
    id_ = sent(store)
    bounce(store)
    before = row(store, id_)
    with store.write() as session:
        session.outbox.record_bounce(MESSAGE_ID, "another", permanent=True, now=NOON)
        assert len(session.outbox.attempts(id_)) == 1
    assert row(store, id_) == before


def test_a_mail_that_may_have_arrived_has_not_where_it_came_back(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "worker")
    unknown = Verdict(state=OutboxState.UNKNOWN, not_before=LATER, reason="cut", uncertain=True)
    with store.write() as session:
        session.outbox.record_failure(id_, unknown, owner="worker", now=NOON)
    assert bounce(store) is OutboxState.FAILED
    assert row(store, id_).uncertain is False
    with store.write() as session:
        assert session.outbox.wake_unknown(now=LATER) == 0


def test_a_mail_that_is_late_is_as_it_was_with_a_note(store: SqlStore) -> None:
    id_ = sent(store)
    assert bounce(store, permanent=False) is OutboxState.SENT
    with store.read() as session:
        assert session.outbox.attempts(id_) == [(LATER, f"it is late: {SAID}")]


def test_a_mail_that_is_in_somebodys_hand_is_left_to_them(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "worker")
    assert bounce(store) is OutboxState.SENDING
    with store.write() as session:
        assert session.outbox.record_sent(id_, owner="worker", reply="250 OK", now=NOON)
        assert session.outbox.attempts(id_) == []
    assert bounce(store) is OutboxState.FAILED


def test_what_was_never_sent_does_not_fail(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    with store.write() as session:
        session.outbox.withdraw({id_: "overtaken"}, now=NOON)
    assert bounce(store) is OutboxState.WITHDRAWN
    assert row(store, id_).reason == "overtaken"


def test_a_report_about_nobodys_mail_is_about_none_of_ours(store: SqlStore) -> None:
    sent(store)
    assert bounce(store, message_id="<another@talkcycle.example>") is None
    assert bounce(store, message_id="") is None


def test_a_mail_that_came_back_can_be_sent_again(store: SqlStore) -> None:
    id_ = sent(store)
    bounce(store)
    with store.write() as session:
        assert session.outbox.move([id_], to=OutboxState.QUEUED, reason="address mended", now=LATER) == 1
    assert row(store, id_).state is OutboxState.QUEUED
