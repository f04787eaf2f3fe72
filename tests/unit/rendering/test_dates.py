"""Days, times and weeks in five languages, and in one without rules of its own."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from talkcycle.rendering.dates import Dates

START = datetime(2027, 3, 9, 14, 30, tzinfo=ZoneInfo("Europe/Stockholm"))
END = datetime(2027, 3, 9, 15, 30, tzinfo=ZoneInfo("Europe/Stockholm"))
DAY = date(2027, 3, 9)


@pytest.mark.parametrize(
    ("language", "written"),
    [
        (
            "sv",
            (
                "tisdag 9 mars kl. 14.30–15.30",
                "tisdag 9 mars kl. 14.30",
                "tisdag 9 mars",
                "9 mars",
                "vecka 12",
                "brittisk tid",
            ),
        ),
        (
            "en",
            (
                "Tuesday 9 March, 14:30–15:30",
                "Tuesday 9 March at 14:30",
                "Tuesday 9 March",
                "9 March",
                "the week of 22 March",
                "London time",
            ),
        ),
        (
            "nb",
            (
                "tirsdag 9. mars kl. 14.30–15.30",
                "tirsdag 9. mars kl. 14.30",
                "tirsdag 9. mars",
                "9. mars",
                "uke 12",
                "britisk tid",
            ),
        ),
        (
            "da",
            (
                "tirsdag den 9. marts kl. 14.30–15.30",
                "tirsdag den 9. marts kl. 14.30",
                "tirsdag den 9. marts",
                "9. marts",
                "uge 12",
                "britisk tid",
            ),
        ),
        (
            "fi",
            (
                "tiistaina 9. maaliskuuta klo 14.30–15.30",
                "tiistaina 9. maaliskuuta klo 14.30",
                "tiistaina 9. maaliskuuta",
                "9. maaliskuuta",
                "viikko 12",
                "Britannian aikaa",
            ),
        ),
        (
            "sv_FI",
            (
                "tisdag 9 mars kl. 14.30–15.30",
                "tisdag 9 mars kl. 14.30",
                "tisdag 9 mars",
                "9 mars",
                "vecka 12",
                "brittisk tid",
            ),
        ),
        (
            "de",
            (
                "Dienstag, 9. März 2027, 14:30–15:30",
                "Dienstag, 9. März 2027, 14:30",
                "Dienstag, 9. März 2027",
                "9. März 2027",
                "22. März 2027–28. März 2027",
                "London",
            ),
        ),
    ],
)
def test_each_language_writes_dates_its_own_way(language: str, written: tuple[str, ...]) -> None:
    dates = Dates(language, 2027)

    result = (
        dates.date_time(START, END),
        dates.date_time(START),
        dates.day(DAY),
        dates.short_date(DAY),
        dates.week(date(2027, 3, 22)),
        dates.zone("Europe/London"),
    )

    assert result == written


@pytest.mark.parametrize(
    ("language", "day", "short"),
    [
        ("sv", "tisdag 9 mars 2027", "9 mars 2027"),
        ("en", "Tuesday 9 March 2027", "9 March 2027"),
        ("nb", "tirsdag 9. mars 2027", "9. mars 2027"),
        ("da", "tirsdag den 9. marts 2027", "9. marts 2027"),
        ("fi", "tiistaina 9. maaliskuuta 2027", "9. maaliskuuta 2027"),
    ],
)
def test_a_date_of_another_year_carries_its_year(language: str, day: str, short: str) -> None:
    dates = Dates(language, 2026)

    assert (dates.day(DAY), dates.short_date(DAY)) == (day, short)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", "tid i New York"),
        ("en", "New York time"),
        ("nb", "tid i New York"),
        ("da", "tid i New York"),
        ("fi", "aikavyöhyke New York"),
    ],
)
def test_a_zone_without_a_name_of_its_own_is_named_by_its_city(language: str, words: str) -> None:
    assert Dates(language, 2027).zone("America/New_York") == words
