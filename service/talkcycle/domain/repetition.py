"""Which window comes next."""

import calendar
from dataclasses import replace
from datetime import date

from talkcycle.domain.cycle import Cycle, Window


def window_from(cycle: Cycle, today: date) -> Window | None:
    """The first window of *cycle* that is not over on *today*; None when it was run once and is over."""
    window = cycle.window
    while window.last < today:
        if cycle.repeat_months is None:
            return None
        window = following(window, cycle.repeat_months)
    return window


def following(window: Window, months: int) -> Window:
    """*window* moved on by whole months; a day that a month lacks becomes its last."""
    return replace(window, first=_months_on(window.first, months), last=_months_on(window.last, months))


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))
