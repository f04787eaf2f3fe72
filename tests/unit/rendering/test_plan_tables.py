"""What a plan looks like in a spreadsheet, and that nothing in it runs there."""

import csv
import io
import shutil
import subprocess
import unicodedata
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from planned_round import NO_ROOM, PEOPLE, a_draft, the_draft_before, the_facts
from talkcycle.rendering.harmless_cells import harmless, harmless_field
from talkcycle.rendering.plan_csv import plan_csv
from talkcycle.rendering.plan_xlsx import plan_xlsx

FORMULA = '=cmd|"/c calc"!A1'
"""The name of one of the people."""
DANGEROUS = "=+-@"


def sheet(name: str, **before: Any) -> list[tuple[Any, ...]]:
    book = load_workbook(io.BytesIO(plan_xlsx(the_facts(**before))))
    return list(book[name].iter_rows(values_only=True))


def as_records(rows: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def csv_records(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    "sign", [*DANGEROUS, "\t=", "\r", "\n=", " =", "＝", "＋", "－", "＠", "\u2212", "\u00a0=", "\ufeff="]
)
def test_whatever_a_spreadsheet_could_run_gets_an_apostrophe(sign: str) -> None:
    assert harmless(f"{sign}1+1") == f"'{sign}1+1"


@pytest.mark.parametrize("text", ["Anna-Lena Ek", "a=b", "Ek, Bo", "", "12:30", "Café @ noon", "'quoted'"])
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@given(st.text(st.sampled_from(";,|\t\r\n\"' =+-@＝＠\u200ba")) | st.text())
def test_no_field_begins_with_what_runs_whatever_the_separator(text: str) -> None:
    field = harmless_field(text)

    for separator in (";", ",", "|", "\t", "\n", '"'):
        for part in field.split(separator):
            begins = unicodedata.normalize("NFKC", part).strip(" ")[:1]
            assert begins == "" or begins not in DANGEROUS


@given(st.text(max_size=5).map(lambda text: FORMULA[:1] + text))
def test_what_follows_the_apostrophe_is_what_was_there(text: str) -> None:
    assert harmless(text).removeprefix("'") == text


def test_csv_is_utf8_with_a_mark_and_lines_as_the_standard_ends_them() -> None:
    content = plan_csv(the_facts())

    assert content.startswith(b'\xef\xbb\xbf"Employee id"')
    assert content.count(b"\r\n") == content.count(b"\n") == 7


def test_csv_has_every_talk_with_its_time_and_those_without_one_with_the_reason() -> None:
    records = csv_records(plan_csv(the_facts()))

    assert [(each["Employee id"], each["Date"], each["Start"], each["Time zone"]) for each in records] == [
        ("anna", "2027-03-10", "10:00", "Europe/Stockholm"),
        ("egil", "2027-03-12", "13:15", "Europe/Stockholm"),
        ("frej", "2027-03-15", "09:00", "America/New_York"),
        ("cilla", "2027-03-17", "11:30", "Europe/London"),
        ("gun", "2027-03-30", "10:00", "Europe/Stockholm"),
        ("disa", "", "", ""),
    ]
    assert records[-1]["Why there is no time"] == "Bo's days are full; one more a day would help."
    assert (records[3]["Manager's start"], records[3]["Week"], records[3]["Over lunch"]) == ("12:30", "2027-W11", "yes")
    assert records[3]["Employee"] == f"'{FORMULA}"


def test_the_workbook_has_a_sheet_for_each_thing() -> None:
    book = load_workbook(io.BytesIO(plan_xlsx(the_facts())))

    assert book.sheetnames == ["Talks", "Without a time", "Rooms", "Weeks", "Managers", "Changes"]
    for each in book:
        assert each.freeze_panes == "A2"
        assert each.auto_filter.ref
        assert (each.column_dimensions["B"].width or 0) > 10


def test_dates_times_and_numbers_are_real_ones_with_the_zone_beside_them() -> None:
    anna = as_records(sheet("Talks"))[0]

    assert anna["Date"] == datetime(2027, 3, 10)
    assert anna["Start"] == time(10, 0)
    assert (anna["Time zone"], anna["Minutes"], anna["Days of notice"]) == ("Europe/Stockholm", 60, 21)
    book = load_workbook(io.BytesIO(plan_xlsx(the_facts())))
    assert [book["Talks"][cell].number_format for cell in ("F2", "G2")] == ["yyyy-mm-dd", "hh:mm"]
    assert book["Talks"]["F2"].is_date


def test_no_cell_is_a_formula() -> None:
    book = load_workbook(io.BytesIO(plan_xlsx(the_facts(before=the_draft_before()))))

    cells = [cell for each in book for row in each.iter_rows() for cell in row if cell.value is not None]
    assert "f" not in {cell.data_type for cell in cells}
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert f"'{FORMULA}" in texts
    assert not [text for text in texts if text[0] in DANGEROUS]


def test_rooms_weeks_and_managers_are_there_in_figures() -> None:
    rooms = [each for each in as_records(sheet("Rooms")) if each["Talks"]]
    assert rooms[0] == {
        "Site": "London",
        "Room": "Ravenscourt",
        "Seats": None,
        "Date": datetime(2027, 3, 17),
        "Talks": 1,
        "Minutes taken": 90,
        "Minutes offered": 420,
        "Share": pytest.approx(90 / 420),
    }
    weeks = as_records(sheet("Weeks"))
    assert [(each["Week"], each["Site"], each["Talks"]) for each in weeks if each["Site"] == "all"] == [
        ("2027-W10", "all", 2),
        ("2027-W11", "all", 2),
        ("2027-W12", "all", 0),
        ("2027-W13", "all", 1),
    ]
    bo = next(each for each in as_records(sheet("Managers")) if each["Manager id"] == "bo")
    assert (bo["Talks"], bo["Without a time"], bo["Most in a week"], bo["Over lunch"]) == (3, 1, 2, 1)


def test_why_a_talk_has_no_room_stands_beside_it() -> None:
    facts = the_facts(with_rooms=True)

    records = csv_records(plan_csv(facts))
    assert [each["Employee id"] for each in records if each["Why there is no room"] == NO_ROOM] == ["gun"]
    book = load_workbook(io.BytesIO(plan_xlsx(facts)))
    rooms = as_records(list(book["Rooms"].iter_rows(values_only=True)))
    assert {(each["Room"], each["Seats"]) for each in rooms if each["Site"] == "Malmö"} == {
        ("Lagom", 4),
        ("Lagom 2", 2),
        ("Lagom 10", 2),
    }


def test_changes_are_told_from_what_to_what() -> None:
    changes = as_records(sheet("Changes", before=the_draft_before()))

    moved = next(each for each in changes if each["What"] == "Another time")
    assert (moved["Before: date"], moved["Before: start"]) == (datetime(2027, 3, 9), time(15, 0))
    assert (moved["Now: date"], moved["Now: start"]) == (datetime(2027, 3, 10), time(10, 0))
    assert as_records(sheet("Changes")) == []


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert plan_xlsx(the_facts()) == plan_xlsx(the_facts())


def test_a_plan_without_talks_is_a_workbook_too() -> None:
    draft = a_draft(talks=(), unplaced=())

    assert csv_records(plan_csv(the_facts(draft))) == []
    assert load_workbook(io.BytesIO(plan_xlsx(the_facts(draft))))["Talks"].max_row == 1


def test_a_libre_office_shows_the_name_and_the_date(tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "plan.xlsx").write_bytes(plan_xlsx(the_facts()))
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    convert = [office, home, "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "plan.xlsx"]
    subprocess.run(convert, cwd=tmp_path, check=True, capture_output=True, timeout=120)

    text = (tmp_path / "plan.csv").read_text()

    assert PEOPLE["cilla"].name == FORMULA
    assert "'=cmd|" in text
    assert date(2027, 3, 10).isoformat() in text
