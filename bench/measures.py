"""The measurements. Each returns rows: what, measured, reference, bar, ok."""

import os
import smtplib
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import reference
import structlog
from organisation import INVITATIONS_ONLY, write_organisation
from sink import sink

from talkcycle.bootstrap import Application, open_application, read_inputs
from talkcycle.daemon.dispatch import Dispatcher
from talkcycle.daemon.simulation import VirtualClock
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.messages import DueMessage, Kind, MessageKey, RenderedMessage
from talkcycle.domain.people import Role
from talkcycle.domain.service import Limits
from talkcycle.rounds.approve import approve, prepare_approval
from talkcycle.rounds.plan import make_draft

Row = dict[str, object]
APPROVED = datetime(2027, 2, 15, 9, 0, tzinfo=UTC)
INVITED = datetime(2027, 3, 31, 9, 0, tzinfo=UTC)
"""By now every invitation of the benchmark's window is due, sixty days ahead."""
WINDOW = {"first": "2027-05-03", "last": "2027-05-28"}
TALKCYCLE = [sys.executable, "-m", "talkcycle"]


def row(what: str, measured: str, reference_: str, bar: str, *, ok: bool) -> Row:
    return {"what": what, "measured": measured, "reference": reference_, "bar": bar, "ok": ok}


def approved(folder: Path, people: int, port: int, *, at: datetime = APPROVED, **options: Any) -> Application:
    """An organisation with an approved round, and the clock at *at*."""
    write_organisation(folder, people, port=port, **(WINDOW | options))
    app = open_application(folder, clock=VirtualClock(at))
    inputs = read_inputs(folder / "cycle.yaml", app.settings, today=at.date())
    draft = make_draft(app.store, inputs, now=at)
    approval = prepare_approval(
        app.store, inputs, plan=draft.hash, only=None, who="bench", routing=app.settings.routing, seed="bench", now=at
    )
    approve(app.store, inputs, approval, who="bench", now=at)
    return app


def parts(app: Application, *, connections: int = 1) -> tuple[Ticker, Dispatcher]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    log = structlog.get_logger()
    ticker = Ticker(
        store=app.store,
        shelf=app.shelf,
        clock=app.clock,
        policy=app.settings.retry,
        routing=app.settings.routing,
        mark=app.settings.data / "mark",
        log=log,
    )
    dispatcher = Dispatcher(
        store=app.store,
        transports=app.transports(),
        clock=app.clock,
        policy=app.settings.retry,
        limits={"smtp": Limits(per_minute=None, connections=connections, per_mailbox=connections)},
        jitter=lambda: 0.0,
        log=log,
    )
    return ticker, dispatcher


def set_clock(app: Application, at: datetime) -> None:
    """Set the virtual clock, as if all that is due had fallen due in the last minute: the service was never away."""
    assert isinstance(app.clock, VirtualClock)
    app.clock.at = at
    with app.store.write() as session:
        session.ledger.set_last_tick(at - timedelta(minutes=1))
        for subject in session.schedule.due(before=at + timedelta(hours=1), limit=1_000_000):
            session.schedule.put(subject.round, {subject.subject: at - timedelta(seconds=30)})


def work(app: Application) -> int:
    """Render and send what is due; return how many messages went."""
    ticker, dispatcher = parts(app)
    ticker.tick()
    return dispatcher.dispatch_due().sent


def invitations(folder: Path) -> list[Row]:
    """Finished invitations per second and core, beside the script a user would write."""
    with sink() as port:
        began = time.process_time()
        reference.send_all(150, port)
        script = 150 / (time.process_time() - began)
        app = approved(folder, 600, port, more=INVITATIONS_ONLY)
        set_clock(app, INVITED)
        began, wall = time.process_time(), time.perf_counter()
        sent = work(app)
        cpu, wall = time.process_time() - began, time.perf_counter() - wall
    ours = sent / cpu
    return [
        row(
            "invitations per second and core",
            f"{ours:.0f}/s ({sent} in {wall:.1f} s)",
            f"script {script:.1f}/s",
            ">= 10x, aiming at 90/s",
            ok=ours / script >= 10,
        )
    ]


def two_workers(folder: Path) -> list[Row]:
    """The same round by one process and by two."""
    seconds = []
    for workers in (1, 2):
        place = folder / str(workers)
        with sink() as port:
            app = approved(place, 800, port, more=INVITATIONS_ONLY)
            set_clock(app, INVITED)
            app.store.close()
            command = [sys.executable, str(Path(__file__).with_name("worker.py")), str(place), INVITED.isoformat()]
            processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE) for _ in range(workers)]
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == b"ready\n"
            began = time.perf_counter()
            for process in processes:
                assert process.stdin is not None
                process.stdin.write(b"go\n")
                process.stdin.flush()
            sent = sum(int(process.communicate()[0]) for process in processes)
            seconds.append((time.perf_counter() - began) / sent)
    ratio = seconds[0] / seconds[1]
    return [row("two workers", f"{ratio:.2f}x one", f"one: {1 / seconds[0]:.0f}/s", ">= 1.7x", ok=ratio >= 1.7)]


