"""When something repeats, inside a span and at a bounded cost. The rules themselves are expanded by dateutil."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import prod
from typing import Never

from dateutil.rrule import rrulestr

from talkcycle.intake.ical_lines import Property, Unreadable
from talkcycle.intake.unusable import quoted

MOST = 1_000_000
"""About as many microseconds."""
LONGEST_RULE = 1_000
MOMENT = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII)
RULE = re.compile(r"[A-Z-]+=[A-Z0-9,+-]+(?:;[A-Z-]+=[A-Z0-9,+-]+)*;?")
KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"} | {
    f"BY{unit}" for unit in ("DAY", "HOUR", "MINUTE", "SECOND")
}
KNOWN_OF_HOURS = KNOWN - {"BYSETPOS", "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
"""An hourly rule that never applies would be looked at for hours."""
PERIODS = {
    "HOURLY": (timedelta(hours=1), 6, 1),
    "DAILY": (timedelta(days=1), 6, 1),
    "WEEKLY": (timedelta(days=7), 15, 7),
    "MONTHLY": (timedelta(days=28), 30, 31),
    "YEARLY": (timedelta(days=365), 100, 366),
}
"""Its least length, what one costs to look at, and how many days it has at most."""
CYCLE = 400
"""After so many years dates fall on the same weekdays. A rule that never applies is looked for until year 9999;
moved there, it is not looked for long."""
LAST_YEAR = 9999
FIRST_DAY, LAST_DAY = datetime.min, datetime.max  # noqa: DTZ901  # local times have no zone of their own


class TooCostly(Unreadable):
    """The calendar as a whole takes too long."""


class Budget:
    """What one calendar may cost, so that no calendar takes the time of all others."""

    def __init__(self, most: int = MOST) -> None:
        self._left: float = most

    def spend(self, cost: float, at: Property) -> None:
        self._left -= min(cost, MOST * 2)
        if self._left < 0:
            raise TooCostly(
                at.line,
                at.name,
                "Working out this calendar takes longer than any calendar should: it repeats too often or is too long.",
                "Export fewer months, or end series that repeat for years.",
            )

    def values(self, property_: Property) -> list[str]:
        """The values of a list, each paid for."""
        self.spend(16 * (1 + property_.value.count(",")), property_)
        return property_.value.split(",")


def moment(property_: Property, text: str | None = None) -> date | datetime:
    """A date, a naive (local) or an aware (UTC) time; *text*: one of several values.

    Raises:
        Unreadable: It is none.
    """
    text = (property_.value if text is None else text).strip()
    match = MOMENT.fullmatch(text)
    try:
        return _written(*match.groups()) if match else _unwritten(property_, text)
    except ValueError:
        return _unwritten(property_, text)


def local_moment(property_: Property, text: str | None = None) -> datetime:
    """What the clocks show, whatever the zone: naive. A date is its midnight."""
    value = moment(property_, text)
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time())


def rule_starts(rule: Property, start: datetime, first: datetime, last: datetime, budget: Budget) -> Iterator[datetime]:
    """The local times from *first* to *last* that *rule* gives to what begins at *start*; all naive.

    An end of the rule (UNTIL) is kept to the day: who knows the zone cuts exactly. Whether *start* itself
    is one of them is the rule's business.

    Raises:
        Unreadable: No rule, or one that costs more than is left of *budget*.
    """
    parts = rule_parts(rule)
    count = _number(rule, parts.pop("COUNT", None))
    until = parts.pop("UNTIL", None)
    if until is not None:
        last = min(last, after(local_moment(rule, until), timedelta(days=2)))
    interval = _number(rule, parts.get("INTERVAL")) or 1
    period, cost, days = PERIODS[parts["FREQ"]]
    begins = start if count is not None else _closer(start, before(first, timedelta(days=1)), parts, interval)
    if last < begins:
        return
    times = prod(1 + parts.get(key, "").count(",") for key in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    each_costs = cost * (1 + parts.get("BYSETPOS", "").count(",")) + (days * times if times > 1 else 0)
    periods = (last - begins) // period // interval + 2
    budget.spend(periods * each_costs, rule)
    for found, local in enumerate(_expanded(rule, parts, begins, _years_to_the_end(last)), start=1):
        if local > last:
            return
        if local >= first:
            budget.spend(5, rule)
            yield local
        if found == count:
            return
    left = timedelta(days=365 * (LAST_YEAR - last.year - _years_to_the_end(last))) // period // interval
    budget.spend(left * each_costs, rule)


def rule_parts(rule: Property) -> dict[str, str]:
    """The parts of a rule, checked as far as dateutil would not."""
    text = rule.value.strip().upper()
    if len(text) > LONGEST_RULE or not RULE.fullmatch(text):
        raise _no_rule(rule)
    parts = dict(part.split("=", 1) for part in text.rstrip(";").split(";"))
    known = KNOWN_OF_HOURS if parts.get("FREQ") == "HOURLY" else KNOWN
    if parts.get("FREQ") not in PERIODS or not parts.keys() <= known:
        raise _no_rule(rule)
    return parts


def after(local: datetime, span: timedelta) -> datetime:
    """*local* + *span*, at most the last moment there is."""
    try:
        return local + span
    except OverflowError:
        return LAST_DAY


def before(local: datetime, span: timedelta) -> datetime:
    """*local* - *span*, at least the first moment there is."""
    try:
        return local - span
    except OverflowError:
        return FIRST_DAY


def _expanded(rule: Property, parts: dict[str, str], begins: datetime, shift: int) -> Iterator[datetime]:
    """All that dateutil finds when it looks *shift* years later, a multiple of the cycle."""
    text = ";".join(f"{key}={value}" for key, value in parts.items())
    try:
        for each in rrulestr(text, dtstart=begins.replace(year=begins.year + shift)):
            yield each.replace(year=each.year - shift)
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        raise _no_rule(rule) from None


def _years_to_the_end(last: datetime) -> int:
    return (LAST_YEAR - last.year) // CYCLE * CYCLE


def _closer(start: datetime, to: datetime, parts: dict[str, str], interval: int) -> datetime:
    """A later start that gives the same times after *to*: by whole steps of the rule, where steps are even."""
    if to <= start:
        return start
    frequency = parts["FREQ"]
    if frequency in {"HOURLY", "DAILY", "WEEKLY"}:
        step = PERIODS[frequency][0]
        return start + (max(0, (to - start) // step // interval - 1) * interval) * step
    if start.day > 28 or "BYWEEKNO" in parts:  # the day it begins on decides, and not every month or year has it
        return start
    months = interval if frequency == "MONTHLY" else 12 * interval
    gone = (to.year - start.year) * 12 + to.month - start.month
    year, month = divmod(start.year * 12 + start.month - 1 + max(0, gone // months - 1) * months, 12)
    return start.replace(year=year, month=month + 1)


def _number(rule: Property, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or len(text) > 9 or int(text) == 0:
        raise _no_rule(rule)
    return int(text)


def _written(day: str, clock: str | None, zulu: str | None) -> date:
    year, month, monthday = int(day[:4]), int(day[4:6]), int(day[6:])
    if clock is None:
        return date(year, month, monthday)
    second = min(int(clock[4:]), 59) if clock.endswith("60") else int(clock[4:])  # a leap second
    zone = UTC if zulu else None
    return datetime(year, month, monthday, int(clock[:2]), int(clock[2:4]), second, tzinfo=zone)


def _unwritten(property_: Property, text: str) -> Never:
    raise Unreadable(property_.line, property_.name, f"{quoted(text)} is no date and no time.")


def _no_rule(rule: Property) -> Unreadable:
    return Unreadable(
        rule.line,
        rule.name,
        f"This repeats in a way that cannot be worked out: {quoted(rule.value)}.",
        "Repeat it every so many days, weeks, months or years, or export single events.",
    )
