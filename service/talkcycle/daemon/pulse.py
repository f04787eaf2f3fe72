"""Say that whoever holds messages is alive, however long a server or the rate limit keeps them waiting."""

import threading
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from talkcycle.domain.ports import Clock
from talkcycle.domain.store import Store

BEAT_EVERY = timedelta(seconds=60)


class Pulse:
    """Beats for *owner* while it works on one batch, in a thread of its own.

    A line that waits for a slow server would otherwise be taken for dead, and its batch handed to another.
    """

    def __init__(self, store: Store, clock: Clock, owner: str, *, every: timedelta = BEAT_EVERY) -> None:
        self.store = store
        self.clock = clock
        self.owner = owner
        self.every = every
        self._beat_at: datetime = clock.now()
        self._lost = False
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"pulse-{owner[:8]}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def holds(self) -> bool:
        """Whether the batch is still the owner's. Asked before each message.

        The thread stands still when the machine sleeps, and others may have buried us meanwhile: a beat that is
        overdue is made good before the answer.

        Raises:
            Exception: What kept the thread from beating.
        """
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self.clock.now() - self._beat_at >= self.every:
                self._beat()
            return not self._lost

    def _run(self) -> None:
        while not self._done.wait(self.every.total_seconds()):
            with self._lock:
                try:
                    self._beat()
                except Exception as failure:  # noqa: BLE001  # raised again by holds(), in the thread that works
                    self._failure = failure
                    return

    def _beat(self) -> None:
        now = self.clock.now()
        with self.store.write() as session:
            self._lost = not session.outbox.beat(self.owner, now=now) or self._lost
        self._beat_at = now
