"""One row of a roster as a person."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeVar

from talkcycle.domain.faults import Fault
from talkcycle.domain.people import OFFICE_WEEK, Person, WeekHours
from talkcycle.intake.addresses import mail_address
from talkcycle.intake.columns import Column
from talkcycle.intake.languages import language_tag, time_zone
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.public_holidays import country_code
from talkcycle.intake.served_by import transport_named
from talkcycle.intake.tables import Table
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.working_week import intervals, names_days, weekdays, working_week
from talkcycle.intake.written_days import written_absences, written_day

MOST_TALKS_PER_DAY = 12
LONGEST_NAME, LONGEST_ID, LONGEST_SITE, LONGEST_REASON = 200, 64, 100, 500
NOT_EXCLUDED = frozenset({"no", "nej", "false", "falskt", "0", "-"})
"""What people write in a column of exclusions to say that somebody takes part."""

_SPACES = " \t\u00a0\u2007\u202f\u3000"
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")

Found = TypeVar("Found")


@dataclass(slots=True)
class RowReader:
    """Turns rows into people and collects what is wrong with them."""

    table: Table
    columns: dict[Column, int]
    defaults: PersonDefaults
    faults: list[Fault] = field(default_factory=list)

    def person(self, number: int) -> Person:
        """The person of row *number*, their manager as written. Where something is wrong, a stand-in: see faults."""
        row = self.table.rows[number]
        self._check_width(number, row)
        cells = self._cells(row)
        language, zone, country = cells[Column.LANGUAGE], cells[Column.ZONE], cells[Column.COUNTRY]
        defaults = self.defaults
        excluded = self._read(number, Column.EXCLUDED, cells, _reason, None)
        starts = self._read(number, Column.START, cells, written_day, None)
        ends = self._read(number, Column.END, cells, written_day, None)
        if starts and ends and ends < starts:
            self._fault(number, Column.END, f"{ends} comes before the first day, {starts}.", "Exchange the two dates.")
        return Person(
            id=self._needed(number, Column.ID, cells, roster_id),
            name=self._needed(number, Column.NAME, cells, person_name),
            email=self._read(number, Column.EMAIL, cells, mail_address, cells[Column.EMAIL] or None),
            manager=cells[Column.MANAGER] or None,
            language=self._read(number, Column.LANGUAGE, cells, self._language, "") if language else defaults.language,
            zone=self._read(number, Column.ZONE, cells, time_zone, "") if zone else defaults.zone,
            country=self._read(number, Column.COUNTRY, cells, country_code, "") if country else defaults.country,
            site=self._read(number, Column.SITE, cells, site_name, None),
            hours=self._hours(number, cells[Column.DAYS], cells[Column.HOURS]),
            starts=starts,
            ends=ends,
            absences=self._read(number, Column.ABSENCES, cells, written_absences, ()),
            preferred=self._read(number, Column.PREFERRED, cells, intervals, ()),
            most_per_day=self._read(number, Column.MOST_PER_DAY, cells, _talks_per_day, None),
            excluded=excluded,
            mailbox=self._read(number, Column.MAILBOX, cells, self._transport, None),
        )

    def _cells(self, row: Sequence[str]) -> dict[Column, str]:
        width = len(row)
        cells = dict.fromkeys(Column, "")
        for column, place in self.columns.items():
            if place < width:
                text = row[place].strip(_SPACES)
                cells[column] = text if text.isascii() else unicodedata.normalize("NFC", text)
        return cells

    def _read(
        self,
        number: int,
        column: Column,
        cells: dict[Column, str],
        parse: Callable[[str], Found],
        default: Found,
    ) -> Found:
        text = cells[column]
        if not text:
            return default
        try:
            return parse(text)
        except Unusable as error:
            self._fault(number, column, error.problem, error.mend)
            return default

    def _language(self, text: str) -> str:
        return language_tag(text, self.defaults.languages)

    def _transport(self, text: str) -> str | None:
        return transport_named(text, self.defaults.transports)

    def _hours(self, number: int, days: str, hours: str) -> WeekHours:
        if not days and not hours:
            return OFFICE_WEEK
        if days and hours and not names_days(hours):
            cells = {Column.DAYS: days, Column.HOURS: hours}
            if self._read(number, Column.DAYS, cells, weekdays, None) is None:
                days = ""
        try:
            return working_week(days, hours)
        except Unusable as error:
            self._fault(number, Column.HOURS if hours else Column.DAYS, error.problem, error.mend)
            return OFFICE_WEEK

    def _needed(self, number: int, column: Column, cells: dict[Column, str], parse: Callable[[str], str]) -> str:
        if not cells[column]:
            self._fault(number, column, "is empty.", f"Everybody needs {'an id' if column is Column.ID else 'a name'}.")
        return self._read(number, column, cells, parse, cells[column])

    def _check_width(self, number: int, row: Sequence[str]) -> None:
        width = len(self.table.header)
        extra = next((place for place in range(width, len(row)) if row[place].strip()), None)
        if extra is not None:
            mend = "Put quotation marks around a value that has the separator in it."
            self.faults.append(self.table.fault(number, extra, "the row has more values than there are columns.", mend))

    def _fault(self, number: int, column: Column, problem: str, mend: str) -> None:
        self.faults.append(self.table.fault(number, self.columns[column], problem, mend))


def _plain(text: str, what: str, longest: int) -> str:
    """*text* on one line without anything invisible that acts. Raises Unusable."""
    if not text.isprintable():
        text = text.replace("\u00a0", " ")
        if any(unicodedata.category(each) in {"Cc", "Cs", "Zl", "Zp"} or each in _TURNS for each in text):
            raise Unusable(f"{what} has a line break or a control character in it.", "Delete it and type the text again.")
    if len(text) > longest:
        raise Unusable(f"{what} is longer than {longest} characters.", "Check that the columns are in their places.")
    return text


def person_name(text: str) -> str:
    """*text* if it can be a name. Raises Unusable."""
    return _plain(text, "the name", LONGEST_NAME)


def roster_id(text: str) -> str:
    """*text* if it can be an id. Raises Unusable."""
    if len(text) > LONGEST_ID or not all(each.isalnum() or each in "._@+-" for each in text):
        mend = f"Use letters, digits and . _ - @ +, at most {LONGEST_ID}."
        raise Unusable(f"{quoted(text)} cannot be an id.", mend)
    return text


@lru_cache(maxsize=4096)
def site_name(text: str) -> str:
    """*text* if it can be a site. Raises Unusable."""
    return _plain(text, "the site", LONGEST_SITE)


def _reason(text: str) -> str | None:
    return None if text.casefold() in NOT_EXCLUDED else _plain(text, "the reason", LONGEST_REASON)


def _talks_per_day(text: str) -> int:
    """A whole number; spreadsheets save one as ``2.0`` too. Raises Unusable."""
    match = re.fullmatch(r"(\d{1,2})(?:[.,]0)?", text)
    if match is None or not 1 <= int(match[1]) <= MOST_TALKS_PER_DAY:
        mend = f"Write a number from 1 to {MOST_TALKS_PER_DAY}, or leave it empty for the cycle's."
        raise Unusable(f"{quoted(text)} is not a number of talks.", mend)
    return int(match[1])
