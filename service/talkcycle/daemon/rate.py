"""So many messages a minute, over all connections together."""

import threading
from datetime import datetime, timedelta
from typing import Protocol

from talkcycle.domain.ports import Clock


class Stop(Protocol):
    """What ``threading.Event`` offers to those who wait."""

    def wait(self, timeout: float | None = None) -> bool: ...
    def is_set(self) -> bool: ...


class RateLimiter:
    """Spaces messages evenly: bursts are what servers punish. Safe to share between threads."""

    def __init__(self, per_minute: int | None, *, clock: Clock) -> None:
        self.gap = timedelta(minutes=1) / per_minute if per_minute else None
        self.clock = clock
        self.seen: datetime | None = None
        self.free_at: datetime | None = None
        self.lock = threading.Lock()

    def acquire(self, stop: Stop) -> bool:
        """Wait for one's turn; false when *stop* came first."""
        if self.gap is None:
            return not stop.is_set()
        wait = self.reserve()
        return not stop.wait(wait.total_seconds()) if wait else not stop.is_set()

    def wait(self) -> timedelta:
        """How far away the next free place is; it is not taken."""
        with self.lock:
            return max(timedelta(), (self.free_at or self.clock.now()) - self.clock.now())

    def reserve(self) -> timedelta:
        """Take the next free place and say how far away it is."""
        if self.gap is None:
            return timedelta()
        with self.lock:
            now = self.clock.now()
            if self.free_at is not None and self.seen is not None and now < self.seen:
                self.free_at -= self.seen - now  # a clock that was set back must not stop the mail
            start = max(now, self.free_at or now)
            self.seen, self.free_at = now, start + self.gap
        return start - now
