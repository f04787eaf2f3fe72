"""Which IANA zone rules describe: EWS tells the zone of working hours as biases and changes of clocks. Pure."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LAST = 5
"""As an order of a weekday in a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When clocks change.

    Attributes:
        bias: Minutes that are added to the zone's from then on.
        order: The how-manieth *weekday* (0: Monday) of the month.
        at: By the clocks as they are before.
    """

    bias: int
    month: int
    weekday: int
    order: int
    at: time

    def day(self, year: int) -> date:
        first, days = calendar.monthrange(year, self.month)
        day = 1 + (self.weekday - first) % 7 + 7 * (min(self.order, LAST) - 1)
        return date(year, self.month, day if day <= days else day - 7)


@lru_cache(maxsize=256)
def zone_of(bias: int, standard: Turn, daylight: Turn, year: int, candidates: tuple[str, ...]) -> str | None:
    """The first of *candidates* whose clocks show the same all through *year*; None: none's do.

    Args:
        bias: Minutes from local time to UTC, so negative in the east.
    """
    wanted = _offsets(bias, standard, daylight, year)
    return next((name for name in candidates if _fits(name, wanted)), None)


def _fits(name: str, wanted: dict[datetime, timedelta]) -> bool:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return all(instant.astimezone(zone).utcoffset() == offset for instant, offset in wanted.items())


def _offsets(bias: int, standard: Turn, daylight: Turn, year: int) -> dict[datetime, timedelta]:
    """How far ahead of UTC the clocks are at the beginning of each month, and an hour before and after each change."""
    winter, summer = (timedelta(minutes=-bias - turn.bias) for turn in (standard, daylight))
    months = [datetime(year, month, 1, tzinfo=UTC) for month in range(1, 13)]
    if winter == summer:
        return dict.fromkeys(months, winter)
    begins = datetime.combine(daylight.day(year), daylight.at, UTC) - winter
    ends = datetime.combine(standard.day(year), standard.at, UTC) - summer

    def offset(instant: datetime) -> timedelta:
        warm = begins <= instant < ends if begins < ends else not ends <= instant < begins
        return summer if warm else winter

    hour = timedelta(hours=1)
    instants = [*months, *(turn + step for turn in (begins, ends) for step in (-hour, hour))]
    return {instant: offset(instant) for instant in instants}
