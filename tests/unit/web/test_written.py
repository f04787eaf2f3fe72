"""What people type into forms: what comes of it is what others see."""

from datetime import UTC, datetime

import pytest

from talkcycle.web.asked import Asked
from talkcycle.web.written import one_line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  en rad\r\nen till\x00\x1b\u2028slut ", "en rad en till slut"),
        ("a\u202edcb \u2067x\u2069", "adcb x"),  # else the day behind it is shown from right to left
        ("👩\u200d💻 می\u200cخواهم שלום", "👩\u200d💻 می\u200cخواهم שלום"),
        ("\u200b\ufeff \u00ad\u2060", ""),
        ("\u202e", ""),
        ("", ""),
    ],
)
def test_what_is_typed_stands_on_one_line_and_turns_nothing_around(typed: str, line: str) -> None:
    assert one_line(typed) == line


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2027-04-09T10:00:00+02:00", datetime(2027, 4, 9, 8, tzinfo=UTC)),
        ("2027-04-09T10:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("keep", None),
    ],
)
def test_a_choice_that_is_no_instant_is_none(typed: str, instant: datetime | None) -> None:
    assert Asked(token="t", fields={"start": typed}).instant("start") == instant
