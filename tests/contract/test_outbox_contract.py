"""What the outbox promises, on every database."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import StatementError

from databases import Database
from stored_messages import LATER, NOON, ROUND, a_due, a_mail, claim, queue, row, states
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.store import OutboxFilter
from talkcycle.store.open import SqlStore

SECOND = timedelta(seconds=1)
PAUSE = NOON + timedelta(minutes=15)


@pytest.fixture(autouse=True)
def _with_a_round(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})


@pytest.fixture
def another(database: Database) -> Iterator[SqlStore]:
    """What another process has of the same database."""
    opened = database.open()
    yield opened
    opened.close()


def settle(store: SqlStore, id_: int, owner: str, verdict: Verdict | None = None) -> bool:
    """Record that the message was sent, or how it failed."""
    with store.write() as session:
        if verdict is None:
            return session.outbox.record_sent(id_, owner=owner, reply="250 OK", now=NOON)
        return session.outbox.record_failure(id_, verdict, owner=owner, now=NOON)


def in_threads(works: list[Callable[[], None]]) -> None:
    """Run all at once, from one starting gun; raise what any of them raised."""
    gun = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            gun.wait()
            work()
        except BaseException as failure:  # noqa: BLE001  # raised below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# Keys


def test_a_key_is_stored_once_whoever_asks(store: SqlStore) -> None:
    due = a_due()
    with store.write() as session:
        assert session.outbox.add(a_mail(due), due, now=NOON) is True
        assert session.outbox.add(a_mail(due, payload=b"other"), due, now=NOON) is False
        assert session.outbox.skip(due, "too late", now=NOON) is False
    with store.write() as session:
        assert session.outbox.add(a_mail(due), due, now=NOON) is False
        known = session.outbox.of_subjects(ROUND.id, ["talk:anna"])
    assert [(each.key, each.state) for each in known] == [(due.key, OutboxState.QUEUED)]


@pytest.mark.parametrize(
    "other",
    [{"subject": "talk:bo"}, {"step": "invitation"}, {"occasion": "2027-W10"}, {"recipient": "hr"}, {"version": 1}],
)
def test_keys_that_differ_in_one_column_are_two_messages(store: SqlStore, other: dict[str, str]) -> None:
    with store.write() as session:
        for due in (a_due(), a_due(**other)):
            assert session.outbox.add(a_mail(due), due, now=NOON) is True
            assert session.outbox.skip(due, "known", now=NOON) is False


def test_writers_at_once_store_each_key_once(store: SqlStore, another: SqlStore) -> None:
    dues = [a_due(f"p{number}") for number in range(20)]
    new: list[str] = []

    def write(to: SqlStore) -> Callable[[], None]:
        def all_of_them() -> None:
            for due in dues:
                with to.write() as session:
                    if session.outbox.add(a_mail(due), due, now=NOON):
                        new.append(due.key.recipient)

        return all_of_them

    in_threads([write(store), write(another)] * 2)
    assert sorted(new) == sorted(due.key.recipient for due in dues)


def test_what_was_queued_comes_back_whole(store: SqlStore) -> None:
    due = a_due(occasion="2027-W10", version=3, expires_at=LATER)
    mail = a_mail(due)
    with store.write() as session:
        session.outbox.add(mail, due, now=NOON)
        (known,) = session.outbox.find(OutboxFilter())
        assert session.outbox.payload(known.id) == mail.payload
    assert known.key == due.key
    assert (known.kind, known.state, known.due_at, known.expires_at) == (due.kind, OutboxState.QUEUED, NOON, LATER)
    assert (known.why, known.reason, known.attempts, known.uncertain) == (due.why, "", 0, False)
    assert (known.transport, known.mailbox, known.address) == (mail.transport, mail.mailbox, mail.address)
    assert (known.message_id, known.size, known.settled_at) == (mail.message_id, len(mail.payload), None)
    assert known.digest == hashlib.sha256(mail.payload).hexdigest()


def test_what_is_skipped_says_why_and_has_no_bytes(store: SqlStore) -> None:
    with store.write() as session:
        assert session.outbox.skip(a_due(), "the talk has begun", now=LATER) is True
        (known,) = session.outbox.find(OutboxFilter())
        assert session.outbox.payload(known.id) is None
    assert (known.state, known.reason, known.settled_at) == (OutboxState.SKIPPED, "the talk has begun", LATER)


# Claims


def test_a_claim_takes_what_is_due_longest_waiting_first(store: SqlStore) -> None:
    queue(store, a_due("third", due_at=NOON - SECOND), a_due("first", due_at=NOON - 3 * SECOND))
    queue(store, a_due("second", due_at=NOON - 2 * SECOND), a_due("now"), a_due("later", due_at=NOON + SECOND))
    batch = claim(store, "w", limit=3)
    assert [each.key.recipient for each in batch] == ["person:first", "person:second", "person:third"]
    assert [each.key.recipient for each in claim(store, "w")] == ["person:now"]
    assert claim(store, "w") == []


def test_a_claimed_message_is_what_was_rendered(store: SqlStore) -> None:
    due = a_due()
    mail = a_mail(due)
    (id_,) = queue(store, due)
    (claimed,) = claim(store, "w")
    assert (claimed.id, claimed.key, claimed.kind) == (id_, due.key, due.kind)
    assert (claimed.payload, claimed.address, claimed.mailbox) == (mail.payload, mail.address, mail.mailbox)
    assert (claimed.attempts, claimed.uncertain) == (0, False)


def test_a_claim_is_for_one_transport(store: SqlStore) -> None:
    due = a_due()
    with store.write() as session:
        session.outbox.add(a_mail(due, transport="graph"), due, now=NOON)
    assert claim(store, "w") == []


def test_claims_at_once_never_share_a_message(store: SqlStore, another: SqlStore) -> None:
    names = [f"p{number:03}" for number in range(120)]
    queue(store, *names)
    taken: dict[str, list[str]] = {f"worker{number}": [] for number in range(4)}

    def work(on: SqlStore, owner: str) -> Callable[[], None]:
        def until_empty() -> None:
            while batch := claim(on, owner, limit=7):
                for message in batch:
                    taken[owner].append(message.key.recipient)
                    assert settle(on, message.id, owner)

        return until_empty

    in_threads([work(on, owner) for on, owner in zip([store, another] * 2, taken, strict=True)])
    assert sorted(name for names_ in taken.values() for name in names_) == [f"person:{name}" for name in names]
    assert set(states(store).values()) == {OutboxState.SENT}


def test_on_hold_nothing_is_claimed(store: SqlStore) -> None:
    queue(store, "anna")
    with store.write() as session:
        session.ledger.set_hold("HR asked")
    assert claim(store, "w") == []
    with store.write() as session:
        session.ledger.set_hold(None)
    assert len(claim(store, "w")) == 1


def test_what_has_expired_is_skipped_by_whoever_claims_and_does_not_hide_the_rest(store: SqlStore) -> None:
    expired = [a_due(f"old{number}", due_at=NOON - SECOND, expires_at=NOON) for number in range(5)]
    ids = queue(store, *expired, a_due("young", expires_at=NOON + SECOND))
    batch = claim(store, "w", limit=2)
    assert [each.key.recipient for each in batch] == ["person:young"]
    assert {row(store, id_).state for id_ in ids[:5]} == {OutboxState.SKIPPED}
    assert row(store, ids[0]).reason == "its purpose had passed before it could be sent"
    assert row(store, ids[0]).settled_at == NOON


def test_what_is_about_a_subject_that_is_to_be_looked_at_waits_for_that_and_keeps_nothing_else_waiting(
    store: SqlStore,
) -> None:
    ids = queue(store, a_due("anna", subject="talk:anna"), a_due("bo", subject="talk:bo"))
    with store.write() as session:
        session.schedule.put(ROUND.id, {"talk:anna": NOON + timedelta(minutes=4), "talk:bo": NOON + timedelta(hours=1)})
    assert [each.id for each in claim(store, "w")] == ids[1:]
    with store.write() as session:
        assert session.outbox.lanes(now=NOON) == []
        session.schedule.put(ROUND.id, {"talk:anna": None})
        assert len(session.outbox.lanes(now=NOON)) == 1
    assert [each.id for each in claim(store, "w")] == ids[:1]


def test_what_is_about_a_subject_that_a_tick_is_looking_at_waits_until_it_has_or_somebody_else_does(
    store: SqlStore,
) -> None:
    lease, later = NOON + timedelta(minutes=70), NOON + timedelta(hours=2)
    ids = queue(store, a_due("anna", subject="talk:anna"), a_due("bo", subject="talk:bo"))
    with store.write() as session:
        session.schedule.put(ROUND.id, {"talk:anna": NOON, "talk:bo": NOON})
        session.schedule.claim(before=NOON + timedelta(hours=1), until=lease, limit=10)
        assert session.outbox.lanes(now=NOON) == []
    assert claim(store, "w") == []
    with store.write() as session:
        session.schedule.release(ROUND.id, {"talk:bo": later}, lease=lease)
    assert [each.id for each in claim(store, "w")] == ids[1:]
    with store.write() as session:
        session.schedule.put(ROUND.id, {"talk:anna": later})
    assert [each.id for each in claim(store, "w")] == ids[:1]


def test_what_was_withdrawn_is_not_claimed(store: SqlStore) -> None:
    ids = queue(store, "anna", "bo")
    with store.write() as session:
        assert session.outbox.withdraw({ids[0]: "the talk moved", 999_999: "nobody"}, now=LATER) == 1
    assert [each.id for each in claim(store, "w")] == ids[1:]
    withdrawn = row(store, ids[0])
    assert (withdrawn.state, withdrawn.reason, withdrawn.settled_at) == (OutboxState.WITHDRAWN, "the talk moved", LATER)


def test_only_what_waits_can_be_withdrawn(store: SqlStore) -> None:
    sent, sending, unknown, held = queue(store, "sent", "sending", "unknown", "held")
    claim(store, "w", limit=3)
    settle(store, sent, "w")
    settle(store, unknown, "w", Verdict(state=OutboxState.UNKNOWN, not_before=PAUSE, reason="cut off", uncertain=True))
    with store.write() as session:
        assert session.outbox.move([held], to=OutboxState.HELD, reason="wait", now=NOON) == 1
        assert session.outbox.withdraw(dict.fromkeys((sent, sending, unknown, held), "moved"), now=NOON) == 2
    assert states(store) == {
        "sent": OutboxState.SENT,
        "sending": OutboxState.SENDING,
        "unknown": OutboxState.WITHDRAWN,
        "held": OutboxState.WITHDRAWN,
    }


# Outcomes


def test_what_was_sent_is_settled_with_the_servers_words(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "w")
    with store.write() as session:
        assert session.outbox.record_sent(id_, owner="w", reply="250 queued as 1", now=LATER) is True
        assert session.outbox.record_sent(id_, owner="w", reply="250 again", now=LATER) is False
    sent = row(store, id_)
    assert (sent.state, sent.reply, sent.attempts, sent.settled_at) == (OutboxState.SENT, "250 queued as 1", 1, LATER)


@pytest.mark.parametrize("verdict", [None, Verdict(state=OutboxState.FAILED, not_before=None, reason="no such user")])
def test_the_outcome_of_a_lost_claim_is_refused(store: SqlStore, verdict: Verdict | None) -> None:
    (id_,) = queue(store, "anna")
    assert settle(store, id_, "nobody", verdict) is False
    claim(store, "w")
    assert settle(store, id_, "another", verdict) is False
    before = row(store, id_)
    assert before.state is OutboxState.SENDING
    with store.write() as session:
        assert session.outbox.give_back([id_], owner="another", now=NOON) == 0
        assert session.outbox.give_back([id_], owner="w", now=NOON) == 1
    assert settle(store, id_, "w", verdict) is False
    assert settle(store, 999_999, "w", verdict) is False
    with store.read() as session:
        assert session.outbox.attempts(id_) == []


def test_a_transient_failure_waits_for_its_next_try(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "w")
    settle(store, id_, "w", Verdict(state=OutboxState.QUEUED, not_before=PAUSE, reason="greylisted"))
    waiting = row(store, id_)
    assert (waiting.state, waiting.attempts, waiting.not_before) == (OutboxState.QUEUED, 1, PAUSE)
    assert (waiting.reason, waiting.due_at, waiting.settled_at) == ("greylisted", NOON, None)
    assert claim(store, "w", at=PAUSE - SECOND) == []
    assert [each.attempts for each in claim(store, "w", at=PAUSE)] == [1]
    with store.read() as session:
        assert session.outbox.attempts(id_) == [(NOON, "greylisted")]


def test_a_permanent_failure_is_settled_and_every_attempt_is_kept(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    for reason, state in (("greylisted", OutboxState.QUEUED), ("no such user", OutboxState.FAILED)):
        claim(store, "w")
        settle(store, id_, "w", Verdict(state=state, not_before=None, reason=reason))
    failed = row(store, id_)
    assert (failed.state, failed.reason, failed.attempts) == (OutboxState.FAILED, "no such user", 2)
    assert failed.settled_at == NOON
    with store.read() as session:
        assert session.outbox.attempts(id_) == [(NOON, "greylisted"), (NOON, "no such user")]
        assert session.outbox.attempts(999_999) == []


def test_an_unknown_goes_again_after_its_pause_and_stays_uncertain(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "w")
    settle(store, id_, "w", Verdict(state=OutboxState.UNKNOWN, not_before=PAUSE, reason="cut off", uncertain=True))
    with store.write() as session:
        assert session.outbox.wake_unknown(now=PAUSE - SECOND) == 0
        assert session.outbox.next_due() == PAUSE
    assert claim(store, "w", at=PAUSE) == []
    with store.write() as session:
        assert session.outbox.wake_unknown(now=PAUSE) == 1
    (again,) = claim(store, "w", at=PAUSE)
    assert (again.id, again.uncertain, again.attempts) == (id_, True, 1)
    settle(store, id_, "w", Verdict(state=OutboxState.QUEUED, not_before=PAUSE, reason="busy"))
    assert row(store, id_).uncertain is True


def test_of_what_may_have_arrived_and_expires_before_it_can_go_again_nobody_says_that_it_was_not_sent(
    store: SqlStore,
) -> None:
    (id_,) = queue(store, a_due("anna", expires_at=PAUSE))
    claim(store, "w")
    settle(store, id_, "w", Verdict(state=OutboxState.UNKNOWN, not_before=PAUSE, reason="cut off", uncertain=True))
    with store.write() as session:
        assert session.outbox.wake_unknown(now=PAUSE) == 1
    assert claim(store, "w", at=PAUSE) == []
    found = row(store, id_)
    assert (found.state, found.uncertain) == (OutboxState.SKIPPED, True)
    assert found.reason == "it may have arrived; its purpose had passed before the same bytes could go again"


# Dead owners


def test_of_a_dead_owner_the_first_without_an_outcome_is_unknown_and_the_rest_go_back(store: SqlStore) -> None:
    ids = queue(
        store,
        a_due("last", due_at=NOON - SECOND),
        a_due("first", due_at=NOON - 4 * SECOND),
        a_due("third", due_at=NOON - 2 * SECOND),
        a_due("second", due_at=NOON - 3 * SECOND),
    )
    batch = claim(store, "dead")
    settle(store, batch[0].id, "dead")
    with store.write() as session:
        assert session.outbox.bury(silent_since=None, now=NOON, unknown_pause_until=PAUSE) == 3
        assert session.outbox.bury(silent_since=None, now=NOON, unknown_pause_until=PAUSE) == 0
    assert states(store) == {
        "first": OutboxState.SENT,
        "second": OutboxState.UNKNOWN,
        "third": OutboxState.QUEUED,
        "last": OutboxState.QUEUED,
    }
    unknown = row(store, ids[3])
    assert (unknown.not_before, unknown.uncertain, unknown.attempts) == (PAUSE, True, 1)
    with store.read() as session:
        assert session.outbox.attempts(ids[3]) == [(NOON, unknown.reason)]
    assert [row(store, id_).attempts for id_ in (ids[2], ids[0])] == [0, 0]
    assert settle(store, ids[3], "dead") is False
    assert [each.id for each in claim(store, "alive")] == [ids[2], ids[0]]


def test_every_dead_owner_leaves_one_unknown(store: SqlStore) -> None:
    queue(store, "a1", "a2", "b1", "b2")
    claim(store, "a", limit=2)
    claim(store, "b", limit=2)
    with store.write() as session:
        assert session.outbox.bury(silent_since=None, now=NOON, unknown_pause_until=PAUSE) == 4
    assert states(store) == {
        "a1": OutboxState.UNKNOWN,
        "a2": OutboxState.QUEUED,
        "b1": OutboxState.UNKNOWN,
        "b2": OutboxState.QUEUED,
    }


def test_hr_may_have_what_a_dead_owner_left_held(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "dead")
    with store.write() as session:
        assert session.outbox.bury(silent_since=None, now=LATER, unknown_pause_until=None) == 1
        assert session.outbox.wake_unknown(now=LATER + timedelta(days=9)) == 0
    held = row(store, id_)
    assert (held.state, held.uncertain) == (OutboxState.HELD, True)
    assert held.reason == "its worker died; it may have arrived, so it is held"


def test_who_has_spoken_lately_is_not_buried(store: SqlStore) -> None:
    queue(store, "silent", "speaking")
    claim(store, "silent", limit=1)
    claim(store, "speaking", limit=1)
    with store.write() as session:
        session.outbox.beat("speaking", now=LATER)
    with store.write() as session:
        assert session.outbox.bury(silent_since=LATER, now=LATER, unknown_pause_until=PAUSE) == 1
    assert states(store) == {"silent": OutboxState.UNKNOWN, "speaking": OutboxState.SENDING}
    with store.write() as session:
        assert session.outbox.bury(silent_since=LATER + SECOND, now=LATER, unknown_pause_until=PAUSE) == 1


def test_an_owner_that_was_buried_while_it_slept_may_go_on_with_new_claims(store: SqlStore) -> None:
    ids = queue(store, "anna", "bo")
    claim(store, "sleepy", limit=1)
    with store.write() as session:
        session.outbox.bury(silent_since=LATER, now=LATER, unknown_pause_until=LATER)
    assert settle(store, ids[0], "sleepy") is False
    assert [each.id for each in claim(store, "sleepy", at=LATER)] == [ids[1]]
    with store.write() as session:
        assert session.outbox.bury(silent_since=LATER, now=LATER, unknown_pause_until=LATER) == 0
    assert settle(store, ids[1], "sleepy") is True


# Decisions of people


def test_a_held_message_waits_until_it_is_released_and_then_goes_at_once(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    with store.write() as session:
        assert session.outbox.move([id_], to=OutboxState.HELD, reason="held by hanna", now=NOON) == 1
    assert claim(store, "w") == []
    assert row(store, id_).reason == "held by hanna"
    with store.write() as session:
        assert session.outbox.move([id_], to=OutboxState.QUEUED, reason="released by hanna", now=LATER) == 1
    released = row(store, id_)
    assert (released.state, released.not_before, released.reason) == (OutboxState.QUEUED, LATER, "released by hanna")
    assert [each.id for each in claim(store, "w", at=LATER)] == [id_]


def test_a_message_released_early_still_waits_for_its_instant(store: SqlStore) -> None:
    (id_,) = queue(store, a_due(due_at=LATER))
    with store.write() as session:
        session.outbox.move([id_], to=OutboxState.HELD, reason="held", now=NOON)
        session.outbox.move([id_], to=OutboxState.QUEUED, reason="released", now=NOON)
        assert session.outbox.next_due() == LATER
    assert claim(store, "w", at=LATER - SECOND) == []
    assert len(claim(store, "w", at=LATER)) == 1


def test_a_failed_message_is_tried_afresh(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "w")
    settle(store, id_, "w", Verdict(state=OutboxState.FAILED, not_before=None, reason="no such user"))
    with store.write() as session:
        assert session.outbox.move([id_], to=OutboxState.QUEUED, reason="retried", now=LATER) == 1
    again = row(store, id_)
    assert (again.state, again.attempts, again.settled_at) == (OutboxState.QUEUED, 0, None)
    assert [each.id for each in claim(store, "w", at=LATER)] == [id_]


def test_what_has_left_or_is_leaving_stays_as_it_is(store: SqlStore) -> None:
    sent, sending, waiting = queue(store, "sent", "sending", "waiting")
    with store.write() as session:
        session.outbox.skip(a_due("skipped"), "too late", now=NOON)
        session.outbox.skip(a_due("later", step="invitation"), "too late", now=NOON)
    claim(store, "w", limit=2)
    settle(store, sent, "w")
    everything = range(sent, waiting + 10)
    with store.write() as session:
        assert session.outbox.move(everything, to=OutboxState.QUEUED, reason="retried", now=NOON) == 0
        assert session.outbox.move(everything, to=OutboxState.HELD, reason="held", now=NOON) == 1
    assert states(store) == {
        "sent": OutboxState.SENT,
        "sending": OutboxState.SENDING,
        "waiting": OutboxState.HELD,
        "skipped": OutboxState.SKIPPED,
        "later": OutboxState.SKIPPED,
    }
    assert row(store, sending).state is OutboxState.SENDING


def test_without_its_bytes_a_message_is_not_tried_again(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    claim(store, "w")
    settle(store, id_, "w", Verdict(state=OutboxState.FAILED, not_before=None, reason="no such user"))
    with store.write() as session:
        assert session.outbox.drop_payloads(settled_before=NOON + SECOND) == 1
        assert session.outbox.move([id_], to=OutboxState.QUEUED, reason="retried", now=LATER) == 0
    assert row(store, id_).state is OutboxState.FAILED


# Looking


def test_bytes_of_what_was_settled_long_ago_are_dropped_and_the_hash_stays(store: SqlStore) -> None:
    sent, waiting, sending = queue(store, "sent", "waiting", "sending")
    with store.write() as session:
        session.outbox.move([waiting], to=OutboxState.HELD, reason="held", now=NOON)
    claim(store, "w")
    settle(store, sent, "w")
    before = row(store, sent)
    with store.write() as session:
        assert session.outbox.drop_payloads(settled_before=NOON) == 0
        assert session.outbox.drop_payloads(settled_before=NOON + SECOND) == 1
        assert session.outbox.payload(sent) is None
        assert session.outbox.payload(waiting) is not None
        assert session.outbox.payload(sending) is not None
    assert row(store, sent) == before


def test_messages_are_found_by_what_they_are(store: SqlStore) -> None:
    first, second, third = queue(
        store, a_due("anna"), a_due("bo", due_at=LATER), a_due("anna", step="invitation", due_at=NOON - SECOND)
    )
    with store.write() as session:
        session.outbox.move([second], to=OutboxState.HELD, reason="held", now=NOON)

    def found(**fields: object) -> list[int]:
        with store.read() as session:
            return [each.id for each in session.outbox.find(OutboxFilter(**fields))]  # type: ignore[arg-type]

    assert found() == [third, first, second]
    assert found(limit=2) == [first, second]
    assert found(round=ROUND.id, recipient="person:anna") == [third, first]
    assert found(subject="talk:bo") == [second]
    assert found(step="invitation") == [third]
    assert found(states=frozenset({OutboxState.HELD})) == [second]
    assert found(states=frozenset()) == []
    assert found(round="another") == []


def test_a_round_is_counted_by_step_and_state(store: SqlStore) -> None:
    queue(store, "anna", "bo", a_due("anna", step="invitation"))
    claim(store, "w", limit=1)
    with store.read() as session:
        assert session.outbox.counts(ROUND.id) == {
            ("reminder", OutboxState.SENDING): 1,
            ("reminder", OutboxState.QUEUED): 1,
            ("invitation", OutboxState.QUEUED): 1,
        }
        assert session.outbox.counts("another") == {}


def test_the_next_due_instant_is_the_earliest_that_may_be_tried(store: SqlStore) -> None:
    with store.read() as session:
        assert session.outbox.next_due() is None
    queue(store, a_due("bo", due_at=LATER), "anna")
    with store.read() as session:
        assert session.outbox.next_due() == NOON
    claim(store, "w")
    with store.read() as session:
        assert session.outbox.next_due() == LATER


def test_no_subjects_have_no_messages_and_ten_thousand_can_be_asked_for(store: SqlStore) -> None:
    (id_,) = queue(store, "anna")
    with store.read() as session:
        assert session.outbox.of_subjects(ROUND.id, []) == []
        many = [f"talk:{number}" for number in range(70_000)]
        assert [each.id for each in session.outbox.of_subjects(ROUND.id, [*many, "talk:anna"])] == [id_]


def test_a_naive_instant_is_refused(store: SqlStore) -> None:
    naive = NOON.replace(tzinfo=None)
    due = a_due(due_at=naive)
    with pytest.raises(StatementError, match="naive"), store.write() as session:
        session.outbox.add(a_mail(due), due, now=NOON)
    with pytest.raises(StatementError, match="naive"), store.write() as session:
        session.outbox.claim(owner="w", transport="smtp", now=naive, limit=1)
    assert states(store) == {}
