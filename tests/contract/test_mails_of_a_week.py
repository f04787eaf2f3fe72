"""How many mails somebody gets in a week: what went or is to go since it began, of every round."""

from datetime import timedelta

from builders import a_round
from stored_messages import LATER, NOON, ROUND, a_due, a_mail, claim, queue
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.messages import OutboxState
from talkcycle.store.open import SqlStore

OTHER = a_round(id="development-2028-03")
DAY = timedelta(days=1)
BEGINS = NOON - DAY


def count(store: SqlStore, name: str = "anna") -> int:
    with store.read() as session:
        return session.outbox.count_since(f"person:{name}", BEGINS)


def with_rounds(store: SqlStore) -> SqlStore:
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.rounds.add(OTHER, {})
    return store


def test_what_fell_due_since_counts_in_every_round_for_its_recipient_alone(store: SqlStore) -> None:
    queue(with_rounds(store), "anna", "bo", a_due("anna", step="follow-up"), a_due("anna", round=OTHER.id))

    assert (count(store), count(store, "bo"), count(store, "cem")) == (3, 1, 0)


def test_what_went_before_does_not_count_and_what_was_due_before_and_went_since_does(store: SqlStore) -> None:
    queue(with_rounds(store), a_due("anna", due_at=BEGINS - 2 * DAY), a_due("anna", step="other", due_at=BEGINS - DAY))
    assert count(store) == 2, "both are about to go"
    first, second = claim(store, "w")
    with store.write() as session:
        session.outbox.record_sent(first.id, owner="w", reply="250", now=BEGINS - DAY)
    assert count(store) == 1
    with store.write() as session:
        session.outbox.record_sent(second.id, owner="w", reply="250", now=NOON)
    assert count(store) == 1


def test_what_never_left_does_not_count(store: SqlStore) -> None:
    queue(with_rounds(store), "anna")
    with store.write() as session:
        session.outbox.skip(a_due("anna", step="skipped"), "it stands in the weekly summary", now=NOON)
    [message] = claim(store, "w")
    assert count(store) == 1
    failed = Verdict(state=OutboxState.FAILED, not_before=LATER, reason="no such mailbox")
    with store.write() as session:
        session.outbox.record_failure(message.id, failed, owner="w", now=NOON)

    assert count(store) == 0


def test_what_hr_held_since_counts_and_what_they_have_held_for_longer_does_not(store: SqlStore) -> None:
    old, _ = queue(with_rounds(store), a_due("anna", step="old", due_at=BEGINS - 2 * DAY), a_due("anna"))
    with store.write() as session:
        assert session.outbox.move([old], to=OutboxState.HELD, reason="held by hand", now=BEGINS - DAY) == 1
    assert count(store) == 1
    with store.write() as session:
        assert session.outbox.move([old], to=OutboxState.QUEUED, reason="released", now=NOON) == 1

    assert count(store) == 2


def test_of_a_round_that_is_gone_nothing_counts(store: SqlStore) -> None:
    queue(with_rounds(store), "anna", a_due("anna", round=OTHER.id))
    store.purge_round(OTHER.id)

    assert count(store) == 1
    with store.write() as session:
        due = a_due("anna", step="another")
        assert session.outbox.add(a_mail(due), due, now=NOON)
    assert count(store) == 2
