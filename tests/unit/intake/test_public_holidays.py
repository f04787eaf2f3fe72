"""Which days nobody works."""

from datetime import date

import pytest

from talkcycle.intake.public_holidays import country_code, public_holidays
from talkcycle.intake.unusable import Unusable


def test_sweden_is_off_on_the_eves_that_no_law_names() -> None:
    days = public_holidays("SE", [2027])
    assert {date(2027, 6, 25), date(2027, 12, 24), date(2027, 12, 31), date(2027, 3, 26)} <= days


def test_england_has_easter_monday_and_the_august_holiday() -> None:
    assert {date(2027, 3, 29), date(2027, 8, 30)} <= public_holidays("GB-ENG", [2027])
    assert date(2027, 3, 29) not in public_holidays("GB-SCT", [2027])


def test_only_the_years_asked_for_are_given() -> None:
    assert {day.year for day in public_holidays("FI", [2027, 2028])} == {2027, 2028}


@pytest.mark.parametrize(
    ("text", "code"), [("se", "SE"), ("Sverige", "SE"), ("gb-eng", "GB-ENG"), ("England", "GB-ENG"), ("DE-BY", "DE-BY")]
)
def test_a_country_is_known_by_code_or_name(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["XX", "GB", "UK", "SE-XX", "Atlantis", "", "S1", "åä", "SWE"])
def test_a_country_whose_holidays_are_not_known_is_refused(text: str) -> None:
    with pytest.raises(Unusable):
        country_code(text)
