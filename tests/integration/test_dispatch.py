import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from structlog.testing import LogCapture

from dispatching import NOON, Gate, Log, a_dispatcher, a_store, payload_for, queue, rows, states, wake
from dispatching import JumpingClock as Clock
from servers.scripted_smtp import CUT, Mailbox, accepting_server
from talkcycle.daemon.dispatch import BATCH, Dispatcher, DispatchSummary
from talkcycle.domain.delivery import Receipt, RetryPolicy
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.ports import Parcel
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.rounds.hold import hold_all, release_all
from talkcycle.store.open import SqlStore
from talkcycle.transports.smtp.transport import SmtpTransport

QUEUED, SENDING, SENT = OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT
UNKNOWN, HELD, FAILED, SKIPPED = OutboxState.UNKNOWN, OutboxState.HELD, OutboxState.FAILED, OutboxState.SKIPPED
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    store = a_store(tmp_path)
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Observing(Mailbox):
    """A mailbox that does something of the test's while it has a message in hand, and counts whose."""

    def __init__(self, **replies: Any) -> None:
        super().__init__(**replies)
        self.act: Any = lambda: None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.act()
        return await super().handle_DATA(server, session, envelope)

    @property
    def recipients(self) -> list[str]:
        return [envelope.rcpt_tos[0].partition("@")[0] for envelope in self.received]


def transport_to(port: int) -> SmtpTransport:
    return SmtpTransport(SmtpSettings(host="127.0.0.1", port=port, tls=TlsMode.NONE, timeout=timedelta(seconds=5)))


class Run:
    """A mailbox, and a dispatcher that empties *store* into it."""

    def __init__(self, mailbox: Observing, dispatcher: Dispatcher, log: Log) -> None:
        self.mailbox = mailbox
        self.dispatcher = dispatcher
        self.log = log


@pytest.fixture
def run(store: SqlStore, clock: Clock) -> Iterator[Run]:
    mailbox, log = Observing(), Log()
    with accepting_server(mailbox) as (_, port):
        yield Run(mailbox, a_dispatcher(store, transport_to(port), clock, log=log), log)


def test_what_is_due_goes_out_longest_waiting_first(store: SqlStore, run: Run) -> None:
    queue(store, ["later", "latest"], due_at=NOON)
    queue(store, ["earlier"], due_at=NOON - MINUTE)
    queue(store, ["tomorrow"], due_at=NOON + timedelta(days=1))

    summary = run.dispatcher.dispatch_due()

    assert run.mailbox.recipients == ["earlier", "later", "latest"]
    assert summary == DispatchSummary(sent=3)
    assert states(store) == [SENT, SENT, SENT, QUEUED]
    assert [row.reply for row in rows(store)] == ["250 OK", "250 OK", "250 OK", ""]


def test_the_server_gets_exactly_the_stored_bytes_from_and_to_the_stored_addresses(store: SqlStore, run: Run) -> None:
    queue(store, ["anna"])

    run.dispatcher.dispatch_due()

    (envelope,) = run.mailbox.received
    assert envelope.content == payload_for("anna")
    assert (envelope.mail_from, envelope.rcpt_tos) == ("samtal@norrsken.example", ["anna@norrsken.example"])


def test_more_than_a_batch_goes_out_in_one_dispatch_and_over_one_line(store: SqlStore, run: Run) -> None:
    names = [f"p{number:03d}" for number in range(BATCH + 5)]
    queue(store, names)

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=BATCH + 5)
    assert (run.mailbox.recipients, run.mailbox.connections) == (names, 1)


def test_each_outcome_is_committed_before_the_next_message(store: SqlStore, run: Run) -> None:
    queue(store, ["one", "two", "three"])
    seen = []
    run.mailbox.act = lambda: seen.append(states(store))

    run.dispatcher.dispatch_due()

    assert seen == [[SENDING, SENDING, SENDING], [SENT, SENDING, SENDING], [SENT, SENT, SENDING]]


def test_with_nothing_due_no_line_is_opened_and_nothing_is_logged(store: SqlStore, run: Run) -> None:
    queue(store, ["anna"], due_at=NOON + MINUTE)

    assert run.dispatcher.dispatch_due() == DispatchSummary()
    assert (run.mailbox.connections, run.log.events) == (0, [])


def test_a_refused_recipient_fails_only_its_own_row(store: SqlStore, run: Run) -> None:
    queue(store, ["one", "two", "three"])
    run.mailbox.rcpt = ["250 OK", "550 5.1.1 <two@norrsken.example> unknown", "250 OK"]

    summary = run.dispatcher.dispatch_due()

    assert summary == DispatchSummary(sent=2, failed=1)
    assert states(store) == [SENT, FAILED, SENT]
    assert [row.reason for row in rows(store)] == ["", "refused for good: 550 5.1.1 <…> unknown", ""]
    assert run.mailbox.recipients == ["one", "three"]


