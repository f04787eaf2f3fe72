"""`talkcycle plan` asks Exchange Online when people and rooms are busy and which rooms there are."""

import csv
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from servers.graph_server import GraphServer, graph_server
from servers.organisation import Busy, Organisation, Where
from talkcycle.cli.main import app
from talkcycle.resources import shipped

STOCKHOLM, HELSINKI = ZoneInfo("Europe/Stockholm"), ZoneInfo("Europe/Helsinki")
DOMAIN = "norrskenkonsult.example"
LIST = f"rooms-helsinki@{DOMAIN}"
BEGINS, DAYS = datetime(2027, 3, 8, tzinfo=STOCKHOLM), 33
"""The shipped cycle's window."""
SERVICE = """
sender: samtal@{domain}
graph:
  tenant: {tenant}
  client_id: {client}
  secret_env: GRAPH_SECRET
  endpoint: {endpoint}
  authority: {authority}
  ca_file: {ca_file}
smtp: {{host: localhost, tls: none}}
routes:
  - {{address: "*", by: graph}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Norrsken:
    """The shipped example, everybody's mailbox online, and Helsinki's rooms known by a list."""

    config: Path
    servers: Organisation
    graph: GraphServer

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--config", str(self.config), "--json"])

    def plan(self) -> dict[str, Any]:
        result = self.run("plan")
        assert result.exit_code == 0, result.stderr
        assert "CANARY" not in result.stdout
        document: dict[str, Any] = json.loads(result.stdout)
        return document

    def replace(self, file: str, old: str, new: str) -> None:
        path = self.config / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def every_day(self, address: str, begins: int, ends: int, busy: Busy = Busy.BUSY) -> None:
        """Something of their own, by the clock in Stockholm, before and after it changes on 28 March."""
        for n in range(DAYS):
            day = BEGINS + timedelta(days=n)
            self.servers.occupy(address, day.replace(hour=begins), day.replace(hour=ends), busy)


@pytest.fixture
def norrsken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Norrsken]:
    config = Path(shutil.copytree(shipped("config"), tmp_path / "config"))
    monkeypatch.setenv("TALKCYCLE_DATA", str(tmp_path / "data"))
    servers = Organisation()
    with (config / "roster.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["email"]:
                servers.add(row["email"], where=Where.ONLINE, zone=row["time zone"] or "Europe/Stockholm")
    servers.add(f"samtal@{DOMAIN}", where=Where.ONLINE)
    servers.add(f"vattern@{DOMAIN}", where=Where.ONLINE, name="Vättern", room_list="elsewhere")
    servers.add_room_list(LIST, "Helsinki")
    for name, seats in (("Saimaa", 4), ("Päijänne", None)):
        address = f"{'saimaa' if seats else 'paijanne'}@{DOMAIN}"
        servers.add(address, where=Where.ONLINE, name=name, room_list=LIST, seats=seats)
    with graph_server(servers) as graph:
        monkeypatch.setenv("GRAPH_SECRET", graph.secret)
        (config / "service.yaml").write_text(
            SERVICE.format(
                domain=DOMAIN,
                tenant=graph.tenant,
                client=graph.client_id,
                endpoint=graph.endpoint,
                authority=graph.authority,
                ca_file=graph.ca_file,
            )
        )
        made = Norrsken(config=config, servers=servers, graph=graph)
        made.replace("cycle.yaml", "{name: Vättern, seats: 4}", f"{{name: Vättern, seats: 4, address: vattern@{DOMAIN}}}")
        made.replace("cycle.yaml", "\nplanning:", f"\n  Helsinki: {{list: {LIST}, seats: 2}}\n\nplanning:")
        made.replace("cycle.yaml", "  others: online", "  Helsinki: to be agreed\n  others: online")
        yield made


def test_talks_keep_clear_of_what_stands_in_mailboxes_of_people_and_rooms(norrsken: Norrsken) -> None:
    norrsken.every_day(f"amina.hassan@{DOMAIN}", 8, 12)
    norrsken.every_day(f"oskar.fransson@{DOMAIN}", 12, 17, Busy.AWAY)
    norrsken.every_day(f"vattern@{DOMAIN}", 0, 23)
    norrsken.every_day(f"saimaa@{DOMAIN}", 0, 23)

    talks = {talk["employee"]: talk for talk in norrsken.plan()["talks"]}

    def hour(employee: str) -> int:
        return datetime.fromisoformat(talks[employee]["start"]).astimezone(STOCKHOLM).hour

    assert hour("1003") >= 12, "whose own talk it is"
    assert all(hour(id_) >= 12 for id_, talk in talks.items() if talk["manager"] == "1003")
    assert hour("1012") < 12
    places = {talk["place"] for talk in talks.values()}
    assert {"Mälaren", "Päijänne"} <= places
    assert not {"Vättern", "Saimaa"} & places


def test_hours_of_a_mailbox_are_kept_where_the_roster_gives_none(norrsken: Norrsken) -> None:
    mornings = tuple((day, 8 * 60, 12 * 60) for day in range(5))
    norrsken.servers.mailbox(f"oskar.fransson@{DOMAIN}").hours = mornings
    norrsken.servers.mailbox(f"antti.korhonen@{DOMAIN}").hours = mornings

    starts = {talk["employee"]: datetime.fromisoformat(talk["start"]) for talk in norrsken.plan()["talks"]}

    assert starts["1012"].astimezone(STOCKHOLM).hour < 12
    assert starts["1031"].astimezone(HELSINKI).hour < 12


def test_a_calendar_file_is_read_instead_of_a_mailbox_that_cannot_be(norrsken: Norrsken) -> None:
    del norrsken.servers.mailboxes[f"oskar.fransson@{DOMAIN}"]

    refused = norrsken.run("plan")

    assert refused.exit_code == 2
    assert "mailbox of 1012" in refused.stderr
    assert "calendar file" in refused.stderr
    assert "@" not in refused.stderr.partition("mailbox of 1012")[2].splitlines()[0]
    (norrsken.config / "calendars").mkdir()
    (norrsken.config / "calendars" / "1012.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    assert any(talk["employee"] == "1012" for talk in norrsken.plan()["talks"])


def test_a_room_list_that_is_not_there_stops_the_plan(norrsken: Norrsken) -> None:
    norrsken.replace("cycle.yaml", f"list: {LIST}", f"list: romms-helsinki@{DOMAIN}")

    refused = norrsken.run("plan")

    assert refused.exit_code == 2
    assert "room list of Helsinki" in refused.stderr


def test_a_plan_with_listed_rooms_can_be_approved_until_hr_changes_the_rooms(norrsken: Norrsken) -> None:
    number = norrsken.plan()["plan"]
    norrsken.replace("cycle.yaml", "seats: 2}\n\nplanning:", "seats: 3}\n\nplanning:")
    assert norrsken.run("approve", number, "--yes").exit_code == 1
    norrsken.replace("cycle.yaml", "seats: 3}\n\nplanning:", "seats: 2}\n\nplanning:")

    approved = norrsken.run("approve", number, "--yes")

    assert approved.exit_code == 0, approved.stderr
