"""What each page shows and what each form does, without a word of HTTP but its status codes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from talkcycle.domain.ports import Clock
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import Store
from talkcycle.rendering.library import Library
from talkcycle.rendering.page_words import page_languages, page_words
from talkcycle.rendering.pages.own_pages import Reader, choices, common, hosted_lines, nobodys, reader_of, talk_values
from talkcycle.rounds import own_talk
from talkcycle.rounds.calendars_now import CalendarsNow
from talkcycle.rounds.own_pages import HostedTalks, OwnTalk, Standing, open_page
from talkcycle.rounds.own_talk import Offers, Outcome
from talkcycle.rounds.page_links import address
from talkcycle.web.languages import preferred
from talkcycle.web.passes import form_pass, pass_holds

TIMES, OPT_OUT = "times", "opt-out"
"""The forms, and the last part of their addresses."""
LONGEST_REASON = 1000
OFFERS_LAST = timedelta(minutes=2)
"""So long the same times are shown to whoever looks again; what is chosen is looked up anew."""
MOST_KEPT = 500
GROUPS = {
    Standing.PLACED: "next",
    Standing.UNPLACED: "unplaced",
    Standing.OVER: "over",
    Standing.OPTED_OUT: "off",
    Standing.OFF: "off",
}
"""How a manager's page groups talks: it tells those that were opted out of from no others."""
DONE = {
    "moved": ("done_moved", {Standing.PLACED}),
    "again": ("done_again", {Standing.PLACED}),
    "opted-out": ("done_opted_out", {Standing.OPTED_OUT}),
    "kept": ("done_kept", {Standing.PLACED, Standing.UNPLACED}),
}
"""What a page says after a form, and how the talk stands if that is still so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back: a template with its values, or, with *location*, nothing but the way."""

    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    location: str = ""


