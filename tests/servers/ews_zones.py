"""Time zones as Exchange has them: Windows names, and rules of bias, month, weekday and the how-manieth of it."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from exchangelib.winzone import CLDR_TO_MS_TIMEZONE_MAP, MS_TIMEZONE_TO_IANA_MAP
from lxml.etree import _Element

from servers.ews_soap import t, text_of

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WINDOWS_NAMES: tuple[str, ...] = tuple(MS_TIMEZONE_TO_IANA_MAP)
NOTHING = timedelta(0)
LAST = 5
"""As an order of weekdays in a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """When clocks are changed. *at*: by the clocks as they are before. *weekday*: 0 is Monday."""

    month: int
    weekday: int
    order: int
    at: time

    def in_year(self, year: int) -> datetime:
        """Local."""
        first, days = calendar.monthrange(year, self.month)
        day = 1 + (self.weekday - first) % 7 + 7 * (self.order - 1)
        return datetime.combine(date(year, self.month, day if day <= days else day - 7), self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Of one zone in one year. *daylight*: what is added in summer; *begins*, *ends*: None where nothing is."""

    standard: timedelta
    daylight: timedelta = NOTHING
    begins: Turn | None = None
    ends: Turn | None = None


class RuleZone(tzinfo):
    """The zone that rules describe; the same in every year."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules

    def utcoffset(self, when: datetime | None) -> timedelta:
        return self.rules.standard + self.dst(when)

    def dst(self, when: datetime | None) -> timedelta:
        begins, ends = self.rules.begins, self.rules.ends
        if when is None or begins is None or ends is None:
            return NOTHING
        local = when.replace(tzinfo=None)
        first, last = begins.in_year(when.year), ends.in_year(when.year) - self.rules.daylight
        summer = first <= local < last if first < last else not last <= local < first
        return self.rules.daylight if summer else NOTHING

    def tzname(self, when: datetime | None) -> str:
        return str(self.utcoffset(when))


def iana_name(windows: str) -> str:
    """UTC where nobody knows it."""
    return str(MS_TIMEZONE_TO_IANA_MAP.get(windows, "UTC"))


def windows_name(iana: str) -> str:
    return str(CLDR_TO_MS_TIMEZONE_MAP.get(iana, ("UTC", ""))[0])


@cache
def rules_of(iana: str, year: int) -> Rules:
    """Found by going through the year's days: zoneinfo gives no rules."""
    zone = ZoneInfo(iana)
    standard = NOTHING
    turns: list[tuple[timedelta, Turn]] = []
    for day in range(366):
        before = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day)
        hours = (before + timedelta(hours=hour) for hour in range(24))
        was, becomes = (each.astimezone(zone).utcoffset() or NOTHING for each in (before, before + timedelta(days=1)))
        if day == 0:
            standard = was
        if was != becomes:
            hour = next(each for each in hours if (each + timedelta(hours=1)).astimezone(zone).utcoffset() == becomes)
            turns.append((becomes - was, _turn((hour + timedelta(hours=1) + was).replace(tzinfo=None))))
    forward = [(step, turn) for step, turn in turns if step > NOTHING]
    back = [turn for step, turn in turns if step < NOTHING]
    if not forward or not back:
        return Rules(standard=standard)
    step, begins = forward[0]
    south = back[0].month < begins.month
    return Rules(standard=standard - step if south else standard, daylight=step, begins=begins, ends=back[0])


def _turn(when: datetime) -> Turn:
    last = when.day + 7 > calendar.monthrange(when.year, when.month)[1]
    order = LAST if last else (when.day - 1) // 7 + 1
    return Turn(month=when.month, weekday=when.weekday(), order=order, at=when.time())


def definition(windows: str, year: int, *, full: bool = True) -> _Element:
    """As GetServerTimeZones gives it, of one year's rules."""
    if not full:
        return t("TimeZoneDefinition", Id=windows, Name=windows)
    rules = rules_of(iana_name(windows), year)
    standard, daylight = (f"trule:Microsoft/Registry/{windows}/{year}-{name}" for name in ("Standard", "Daylight"))
    periods = [t("Period", Bias=_duration(-rules.standard), Name="Standard", Id=standard)]
    if rules.begins is None or rules.ends is None:
        moves = [t("Transition", t("To", standard, Kind="Period"))]
    else:
        bias = _duration(-rules.standard - rules.daylight)
        periods.append(t("Period", Bias=bias, Name="Daylight", Id=daylight))
        moves = [_transition(rules.begins, daylight), _transition(rules.ends, standard)]
    return t(
        "TimeZoneDefinition",
        t("Periods", *periods),
        t("TransitionsGroups", t("TransitionsGroup", *moves, Id="0")),
        t("Transitions", t("Transition", t("To", "0", Kind="Group"))),
        Id=windows,
        Name=windows,
    )


def _transition(turn: Turn, period: str) -> _Element:
    return t(
        "RecurringDayTransition",
        t("To", period, Kind="Period"),
        t("TimeOffset", _duration(datetime.combine(date.min, turn.at) - datetime.combine(date.min, time()))),
        t("Month", str(turn.month)),
        t("DayOfWeek", WEEKDAYS[turn.weekday]),
        t("Occurrence", str(-1 if turn.order == LAST else turn.order)),
    )


def _duration(span: timedelta) -> str:
    return f"{'-' if span < NOTHING else ''}PT{abs(span) // timedelta(minutes=1)}M"


def working_zone(iana: str, year: int) -> _Element:
    """The zone of working hours."""
    rules = rules_of(iana, year)

    def change(name: str, bias: timedelta, turn: Turn | None) -> _Element:
        turn = turn or Turn(month=1, weekday=6, order=1, at=time())
        return t(
            name,
            t("Bias", str(-bias // timedelta(minutes=1))),
            t("Time", turn.at.isoformat()),
            t("DayOrder", str(turn.order)),
            t("Month", str(turn.month)),
            t("DayOfWeek", WEEKDAYS[turn.weekday]),
        )

    return t(
        "TimeZone",
        t("Bias", str(-rules.standard // timedelta(minutes=1))),
        change("StandardTime", NOTHING, rules.ends),
        change("DaylightTime", rules.daylight, rules.begins),
    )


def asked_zone(element: _Element) -> RuleZone:
    """What a request's TimeZone element describes."""

    def turn(name: str) -> Turn:
        values = {key: text_of(element, f"t:{name}/t:{key}") or "" for key in ("Month", "DayOfWeek", "DayOrder", "Time")}
        return Turn(
            month=int(values["Month"]),
            weekday=WEEKDAYS.index(values["DayOfWeek"]),
            order=int(values["DayOrder"]),
            at=time.fromisoformat(values["Time"]),
        )

    bias, standard, daylight = (
        timedelta(minutes=int(text_of(element, path) or 0))
        for path in ("t:Bias", "t:StandardTime/t:Bias", "t:DaylightTime/t:Bias")
    )
    if standard == daylight:
        return RuleZone(Rules(standard=-bias - standard))
    return RuleZone(
        Rules(
            standard=-bias - standard,
            daylight=standard - daylight,
            begins=turn("DaylightTime"),
            ends=turn("StandardTime"),
        )
    )
