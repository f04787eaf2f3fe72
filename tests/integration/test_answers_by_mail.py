"""Answers as people's programs send them, through a real Postfix into Dovecot's mailbox, kept for the right talk."""

import re
import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from imapclient import IMAPClient

from approved_round import approved_example
from builders import a_person, a_talk
from dispatching import NOON, ROUND, JumpingClock, Log, a_store, queue, rows
from hostile_mails import HOSTILE
from mail_samples import (
    ANSWERED,
    HOUR,
    SHAPES,
    START,
    Answered,
    bare,
    gmail,
    google_counter,
    letter,
    outlook_counter,
    winmail,
)
from parcels import a_parcel
from servers.mail_server import MailServer, mail_server
from talkcycle.bootstrap import open_application
from talkcycle.daemon.inbox_reader import InboxReader
from talkcycle.daemon.run import daemon_of
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mailboxes import Grade
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.people import Roster
from talkcycle.domain.service import ImapSettings, SmtpSettings, TlsMode
from talkcycle.domain.talks import Entry, TalkAnswer
from talkcycle.rounds.inbox import InboxRead, Outcome, read_inbox
from talkcycle.store.open import SqlStore
from talkcycle.transports.imap.doctor import ImapDoctor
from talkcycle.transports.imap.inbox import ImapInbox
from talkcycle.transports.smtp.transport import SmtpTransport

pytestmark = pytest.mark.xdist_group("mail server")
DOMAIN = "norrsken.example"
SERVICE = "norrskenkonsult.example"
AUTHSERV = "mx.norrskenkonsult.example"
VOUCHED = (f"Authentication-Results: {AUTHSERV}; dmarc=pass (p=none) header.from={DOMAIN}",)
LATER = START + timedelta(days=1)
READ_AT = NOON + HOUR
PROCESSED, UNREADABLE = "talkcycle-processed", "talkcycle-unreadable"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@dataclass(slots=True)
class Post:
    """A service's mailbox of its own for one test, and the people who write to it."""

    server: MailServer
    address: str
    store: SqlStore

    def __post_init__(self) -> None:
        names = [*SHAPES, "anna"]
        people = [a_person(name, email=f"{name}@{DOMAIN}") for name in names]
        people.append(a_person("bo", email=f"bo@{DOMAIN}", manager=None))
        with self.store.write() as session:
            session.rosters.save(Roster(version=ROUND.roster, people=tuple(people)), at=NOON)
            session.talks.add([a_talk(name) for name in names], [self.entry(name) for name in names])

    def entry(self, name: str) -> Entry:
        return Entry(
            round=ROUND.id,
            talk=name,
            number=1,
            uid=f"5f0c9d5e-{name}@{SERVICE}",
            sequence=0,
            transport="smtp",
            organizer=self.address,
        )

    def answered(self, name: str = "anna", partstat: str = "ACCEPTED", **fields: object) -> Answered:
        """By *name*, to the talk of the same; their server has vouched for them."""
        it = Answered(partstat=partstat, uid=self.entry(name).uid, by=f"{name}@{DOMAIN}", headers=VOUCHED)
        return replace(it, **fields)  # type: ignore[arg-type]

    def deliver(self, *mails: bytes, sender: str = f"anna@{DOMAIN}") -> None:
        context = ssl.create_default_context(cafile=str(self.server.ca_file))
        with smtplib.SMTP(self.server.host, self.server.submission, local_hostname="localhost", timeout=20) as line:
            line.starttls(context=context)
            line.login(sender, self.server.password)
            for mail in mails:
                line.sendmail(sender, [self.address], mail)
                self.server.settle()  # Postfix delivers several at once, in any order

    def settings(self, **fields: object) -> ImapSettings:
        implicit = ImapSettings(
            host=self.server.host,
            port=self.server.imaps,
            user=self.address,
            secret=self.server.password,
            ca_file=self.server.ca_file,
            authserv_id=AUTHSERV,
            timeout=timedelta(seconds=20),
        )
        return replace(implicit, **fields)  # type: ignore[arg-type]

    def read(self, inbox: ImapInbox | None = None) -> InboxRead:
        mine = inbox or ImapInbox(self.settings())
        try:
            return read_inbox(self.store, mine, clock=JumpingClock(READ_AT))
        finally:
            if inbox is None:
                mine.close()

    def answers(self) -> dict[str, list[TalkAnswer]]:
        with self.store.read() as session:
            return session.talks.answers(ROUND.id, [*SHAPES, "anna"])

    def folder(self, name: str) -> list[bytes]:
        """The mails in it, unseen ones."""
        with IMAPClient(self.server.host, port=self.server.imap, ssl=False) as client:
            client.login(self.address, self.server.password)
            if not client.folder_exists(name):
                return []
            client.select_folder(name, readonly=True)
            found = client.fetch(client.search("UNSEEN"), ["BODY.PEEK[]"])
            return [found[number][b"BODY[]"] for number in sorted(found)]


