"""A round of talks that the service runs in jumps, with its real texts, and the two of each talk writing things down."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event

from builders import APPROVED_AT, a_cycle, a_person, a_round, a_talk, at
from databases import SECRET
from dispatching import DATABASE, JumpingClock, Log, an_empty_store
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.agreements import ActionDraft, Agreement, Progress
from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.messages import KnownMessage, OutboxState
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.routes import Hearing, Routing
from talkcycle.domain.store import AuditEntry, OutboxFilter
from talkcycle.domain.talks import Entry, Round, Talk
from talkcycle.rendering.template_files import shipped_files
from talkcycle.rounds.advance import HORIZON
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.follow_up import FollowUp, OwnActions, confirm, follow_up_of, go_on, own_actions_of, write_down
from talkcycle.rounds.page_links import PageLinks
from talkcycle.rounds.texts import TextShelf
from talkcycle.store.open import SqlStore, open_store

SENDER = "samtal@norrsken.example"
URL = "https://talks.norrsken.example"
DAY = timedelta(days=1)
LEAST = timedelta(minutes=20)
"""Between two ticks."""
SECOND = timedelta(seconds=1)
"""Beyond the horizon stands what is due in exactly so long."""
BO = a_person("bo", manager=None)


def a_draft(what: str = "Prova det", who: str = "anna", due: date = date(2027, 4, 9), **fields: Any) -> ActionDraft:
    return ActionDraft(what=what, responsible=who, due=due, **fields)


class AfterTheTalk:
    """An office whose talks are where a test wants them.

    Attributes:
        store: Opened anew by ``restart``, as a new process would.
    """

    def __init__(self, folder: Path, *, pages: bool = True, now: datetime = APPROVED_AT) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.store = hasty(reopened(folder) if (folder / DATABASE).exists() else an_empty_store(folder))
        self.clock = JumpingClock(now)
        self.routing = Routing(sender=SENDER, hears=Hearing(pages=pages))
        self.log = Log()
        self._start()

    def _start(self) -> None:
        self.ticker = Ticker(
            store=self.store,
            shelf=TextShelf(self.store),
            clock=self.clock,
            policy=RetryPolicy(),
            routing=self.routing,
            mark=self.folder / "mark",
            log=self.log.logger,
            page_link=PageLinks(store=self.store, url=URL) if self.routing.hears.pages else None,
        )

    def restart(self, reopen: Callable[[Path], SqlStore]) -> None:
        """The process ends and another begins."""
        self.store.close()
        self.store = hasty(reopen(self.folder))
        self._start()

    def add_round(self, round_: Round, talks: Sequence[Talk], people: Iterable[Person]) -> Round:
        """A round that HR has approved, with an entry for each talk, looked at from now on."""
        entries = [
            Entry(
                round=round_.id,
                talk=each.id,
                number=1,
                uid=f"{round_.id}-{each.id}@talkcycle.example",
                sequence=0,
                transport="smtp",
                organizer=SENDER,
                host=each.manager,
            )
            for each in talks
        ]
        subjects = {"round", *(each.subject for each in talks)}
        subjects |= {f"person:{id_}" for each in talks for id_ in (each.employee, each.manager)}
        with self.store.write() as session:
            session.rosters.save(Roster(version=round_.roster, people=tuple(people)), at=round_.approved_at)
            session.rounds.add(round_, shipped_files(None))
            session.talks.add(talks, entries)
            session.schedule.put(round_.id, dict.fromkeys(sorted(subjects), self.clock.now()))
        return round_

    def until(self, when: datetime) -> "AfterTheTalk":
        """Let the service run until then, whatever is due being taken by the server."""
        while self.clock.now() < when:
            self.clock.instant = min(when, self._next())
            with self.store.write() as session:
                session.ledger.set_last_tick(None)  # or the service would wonder where it has been
            self.tick()
        return self

    def _next(self) -> datetime:
        """When something is due next."""
        now = self.clock.now()
        with self.store.read() as session:
            look, leave = session.schedule.next(), session.outbox.next_due()
        due = [each for each in (look and look - HORIZON + SECOND, leave) if each is not None]
        return max(min(due, default=datetime.max.replace(tzinfo=UTC)), now + LEAST)

    def tick(self) -> None:
        self.ticker.tick()
        now = self.clock.now()
        with self.store.write() as session:
            for message in session.outbox.claim(owner="test", transport="smtp", now=now, limit=1000):
                assert session.outbox.record_sent(message.id, owner="test", reply="250 OK", now=now)
        assert "a text could not be made" not in self.log.events, self.log.capture.entries

    # what became of it

    def rows(self, step: str | None = None, to: str | None = None, **wanted: Any) -> list[KnownMessage]:
        """By the instant they were due."""
        with self.store.read() as session:
            found = session.outbox.find(OutboxFilter(step=step, limit=100_000, **wanted))
        return sorted((row for row in found if to in {None, _who(row)}), key=lambda row: (row.due_at, row.id))

    def sent(self, to: str, *, since: datetime, until: datetime | None = None) -> list[str]:
        """Steps that left for *to*, by when they left."""
        rows = [row for row in self.rows(to=to) if row.state is OutboxState.SENT and row.settled_at is not None]
        within = [
            row
            for row in rows
            if row.settled_at and since <= row.settled_at and (until is None or row.settled_at < until)
        ]
        return [row.key.step for row in sorted(within, key=lambda row: (row.settled_at or since, row.id))]

    def mails(self, step: str, to: str | None = None) -> list[EmailMessage]:
        found = []
        with self.store.read() as session:
            for row in self.rows(step, to):
                payload = session.outbox.payload(row.id)
                if payload is not None:
                    mail = message_from_bytes(payload, policy=policy.default)
                    assert isinstance(mail, EmailMessage)
                    found.append(mail)
        return found

    def trail(self) -> list[AuditEntry]:
        with self.store.read() as session:
            return session.ledger.trail(1000)

    def talk(self, id_: str, round_: Round) -> Talk:
        with self.store.read() as session:
            return session.talks.of_round(round_.id, [id_])[0]

    def change(self, talk: Talk) -> None:
        """HR or somebody else has changed it."""
        with self.store.write() as session:
            session.talks.update(talk)
            session.schedule.put(talk.round, {talk.subject: self.clock.now(), f"person:{talk.manager}": self.clock.now()})

    # what the two do

    def agreement(self, talk: str, round_: Round) -> Agreement | None:
        with self.store.read() as session:
            return session.agreements.of_talks(round_.id, [talk]).get(talk)

    def page(self, person: str, talk: str, round_: Round) -> FollowUp | None:
        """The page of what was agreed, as that person's link opens it."""
        link = Link(round=round_.id, person=person, purpose=Purpose.FOLLOW_UP, talk=talk)
        with self.store.read() as session:
            found = session.rounds.get(round_.id)
            assert found is not None
            return follow_up_of(session, link, found, session.talks.of_round(round_.id, [talk]), self.clock.now())

    def there(self, person: str, talk: str, round_: Round) -> FollowUp:
        found = self.page(person, talk, round_)
        assert found is not None
        return found

    def own(self, person: str, round_: Round) -> OwnActions | None:
        link = Link(round=round_.id, person=person, purpose=Purpose.ACTIONS)
        with self.store.read() as session:
            found = session.rounds.get(round_.id)
            assert found is not None
            return own_actions_of(session, link, found)

    def write(self, person: str, talk: str, round_: Round, *drafts: ActionDraft, held: bool = True) -> Outcome:
        page = self.there(person, talk, round_)
        revision = page.agreement.revision if page.agreement else 0
        return write_down(self.store, page, drafts, held=held, revision=revision, now=self.clock.now())

    def confirm(self, person: str, talk: str, round_: Round) -> Outcome:
        page = self.there(person, talk, round_)
        wording = page.agreement.wording if page.agreement else 0
        return confirm(self.store, page, wording=wording, now=self.clock.now())

    def go_on(
        self, person: str, talk: str, round_: Round, number: int, to: Progress, *, due: date | None = None
    ) -> Outcome:
        page = self.own(person, round_)
        assert page is not None
        wording = next((each.wording for each in page.actions if each.talk == talk), 0)
        return go_on(self.store, page, talk, number, to=to, due=due, wording=wording, now=self.clock.now())


