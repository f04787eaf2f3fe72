"""A round in which two names, an address and a few words must be found in their own places and nowhere else.

The service is the real one: its plan, its clockwork, its logger, its pages and its commands. The mail server refuses some
of what it gets and repeats in its answers whom and what that was about, as real ones do.
"""

import html
import io
import json
import quopri
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stderr
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socket import create_server

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from typer.testing import CliRunner

from after_the_talk import hasty
from servers.dns_server import Zone, dns_server
from servers.scripted_smtp import CUT, Mailbox, accepting_server
from talkcycle.bootstrap import Application, logger, read_inputs, settings_of, store_of
from talkcycle.cli.main import app as commands
from talkcycle.cli.plan_files import usual_page
from talkcycle.daemon.run import Daemon, daemon_of
from talkcycle.daemon.simulation import VirtualClock
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.service import LogFormat, WebSettings
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Talk
from talkcycle.rounds.advance import HORIZON
from talkcycle.rounds.approve import approve, prepare_approval
from talkcycle.rounds.page_links import address
from talkcycle.rounds.plan import make_draft
from talkcycle.rounds.plan_report import report_of
from talkcycle.web.application import application
from talkcycle.web.rates import Rates
from talkcycle.web.serve import pages_of, serving_app
from web_office import Form, client

NOW = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
PREFIX = "/samtal"
NAME, HOST = "Kanarina Tystberg", "Chefina Dolding"
"""Employee and manager. Nobody is called so by chance."""
DOMAIN = "kanariebo.example"
ADDRESS, HOSTS = f"vissling@{DOMAIN}", f"drill@{DOMAIN}"
WORDS, SUPPORT = "Ödlebacken sjunger i moll", "trehundra gula fjädrar"
"""What the two agree on."""
REASON = "Månsjukan slog till igen"
"""Why somebody else opts out."""
NAMES = (NAME, HOST, *NAME.split(), *HOST.split())
LINK = re.compile(rf"https://talks\.norrsken\.example{PREFIX}/([\w-]+)")
IDENTITIES = (*NAMES, ADDRESS, HOSTS, DOMAIN)
CYCLE = """window: {first: 2027-03-08, last: 2027-03-26}
roster: roster.csv
organisation: Norrsken
language: sv
hr: {name: Maria, email: hr@norrsken.example}
"""
ROSTER = f"""id,name,email,manager,language
1,{HOST},{HOSTS},,sv
2,{NAME},{ADDRESS},1,sv
3,Olle Borta,olle@norrsken.example,1,sv
4,Tove Lind,tove@norrsken.example,1,en
"""


def found_in(text: str | bytes, *canaries: str) -> list[str]:
    """Those of *canaries* that stand in *text*, in whatever way programs write them down."""
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    folded = raw.lower()
    return [each for each in canaries if any(way.lower() in folded for way in _ways(each))]


def _ways(canary: str) -> Iterator[bytes]:
    yield canary.encode()
    yield canary.encode("latin-1")
    yield canary.encode("utf-16-le")
    yield json.dumps(canary)[1:-1].encode()
    yield html.escape(canary).encode()
    yield canary.encode("ascii", "xmlcharrefreplace")
    yield quopri.encodestring(canary.encode())


class EchoingServer(Mailbox):
    """Has trouble with whom it is told, in turns, and says whose mail that was."""

    def __init__(self) -> None:
        super().__init__()
        self.trouble: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        if DOMAIN in address and self.trouble and self.trouble[0].startswith("rcpt"):
            code = self.trouble.pop(0).removeprefix("rcpt ")
            envelope.rcpt_tos.pop()
            return f'{code} <{address}>: Recipient address rejected: {address.upper()}, (rcpt={address}), try "{address}"'
        return f"250 2.1.5 {address} OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        to = envelope.rcpt_tos[0]
        if DOMAIN in to and self.trouble and self.trouble[0].startswith("data"):
            code = self.trouble.pop(0).removeprefix("data ")
            return code if code == CUT else f"{code} mail to <{to}> refused, see mailto:{to}"
        self.received.append(envelope)
        return f"250 2.0.0 <{to}> queued"


