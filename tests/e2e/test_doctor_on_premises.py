"""``talkcycle doctor`` on Exchange on-premises: as IT sets it up rightly, and each thing it gets wrong."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servers.dns_server import Zone, dns_server
from servers.ews_server import EwsServer, ews_server
from servers.organisation import Organisation, Where
from servers.scripted_smtp import Mailbox as SmtpMailbox
from servers.scripted_smtp import accepting_server
from servers.self_signed import self_signed
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
    scope = {SENDER, KARIN}
    with (
        dns_server(Zone(RECORDS)) as (address, port),
        ews_server(organisation, account=SENDER, scope=scope) as server,
    ):
        yield Company(config, organisation, server, f"{address}:{port}")


def of(found: list[dict[str, Any]], grade: str) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in found if each["grade"] == grade}


def test_a_server_set_up_as_the_guide_says_has_nothing_bad_and_nobody_is_told_anything(company: Company) -> None:
    found = company.doctor("--outside", CEO)

    assert of(found, "bad") == {}
    assert set(of(found, "warning")) == {"tls"}  # the fake's certificate is of this week
    assert set(of(found, "untold")) == {"rooms-accept"}  # what no dry check can show
    opened = {each["about"]["mailbox"] for each in found if each["check"] == "impersonation"}
    assert opened == {SENDER, KARIN}  # an employee's calendar is nobody's business
    told = {each["about"]["mailbox"] for each in found if each["check"] == "free-busy"}
    assert told == {SENDER, KARIN, ASA, ROOM}
    assert of(found, "good")["scope"]["about"]["mailbox"] == CEO
    assert company.organisation.told == []
    assert not any(mailbox.calendar or mailbox.mails for mailbox in company.organisation.mailboxes.values())


def test_a_wrong_password_is_tried_once(company: Company) -> None:
    (company.config / "password").write_text("wrong-4f1c")

    found = company.doctor(status=3)

    assert set(of(found, "bad")) == {"login"}
    assert len(company.server.logins) == 1
    assert "wrong-4f1c" not in str(found)


def test_a_mailbox_that_should_be_closed_and_opens_is_bad(company: Company) -> None:
    company.server.settings.scope = None

    found = company.doctor("--outside", CEO, status=3)

    scope = of(found, "bad")["scope"]
    assert scope["about"]["mailbox"] == CEO
    assert "Remove-ManagementRoleAssignment" in scope["mend"]


def test_a_manager_outside_the_scope_is_bad_with_the_command_that_lets_them_in(company: Company) -> None:
    company.server.settings.scope = frozenset({SENDER})

    found = company.doctor(status=3)

    closed = of(found, "bad")["impersonation"]
    assert closed["about"]["mailbox"] == KARIN
    assert "-Role ApplicationImpersonation" in closed["mend"]


def test_a_clock_that_is_wrong_is_told(config: Path, organisation: Organisation) -> None:
    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=20)

    with (
        dns_server(Zone(RECORDS)) as (address, port),
        ews_server(organisation, account=SENDER, now=ahead) as server,
    ):
        found = Company(config, organisation, server, f"{address}:{port}").doctor(status=3)

    assert re.search(r"\b(1199|1200) s apart", of(found, "bad")["clock"]["says"])
    assert "timedatectl" in of(found, "bad")["clock"]["mend"]


def test_a_certificate_that_nobody_vouches_for_is_bad_and_no_password_is_sent(company: Company, tmp_path: Path) -> None:
    other = self_signed(tmp_path)
    file = company.config / "service.yaml"
    file.write_text(file.read_text().replace(str(company.server.ca_file), str(other.file)))

    found = company.doctor(status=3)

    assert "exchange.ca_file" in of(found, "bad")["tls"]["mend"]
    assert company.server.logins == []


def test_a_mailbox_that_moved_away_is_told_with_who_has_to_say_so(company: Company) -> None:
    company.organisation.migrate(KARIN, Where.ONLINE)

    found = company.doctor(status=3)

    assert "routes in service.yaml" in of(found, "bad")["impersonation"]["mend"]


def test_where_mails_go_by_smtp_the_sender_need_not_be_on_the_server(company: Company) -> None:
    company.organisation.mailbox(SENDER).where = Where.ELSEWHERE
    account = "svc@norrsken.example"
    company.organisation.add(account, where=Where.ON_PREMISES)
    company.server.settings.account = account
    with accepting_server(SmtpMailbox()) as (host, port):
        file = company.config / "service.yaml"
        own = f"smtp: {{host: {host}, port: {port}, tls: none}}\nroutes: [{{address: {SENDER}, by: smtp}}, "
        file.write_text(file.read_text().replace("routes: [", own))
        found = company.doctor()

    assert of(found, "bad") == {}
    assert {each["grade"] for each in found if each["check"] == "free-busy"} == {"good"}


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
