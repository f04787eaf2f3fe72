"""A round's own clock: minutes after its t0, UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from talkcycle.domain.busy import Span
from talkcycle.domain.cycle import Window
from talkcycle.domain.localtime import ONE_DAY, instant_of
from talkcycle.domain.people import Interval

BEFORE = timedelta(days=2)
"""The first local day begins up to 14 hours before UTC's, the last ends up to 12 hours after."""
AFTER = timedelta(days=16)
"""So far beyond the window busy times are looked at, so that a reason can name the first time after it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """From *begins* to *ends*, aware, UTC."""

    begins: datetime
    ends: datetime

    @property
    def minutes(self) -> int:
        return self.at(self.ends)

    def at(self, instant: datetime) -> int:
        return int((instant - self.begins).total_seconds() // 60)

    def local(self, day: date, minute: int, zone: str) -> int:
        """The minute at which clocks in *zone* show *minute* of *day*; 1440 is the next midnight."""
        days, rest = divmod(minute, 1440)
        return self.at(instant_of(day + days * ONE_DAY, time(rest // 60, rest % 60), zone))

    def interval(self, span: Span) -> Interval | None:
        """Whole minutes that cover *span*, clipped; None if nothing of it lies inside."""
        begins = max(0, self.at(span[0]))
        ends = min(self.minutes, -int((self.begins - span[1]).total_seconds() // 60))
        return (begins, ends) if begins < ends else None


def timeline_of(window: Window) -> Timeline:
    """What a plan for *window* looks at."""
    return Timeline(
        datetime.combine(window.first, time(), UTC) - BEFORE,
        datetime.combine(window.last, time(), UTC) + ONE_DAY + AFTER,
    )