def test_content_refused_for_now_is_tried_again_when_the_server_said(store: SqlStore, run: Run, clock: Clock) -> None:
    queue(store, ["one", "two"])
    run.mailbox.data = ["451 4.7.1 greylisted, try again in 300 seconds", "250 OK"]

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=1, retried=1)
    assert [(row.state, row.not_before, row.attempts) for row in rows(store)] == [
        (QUEUED, NOON + 5 * MINUTE, 1),
        (SENT, NOON, 1),
    ]
    clock.jump(5 * MINUTE - timedelta(seconds=1))
    assert run.dispatcher.dispatch_due() == DispatchSummary()
    clock.jump(timedelta(seconds=1))
    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=1)
    assert run.mailbox.recipients == ["two", "one"]


def test_a_server_that_is_down_gives_the_rest_back_untouched_and_is_left_alone_for_the_pause(
    store: SqlStore, run: Run, clock: Clock
) -> None:
    queue(store, ["one", "two", "three"])
    run.mailbox.mail = ["550 5.7.60 not allowed to send as this sender"]

    assert run.dispatcher.dispatch_due() == DispatchSummary(retried=1)
    assert [(row.state, row.attempts) for row in rows(store)] == [(QUEUED, 1), (QUEUED, 0), (QUEUED, 0)]
    assert run.dispatcher.closed == {"smtp": NOON + 10 * MINUTE}

    run.mailbox.mail = ["250 OK"]
    clock.jump(10 * MINUTE - timedelta(seconds=1))
    assert run.dispatcher.dispatch_due() == DispatchSummary()
    assert run.mailbox.connections == 1
    clock.jump(timedelta(seconds=1))
    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=3)
    assert sorted(run.mailbox.recipients) == ["one", "three", "two"]


def test_a_line_that_fails_in_the_middle_keeps_what_was_sent(store: SqlStore, run: Run) -> None:
    queue(store, ["one", "two", "three", "four"])
    run.mailbox.data = ["250 OK", "421 4.3.2 shutting down"]

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=1, retried=1)
    assert [(row.state, row.attempts) for row in rows(store)] == [(SENT, 1), (QUEUED, 1), (QUEUED, 0), (QUEUED, 0)]


def test_what_may_have_arrived_goes_again_with_the_same_bytes_after_the_pause(
    store: SqlStore, run: Run, clock: Clock
) -> None:
    queue(store, ["one", "two"])
    run.mailbox.data = [CUT, "250 OK"]

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=1, unknown=1)
    assert [(row.state, row.uncertain, row.not_before) for row in rows(store)] == [
        (UNKNOWN, True, NOON + 15 * MINUTE),
        (SENT, False, NOON),
    ]
    clock.jump(15 * MINUTE - timedelta(seconds=1))
    assert (wake(store, clock), run.dispatcher.dispatch_due()) == (0, DispatchSummary())
    clock.jump(timedelta(seconds=1))
    assert (wake(store, clock), run.dispatcher.dispatch_due()) == (1, DispatchSummary(sent=1))

    assert [(row.state, row.uncertain, row.attempts) for row in rows(store)] == [(SENT, True, 2), (SENT, False, 1)]
    first, _, again = run.mailbox.received
    assert (
        (first.content, first.rcpt_tos)
        == (again.content, again.rcpt_tos)
        == (
            payload_for("one"),
            ["one@norrsken.example"],
        )
    )


def test_by_policy_what_may_have_arrived_is_held_for_a_person(store: SqlStore, clock: Clock) -> None:
    queue(store, ["one"])
    mailbox = Observing(data=[CUT, "250 OK"])
    with accepting_server(mailbox) as (_, port):
        dispatcher = a_dispatcher(store, transport_to(port), clock, policy=RetryPolicy(hold_unknown=True))
        dispatcher.dispatch_due()
        clock.jump(timedelta(days=1))
        assert (wake(store, clock), dispatcher.dispatch_due()) == (0, DispatchSummary())

    assert [(row.state, row.uncertain) for row in rows(store)] == [(HELD, True)]
    assert mailbox.recipients == ["one"]


def test_a_message_refused_again_and_again_is_given_to_a_person(store: SqlStore, clock: Clock) -> None:
    queue(store, ["one"])
    mailbox = Observing(rcpt=["451 4.3.0 not now"])
    with accepting_server(mailbox) as (_, port):
        dispatcher = a_dispatcher(store, transport_to(port), clock, policy=RetryPolicy(most_attempts=3))
        for _ in range(5):
            dispatcher.dispatch_due()
            clock.jump(timedelta(hours=3))

    assert [(row.state, row.attempts) for row in rows(store)] == [(HELD, 3)]


