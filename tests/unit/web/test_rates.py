"""So many at once, then as many as come back in time; each key by itself."""

from talkcycle.web import rates
from talkcycle.web.rates import Rates


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_what_is_used_up_comes_back_in_time_and_never_more_than_there_was() -> None:
    clock = Clock()
    limit = Rates(most=3, per=60, clock=clock)

    assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]
    clock.seconds = 19.0
    assert not limit.allows("a")
    clock.seconds = 21.0
    assert [limit.allows("a") for _ in range(2)] == [True, False]
    clock.seconds = 10_000.0
    assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]


def test_each_key_has_its_own() -> None:
    limit = Rates(most=1, per=60, clock=Clock())

    assert [limit.allows(key) for key in ("a", "b", "a", "b")] == [True, True, False, False]


def test_strangers_without_number_fill_no_memory() -> None:
    limit = Rates(most=1, per=60, clock=Clock())

    for number in range(rates.MOST_KEPT + 100):
        limit.allows(str(number))

    assert len(limit._buckets) == rates.MOST_KEPT  # noqa: SLF001  # what it holds is the point
