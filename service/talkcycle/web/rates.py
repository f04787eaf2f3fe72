"""How often somebody may ask: so many at once, and then as many as come back in time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

MOST_KEPT = 20_000


@dataclass(slots=True)
class Rates:
    """A bucket for each key: it holds *most*, and fills again within *per* seconds. Of one thread.

    Attributes:
        clock: Seconds from whenever.
    """

    most: int
    per: float
    clock: Callable[[], float] = monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def allows(self, key: str) -> bool:
        """Whether *key* may ask once more now; if so, it has."""
        now = self.clock()
        left, at = self._buckets.pop(key, (float(self.most), now))
        left = min(float(self.most), left + (now - at) * self.most / self.per)
        allowed = left >= 1
        self._buckets[key] = (left - 1 if allowed else left, now)  # the newest last
        while len(self._buckets) > MOST_KEPT:
            self._buckets.pop(next(iter(self._buckets)))
        return allowed
