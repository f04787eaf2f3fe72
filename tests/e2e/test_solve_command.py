"""``talkcycle solve`` as people run it: a process that reads an instance, writes a plan, and can be ended early."""

import json
import os
import pty
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOLVE = [sys.executable, "-m", "talkcycle", "solve"]
NINE = 9 * 60 - 120
"""Nine o'clock in Stockholm in October, in minutes of the UTC day."""


def company(people: int) -> dict[str, Any]:
    """Teams of eight, calendars half full, two weeks, and a room for every twenty-five people."""
    draw = random.Random(1)
    calendars = [
        [day * 1440 + NINE + slot * 60 for day in (*range(5), *range(7, 12)) for slot in sorted(draw.sample(range(8), 4))]
        for _ in range(people)
    ]
    return {
        "format": "talkplan/1",
        "t0": "2026-10-12T00:00:00Z",
        "horizon_min": 14 * 1440,
        "cycle": {
            "today": "2026-09-28",
            "window": ["2026-10-12", "2026-10-23"],
            "lead_days": 14,
            "grid_min": 15,
            "max_per_day": 2,
            "cascade": "hard",
            "status_policy": {"b": "hard"},
        },
        "weights": {},
        "calendars": {"SE": []},
        "sites": [{"id": "S", "tz": "Europe/Stockholm", "cal": "SE"}],
        "rooms": [
            {"id": f"R{n}", "site": "S", "capacity": 2, "neutral": True, "busy": {}} for n in range(people // 25 + 1)
        ],
        "people": [
            {
                "id": f"P{n}",
                "manager": f"P{(n - 1) // 8}" if n else None,
                "site": "S",
                "tz": "Europe/Stockholm",
                "cal": "SE",
                "hours": [[[540, 1020]]] * 5 + [[], []],
                "lunch": [720, 760],
                "busy": {"b": [minute for begins in calendars[n] for minute in (begins, begins + 45)]},
            }
            for n in range(people)
        ],
        "talks": [
            {
                "id": f"T{n}",
                "employee": f"P{n}",
                "manager": f"P{(n - 1) // 8}",
                "dur": 60,
                "buf": 15,
                "room": True,
                "site": "S",
            }
            for n in range(1, people)
        ],
    }


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    file = tmp_path / "instance.json"
    file.write_text(json.dumps(company(30)))
    return file


def run(*words: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*SOLVE, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def assignments(plan: Path) -> dict[str, tuple[int, str | None]]:
    return {each["talk"]: (each["start"], each["room"]) for each in json.loads(plan.read_text())["assignments"]}


def test_a_plan_is_written_and_told_in_a_sentence(instance: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"

    told = run(instance, plan, "--limit", "2").stdout

    placed = assignments(plan)
    assert set(placed) <= {f"T{n}" for n in range(1, 30)}
    assert f"{len(placed)} of 29 talks have a time" in told
    assert {file.name for file in tmp_path.iterdir()} == {"instance.json", "plan.json"}


def test_the_same_seed_writes_the_same_bytes_and_json_tells_the_counts(instance: Path, tmp_path: Path) -> None:
    plans = [tmp_path / "one.json", tmp_path / "two.json"]

    told = [json.loads(run(instance, plan, "--seed", "3", "--limit", "4", "--json").stdout) for plan in plans]

    assert plans[0].read_bytes() == plans[1].read_bytes()
    assert told[0]["talks"] == 29
    assert told[0]["placed"] == len(assignments(plans[0]))
    assert told[0]["placed"] + told[0]["unplaced"] == 29
    assert told[0]["cost"] == told[1]["cost"] >= 10_000 * told[0]["unplaced"] + 1_000 * told[0]["without_room"]


def test_an_earlier_plan_is_replaced_as_a_whole(instance: Path, tmp_path: Path) -> None:
    """Whoever has the old file open goes on reading the old plan."""
    plan = tmp_path / "plan.json"
    plan.write_text("the plan before")
    with plan.open() as before:
        run(instance, plan, "--limit", "1")
        assert before.read() == "the plan before"
    assert assignments(plan)


def broken(document: dict[str, Any]) -> None:
    document["talks"][0]["employee"] = "P900"
    document["talks"][1]["manager"] = "P901"
    document["people"][3]["busy"]["b"] = [60, 30]
    document["people"][4]["busy"]["b"] = [60, 90, 120]
    document["people"][5]["tz"] = "Europe/Atlantis"
    document["people"][6]["busy"] = {"q": [0, 60]}
    document["rooms"][0]["site"] = "Moon"
    document["cycle"]["grid_min"] = 0
    document["cycle"]["cascade"] = "maybe"
    document["cycle"]["window"] = ["2026-10-23", "soon"]


def test_every_fault_of_an_instance_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    document, file, plan = company(10), tmp_path / "broken.json", tmp_path / "plan.json"
    broken(document)
    file.write_text(json.dumps(document))

    told = run(file, plan, status=2).stderr

    places = (
        "talks[0].employee",
        "talks[1].manager",
        "people[3].busy",
        "people[4].busy",
        "people[5].tz",
        "people[6].busy",
    )
    for place in (*places, "rooms[0].site", "cycle.grid_min", "cycle.cascade", "cycle.window"):
        assert f"broken.json: {place} " in told, f"{place} is not told in:\n{told}"
    assert told.count("broken.json") == 10, f"what hangs on a fault is no fault of its own:\n{told}"
    assert not plan.exists()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"format": "talkplan/1",\n "t0" 3}', "broken.json:2"),
        ("", "broken.json"),
        ("[]", "broken.json"),
        ("null", "broken.json"),
        ('{"format": "talkplan/2"}', "format"),
        ('{"format": "talkplan/1"}', "people"),
        ('{"format": "talkplan/1", "people": 3, "talks": {}, "cycle": []}', "people"),
        ("\xff\xfe", "broken.json"),
    ],
)
def test_what_is_no_instance_is_a_located_fault_and_no_crash(text: str, place: str, tmp_path: Path) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(text.encode("latin-1"))

    assert place in run(file, tmp_path / "plan.json", status=2).stderr
    assert not (tmp_path / "plan.json").exists()