@dataclass(slots=True)
class CanaryLife:
    """What was seen of it from outside.

    Attributes:
        logs: All that went to standard error, as text and as JSON.
        refusals: Pages that refuse or have failed, by what was asked. *own*: pages of the two. *others*: of the others.
        told: What commands printed, by what was typed.
        before, after: The bytes of all files in the data folder, before and after the round was purged.
        mails: Everything that arrived, by address.
        scanned: How the pages behind the links in all mails answered; *changed*: what that did to the database.
    """

    folder: Path
    server: EchoingServer
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    logs: str = ""
    refusals: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)
    before: bytes = b""
    after: bytes = b""
    round: str = ""
    scanned: dict[Purpose, set[int]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)

    @property
    def mails(self) -> list[tuple[str, str]]:
        """To whom, and all that it says."""
        return [(each.rcpt_tos[0], _said(_parsed(each))) for each in self.server.received]

    def data(self) -> bytes:
        files = [each for each in sorted(self.app.settings.data.rglob("*")) if each.is_file()]
        return b"\n".join(each.name.encode() + b"\n" + each.read_bytes() for each in files)

    @property
    def app(self) -> Application:
        return self._app

    _app: Application = field(init=False)

    def open(self, port: int) -> None:
        (self.folder / "cycle.yaml").write_text(CYCLE)
        (self.folder / "roster.csv").write_text(ROSTER)
        (self.folder / "service.yaml").write_text(
            f"smtp: {{host: 127.0.0.1, port: {port}, tls: none}}\nsender: samtal@norrsken.example\n"
            f"per_minute: no limit\nconnections: 1\nweb: {{url: 'https://talks.norrsken.example{PREFIX}'}}\n"
        )
        settings = settings_of(self.folder, {})
        self._app = Application(
            config=self.folder, settings=settings, store=hasty(store_of(settings)), clock=self.clock, who="hr"
        )

    @contextmanager
    def logging(self, how: LogFormat) -> Iterator[object]:
        """The service's own logger, to a standard error that is kept."""
        said = io.StringIO()
        with redirect_stderr(said):
            yield logger(replace(self.app.settings, log_format=how))
        self.logs += said.getvalue()

    def approve(self) -> None:
        app = self.app
        inputs = read_inputs(self.folder / "cycle.yaml", app.settings, today=NOW.date())
        draft = make_draft(app.store, inputs, now=NOW)
        facts = report_of(draft, {person.id: person for person in inputs.roster.people})
        usual_page(app.settings.data, draft.round).write(facts)
        approval = prepare_approval(
            app.store,
            inputs,
            plan=draft.hash,
            only=None,
            who="hr",
            routing=app.settings.routing,
            seed="seed",
            now=NOW,
        )
        approve(app.store, inputs, approval, who="hr", now=NOW)
        self.round = draft.round

    def until(self, when: datetime, daemon: Daemon) -> None:
        """Run the clockwork until then."""
        while self.clock.at < when:
            with self.app.store.write() as session:
                look, leave = session.schedule.next(), session.outbox.next_due()
                session.ledger.set_last_tick(None)
            due = [each for each in (look and look - HORIZON, leave) if each is not None]
            soonest = max(min(due, default=when), self.clock.at + timedelta(minutes=20))
            self.clock.at = min(when, soonest)
            daemon.ticker.tick()
            daemon.dispatcher.dispatch_due()

    def talk(self, employee: str) -> Talk:
        with self.app.store.read() as session:
            return session.talks.of_round(self.round, [employee])[0]

    def path(self, person: str, purpose: Purpose, talk: str | None = None) -> str:
        link = Link(round=self.round, person=person, purpose=purpose, talk=talk)
        with self.app.store.read() as session:
            return address(PREFIX, session.links.token(session.links.current(link)))

    def type(self, *words: str, when: str = "") -> str:
        """A command as HR types it; what it prints is kept by its words and *when* it was typed."""
        result = CliRunner().invoke(commands, [*words, "--config", str(self.folder)])
        self.told[" ".join(words) + when] = result.output + result.stderr
        return result.output