@dataclass(slots=True, kw_only=True)
class Pages:
    """The pages of one installation. Safe to share between threads.

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
    _offers: dict[tuple[str, str, int], tuple[datetime, Offers]] = field(default_factory=dict)
    _asking: Lock = field(default_factory=Lock)

    def show(self, token: str, *, done: str = "", languages: str = "") -> Answer:
        """The page that *token* opens. *languages*: what the browser asks for, if it opens nothing."""
        page = open_page(self.store, token, now=self.clock.now())
        match page:
            case OwnTalk():
                return self._talk(token, page, done=done)
            case HostedTalks():
                return self._talks(page)
            case None:
                return self.notice("refused", languages, status=404)

    def times(self, token: str, *, languages: str = "") -> Answer:
        """The form to choose another time."""
        page = self._own(token)
        if page is None:
            return self.notice("refused", languages, status=404)
        if not page.may_choose:
            return self._talk(token, page)
        return self._times(token, page)

    def choose(self, token: str, fields: Mapping[str, str], *, languages: str = "") -> Answer:
        """Take the form of ``times``."""
        page = self._own(token)
        if page is None:
            return self.notice("refused", languages, status=404)
        if not self._passed(token, page, TIMES, fields):
            return self._times(token, page, problem="problem_late", status=403)
        start, revision = _instant(fields.get("start", "")), _number(fields.get("revision", ""))
        if start is None or revision is None:
            return self._times(token, page, problem="problem_choice", status=422)
        with self._asking:
            outcome = own_talk.choose(
                self.store,
                page,
                start,
                self.calendars,
                revision=revision,
                routing=self.routing,
                now=self.clock.now(),
            )
        self._note(page, "choose", outcome)
        if outcome is Outcome.GONE:
            self._offers.pop(_key(page), None)
            return self._times(token, page, problem="problem_gone", status=409)
        return self._after(token, outcome, "moved" if page.standing is Standing.PLACED else "again")

    def opting_out(self, token: str, *, languages: str = "") -> Answer:
        """The form to opt out."""
        page = self._own(token)
        if page is None:
            return self.notice("refused", languages, status=404)
        if not page.may_opt_out:
            return self._talk(token, page)
        return self._opting_out(token, page)

    def opt_out(self, token: str, fields: Mapping[str, str], *, languages: str = "") -> Answer:
        """Take the form of ``opting_out``."""
        page = self._own(token)
        if page is None:
            return self.notice("refused", languages, status=404)
        if not self._passed(token, page, OPT_OUT, fields):
            return self._opting_out(token, page, problem="problem_late", status=403)
        choice, revision = fields.get("choice", ""), _number(fields.get("revision", ""))
        reason = fields.get("reason", "").strip()
        if choice not in {"keep", OPT_OUT} or revision is None:
            return self._opting_out(token, page, problem="problem_choice", status=422)
        if choice == "keep":
            return self._after(token, Outcome.ALREADY, "kept")
        if len(reason) > LONGEST_REASON:
            return self._opting_out(token, page, problem="problem_long", status=422)
        outcome = own_talk.opt_out(self.store, page, reason, revision=revision, now=self.clock.now())
        self._note(page, "opt out", outcome)
        return self._after(token, outcome, "opted-out")

    def notice(self, notice: str, languages: str, *, status: int) -> Answer:
        """A page about nothing and nobody, in the language the browser asks for."""
        tag = preferred(languages, page_languages(), otherwise="en")
        values = nobodys(page_words({}, (tag,))) | {"notice": notice, "style": self.style, "icon": self.icon}
        return Answer(template="own/notice.html", values=values, status=status)

    def _own(self, token: str) -> OwnTalk | None:
        page = open_page(self.store, token, now=self.clock.now())
        return page if isinstance(page, OwnTalk) else None

    def _passed(self, token: str, page: OwnTalk, action: str, fields: Mapping[str, str]) -> bool:
        with self.store.read() as session:
            key = session.links.form_key(page.round.id)
        return pass_holds(fields.get("pass", ""), key, token, action, now=self.clock.now())

    def _pass(self, token: str, page: OwnTalk, action: str) -> str:
        with self.store.read() as session:
            key = session.links.form_key(page.round.id)
        return form_pass(key, token, action, now=self.clock.now())

    def _talk(self, token: str, page: OwnTalk, *, done: str = "", problem: str = "", status: int = 200) -> Answer:
        said, stands = DONE.get(done, ("", set[Standing]()))
        values = self._about(token, page) | {"done": said if page.standing in stands else "", "problem": problem}
        return Answer(template="own/my-talk.html", values=values, status=status)

    def _times(self, token: str, page: OwnTalk, *, problem: str = "", status: int = 200) -> Answer:
        found, reader = self._offered(page), self._reader(page)
        offered = ((each.start, each.place, each.back) for each in found.offers)
        values = self._about(token, page) | {
            "done": "",
            "problem": problem,
            "choices": choices(reader, page.talk, page.manager, offered),
            "untold": found.untold,
            "pass_": self._pass(token, page, TIMES),
            "revision": page.talk.revision,
        }
        return Answer(template="own/other-times.html", values=values, status=status)

    def _opting_out(self, token: str, page: OwnTalk, *, problem: str = "", status: int = 200) -> Answer:
        values = self._about(token, page) | {
            "done": "",
            "problem": problem,
            "pass_": self._pass(token, page, OPT_OUT),
            "revision": page.talk.revision,
            "longest_reason": LONGEST_REASON,
        }
        return Answer(template="own/opt-out.html", values=values, status=status)

    def _talks(self, page: HostedTalks) -> Answer:
        now, library = self.clock.now(), self.texts(page.round.id)
        reader = reader_of(page.round, page.manager, library, now=now)
        groups = []
        for group in dict.fromkeys(GROUPS.values()):
            talks = [talk for talk, standing in page.talks if GROUPS[standing] == group]
            if talks:
                groups.append((group, hosted_lines(reader, talks, page.people)))
        values = common(reader) | {"groups": groups, "done": "", "problem": "", "style": self.style, "icon": self.icon}
        return Answer(template="own/my-talks.html", values=values)

    def _after(self, token: str, outcome: Outcome, done: str) -> Answer:
        match outcome:
            case Outcome.DONE | Outcome.ALREADY:
                return Answer(location=f"{address(self.prefix, token)}?done={done}#told", status=303)
            case Outcome.CHANGED:
                problem = "problem_changed"
            case _:
                problem = "problem_closed"
        page = self._own(token)
        if page is None:
            return self.notice("refused", "", status=404)
        return self._talk(token, page, problem=problem, status=409)

    def _about(self, token: str, page: OwnTalk) -> dict[str, Any]:
        reader = self._reader(page)
        return (
            common(reader)
            | talk_values(reader, page.talk, page.manager)
            | {
                "here": address(self.prefix, token),
                "standing": page.standing.value,
                "may_choose": page.may_choose,
                "may_opt_out": page.may_opt_out,
                "style": self.style,
                "icon": self.icon,
            }
        )

    def _reader(self, page: OwnTalk) -> Reader:
        return reader_of(page.round, page.employee, self.texts(page.round.id), now=self.clock.now())

    def _offered(self, page: OwnTalk) -> Offers:
        """Calendars are asked for one at a time, and not again for whoever presses the button twice."""
        with self._asking:
            now = self.clock.now()
            until, found = self._offers.get(_key(page), (now, Offers(offers=())))
            if until <= now:
                found = own_talk.offers(self.store, page, self.calendars, now=now)
                while len(self._offers) >= MOST_KEPT:
                    self._offers.pop(next(iter(self._offers)))
                self._offers[_key(page)] = (now + OFFERS_LAST, found)
            return found

    def _note(self, page: OwnTalk, action: str, outcome: Outcome) -> None:
        self.log.info("page", action=action, outcome=outcome.value, round=page.round.id, talk=page.talk.id)


def _key(page: OwnTalk) -> tuple[str, str, int]:
    return page.round.id, page.talk.id, page.talk.revision


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    return None if instant.tzinfo is None else instant.astimezone(UTC)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
