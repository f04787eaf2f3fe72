"""A small organisation with a round under way, and its pages on a real server on loopback."""

import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog
from structlog.testing import LogCapture

from talkcycle.bootstrap import Application, read_inputs, settings_of, store_of
from talkcycle.daemon.simulation import VirtualClock
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.service import WebSettings
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Talk, TalkAnswer
from talkcycle.rounds.answered import keep_answers
from talkcycle.rounds.approve import approve, prepare_approval
from talkcycle.rounds.page_links import PageLinks
from talkcycle.rounds.plan import make_draft
from talkcycle.web.application import application
from talkcycle.web.serve import pages_of, serving_app

NOW = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
"""A Monday, 10:00 in Stockholm: the round is approved."""
UNDER_WAY = NOW + timedelta(days=24)
"""Most are invited, and the notice leaves most of the window to choose from."""
PREFIX = "/samtal"
CYCLE = """window: {first: 2027-03-08, last: 2027-03-26}
roster: roster.csv
organisation: Norrsken
language: sv
strategy:
  sv: Vi ska vara **den lokala banken** i varje ort vi finns i.
  en: We want to be **the local bank** in every town we are in.
hr: {name: Maria Åkesson, email: hr@norrsken.example, telephone: +46 8 123 45 67}
"""
ROSTER = """id,name,email,manager,site,language
1,Karin Norling,karin@norrsken.example,,Stockholm,sv
2,Johan Ek,johan@norrsken.example,1,Stockholm,sv
3,Åsa Fågelsång,asa@norrsken.example,2,Stockholm,sv
4,Elin Dahl,elin@norrsken.example,2,London,en
5,Stig Rosén,,2,Stockholm,sv
6,Tove Lind,tove@norrsken.example,2,Stockholm,sv
"""


