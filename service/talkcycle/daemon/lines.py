"""Lines at work: which mailbox each is at, what they wait for, and when all of them stop."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from talkcycle.daemon.group_commit import GroupCommit
from talkcycle.daemon.rate import Stop
from talkcycle.domain.store import Lane


class Lines:
    """What the lines share during one dispatch. *broken*: all of them stop. *outcomes*: how many messages had which."""

    def __init__(self, *, stop: Stop, commit: GroupCommit) -> None:
        self.stop = stop
        self.commit = commit
        self.broken = threading.Event()
        self.outcomes: Counter[str] = Counter()
        self.lock = threading.Condition()
        self.lanes: Counter[Lane] = Counter()
        self.lanes_at: tuple[datetime, Sequence[Lane]] | None = None

    @property
    def over(self) -> bool:
        return self.broken.is_set() or self.stop.is_set()

    def lanes_since(self, at: datetime) -> Sequence[Lane]:
        """Where something was due when it was looked up, if that was after *at*: looking counts all that is due."""
        looked = self.lanes_at
        return looked[1] if looked is not None and looked[0] > at else ()

    def enter(self, lane: Lane, most: int) -> bool:
        """Take up work on *lane* unless *most* lines are at it."""
        with self.lock:
            if self.lanes[lane] >= most:
                return False
            self.lanes[lane] += 1
            return True

    def leave(self, lane: Lane) -> None:
        with self.lock:
            self.lanes[lane] -= 1
            self.lock.notify_all()

    def await_others(self, most: timedelta) -> bool:
        """Wait until a line lets go of its mailbox, for *most* at the longest; false when none is at work."""
        with self.lock:
            if not any(self.lanes.values()):
                return False
            self.lock.wait(most.total_seconds())
            return True

    def count(self, outcome: str) -> None:
        with self.lock:
            self.outcomes[outcome] += 1
