"""A small organisation whose calendars are on one server, set up as the guides say, and what ``doctor`` says of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from typer.testing import CliRunner

from servers.dns_server import Zone, dns_server
from servers.ews_server import EwsServer, ews_server
from servers.graph_server import GraphServer, graph_server
from servers.organisation import Organisation, Where
from talkcycle.cli.main import app

SENDER, HR, KARIN, ASA, ROOM, CEO = (
    f"{name}@norrsken.example" for name in ("samtal", "hr", "karin", "asa", "tornet", "vd")
)
ACCOUNT = "svc@norrsken.example"
"""With which the service logs in on-premises."""
ROSTER = f"id,name,email,manager,site\n1,Karin Norling,{KARIN},,Lund\n2,Åsa Berg,{ASA},1,Lund\n"

Server = TypeVar("Server", EwsServer, GraphServer)
Found = list[dict[str, Any]]


@dataclass(slots=True, kw_only=True)
class Company(Generic[Server]):
    """Attributes:
    by: The transport, as service.yaml calls it. *secret*: its own, which lies in ``config / "secret"``.
    opens: The check that opens a calendar.
    """

    config: Path
    organisation: Organisation
    server: Server
    resolver: str
    by: str
    secret: str
    opens: str

    def configure(self, settings: str) -> None:
        """Write service.yaml with these settings of the transport."""
        (self.config / "secret").write_text(self.secret)
        ends = (datetime.now(UTC) + timedelta(days=200)).date()
        (self.config / "service.yaml").write_text(
            f"sender: {SENDER}\n{self.by}: {{{settings}, secret_expires: {ends}}}\n"
            f"routes: [{{address: '*@norrsken.example', by: {self.by}}}]\n"
        )

    def edit(self, old: str, new: str) -> None:
        """Put *new* in the place of *old* in service.yaml."""
        file = self.config / "service.yaml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def doctor(self, *words: str, status: int = 0) -> Found:
        command = ["doctor", *words, "--resolver", self.resolver, "--config", str(self.config), "--json"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == status, result.output
        assert self.secret not in result.output
        found: Found = json.loads(result.stdout)["findings"]
        return found


def of(found: Found, grade: str) -> dict[str, dict[str, Any]]:
    return {each["check"]: each for each in found if each["grade"] == grade}


@contextmanager
def on_premises(folder: Path, **server: Any) -> Iterator[Company[EwsServer]]:
    """Everything as docs/exchange.md has it. *server*: as ``ews_server``."""
    organisation = _organisation(Where.ON_PREMISES)
    defaults: dict[str, Any] = {"account": ACCOUNT, "scope": {SENDER, KARIN}}
    records = _records("10 mail.norrsken.example.", "v=spf1 mx -all")
    with dns_server(Zone(records)) as (host, port), ews_server(organisation, **(defaults | server)) as running:
        company = Company(
            config=_files(folder),
            organisation=organisation,
            server=running,
            resolver=f"{host}:{port}",
            by="exchange",
            secret=running.password,
            opens="impersonation",
        )
        company.configure(
            f"endpoint: '{running.endpoint}', login: basic, user: {running.user}, ca_file: {running.ca_file}, "
            "password_file: secret"
        )
        yield company


@contextmanager
def online(folder: Path, **server: Any) -> Iterator[Company[GraphServer]]:
    """Everything as docs/graph.md has it. *server*: as ``graph_server``."""
    organisation = _organisation(Where.ONLINE)
    records = _records(
        "10 norrsken-example.mail.protection.outlook.com.", "v=spf1 include:spf.protection.outlook.com -all"
    )
    with dns_server(Zone(records)) as (host, port), graph_server(organisation, **server) as running:
        running.access.scope, running.access.mail_scope = {SENDER, KARIN}, {SENDER}
        company = Company(
            config=_files(folder),
            organisation=organisation,
            server=running,
            resolver=f"{host}:{port}",
            by="graph",
            secret=running.secret,
            opens="calendar",
        )
        company.configure(settings_of(running, "secret_file: secret"))
        yield company


def settings_of(server: GraphServer, credential: str) -> str:
    """What service.yaml says of *server*, with which credential."""
    return (
        f"tenant: {server.tenant}, client_id: {server.client_id}, {credential}, endpoint: '{server.endpoint}', "
        f"authority: '{server.authority}', ca_file: {server.ca_file}"
    )


def _organisation(where: Where) -> Organisation:
    found = Organisation()
    for address in (SENDER, HR, KARIN, ASA, CEO, *([ACCOUNT] if where is Where.ON_PREMISES else [])):
        found.add(address, where=where)
    found.add_room_list("rum@norrsken.example", "Lund")
    found.add(ROOM, where=where, name="Tornet", room_list="rum@norrsken.example", seats=4)
    return found


def _files(folder: Path) -> Path:
    """HR's files, with a window a month ahead of today, whatever today is."""
    config = folder / "config"
    config.mkdir()
    first = datetime.now(UTC).date() + timedelta(days=28)
    (config / "cycle.yaml").write_text(
        f"window: {{first: {first}, last: {first + timedelta(days=27)}}}\nlanguage: sv\nroster: roster.csv\n"
        f"hr: {{email: {HR}}}\nrooms: {{Lund: [{{name: Tornet, seats: 4, address: {ROOM}}}]}}\n"
    )
    (config / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return config


def _records(mx: str, spf: str) -> Mapping[tuple[str, str], list[str]]:
    return {
        ("norrsken.example", "MX"): [mx],
        ("norrsken.example", "TXT"): [f'"{spf}"'],
        ("_dmarc.norrsken.example", "TXT"): ['"v=DMARC1; p=reject"'],
    }
