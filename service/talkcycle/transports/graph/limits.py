"""What Exchange Online allows an application in one mailbox, kept to, so that it has nothing to refuse.

https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits and Exchange Online's sending limits; the
numbers are settings. A window here is a second longer than the server's: requests do not all travel equally fast.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.ports import Clock
from talkcycle.domain.service import GraphSettings

SLACK = timedelta(seconds=1)
REQUESTS_WINDOW = timedelta(minutes=10)
UPLOAD_WINDOW = timedelta(minutes=5)
DAY = timedelta(days=1)


class Window:
    """At most *most* in any span of *span*. Not safe to share without a lock."""

    def __init__(self, most: int, span: timedelta) -> None:
        self.most = most
        self.span = span + SLACK
        self._taken: deque[tuple[datetime, int]] = deque()
        self._sum = 0

    def room_at(self, amount: int, now: datetime) -> datetime:
        """When *amount* fits: *now* or later. More than there can ever be fits when nothing else is there."""
        while self._taken and self._taken[0][0] + self.span <= now:
            self._sum -= self._taken.popleft()[1]
        excess, at = self._sum + amount - self.most, now
        for taken_at, taken in self._taken:
            if excess <= 0:
                break
            excess, at = excess - taken, taken_at + self.span
        return at

    def take(self, amount: int, now: datetime) -> None:
        if amount:
            self._taken.append((now, amount))
            self._sum += amount


class _Mailbox:
    def __init__(self, settings: GraphSettings) -> None:
        self.slots = threading.BoundedSemaphore(settings.limits.per_mailbox)
        self.lock = threading.Lock()
        self.requests = Window(settings.requests_per_10_minutes, REQUESTS_WINDOW)
        self.upload = Window(settings.upload_bytes_per_5_minutes, UPLOAD_WINDOW)
        self.recipients = Window(settings.recipients_per_day, DAY)


class MailboxLimits:
    """The limits of every mailbox. Safe to share between threads.

    Args:
        clock, wait: Time as it passes, and waiting for a number of seconds; together they can be compressed.
    """

    def __init__(self, settings: GraphSettings, *, clock: Clock, wait: Callable[[float], None]) -> None:
        self._settings = settings
        self._clock = clock
        self._wait = wait
        self._lock = threading.Lock()
        self._mailboxes: dict[str, _Mailbox] = {}

    @contextmanager
    def request(self, mailbox: str | None, *, size: int = 0, parts: int = 1) -> Iterator[None]:
        """Wait until a request fits, and hold one of the mailbox's lines while it runs.

        Args:
            mailbox: None: of no mailbox, as people and places are.
            size: Bytes of its content.
            parts: Of a batch, each of which counts.
        """
        if mailbox is None:
            yield
            return
        spared = self._of(mailbox)
        with spared.slots:
            while (pause := self._take(spared, size, parts)) > timedelta(0):
                self._wait(pause.total_seconds())
            yield

    def recipient(self, mailbox: str) -> None:
        """Count one more recipient of a mail from *mailbox*. Counting begins anew with each start of the service.

        Raises:
            TransientDeliveryError: Mailbox-wide: the day's share is used up. Nobody waits here for hours.
        """
        spared, now = self._of(mailbox), self._clock.now()
        with spared.lock:
            pause = spared.recipients.room_at(1, now) - now
            if pause > timedelta(0):
                what = f"{self._settings.recipients_per_day} recipients were reached from this mailbox within a day"
                raise TransientDeliveryError(what, retry_after=pause, mailbox_wide=True)
            spared.recipients.take(1, now)

    def _take(self, spared: _Mailbox, size: int, parts: int) -> timedelta:
        """Take a share and return zero, or say how long there is none."""
        with spared.lock:
            now = self._clock.now()
            pause = max(spared.requests.room_at(parts, now), spared.upload.room_at(size, now)) - now
            if pause <= timedelta(0):
                spared.requests.take(parts, now)
                spared.upload.take(size, now)
            return pause

    def _of(self, mailbox: str) -> _Mailbox:
        with self._lock:
            known = self._mailboxes.get(mailbox.casefold())
            if known is None:
                known = self._mailboxes[mailbox.casefold()] = _Mailbox(self._settings)
            return known
