"""The commands as people type them: what they print, and what they exit with."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servers.scripted_smtp import Mailbox, accepting_server
from talkcycle.cli.main import app

ROSTER = "id,name,email,manager\n1,Karin Norling,karin@norrsken.example,\n2,Åsa Berg,asa@norrsken.example,1\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A pair with a window a month ahead of today, whatever today is."""
    folder = tmp_path / "config"
    folder.mkdir()
    first = datetime.now(UTC).date() + timedelta(days=28)
    last = first + timedelta(days=27)
    (folder / "cycle.yaml").write_text(
        f"window: {{first: {first}, last: {last}}}\nroster: roster.csv\nhr: {{email: hr@norrsken.example}}\n"
    )
    (folder / "roster.csv").write_text(ROSTER)
    (folder / "service.yaml").write_text(
        "smtp: {host: 127.0.0.1, port: 1, tls: none}\nsender: samtal@norrsken.example\nper_minute: no limit\n"
    )
    return folder


def run(config: Path, *words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, [*words, "--config", str(config)])
    assert result.exit_code == status, result.output
    return result.output


def document(config: Path, *words: str, status: int = 0) -> Any:
    result = CliRunner().invoke(app, [*words, "--config", str(config), "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def test_a_round_from_the_first_command_to_the_last(config: Path) -> None:
    assert run(config, "check").startswith("No faults. 2 people")
    plan = document(config, "plan")
    assert [(talk["employee"], talk["manager"]) for talk in plan["talks"]] == [("2", "1")]
    assert run(config, "status").startswith("No round is approved yet")
    approved = document(config, "approve", plan["plan"][:12], "--yes")
    assert (approved["talks"], approved["messages"]["invitation"]) == (1, 2)

    standing = document(config, "status")
    assert [(round_["id"], round_["talks"]) for round_ in standing["rounds"]] == [(plan["round"], {"placed": 1})]
    lines = document(config, "timeline", "2")["lines"]
    assert [line["step"] for line in lines] == [
        "announcement",
        "invitation",
        "preparation-employee",
        "reminder",
        "follow-up",
        "check-in",
    ]
    assert {line["state"] for line in lines} == {"planned"}
    assert "Åsa Berg" in run(config, "timeline", "asa@norrsken.example")
    assert document(config, "outbox", "list") == []
    run(config, "talk", "cancel", "2", "--yes")
    assert [entry["action"] for entry in document(config, "audit")] == ["cancel", "approve"]


def test_faulty_files_are_all_named_and_nothing_is_stored(config: Path) -> None:
    (config / "cycle.yaml").write_text("window: {first: 2027-04-01, last: 2027-03-01}\nroster: roster.csv\nnotise: 7\n")
    (config / "roster.csv").write_text(ROSTER + "2,Twin,asa@norrsken.example,9\n")

    output = run(config, "plan", status=2)

    assert "cycle.yaml:1" in output
    assert "notice" in output
    assert "roster.csv:4" in output
    assert "nothing was stored or sent" in output
    assert document(config, "status")["rounds"] == []


@pytest.mark.parametrize(
    "words",
    [
        ["approve", "abcdef123456", "--yes"],
        ["timeline", "99"],
        ["outbox", "show", "1"],
        ["outbox", "why", "1"],
        ["outbox", "retry"],
        ["outbox", "release", "--all"],
        ["talk", "cancel", "2", "--yes"],
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(config: Path, words: list[str]) -> None:
    output = run(config, *words, status=1)

    assert "Traceback" not in output
    assert output.strip().endswith((".", "talkcycle outbox list", "talkcycle status", "talkcycle plan", "outbox why"))


def test_a_missing_service_file_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    output = run(tmp_path, "status", status=2)

    assert "service.yaml" in output
    assert "Traceback" not in output


def test_another_secret_than_the_databases_is_said_so(config: Path) -> None:
    run(config, "status")
    (config / "data" / "secret").write_text("another")

    output = run(config, "status", status=1)

    assert "secret" in output
    assert "Traceback" not in output


def test_health_asks_for_attention_when_nothing_ticks_or_the_outbox_is_on_hold(config: Path) -> None:
    assert "not ticked lately" in run(config, "health", status=3)
    run(config, "outbox", "hold", "--all", "--reason", "the mail server moves")
    found = document(config, "health", status=3)
    assert found["healthy"] is False
    assert "the mail server moves" in " ".join(found["faults"])


def test_init_writes_examples_that_check_and_leaves_what_is_there_alone(tmp_path: Path) -> None:
    folder = tmp_path / "fresh"
    assert CliRunner().invoke(app, ["init", str(folder)]).exit_code == 0
    assert run(folder, "check").startswith("No faults. 39 people")

    again = CliRunner().invoke(app, ["init", str(folder)])
    assert again.exit_code == 1
    assert "has files in it" in again.output


@pytest.mark.parametrize("of", ["cycle", "service"])
def test_the_schemas_are_printed(of: str) -> None:
    result = CliRunner().invoke(app, ["schema", of])

    assert json.loads(result.stdout)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_the_daemon_sends_what_is_due_is_alone_and_stops_when_told(config: Path) -> None:
    """Real processes, the real clock: the announcement is due at once or on the next working morning."""
    mailbox = Mailbox()
    with accepting_server(mailbox) as (_, port):
        (config / "service.yaml").write_text(
            f"smtp: {{host: 127.0.0.1, port: {port}, tls: none}}\nsender: samtal@norrsken.example\nlog_format: json\n"
        )
        plan = document(config, "plan")
        document(config, "approve", plan["plan"], "--yes")
        command = [sys.executable, "-m", "talkcycle", "run", "--config", str(config)]
        log = config / "run.log"
        with log.open("wb") as errors:
            daemon = subprocess.Popen(command, stderr=errors, env=os.environ | {"PYTHONUNBUFFERED": "1"})
        try:
            mark = config / "data" / "mark"
            deadline = time.monotonic() + 30
            while not mark.exists() and time.monotonic() < deadline:
                assert daemon.poll() is None, log.read_text()
            second = subprocess.run(command, capture_output=True, text=True, check=False)
            assert second.returncode == 1
            assert "Another daemon is running" in second.stderr
            assert "healthy" in run(config, "health")
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=10) == 0
    events = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert events[0] == "running"
    assert events[-2:] == ["stopping", "stopped"]
    assert "asa@norrsken.example" not in log.read_text()
    assert "Åsa" not in log.read_text()
