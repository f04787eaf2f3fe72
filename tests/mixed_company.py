"""Forty people whose mailboxes are spread over Exchange, Microsoft Graph and plain mail, and the service among them.

Everything is real but the servers' hearts: files are read, the daemon's parts run against a virtual clock, messages go
over HTTPS and SMTP on loopback. What people then have in their calendars is asked of ``Company``.
"""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from approved_round import plan_and_approve
from dispatching import Log
from harness.imip_calendar import ImipCalendar
from servers.ews_server import EwsServer, ews_server
from servers.graph_server import GraphServer, graph_server
from servers.organisation import Item, Organisation, Where
from talkcycle.bootstrap import Application, open_application
from talkcycle.daemon.dispatch import DispatchSummary
from talkcycle.daemon.run import Daemon, daemon_of
from talkcycle.daemon.simulation import VirtualClock
from talkcycle.domain.messages import KnownMessage
from talkcycle.domain.plan import Draft
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Talk
from talkcycle.transports.smtp.sink import mail_sink

DOMAIN = "corp.example"
SENDER = f"samtal@{DOMAIN}"
ROOMS = f"rum@{DOMAIN}"
BEGINS = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
BY = {Where.ON_PREMISES: "exchange", Where.ONLINE: "graph", Where.ELSEWHERE: "smtp"}
MANAGERS = {
    "m1": Where.ON_PREMISES,
    "m2": Where.ON_PREMISES,
    "m3": Where.ONLINE,
    "m4": Where.ONLINE,
    "m5": Where.ELSEWHERE,
}
CYCLE = """
window: {first: 2027-03-08, last: 2027-04-09}
roster: roster.csv
organisation: Corp AB
hr: {name: "Eva Lind, HR", email: hr@corp.example, language: sv, zone: Europe/Stockholm}
language: sv
zone: Europe/Stockholm
country: SE
place: {Stockholm: to be agreed, others: online}
rooms: {Stockholm: {list: rum@corp.example}}
"""


def address(id_: str) -> str:
    return f"{id_}@{DOMAIN}"


def the_roster() -> list[dict[str, str]]:
    """A head, five managers, and 34 others in their teams; in each team one is served elsewhere than the manager."""
    people = [("head", "")] + [(manager, "head") for manager in MANAGERS]
    people += [(f"e{number}", f"m{number % 5 + 1}") for number in range(34)]
    return [
        {"id": id_, "name": f"Namn {id_}", "email": address(id_), "manager": manager, "site": "Stockholm"}
        for id_, manager in people
    ]


def homes() -> dict[str, Where]:
    """Roster id to where the mailbox is."""
    places = list(Where)
    found = {"head": Where.ONLINE, **MANAGERS}
    for number in range(34):
        home = MANAGERS[f"m{number % 5 + 1}"]
        found[f"e{number}"] = places[(places.index(home) + 1) % 3] if number < 5 else home
    return found


