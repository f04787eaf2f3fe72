import random
import threading
from datetime import timedelta

import pytest

from dispatching import JumpingClock
from talkcycle.daemon.rate import RateLimiter


class Patience:
    """A stop that never comes; waiting makes the clock jump by as much."""

    def __init__(self, clock: JumpingClock) -> None:
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.clock.jump(timedelta(seconds=timeout))
        return False

    def is_set(self) -> bool:
        return False


def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def test_messages_are_spaced_evenly_and_not_sent_in_bursts() -> None:
    clock = JumpingClock()
    limiter, start = RateLimiter(30, clock=clock), clock.now()

    sent_at = []
    for _ in range(5):
        assert limiter.acquire(Patience(clock))
        sent_at.append((clock.now() - start).total_seconds())

    assert sent_at == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("per_minute", [1, 7, 30, 60])
def test_no_minute_has_more_messages_than_the_limit(per_minute: int) -> None:
    clock = JumpingClock()
    limiter = RateLimiter(per_minute, clock=clock)

    sent_at = []
    for _ in range(3 * per_minute + 1):
        limiter.acquire(Patience(clock))
        sent_at.append(clock.now())

    busiest = max(sum(first <= at < first + timedelta(minutes=1) for at in sent_at) for first in sent_at)
    assert busiest == per_minute


def test_two_workers_share_one_limit() -> None:
    limiter = RateLimiter(60, clock=JumpingClock())

    assert [limiter.reserve().total_seconds() for _ in range(4)] == [0, 1, 2, 3]


def test_many_workers_at_a_slow_rate_wait_longer_than_a_minute_and_do_not_burst() -> None:
    limiter = RateLimiter(1, clock=JumpingClock())

    assert [limiter.reserve().total_seconds() for _ in range(4)] == [0, 60, 120, 180]


def test_after_a_quiet_hour_there_is_nothing_saved_up() -> None:
    clock = JumpingClock()
    limiter = RateLimiter(30, clock=clock)
    limiter.reserve()
    clock.jump(timedelta(hours=1))

    assert [limiter.reserve().total_seconds() for _ in range(3)] == [0, 2, 4]


def test_a_clock_that_was_set_back_does_not_stop_the_mail() -> None:
    clock = JumpingClock()
    limiter = RateLimiter(30, clock=clock)
    limiter.reserve()
    clock.jump(-timedelta(days=1))

    assert [limiter.reserve().total_seconds() for _ in range(2)] == [2, 4]


def test_however_unevenly_messages_travel_no_minute_has_more_where_they_arrive() -> None:
    clock, chance = JumpingClock(), random.Random(7)
    limiter, start = RateLimiter(30, clock=clock), clock.now()

    arrived = []
    for _ in range(200):
        with limiter.turn(Patience(clock)) as mine:
            assert mine
            clock.jump(timedelta(seconds=chance.uniform(0.05, 0.9)))
            arrived.append(clock.now())
            clock.jump(timedelta(seconds=chance.uniform(0.05, 0.9)))

    busiest = max(sum(first <= at < first + timedelta(minutes=1) for at in arrived) for first in arrived)
    assert busiest == 30
    assert arrived[-1] - start < timedelta(minutes=200 / 30) * 1.05, "and hardly any time is lost over it"


def test_the_next_one_counts_from_when_the_one_before_was_through() -> None:
    clock = JumpingClock()
    limiter = RateLimiter(1, clock=clock)

    with limiter.turn(Patience(clock)):
        clock.jump(timedelta(seconds=10))
        assert limiter.wait() == timedelta(seconds=50), "it may have been counted at once"
    assert limiter.wait() == timedelta(seconds=60), "or only now"


def test_two_under_way_at_once_are_both_counted() -> None:
    clock = JumpingClock()
    limiter = RateLimiter(2, clock=clock)

    with limiter.turn(Patience(clock)), limiter.turn(Patience(clock)):
        clock.jump(timedelta(seconds=5))
    clock.jump(timedelta(seconds=40))

    assert [limiter.reserve().total_seconds() for _ in range(2)] == [20, 50], "they were through at 35 seconds"


def test_who_comes_a_little_late_takes_no_place_from_the_others() -> None:
    clock = JumpingClock()
    limiter = RateLimiter(30, clock=clock)
    limiter.reserve()
    clock.jump(timedelta(seconds=3))

    assert [limiter.reserve().total_seconds() for _ in range(3)] == [0, 1, 3]


def test_a_minute_that_was_full_is_no_longer_when_the_clock_was_set_back() -> None:
    clock = JumpingClock()
    limiter = RateLimiter(1, clock=clock)
    with limiter.turn(Patience(clock)):
        clock.jump(timedelta(seconds=1))
    clock.jump(-timedelta(days=1))

    assert limiter.reserve() <= timedelta(seconds=61)


def test_without_a_limit_nobody_waits() -> None:
    limiter = RateLimiter(None, clock=JumpingClock())

    assert [limiter.reserve() for _ in range(3)] == [timedelta()] * 3
    assert limiter.acquire(threading.Event())


@pytest.mark.parametrize("per_minute", [None, 30])
def test_who_is_told_to_stop_gets_no_turn(per_minute: int | None) -> None:
    limiter = RateLimiter(per_minute, clock=JumpingClock())

    assert [limiter.acquire(stopped()), limiter.acquire(stopped())] == [False, False]