@pytest.fixture
def post(server: MailServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Post]:
    store = a_store(tmp_path)
    name = f"samtal-{abs(hash(request.node.name)) % 10**9}"
    yield Post(server, f"{name}@{SERVICE}", store)
    store.close()


def yes(name: str, **fields: object) -> TalkAnswer:
    return replace(TalkAnswer(party=f"person:{name}", answer="accepted", at=ANSWERED), **fields)  # type: ignore[arg-type]


def test_replies_of_each_program_are_kept_for_the_right_talk_and_moved(post: Post) -> None:
    post.deliver(*(shape(post.answered(name)) for name, shape in SHAPES.items()))
    found = post.read()

    assert found.outcomes == {Outcome.ANSWER: len(SHAPES)}
    assert post.answers() == {name: [yes(name)] for name in SHAPES}
    assert len(post.folder(PROCESSED)) == len(SHAPES)
    assert post.folder("INBOX") == []


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_answers_in_several_charsets(post: Post, charset: str) -> None:
    post.deliver(bare(post.answered(partstat="DECLINED"), charset=charset))
    post.read()
    assert post.answers() == {"anna": [yes("anna", answer="declined")]}


@pytest.mark.parametrize("counter", [google_counter, outlook_counter])
def test_proposals_of_googles_and_outlooks_kind(post: Post, counter: Callable[..., bytes]) -> None:
    post.deliver(counter(post.answered(partstat="TENTATIVE"), LATER))
    post.read()
    assert post.answers() == {"anna": [yes("anna", answer="tentative", proposed=(LATER, LATER + HOUR))]}


def test_the_managers_answer_is_kept_beside_the_employees(post: Post) -> None:
    of_bo = post.answered(partstat="DECLINED", by=f"bo@{DOMAIN}")
    post.deliver(gmail(post.answered()), SHAPES["outlook"](of_bo))
    post.read()
    assert post.answers() == {"anna": [yes("anna"), TalkAnswer(party="person:bo", answer="declined", at=ANSWERED)]}


def test_a_forged_decline_is_kept_and_marked_and_takes_the_place_of_nothing(post: Post) -> None:
    ours = "Received: from evil (evil [192.0.2.66]) by mx.norrskenkonsult.example (Postfix)"
    failed = f"Authentication-Results: {AUTHSERV}; dmarc=fail header.from={DOMAIN}"
    forged = post.answered(partstat="DECLINED", headers=(failed, ours, *VOUCHED))
    earlier = post.answered(at=NOON - HOUR)
    post.deliver(gmail(earlier), gmail(replace(forged, at=NOON)))
    found = post.read()

    assert found.outcomes == {Outcome.ANSWER: 1, Outcome.UNVERIFIED: 1}
    assert post.answers() == {
        "anna": [yes("anna", at=NOON - HOUR), yes("anna", answer="declined", at=NOON, verified=False)]
    }


def test_a_stranger_changes_nothing(post: Post) -> None:
    post.deliver(gmail(post.answered(by=f"cilla@{DOMAIN}")))
    assert post.read().outcomes == {Outcome.STRANGER: 1}
    assert post.answers() == {}


def test_letters_stay_unread_where_they_are_and_unreadable_mails_are_put_apart(post: Post) -> None:
    post.deliver(letter(), winmail(post.answered()), letter(headers=("Auto-Submitted: auto-replied",)))
    found = post.read()

    assert found.outcomes == {Outcome.NOT_OURS: 2, Outcome.UNREADABLE: 1}
    assert (len(post.folder("INBOX")), len(post.folder(UNREADABLE))) == (2, 1)
    assert [number for number, _ in found.unreadable] == [2]
    assert post.read().outcomes == {}