def sending(folder: Path) -> list[Row]:
    """Stored messages of 56 KB, each outcome committed, beside bare smtplib with four threads and the same bytes."""
    count = 3000
    line = b"x" * 74 + b"\r\n"
    payload = b"From: a@norrsken.example\r\nSubject: Samtal\r\n\r\n" + line * (56_000 // len(line))
    with sink() as port:
        began = time.perf_counter()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: _bare(port, payload, count // 4), range(4)))
        bare = count / (time.perf_counter() - began)
        app = approved(folder, 20, port, more=INVITATIONS_ONLY)
        set_clock(app, APPROVED)
        for first in range(0, count, 500):
            _store(app, range(first, first + 500), payload)
        _, dispatcher = parts(app, connections=4)
        began = time.perf_counter()
        sent = dispatcher.dispatch_due().sent
        ours = sent / (time.perf_counter() - began)
    assert sent == count
    return [
        row(
            "stored messages of 56 KB, outcome committed one by one",
            f"{ours:.0f}/s",
            f"bare smtplib, 4 threads: {bare:.0f}/s",
            ">= 0.6",
            ok=ours / bare >= 0.6,
        )
    ]


def _bare(port: int, payload: bytes, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for _ in range(count):
            server.sendmail("a@norrsken.example", ["b@norrsken.example"], payload)


def _store(app: Application, numbers: range, payload: bytes) -> None:
    with app.store.write() as session:
        round_ = session.rounds.all()[0].id
        for number in numbers:
            key = MessageKey(
                round=round_, subject=f"talk:{number}", step="bench", occasion="", recipient=f"person:{number}", version=0
            )
            due = DueMessage(
                key=key,
                kind=Kind.MAIL,
                role=Role.EMPLOYEE,
                template="bench",
                due_at=APPROVED - timedelta(minutes=1),
                expires_at=None,
                why="",
            )
            message = RenderedMessage(
                key=key,
                kind=Kind.MAIL,
                transport="smtp",
                mailbox="a@norrsken.example",
                address=f"p{number}@norrsken.example",
                message_id=f"<{number}@norrsken.example>",
                payload=payload,
            )
            session.outbox.add(message, due, now=APPROVED)


def ticking(folder: Path) -> list[Row]:
    """A tick over a round of 10,000 with nothing due."""
    app = approved(folder, 10_000, 25)
    set_clock(app, APPROVED - timedelta(hours=2))
    ticker, _ = parts(app)
    ticker.tick()
    began = time.process_time()
    ticker.tick()
    cpu = time.process_time() - began
    return [row("a tick over 10,000 people, nothing due", f"{cpu * 1000:.1f} ms CPU", "", "< 0.5 s CPU", ok=cpu < 0.5)]


def timeline(folder: Path) -> list[Row]:
    """``talkcycle timeline`` as a whole process."""
    app = approved(folder, 10_000, 25)
    app.store.close()
    command = [*TALKCYCLE, "timeline", "777", "--config", str(folder)]
    seconds = min(_wall(command) for _ in range(5))
    python = min(_wall([sys.executable, "-c", "import typer, rich.table, sqlalchemy"]) for _ in range(5))
    return [
        row(
            "timeline of one person of 10,000",
            f"{seconds:.2f} s",
            f"importing typer, rich, sqlalchemy: {python:.2f} s",
            "< 0.5 s",
            ok=seconds < 0.5,
        )
    ]


def _wall(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def simulated(folder: Path) -> list[Row]:
    """A whole round on one core: 1,000 people, and 5,000 for the growth."""
    seconds = {}
    for people in (1000, 5000):
        config = write_organisation(folder / str(people), people, first=WINDOW["first"], last=WINDOW["last"])
        command = [
            "taskset",
            "-c",
            "0",
            *TALKCYCLE,
            "simulate",
            "--config",
            str(config),
            "--out",
            str(folder / f"out{people}"),
        ]
        seconds[people] = _wall([*command, "--json"])
    growth = seconds[5000] / seconds[1000]
    return [
        row("simulate, 1,000 people, one core", f"{seconds[1000]:.0f} s", "", "< 120 s", ok=seconds[1000] < 120),
        row("simulate, 5,000 people", f"{seconds[5000]:.0f} s", "", "linear: <= 5.5x", ok=growth <= 5.5),
    ]


def daemon_at_rest(folder: Path) -> list[Row]:
    """The real daemon with a round of 1,000 far ahead: first tick, then CPU and memory over half a minute."""
    now = datetime.now(UTC)
    year = now.year + 1
    app = approved(
        folder,
        1000,
        25,
        at=now,
        first=f"{year}-05-03",
        last=f"{year}-05-28",
        more="digests: {managers: false, hr: false}",
    )
    with app.store.write() as session:
        for round_ in session.rounds.all():
            session.schedule.put(round_.id, {f"person:{number}": None for number in range(1000)})
    app.store.close()
    process = subprocess.Popen(
        [*TALKCYCLE, "run", "--config", str(folder)], stderr=subprocess.PIPE, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
    began = time.perf_counter()
    reader = threading.Thread(target=lambda: process.stderr and list(process.stderr), daemon=True)
    reader.start()
    mark = folder / "data" / "mark"
    while not mark.exists() and time.perf_counter() - began < 30:
        time.sleep(0.005)
    first = time.perf_counter() - began
    seen = psutil.Process(process.pid)
    time.sleep(5)
    before, clock = sum(seen.cpu_times()[:2]), time.perf_counter()
    time.sleep(65)
    share = (sum(seen.cpu_times()[:2]) - before) / (time.perf_counter() - clock)
    memory = seen.memory_info().rss / 1e6
    process.terminate()
    stopped = time.perf_counter()
    process.wait(timeout=20)
    stopping = time.perf_counter() - stopped
    return [
        row("first tick after start", f"{first:.2f} s", "", "< 1.5 s", ok=first < 1.5),
        row("daemon at rest: CPU", f"{share:.2%}", "", "< 1 %", ok=share < 0.01),
        row("daemon at rest: memory", f"{memory:.0f} MB", "", "< 120 MB", ok=memory < 120),
        row("stop after SIGTERM", f"{stopping:.1f} s", "", "< 10 s", ok=stopping < 10),
    ]
