"""So many messages a minute, over all connections together."""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from talkcycle.domain.ports import Clock

MINUTE = timedelta(minutes=1)


class Stop(Protocol):
    """What ``threading.Event`` offers to those who wait."""

    def wait(self, timeout: float | None = None) -> bool: ...
    def is_set(self) -> bool: ...


class RateLimiter:
    """Spaces messages evenly: bursts are what servers punish. Safe to share between threads.

    Only the server knows at which moment of its way it counts a message. So none sets out sooner than a minute after the
    one *per_minute* places before it was through: however unevenly they travel, no minute has more there.
    """

    def __init__(self, per_minute: int | None, *, clock: Clock) -> None:
        self.most = per_minute or 0
        self.gap = MINUTE / per_minute if per_minute else None
        self.clock = clock
        self.seen: datetime | None = None
        self.free_at: datetime | None = None
        self.under_way: deque[datetime] = deque()
        self.through: deque[datetime] = deque(maxlen=self.most)
        self.lock = threading.Lock()

    @contextmanager
    def turn(self, stop: Stop) -> Iterator[bool]:
        """Wait for one's turn, which lasts until the message is through; false when *stop* came first."""
        try:
            yield self.acquire(stop)
        finally:
            with self.lock:
                if self.under_way:
                    self.under_way.popleft()
                    self.through.append(self.clock.now())

    def acquire(self, stop: Stop) -> bool:
        """Wait for one's turn; false when *stop* came first."""
        if self.gap is None:
            return not stop.is_set()
        wait = self.reserve()
        return not stop.wait(wait.total_seconds()) if wait else not stop.is_set()

    def wait(self) -> timedelta:
        """How far away the next free place is; it is not taken."""
        if self.gap is None:
            return timedelta()
        with self.lock:
            now = self.clock.now()
            return self._next(now) - now

    def reserve(self) -> timedelta:
        """Take the next free place and say how far away it is."""
        if self.gap is None:
            return timedelta()
        with self.lock:
            now = self.clock.now()
            if self.seen is not None and now < self.seen:
                self._set_back(self.seen - now)
            start = self._next(now)
            late = start - (self.free_at or start)
            # Who came late, but before the next place, has taken nobody else's: being busy must not cost places.
            self.seen, self.free_at = now, start + self.gap - (late if late < self.gap else timedelta())
            self.under_way.append(start)
        return start - now

    def _next(self, now: datetime) -> datetime:
        """The next free place, *now* or later."""
        start = max(now, self.free_at or now)
        before = self._counted_before()
        return start if before is None else max(start, before + MINUTE)

    def _counted_before(self) -> datetime | None:
        """When the server may have counted the one *per_minute* places before the next; None: there was none."""
        places = self.most - len(self.under_way)
        if places <= 0:
            return self.under_way[-self.most]
        return self.through[-places] if len(self.through) >= places else None

    def _set_back(self, by: timedelta) -> None:
        """A clock that was set back must not stop the mail."""
        assert self.free_at is not None
        self.free_at -= by
        self.under_way = deque(at - by for at in self.under_way)
        self.through = deque((at - by for at in self.through), maxlen=self.most)