@pytest.mark.parametrize(
    "name", ["many_parameters", "many_parts", "deep_parts_of_one_boundary", "boundaries_in_disguise"]
)
def test_hostile_mail_is_put_apart_and_the_next_is_read(post: Post, name: str) -> None:
    post.deliver(HOSTILE[name](), gmail(post.answered()))
    assert post.read().outcomes == {Outcome.UNREADABLE: 1, Outcome.ANSWER: 1}
    assert len(post.folder(UNREADABLE)) == 1


def test_other_numbers_of_the_server_have_everything_read_again_and_nothing_said_twice(post: Post) -> None:
    post.deliver(letter(), letter())
    post.read()
    with post.store.read() as session:
        before = session.watches.state("imap", ImapInbox(post.settings()).account)
    folder = post.server.folder / "mail" / post.address
    numbers = folder / "dovecot-uidlist"
    numbers.write_text(re.sub(r" V(\d+) ", lambda found: f" V{int(found[1]) + 1} ", numbers.read_text(), count=1))
    for path in folder.glob("dovecot.index*"):
        path.unlink()
    post.deliver(gmail(post.answered()))

    assert post.read().outcomes == {Outcome.NOT_OURS: 2, Outcome.ANSWER: 1}
    with post.store.read() as session:
        after = session.watches.state("imap", ImapInbox(post.settings()).account)
        assert [each.action for each in session.ledger.trail(10)] == ["answer by mail"]
    assert before is not None
    assert after is not None
    assert before.partition(":")[0] != after.partition(":")[0]


def test_a_crash_between_keeping_and_moving_changes_nothing(post: Post) -> None:
    class Crashing(ImapInbox):
        def put_away(self, *_arguments: object) -> bool:
            raise ZeroDivisionError

    post.deliver(gmail(post.answered()))
    crashing = Crashing(post.settings())
    with pytest.raises(ZeroDivisionError):
        post.read(crashing)
    crashing.close()
    assert post.answers() == {"anna": [yes("anna")]}
    assert len(post.folder("INBOX")) == 1

    assert post.read().outcomes == {Outcome.KNOWN: 1}
    assert post.answers() == {"anna": [yes("anna")]}
    assert (len(post.folder("INBOX")), len(post.folder(PROCESSED))) == (0, 1)
    with post.store.read() as session:
        assert len(session.ledger.trail(10)) == 1


def test_a_wrong_password_is_tried_once(post: Post) -> None:
    inbox = ImapInbox(post.settings(secret="wrong"), clock=JumpingClock())
    for _ in range(3):
        with pytest.raises(TransientDeliveryError, match=r"the login was refused: \[AUTHENTICATIONFAILED\]") as refused:
            post.read(inbox)
        assert refused.value.retry_after == timedelta(minutes=15)
    inbox.close()
    _until(lambda: bool(_refused_logins(post)))  # it logs them when the line is closed
    assert len(_refused_logins(post)) == 1


@pytest.mark.parametrize("tls", TlsMode)
def test_the_mailbox_is_read_with_and_without_tls(post: Post, tls: TlsMode) -> None:
    port = post.server.imaps if tls is TlsMode.IMPLICIT else post.server.imap
    post.deliver(gmail(post.answered()))
    inbox = ImapInbox(post.settings(tls=tls, port=port))
    assert post.read(inbox).outcomes == {Outcome.ANSWER: 1}
    inbox.close()


def test_the_doctor_finds_everything_in_order(post: Post) -> None:
    post.deliver(gmail(post.answered()))
    post.read()
    post.deliver(gmail(post.answered()))
    found = list(ImapDoctor(post.settings(), clock=JumpingClock(NOON.replace(year=2020))).examine((), ()))
    untold = [finding.check for finding in found if finding.grade is not Grade.GOOD]
    assert untold == ["trays"]  # nothing has been unreadable yet
    assert len(post.folder("INBOX")) == 1


# A mail of ours comes back


