"""A worker that is killed at a point of its choice: ``dying_worker.py URL POINT``."""

import os
import signal
import sys
from collections.abc import Callable

from databases import SECRET
from stored_messages import NOON, claim
from talkcycle.store.open import SqlStore, open_store


def in_the_claim(store: SqlStore) -> None:
    with store.write() as session:
        assert len(session.outbox.claim(owner="dying", transport="smtp", now=NOON, limit=50)) == 3
        die()


def after_the_claim(store: SqlStore) -> None:
    assert len(claim(store, "dying")) == 3
    die()


def in_the_outcome(store: SqlStore) -> None:
    first, *_ = claim(store, "dying")
    with store.write() as session:
        assert session.outbox.record_sent(first.id, owner="dying", reply="250 OK", now=NOON)
        die()


def after_the_outcome(store: SqlStore) -> None:
    first, *_ = claim(store, "dying")
    with store.write() as session:
        assert session.outbox.record_sent(first.id, owner="dying", reply="250 OK", now=NOON)
    die()


POINTS: dict[str, Callable[[SqlStore], None]] = {
    point.__name__: point for point in (in_the_claim, after_the_claim, in_the_outcome, after_the_outcome)
}


def die() -> None:
    """As by SIGKILL from outside: nothing is closed, rolled back or said."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    POINTS[sys.argv[2]](open_store(sys.argv[1], secret=SECRET))
