"""What every kind of page is made with, whatever it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from talkcycle.domain.links import Link
from talkcycle.domain.people import Person
from talkcycle.domain.ports import Clock
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import Store
from talkcycle.domain.talks import Round
from talkcycle.rendering.library import Library
from talkcycle.rendering.page_words import page_languages, page_words
from talkcycle.rendering.pages.own_pages import Reader, nobodys, reader_of
from talkcycle.rounds.calendars_now import CalendarsNow
from talkcycle.rounds.page_links import address
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.languages import preferred
from talkcycle.web.passes import form_pass, pass_holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Of one installation. Safe to share between threads.

    Attributes:
        prefix: The path before every address, without a slash at the end.
        texts: A round's texts, by its id.
        style, icon: Addresses.
        log: structlog's; carries ids only.
    """

    store: Store
    prefix: str
    routing: Routing
    calendars: CalendarsNow
    clock: Clock
    texts: Callable[[str], Library]
    style: str
    icon: str
    log: Any

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def looks(self) -> dict[str, str]:
        """What the frame of every page needs."""
        return {"style": self.style, "icon": self.icon}

    def reader(self, round_: Round, person: Person) -> Reader:
        return reader_of(round_, person, self.texts(round_.id), now=self.now)

    def here(self, token: str) -> str:
        """The address of what *token* opens; others begin with it."""
        return address(self.prefix, token)

    def here_of(self, link: Link) -> str:
        """The address of what *link* opens, such as another page of who reads this one."""
        return self.here(self.token_of(link))

    def token_of(self, link: Link) -> str:
        with self.store.read() as session:
            return session.links.token(link)

    def form_pass(self, token: str, round_: Round, path: str) -> str:
        """A pass for the form that is sent to *path* below what *token* opens."""
        return form_pass(self._key(round_), token, path, now=self.now)

    def passed(self, asked: Asked, round_: Round) -> bool:
        """Whether a form was sent with the pass that was given for its path."""
        return pass_holds(asked.text("pass"), self._key(round_), asked.token, asked.path, now=self.now)

    def done(self, token: str, done: str, *, path: str = "") -> Answer:
        """The way back to *path*, which shows what was *done*: loading that anew sends no form."""
        way = f"{self.here(token)}/{path}" if path else self.here(token)
        return Answer(location=f"{way}?done={done}#told", status=303)

    def notice(self, notice: str, languages: str, *, status: int) -> Answer:
        """A page about nothing and nobody, in the language the browser asks for."""
        tag = preferred(languages, page_languages(), otherwise="en")
        values = nobodys(page_words({}, (tag,))) | self.looks | {"notice": notice}
        return Answer(template="own/notice.html", values=values, status=status)

    def refused(self, asked: Asked) -> Answer:
        """The one answer of whatever opens nothing."""
        return self.notice("refused", asked.languages, status=404)

    def _key(self, round_: Round) -> bytes:
        with self.store.read() as session:
            return session.links.form_key(round_.id)