def test_nothing_is_claimed_while_the_outbox_is_on_hold(store: SqlStore, run: Run) -> None:
    queue(store, ["one", "two"])
    hold_all(store, reason="HR asked", who="hr", now=NOON)

    assert run.dispatcher.dispatch_due() == DispatchSummary()
    assert (states(store), run.mailbox.connections) == ([QUEUED, QUEUED], 0)

    release_all(store, who="hr", now=NOON)
    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=2)


def test_a_hold_stops_a_batch_after_the_message_in_hand(store: SqlStore, run: Run) -> None:
    queue(store, ["one", "two", "three"])

    def hold_during_the_second() -> None:
        if run.mailbox.recipients == ["one"]:
            hold_all(store, reason="HR asked", who="hr", now=NOON)

    run.mailbox.act = hold_during_the_second

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=2)
    assert [(row.state, row.attempts) for row in rows(store)] == [(SENT, 1), (SENT, 1), (QUEUED, 0)]


def test_a_stop_finishes_the_message_in_hand_and_gives_the_rest_back(store: SqlStore, run: Run) -> None:
    queue(store, ["one", "two", "three"])
    stop = threading.Event()
    run.mailbox.act = stop.set

    assert run.dispatcher.dispatch_due(stop) == DispatchSummary(sent=1)
    assert [(row.state, row.attempts) for row in rows(store)] == [(SENT, 1), (QUEUED, 0), (QUEUED, 0)]
    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=2)
    assert run.mailbox.recipients == ["one", "two", "three"]


def test_a_stop_is_heard_while_waiting_for_the_rate_limit(store: SqlStore, clock: Clock) -> None:
    queue(store, ["one", "two"])
    mailbox, stop = Observing(), threading.Event()
    mailbox.act = stop.set
    with accepting_server(mailbox) as (_, port):
        a_dispatcher(store, transport_to(port), clock, per_minute=1).dispatch_due(stop)

    assert states(store) == [SENT, QUEUED]


def test_a_message_whose_purpose_has_passed_is_skipped_with_that_reason(store: SqlStore, run: Run) -> None:
    queue(store, ["late"], due_at=NOON - timedelta(hours=2), expires_at=NOON)
    queue(store, ["in time"], expires_at=NOON + timedelta(seconds=1))

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=1)
    assert [(row.state, row.reason) for row in rows(store)] == [
        (SKIPPED, "its purpose had passed before it could be sent"),
        (SENT, ""),
    ]


def test_a_whole_batch_whose_purpose_has_passed_does_not_keep_the_rest_waiting(store: SqlStore, run: Run) -> None:
    queue(store, [f"late{number}" for number in range(BATCH)], due_at=NOON - timedelta(hours=2), expires_at=NOON)
    queue(store, ["anna"])

    assert run.dispatcher.dispatch_due() == DispatchSummary(sent=1)
    assert Counter(states(store)) == {SKIPPED: BATCH, SENT: 1}


class Calling:
    """A transport that takes everything, and calls *act* while it has a message in hand."""

    name = "smtp"

    def __init__(self, act: Callable[[str], object]) -> None:
        self.act = act
        self.recipients: list[str] = []

    @contextmanager
    def connect(self) -> Iterator["Calling"]:
        yield self

    def send(self, mail: Parcel, /) -> Receipt:
        name = mail.address.partition("@")[0]
        self.act(name)
        self.recipients.append(name)
        return Receipt(reply="250 OK")

    keep = send


def bury(store: SqlStore, clock: Clock) -> int:
    """What a tick does with messages of owners that have said nothing for five minutes."""
    now = clock.now()
    with store.write() as session:
        return session.outbox.bury(silent_since=now - 5 * MINUTE, now=now, unknown_pause_until=now + 15 * MINUTE)


def test_who_was_taken_for_dead_sends_nothing_that_is_somebody_elses_by_now(store: SqlStore, clock: Clock) -> None:
    queue(store, ["one", "two", "three"])
    buried: list[int] = []

    def sleep_for_an_hour(name: str) -> None:
        if name == "one" and not buried:
            clock.jump(timedelta(hours=1))
            buried.append(bury(store, clock))

    transport = Calling(sleep_for_an_hour)
    a_dispatcher(store, transport, clock).dispatch_due()

    assert buried == [3]
    assert [(row.state, row.uncertain) for row in rows(store)] == [(UNKNOWN, True), (SENT, False), (SENT, False)]
    assert transport.recipients == ["one", "two", "three"]


