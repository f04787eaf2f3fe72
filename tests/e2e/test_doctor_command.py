"""``talkcycle doctor`` as people type it, against servers on loopback: what it prints, and what it exits with."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from servers.dns_server import Zone, dns_server
from servers.scripted_smtp import Mailbox, OneLogin, accepting_server
from servers.self_signed import SelfSigned, self_signed
from talkcycle.cli.main import app

SENDER, HR, KARIN, ASA = (f"{name}@norrsken.example" for name in ("samtal", "hr", "karin", "asa"))
PASSWORD = "tiger-7"
ROSTER = f"id,name,email,manager\n1,Karin Norling,{KARIN},\n2,Åsa Berg,{ASA},1\n"
RECORDS = {
    ("norrsken.example", "MX"): ["10 mail.norrsken.example."],
    ("norrsken.example", "TXT"): ['"v=spf1 mx -all"'],
    ("_dmarc.norrsken.example", "TXT"): ['"v=DMARC1; p=reject"'],
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A pair with a window a month ahead of today, whatever today is."""
    folder = tmp_path / "config"
    folder.mkdir()
    first = datetime.now(UTC).date() + timedelta(days=28)
    window = f"{{first: {first}, last: {first + timedelta(days=27)}}}"
    (folder / "cycle.yaml").write_text(
        f"window: {window}\nlanguage: sv\nroster: roster.csv\nhr: {{email: {HR}}}\n", encoding="utf-8"
    )
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")
    (folder / "password").write_text(PASSWORD)
    return folder


@contextmanager
def smtp(config: Path, certificate: SelfSigned, mailbox: Mailbox, *, right: str = PASSWORD) -> Iterator[OneLogin]:
    """A submission server that knows one user, and a service.yaml that leads to it."""
    login = OneLogin("samtal", right)
    options: dict[str, Any] = {"authenticator": login, "auth_required": True, "data_size_limit": 50_000_000}
    with accepting_server(mailbox, tls=certificate.server, **options) as (_, port):
        server = f"host: localhost, port: {port}, ca_file: {certificate.file}, user: samtal, password_file: password"
        (config / "service.yaml").write_text(f"smtp: {{{server}}}\nsender: {SENDER}\nper_minute: no limit\n")
        yield login


@pytest.fixture
def resolver() -> Iterator[str]:
    with dns_server(Zone(RECORDS)) as (address, port):
        yield f"{address}:{port}"


def run(config: Path, *words: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["doctor", *words, "--config", str(config)])
    assert result.exit_code == status, result.output
    return result.output


def document(config: Path, *words: str, status: int = 0) -> Any:
    result = CliRunner().invoke(app, ["doctor", *words, "--config", str(config), "--json"])
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def contents_of(mailbox: Mailbox) -> list[bytes]:
    return [bytes(envelope.content) for envelope in mailbox.received if isinstance(envelope.content, bytes)]


def grades(found: Any) -> list[tuple[str, str]]:
    return [(each["check"], each["grade"]) for each in found["findings"]]


def test_all_is_well_and_nobody_is_mailed(config: Path, certificate: SelfSigned, resolver: str) -> None:
    mailbox = Mailbox()
    before = sorted(config.rglob("*"))
    with smtp(config, certificate, mailbox):
        found = document(config, "--resolver", resolver)

    assert {grade for _, grade in grades(found)} == {"good"}
    assert found["healthy"] is True
    assert {each["transport"] for each in found["findings"]} == {"service", "dns", "smtp"}
    asked = [each["about"]["mailbox"] for each in found["findings"] if each["check"] == "recipient"]
    assert asked == [HR, SENDER, KARIN, ASA]
    assert mailbox.received == []
    assert sorted(config.rglob("*")) == [*before, config / "service.yaml"]


def test_people_read_a_table_with_the_grade_in_words(config: Path, certificate: SelfSigned, resolver: str) -> None:
    with smtp(config, certificate, Mailbox(rcpt=["250 OK", "250 OK", "550 5.1.1 unknown", "250 OK"])):
        printed = run(config, "--resolver", resolver, status=3)

    lines = printed.splitlines()
    bad = next(number for number, line in enumerate(lines) if line.startswith("bad "))
    assert lines[0].split() == ["Grade", "Transport", "Check", "What", "was", "found"]
    assert f"the server does not take mail for {KARIN}" in lines[bad]
    mend = next(line for line in lines[bad:] if line.startswith("        mend: "))
    assert f"Check that {KARIN} exists." in mend
    assert mend.endswith('-ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient")')  # whole, to be copied
    assert "1 bad" in lines[-2]
    assert lines[-1] == "Nobody was mailed, and nothing was written."


