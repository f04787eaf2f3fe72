"""A whole round against a virtual clock and a mail server of its own: all is real but the time and the mailboxes."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from talkcycle.bootstrap import store_of, transports_of
from talkcycle.daemon.dispatch import Dispatcher
from talkcycle.daemon.rate import RateLimiter
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.faults import Refused
from talkcycle.domain.localtime import instant_of, working_day
from talkcycle.domain.messages import KnownMessage
from talkcycle.domain.plan import Draft
from talkcycle.domain.repetition import window_from
from talkcycle.domain.service import ServiceSettings, SmtpSettings, TlsMode
from talkcycle.domain.store import OutboxFilter, Store
from talkcycle.domain.talks import Round, Talk
from talkcycle.rounds.approve import approve, prepare_approval
from talkcycle.rounds.plan import Inputs, make_draft
from talkcycle.rounds.texts import TextShelf
from talkcycle.transports.smtp.sink import mail_sink

SEED = "simulation"
BEFORE_WINDOW = timedelta(days=35)
"""When HR plans, in a rehearsal: time enough for the announcement, and for invitations 21 days ahead."""
LONGEST_JUMP = timedelta(hours=12)
"""A daemon that was away for over a day starts on hold, so the clock goes on in shorter steps."""
Progress = Callable[[datetime, int], None]
"""Is told the virtual instant and how many messages have arrived."""


@dataclass(slots=True)
class VirtualClock:
    """Shows what it is set to."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A message as the server got it. *at*: virtual, UTC."""

    at: datetime
    address: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What happened. *mails* in the order of arrival; *ledger*: every row of the outbox, due instant first."""

    round: Round
    draft: Draft
    talks: tuple[Talk, ...]
    mails: tuple[Arrived, ...]
    ledger: tuple[KnownMessage, ...]
    announced: dict[str, int]


def first_day(inputs: Inputs, today: date) -> datetime:
    """When a rehearsal begins: five weeks before the window at ten in the morning, or today if that has passed. UTC.

    Raises:
        Refused: The cycle's last window is over.
    """
    window = window_from(inputs.cycle, today)
    if window is None:
        raise Refused(f"The window ended on {inputs.cycle.window.last}. Give a new window, or let the cycle repeat.")
    if inputs.cycle.window.first - BEFORE_WINDOW >= today:
        window = inputs.cycle.window
    holidays = inputs.holidays.get(inputs.cycle.country, frozenset())
    day = working_day(max(window.first - BEFORE_WINDOW, today), holidays, earlier=False)
    return instant_of(day, time(10), inputs.cycle.zone)


def simulate(
    inputs: Inputs, settings: ServiceSettings, *, start: datetime, log: Any, progress: Progress | None = None
) -> Simulated:
    """Plan, approve and run the round of *inputs* from *start* (UTC) until nothing is left to do.

    Nothing leaves the machine: the database is a temporary one, and the mail server listens on loopback.
    """
    clock = VirtualClock(start)
    mails: list[Arrived] = []

    def take(address: str, content: bytes) -> None:
        mails.append(Arrived(at=clock.now(), address=address, content=content))

    with tempfile.TemporaryDirectory(prefix="talkcycle-") as folder, mail_sink(take) as (host, port):
        rehearsal = replace(
            settings,
            data=Path(folder),
            database=f"sqlite:///{folder}/rehearsal.db",
            smtp=SmtpSettings(host=host, port=port, tls=TlsMode.NONE),
            per_minute=None,
            connections=1,
            secret=SEED,
        )
        store = store_of(rehearsal)
        try:
            draft, announced = _approve(store, inputs, rehearsal, start)
            _run(store, rehearsal, clock, log, lambda: progress and progress(clock.now(), len(mails)))
            with store.read() as session:
                round_ = session.rounds.get(draft.round)
                assert round_ is not None
                return Simulated(
                    round=round_,
                    draft=draft,
                    talks=tuple(session.talks.of_round(draft.round)),
                    mails=tuple(mails),
                    ledger=tuple(session.outbox.find(OutboxFilter(limit=10_000_000))),
                    announced=announced,
                )
        finally:
            store.close()


def _approve(store: Store, inputs: Inputs, settings: ServiceSettings, start: datetime) -> tuple[Draft, dict[str, int]]:
    draft = make_draft(store, inputs, now=start)
    approval = prepare_approval(
        store, inputs, plan=draft.hash, only=None, who="rehearsal", sender=settings.sender, seed=SEED, now=start
    )
    approve(store, inputs, approval, who="rehearsal", now=start)
    return draft, dict(approval.messages)


def _run(store: Store, settings: ServiceSettings, clock: VirtualClock, log: Any, report: Callable[[], object]) -> None:
    ticker = Ticker(
        store=store,
        shelf=TextShelf(store),
        clock=clock,
        policy=settings.retry,
        sender=settings.sender,
        mark=settings.data / "mark",
        log=log,
    )
    dispatcher = Dispatcher(
        store=store,
        transports=transports_of(settings),
        clock=clock,
        policy=settings.retry,
        connections=1,
        limiter=RateLimiter(None, clock=clock),
        jitter=lambda: 0.0,
        log=log,
    )
    while True:
        ticker.tick()
        dispatcher.dispatch_due()
        report()
        with store.read() as session:
            if reason := session.ledger.hold():
                raise Refused(f"The rehearsal went on hold: {reason}")
            instants = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None]
        if not instants:
            return
        clock.at = min(max(clock.at, min(instants)), clock.at + LONGEST_JUMP)


def by_message_id(ledger: Sequence[KnownMessage]) -> dict[str, KnownMessage]:
    """Rows that were rendered, by their Message-ID."""
    return {row.message_id: row for row in ledger if row.message_id}
