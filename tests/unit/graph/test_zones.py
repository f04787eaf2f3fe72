"""Times as Exchange writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from talkcycle.transports.graph.zones import iana_zone, instant, moment, slot

NINE = datetime(2027, 3, 29, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("India Standard Time", "Asia/Calcutta"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("tzone://Microsoft/Custom", None),
        ("Customized Time Zone", None),
        ("../../etc/passwd", None),
        ("Europe", None),
        ("", None),
        (None, None),
    ],
)
def test_a_zone_is_known_by_its_windows_or_its_iana_name(name: str | None, zone: str | None) -> None:
    assert iana_zone(name) == zone


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"dateTime": "2027-03-29T09:00:00.0000000", "timeZone": "UTC"}, NINE),
        ({"dateTime": "2027-03-29T11:00:00.0000000", "timeZone": "W. Europe Standard Time"}, NINE),
        ({"dateTime": "2027-03-29T09:00:00"}, NINE),
        ({"dateTime": "2027-03-29T11:00:00+02:00", "timeZone": "UTC"}, NINE),
        ({"dateTime": "2027-03-29T09:00:00", "timeZone": "Customized Time Zone"}, None),
        ({"dateTime": "soon", "timeZone": "UTC"}, None),
        ({"timeZone": "UTC"}, None),
        (None, None),
        ("2027-03-29T09:00:00", None),
    ],
)
def test_a_moment_is_an_instant_or_nothing(told: Any, expected: datetime | None) -> None:
    assert moment(told) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2027-03-29T09:00:00Z", NINE),
        ("2027-03-29T09:00:00.1234567Z", NINE.replace(microsecond=123456)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_year_one_is_never(told: object, expected: datetime | None) -> None:
    assert instant(told) == expected


def test_half_a_slot_is_none() -> None:
    told = {"dateTime": "2027-03-29T09:00:00", "timeZone": "UTC"}

    assert slot({"start": told, "end": told}) == (NINE, NINE)
    assert slot({"start": told, "end": None}) is None
    assert slot(None) is None