@dataclass(slots=True)
class Company:
    """Attributes:
    where: Roster id to the server that has the mailbox, as IT writes it into service.yaml.
    mails: What arrived over SMTP: address and bytes.
    calendars: Of those who get invitations by mail, by address.
    """

    folder: Path
    organisation: Organisation
    exchange: EwsServer
    graph: GraphServer
    smtp_port: int
    where: dict[str, Where]
    mails: list[tuple[str, bytes]]
    calendars: dict[str, ImipCalendar]
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(BEGINS))
    log: Log = field(default_factory=Log)

    def write_service(self) -> None:
        """service.yaml as IT would write it for ``where``."""
        routes = "\n".join(f'  - {{address: "{address(id_)}", by: {BY[home]}}}' for id_, home in self.where.items())
        (self.folder / "service.yaml").write_text(
            f"""
smtp: {{host: 127.0.0.1, port: {self.smtp_port}, tls: none}}
exchange:
  endpoint: {self.exchange.endpoint}
  login: basic
  user: {self.exchange.user}
  password_env: EXCHANGE
  ca_file: {self.exchange.ca_file}
  per_minute: no limit
graph:
  tenant: {self.graph.tenant}
  client_id: {self.graph.client_id}
  secret_env: GRAPH
  endpoint: {self.graph.endpoint}
  authority: {self.graph.authority}
  ca_file: {self.graph.ca_file}
  per_minute: no limit
routes:
{routes}
  - {{address: "*", by: graph}}
sender: {SENDER}
per_minute: no limit
"""
        )

    def open(self) -> Application:
        """The service as it starts with the files as they are now."""
        env = {"EXCHANGE": self.exchange.password, "GRAPH": self.graph.secret, "TALKCYCLE_WHO": "hr"}
        return open_application(self.folder, env=env, clock=self.clock)

    def approve(self, app: Application) -> Draft:
        """Plan and approve, as HR does."""
        return plan_and_approve(app)

    def start(self, app: Application) -> Daemon:
        daemon = daemon_of(app, self.log.logger)
        daemon.ticker.start(alone=True)
        return daemon

    def run(self, daemon: Daemon, until: datetime) -> None:
        """Tick, send and watch from one instant at which something is due to the next."""
        while True:
            assert daemon.ticker.tick().broken == ()
            while daemon.dispatcher.dispatch_due() != DispatchSummary():
                pass
            daemon.watch()
            with daemon.store.read() as session:
                assert session.ledger.hold() is None
                instants = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None]
            now = self.clock.now()
            if not instants or now >= until:
                return
            self.clock.at = min(max(now + timedelta(minutes=1), min(instants)), now + timedelta(hours=23), until)

    def entries(self, talk: Talk) -> list[tuple[datetime, datetime]]:
        """What the employee of *talk* has in their calendar with the manager: start and end of each entry."""
        employee, manager = address(talk.employee), address(talk.manager)
        found = [
            (item.start, item.end)
            for item in self.organisation.mailbox(employee).calendar.values()
            if not item.mine and item.organizer == manager
        ]
        by_mail = self.calendars.get(employee)
        found += [(each.start, each.end) for each in by_mail.entries() if manager in each.attendees] if by_mail else []
        return found

    def hosted(self, talk: Talk) -> list[Item]:
        """Meetings with the employee in the manager's own calendar."""
        employee, manager = address(talk.employee), address(talk.manager)
        return [
            item
            for item in self.organisation.mailbox(manager).calendar.values()
            if item.mine and any(each.address == employee for each in item.attendees)
        ]

    def mails_with(self, message_id: str) -> int:
        """How often a mail arrived, whichever way it went."""
        by_smtp = sum(f"Message-ID: {message_id}".encode() in mail for _, mail in self.mails)
        return by_smtp + sum(each.uid == message_id for each in self.organisation.told if each.what == "mail")


@contextmanager
def mixed_company(folder: Path) -> Iterator[Company]:
    organisation = Organisation()
    mails: list[tuple[str, bytes]] = []
    calendars: dict[str, ImipCalendar] = {}

    def take(recipient: str, mail: bytes) -> None:
        folded = recipient.casefold()
        if not calendars.setdefault(folded, ImipCalendar(owner=folded)).receive(mail):
            mails.append((folded, mail))

    with (
        mail_sink(take) as (_, port),
        ews_server(organisation) as exchange,
        graph_server(organisation) as graph,
    ):
        company = Company(
            folder=folder,
            organisation=organisation,
            exchange=exchange,
            graph=graph,
            smtp_port=port,
            where=homes(),
            mails=mails,
            calendars=calendars,
        )
        _settle(company)
        yield company


def _settle(company: Company) -> None:
    organisation = company.organisation
    organisation.now = company.clock.now
    for id_, where in company.where.items():
        organisation.add(address(id_), where=where, name=f"Namn {id_}")
    organisation.add(SENDER, where=Where.ONLINE, name="HR")
    organisation.add(company.exchange.settings.account, where=Where.ON_PREMISES, name="Konto")
    organisation.add_room_list(ROOMS, "Rum")
    for name in ("vattern", "malaren", "siljan"):
        organisation.add(address(name), where=Where.ONLINE, name=name.capitalize(), room_list=ROOMS, seats=4)
    (company.folder / "cycle.yaml").write_text(CYCLE)
    with (company.folder / "roster.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "name", "email", "manager", "site"])
        writer.writeheader()
        writer.writerows(the_roster())
    company.write_service()


def rows(app: Application, round_: str) -> list[KnownMessage]:
    with app.store.read() as session:
        return session.outbox.find(OutboxFilter(round=round_, limit=1_000_000))


def talks(app: Application, round_: str) -> Mapping[str, Talk]:
    with app.store.read() as session:
        return {talk.id: talk for talk in session.talks.of_round(round_)}