def test_a_missing_file_or_folder_is_refused(instance: Path, tmp_path: Path) -> None:
    assert "nowhere.json" in run(tmp_path / "nowhere.json", tmp_path / "plan.json", status=1).stderr
    assert "absent" in run(instance, tmp_path / "absent" / "plan.json", status=1).stderr


def test_the_limit_holds(tmp_path: Path) -> None:
    """A search of 400 people could use half a minute; reading and writing are within the limit, a busy machine aside."""
    file, plan = tmp_path / "instance.json", tmp_path / "plan.json"
    file.write_text(json.dumps(company(400)))

    told = json.loads(run(file, plan, "--limit", "1", "--json").stdout)

    assert told["seconds"] < 4
    assert told["placed"] == len(assignments(plan)) > 200


def test_ctrl_c_ends_the_search_and_keeps_the_best_plan(tmp_path: Path) -> None:
    file, plan = tmp_path / "instance.json", tmp_path / "plan.json"
    file.write_text(json.dumps(company(400)))
    terminal, line = pty.openpty()
    command = [*SOLVE, str(file), str(plan), "--limit", "600"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=line, env=os.environ | {"TERM": "xterm"})
    os.close(line)
    told = os.read(terminal, 1000)
    while b"%" not in told:  # the bar is there: the search has begun
        told += os.read(terminal, 1000)
    process.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(terminal, 1000):
            told += chunk
    except OSError:  # how Linux says that nobody holds the other end any more
        os.close(terminal)
    assert process.wait(timeout=20) == 0
    assert b"cut short" in told
    assert len(assignments(plan)) > 200
