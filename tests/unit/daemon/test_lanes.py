"""Lines and mailboxes: each mailbox is spared by itself, and whatever concerns others goes on."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import a_talk
from dispatching import NOON, ROUND, JumpingClock, Log, a_store, rows, wake
from stored_messages import a_due, a_mail
from talkcycle.daemon.dispatch import BATCH, LINE_PAUSE, Dispatcher, DispatchSummary
from talkcycle.domain.delivery import Receipt, RetryPolicy, TransientDeliveryError, UnknownDeliveryError
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.ports import Parcel
from talkcycle.domain.service import Limits
from talkcycle.domain.store import Lane
from talkcycle.domain.talks import Entry
from talkcycle.rounds.hold import decide
from talkcycle.store.open import SqlStore

BO, CILLA, SERVICE = "bo@example.com", "cilla@example.com", "talks@example.com"
CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
QUEUED, SENT, HELD = OutboxState.QUEUED, OutboxState.SENT, OutboxState.HELD
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(slots=True)
class Server:
    """A transport that takes everything, unless *act*, which is called with each parcel in hand, raises.

    Attributes:
        got: What arrived: by which method, to whom; *at*: when, by mailbox.
        most: How many lines were in one mailbox at the same time.
    """

    name: str
    clock: JumpingClock
    act: Callable[[Parcel], object] = lambda _: None
    got: list[tuple[str, str]] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    at: dict[str, list[datetime]] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)
    _in: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=threading.Lock)

    @contextmanager
    def connect(self) -> Iterator["Server"]:
        yield self

    def send(self, mail: Parcel, /) -> Receipt:
        return self._take("send", mail)

    def keep(self, order: Parcel, /) -> Receipt:
        self._take("keep", order)
        name = name_of(order)
        return Receipt(reply="stands in the calendar", uid=f"{name}-1@example.com", remote_id=f"AAMk-{name}")

    def _take(self, method: str, parcel: Parcel) -> Receipt:
        with self._lock:
            self._in[parcel.mailbox] += 1
            self.most[parcel.mailbox] = max(self.most[parcel.mailbox], self._in[parcel.mailbox])
        try:
            self.parcels.append(parcel)
            self.act(parcel)
            self.got.append((method, name_of(parcel)))
            self.at.setdefault(parcel.mailbox, []).append(self.clock.now())
        finally:
            with self._lock:
                self._in[parcel.mailbox] -= 1
        return Receipt(reply="250 OK")


def name_of(parcel: Parcel) -> str:
    return parcel.address.partition("@")[0]


class Jumping:
    """Never stops; whoever waits for their turn finds that the time has passed."""

    def __init__(self, clock: JumpingClock) -> None:
        self.clock = clock

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.clock.jump(timedelta(seconds=timeout))
        return False

    def is_set(self) -> bool:
        return False


@dataclass(slots=True)
class Office:
    """A store, servers by name, and the dispatcher between them."""

    store: SqlStore
    clock: JumpingClock = field(default_factory=JumpingClock)
    log: Log = field(default_factory=Log)
    servers: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.servers = {name: Server(name, self.clock) for name in ("smtp", "exchange", "graph")}

    @property
    def graph(self) -> Server:
        return self.servers["graph"]

    def queue(
        self, mailbox: str, *names: str, transport: str = "graph", kind: Kind = CREATE, due_at: datetime = NOON
    ) -> None:
        """A message of *mailbox* about the talk of each of *names*."""
        with self.store.write() as session:
            for name in names:
                due = a_due(name, step=kind.value, kind=kind, due_at=due_at)
                mail = a_mail(due, transport=transport, mailbox=mailbox)
                assert session.outbox.add(mail, due, now=due_at)

    def dispatcher(self, *names: str, policy: RetryPolicy | None = None, **limits: Any) -> Dispatcher:
        """To the servers of *names*, or to Graph alone; with *limits* of each."""
        servers = {name: self.servers[name] for name in names or ("graph",)}
        spared: dict[str, Any] = {"per_minute": None, "connections": 1, "per_mailbox": 1}
        return Dispatcher(
            store=self.store,
            transports=servers,
            clock=self.clock,
            policy=policy or RetryPolicy(),
            limits=dict.fromkeys(servers, Limits(**(spared | limits))),
            jitter=lambda: 0.0,
            log=self.log.logger,
            idle=timedelta(milliseconds=5),
        )

    def states(self) -> dict[str, tuple[OutboxState, int]]:
        """By name: state and number of attempts."""
        return {row.address.partition("@")[0]: (row.state, row.attempts) for row in rows(self.store)}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = a_store(tmp_path)
    yield Office(store)
    store.close()


def busy(mailbox: str, **how: Any) -> Callable[[Parcel], None]:
    """A server that does not take what concerns *mailbox*."""

    def act(parcel: Parcel) -> None:
        if parcel.mailbox == mailbox:
            raise TransientDeliveryError("429 too many requests", **how)

    return act


def test_a_mailbox_that_asks_to_be_left_alone_keeps_no_other_waiting(office: Office) -> None:
    office.queue(BO, "b1", "b2", "b3", due_at=NOON - SECOND)
    office.queue(CILLA, "c1", "c2")
    office.graph.act = busy(BO, mailbox_wide=True, retry_after=10 * MINUTE)
    dispatcher = office.dispatcher()

    assert dispatcher.dispatch_due() == DispatchSummary(sent=2, retried=1)
    assert office.states() == {"b1": (QUEUED, 1), "b2": (QUEUED, 0), "b3": (QUEUED, 0), "c1": (SENT, 1), "c2": (SENT, 1)}
    assert dispatcher.closed == {Lane(transport="graph", mailbox=BO): NOON + 10 * MINUTE}

    office.graph.act = lambda _: None
    office.clock.jump(10 * MINUTE - SECOND)
    assert dispatcher.dispatch_due() == DispatchSummary()
    office.clock.jump(SECOND)
    assert dispatcher.dispatch_due() == DispatchSummary(sent=3)


def test_a_mailbox_that_does_not_say_how_long_is_left_alone_for_a_while(office: Office) -> None:
    office.queue(BO, "b1", "b2")
    office.graph.act = busy(BO, mailbox_wide=True)
    dispatcher = office.dispatcher()

    dispatcher.dispatch_due()

    assert dispatcher.closed == {Lane(transport="graph", mailbox=BO): NOON + LINE_PAUSE}
    assert len(office.graph.parcels) == 1


def test_the_same_mailbox_over_another_transport_is_another_matter(office: Office) -> None:
    office.queue(SERVICE, "a1")
    office.queue(SERVICE, "a2", transport="exchange")
    office.graph.act = busy(SERVICE, mailbox_wide=True)

    assert office.dispatcher("graph", "exchange").dispatch_due() == DispatchSummary(sent=1, retried=1)
    assert office.states() == {"a1": (QUEUED, 1), "a2": (SENT, 1)}


def test_one_message_that_is_not_taken_now_keeps_no_other_of_its_mailbox_waiting(office: Office) -> None:
    office.queue(BO, "b1", "b2")

    def refuse_the_first(parcel: Parcel) -> None:
        if name_of(parcel) == "b1":
            raise TransientDeliveryError("the entry is being changed by somebody")

    office.graph.act = refuse_the_first
    dispatcher = office.dispatcher()

    assert dispatcher.dispatch_due() == DispatchSummary(sent=1, retried=1)
    assert dispatcher.closed == {}


def test_a_transport_that_is_down_waits_with_all_its_mailboxes_and_the_others_go_on(office: Office) -> None:
    office.queue(BO, "b1", "b2", due_at=NOON - SECOND)
    office.queue(CILLA, "c1")
    office.queue(SERVICE, "s1", transport="exchange")
    office.graph.act = busy(BO, connection_wide=True, retry_after=3 * MINUTE)
    dispatcher = office.dispatcher("graph", "exchange")

    assert dispatcher.dispatch_due() == DispatchSummary(sent=1, retried=1)
    assert office.states() == {"b1": (QUEUED, 1), "b2": (QUEUED, 0), "c1": (QUEUED, 0), "s1": (SENT, 1)}
    assert dispatcher.closed == {"graph": NOON + 3 * MINUTE}

    office.graph.act = lambda _: None
    office.clock.jump(3 * MINUTE)
    assert dispatcher.dispatch_due() == DispatchSummary(sent=3)


def test_a_log_tells_neither_mailboxes_nor_people(office: Office) -> None:
    office.queue(BO, "b1")
    office.graph.act = busy(BO, mailbox_wide=True)

    office.dispatcher().dispatch_due()

    assert office.log.events == ["a mailbox is left alone", "not sent", "dispatched"]
    assert "@" not in str(office.log.capture.entries)


def test_each_mailbox_keeps_a_rate_of_its_own(office: Office) -> None:
    office.queue(BO, "b1", "b2", "b3")
    office.queue(CILLA, "c1", "c2", "c3")

    office.dispatcher(per_minute=2).dispatch_due(Jumping(office.clock))

    half = timedelta(seconds=30)
    for mailbox in (BO, CILLA):
        first, second, third = office.graph.at[mailbox]
        assert (second - first, third - second) == (half, half)
    assert office.clock.now() - NOON < 5 * half, "one rate for both would take five pauses"


def test_a_line_that_would_wait_in_one_mailbox_serves_another_meanwhile(office: Office) -> None:
    office.queue(BO, "b1", "b2", "b3")
    office.queue(CILLA, "c1", "c2")

    office.dispatcher(per_minute=2).dispatch_due(Jumping(office.clock))

    assert [name for _, name in office.graph.got] == ["b1", "c1", "b2", "c2", "b3"]


def test_of_several_lines_one_keeps_to_the_mailbox_with_the_most_and_the_others_do_the_rest(office: Office) -> None:
    office.queue(BO, "b1", "b2", "b3")
    for number in range(4):
        office.queue(f"m{number}@example.com", f"p{number}")
    kept_to, rest = threading.Event(), threading.Semaphore(0)

    class Keeping(Jumping):
        def wait(self, timeout: float | None = None) -> bool:
            if not kept_to.is_set():
                kept_to.set()
                assert all(rest.acquire(timeout=5) for _ in range(4))
            return super().wait(timeout)

    def act(parcel: Parcel) -> None:
        if parcel.mailbox != BO:
            assert kept_to.wait(timeout=5), "a line waits for the next turn of the mailbox with the most"
            rest.release()

    office.graph.act = act

    assert office.dispatcher(per_minute=1, connections=2).dispatch_due(Keeping(office.clock)) == DispatchSummary(sent=7)
    assert office.clock.now() == NOON + 2 * MINUTE


def test_what_falls_due_while_lines_have_enough_to_do_need_not_wait_for_the_end(office: Office) -> None:
    office.queue(BO, "b1", "b2", "b3", "b4")

    def act(parcel: Parcel) -> None:
        if name_of(parcel) == "b1":
            office.queue(CILLA, "c1")

    office.graph.act = act

    office.dispatcher(per_minute=2).dispatch_due(Jumping(office.clock))

    assert [name for _, name in office.graph.got] == ["b1", "b2", "c1", "b3", "b4"]


def test_many_mailboxes_with_a_message_each_wait_for_nothing(office: Office) -> None:
    for number in range(8):
        office.queue(f"m{number}@example.com", f"p{number}")

    assert office.dispatcher(per_minute=1).dispatch_due(Jumping(office.clock)) == DispatchSummary(sent=8)
    assert office.clock.now() == NOON


def test_the_mailbox_whose_turn_comes_first_is_served_first(office: Office) -> None:
    dispatcher = office.dispatcher(per_minute=1)
    office.queue(BO, "b1")
    dispatcher.dispatch_due(Jumping(office.clock))
    office.queue(BO, "b2", due_at=NOON - MINUTE)
    office.queue(CILLA, "c1")

    dispatcher.dispatch_due(Jumping(office.clock))

    assert office.graph.got == [("keep", "b1"), ("keep", "c1"), ("keep", "b2")]
    assert office.graph.at == {BO: [NOON, NOON + MINUTE], CILLA: [NOON]}, "its rate outlives the dispatch"


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_lines_than_allowed_are_in_one_mailbox(office: Office, most: int) -> None:
    office.queue(BO, *(f"b{number}" for number in range(most * BATCH + 5)), due_at=NOON - SECOND)
    office.queue(CILLA, *(f"c{number}" for number in range(5)))
    together, others_done = threading.Barrier(most), threading.Event()

    def act(parcel: Parcel) -> None:
        if name_of(parcel) == "c4":
            others_done.set()
        if parcel.mailbox == BO and not others_done.is_set():
            together.wait(timeout=5)
            assert others_done.wait(timeout=5), "a line for the others is left"

    office.graph.act = act

    summary = office.dispatcher(connections=4, per_mailbox=most).dispatch_due()

    assert summary == DispatchSummary(sent=most * BATCH + 10)
    assert office.graph.most == {BO: most, CILLA: 1}


def test_what_falls_due_while_a_line_is_long_at_work_is_sent_by_an_idle_one(office: Office) -> None:
    office.queue(BO, "b1")
    came = threading.Event()

    def act(parcel: Parcel) -> None:
        if parcel.mailbox == CILLA:
            came.set()
            return
        office.queue(CILLA, "c1")
        assert came.wait(timeout=5)

    office.graph.act = act

    assert office.dispatcher(connections=2).dispatch_due() == DispatchSummary(sent=2)
    assert office.graph.got == [("keep", "c1"), ("keep", "b1")]


def test_a_message_goes_by_its_own_transport_alone(office: Office) -> None:
    for transport in ("graph", "smtp", "exchange"):
        office.queue(SERVICE, f"of-{transport}", transport=transport, kind=Kind.MAIL)

    dispatcher = office.dispatcher("smtp", "graph", connections=2, per_mailbox=2)

    assert dispatcher.dispatch_due() == DispatchSummary(sent=2)
    assert {name: server.got for name, server in office.servers.items()} == {
        "smtp": [("send", "of-smtp")],
        "graph": [("send", "of-graph")],
        "exchange": [],
    }
    assert office.states()["of-exchange"] == (QUEUED, 0)


def test_meetings_are_kept_and_mails_are_sent_with_all_that_is_known_of_them(office: Office) -> None:
    for kind in (Kind.MAIL, CREATE, CHANGE, CANCEL):
        office.queue(BO, kind.value, kind=kind)

    office.dispatcher().dispatch_due()

    assert office.graph.got == [
        ("send", "mail"),
        ("keep", "meeting-create"),
        ("keep", "meeting-change"),
        ("keep", "meeting-cancel"),
    ]
    stored = {row.address: row for row in rows(office.store)}
    for parcel in office.graph.parcels:
        row = stored[parcel.address]
        assert (parcel.kind, parcel.mailbox, parcel.message_id) == (row.kind, BO, row.message_id)
        assert name_of(parcel).encode() in parcel.payload


def test_after_any_failure_a_message_says_that_it_may_have_been_tried(office: Office) -> None:
    office.queue(BO, "b1")
    failures = iter([TransientDeliveryError("half done"), UnknownDeliveryError("the line died"), None])

    def act(_: Parcel) -> None:
        failure = next(failures)
        if failure is not None:
            raise failure

    office.graph.act = act
    dispatcher = office.dispatcher()
    for _ in range(3):
        dispatcher.dispatch_due()
        office.clock.jump(timedelta(hours=1))
        wake(office.store, office.clock)

    assert [parcel.tried for parcel in office.graph.parcels] == [False, True, True]
    assert office.states() == {"b1": (SENT, 3)}


def a_tick_has_looked(store: SqlStore) -> None:
    """At what became of the subjects whose messages somebody decided about: all of them may still go."""
    with store.write() as session:
        looked_at = session.schedule.due(before=datetime.max.replace(tzinfo=UTC), limit=10)
        for each in looked_at:
            session.schedule.put(each.round, {each.subject: None})
    assert looked_at


def test_what_a_person_has_tried_anew_still_says_that_it_was_tried(office: Office) -> None:
    """A meeting may stand half made in a calendar: nobody was told of it, so the failure was a transient one."""
    office.queue(BO, "b1")
    office.graph.act = busy(BO)
    dispatcher = office.dispatcher(policy=RetryPolicy(most_attempts=1))
    dispatcher.dispatch_due()
    assert office.states() == {"b1": (HELD, 1)}

    office.graph.act = lambda _: None
    ids = [row.id for row in rows(office.store)]
    decide(office.store, ids, to=QUEUED, action="released", who="eva", now=office.clock.now())
    a_tick_has_looked(office.store)
    dispatcher.dispatch_due()

    assert [parcel.tried for parcel in office.graph.parcels] == [False, True]


def test_what_was_claimed_and_given_back_was_not_tried(office: Office) -> None:
    office.queue(BO, "b1", "b2")
    office.graph.act = busy(BO, mailbox_wide=True)
    dispatcher = office.dispatcher()
    dispatcher.dispatch_due()
    office.graph.act = lambda _: None
    office.clock.jump(MINUTE)
    dispatcher.dispatch_due()

    assert [(name_of(each), each.tried) for each in office.graph.parcels] == [("b1", False), ("b2", False), ("b1", True)]


def test_what_the_server_calls_a_meeting_is_kept_with_its_entry(office: Office) -> None:
    entry = Entry(
        round=ROUND.id, talk="anna", number=1, uid="anna-1@example.com", sequence=0, transport="graph", organizer=BO
    )
    with office.store.write() as session:
        session.talks.add([a_talk()], [entry])
        assert session.talks.live_entries("graph") == []
    office.queue(BO, "anna")

    office.dispatcher().dispatch_due()

    with office.store.read() as session:
        [kept] = session.talks.live_entries("graph")
    assert (kept.uid, kept.remote_id) == (entry.uid, "AAMk-anna")
