"""Addresses of calendars: whose they are, and faults that never show one."""

from pathlib import Path

import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import SiteRoom
from talkcycle.intake.calendar_urls import read_calendar_urls

PEOPLE = [
    Person(
        id=id_, name="A", email=email, manager=None, language="sv", zone="Europe/Stockholm", country="SE", site="Malmö"
    )
    for id_, email in (("1001", "anna@example.com"), ("1002", None))
]
ROOMS = {
    "Malmö": [SiteRoom(name="Boken", seats=4), SiteRoom(name="Eken", seats=4)],
    "Lund": [SiteRoom(name="Eken", seats=2)],
}
SECRET = "https://calendar.example.com/private-9f3c/basic.ics"


def test_people_go_by_id_or_mailbox_and_rooms_by_site_and_name(tmp_path: Path) -> None:
    lines = [
        "for,address",
        f"ANNA@example.com,{SECRET}",
        "1002,https://b.example",
        "",
        "lund/eken , https://c.example",
        "Boken,https://d.example",
    ]
    (tmp_path / "addresses.csv").write_text("\n".join(lines), encoding="utf-8-sig")

    assert read_calendar_urls(tmp_path, PEOPLE, ROOMS) == {
        "1001": SECRET,
        "1002": "https://b.example",
        ("Lund", "Eken"): "https://c.example",
        ("Malmö", "Boken"): "https://d.example",
    }


def test_without_the_file_nobody_has_an_address(tmp_path: Path) -> None:
    assert read_calendar_urls(tmp_path / "nowhere", PEOPLE, ROOMS) == {}


def test_every_fault_is_named_with_its_line_and_no_address_is_shown(tmp_path: Path) -> None:
    lines = ["for,address", f"1003,{SECRET}", "1002,", f"Eken,{SECRET}", f"1001,{SECRET}", f"anna@example.com,{SECRET}"]
    (tmp_path / "addresses.csv").write_text("\n".join(lines))

    with pytest.raises(FaultyInput) as faulty:
        read_calendar_urls(tmp_path, PEOPLE, ROOMS)

    assert [fault.line for fault in faulty.value.faults] == [2, 3, 4, 6]
    assert "private" not in str(faulty.value)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "addresses.csv").write_text("who;where\n")

    with pytest.raises(FaultyInput, match="for,address"):
        read_calendar_urls(tmp_path, PEOPLE, ROOMS)