def hasty(store: SqlStore) -> SqlStore:
    """*store* on SQLite, which does not wait for the disk: these tests lose no power."""
    event.listen(store.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    store.engine.dispose()
    return store


def reopened(folder: Path) -> SqlStore:
    return open_store(f"sqlite:///{folder / DATABASE}", secret=SECRET)


def after(course: Callable[[AfterTheTalk], Round], folder: Path) -> tuple[AfterTheTalk, Round]:
    """An office in which *course* has run: a copy, for many tests begin with the same weeks, and those take a second."""
    kept, now, round_ = _run(course)
    shutil.copytree(kept.name, folder, dirs_exist_ok=True)
    return AfterTheTalk(folder, now=now), round_


@cache
def _run(course: Callable[[AfterTheTalk], Round]) -> tuple[TemporaryDirectory[str], datetime, Round]:
    kept = TemporaryDirectory(prefix="after-the-talk-")
    office = AfterTheTalk(Path(kept.name))
    round_ = course(office)
    office.store.close()
    return kept, office.clock.now(), round_


def reports(count: int) -> list[Person]:
    return [a_person(f"report-{number}") for number in range(1, count + 1)]


def a_round_of(*talks: Talk, **fields: Any) -> Round:
    """The round of *talks*, its window as of ``a_cycle``."""
    return replace(a_round(cycle=a_cycle(**fields)), id=talks[0].round)


def one_talk(folder: Path, *, employee: Person | None = None, **cycle: Any) -> tuple[AfterTheTalk, Round]:
    """Anna's talk with Bo at ``START``, from its approval on."""
    if employee is None and not cycle:
        return after(approved, folder)
    office = AfterTheTalk(folder)
    return office, approved(office, employee or a_person(), **cycle)


def approved(office: AfterTheTalk, employee: Person | None = None, **cycle: Any) -> Round:
    """The round of that one talk."""
    talk, people = a_talk(), [employee or a_person(), BO, a_person("cem", manager=None)]
    return office.add_round(a_round_of(talk, **cycle), [talk], people)


def the_day_after(office: AfterTheTalk) -> Round:
    """Both have been asked about that one talk."""
    round_ = approved(office)
    office.until(at(2027, 3, 11, 12))
    return round_


def plain(mail: EmailMessage) -> str:
    """What it says, in one line."""
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def attached(mail: EmailMessage) -> dict[str, bytes]:
    """By content type, what is attached to it."""
    found = {}
    for part in mail.iter_attachments():
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        found[part.get_content_type()] = payload
    return found


def _who(row: KnownMessage) -> str:
    return row.key.recipient.removeprefix("person:")