@contextmanager
def pages(life: CanaryLife, log: object) -> Iterator[str]:
    """The pages of the service, served; where."""
    web = life.app.settings.web
    assert isinstance(web, WebSettings)
    with create_server(("127.0.0.1", 0)) as listening:
        stop = threading.Event()
        app = application(pages_of(life.app, web, log), by_address=Rates(most=10_000, per=1))
        with serving_app(app, listening, web.proxies, stop):
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def lived(folder: Path) -> CanaryLife:
    """The whole life, from the plan to the purge."""
    server = EchoingServer()
    with accepting_server(server) as (_, port):
        life = CanaryLife(folder=folder, server=server)
        life.open(port)
        try:
            _live(life)
        finally:
            life.app.store.close()
            structlog.reset_defaults()
    return life


def _live(life: CanaryLife) -> None:
    life.approve()
    with life.logging(LogFormat.JSON) as log:
        daemon = daemon_of(life.app, log)
        life.server.trouble = ["rcpt 450 4.2.1", "data 451 4.3.0", f"data {CUT}", "rcpt 421 4.7.0", "rcpt 550 5.1.1"]
        life.until(datetime(2027, 2, 18, 12, tzinfo=UTC), daemon)
        with pages(life, log) as url:
            _opt_out(life, url)
        life.until(max(life.talk(each).end or NOW for each in "24") + timedelta(hours=3), daemon)
    with life.logging(LogFormat.TEXT) as log:
        daemon = daemon_of(life.app, log)
        with pages(life, log) as url:
            _agree(life, url)
            _look_around(life, url)
            _break(life, url)
        life.server.trouble = ["data 452 4.3.1", "data 554 5.6.0", f"data {CUT}"]
        for when in (datetime(2027, 4, 6, 12, tzinfo=UTC), datetime(2027, 5, 5, 12, tzinfo=UTC)):
            life.until(when, daemon)
            with pages(life, log) as url:
                _scan(life, url)
        daemon.tidy()
    _look_as_hr(life)
    with life.logging(LogFormat.JSON) as log:
        life.until(datetime(2027, 6, 1, tzinfo=UTC), daemon_of(life.app, log))
        life.before = life.data()
        life.clock.at = datetime(2028, 6, 1, tzinfo=UTC)
        daemon_of(life.app, log).tidy()
    life.after = life.data()
    life.type("status", "--json", when=", after the purge")
    life.type("audit", "--json", "--limit", "1000", when=", after the purge")


def _opt_out(life: CanaryLife, url: str) -> None:
    """Somebody else, for a reason that HR alone reads."""
    here = url + life.path("3", Purpose.TALK, "3")
    with client() as web:
        form = Form(web.get(f"{here}/opt-out").text)
        sent = web.post(url + form.action, data=form.hidden | {"choice": "opt-out", "reason": REASON})
        assert sent.status_code == 303, sent.text
        life.own["opted out"] = web.get(here).text


def _agree(life: CanaryLife, url: str) -> None:
    """The employee writes it down, and the manager confirms it; another talk was not held."""
    with client() as web:
        here = url + life.path("2", Purpose.FOLLOW_UP, "2")
        form = Form(web.get(here).text)
        fields = {
            "held": "yes",
            "what-1": WORDS,
            "who-1": form.choices["who-1"][0],
            "due-1": "2027-04-16",
            "support-1": SUPPORT,
        }
        life.own["what is wrong with the form"] = web.post(
            url + form.action, data=form.hidden | fields | {"due-1": "x"}
        ).text
        sent = web.post(url + form.action, data=form.hidden | fields)
        assert sent.status_code == 303, sent.text
        life.own["agreed, by the employee"] = web.get(here).text
        theirs = url + life.path("1", Purpose.FOLLOW_UP, "2")
        page = web.get(theirs).text
        form = Form(page)
        assert form.action.endswith("/confirm"), page
        sent = web.post(url + form.action, data=form.hidden | {"choice": "confirm"})
        assert sent.status_code == 303, sent.text
        life.own["agreed, by the manager"] = web.get(theirs).text
        life.own["steps"] = web.get(url + life.path("2", Purpose.ACTIONS)).text
        form = Form(web.get(url + life.path("4", Purpose.FOLLOW_UP, "4")).text)
        assert web.post(url + form.action, data=form.hidden | {"held": "no"}).status_code == 303


