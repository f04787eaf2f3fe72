"""What the inbox owes whoever reads it, however the server behaves: every mail, once it is dealt with, and no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer
from time import monotonic
from typing import Any

import pytest

from dispatching import JumpingClock
from hostile_mails import HOSTILE
from mail_samples import Answered, bounce, gmail, letter, winmail
from servers.scripted_imap import CUT, EVERYTHING, PASSWORD, USER, MailStore, imap_server
from servers.self_signed import self_signed
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mails import Letter, MailKind, ReadMail, Tray, UnreadableMail
from talkcycle.domain.service import ImapSettings, TlsMode
from talkcycle.transports.imap.inbox import ImapInbox
from talkcycle.transports.imap.reading import MailReader

QUARTER = timedelta(minutes=15)
PROCESSED, UNREADABLE = "talkcycle-processed", "talkcycle-unreadable"


@pytest.fixture(scope="module")
def reader() -> Iterator[MailReader]:
    """One process for all inboxes of this module."""
    made = MailReader(None)
    yield made
    made.close()


class Lasting(MailReader):
    """A reader that outlives the inboxes that use it."""

    def __init__(self, inner: MailReader) -> None:
        self.inner = inner

    def read(self, raw: bytes, *, whole: bool = True) -> ReadMail | UnreadableMail:
        return self.inner.read(raw, whole=whole)

    def close(self) -> None:
        """Not yet."""


def settings(port: int, **more: object) -> ImapSettings:
    defaults: dict[str, Any] = {"host": "localhost", "port": port, "user": USER, "secret": PASSWORD, "tls": TlsMode.NONE}
    return ImapSettings(**(defaults | more))


@contextmanager
def an_inbox(
    store: MailStore, reader: MailReader, clock: JumpingClock | None = None, **more: object
) -> Iterator[ImapInbox]:
    with imap_server(store) as port:
        inbox = ImapInbox(settings(port, **more), clock=clock or JumpingClock(), reader=Lasting(reader))
        try:
            yield inbox
        finally:
            inbox.close()


def kinds(letters: list[Letter]) -> list[MailKind | None]:
    return [each.mail.kind if isinstance(each.mail, ReadMail) else None for each in letters]


def uids(store: MailStore, folder: str = "INBOX") -> list[int]:
    return [each.uid for each in store.folders.get(folder, [])]


def test_mails_come_oldest_first_each_as_what_it_is_and_stay_as_they_were(reader: MailReader) -> None:
    store = MailStore()
    store.deliver(letter(), gmail(Answered()), bounce("<a@b.example>"), winmail(Answered()))
    with an_inbox(store, reader) as inbox:
        found = list(inbox.letters(None))

    assert kinds(found) == [MailKind.LETTER, MailKind.ANSWER, MailKind.BOUNCE, None]
    assert [each.id for each in found] == [1, 2, 3, 4]
    assert all(mail.flags == set() for mail in store.folders["INBOX"])
    assert store.logins == 1


def test_a_state_leaves_out_what_was_dealt_with(reader: MailReader) -> None:
    store = MailStore()
    store.deliver(letter(), letter(), letter())
    with an_inbox(store, reader) as inbox:
        _, second, third = inbox.letters(None)
        assert [each.id for each in inbox.letters(second.state)] == [3]
        assert list(inbox.letters(third.state)) == []
        store.deliver(letter())
        assert [each.id for each in inbox.letters(third.state)] == [4]
    assert store.logins == 1  # the line is kept


def test_a_state_of_other_numbers_or_of_nobody_reads_everything(reader: MailReader) -> None:
    store = MailStore()
    store.deliver(letter(), letter())
    with an_inbox(store, reader) as inbox:
        *_, last = inbox.letters(None)
        store.forget_numbers()
        assert [each.id for each in inbox.letters(last.state)] == [1, 2]
        for strange in ("", "7", "x:y", "8:-1"):
            assert [each.id for each in inbox.letters(strange)] == [1, 2]


def test_what_comes_while_the_rest_is_read_is_read_too(reader: MailReader) -> None:
    store = MailStore()
    store.deliver(letter())
    with an_inbox(store, reader) as inbox:
        letters = inbox.letters(None)
        next(letters)
        store.deliver(gmail(Answered()))
        assert kinds(list(letters)) == [MailKind.ANSWER]


@pytest.mark.parametrize(
    ("capabilities", "left"),
    [
        (EVERYTHING, []),
        ([each for each in EVERYTHING if each != "MOVE"], []),
        ([each for each in EVERYTHING if each not in {"MOVE", "UIDPLUS"}], [1]),
    ],
)
def test_a_mail_is_moved_with_what_the_server_has(reader: MailReader, capabilities: list[str], left: list[int]) -> None:
    """Without UIDPLUS it stays behind, marked as deleted: EXPUNGE would take away what others have marked."""
    store = MailStore(capabilities=capabilities)
    store.deliver(gmail(Answered()), winmail(Answered()), letter())
    store.folders["INBOX"][2].flags.add("\\Deleted")
    with an_inbox(store, reader) as inbox:
        first, second = inbox.letters(None)
        assert inbox.put_away(first, Tray.PROCESSED)
        assert inbox.put_away(second, Tray.UNREADABLE)
        assert list(inbox.letters(None)) == []

    assert uids(store, PROCESSED) == [1]
    assert uids(store, UNREADABLE) == [2]
    assert uids(store) == ([1, 2, 3] if left else [3])


def test_folders_are_made_once_where_the_server_wants_them(reader: MailReader) -> None:
    store = MailStore(prefix="INBOX.")
    store.deliver(gmail(Answered()), gmail(Answered()))
    with an_inbox(store, reader) as inbox:
        for each in inbox.letters(None):
            assert inbox.put_away(each, Tray.PROCESSED)
    assert uids(store, f"INBOX.{PROCESSED}") == [1, 2]
    assert store.commands.count("CREATE") == 1


@pytest.mark.parametrize("command", ["UID MOVE", "CREATE"])
def test_a_mail_that_may_not_be_moved_stays_and_the_next_is_read(reader: MailReader, command: str) -> None:
    store = MailStore(refusals={command: "NO [OVERQUOTA] no space for you"})
    store.deliver(gmail(Answered()), letter())
    with an_inbox(store, reader) as inbox:
        letters = inbox.letters(None)
        assert not inbox.put_away(next(letters), Tray.PROCESSED)
        assert kinds(list(letters)) == [MailKind.LETTER]
    assert uids(store) == [1, 2]


@pytest.mark.parametrize("command", ["AUTHENTICATE", "SELECT", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("cut", [CUT, f"{CUT} after"])
def test_wherever_the_line_breaks_the_next_look_finds_everything(reader: MailReader, command: str, cut: str) -> None:
    store = MailStore(refusals={command: cut}, times={command: 1})
    store.deliver(letter(), gmail(Answered()))
    with an_inbox(store, reader) as inbox:
        with pytest.raises(TransientDeliveryError):
            list(inbox.letters(None))
        assert kinds(list(inbox.letters(None))) == [MailKind.LETTER, MailKind.ANSWER]


@pytest.mark.parametrize("command", ["NAMESPACE", "LIST", "CREATE", "UID COPY", "UID STORE", "UID EXPUNGE", "UID MOVE"])
@pytest.mark.parametrize("cut", [CUT, f"{CUT} after"])
def test_wherever_the_line_breaks_while_a_mail_is_moved_it_is_in_its_folder_in_the_end(
    reader: MailReader, command: str, cut: str
) -> None:
    capabilities = EVERYTHING if command == "UID MOVE" else [each for each in EVERYTHING if each != "MOVE"]
    store = MailStore(refusals={command: cut}, times={command: 1}, capabilities=capabilities)
    store.deliver(gmail(Answered()))
    with an_inbox(store, reader) as inbox:
        with pytest.raises(TransientDeliveryError):
            inbox.put_away(next(inbox.letters(None)), Tray.PROCESSED)
        for again in inbox.letters(None):
            assert inbox.put_away(again, Tray.PROCESSED)
        assert list(inbox.letters(None)) == []
    assert set(uids(store, PROCESSED)) == {1}


def test_a_mail_cannot_be_moved_over_a_line_that_is_gone(reader: MailReader) -> None:
    store = MailStore(refusals={"UID FETCH": CUT}, times={"UID FETCH": 1})
    store.deliver(letter())
    with an_inbox(store, reader) as inbox:
        with pytest.raises(TransientDeliveryError):
            list(inbox.letters(None))
        with pytest.raises(TransientDeliveryError):
            inbox.put_away(Letter(id=1, mail=UnreadableMail(why="x"), state="7:1"), Tray.PROCESSED)


def test_a_mail_that_somebody_took_away_meanwhile_is_passed_over(reader: MailReader) -> None:
    store = MailStore()
    store.deliver(letter(), letter(), gmail(Answered()))
    with an_inbox(store, reader) as inbox:
        letters = inbox.letters(None)
        next(letters)
        store.drop(2)
        assert [each.id for each in letters] == [3]


def test_of_a_mail_that_is_too_large_only_the_beginning_is_fetched(reader: MailReader) -> None:
    store = MailStore()
    head = b"From: anna@norrsken.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    body = gmail(Answered()).partition(b"MIME-Version: 1.0\r\n")[2]
    file = b"--b\r\nContent-Type: application/pdf\r\n\r\n" + b"x" * 6_000_000
    store.deliver(HOSTILE["too_large"](), head + body + b"\r\n" + file)
    with an_inbox(store, reader) as inbox:
        assert kinds(list(inbox.letters(None))) == [MailKind.LETTER, MailKind.ANSWER]


def test_a_hostile_mail_keeps_no_other_from_being_read(reader: MailReader) -> None:
    store = MailStore()
    store.deliver(HOSTILE["many_parameters"](), HOSTILE["deep_parts"](), gmail(Answered()))
    with an_inbox(store, reader) as inbox:
        assert kinds(list(inbox.letters(None))) == [None, None, MailKind.ANSWER]


# Logging in


def test_a_refused_login_is_tried_once_in_a_quarter_of_an_hour(reader: MailReader) -> None:
    store, clock = MailStore(), JumpingClock()
    with an_inbox(store, reader, clock, secret="wrong") as inbox:
        with pytest.raises(TransientDeliveryError, match=r"^the login was refused: ") as refused:
            list(inbox.letters(None))
        assert refused.value.retry_after == QUARTER
        assert USER not in str(refused.value)
        clock.jump(timedelta(minutes=14))
        with pytest.raises(TransientDeliveryError) as waiting:
            list(inbox.letters(None))
        assert (waiting.value.retry_after, store.logins) == (timedelta(minutes=1), 1)
        clock.jump(timedelta(minutes=1))
        with pytest.raises(TransientDeliveryError):
            list(inbox.letters(None))
        assert store.logins == 2


def test_a_server_that_cannot_log_anybody_in_just_now_is_asked_again(reader: MailReader) -> None:
    store = MailStore(refusals={"AUTHENTICATE": "NO [UNAVAILABLE] try later"}, times={"AUTHENTICATE": 1})
    store.deliver(letter())
    with an_inbox(store, reader) as inbox:
        with pytest.raises(TransientDeliveryError) as busy:
            list(inbox.letters(None))
        assert busy.value.retry_after is None
        assert len(list(inbox.letters(None))) == 1


def test_a_server_without_plain_is_logged_into_with_login_unless_it_forbids_that(reader: MailReader) -> None:
    store = MailStore(capabilities=["IDLE"])
    with an_inbox(store, reader) as inbox:
        assert list(inbox.letters(None)) == []
        assert "LOGIN" in store.commands
    forbidding = MailStore(capabilities=["LOGINDISABLED"])
    with an_inbox(forbidding, reader) as inbox:
        with pytest.raises(TransientDeliveryError, match="no login by password"):
            list(inbox.letters(None))
        assert forbidding.logins == 0


def test_a_line_that_is_not_encrypted_as_demanded_gets_no_password(reader: MailReader) -> None:
    store = MailStore()
    for tls in (TlsMode.STARTTLS, TlsMode.IMPLICIT):
        with an_inbox(store, reader, tls=tls) as inbox, pytest.raises(TransientDeliveryError):
            list(inbox.letters(None))
    assert not {"LOGIN", "AUTHENTICATE"} & set(store.commands)


def test_a_certificate_nobody_vouches_for_gets_no_password(reader: MailReader, tmp_path: Path) -> None:
    certificate, store = self_signed(tmp_path), MailStore()
    with imap_server(store, tls=certificate.server) as port:
        trusting = ImapInbox(settings(port, tls=TlsMode.IMPLICIT, ca_file=certificate.file), reader=Lasting(reader))
        assert list(trusting.letters(None)) == []
        trusting.close()
        doubting = ImapInbox(settings(port, tls=TlsMode.IMPLICIT), reader=Lasting(reader))
        with pytest.raises(TransientDeliveryError, match="certificate does not hold"):
            list(doubting.letters(None))
        doubting.close()
    assert store.logins == 1


def test_a_file_of_certificates_that_is_none_is_said_so(reader: MailReader, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    inbox = ImapInbox(settings(1, tls=TlsMode.IMPLICIT, ca_file=tmp_path / "ca.pem"), reader=Lasting(reader))
    with pytest.raises(TransientDeliveryError, match="our own authority"):
        list(inbox.letters(None))


def test_nobody_listens(reader: MailReader) -> None:
    inbox = ImapInbox(settings(1), reader=Lasting(reader))
    with pytest.raises(TransientDeliveryError, match="cannot be reached: ConnectionRefusedError"):
        list(inbox.letters(None))
    inbox.close()


# Waiting


def test_new_mail_ends_the_wait(reader: MailReader) -> None:
    store = MailStore()
    with an_inbox(store, reader) as inbox:
        assert list(inbox.letters(None)) == []
        later = Timer(0.05, store.deliver, [letter()])
        later.start()
        began = monotonic()
        inbox.wait(timedelta(seconds=30), Event())
        assert monotonic() - began < 10
        later.join()
        assert kinds(list(inbox.letters(None))) == [MailKind.LETTER]


@pytest.mark.parametrize("command", ["UID SEARCH", "IDLE"])
def test_mail_that_the_server_told_of_along_with_another_answer_ends_the_wait(reader: MailReader, command: str) -> None:
    store = MailStore(meanwhile={command: [letter()]})
    with an_inbox(store, reader) as inbox:
        assert list(inbox.letters(None)) == []
        began = monotonic()
        inbox.wait(timedelta(seconds=30), Event())
        assert monotonic() - began < 10
        assert len(list(inbox.letters(None))) == 1


def test_mails_that_others_took_away_before_they_were_looked_at_do_not_end_the_wait(reader: MailReader) -> None:
    store = MailStore(next_uid=40)
    with an_inbox(store, reader) as inbox:
        assert list(inbox.letters(None)) == []
        inbox.wait(timedelta(milliseconds=50), Event())
    assert store.commands.count("IDLE") == 1


@pytest.mark.parametrize("capabilities", [EVERYTHING, ["AUTH=PLAIN"]])
def test_a_wait_ends_when_its_time_is_over_and_when_all_stops(reader: MailReader, capabilities: list[str]) -> None:
    store, stop = MailStore(capabilities=capabilities), Event()
    with an_inbox(store, reader) as inbox:
        assert list(inbox.letters(None)) == []
        inbox.wait(timedelta(milliseconds=50), stop)
        stop.set()
        began = monotonic()
        inbox.wait(timedelta(hours=1), stop)
        assert monotonic() - began < 10
        assert list(inbox.letters(None)) == []


def test_a_line_that_breaks_while_waiting_is_opened_anew(reader: MailReader) -> None:
    store = MailStore(refusals={"IDLE": CUT}, times={"IDLE": 1})
    with an_inbox(store, reader) as inbox:
        assert list(inbox.letters(None)) == []
        inbox.wait(timedelta(milliseconds=50), Event())
        store.deliver(letter())
        assert len(list(inbox.letters(None))) == 1
    assert store.logins == 2


def test_whose_inbox_it_is_tells_states_apart() -> None:
    one = ImapInbox(settings(993))
    others = [replace(one.settings, **change) for change in ({"user": "x"}, {"host": "x"}, {"folder": "x"}, {"port": 1})]
    assert len({one.account, *(ImapInbox(each).account for each in others)}) == 5
