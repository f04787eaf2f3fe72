"""Somebody with a browser at the pages, without a server: what forms would send, and what comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from after_the_talk import URL, AfterTheTalk
from dispatching import Log
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.talks import Round
from talkcycle.rendering.pages.html import environment
from talkcycle.rounds.calendars_now import CalendarsNow
from talkcycle.rounds.mailbox_times import Mailboxes
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.desk import Desk
from talkcycle.web.offered_times import OfferedTimes
from talkcycle.web.pages import Pages
from talkcycle.web.serve import RoundLibraries

PREFIX = "/samtal"
TEMPLATES = environment()


@dataclass(slots=True)
class Form:
    """A form of a page.

    Attributes:
        fields: What it would send as it stands: no button, and of choices those made beforehand.
        offers: By name, the values of what can be chosen: radios, boxes, buttons.
        types: By name, the kind of each field.
    """

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    offers: dict[str, list[str]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """All forms of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.ids: list[str] = []
        self._area: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids += [has["id"]] if "id" in has else []
        if tag == "form":
            self.found.append(Form(action=has["action"]))
        if tag not in {"input", "textarea", "button"} or "name" not in has:
            return
        form, name = self.found[-1], has["name"]
        kind = has.get("type", tag)
        form.types[name] = kind
        if tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif kind in {"radio", "checkbox", "submit"}:
            form.offers.setdefault(name, []).append(has["value"])
            if "checked" in has:
                form.fields[name] = has["value"]
        else:
            form.fields[name] = has["value"]

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.found[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came back."""

    answer: Answer
    html: str

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def text(self) -> str:
        """What can be read, in one line."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html.partition("<body>")[2])).split())

    @property
    def forms(self) -> list[Form]:
        return Forms(self.html).found

    @property
    def went(self) -> str:
        """What was done, as the way back says; empty where nothing was."""
        return self.answer.location.partition("?done=")[2].removesuffix("#told")

    def link(self, words: str) -> str:
        """Where the link with *words* leads."""
        found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>{re.escape(words)}', self.html)
        assert found is not None, words
        return unescape(found[1])


class Visitor:
    """Opens the pages of a person of *office* and sends what is on them.

    Attributes:
        log: What the pages logged.
    """

    def __init__(self, office: AfterTheTalk, round_: Round) -> None:
        self.office, self.round, self.log = office, round_, Log()
        desk = Desk(
            store=office.store,
            prefix=PREFIX,
            routing=office.routing,
            calendars=CalendarsNow(
                mailboxes=Mailboxes(routing=office.routing), fetch=lambda _: {}, config=Path("nowhere")
            ),
            clock=office.clock,
            texts=RoundLibraries(office.store),
            style="style.css",
            icon="icon.svg",
            log=self.log.logger,
        )
        self.pages = Pages(desk=desk, times=OfferedTimes(desk))

    def token(self, person: str, purpose: Purpose, talk: str | None = None) -> str:
        link = Link(round=self.round.id, person=person, purpose=purpose, talk=talk if purpose.of_one_talk else None)
        with self.office.store.read() as session:
            return session.links.token(session.links.current(link))

    def ask(self, token: str, path: str = "", fields: Mapping[str, str] | None = None, done: str = "") -> Seen:
        answer = self.pages.answer(Asked(token=token, path=path, fields=fields, done=done, languages="sv"))
        html = TEMPLATES.get_template(answer.template).render(answer.values) if answer.template else ""
        return Seen(answer=answer, html=html)

    def follow(self, address: str) -> Seen:
        """Open an address that stood on a page."""
        token, _, path = address.removeprefix(URL).removeprefix(f"{PREFIX}/").partition("/")
        return self.ask(token, path)

    def send(self, form: Form, **fields: str) -> Seen:
        """Send *form* as it stands, with *fields* filled in; ``_`` in their names stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        token, _, path = form.action.removeprefix(f"{PREFIX}/").partition("/")
        return self.ask(token, path, form.fields | named)

    def dump(self) -> list[str]:
        """Everything the database holds."""
        with self.office.store.read() as session:
            raw = session.links.connection.connection.driver_connection
            assert raw is not None
            return list(raw.iterdump())
