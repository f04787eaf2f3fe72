"""Two daemons on one database share the work, and neither undoes what others do meanwhile."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import a_cycle, a_person, a_round, a_step, a_talk, at
from databases import Database
from dispatching import SENDER, Gate, JumpingClock, Log, PlainTexts, a_dispatcher
from servers.scripted_smtp import Mailbox, accepting_server
from talkcycle.daemon.dispatch import BATCH, Dispatcher, DispatchSummary
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.cycle import Digests, Place
from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.messages import OutboxState, RenderedMessage
from talkcycle.domain.people import Roster
from talkcycle.domain.routes import Routing
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Entry, moved
from talkcycle.rendering.order import RenderOrder
from talkcycle.rounds.advance import Advance
from talkcycle.store.open import SqlStore
from talkcycle.transports.smtp.transport import SmtpTransport

CYCLE = a_cycle(steps=(a_step("invitation", -21, calendar=True),), digests=Digests(managers=False, hr=False))
ROUND = a_round(cycle=CYCLE)
INVITATION = at(2027, 2, 17, 8)
"""9:00 in Stockholm, 21 days before the talk of ``a_talk``."""
AFTERNOON = at(2027, 3, 10, 14)
EMPLOYEES = [f"p{number:03}" for number in range(2 * BATCH + 20)]


class Interrupted(PlainTexts):
    """Has *meanwhile* happen while its first text is made: after what is due was read, before it is stored."""

    meanwhile: Callable[[], object] | None = None

    def render(self, order: RenderOrder) -> RenderedMessage:
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return super().render(order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """One process's worth: a store, a ticker and a dispatcher of its own."""

    store: SqlStore
    shelf: Interrupted
    ticker: Ticker
    dispatcher: Dispatcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    daemons: tuple[Daemon, Daemon]
    mailbox: Mailbox


@pytest.fixture
def pair(database: Database, tmp_path: Path) -> Iterator[Pair]:
    mailbox, clock, both = Mailbox(), JumpingClock(INVITATION), threading.Barrier(2, timeout=20)
    with ExitStack() as stack:
        _, port = stack.enter_context(accepting_server(mailbox))
        smtp = SmtpTransport(SmtpSettings(host="127.0.0.1", port=port, tls=TlsMode.NONE, timeout=timedelta(seconds=20)))

        def daemon(name: str) -> Daemon:
            store = database.open()
            stack.callback(store.close)
            shelf = Interrupted(store)
            (tmp_path / name).mkdir()
            ticker = Ticker(
                store=store,
                shelf=shelf,
                clock=clock,
                policy=RetryPolicy(),
                routing=Routing(sender=SENDER),
                mark=tmp_path / name / "mark",
                log=Log().logger,
            )
            dispatcher = a_dispatcher(store, Gate(smtp, both.wait), clock)
            return Daemon(store=store, shelf=shelf, ticker=ticker, dispatcher=dispatcher)

        yield Pair(daemons=(daemon("one"), daemon("other")), mailbox=mailbox)


def add_round(store: SqlStore, employees: list[str]) -> None:
    talks = [a_talk(each) for each in employees]
    entries = [
        Entry(
            round=ROUND.id,
            talk=each.id,
            number=1,
            uid=f"{each.id}@talkcycle.example",
            sequence=0,
            transport="smtp",
            organizer=SENDER,
        )
        for each in talks
    ]
    people = tuple(a_person(each) for each in employees)
    with store.write() as session:
        session.rosters.save(Roster(version=ROUND.roster, people=(*people, a_person("bo", manager=None))), at=INVITATION)
        session.rounds.add(ROUND, {})
        session.talks.add(talks, entries)
        session.schedule.put(ROUND.id, {each.subject: INVITATION for each in talks})


def together(work: Callable[[Daemon], None], pair: Pair) -> None:
    """Both daemons at once; raise what either raised."""
    failures: list[BaseException] = []

    def run(daemon: Daemon) -> None:
        try:
            work(daemon)
        except BaseException as failure:  # noqa: BLE001  # shown below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(daemon,)) for daemon in pair.daemons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def next_due(store: SqlStore, subject: str) -> datetime | None:
    with store.read() as session:
        due = session.schedule.due(before=at(2100, 1, 1), limit=1000)
    return next((each.at for each in due if each.subject == subject), None)


def test_two_daemons_share_the_work_and_nobody_gets_anything_twice(pair: Pair) -> None:
    add_round(pair.daemons[0].store, EMPLOYEES)
    ticks: list[Advance] = []
    sent: list[DispatchSummary] = []
    both = threading.Barrier(2, timeout=20)
    for daemon in pair.daemons:
        daemon.shelf.meanwhile = both.wait  # neither goes on before the other has work too

    def work(daemon: Daemon) -> None:
        daemon.ticker.start(alone=False)
        ticks.append(daemon.ticker.tick())
        both.wait()
        sent.append(daemon.dispatcher.dispatch_due())

    together(work, pair)

    assert [tick.queued >= BATCH for tick in ticks] == [True, True]
    assert [summary.sent >= BATCH for summary in sent] == [True, True]
    total = 2 * len(EMPLOYEES)
    assert (sum(tick.queued for tick in ticks), sum(summary.sent for summary in sent)) == (total, total)
    received = Counter(envelope.rcpt_tos[0].partition("@")[0] for envelope in pair.mailbox.received)
    assert received == Counter(dict.fromkeys(EMPLOYEES, 1) | {"bo": len(EMPLOYEES)})
    with pair.daemons[0].store.read() as session:
        rows = session.outbox.find(OutboxFilter(limit=10 * total))
        assert session.ledger.mark() == 2
    assert [(row.state, row.attempts) for row in rows] == [(OutboxState.SENT, 1)] * total


def test_what_is_put_while_a_subject_is_looked_at_stays(pair: Pair) -> None:
    """Who put it knows of something the look came too early for."""
    daemon, other = pair.daemons
    add_round(daemon.store, ["anna", "bea"])

    def put() -> None:
        with other.store.write() as session:
            session.schedule.put(ROUND.id, {"talk:anna": AFTERNOON})

    daemon.shelf.meanwhile = put

    assert daemon.ticker.tick().queued == 4
    assert (next_due(daemon.store, "talk:anna"), next_due(daemon.store, "talk:bea")) == (AFTERNOON, None)


def test_a_talk_that_is_moved_while_it_is_looked_at_is_told_of_with_its_new_time(pair: Pair, database: Database) -> None:
    daemon, other = pair.daemons
    add_round(daemon.store, ["anna"])
    changed = threading.Event()

    def change() -> None:
        with other.store.write() as session:
            assert session.rounds.get(ROUND.id) == ROUND
            session.talks.update(moved(a_talk(), start=AFTERNOON, place=Place(), at=INVITATION))
            session.schedule.put(ROUND.id, {"talk:anna": INVITATION})
            changed.set()
            until_somebody_waits(database)

    hr = threading.Thread(target=change)

    def change_meanwhile() -> None:
        hr.start()
        assert changed.wait(timeout=20)

    daemon.shelf.meanwhile = change_meanwhile
    daemon.ticker.tick()
    hr.join()

    with daemon.store.read() as session:
        rows = session.outbox.find(OutboxFilter())
    assert sorted((row.key.recipient, row.key.version) for row in rows) == [("person:anna", 1), ("person:bo", 1)]


def until_somebody_waits(database: Database) -> None:
    """For a lock on a row; SQLite has one lock for all, whose owner cannot be overtaken."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + 20
    while database.url.startswith("postgresql") and database.query(waiting) == [(0,)]:
        assert time.monotonic() < deadline
