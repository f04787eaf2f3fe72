"""`talkcycle roster fetch` against a directory: what it writes, what it says, and what it leaves alone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from servers.graph_server import GraphServer, graph_server
from servers.organisation import Organisation, Where
from talkcycle.cli.main import app

ROSTER = """id,name,email,manager,hours,excluded,Kostnadsställe
1,Anna Ek,anna@norrsken.example,,,,10
2,Bo Ask,bo@norrsken.example,1,8-12,,20
3,Gone Berg,gone@norrsken.example,1,,,30
4,Di Alm,,2,,on leave,40
"""


@pytest.fixture
def organisation() -> Organisation:
    made = Organisation()
    made.add("samtal@norrsken.example", where=Where.ONLINE, name="Samtal")
    made.add("anna@norrsken.example", where=Where.ONLINE, name="Anna Ek", employee_id="1", language="sv-SE")
    for number, name in ((2, "Bo Ask"), (7, "Åsa Öman"), (8, "Zed Ny")):
        made.add(
            f"{name.split(maxsplit=1)[0].casefold().replace('å', 'a')}@norrsken.example",
            where=Where.ONLINE,
            name=name,
            employee_id=str(number),
            manager="anna@norrsken.example",
            department="Drift",
            site="Kiruna",
            country="SE",
        )
    return made


@pytest.fixture
def server(organisation: Organisation) -> Iterator[GraphServer]:
    with graph_server(organisation) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: GraphServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current one, with the configuration in ``config``."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "service.yaml").write_text(
        f"sender: samtal@norrsken.example\ngraph:\n  tenant: {server.tenant}\n  client_id: {server.client_id}\n"
        f"  secret_env: SECRET\n  endpoint: {server.endpoint}\n  authority: {server.authority}\n"
        f"  ca_file: {server.ca_file}\n"
    )
    (config / "cycle.yaml").write_text("window: {first: 2027-03-08, last: 2027-04-09}\nroster: roster.csv\n")
    monkeypatch.setenv("SECRET", server.secret)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fetch(*words: str) -> Result:
    return CliRunner().invoke(app, ["roster", "fetch", *words])


def fetched(*words: str, status: int = 0) -> Any:
    result = fetch("--json", *words)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def test_the_first_roster_comes_from_the_directory_and_can_be_planned_with(folder: Path) -> None:
    said = fetched("--out", "config/roster-directory.csv")
    assert (said["people"], said["without_manager"], said["differences"]) == (4, ["1"], None)
    lines = (folder / "config" / "roster-directory.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        '"id","name","email","manager","language","country","site","department"',
        '"1","Anna Ek","anna@norrsken.example","","sv_SE","","",""',
        '"2","Bo Ask","bo@norrsken.example","1","","SE","Kiruna","Drift"',
        '"8","Zed Ny","zed@norrsken.example","1","","SE","Kiruna","Drift"',
        '"7","Åsa Öman","asa@norrsken.example","1","","SE","Kiruna","Drift"',
    ]
    (folder / "config" / "roster-directory.csv").rename(folder / "config" / "roster.csv")
    checked = CliRunner().invoke(app, ["check"])
    assert checked.exit_code == 0, checked.output
    assert checked.output.startswith("No faults. 4 people")


def test_the_roster_in_use_gives_ids_and_columns_and_is_left_alone(folder: Path) -> None:
    (folder / "config" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    result = fetch()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "Wrote 5 people to roster-directory.csv.",
        "  1 without a manager: no talk of their own: 1 Anna Ek",
        "  1 without a mailbox: 4 Di Alm",
        "Compared with config/roster.csv, which stays as it is:",
        "  2 new: 8 Zed Ny, 7 Åsa Öman",
        "  1 gone; not in the new file: 3 Gone Berg",
        "  1 whom this directory cannot know; kept as they were: 4 Di Alm",
        "Look at the file. When it is right, put it in the place of the roster that the cycle names.",
    ]
    assert (folder / "config" / "roster.csv").read_text(encoding="utf-8") == ROSTER
    written = (folder / "roster-directory.csv").read_text(encoding="utf-8-sig")
    assert '"2","Bo Ask","bo@norrsken.example","1","","SE","Kiruna","Drift","8-12","","20"' in written
    assert '"4","Di Alm","","2","","","","","","on leave","40"' in written


def test_another_roster_may_be_named_or_none(folder: Path) -> None:
    (folder / "config" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (folder / "other.csv").write_text(ROSTER.replace("\n2,", "\nX2,").replace(",2,", ",X2,"), encoding="utf-8")
    said = fetched("--like", "other.csv", "--out", "a.csv")
    assert said["compared_with"] == "other.csv"
    assert '"X2","Bo Ask"' in (folder / "a.csv").read_text(encoding="utf-8-sig")
    assert fetched("--anew", "--out", "b.csv")["compared_with"] is None


@pytest.mark.usefixtures("folder")
def test_what_had_to_be_left_out_needs_attention(organisation: Organisation) -> None:
    organisation.mailbox("anna@norrsken.example").manager = "zed@norrsken.example"
    organisation.mailbox("bo@norrsken.example").country = "Atlantis"
    said = fetched(status=3)
    assert said["loops"] == [["1", "8"]]
    assert [(each["id"], each["column"], each["value"]) for each in said["left_empty"]] == [("2", "country", "Atlantis")]
    result = fetch("--replace")
    assert result.exit_code == 3
    assert "  These report in a loop; the manager of the first is left empty: 1 Anna Ek > 8 Zed Ny > 1" in result.output
    assert '  country left empty of 1 person: Atlantis: "Atlantis" is not a country' in result.output


def test_a_file_that_is_there_and_the_roster_in_use_are_never_written_over(folder: Path, server: GraphServer) -> None:
    (folder / "config" / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (folder / "mine.csv").write_text("mine", encoding="utf-8")
    asked = len(server.requests)
    refusals = {
        ("--out", "mine.csv"): "mine.csv is there already; name another file, or say --replace.",
        ("--out", "config/roster.csv", "--replace"): "config/roster.csv is the roster in use.",
        ("--out", "config"): "config is a folder; name a file.",
        ("--out", "gone/x.csv"): "There is no folder gone; make it, or name another file.",
        ("--from", "exchange"): "service.yaml has no exchange with a directory.",
    }
    for words, reason in refusals.items():
        result = fetch(*words)
        assert result.exit_code == 1, result.output
        assert result.stderr.startswith(reason)
    assert len(server.requests) == asked
    assert (folder / "mine.csv").read_text(encoding="utf-8") == "mine"
    assert fetch("--out", "mine.csv", "--replace").exit_code == 0


def test_a_faulty_roster_in_use_is_told_with_its_faults_and_nothing_is_written(folder: Path) -> None:
    (folder / "config" / "roster.csv").write_text(ROSTER.replace("\n2,", "\n1,"), encoding="utf-8")
    result = fetch()
    assert result.exit_code == 2
    assert 'config/roster.csv:3: id "1" is the id of two people' in result.stderr
    assert not (folder / "roster-directory.csv").exists()


def test_a_directory_that_gives_nothing_is_refused_with_the_right_it_needs(folder: Path, server: GraphServer) -> None:
    server.tokens.roles = set()
    result = fetch()
    assert result.exit_code == 1
    assert "User.Read.All" in result.stderr
    assert not (folder / "roster-directory.csv").exists()


def test_without_exchange_or_graph_there_is_no_directory_to_ask(folder: Path) -> None:
    (folder / "config" / "service.yaml").write_text("sender: a@b.example\nsmtp: {host: h.example}\n")
    result = fetch()
    assert result.exit_code == 1
    assert result.stderr == "There is no directory to ask: service.yaml has neither exchange nor graph.\n"


def test_a_roster_that_names_a_transport_the_service_has_not_is_a_fault_of_its_row(folder: Path) -> None:
    (folder / "config" / "roster.csv").write_text("id,name,email,manager,mailbox\n1,A,a@x.example,,on-prem\n")
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 2
    assert "config/roster.csv:2: mailbox service.yaml has no exchange." in result.stderr
