"""The daemon reads the mailbox in a thread of its own: at once when mail comes, and not too soon after a failure."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from dispatching import NOON, JumpingClock, Log, a_store, an_empty_store, queue
from talkcycle.daemon.inbox_reader import InboxReader
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mails import Bounce, Letter, MailKind, ReadMail, Tray, UnreadableMail, Verification
from talkcycle.store.open import SqlStore

EVERY = timedelta(minutes=5)
LETTER = ReadMail(kind=MailKind.LETTER, sender=None, verification=Verification.NOT_SAID)


@dataclass(slots=True)
class Scripted:
    """Implements ``domain.ports.Inbox``: each look gives the next of *looks*; after the last one all stops."""

    looks: list[list[ReadMail | UnreadableMail] | TransientDeliveryError]
    stop: threading.Event
    account: str = "talks@example.com"
    waited: list[timedelta] = field(default_factory=list)
    stuck: bool = False
    closed: bool = False

    def letters(self, since: str | None, /) -> Iterator[Letter]:
        del since
        look = self.looks.pop(0)
        if not self.looks:
            self.stop.set()
        if isinstance(look, TransientDeliveryError):
            raise look
        for number, mail in enumerate(look, start=1):
            yield Letter(id=number, mail=mail, state=str(number))

    def put_away(self, letter: Letter, tray: Tray, /) -> bool:
        del letter, tray
        return not self.stuck

    def wait(self, most: timedelta, stop: threading.Event, /) -> None:
        del stop
        self.waited.append(most)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    opened = an_empty_store(tmp_path)
    yield opened
    opened.close()


def a_reader(store: SqlStore, inbox: Scripted, log: Log) -> InboxReader:
    return InboxReader(store=store, inbox=inbox, clock=JumpingClock(), every=EVERY, log=log.logger)


def test_it_looks_and_waits_until_all_stops_and_lets_go_of_the_line(store: SqlStore) -> None:
    stop, log = threading.Event(), Log()
    inbox = Scripted([[], [], []], stop)
    a_reader(store, inbox, log).run(stop)
    assert (inbox.looks, inbox.waited, inbox.closed) == ([], [EVERY] * 3, True)
    assert log.events == []


def test_it_logs_counts_and_numbers_alone(store: SqlStore) -> None:
    stop, log = threading.Event(), Log()
    stop_later = Scripted([[UnreadableMail(why="its calendar part is broken")], []], stop, stuck=True)
    a_reader(store, stop_later, log).run(stop)
    assert log.capture.entries == [
        {"event": "mails read", "log_level": "info", "unreadable": 1},
        {"event": "a mail could not be read", "log_level": "warning", "mail": 1, "why": "its calendar part is broken"},
        {"event": "mails could not be moved out of the inbox", "log_level": "warning", "mails": 1},
    ]


@pytest.mark.parametrize(
    ("asked", "pause"), [(None, EVERY), (timedelta(seconds=1), EVERY), (timedelta(minutes=15), timedelta(minutes=15))]
)
def test_a_mailbox_that_cannot_be_read_is_left_alone_for_a_while(
    store: SqlStore, asked: timedelta | None, pause: timedelta
) -> None:
    stop, log = threading.Event(), Log()
    failing = Scripted([TransientDeliveryError("the login was refused", retry_after=asked), []], stop)
    assert a_reader(store, failing, log).look(stop) == pause
    assert log.events == ["the mailbox could not be read"]
    assert a_reader(store, failing, log).look(stop) is None


def test_a_report_about_a_mail_that_is_being_sent_is_read_again_soon(tmp_path: Path) -> None:
    store, log, stop = a_store(tmp_path), Log(), threading.Event()
    queue(store, ["anna"])
    with store.write() as session:
        session.outbox.claim(owner="w", transport="smtp", now=NOON, limit=1)
    bounce = Bounce(message_ids=("<anna@talkcycle.example>",), permanent=True, said="5.1.1")
    report = replace(LETTER, kind=MailKind.BOUNCE, bounce=bounce)
    pause = a_reader(store, Scripted([[report], []], stop), log).look(stop)
    store.close()
    assert pause is not None
    assert pause < timedelta(minutes=1)
    assert log.events == []


def test_a_stop_ends_the_pause_after_a_failure(store: SqlStore) -> None:
    stop, log = threading.Event(), Log()
    failing = Scripted([TransientDeliveryError("the server is down")], stop)
    a_reader(store, failing, log).run(stop)
    assert (failing.waited, failing.closed) == ([], True)


def test_what_was_found_before_a_failure_is_told(store: SqlStore) -> None:
    class Breaking(Scripted):
        def letters(self, since: str | None, /) -> Iterator[Letter]:
            del since
            yield Letter(id=1, mail=LETTER, state="1")
            raise TransientDeliveryError("the line broke")

    log, stop = Log(), threading.Event()
    a_reader(store, Breaking([], stop), log).look(stop)
    assert log.events == ["the mailbox could not be read", "mails read"]
