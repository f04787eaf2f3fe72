import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dispatching import NOON, JumpingClock, a_store, queue, states
from talkcycle.daemon.pulse import Pulse
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.store import Session
from talkcycle.store.open import SqlStore

OWNER = "a line"
MINUTE = timedelta(minutes=1)
QUICKLY = timedelta(milliseconds=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """Three messages, all held by one line."""
    store = a_store(tmp_path)
    queue(store, ["one", "two", "three"])
    with store.write() as session:
        assert len(session.outbox.claim(owner=OWNER, transport="smtp", now=NOON, limit=50)) == 3
    yield store
    store.close()


class Listening:
    """*store*, and an event for when something was committed to it."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.written = threading.Event()

    def read(self) -> AbstractContextManager[Session]:
        return self.store.read()

    def write(self) -> AbstractContextManager[Session]:
        return self._write()

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with self.store.write() as session:
            yield session
        self.written.set()

    def purge_round(self, round_: str) -> None:
        self.store.purge_round(round_)

    def drop_agreements(self, *, before: datetime) -> int:
        return self.store.drop_agreements(before=before)


def bury(store: SqlStore, now: datetime) -> int:
    with store.write() as session:
        return session.outbox.bury(silent_since=now - 5 * MINUTE, now=now, unknown_pause_until=None)


def test_a_line_that_says_nothing_for_long_is_not_taken_for_dead(store: SqlStore) -> None:
    clock, listening = JumpingClock(), Listening(store)
    with Pulse(listening, clock, OWNER, every=QUICKLY) as pulse:
        clock.jump(10 * MINUTE)
        for _ in range(2):  # the first may have begun before the jump
            listening.written.clear()
            assert listening.written.wait(timeout=5)
        assert (bury(store, clock.now()), pulse.holds()) == (0, True)


def test_without_a_pulse_it_would_be(store: SqlStore) -> None:
    assert bury(store, NOON + 10 * MINUTE) == 3


def test_who_was_buried_in_its_sleep_learns_it_before_the_next_message(store: SqlStore) -> None:
    clock = JumpingClock()
    with Pulse(store, clock, OWNER) as pulse:
        assert pulse.holds()
        clock.jump(10 * MINUTE)
        assert bury(store, clock.now()) == 3
        assert [pulse.holds(), pulse.holds()] == [False, False]


def test_who_wakes_before_anybody_noticed_goes_on(store: SqlStore) -> None:
    clock = JumpingClock()
    with Pulse(store, clock, OWNER) as pulse:
        clock.jump(10 * MINUTE)
        assert pulse.holds()
        assert bury(store, clock.now()) == 0
    assert states(store) == [OutboxState.SENDING] * 3


def test_what_keeps_it_from_beating_reaches_whoever_works(store: SqlStore) -> None:
    class Broken(Listening):
        def write(self) -> AbstractContextManager[Session]:
            self.written.set()
            raise OSError("the disk is full")

    def work(pulse: Pulse) -> None:
        while pulse.holds():
            pass

    broken = Broken(store)
    with Pulse(broken, JumpingClock(), OWNER, every=QUICKLY) as pulse:
        assert broken.written.wait(timeout=5)
        with pytest.raises(OSError, match="the disk is full"):
            work(pulse)
