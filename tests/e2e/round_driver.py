"""The daemon's own parts over a clock that jumps, in a process of its own, to be killed at any point.

Usage: round_driver.py DATA_FOLDER SMTP_PORT SENDER. The virtual time lives in DATA_FOLDER/clock and survives the
process, as real time would. Exits 0 when
nothing is left to do.
"""

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from talkcycle.daemon.dispatch import Dispatcher
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.routes import Routing
from talkcycle.domain.service import Limits, SmtpSettings, TlsMode
from talkcycle.rounds.texts import TextShelf
from talkcycle.store.open import open_store
from talkcycle.store.secret import service_secret
from talkcycle.transports.smtp.transport import SmtpTransport

LONGEST_JUMP = timedelta(hours=12)
"""Under a day: a daemon that was away for longer starts on hold, as it should."""


class FileClock:
    """Virtual time kept in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self.path.read_text())

    def jump(self, to: datetime) -> None:
        fresh = self.path.with_suffix(".new")
        fresh.write_text(to.isoformat())
        fresh.replace(self.path)


def run_round(data: Path, smtp: SmtpSettings, sender: str, log: Any) -> None:
    """Tick and dispatch from one instant at which something is due to the next, until nothing is left.

    Raises:
        RuntimeError: The outbox went on hold.
    """
    clock = FileClock(data / "clock")
    store = open_store(f"sqlite:///{data / 'talkcycle.db'}", secret=service_secret(None, data))
    policy = RetryPolicy()
    ticker = Ticker(
        store=store,
        shelf=TextShelf(store),
        clock=clock,
        policy=policy,
        routing=Routing(sender=sender),
        mark=data / "mark",
        log=log,
    )
    dispatcher = Dispatcher(
        store=store,
        transports={"smtp": SmtpTransport(smtp)},
        clock=clock,
        policy=policy,
        limits={"smtp": Limits(per_minute=None, connections=2, per_mailbox=2)},
        jitter=lambda: 0.0,
        log=log,
    )
    ticker.start(alone=True)
    while True:
        ticker.tick()
        dispatcher.dispatch_due(None)
        with store.read() as session:
            if session.ledger.hold() is not None:
                raise RuntimeError("the outbox went on hold")
            instants = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None]
        if not instants:
            store.close()
            return
        now = clock.now()
        clock.jump(min(max(now, min(instants)), now + LONGEST_JUMP))


def main(data: Path, port: int, sender: str) -> None:
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(file=sys.stderr))
    smtp = SmtpSettings(host="127.0.0.1", port=port, tls=TlsMode.NONE)
    run_round(data, smtp, sender, structlog.get_logger())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
