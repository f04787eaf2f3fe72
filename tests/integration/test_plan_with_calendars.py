"""`talkcycle plan` keeps to calendars in the folder beside the cycle file, and names every fault in them."""

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from talkcycle.cli.main import app
from talkcycle.resources import shipped

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(shipped("config"), folder)
    monkeypatch.setenv("TALKCYCLE_DATA", str(tmp_path / "data"))
    (folder / "calendars").mkdir()
    return folder


def plan(config: Path) -> Result:
    return CliRunner().invoke(app, ["plan", "--config", str(config), "--json"])


def calendar(*events: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test", *events, "END:VCALENDAR", ""])


def every_morning(first: str) -> str:
    return (
        f"BEGIN:VEVENT\r\nUID:m\r\nDTSTAMP:20270101T000000Z\r\nDTSTART;TZID=Europe/Stockholm:{first}T080000\r\n"
        f"DTEND;TZID=Europe/Stockholm:{first}T120000\r\nRRULE:FREQ=DAILY\r\nSUMMARY:Dentist\r\nEND:VEVENT"
    )


def test_a_person_busy_every_morning_has_their_talk_in_an_afternoon(config: Path) -> None:
    (config / "calendars" / "1003.ics").write_text(calendar(every_morning("20270301")))

    result = plan(config)

    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    (start,) = [datetime.fromisoformat(talk["start"]) for talk in document["talks"] if talk["employee"] == "1003"]
    assert start.astimezone(STOCKHOLM).hour >= 12
    assert "Dentist" not in result.stdout


def test_a_room_busy_all_the_time_holds_no_talk(config: Path) -> None:
    whole = calendar(
        "BEGIN:VFREEBUSY\r\nUID:r\r\nDTSTAMP:20270101T000000Z\r\nDTSTART:20270101T000000Z\r\nDTEND:20270601T000000Z\r\n"
        "FREEBUSY:20270101T000000Z/20270601T000000Z\r\nEND:VFREEBUSY"
    )
    (config / "calendars" / "Vättern.ifb").write_text(whole)

    document = json.loads(plan(config).stdout)

    places = {talk["place"] for talk in document["talks"]}
    assert "Mälaren" in places
    assert "Vättern" not in places


def test_faults_of_all_calendars_come_at_once_and_nothing_is_planned(config: Path) -> None:
    folder = config / "calendars"
    (folder / "1013.ics").write_text("this is no calendar")
    (folder / "9999.ics").write_text(calendar())
    (folder / "addresses.csv").write_text("for,address\n8888,https://example.com/secret\n")

    result = plan(config)

    assert result.exit_code == 2
    assert "1013.ics" in result.stderr
    assert "9999" in result.stderr
    assert "8888" in result.stderr
    assert "secret" not in result.stderr
    assert not list((config.parent / "data").glob("plans/*"))


def test_a_calendar_larger_than_service_yaml_allows_is_a_fault(config: Path) -> None:
    (config / "calendars" / "1003.ics").write_text(calendar(every_morning("20270301")))
    say(config, "calendars: {largest: 200}")

    result = plan(config)

    assert result.exit_code == 2
    assert "1003.ics: The calendar is larger than 0.0002 MB." in result.stderr


def test_an_authority_without_certificates_is_a_fault_and_no_crash(config: Path) -> None:
    (config / "ca.pem").write_text("-----BEGIN NOTHING-----")
    say(config, "calendars: {ca_file: ca.pem}")

    result = plan(config)

    assert result.exit_code == 2
    assert "ca.pem: has no certificates in it. Export the authority's certificate as PEM (Base64)." in result.stderr


def say(config: Path, line: str) -> None:
    """Take the place of what service.yaml says of calendars."""
    path = config / "service.yaml"
    lines = [each for each in path.read_text(encoding="utf-8").splitlines() if not each.startswith("calendars:")]
    path.write_text("\n".join([*lines, line, ""]), encoding="utf-8")
