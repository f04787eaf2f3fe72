"""Days, times and weeks as each language writes them. Babel gives the names; the order of things stands here.

Languages without rules of their own get Babel's formats, always with the year.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from babel import Locale

EN_DASH = "\u2013"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    """How one language joins the pieces.

    Attributes:
        day: From weekday, number and month.
        short: From number and month.
        clock: From the hours and minutes of a start and, maybe, an end.
        joined: From a day and a clock.
        week: From the week's number and the short date of its Monday.
        zone: From a city.
        zones: Zones with a name of their own.
    """

    day: str
    short: str
    colon: str
    clock: str
    joined: str
    joined_start: str
    week: str
    zone: str
    zones: dict[str, str]


def _zones(*names: str) -> dict[str, str]:
    keys = ("Europe/Stockholm", "Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki", "Europe/London")
    return dict(zip(keys, names, strict=True))


_RULES = {
    "sv": _Rules(
        day="{weekday} {number} {month}",
        short="{number} {month}",
        colon=".",
        clock="kl. {time}",
        joined="{day} {clock}",
        joined_start="{day} {clock}",
        week="vecka {week}",
        zone="tid i {city}",
        zones=_zones("svensk tid", "norsk tid", "dansk tid", "finsk tid", "brittisk tid"),
    ),
    "en": _Rules(
        day="{weekday} {number} {month}",
        short="{number} {month}",
        colon=":",
        clock="{time}",
        joined="{day}, {clock}",
        joined_start="{day} at {clock}",
        week="the week of {monday}",
        zone="{city} time",
        zones={},
    ),
    "nb": _Rules(
        day="{weekday} {number}. {month}",
        short="{number}. {month}",
        colon=".",
        clock="kl. {time}",
        joined="{day} {clock}",
        joined_start="{day} {clock}",
        week="uke {week}",
        zone="tid i {city}",
        zones=_zones("svensk tid", "norsk tid", "dansk tid", "finsk tid", "britisk tid"),
    ),
    "da": _Rules(
        day="{weekday} den {number}. {month}",
        short="{number}. {month}",
        colon=".",
        clock="kl. {time}",
        joined="{day} {clock}",
        joined_start="{day} {clock}",
        week="uge {week}",
        zone="tid i {city}",
        zones=_zones("svensk tid", "norsk tid", "dansk tid", "finsk tid", "britisk tid"),
    ),
    "fi": _Rules(
        day="{weekday} {number}. {month}",
        short="{number}. {month}",
        colon=".",
        clock="klo {time}",
        joined="{day} {clock}",
        joined_start="{day} {clock}",
        week="viikko {week}",
        zone="aikavyöhyke {city}",
        zones=_zones("Ruotsin aikaa", "Norjan aikaa", "Tanskan aikaa", "Suomen aikaa", "Britannian aikaa"),
    ),
}


@dataclass(frozen=True, slots=True)
class Dates:
    """Writes dates in one language. A date of another year than *this_year* carries its year."""

    language: str
    this_year: int

    def day(self, day: date) -> str:
        """``tisdag 9 mars``, ``Tuesday 9 March``, ``tiistaina 9. maaliskuuta``."""
        rules, names = _rules(self.language), _names(self.language)
        if rules is None:
            return _babel_date(day, self.language, "full")
        text = rules.day.format(weekday=names.days[day.weekday()], number=day.day, month=names.months[day.month - 1])
        return self._with_year(text, day)

    def short_date(self, day: date) -> str:
        """``9 mars``, ``9 March``, ``9. maaliskuuta``."""
        rules, names = _rules(self.language), _names(self.language)
        if rules is None:
            return _babel_date(day, self.language, "long")
        return self._with_year(rules.short.format(number=day.day, month=names.months[day.month - 1]), day)

    def time(self, start: datetime, end: datetime | None = None) -> str:
        """``kl. 14.30``, ``14:30``, to the end where one is given: as the clocks of *start*'s own zone show."""
        rules = _rules(self.language)
        if rules is None:
            write = _babel_time(self.language)
            return write(start) if end is None else f"{write(start)}{EN_DASH}{write(end)}"
        text = f"{start:%H}{rules.colon}{start:%M}"
        if end is not None:
            text += f"{EN_DASH}{end:%H}{rules.colon}{end:%M}"
        return rules.clock.format(time=text)

    def date_time(self, start: datetime, end: datetime | None = None) -> str:
        """Day and time together: ``tisdag 9 mars kl. 14.30``, ``Tuesday 9 March at 14:30``."""
        rules, day, clock = _rules(self.language), self.day(start.date()), self.time(start, end)
        if rules is None:
            return f"{day}, {clock}"
        return (rules.joined if end is not None else rules.joined_start).format(day=day, clock=clock)

    def week(self, monday: date) -> str:
        """``vecka 12``, ``the week of 22 March``."""
        rules = _rules(self.language)
        if rules is None:
            return self.short_date(monday) + EN_DASH + self.short_date(monday + timedelta(days=6))
        return rules.week.format(week=monday.isocalendar().week, monday=self.short_date(monday))

    def zone(self, zone: str) -> str:
        """``svensk tid``, ``Stockholm time``."""
        return _zone_words(zone, self.language)

    def _with_year(self, text: str, day: date) -> str:
        return text if day.year == self.this_year else f"{text} {day.year}"


def local(instant: datetime, zone: str) -> datetime:
    """*instant* as clocks in *zone* show it."""
    return instant.astimezone(ZoneInfo(zone))


@dataclass(frozen=True, slots=True)
class _Names:
    days: tuple[str, ...]
    months: tuple[str, ...]


def _locale(language: str) -> "Locale":
    from babel import Locale  # noqa: PLC0415  # only when something is rendered

    return Locale.parse(language)


@lru_cache(maxsize=64)
def _rules(language: str) -> _Rules | None:
    return _RULES.get(language.partition("_")[0])


@lru_cache(maxsize=64)
def _names(language: str) -> _Names:
    locale = _locale(language)
    days, months = locale.days["format"]["wide"], locale.months["format"]["wide"]
    return _Names(tuple(days[number] for number in range(7)), tuple(months[number] for number in range(1, 13)))


def _babel_date(day: date, language: str, style: str) -> str:
    from babel.dates import format_date  # noqa: PLC0415

    return format_date(day, style, locale=language)


def _babel_time(language: str) -> Callable[[datetime], str]:
    from babel.dates import format_time  # noqa: PLC0415

    return lambda instant: format_time(instant, "short", tzinfo=instant.tzinfo, locale=language)


@lru_cache(maxsize=512)
def _zone_words(zone: str, language: str) -> str:
    from babel.dates import get_timezone_location  # noqa: PLC0415

    rules = _rules(language)
    if rules is not None and zone in rules.zones:
        return rules.zones[zone]
    city = get_timezone_location(ZoneInfo(zone), locale=language, return_city=True)
    return rules.zone.format(city=city) if rules is not None else str(city)
