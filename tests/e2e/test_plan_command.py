"""``plan`` as people type it: what it prints, writes and exits with."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from talkcycle.cli.main import app

HEAD = "id,name,email,manager,hours\n"
ROSTER = HEAD + "1,Karin Norling,karin@norrsken.example,,\n2,Åsa [bold]Berg,asa@norrsken.example,1,\n"
NO_TIME = "9,Erik Kort,erik@norrsken.example,1,06:00-06:30\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A pair with a window a month ahead of today, whatever today is."""
    folder = tmp_path / "config"
    folder.mkdir()
    first = datetime.now(UTC).date() + timedelta(days=28)
    (folder / "cycle.yaml").write_text(
        f"window: {{first: {first}, last: {first + timedelta(days=27)}}}\nroster: roster.csv\n"
        "hr: {email: hr@norrsken.example}\n"
    )
    (folder / "roster.csv").write_text(ROSTER)
    (folder / "service.yaml").write_text("smtp: {host: 127.0.0.1, port: 1, tls: none}\nsender: samtal@norrsken.example\n")
    return folder


def plan(config: Path, *words: str | Path, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["plan", *map(str, words), "--config", str(config)])
    assert result.exit_code == status, result.output
    return result.output


def document(config: Path, *words: str | Path, status: int = 0) -> Any:
    return json.loads(plan(config, "--json", *words, status=status))


def test_a_page_is_written_where_the_service_keeps_its_data_and_the_command_says_where(config: Path) -> None:
    output = plan(config)

    (page,) = (config / "data" / "plans").iterdir()
    assert f"Look at it: {page}" in output
    assert "Åsa [bold]Berg" in output
    assert "Åsa [bold]Berg" in page.read_text(encoding="utf-8")
    assert page.parent.stat().st_mode & 0o077 == 0


def test_the_first_plan_has_nothing_to_compare_with_and_the_next_says_what_changed(config: Path) -> None:
    assert document(config)["difference"] is None
    (config / "roster.csv").write_text(ROSTER + "3,Bo Ek,bo@norrsken.example,1,\n")

    second = document(config)
    assert [(change["kind"], change["employee"]) for change in second["difference"]["changes"]][:1] == [("new", "3")]

    (config / "roster.csv").write_text(
        HEAD + "1,Karin Norling,karin@norrsken.example,,\n3,Bo Ek,bo@norrsken.example,1,\n"
    )
    output = plan(config)
    assert "No longer in the plan: 1" in output
    assert "Åsa [bold]Berg" in output  # whose name only the roster before knows


def test_talks_without_a_time_need_attention_and_the_plan_is_stored_all_the_same(config: Path) -> None:
    (config / "roster.csv").write_text(ROSTER + NO_TIME)

    output = plan(config, status=3)

    assert "Erik Kort" in output
    assert "1 talk of 2 has a time" in output
    assert document(config, status=3)["difference"]["unchanged"] == 2


def test_tables_are_written_where_they_are_wanted_and_written_again(config: Path, tmp_path: Path) -> None:
    page, table, book = tmp_path / "plan.html", tmp_path / "plan.csv", tmp_path / "plan.xlsx"
    for _ in range(2):
        found = document(config, "--page", page, "--csv", table, "--xlsx", book)

    assert found["files"] == [str(page), str(table), str(book)]
    assert not (config / "data" / "plans").exists()
    (line,) = csv.DictReader(table.read_text(encoding="utf-8-sig").splitlines())
    assert line["Employee"] == "Åsa [bold]Berg"
    assert load_workbook(book)["Talks"]["B2"].value == "Åsa [bold]Berg"
    assert {path.name for path in tmp_path.iterdir()} == {"config", "plan.html", "plan.csv", "plan.xlsx"}


@pytest.mark.parametrize("option", ["--page", "--csv", "--xlsx"])
def test_a_file_that_is_not_ours_is_left_alone_and_nothing_is_planned(config: Path, tmp_path: Path, option: str) -> None:
    file = tmp_path / "budget"
    file.write_text("our budget")

    assert "not a plan of ours" in plan(config, option, file, status=1)
    assert "is a folder" in plan(config, option, tmp_path, status=1)
    assert "There is no folder" in plan(config, option, tmp_path / "no" / "where", status=1)

    assert file.read_text() == "our budget"
    assert not (config / "data").exists()


def test_another_page_of_ours_is_left_alone_too(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text('<meta name="generator" content="talkcycle"><title>Every text of the round</title>')

    assert "not a plan of ours" in plan(config, "--page", file, status=1)


def test_a_folder_that_cannot_be_made_is_said_so(config: Path) -> None:
    (config / "data").mkdir()
    (config / "data" / "plans").write_text("in the way")

    assert "The plan is stored, but there can be no folder" in plan(config, status=1)


def test_somebody_elses_workbook_is_left_alone(config: Path, tmp_path: Path) -> None:
    from openpyxl import Workbook  # noqa: PLC0415

    file = tmp_path / "salaries.xlsx"
    Workbook().save(file)
    before = file.read_bytes()

    plan(config, "--xlsx", file, status=1)

    assert file.read_bytes() == before


def test_a_large_round_is_shown_in_short_and_whole_on_demand(config: Path) -> None:
    many = (f"{n},Person {n},p{n}@norrsken.example,{1 + n % 8},\n" for n in range(3, 60))
    (config / "roster.csv").write_text(ROSTER + "".join(many))

    short, whole = plan(config), plan(config, "--all")

    assert "Person 41" not in short
    assert "Person 41" in whole
    assert "Talks by week" in short


def test_the_help_says_what_the_exit_status_means() -> None:
    output = CliRunner().invoke(app, ["plan", "--help"]).output

    assert "3 some have none" in " ".join(output.split())
