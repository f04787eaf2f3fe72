"""``talkcycle run``: the clockwork around ticks, dispatch and housekeeping."""

import fcntl
import random
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkcycle.bootstrap import Application
from talkcycle.daemon.dispatch import Dispatcher
from talkcycle.daemon.inbox_reader import InboxReader
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.faults import Refused
from talkcycle.domain.ports import Clock, EntryWatch
from talkcycle.domain.service import ServiceSettings
from talkcycle.domain.store import Store

if TYPE_CHECKING:
    from talkcycle.rounds.watch import Watched

READER_PATIENCE = 8.0
"""Seconds a stop waits for the mail in hand; what breaks off is read again."""
DISPATCH_EVERY = 5
"""Seconds. With nothing due a dispatch reads one index."""


@dataclass(slots=True)
class Daemon:
    """Everything that runs in the service's one process."""

    settings: ServiceSettings
    store: Store
    ticker: Ticker
    dispatcher: Dispatcher
    clock: Clock
    log: Any
    watchers: Mapping[str, EntryWatch] = field(default_factory=dict)
    reader: InboxReader | None = None

    def run(self, stop: threading.Event) -> None:
        """Run until *stop* is set; the message in hand is finished first.

        APScheduler's own jobs live in memory: what is due is in the database. Ticks that were missed while the machine
        slept are one tick afterwards (``coalesce``, no grace time).
        """
        from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

        scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        work = _Guarded(stop, self.log)
        now = self.clock.now()
        scheduler.add_job(
            work.do(self.ticker.tick), "interval", seconds=self.settings.tick.total_seconds(), next_run_time=now
        )
        scheduler.add_job(
            work.do(lambda: self.dispatcher.dispatch_due(stop)), "interval", seconds=DISPATCH_EVERY, next_run_time=now
        )
        scheduler.add_job(work.do(self.tidy), "interval", hours=24, next_run_time=now)
        if self.watchers:
            seconds = self.settings.watch.total_seconds()
            scheduler.add_job(work.do(self.watch), "interval", seconds=seconds, next_run_time=now)
        scheduler.start()
        reading = self._reading(work, stop)
        self.log.info("running")
        stop.wait()
        self.log.info("stopping")
        scheduler.shutdown(wait=True)
        if reading is not None:
            reading.join(READER_PATIENCE)
        self.log.info("stopped")
        if work.failure is not None:
            raise work.failure

    def _reading(self, work: "_Guarded", stop: threading.Event) -> threading.Thread | None:
        """A thread, since it waits for hours: the scheduler's are for what ends."""
        reader = self.reader
        if reader is None:
            return None
        thread = threading.Thread(target=work.do(lambda: reader.run(stop)), name="inbox", daemon=True)
        thread.start()
        return thread

    def watch(self) -> "Watched":
        """Read what became of talks in their hosts' calendars."""
        from talkcycle.rounds.room_instead import room_instead  # noqa: PLC0415
        from talkcycle.rounds.watch import Watched, watch  # noqa: PLC0415

        if self.ticker.calendars is None or not self.watchers:
            return Watched()
        another_room = room_instead(self.store, self.ticker.calendars)
        found = watch(self.store, self.watchers, another_room=another_room, now=self.clock.now())
        if found.moved or found.deleted or found.rooms:
            self.log.info("calendars changed", moved=found.moved, deleted=found.deleted, rooms=found.rooms)
        for transport, why in found.unread:
            self.log.warning("a calendar could not be read", transport=transport, why=why)
        return found

    def tidy(self) -> None:
        from talkcycle.rounds.housekeeping import tidy  # noqa: PLC0415
        from talkcycle.rounds.plan_pages import drop_pages  # noqa: PLC0415

        tidied = tidy(self.store, now=self.clock.now())
        drop_pages(self.settings.data, tidied.purged)
        if tidied.payloads or tidied.closed or tidied.purged or tidied.agreements:
            self.log.info(
                "tidied",
                payloads=tidied.payloads,
                closed=tidied.closed,
                purged=tidied.purged,
                agreements=tidied.agreements,
            )


class _Guarded:
    """Jobs stop the daemon when they fail: a supervisor restarts it, and nobody overlooks it."""

    def __init__(self, stop: threading.Event, log: Any) -> None:
        self.stop = stop
        self.log = log
        self.failure: BaseException | None = None

    def do(self, job: Any) -> Any:
        def guarded() -> None:
            if self.stop.is_set():
                return
            try:
                job()
            except Exception as failure:  # noqa: BLE001  # raised again by run() once all is stopped
                self.failure = failure
                self.log.critical("a job failed; the daemon stops", error=type(failure).__name__)
                self.stop.set()

        return guarded


def daemon_of(app: Application, log: Any) -> Daemon:
    """The service of *app*, ready to run."""
    settings = app.settings
    ticker = Ticker(
        store=app.store,
        shelf=app.shelf,
        clock=app.clock,
        policy=settings.retry,
        routing=settings.routing,
        mark=settings.data / "mark",
        log=log,
        calendars=app.calendars_now(),
        page_link=app.page_link(),
    )
    dispatcher = Dispatcher(
        store=app.store,
        transports=app.transports(),
        clock=app.clock,
        policy=settings.retry,
        limits=settings.limits,
        jitter=random.random,
        log=log,
    )
    return Daemon(
        settings=settings,
        store=app.store,
        ticker=ticker,
        dispatcher=dispatcher,
        clock=app.clock,
        log=log,
        watchers={name: roles.watch for name, roles in app.roles().items() if roles.watch is not None},
        reader=_reader_of(app, log),
    )


def _reader_of(app: Application, log: Any) -> InboxReader | None:
    inbox, imap = app.inbox(), app.settings.imap
    if inbox is None or imap is None:
        return None
    return InboxReader(store=app.store, inbox=inbox, clock=app.clock, every=imap.poll, log=log)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def only_daemon(data: Path) -> Iterator[None]:
    """Hold the data folder's lock; the system lets go of it when the process dies, however it dies.

    Raises:
        Refused: Another daemon holds it.
    """
    with (data / "daemon.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            raise Refused(f"Another daemon is running on {data}. One is enough for one SQLite database.") from taken
        yield
