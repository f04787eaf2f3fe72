"""Sets of possible starts.

A set is a Python integer: bit *i* stands for minute ``i * step`` after the instance's ``t0``. Intersecting the 3,700
bits of a five-week window takes 100 ns, so the whole line is kept, nights included, and no index has to be
translated. Intervals are half-open minutes after ``t0``; they need not lie on the grid.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from talkcycle.domain.people import Interval

Starts = int
"""A set of possible starts."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Starts every *step* minutes up to *horizon*."""

    step: int
    horizon: int

    def within(self, interval: Interval, length: int) -> Starts:
        """Starts of talks of *length* minutes that lie wholly inside *interval*."""
        return self._between(-(-interval[0] // self.step), (interval[1] - length) // self.step)

    def blocked(self, interval: Interval, length: int) -> Starts:
        """Starts of talks of *length* minutes that would overlap *interval*."""
        if interval[0] >= interval[1]:
            return 0
        return self._between((interval[0] - length) // self.step + 1, -(-interval[1] // self.step) - 1)

    def blocked_by(self, intervals: Iterable[Interval], length: int) -> Starts:
        """Starts of talks of *length* minutes that would overlap any of *intervals*."""
        starts = 0
        for interval in intervals:
            starts |= self.blocked(interval, length)
        return starts

    def from_minute(self, minute: int) -> Starts:
        """Starts at *minute* or later."""
        return self._between(-(-minute // self.step), self.horizon // self.step)

    def first(self, starts: Starts) -> int:
        """The earliest start of a set that is not empty."""
        return ((starts & -starts).bit_length() - 1) * self.step

    def minutes(self, starts: Starts) -> Iterator[int]:
        """Every start of a set, the earliest first."""
        while starts:
            yield self.first(starts)
            starts &= starts - 1

    def _between(self, low: int, high: int) -> Starts:
        low, high = max(low, 0), min(high, self.horizon // self.step)
        return ((1 << (high - low + 1)) - 1) << low if low <= high else 0


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Sorted and without empty ones; what touches or overlaps is one."""
    found: list[Interval] = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        elif low < high:
            found.append((low, high))
    return tuple(found)
