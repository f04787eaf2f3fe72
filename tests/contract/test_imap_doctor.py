"""IMAP's doctor: whether answers by mail could be read, without touching a mail. And logging in with a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dispatching import JumpingClock
from mail_samples import Answered, gmail, letter
from servers.certificates import certificates
from servers.graph_server import GraphServer, graph_server
from servers.organisation import Organisation
from servers.scripted_imap import CUT, EVERYTHING, PASSWORD, USER, MailStore, imap_server
from servers.self_signed import self_signed
from talkcycle.bootstrap import examinations, settings_of
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.service import ImapSettings, TlsMode
from talkcycle.rounds.doctor import Sample
from talkcycle.transports.imap.doctor import ImapDoctor
from talkcycle.transports.imap.inbox import ImapInbox

OURS = "mx.norrskenkonsult.example"
SIGNED = Answered(headers=(f"Authentication-Results: {OURS} 1;\r\n dmarc=pass header.from=norrsken.example",))
ALL = ("reachable", "tls", "login", "folder", "trays", "idle", "move", "senders")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
"""The certificate of our servers is good from yesterday for ten days, by the real clock."""
TRAYS = ("talkcycle-processed", "talkcycle-unreadable")


def settings(port: int, **more: object) -> ImapSettings:
    defaults: dict[str, Any] = {
        "host": "localhost",
        "port": port,
        "user": USER,
        "secret": PASSWORD,
        "tls": TlsMode.IMPLICIT,
        "ca_file": certificates().ca_file,
        "authserv_id": OURS,
        "timeout": timedelta(seconds=10),
    }
    return ImapSettings(**(defaults | more))


def a_store(**fields: Any) -> MailStore:
    """In order, with one mail that its server signed."""
    store = MailStore(**fields)
    store.folders |= {name: [] for name in TRAYS}
    store.deliver(gmail(SIGNED))
    return store


def examine(store: MailStore, **more: object) -> list[Finding]:
    with imap_server(store, tls=certificates().server) as port:
        return look(settings(port, **more))


def look(imap: ImapSettings, at: datetime = LONG_AGO) -> list[Finding]:
    return list(ImapDoctor(imap, clock=JumpingClock(at)).examine((), ()))


def grades(findings: list[Finding]) -> list[tuple[str, Grade]]:
    return [(finding.check, finding.grade) for finding in findings]


def only(findings: list[Finding], check: str) -> Finding:
    return next(finding for finding in findings if finding.check == check)


def test_a_server_in_order_is_good_throughout_and_nothing_is_touched() -> None:
    store = a_store()
    findings = examine(store)

    assert grades(findings) == [(check, Grade.GOOD) for check in ALL]
    assert {finding.transport for finding in findings} == {"imap"}
    assert all(finding.mend == "" for finding in findings)
    assert store.logins == 1
    assert store.folders["INBOX"][0].flags == set()
    assert not {"CREATE", "UID STORE", "UID MOVE", "UID COPY", "SELECT"} & set(store.commands)
    assert store.commands[-1] == "LOGOUT"


def test_a_wrong_password_is_tried_once() -> None:
    store = a_store()
    findings = examine(store, secret="wrong")

    assert grades(findings) == [("reachable", Grade.GOOD), ("tls", Grade.GOOD), ("login", Grade.BAD)]
    assert "no account is locked" in findings[-1].mend
    assert USER not in findings[-1].says
    assert store.logins == 1


def test_folders_that_are_not_there_yet_will_be_made() -> None:
    store = MailStore()
    store.deliver(gmail(SIGNED))
    found = only(examine(store), "trays")
    assert (found.grade, "will be made" in found.says) == (Grade.UNTOLD, True)
    assert list(store.folders) == ["INBOX"]


def test_a_folder_of_another_name_is_bad() -> None:
    found = examine(a_store(), folder="Inkorg")
    assert grades(found)[-1] == ("folder", Grade.BAD)
    assert found[-1].mend == "Check imap.folder."


@pytest.mark.parametrize(("lacking", "check"), [({"IDLE"}, "idle"), ({"MOVE", "UIDPLUS"}, "move")])
def test_what_the_server_lacks_is_a_warning(lacking: set[str], check: str) -> None:
    found = examine(a_store(capabilities=[each for each in EVERYTHING if each not in lacking]))
    assert [finding.check for finding in found if finding.grade is not Grade.GOOD] == [check]
    assert only(found, check).mend


def test_who_signs_is_found_out_from_the_mails_that_are_there() -> None:
    silent = only(examine(a_store(), authserv_id=None), "senders")
    assert (silent.grade, OURS in silent.says) == (Grade.WARNING, True)
    assert "imap.authserv_id" in silent.mend
    mistaken = only(examine(a_store(), authserv_id="mx.example"), "senders")
    assert (mistaken.grade, OURS in mistaken.says) == (Grade.WARNING, True)
    unsigned = MailStore()
    unsigned.deliver(letter())
    assert "signed by nobody" in only(examine(unsigned), "senders").says
    assert only(examine(MailStore()), "senders").grade is Grade.UNTOLD


def test_a_certificate_nobody_vouches_for_gets_no_password(tmp_path: Path) -> None:
    store, other = a_store(), self_signed(tmp_path)
    with imap_server(store, tls=other.server) as port:
        findings = look(settings(port))
    assert grades(findings) == [("tls", Grade.BAD)]
    assert "imap.ca_file" in findings[0].mend
    assert store.logins == 0


def test_a_certificate_that_ends_soon_is_a_warning() -> None:
    with imap_server(a_store(), tls=certificates().server) as port:
        findings = look(settings(port), at=datetime.now(UTC))
    assert only(findings, "tls").grade is Grade.WARNING


def test_a_port_that_does_not_begin_with_tls_and_one_where_nobody_listens(tmp_path: Path) -> None:
    store = a_store()
    with imap_server(store) as port:
        (plain,) = look(settings(port))
        (starting,) = look(settings(port, tls=TlsMode.STARTTLS))
    assert (plain.check, plain.grade, starting.grade) == ("tls", Grade.BAD, Grade.BAD)
    (nobody,) = look(settings(1))
    assert (nobody.check, nobody.grade) == ("reachable", Grade.BAD)
    (tmp_path / "ca.pem").write_text("nothing")
    (unusable,) = look(settings(1, ca_file=tmp_path / "ca.pem"))
    assert (unusable.check, unusable.grade) == ("tls", Grade.BAD)
    assert store.logins == 0


def test_a_server_on_this_machine_needs_no_tls() -> None:
    with imap_server(a_store()) as port:
        findings = look(settings(port, tls=TlsMode.NONE))
    assert grades(findings) == [(check, Grade.GOOD) for check in ALL]


@pytest.mark.parametrize("command", ["AUTHENTICATE", "EXAMINE", "NAMESPACE", "LIST", "UID SEARCH", "UID FETCH", "LOGOUT"])
def test_a_line_that_breaks_is_told(command: str) -> None:
    findings = examine(a_store(refusals={command: CUT}))
    if command == "LOGOUT":
        assert grades(findings) == [(check, Grade.GOOD) for check in ALL]
    else:
        assert findings[-1].check == "conversation"
        assert findings[-1].grade is Grade.UNTOLD


def test_the_doctor_command_looks_at_the_mailbox_where_service_yaml_names_one(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(certificates().ca_file.read_bytes())
    with imap_server(a_store(), tls=certificates().server) as port:
        text = f"imap: {{host: localhost, port: {port}, user: {USER}, password_env: SET, ca_file: ca.pem}}\n"
        for imap in (text, ""):
            smtp = "smtp: {host: localhost, port: 1, tls: none}\nsender: talks@example.com\n"
            (tmp_path / "service.yaml").write_text(smtp + imap)
            sample = Sample(served={}, told={})
            read = settings_of(tmp_path, {"SET": PASSWORD})
            stages = dict(examinations(read, sample, resolver=("127.0.0.1", 1), now=LONG_AGO))
            assert ("the service's mailbox" in stages) is bool(imap)
            if imap:
                checks = [finding.check for finding in stages["the service's mailbox"]]
    assert tuple(checks) == ALL


# With a token


@pytest.fixture(scope="module")
def microsoft() -> Iterator[GraphServer]:
    with graph_server(Organisation()) as server:
        yield server


def with_token(port: int, microsoft: GraphServer, **more: object) -> ImapSettings:
    fields = {"secret": microsoft.secret, "client_id": microsoft.client_id, "tenant": microsoft.tenant}
    return settings(port, **(fields | {"authority": microsoft.authority} | more))


@contextmanager
def online(store: MailStore, microsoft: GraphServer) -> Iterator[int]:
    store.check_token = lambda token: microsoft.tokens.check(f"Bearer {token}")
    with imap_server(store, tls=certificates().server) as port:
        yield port


def test_an_application_logs_in_with_a_token(microsoft: GraphServer) -> None:
    store = a_store()
    with online(store, microsoft) as port:
        inbox = ImapInbox(with_token(port, microsoft))
        assert len(list(inbox.letters(None))) == 1
        inbox.close()
        assert grades(look(with_token(port, microsoft))) == [(c, Grade.GOOD) for c in ALL]
    scopes = [request.body for request in microsoft.requests if request.path.endswith("/token")]
    assert all(b"scope=https%3A%2F%2Flocalhost%2F.default" in each for each in scopes)


def test_a_token_the_server_does_not_take_is_offered_once_in_a_quarter_of_an_hour(microsoft: GraphServer) -> None:
    store, clock = a_store(), JumpingClock()
    with imap_server(store, tls=certificates().server) as port:
        inbox = ImapInbox(with_token(port, microsoft), clock=clock)
        for _ in range(2):
            with pytest.raises(TransientDeliveryError, match="the login was refused"):
                list(inbox.letters(None))
        inbox.close()
    assert store.logins == 1


def test_a_wrong_secret_reaches_no_mailbox(microsoft: GraphServer) -> None:
    store = a_store()
    with online(store, microsoft) as port:
        inbox = ImapInbox(with_token(port, microsoft, secret="wrong"))
        with pytest.raises(TransientDeliveryError, match="AADSTS7000215") as refused:
            list(inbox.letters(None))
        inbox.close()
        findings = look(with_token(port, microsoft, secret="wrong"))
    assert refused.value.retry_after == timedelta(minutes=15)
    assert grades(findings)[-1] == ("login", Grade.BAD)
    assert "IMAP.AccessAsApp" in findings[-1].mend
    assert store.logins == 0
