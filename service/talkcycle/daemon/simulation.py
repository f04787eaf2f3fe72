"""A whole round against a virtual clock and a mail server of its own: all is real but the time and the mailboxes."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from talkcycle.bootstrap import Application, store_of
from talkcycle.daemon.dispatch import DispatchSummary
from talkcycle.daemon.run import Daemon, daemon_of
from talkcycle.domain.faults import Refused
from talkcycle.domain.localtime import instant_of, working_day
from talkcycle.domain.messages import KnownMessage
from talkcycle.domain.plan import Draft
from talkcycle.domain.repetition import window_from
from talkcycle.domain.routes import Transport
from talkcycle.domain.service import ServiceSettings, SmtpSettings, TlsMode
from talkcycle.domain.store import OutboxFilter, Store
from talkcycle.domain.talks import Round, Talk
from talkcycle.rendering.pdf import keeping
from talkcycle.rounds.approve import Approval, approve, prepare_approval
from talkcycle.rounds.page_links import example_links
from talkcycle.rounds.plan import Inputs, make_draft
from talkcycle.transports.smtp.sink import mail_sink

SEED = "simulation"
"""Fixed: two rehearsals of the same files give the same bytes."""
WHO = "rehearsal"
TEN = time(10)
SLACK = timedelta(days=7)
LONGEST_JUMP = timedelta(hours=12)
"""A daemon that was away for over a day starts on hold, so the clock goes on in shorter steps."""
TIDY_EVERY = timedelta(days=1)

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
    """A message as the server got it. *number*: from 1, in the order of arrival; *at*: virtual, UTC."""

    number: int
    at: datetime
    address: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What happened.

    Attributes:
        talks: As they stand at the end.
        ledger: Every row of the outbox, due instant first, what was skipped included.
        announced: Messages per step as the approval counted them beforehand.
        began, ended: The virtual instants of the approval and of the last thing that happened. UTC.
    """

    round: Round
    draft: Draft
    talks: tuple[Talk, ...]
    ledger: tuple[KnownMessage, ...]
    announced: Mapping[str, int]
    began: datetime
    ended: datetime


def first_moment(inputs: Inputs, today: date) -> datetime:
    """When a rehearsal begins: a week before HR would have to plan, at ten; later if *today* is later. UTC.

    Raises:
        Refused: The cycle's last window is over.
    """
    cycle = inputs.cycle
    window = window_from(cycle, today)
    if window is None:
        raise Refused(f"The window ended on {cycle.window.last}. Give a new window, or let the cycle repeat.")
    holidays = inputs.holidays.get(cycle.country, frozenset())
    ahead = timedelta(days=max(cycle.earliest_days, cycle.notice_days) + cycle.approval_days) + SLACK
    return instant_of(working_day(max(window.first - ahead, today), holidays, earlier=False), TEN, cycle.zone)


def simulate(
    inputs: Inputs,
    settings: ServiceSettings,
    *,
    start: datetime,
    take: Callable[[Arrived], None],
    log: Any,
    progress: Progress | None = None,
) -> Simulated:
    """Plan, approve and run the round of *inputs* from *start* (UTC) until nothing is left to do.

    Nothing leaves the machine: the database is a temporary one, and the mail server listens on loopback. Everybody is
    rehearsed with as if reached by SMTP.

    Args:
        take: Is handed each message as it arrives, in another thread; what it raises is raised here in the end.

    Raises:
        Refused: The round cannot start, or does not run to its end.
    """
    clock = VirtualClock(start)
    arrived = 0

    def receive(address: str, content: bytes) -> None:
        nonlocal arrived
        arrived += 1
        take(Arrived(number=arrived, at=clock.now(), address=address, content=content))

    with tempfile.TemporaryDirectory(prefix="talkcycle-") as folder, mail_sink(receive) as (host, port):
        rehearsal = replace(
            settings,
            data=Path(folder),
            database=f"sqlite:///{folder}/rehearsal.db",
            smtp=SmtpSettings(host=host, port=port, tls=TlsMode.NONE),
            exchange=None,
            graph=None,
            routes=(),
            default_route=Transport.SMTP,
            per_minute=None,
            connections=1,
            secret=SEED,
        )
        store = store_of(rehearsal)
        app = Application(config=Path(folder), settings=rehearsal, store=store, clock=clock, who=WHO)
        try:
            return rehearse(app, inputs, clock, log=log, report=lambda: progress and progress(clock.now(), arrived))
        finally:
            store.close()


def rehearse(
    app: Application, inputs: Inputs, clock: VirtualClock, *, log: Any, report: Callable[[], object]
) -> Simulated:
    """Do it all with *app*, whose clock is *clock*, and leave its database as it is then. Raises as ``simulate``."""
    began = clock.now()
    draft, approval = _approve(app, inputs)
    daemon = daemon_of(app, log)
    if app.settings.web is not None:  # links hang on keys that are random
        daemon.ticker.page_link = example_links(app.settings.web.url)
    with keeping(2 * len(draft.talks)):
        _run(daemon, clock, report)
    return _looked_at(app.store, draft, approval, began=began, ended=clock.now())


def _approve(app: Application, inputs: Inputs) -> tuple[Draft, Approval]:
    now = app.clock.now()
    draft = make_draft(app.store, inputs, now=now)
    approval = prepare_approval(
        app.store,
        inputs,
        plan=draft.hash,
        only=None,
        who=app.who,
        routing=app.settings.routing,
        seed=SEED,
        now=now,
    )
    approve(app.store, inputs, approval, who=app.who, now=now)
    return draft, approval


def _run(daemon: Daemon, clock: VirtualClock, report: Callable[[], object]) -> None:
    """Do what the daemon does, without waiting in between."""
    daemon.ticker.start(alone=True)
    tidied_at = clock.now()
    while True:
        for subject, error in daemon.ticker.tick().broken:
            raise Refused(f"A text of {subject} could not be made ({error}). Look at it with: talkcycle preview")
        while daemon.dispatcher.dispatch_due() != DispatchSummary():
            report()
        if clock.now() - tidied_at >= TIDY_EVERY:
            daemon.tidy()
            tidied_at = clock.now()
        upcoming = _upcoming(daemon.store)
        if upcoming is None:
            return
        clock.at = min(max(clock.at, upcoming), clock.at + LONGEST_JUMP)


def _upcoming(store: Store) -> datetime | None:
    with store.read() as session:
        if reason := session.ledger.hold():
            raise Refused(f"The rehearsal went on hold: {reason}")
        instants = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None]
    return min(instants, default=None)


def _looked_at(store: Store, draft: Draft, approval: Approval, *, began: datetime, ended: datetime) -> Simulated:
    with store.read() as session:
        return Simulated(
            round=approval.round,
            draft=draft,
            talks=tuple(session.talks.of_round(draft.round)),
            ledger=tuple(session.outbox.find(OutboxFilter(limit=10_000_000))),
            announced=dict(approval.messages),
            began=began,
            ended=ended,
        )


def by_message_id(ledger: Sequence[KnownMessage]) -> dict[str, KnownMessage]:
    """Rows that were rendered, by their Message-ID."""
    return {row.message_id: row for row in ledger if row.message_id}
