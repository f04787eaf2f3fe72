"""Rules of clocks are recognized as a zone whose clocks show the same."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from talkcycle.transports.exchange.free_busy import ZONES
from talkcycle.transports.exchange.zone_rules import Turn, zone_of

NEVER = Turn(bias=0, month=1, weekday=6, order=1, at=time())
LAST_SUNDAY = {"weekday": 6, "order": 5}


def clock(zone: str, year: int) -> list[timedelta | None]:
    return [datetime(year, month, 15, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset() for month in range(1, 13)]


@pytest.mark.parametrize("year", [2026, 2027, 2028])
@pytest.mark.parametrize(
    ("zone", "bias", "standard", "daylight"),
    [
        (
            "Europe/Stockholm",
            -60,
            Turn(bias=0, month=10, at=time(3), **LAST_SUNDAY),
            Turn(bias=-60, month=3, at=time(2), **LAST_SUNDAY),
        ),
        (
            "Europe/Helsinki",
            -120,
            Turn(bias=0, month=10, at=time(4), **LAST_SUNDAY),
            Turn(bias=-60, month=3, at=time(3), **LAST_SUNDAY),
        ),
        (
            "America/New_York",
            300,
            Turn(bias=0, month=11, weekday=6, order=1, at=time(2)),
            Turn(bias=-60, month=3, weekday=6, order=2, at=time(2)),
        ),
        (
            "Australia/Sydney",
            -600,
            Turn(bias=0, month=4, weekday=6, order=1, at=time(3)),
            Turn(bias=-60, month=10, weekday=6, order=1, at=time(2)),
        ),
        ("Asia/Kolkata", -330, NEVER, NEVER),
        ("UTC", 0, NEVER, NEVER),
    ],
)
def test_the_zone_that_rules_describe_shows_the_same_time_all_year(
    zone: str, bias: int, standard: Turn, daylight: Turn, year: int
) -> None:
    found = zone_of(bias, standard, daylight, year, ZONES)

    assert found is not None
    assert clock(found, year) == clock(zone, year)


def test_rules_of_nowhere_have_no_name() -> None:
    assert zone_of(-61, NEVER, NEVER, 2027, ZONES) is None


def test_a_name_that_this_machine_does_not_know_is_passed_over() -> None:
    assert zone_of(0, NEVER, NEVER, 2027, ("Atlantis/Harbour", "Etc/UTC")) == "Etc/UTC"
