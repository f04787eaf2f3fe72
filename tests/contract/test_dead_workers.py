"""Whenever a worker dies, at most one message is in doubt, and none is lost."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from databases import Database
from stored_messages import LATER, NOON, ROUND, claim, queue, states
from talkcycle.domain.messages import OutboxState
from talkcycle.store.open import SqlStore

QUEUED, UNKNOWN, SENT = OutboxState.QUEUED, OutboxState.UNKNOWN, OutboxState.SENT
TESTS = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def _with_three_messages(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
    queue(store, "first", "second", "third")


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("in_the_claim", [QUEUED, QUEUED, QUEUED]),
        ("after_the_claim", [UNKNOWN, QUEUED, QUEUED]),
        ("in_the_outcome", [UNKNOWN, QUEUED, QUEUED]),
        ("after_the_outcome", [SENT, UNKNOWN, QUEUED]),
    ],
)
def test_a_killed_worker_leaves_one_message_in_doubt(
    store: SqlStore, database: Database, point: str, left: list[OutboxState]
) -> None:
    worker = subprocess.run(
        [sys.executable, TESTS / "contract" / "dying_worker.py", database.url, point],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        check=False,
    )
    assert worker.returncode == -signal.SIGKILL
    with store.write() as session:
        buried = session.outbox.bury(silent_since=None, now=NOON, unknown_pause_until=LATER)
    assert buried == sum(state is not SENT for state in left) * (point != "in_the_claim")
    assert list(states(store).values()) == left
    with store.write() as session:
        session.outbox.wake_unknown(now=LATER)
    assert {state for state in states(store).values() if state is not SENT} == {QUEUED}


def test_an_outcome_recorded_while_the_worker_is_buried_counts(store: SqlStore, database: Database) -> None:
    """The worker was only slow: what it reports before the burial is done with must not go again."""
    first, *_ = claim(store, "slow")
    other = database.open()
    buried: list[int] = []

    def bury() -> None:
        with other.write() as session:
            buried.append(session.outbox.bury(silent_since=LATER, now=LATER, unknown_pause_until=LATER))

    burial = threading.Thread(target=bury)
    with store.write() as session:
        assert session.outbox.record_sent(first.id, owner="slow", reply="250 OK", now=NOON)
        burial.start()
        _until_it_waits(burial, database)
    burial.join()
    other.close()
    assert buried == [2]
    assert list(states(store).values()) == [SENT, UNKNOWN, QUEUED]


def _until_it_waits(burial: threading.Thread, database: Database) -> None:
    """For a lock on a row; SQLite has one lock for all, so there a burial can only come before or after."""
    if database.url.startswith("sqlite"):
        return
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while burial.is_alive() and database.query(waiting) == [(0,)]:
        pass
