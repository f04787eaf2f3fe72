"""Time that passes faster than it does, the same in several processes.

With it a server's limits and the service's patience can stay what they are, minutes and all, in a measurement of seconds.
"""

import json
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class FastTime:
    """A clock, and waiting by it.

    Attributes:
        factor: How many seconds pass by it in one.
        origin: Of the machine's monotonic clock, which all its processes share, when it showed *start*.
    """

    start: float
    origin: float
    factor: float

    @classmethod
    def beginning(cls, at: datetime, *, factor: float) -> Self:
        return cls(start=at.timestamp(), origin=time.monotonic(), factor=factor)

    @classmethod
    def told(cls, text: str) -> Self:
        """Of another process."""
        return cls(**json.loads(text))

    def tell(self) -> str:
        return json.dumps(asdict(self))

    def now(self) -> datetime:
        passed = (time.monotonic() - self.origin) * self.factor
        return datetime.fromtimestamp(self.start, UTC) + timedelta(seconds=passed)

    def wait(self, seconds: float) -> None:
        time.sleep(seconds / self.factor)


class FastStop:
    """A stop that never comes; ``daemon.rate.Stop``."""

    def __init__(self, fast: FastTime) -> None:
        self._fast = fast
        self._never = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        return self._never.wait(timeout / self._fast.factor)

    def is_set(self) -> bool:
        return False
