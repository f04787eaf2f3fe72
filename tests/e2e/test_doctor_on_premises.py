"""``talkcycle doctor`` on Exchange on-premises: as IT sets it up rightly, and each thing it gets wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servers.dns_server import Zone, dns_server
from servers.ews_server import EwsServer, ews_server
from servers.organisation import Organisation, Where
from talkcycle.cli.main import app

SENDER, HR, KARIN, ASA, ROOM, CEO = (
    f"{name}@norrsken.example" for name in ("samtal", "hr", "karin", "asa", "tornet", "vd")
)
ROSTER = f"id,name,email,manager,site\n1,Karin Norling,{KARIN},,Lund\n2,Åsa Berg,{ASA},1,Lund\n"
RECORDS = {
    ("norrsken.example", "MX"): ["10 mail.norrsken.example."],
    ("norrsken.example", "TXT"): ['"v=spf1 mx -all"'],
    ("_dmarc.norrsken.example", "TXT"): ['"v=DMARC1; p=reject"'],
}


class Company:
    """An organisation on-premises, its service.yaml, and the command."""

    def __init__(self, config: Path, organisation: Organisation, server: EwsServer, resolver: str) -> None:
        self.config, self.organisation, self.server, self.resolver = config, organisation, server, resolver
        (config / "password").write_text(server.password)
        exchange = f"endpoint: '{server.endpoint}', login: basic, user: {server.user}, ca_file: {server.ca_file}"
        ends = (datetime.now(UTC) + timedelta(days=200)).date()
        (config / "service.yaml").write_text(
            f"sender: {SENDER}\nexchange: {{{exchange}, password_file: password, secret_expires: {ends}}}\n"
            "routes: [{address: '*@norrsken.example', by: exchange}]\n"
        )

    def doctor(self, *words: str, status: int = 0) -> list[dict[str, Any]]:
        command = ["doctor", *words, "--resolver", self.resolver, "--config", str(self.config), "--json"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == status, result.output
        assert self.server.password not in result.output
        found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        return found


@pytest.fixture
def organisation() -> Organisation:
    found = Organisation()
    for address in (SENDER, HR, KARIN, ASA, CEO):
        found.add(address, where=Where.ON_PREMISES)
    found.add_room_list("rum@norrsken.example", "Lund")
    found.add(ROOM, where=Where.ON_PREMISES, name="Tornet", room_list="rum@norrsken.example", seats=4)
    return found


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    first = datetime.now(UTC).date() + timedelta(days=28)
    (folder / "cycle.yaml").write_text(
        f"window: {{first: {first}, last: {first + timedelta(days=27)}}}\nlanguage: sv\nroster: roster.csv\n"
        f"hr: {{email: {HR}}}\nrooms: {{Lund: [{{name: Tornet, seats: 4, address: {ROOM}}}]}}\n"
    )
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return folder


@pytest.fixture
def company(config: Path, organisation: Organisation) -> Iterator[Company]:
    """Everything as docs/exchange.md has it."""
    scope = {SENDER, KARIN, ASA, ROOM}
    with (
        dns_server(Zone(RECORDS)) as (address, port),
        ews_server(organisation, account=SENDER, scope=scope) as server,
    ):
        yield Company(config, organisation, server, f"{address}:{port}")


def of(found: list[dict[str, Any]], grade: str) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in found if each["grade"] == grade}


def test_a_test_stands_in_the_managers_calendar_with_its_file_and_goes_again(company: Company) -> None:
    asked = "it@norrsken.example"
    company.organisation.add(asked, where=Where.ON_PREMISES)

    found = company.doctor("--send-to", asked, "--organizer", KARIN)

    assert [(each["check"], each["grade"]) for each in found] == [
        ("test-mail", "good"),
        ("test-meeting", "good"),
        ("test-cancellation", "good"),
    ]
    told = company.organisation.told
    assert {each.to for each in told} == {asked}
    assert [(each.what, each.sender, each.files) for each in told] == [
        ("mail", SENDER, ("Testagenda.pdf",)),
        ("invitation", KARIN, ("Testagenda.pdf",)),
        ("cancellation", KARIN, ()),
    ]
    assert company.organisation.mailbox(KARIN).calendar == company.organisation.mailbox(asked).calendar == {}


def test_a_test_from_a_calendar_that_is_closed_says_so_and_ends(company: Company) -> None:
    found = company.doctor("--send-to", ASA, "--organizer", CEO, status=3)

    assert [(each["check"], each["grade"]) for each in found] == [("test-mail", "good"), ("test-meeting", "bad")]
    assert company.organisation.mailbox(CEO).calendar == {}
