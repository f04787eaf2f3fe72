"""Microsoft's published limits of Outlook's service in Graph, enforced by an injected clock."""

import math
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from servers.graph_received import GraphError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """For one app and one mailbox.

    Attributes:
        concurrent: Requests at once.
        requests: In 10 minutes. *messages*: a minute, invitations and their like among them.
        recipients: A day. *upload_bytes*: in 5 minutes.
    """

    concurrent: int = 4
    requests: int = 10_000
    messages: int = 30
    recipients: int = 10_000
    upload_bytes: int = 150_000_000


@dataclass(slots=True)
class Window:
    """What was spent within the last *seconds*."""

    seconds: float
    spent: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0

    def wait(self, amount: int, limit: int, now: float) -> float:
        """Seconds until *amount* fits under *limit*; 0: now. More than the limit fits into an empty window."""
        while self.spent and self.spent[0][0] + self.seconds <= now:
            self.total -= self.spent.popleft()[1]
        left, until = self.total, now
        for at, each in self.spent:
            if left + amount <= limit:
                break
            left, until = left - each, at + self.seconds
        return until - now

    def spend(self, amount: int, now: float) -> None:
        self.spent.append((now, amount))
        self.total += amount


class Throttle:
    """Keeps the limits; None: there are none.

    Attributes:
        throttled: How many 429s, by limit: ``concurrent``, ``requests``, ``messages``, ``recipients``, ``upload``.
    """

    def __init__(self, limits: Limits | None, now: Callable[[], datetime]) -> None:
        self.limits, self.now = limits, now
        self.throttled: Counter[str] = Counter()
        self._windows: dict[tuple[str, str], Window] = {}
        self._running: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def running(self, mailbox: str) -> Iterator[None]:
        """While a request is worked on. Raises GraphError 429."""
        with self._lock:
            if self.limits is not None and self._running[mailbox] >= self.limits.concurrent:
                raise self.refusal("concurrent", 1, "Application is over its MailboxConcurrency limit.")
            self._running[mailbox] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[mailbox] -= 1
                if not self._running[mailbox]:
                    del self._running[mailbox]

    def request(self, mailbox: str) -> None:
        """Raises GraphError 429, as the others do."""
        if self.limits is not None:
            self._spend(mailbox, ("requests", 1, self.limits.requests, 600))

    def sending(self, mailbox: str, recipients: int) -> None:
        """Before one message goes out. To nobody: nothing is spent."""
        if self.limits is not None and recipients:
            messages = ("messages", 1, self.limits.messages, 60)
            self._spend(mailbox, messages, ("recipients", recipients, self.limits.recipients, 86_400))

    def upload(self, mailbox: str, size: int) -> None:
        if self.limits is not None:
            self._spend(mailbox, ("upload", size, self.limits.upload_bytes, 300))

    def refusal(self, name: str, seconds: float, message: str) -> GraphError:
        self.throttled[name] += 1
        return GraphError(429, "ApplicationThrottled", message, {"Retry-After": str(max(1, math.ceil(seconds)))})

    def _spend(self, mailbox: str, *wanted: tuple[str, int, int, float]) -> None:
        """All of it or, with a refusal, nothing."""
        now = self.now().timestamp()
        with self._lock:
            windows = [self._windows.setdefault((name, mailbox), Window(span)) for name, _, _, span in wanted]
            for window, (name, amount, limit, _) in zip(windows, wanted, strict=True):
                if wait := window.wait(amount, limit, now):
                    raise self.refusal(name, wait, f"The limit of {name} is reached.")
            for window, (_, amount, _, _) in zip(windows, wanted, strict=True):
                window.spend(amount, now)
