"""``talkcycle doctor`` on Exchange Online: a healthy tenant, and each thing that IT gets wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servers.dns_server import Zone, dns_server
from servers.graph_received import Place
from servers.graph_server import GraphServer, graph_server
from servers.graph_tenant import DIRECTORY_RIGHTS
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
    ("norrsken.example", "MX"): ["10 norrsken-example.mail.protection.outlook.com."],
    ("norrsken.example", "TXT"): ['"v=spf1 include:spf.protection.outlook.com -all"'],
    ("_dmarc.norrsken.example", "TXT"): ['"v=DMARC1; p=reject"'],
}


class Company:
    """An organisation online, its service.yaml, and the command."""

    def __init__(self, config: Path, organisation: Organisation, server: GraphServer, resolver: str) -> None:
        self.config, self.organisation, self.server, self.resolver = config, organisation, server, resolver
        (config / "secret").write_text(server.secret)
        self.configure("secret_file: secret")

    def configure(self, credential: str) -> None:
        graph = (
            f"tenant: {self.server.tenant}, client_id: {self.server.client_id}, {credential}, "
            f"endpoint: '{self.server.endpoint}', authority: '{self.server.authority}', ca_file: {self.server.ca_file}"
        )
        ends = (datetime.now(UTC) + timedelta(days=200)).date()
        (self.config / "service.yaml").write_text(
            f"sender: {SENDER}\ngraph: {{{graph}, secret_expires: {ends}}}\n"
            "routes: [{address: '*@norrsken.example', by: graph}]\n"
        )

    def doctor(self, *words: str, status: int = 0) -> list[dict[str, Any]]:
        command = ["doctor", *words, "--resolver", self.resolver, "--config", str(self.config), "--json"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == status, result.output
        assert self.server.secret not in result.output
        found: list[dict[str, Any]] = json.loads(result.stdout)["findings"]
        return found


@pytest.fixture
def organisation() -> Organisation:
    found = Organisation()
    for address in (SENDER, HR, KARIN, ASA, CEO):
        found.add(address, where=Where.ONLINE)
    found.add_room_list("rum@norrsken.example", "Lund")
    found.add(ROOM, where=Where.ONLINE, name="Tornet", room_list="rum@norrsken.example", seats=4)
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
    """Everything as docs/graph.md has it."""
    with dns_server(Zone(RECORDS)) as (address, port), graph_server(organisation) as server:
        server.access.scope, server.access.mail_scope = {SENDER, KARIN}, {SENDER}
        yield Company(config, organisation, server, f"{address}:{port}")


def of(found: list[dict[str, Any]], grade: str) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in found if each["grade"] == grade}


def test_a_tenant_set_up_as_the_guide_says_has_nothing_bad_and_nobody_is_told_anything(company: Company) -> None:
    found = company.doctor("--outside", CEO)

    assert of(found, "bad") == {}
    assert set(of(found, "warning")) == {"tls"}  # the fake's certificate is of this week
    assert set(of(found, "untold")) == {"mail-send", "rooms-accept"}  # what no dry check can show
    opened = {each["about"]["mailbox"] for each in found if each["check"] == "calendar"}
    assert opened == {SENDER, KARIN}  # an employee's calendar is nobody's business
    looked_at = {each["about"]["mailbox"] for each in found if each["check"] == "free-busy"}
    assert looked_at == {SENDER, KARIN, ASA, ROOM}
    assert company.organisation.told == []
    assert not any(mailbox.calendar or mailbox.mails for mailbox in company.organisation.mailboxes.values())


def test_a_wrong_secret_is_tried_once(company: Company) -> None:
    (company.config / "secret").write_text("wrong~4f1c")

    found = company.doctor(status=3)

    assert set(of(found, "bad")) == {"login"}
    tokens = [each for each in company.server.requests if each.place is Place.TOKENS and each.method == "POST"]
    assert len(tokens) == 1
    assert "wrong~4f1c" not in str(found)


def test_a_mailbox_that_should_be_closed_and_opens_is_bad(company: Company) -> None:
    company.server.access.scope = None

    found = company.doctor("--outside", CEO, status=3)

    scope = of(found, "bad")["scope"]
    assert scope["about"]["mailbox"] == CEO
    assert f"-Resource {CEO}" in scope["mend"]


def test_rights_in_the_whole_tenant_are_bad_with_the_command_that_takes_them_away(
    config: Path, organisation: Organisation
) -> None:
    rights = {*DIRECTORY_RIGHTS, "Mail.ReadWrite"}
    with dns_server(Zone(RECORDS)) as (address, port), graph_server(organisation, roles=rights) as server:
        found = Company(config, organisation, server, f"{address}:{port}").doctor(status=3)

    right = of(found, "bad")["rights"]
    assert right["about"]["right"] == "Mail.ReadWrite"
    assert "Remove-MgServicePrincipalAppRoleAssignment" in right["mend"]


def test_a_manager_outside_the_scope_is_bad_with_the_command_that_lets_them_in(company: Company) -> None:
    assert company.server.access.scope is not None
    company.server.access.scope -= {KARIN}

    found = company.doctor(status=3)

    calendar = of(found, "bad")["calendar"]
    assert calendar["about"]["mailbox"] == KARIN
    assert f"Add-DistributionGroupMember talkcycle -Member {KARIN}" in calendar["mend"]


def test_an_expired_certificate_is_bad(company: Company) -> None:
    expired = self_signed(company.config, name="talkcycle", days=(-400, -35))
    company.configure(f"certificate_file: {expired.file.name}")

    found = company.doctor(status=3)

    assert f"{expired.expires:%Y-%m-%d}" in of(found, "bad")["certificate"]["says"]
    assert "Update-MgApplication" in of(found, "bad")["certificate"]["mend"]


def test_a_key_that_others_can_read_is_a_warning(company: Company) -> None:
    made = self_signed(company.config, name="talkcycle")
    made.file.chmod(0o644)
    company.configure(f"certificate_file: {made.file.name}")

    found = company.doctor(status=3)  # nobody has registered it

    assert of(found, "warning")["permissions"]["mend"] == f"chmod 600 {made.file}"


def test_a_clock_that_is_wrong_is_told(config: Path, organisation: Organisation) -> None:
    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=20)

    with dns_server(Zone(RECORDS)) as (address, port), graph_server(organisation, now=ahead) as server:
        found = Company(config, organisation, server, f"{address}:{port}").doctor(status=3)

    assert "behind" in of(found, "bad")["clock"]["says"]
    assert "timedatectl" in of(found, "bad")["clock"]["mend"]


def test_a_mailbox_that_moved_away_is_told_with_who_has_to_say_so(company: Company) -> None:
    company.organisation.migrate(KARIN, Where.ON_PREMISES)

    found = company.doctor(status=3)

    assert "routes in service.yaml" in of(found, "bad")["calendar"]["mend"]


def test_a_test_stands_in_the_managers_calendar_with_its_file_and_goes_again(company: Company) -> None:
    asked = "it@norrsken.example"
    company.organisation.add(asked, where=Where.ONLINE)

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


def test_a_test_may_stay(company: Company) -> None:
    company.doctor("--send-to", ASA, "--organizer", KARIN, "--keep")

    (kept,) = company.organisation.mailbox(KARIN).calendar.values()
    assert kept.subject.startswith("TEST ")
    assert [each.address for each in kept.attendees] == [ASA]


def test_where_mails_go_by_smtp_the_sender_need_not_be_online(company: Company) -> None:
    company.organisation.mailbox(SENDER).where = Where.ELSEWHERE
    mailbox = SmtpMailbox()
    with accepting_server(mailbox) as (host, port):
        file = company.config / "service.yaml"
        own = f"smtp: {{host: {host}, port: {port}, tls: none}}\nroutes: [{{address: {SENDER}, by: smtp}}, "
        file.write_text(file.read_text().replace("routes: [", own))
        found = company.doctor()

    assert of(found, "bad") == {}
    assert {each["grade"] for each in found if each["check"] == "free-busy"} == {"good"}
    asked = {each["about"]["mailbox"] for each in found if each["check"] == "recipient"}
    assert asked == {HR, SENDER, KARIN, ASA}
    assert mailbox.received == []
