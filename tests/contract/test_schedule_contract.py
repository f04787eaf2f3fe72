"""What the schedule promises, on every database: each subject's next instant, and who looks at it."""

import threading
from datetime import timedelta

from stored_messages import LATER, NOON, ROUND
from talkcycle.domain.store import DueSubject
from talkcycle.store.open import SqlStore

LEASE = LATER + timedelta(minutes=10)


def test_the_schedule_gives_what_is_due_earliest_first(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
        assert session.schedule.next() is None
        session.schedule.put(ROUND.id, {"talk:b": LATER, "talk:a": NOON, "round": None, "talk:c": NOON})
        session.schedule.put(ROUND.id, {})
    with store.read() as session:
        due = session.schedule.due(before=LATER + timedelta(seconds=1), limit=9)
        assert [(each.subject, each.at) for each in due] == [("talk:a", NOON), ("talk:c", NOON), ("talk:b", LATER)]
        assert session.schedule.due(before=LATER, limit=1) == [DueSubject(round=ROUND.id, subject="talk:a", at=NOON)]
        assert session.schedule.due(before=NOON, limit=9) == []
        assert (session.schedule.count(before=LATER), session.schedule.next()) == (2, NOON)
    with store.write() as session:
        session.schedule.put(ROUND.id, {"talk:a": None, "talk:c": None})
        assert session.schedule.next() == LATER


def test_a_claimed_subject_comes_back_when_its_lease_is_over(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.schedule.put(ROUND.id, {"talk:a": NOON, "talk:b": NOON, "talk:c": LATER})
    with store.write() as session:
        taken = session.schedule.claim(before=LATER, until=LEASE, limit=1)
        taken += session.schedule.claim(before=LATER, until=LEASE, limit=9)
        assert [(each.subject, each.at) for each in taken] == [("talk:a", NOON), ("talk:b", NOON)]
        assert session.schedule.claim(before=LATER, until=LEASE, limit=9) == []
        assert session.schedule.next() == LATER
        again = session.schedule.due(before=LEASE + timedelta(seconds=1), limit=9)
    assert [each.subject for each in again] == ["talk:c", "talk:a", "talk:b"]


def test_two_ticks_at_once_never_take_the_same_subject(store: SqlStore) -> None:
    subjects = {f"talk:{number:03}": NOON for number in range(100)}
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.schedule.put(ROUND.id, dict(subjects))
    taken: list[str] = []

    def tick() -> None:
        while True:
            with store.write() as session:
                batch = session.schedule.claim(before=LATER, until=LATER, limit=9)
            if not batch:
                return
            taken.extend(each.subject for each in batch)

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(subjects)


def test_whoever_looked_says_when_to_look_next(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.schedule.put(ROUND.id, {"talk:a": NOON, "talk:b": NOON})
        session.schedule.claim(before=LATER, until=LEASE, limit=9)
        session.schedule.release(ROUND.id, {"talk:a": LATER, "talk:b": None}, lease=LEASE)
        session.schedule.release(ROUND.id, {}, lease=LEASE)
        due = session.schedule.due(before=LEASE + timedelta(days=999), limit=9)
    assert due == [DueSubject(round=ROUND.id, subject="talk:a", at=LATER)]


def test_what_was_put_or_claimed_meanwhile_stays(store: SqlStore) -> None:
    longer = LEASE + timedelta(minutes=10)
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.schedule.put(ROUND.id, {"talk:put": NOON, "talk:ended": NOON, "talk:claimed": NOON, "talk:held": NOON})
        session.schedule.claim(before=LATER, until=LEASE, limit=9)
        session.schedule.put(ROUND.id, {"talk:put": NOON, "talk:ended": None, "talk:claimed": NOON - timedelta(1)})
        assert len(session.schedule.claim(before=NOON, until=longer, limit=1)) == 1
        everything = dict.fromkeys(("talk:put", "talk:ended", "talk:claimed", "talk:held", "talk:gone"), LATER)
        session.schedule.release(ROUND.id, everything, lease=LEASE)
        session.schedule.release("another", everything, lease=LEASE)
        due = session.schedule.due(before=LEASE + timedelta(days=999), limit=9)
    assert [(each.subject, each.at) for each in due] == [
        ("talk:put", NOON),
        ("talk:held", LATER),
        ("talk:claimed", longer),
    ]
