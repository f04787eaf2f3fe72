"""``roster diff``, ``roster apply``, ``talk reassign`` and ``talk exclude`` as people type them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from talkcycle.cli.main import app

HEAD = "id,name,email,manager,excluded\n"
ROWS = {
    "1": "1,Karin Norling,karin@norrsken.example,,",
    "2": "2,Johan Ek,johan@norrsken.example,1,",
    "3": "3,Eva Ask,eva@norrsken.example,1,",
    **{f"{n}": f"{n},Namn {n},namn{n}@norrsken.example,2," for n in range(4, 14)},
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Thirteen people and an approved round, a month ahead of today."""
    folder = tmp_path / "config"
    folder.mkdir()
    first = datetime.now(UTC).date() + timedelta(days=28)
    last = first + timedelta(days=55)
    (folder / "cycle.yaml").write_text(
        f"window: {{first: {first}, last: {last}}}\nroster: roster.csv\nhr: {{email: hr@norrsken.example}}\n"
    )
    write(folder, ROWS)
    (folder / "service.yaml").write_text(
        "smtp: {host: 127.0.0.1, port: 1, tls: none}\nsender: samtal@norrsken.example\nper_minute: no limit\n"
    )
    plan = document(folder, "plan", "--limit", "1")
    document(folder, "approve", plan["plan"], "--yes")
    return folder


def write(folder: Path, rows: dict[str, str], name: str = "roster.csv") -> Path:
    (folder / name).write_text(HEAD + "\n".join(rows.values()) + "\n")
    return folder / name


def run(config: Path, *words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, [*words, "--config", str(config)])
    assert result.exit_code == status, result.output
    return result.output


def document(config: Path, *words: str, status: int = 0) -> Any:
    result = CliRunner().invoke(app, [*words, "--config", str(config), "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def actions(config: Path) -> list[str]:
    return [entry["action"] for entry in document(config, "audit")]


def test_a_new_roster_is_looked_at_and_then_applied_once(config: Path) -> None:
    new = ROWS | {"4": ROWS["4"].replace(",2,", ",3,"), "14": "14,Ny Person,ny@norrsken.example,3,"}
    del new["5"]
    found = document(config, "roster", "diff", str(write(config, new, "new.csv")))
    assert [(each["talk"], each["course"], each["host"]) for each in found["talks"]] == [
        ("4", "hand over", "3"),
        ("5", "call off", "2"),
        ("14", "plan", "3"),
    ]
    assert (found["joined"], found["left"], found["faults"], found["applied"]) == (["14"], ["5"], [], False)
    assert "Namn" not in json.dumps(found)
    assert document(config, "roster", "diff")["applied"], "a file that nobody names changes nothing"

    write(config, new)
    shown = run(config, "roster", "diff")
    assert "1 joined, 1 left, 1 changed." in shown
    assert "4 Namn 4: the talk goes to 3, at the same time (has another manager)" in shown
    refused = CliRunner().invoke(app, ["roster", "apply", "--config", str(config)], input="n\n")
    assert refused.exit_code == 1
    assert actions(config) == ["approve"]
    said = run(config, "roster", "apply", "--yes")
    assert {"1 talk is called off.", "1 talk is handed over.", "1 talk is planned."} == set(said.splitlines())
    assert actions(config)[0] == "apply roster"
    assert run(config, "roster", "apply", "--yes") == "The round runs with this roster already. Nothing changed.\n"
    assert document(config, "status")["rounds"][0]["talks"] == {"placed": 12, "cancelled": 1}
    assert "Namn 5" in run(config, "timeline", "5"), "who has left can still be looked at"


def test_half_a_roster_stops_until_hr_confirms_it(config: Path) -> None:
    write(config, {id_: row for id_, row in ROWS.items() if int(id_) < 10})
    assert document(config, "roster", "diff", status=3)["faults"] != []
    said = run(config, "roster", "apply", "--yes", status=1)
    assert "4 of 13 people of this round's roster are not in this one" in said
    assert "--confirm-roster" in said
    assert document(config, "status")["rounds"][0]["talks"] == {"placed": 12}
    run(config, "roster", "apply", "--yes", "--confirm-roster", status=3)
    assert document(config, "status")["rounds"][0]["talks"] == {"placed": 8, "cancelled": 4}


def test_a_faulty_roster_and_a_round_that_is_not_there_are_said_so(config: Path) -> None:
    write(config, ROWS | {"4": ROWS["4"].replace(",2,", ",nobody,")})
    assert "roster.csv:5" in run(config, "roster", "diff", status=2)
    write(config, ROWS)
    assert "no running round x" in run(config, "roster", "diff", "--round", "x", status=1)


def test_hr_gives_a_talk_to_another_host_and_leaves_one_out(config: Path) -> None:
    said = run(config, "talk", "reassign", "4", "3", "--yes")
    assert said == "3 has the talk. All three are told with the next tick.\n"
    assert "hosts the talk 4 already" in run(config, "talk", "reassign", "4", "3", "--yes", status=1)
    assert "roster apply" in run(config, "talk", "reassign", "4", "99", "--yes", status=1)
    day = datetime.now(UTC).date() + timedelta(days=30)
    assert "has passed" in run(config, "talk", "reassign", "4", "2", "--at", "2020-01-01T10:00", "--yes", status=1)
    run(config, "talk", "reassign", "4", "2", "--at", f"{day}T07:10", "--yes")
    assert run(config, "talk", "exclude", "6", "--reason", "a CANARY", "--yes").startswith("Left out.")
    assert "is off already" in run(config, "talk", "exclude", "6", "--reason", "again", "--yes", status=1)
    assert actions(config)[:3] == ["exclude", "reassign", "reassign"]
    assert "CANARY" not in run(config, "audit") + run(config, "status")