def test_a_mail_that_comes_back_has_failed(post: Post) -> None:
    queue(post.store, ["gone"], domain=SERVICE)
    smtp = SmtpSettings(
        host=post.server.host,
        port=post.server.submission,
        user=post.address,
        password=post.server.password,
        ca_file=post.server.ca_file,
        timeout=timedelta(seconds=20),
    )
    with post.store.write() as session:
        (claimed,) = session.outbox.claim(owner="w", transport="smtp", now=NOON, limit=1)
    with SmtpTransport(smtp).connect() as line:
        receipt = line.send(a_parcel(claimed.payload, sender=post.address, recipient=claimed.address))
    with post.store.write() as session:
        session.outbox.record_sent(claimed.id, owner="w", reply=receipt.reply, now=NOON)
    post.server.settle()

    assert post.read().outcomes == {Outcome.BOUNCE: 1}
    (row,) = rows(post.store)
    assert (row.state, row.reason.startswith("it came back: 5.1.1 ")) == (OutboxState.FAILED, True)
    assert "@" not in row.reason
    assert len(post.folder(PROCESSED)) == 1


# As the daemon does it


def test_the_reader_reads_what_comes_at_once_and_goes_on_after_hostile_mail(post: Post) -> None:
    log, stop = Log(), threading.Event()
    inbox = ImapInbox(post.settings())
    every = timedelta(minutes=10)
    reader = InboxReader(store=post.store, inbox=inbox, clock=JumpingClock(READ_AT), every=every, log=log.logger)
    thread = threading.Thread(target=reader.run, args=(stop,))
    thread.start()
    try:
        for mail in (
            HOSTILE["boundaries_in_disguise"](),
            gmail(post.answered()),
            SHAPES["apple"](post.answered("apple")),
        ):
            expected = len(post.folder(PROCESSED)) + len(post.folder(UNREADABLE)) + 1
            post.deliver(mail)
            _until(lambda expected=expected: len(post.folder(PROCESSED)) + len(post.folder(UNREADABLE)) == expected)  # type: ignore[misc]
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert post.answers() == {"anna": [yes("anna")], "apple": [yes("apple")]}
    # Of time or of memory, whichever it needs too much of first.
    warnings = [entry["event"] for entry in log.capture.entries if entry["log_level"] == "warning"]
    assert warnings == ["a mail could not be read"]


def test_the_daemon_reads_the_mailbox_that_service_yaml_names(server: MailServer, tmp_path: Path) -> None:
    round_ = approved_example(tmp_path)
    address, log, stop = f"samtal-daemon@{SERVICE}", Log(), threading.Event()
    (tmp_path / "config" / "service.yaml").write_text(
        f"""
smtp: {{host: {server.host}, port: {server.submission}, ca_file: {server.ca_file}}}
sender: {address}
imap: {{host: {server.host}, port: {server.imaps}, user: {address}, password_env: PASSWORD, ca_file: {server.ca_file}}}
data: {round_.data}
"""
    )
    app = open_application(tmp_path / "config", env={"PASSWORD": server.password, "USER": "hr"})
    with app.store.read() as session:
        talk = next(each for each in session.talks.of_round(round_.round) if each.start is not None)
        employee = session.rosters.people(session.rounds.get(round_.round).roster, [talk.employee])[talk.employee]  # type: ignore[union-attr]
        entry = session.talks.entries(round_.round, [talk.id])[talk.id]
    assert employee.email is not None
    daemon = daemon_of(app, log.logger)
    thread = threading.Thread(target=daemon.run, args=(stop,))
    thread.start()
    try:
        post = Post(server, address, a_store(tmp_path))
        post.deliver(gmail(Answered(uid=entry.uid, by=employee.email)), sender=f"anna@{DOMAIN}")
        _until(lambda: "mails read" in log.events)
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    with app.store.read() as session:
        (answer,) = session.talks.answers(round_.round, [talk.id])[talk.id]
    assert (answer.party, answer.answer, answer.verified) == (f"person:{employee.id}", "accepted", False)
    post.store.close()
    app.store.close()


def _refused_logins(post: Post) -> list[str]:
    lines = (post.server.folder / "dovecot.log").read_text().splitlines()
    return [line for line in lines if f"user=<{post.address}>" in line and "auth failed" in line]


def _until(done: Callable[[], bool]) -> None:
    """Ask again and again: the server does not tell when a mail has been moved."""
    waiting = threading.Event()
    for _ in range(300):
        if done():
            return
        waiting.wait(0.1)
    raise TimeoutError
