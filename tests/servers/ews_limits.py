"""What Exchange allows at once and in a minute; beyond, it is busy and says for how long."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from servers.ews_faults import BUSY
from servers.ews_soap import Call, refuse

MINUTE = timedelta(minutes=1)
SENDING = ("MessageDisposition", "SendMeetingInvitations", "SendMeetingInvitationsOrCancellations")
SENDING_NOTHING = ("SaveOnly", "SendToNone")


@dataclass(frozen=True, slots=True, kw_only=True)
class EwsLimits:
    """None: no limit.

    Attributes:
        messages_per_minute: Of one mailbox: requests that send mail or meeting messages.
        connections: Requests at once, over all mailboxes.
    """

    messages_per_minute: int | None = None
    connections: int | None = None


class Throttle:
    """Counts, and refuses what is too much. Thread-safe."""

    def __init__(self, limits: EwsLimits, now: Callable[[], datetime]) -> None:
        self.limits, self.now = limits, now
        self.throttled = 0
        self.most_at_once = 0
        self._at_once = 0
        self._sent: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    @contextmanager
    def passing(self, call: Call, mailbox: str) -> Iterator[None]:
        """Raises Refusal: ErrorServerBusy."""
        with self._lock:
            self._check(call, mailbox)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            yield
        finally:
            with self._lock:
                self._at_once -= 1

    def _check(self, call: Call, mailbox: str) -> None:
        most = self.limits.connections
        if most is not None and self._at_once >= most:
            self._throttle(timedelta(seconds=1))
        most = self.limits.messages_per_minute
        if most is None or not sends(call):
            return
        sent, now = self._sent[mailbox.casefold()], self.now()
        while sent and sent[0] <= now - MINUTE:
            sent.popleft()
        if len(sent) >= most:
            self._throttle(sent[0] + MINUTE - now)
        sent.append(now)

    def _throttle(self, pause: timedelta) -> None:
        self.throttled += 1
        milliseconds = -(-pause // timedelta(milliseconds=1))
        raise refuse("ErrorServerBusy", BUSY, BackOffMilliseconds=str(milliseconds))


def sends(call: Call) -> bool:
    """Whether somebody is to get something by this request."""
    asked = {value for name in SENDING if (value := call.body.get(name)) is not None}
    if call.operation == "DeleteItem":
        asked = {call.body.get("SendMeetingCancellations", "SendToNone")}
    return call.operation == "SendItem" or bool(asked - set(SENDING_NOTHING))