def _look_around(life: CanaryLife, url: str) -> None:
    """Others open their own pages, and what is nobody's."""
    with client() as web:
        for person in "34":
            for purpose, talk in ((Purpose.TALK, person), (Purpose.FOLLOW_UP, person), (Purpose.ACTIONS, None)):
                life.others[f"{purpose} of {person}"] = web.get(url + life.path(person, purpose, talk)).text
        life.others["talks of 1"] = web.get(url + life.path("1", Purpose.TALKS)).text
        here = life.path("2", Purpose.FOLLOW_UP, "2")
        refused = {
            "a forged link": web.get(f"{url}{here[:-2]}xx"),
            "another's talk": web.get(url + life.path("4", Purpose.FOLLOW_UP, "2")),
            "another's hosted talk": web.get(url + life.path("4", Purpose.HOSTED, "2")),
            "no such page": web.get(f"{url}{here}/nothing"),
            "no page at all": web.get(f"{url}{PREFIX}/"),
            "a method": web.delete(url + here),
            "too much": web.post(f"{url}{here}/write", data={"what-1": WORDS * 20_000}),
        }
        answer = web.post(f"{url}{here}/write", content=WORDS.encode(), headers={"content-type": "text/plain"})
        assert answer.status_code >= 400
        life.own["what was no form"] = answer.text
        for asked, answer in refused.items():
            assert answer.status_code >= 400, (asked, answer.status_code)
            life.refusals[asked] = answer.text


def _break(life: CanaryLife, url: str) -> None:
    """The database misses a table, and pages fail."""
    with client() as web, closing(sqlite3.connect(life.app.settings.data / "talkcycle.db")) as database:
        paths = [life.path("2", Purpose.FOLLOW_UP, "2"), life.path("2", Purpose.ACTIONS)]
        database.execute("ALTER TABLE agreements RENAME TO gone")
        database.commit()
        for path in paths:
            answer = web.get(url + path)
            assert answer.status_code == 500, answer.text
            life.refusals[f"broken {len(life.refusals)}"] = answer.text
        database.execute("ALTER TABLE gone RENAME TO agreements")
        database.commit()


def _scan(life: CanaryLife, url: str) -> None:
    """What scanners of mails do: every link in every mail is fetched five times, by GET and by HEAD."""
    tokens = {token for _, said in life.mails for token in LINK.findall(said)}
    before = _dump(life)
    with client() as web, life.app.store.read() as session:
        for token in sorted(tokens):
            link = session.links.open(token)
            assert link is not None, "mails carry no links but our own"
            answers = [web.request(how, f"{url}{PREFIX}/{token}") for how in ("GET", "HEAD") * 5]
            life.scanned.setdefault(link.purpose, set()).update(each.status_code for each in answers)
    life.changed += sorted(set(before) ^ set(_dump(life)))


def _dump(life: CanaryLife) -> list[str]:
    with closing(sqlite3.connect(life.app.settings.data / "talkcycle.db")) as database:
        return list(database.iterdump())


def _look_as_hr(life: CanaryLife) -> None:
    """Everything HR can type to see how it goes."""
    for words in (
        ("status",),
        ("status", "--json"),
        ("health",),
        ("audit", "--limit", "1000"),
        ("audit", "--json", "--limit", "1000"),
        ("outbox", "list", "--limit", "1000"),
        ("outbox", "list", "--json", "--limit", "1000"),
        ("timeline", "2"),
        ("timeline", "2", "--json"),
        ("timeline", ADDRESS),
        ("timeline", "1"),
        ("roster", "diff"),
        ("links", "revoke", "4", "--yes"),
        ("check",),
    ):
        life.type(*words)
    with dns_server(Zone()) as (address_, port):
        life.type("doctor", "--resolver", f"{address_}:{port}")
    with life.app.store.read() as session:
        rows = session.outbox.find(OutboxFilter(limit=10_000))
    for row in rows:
        if row.state is not OutboxState.SENT or row.attempts > 1 or row.id < 4:
            life.type("outbox", "show", str(row.id))
            life.type("outbox", "why", str(row.id))


def _parsed(envelope: Envelope) -> EmailMessage:
    content = envelope.content
    assert isinstance(content, bytes)
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def _said(mail: EmailMessage) -> str:
    """Headers and every part of text, as people would read them."""
    parts = [f"{name}: {value}" for name, value in mail.items()]
    for part in mail.walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and (part.get_content_maintype() == "text" or "ics" in part.get_content_type()):
            parts.append(payload.decode().replace("\r\n ", ""))
    return "\n".join(parts)