def test_a_wrong_password_is_tried_once_and_never_printed(config: Path, certificate: SelfSigned, resolver: str) -> None:
    with smtp(config, certificate, Mailbox(), right="another") as login:
        printed = run(config, "--resolver", resolver, status=3)

    assert "the login was refused" in printed
    assert PASSWORD not in printed
    assert login.tries == 1


def test_an_expired_certificate_is_bad(config: Path, tmp_path: Path, resolver: str) -> None:
    with smtp(config, self_signed(tmp_path, days=(-10, -1)), Mailbox()):
        found = document(config, "--resolver", resolver, status=3)

    assert grades(found)[-1] == ("tls", "bad")
    assert "Renew the certificate of localhost" in found["findings"][-1]["mend"]


def test_before_hrs_files_there_is_something_to_look_at(config: Path, certificate: SelfSigned, resolver: str) -> None:
    (config / "cycle.yaml").unlink()
    with smtp(config, certificate, Mailbox()):
        found = document(config, "--resolver", resolver, "--mailbox", ASA)

    assert grades(found)[0] == ("files", "untold")
    asked = [each["about"]["mailbox"] for each in found["findings"] if each["check"] == "recipient"]
    assert asked == [SENDER, ASA]


def test_faults_in_hrs_files_are_bad_and_keep_nothing_else_from_being_looked_at(
    config: Path, certificate: SelfSigned, resolver: str
) -> None:
    (config / "roster.csv").write_text("id,name\n")
    with smtp(config, certificate, Mailbox()):
        found = document(config, "--resolver", resolver, status=3)

    assert grades(found)[0] == ("files", "bad")
    assert found["findings"][0]["mend"].startswith("talkcycle check")
    assert grades(found)[-1] == ("sender", "good")


@pytest.mark.parametrize("words", [["--keep"], ["--organizer", KARIN], ["--language", "sv"], ["--resolver", "nowhere"]])
def test_what_makes_no_sense_is_refused_in_a_sentence(config: Path, certificate: SelfSigned, words: list[str]) -> None:
    with smtp(config, certificate, Mailbox()):
        printed = run(config, *words, status=1)

    assert printed.strip().endswith(".") or "Write it such as" in printed


def test_a_test_goes_to_the_one_who_asked_in_the_cycles_language(config: Path, certificate: SelfSigned) -> None:
    mailbox = Mailbox()
    with smtp(config, certificate, mailbox):
        found = document(config, "--send-to", "it@norrsken.example")

    assert grades(found) == [("test-mail", "good"), ("test-meeting", "good"), ("test-cancellation", "good")]
    assert {tuple(envelope.rcpt_tos) for envelope in mailbox.received} == {("it@norrsken.example",)}
    contents = contents_of(mailbox)
    assert [b"method=REQUEST" in content for content in contents] == [False, True, False]
    assert [b"method=CANCEL" in content for content in contents] == [False, False, True]
    assert [b"application/pdf" in content for content in contents] == [True, True, False]
    assert all(b"Content-Language: sv" in content for content in contents)


def test_a_test_may_stay_in_another_language_and_says_what_to_look_at(config: Path, certificate: SelfSigned) -> None:
    mailbox = Mailbox()
    with smtp(config, certificate, mailbox):
        printed = run(config, "--send-to", ASA, "--language", "en", "--keep", "--organizer", KARIN)
        refused = run(config, "--send-to", ASA, "--language", "xx", status=1)

    assert "is the PDF with it?" in printed
    assert "Nobody was mailed" not in printed
    assert len(mailbox.received) == 2
    assert b"Content-Language: en" in contents_of(mailbox)[0]
    assert "There is no text of the test in xx" in refused


def test_a_test_with_a_wrong_password_tries_it_once(config: Path, certificate: SelfSigned) -> None:
    with smtp(config, certificate, Mailbox(), right="another") as login:
        found = document(config, "--send-to", ASA, status=3)

    assert grades(found) == [("test-mail", "bad")]
    assert login.tries == 1


def test_a_meeting_that_may_have_arrived_is_cancelled_all_the_same(config: Path, certificate: SelfSigned) -> None:
    with smtp(config, certificate, Mailbox(data=["250 OK", "cut", "250 OK"])):
        found = document(config, "--send-to", ASA)

    assert grades(found) == [("test-mail", "good"), ("test-meeting", "untold"), ("test-cancellation", "good")]