def test_who_was_taken_for_dead_while_waiting_for_the_rate_limit_does_not_send_on_its_return(
    store: SqlStore, clock: Clock
) -> None:
    queue(store, ["one", "two", "three"])
    buried: list[int] = []

    class Sleep:
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            if not buried:
                clock.jump(timedelta(hours=1))
                buried.append(bury(store, clock))
            return False

        def is_set(self) -> bool:
            return False

    transport = Calling(lambda _: None)
    a_dispatcher(store, transport, clock, per_minute=1).dispatch_due(Sleep())

    assert buried == [1]
    assert [(row.state, row.uncertain) for row in rows(store)] == [(SENT, False), (UNKNOWN, True), (SENT, False)]
    assert transport.recipients == ["one", "three"]


def test_a_stop_does_not_wait_for_a_server_that_does_not_answer(store: SqlStore, clock: Clock) -> None:
    queue(store, ["one", "two"])
    stop, answer, log = threading.Event(), threading.Event(), Log()

    def hang(_: str) -> None:
        stop.set()
        answer.wait(timeout=5)

    dispatcher = a_dispatcher(store, Calling(hang), clock, log=log)
    dispatcher.patience = timedelta(milliseconds=10)

    assert dispatcher.dispatch_due(stop) == DispatchSummary()
    assert (states(store), log.events) == ([SENDING, SENDING], ["stopped without the server's answer"])

    answer.set()
    for thread in threading.enumerate():
        if thread.name.startswith("smtp-"):
            thread.join(timeout=5)
    assert states(store) == [SENT, QUEUED]


def test_two_lines_share_the_work_and_nobody_gets_anything_twice(store: SqlStore, clock: Clock) -> None:
    names = [f"p{number:03d}" for number in range(2 * BATCH)]
    queue(store, names)
    mailbox, both = Observing(), threading.Barrier(2, timeout=5)
    with accepting_server(mailbox) as (_, port):
        summary = a_dispatcher(store, Gate(transport_to(port), both.wait), clock, connections=2).dispatch_due()

    assert summary == DispatchSummary(sent=2 * BATCH)
    assert sorted(mailbox.recipients) == names
    assert set(states(store)) == {SENT}
    assert mailbox.connections == 2


def test_who_waited_for_the_rate_limit_does_not_try_a_server_that_went_down_meanwhile(
    store: SqlStore, clock: Clock
) -> None:
    queue(store, [f"p{number:03d}" for number in range(BATCH + 1)])
    waiting, down = threading.Event(), threading.Event()

    class Listening(LogCapture):
        def __call__(self, logger: Any, method: str, event: Any) -> NoReturn:
            if event["event"] == "the line is down":
                down.set()
            super().__call__(logger, method, event)

    class ATurnThatComesWhenTheServerIsDown:
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout == 60
            waiting.set()
            assert down.wait(timeout=5)
            return False

        def is_set(self) -> bool:
            return False

    mailbox = Observing(mail=["550 5.7.60 not allowed to send as this sender"])
    log = Log(capture=Listening())
    with accepting_server(mailbox) as (_, port):
        transport = Gate(transport_to(port), lambda: waiting.wait(timeout=5))
        dispatcher = a_dispatcher(store, transport, clock, connections=2, per_minute=1, log=log)
        assert dispatcher.dispatch_due(ATurnThatComesWhenTheServerIsDown()) == DispatchSummary(retried=1)

    assert mailbox.connections == 1
    assert Counter((row.state, row.attempts) for row in rows(store)) == {(QUEUED, 1): 1, (QUEUED, 0): BATCH}


def test_the_log_has_no_addresses_and_no_text(store: SqlStore, run: Run) -> None:
    queue(store, ["anna", "bo", "cecilia"])
    run.mailbox.rcpt = ["550 5.1.1 <anna@norrsken.example> unknown", "250 OK"]
    run.mailbox.data = [CUT, "421 4.3.2 <cecilia@norrsken.example> later"]

    run.dispatcher.dispatch_due()

    assert run.log.events == ["not sent", "not sent", "the line is down", "not sent", "dispatched"]
    assert re.findall(r"anna|bo\b|cecilia|@|Samtal|Hej", str(run.log.capture.entries)) == []


def test_what_is_no_delivery_error_is_a_bug_and_reaches_the_caller(store: SqlStore, clock: Clock) -> None:
    class Broken:
        name = "smtp"

        def connect(self) -> Any:
            raise ZeroDivisionError

    queue(store, ["one"])
    for connections in (1, 2):
        with pytest.raises(ZeroDivisionError):
            a_dispatcher(store, Broken(), clock, connections=connections).dispatch_due()
    assert states(store) == [QUEUED]
