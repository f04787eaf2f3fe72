"""Everybody's busy times from a folder and from addresses, every fault at once."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from talkcycle.domain.busy import BusyKind, BusyTimes, Owner, Unfetched
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import SiteRoom
from talkcycle.rounds.busy_times import read_busy_times

WINDOW = (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
NINE, TEN = datetime(2027, 3, 2, 9, tzinfo=UTC), datetime(2027, 3, 2, 10, tzinfo=UTC)
LOCAL = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270302T090000\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"
EVENT = LOCAL.replace("0000\n", "0000Z\n", 1)
BROKEN = EVENT[:60]
BUSY = {BusyKind.BUSY: ((NINE, TEN),)}


def person(id_: str, email: str | None = None, zone: str = "Europe/Stockholm", site: str | None = None) -> Person:
    return Person(id=id_, name=id_, email=email, manager=None, language="sv", zone=zone, country="SE", site=site)


PEOPLE = (
    person("1001", "anna@example.com", site="Malmö"),
    person("1002", "åsa@example.com", "UTC", "Oslo"),
    person("1003"),
)
ROOMS = {
    "Malmö": (SiteRoom(name="Sund", seats=4), SiteRoom(name="Öre 1/2", seats=4)),
    "Oslo": (SiteRoom(name="Sund", seats=2),),
}


class Fetched:
    """Serves what it was given and remembers what it was asked."""

    def __init__(self, served: Mapping[str, bytes | Unfetched]) -> None:
        self.served = served
        self.asked: list[int] = []

    def __call__(self, urls: Mapping[Owner, str], /) -> Mapping[Owner, bytes | Unfetched]:
        self.asked.append(len(urls))
        return {owner: self.served[url] for owner, url in urls.items()}


def read(folder: Path, urls: Mapping[Owner, str] | None = None, fetch: Fetched | None = None) -> BusyTimes:
    fetch = fetch or Fetched({})
    zone = "Europe/Oslo"
    return read_busy_times(
        folder, PEOPLE, ROOMS, urls=urls or {}, fetch=fetch, window=WINDOW, zone=zone, most_bytes=9_000
    )


def faults(folder: Path, urls: Mapping[Owner, str] | None = None, fetch: Fetched | None = None) -> list[str]:
    with pytest.raises(FaultyInput) as caught:
        read(folder, urls, fetch)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "calendars"
    path.mkdir()
    return path


def test_files_are_named_after_ids_mailboxes_and_rooms(folder: Path) -> None:
    for name in ("1001.ics", "ÅSA@EXAMPLE.COM.IFB", "Malmö/Sund.ics", "oslo/SUND.vfb", "Öre 1_2.ics"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(EVENT)
    (folder / ".DS_Store").write_bytes(b"\0")
    (folder / "README.txt").write_text("Put calendars here.")
    assert read(folder) == BusyTimes(
        people={"1001": BUSY, "1002": BUSY},
        rooms={("Malmö", "Sund"): BUSY, ("Malmö", "Öre 1/2"): BUSY, ("Oslo", "Sund"): BUSY},
    )


def test_a_mac_writes_accents_apart(folder: Path) -> None:
    (folder / "a\u030asa@example.com.ics").write_text(EVENT)
    assert read(folder).people == {"1002": BUSY}


def test_times_without_a_zone_are_the_owners(folder: Path) -> None:
    for name in ("1001.ics", "1002.ics", "Malmö", "Oslo"):
        if name.endswith(".ics"):
            (folder / name).write_text(LOCAL)
        else:
            (folder / name).mkdir()
            (folder / name / "Sund.ics").write_text(LOCAL)
    found = read(folder)
    assert {owner: busy[BusyKind.BUSY][0][0].hour for owner, busy in found.people.items()} == {"1001": 8, "1002": 9}
    assert {site: busy[BusyKind.BUSY][0][0].hour for (site, _), busy in found.rooms.items()} == {"Malmö": 8, "Oslo": 9}


def test_who_has_a_calendar_and_is_free_has_an_entry(folder: Path) -> None:
    (folder / "1003.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    assert read(folder).people == {"1003": {}}


def test_a_folder_that_nobody_made_is_no_fault_and_one_that_was_named_is(tmp_path: Path) -> None:
    assert read(tmp_path / "calendars") == BusyTimes()
    assert faults(tmp_path / "calenders") == [
        f"{tmp_path}/calenders: There is no such folder with calendars. Make it, or name another one in the cycle file."
    ]


def test_every_file_that_cannot_be_used_is_named_at_once(folder: Path) -> None:
    for name, text in {
        "1001.ics": BROKEN,
        "anna@example.com.ics": EVENT,
        "1002.ics": EVENT + " " * 9_000,
        "1005.ics": EVENT,
        "Sund.ics": EVENT,
        "calendar.zip": "PK",
    }.items():
        (folder / name).write_text(text)
    (folder / "1003.ics").mkdir()
    (folder / "1003.ics" / "inside.ics").write_text(EVENT)
    found = faults(folder)
    names = ["1001.ics", "1002.ics", "1003.ics", "1005.ics", "Sund.ics", "anna@example.com.ics", "calendar.zip"]
    assert [each.partition(":")[0] for each in found] == names
    assert "The file breaks off before its calendar ends" in found[0]
    assert "larger than 0.009 MB" in found[1]
    assert 'Nobody and no room is called "1005". Did you mean "100' in found[3]
    assert '"Sund" is the name of several people or rooms.' in found[4]
    assert "1001.ics is a calendar of the same owner. Keep one of them." in found[5]
    assert "This is no calendar file." in found[6]


def test_a_thousand_strangers_are_counted(folder: Path) -> None:
    for n in range(1_000):
        (folder / f"x{n}.ics").write_text(EVENT)
    found = faults(folder)
    assert len(found) == 21
    assert "980 more files belong to nobody." in found[0]


def test_a_named_pipe_is_no_file(folder: Path) -> None:
    os.mkfifo(folder / "1001.ics")
    assert faults(folder) == ["1001.ics: This is no file. Put the calendar itself here."]


def test_calendars_at_addresses_are_read_in_batches_and_their_faults_name_owner_and_host_alone(folder: Path) -> None:
    fetch = Fetched(
        {
            "https://a/secret": EVENT.encode(),
            "https://b/secret": BROKEN.encode(),
            "https://c/secret": Unfetched(host="c", problem="It is gone.", mend="Publish it again."),
        }
    )
    assert read(folder, {"1001": "https://a/secret", ("Oslo", "Sund"): "https://a/secret"}, fetch) == BusyTimes(
        people={"1001": BUSY}, rooms={("Oslo", "Sund"): BUSY}
    )
    (folder / "1003.ics").write_text(EVENT)
    urls: dict[Owner, str] = {
        "1001": "https://b/secret",
        ("Oslo", "Sund"): "https://c/secret",
        "1003": "https://a/secret",
    }
    found = faults(folder, urls, fetch)
    assert found == [
        "1003.ics: The same owner has the address of a calendar as well. Keep the file or the address.",
        (
            "calendar of 1001: The file breaks off before its calendar ends, so busy times may be missing. "
            "Export or publish the calendar again."
        ),
        "calendar of Oslo Sund: c It is gone. Publish it again.",
    ]
    assert fetch.asked == [2, 3]