class Form(HTMLParser):
    """The first form of a page as a browser would send it: hidden fields and, of each group of buttons, the values."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.choices: dict[str, list[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found["action"]
        if tag == "input" and found["type"] == "hidden":
            self.hidden[found["name"]] = found["value"]
        if tag == "input" and found["type"] in {"radio", "checkbox"}:
            self.choices.setdefault(found["name"], []).append(found["value"])


class WebOffice:
    """Approves a round, ticks by a clock of its own, and serves the pages.

    Attributes:
        url: Of the server itself; links in mails have *prefix* behind a name that nothing resolves.
        logged: What the pages logged.
        hearing: How people can answer, as far as the ticks know.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "cycle.yaml").write_text(CYCLE)
        (folder / "roster.csv").write_text(ROSTER)
        (folder / "service.yaml").write_text("smtp: {host: localhost}\nsender: samtal@norrsken.example\n")
        until = folder / "until"
        self.web = WebSettings(url=f"https://talks.norrsken.example{PREFIX}")
        self.settings = replace(settings_of(folder, {}), web=self.web)
        self.store = store_of(self.settings)
        self.clock = VirtualClock(datetime.fromisoformat(until.read_text()) if until.exists() else NOW)
        self.app = Application(config=folder, settings=self.settings, store=self.store, clock=self.clock, who="hr")
        self.logged = LogCapture()
        self.log: Any = structlog.wrap_logger(None, processors=[self.logged])
        with self.store.read() as session:
            self.round = next((each.id for each in session.rounds.all()), "")
        self.url = ""
        self.hearing = self.settings.routing.hears

    def approve(self) -> None:
        inputs = read_inputs(self.folder / "cycle.yaml", self.settings, today=NOW.date())
        draft = make_draft(self.store, inputs, now=NOW)
        approval = prepare_approval(
            self.store,
            inputs,
            plan=draft.hash,
            only=None,
            who="hr",
            routing=self.settings.routing,
            seed="seed",
            now=NOW,
        )
        approve(self.store, inputs, approval, who="hr", now=NOW)
        self.round = draft.round

    def tick(self, *, until: datetime | None = None) -> None:
        """Let the service run until then, everything due taken by a server."""
        ticker = Ticker(
            store=self.store,
            shelf=self.app.shelf,
            clock=self.clock,
            policy=self.settings.retry,
            routing=replace(self.settings.routing, hears=self.hearing),
            mark=self.settings.data / "mark",
            log=structlog.wrap_logger(None, processors=[LogCapture()]),
            page_link=PageLinks(store=self.store, url=self.web.url),
        )
        until = until or self.clock.at
        while True:
            ticker.tick()
            with self.store.write() as session:
                for message in session.outbox.claim(owner="test", transport="smtp", now=self.clock.at, limit=1000):
                    assert session.outbox.record_sent(message.id, owner="test", reply="250 OK", now=self.clock.at)
            if self.clock.at >= until:
                return
            self.clock.at = min(until, self.clock.at + timedelta(hours=12))

    def talk(self, employee: str) -> Talk:
        with self.store.read() as session:
            return session.talks.of_round(self.round, [employee])[0]

    def token(self, person: str, purpose: Purpose = Purpose.TALK, talk: str | None = None) -> str:
        """Of a page of *person*. *talk*: which one it is about, for a page about one; else the person's own."""
        link = Link(
            round=self.round,
            person=person,
            purpose=purpose,
            talk=(talk or person) if purpose.of_one_talk else None,
        )
        with self.store.read() as session:
            return session.links.token(session.links.current(link))

    def page(self, person: str, purpose: Purpose = Purpose.TALK, talk: str | None = None) -> str:
        return f"{self.url}/{self.token(person, purpose, talk)}"

    def hears(
        self, person: str, answer: Answer, *, talk: str, proposed: datetime | None = None, minutes: int = 0
    ) -> None:
        """An answer of *person* by mail, that a server vouches for. *minutes*: of what is proposed, if not the talk's."""
        about = self.talk(talk)
        lasts = timedelta(minutes=minutes or about.minutes)
        given = TalkAnswer(
            party=f"person:{person}",
            answer=answer.value,
            at=self.clock.at,
            proposed=None if proposed is None else (proposed, proposed + lasts),
        )
        with self.store.write() as session:
            keep_answers(session, session.talks.entries(self.round, [talk])[talk], [given], now=self.clock.at)

    def answers(self, talk: str) -> dict[str, str]:
        """What is known of each party's answer."""
        with self.store.read() as session:
            return {each.party: each.answer for each in session.talks.answers(self.round, [talk]).get(talk, [])}

    def rows(self, **wanted: Any) -> list[Any]:
        with self.store.read() as session:
            return session.outbox.find(OutboxFilter(**wanted))

    def mails(self) -> list[EmailMessage]:
        found = []
        with self.store.read() as session:
            for row in session.outbox.find(OutboxFilter(limit=10_000)):
                payload = session.outbox.payload(row.id)
                if payload is not None:
                    mail = message_from_bytes(payload, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    found.append(mail)
        return found

    def dump(self) -> list[str]:
        """Everything the database holds."""
        with self.store.read() as session:
            raw = session.links.connection.connection.driver_connection
            assert raw is not None
            return list(raw.iterdump())


def links_in(mails: Sequence[EmailMessage]) -> set[str]:
    """Every address of a page in any part of *mails*, folded calendar lines joined."""
    found: set[str] = set()
    for mail in mails:
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                payload = part.get_payload(decode=True)
                assert isinstance(payload, bytes)
                text = payload.decode().replace("\r\n ", "")
                found |= set(re.findall(rf"https://talks\.norrsken\.example{PREFIX}/[\w-]+", text))
    return found


def path_of(address: str) -> str:
    return urlsplit(address).path


@cache
def _under_way() -> TemporaryDirectory[str]:
    """The folder of an office that has run until ``UNDER_WAY``; made once, since planning and ticking take seconds."""
    made = TemporaryDirectory(prefix="web-office-")
    office = WebOffice(Path(made.name))
    office.approve()
    office.tick(until=UNDER_WAY)
    office.store.close()
    (office.folder / "until").write_text(UNDER_WAY.isoformat())
    return made


@contextmanager
def web_office(folder: Path, **front: Any) -> Iterator[WebOffice]:
    """An office whose round is under way, with its pages served. *front*: as ``talkcycle.web.application``."""
    shutil.copytree(_under_way().name, folder)
    office = WebOffice(folder)
    try:
        with serve(office, **front):
            yield office
    finally:
        office.store.close()


@contextmanager
def serve(office: WebOffice, **front: Any) -> Iterator[None]:
    with create_server(("127.0.0.1", 0)) as listening:
        office.url = f"http://127.0.0.1:{listening.getsockname()[1]}{PREFIX}"
        stop = threading.Event()
        app = application(pages_of(office.app, office.web, office.log), **front)
        with serving_app(app, listening, office.web.proxies, stop):
            yield
        assert not stop.is_set()


def client(**more: Any) -> httpx.Client:
    """A browser that follows nothing by itself."""
    return httpx.Client(timeout=30, trust_env=False, **more)
