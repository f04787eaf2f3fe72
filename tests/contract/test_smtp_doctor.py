"""SMTP's doctor: how far a message would get, found out without one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from servers.scripted_smtp import CUT, Mailbox, OneLogin, accepting_server
from servers.self_signed import SelfSigned, self_signed
from servers.staged_smtp import CUT as RESET
from servers.staged_smtp import GREETING, Stages, staged_server
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.diagnosis import fitting_attachments, largest_message
from talkcycle.transports.smtp.doctor import SmtpDoctor

SENDER, ANNA, BO = "samtal@norrsken.example", "anna@norrsken.example", "bo@norrsken.example"
ALL = ("reachable", "tls", "login", "smtputf8", "size", "recipient", "sender")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    return self_signed(tmp_path_factory.mktemp("tls"))


@contextmanager
def encrypted(mailbox: Mailbox, certificate: SelfSigned, **options: object) -> Iterator[int]:
    with accepting_server(mailbox, tls=certificate.server, **options) as (_, port):
        yield port


def settings(port: int, **more: object) -> SmtpSettings:
    defaults = {"host": "localhost", "port": port, "tls": TlsMode.NONE, "timeout": timedelta(seconds=5)}
    return SmtpSettings(**(defaults | more))  # type: ignore[arg-type]


def examine(smtp: SmtpSettings, *sample: str, **more: object) -> list[Finding]:
    arguments = {"sender": SENDER, "attachment_limit": 5_000_000} | more
    return list(SmtpDoctor(smtp, **arguments).examine(sample, ["outside@norrsken.example"]))  # type: ignore[arg-type]


def grades(findings: list[Finding]) -> list[tuple[str, Grade]]:
    return [(finding.check, finding.grade) for finding in findings]


def only(findings: list[Finding], check: str) -> Finding:
    return next(finding for finding in findings if finding.check == check)


def test_a_server_in_order_is_good_throughout_and_gets_no_message(certificate: SelfSigned) -> None:
    mailbox, login = Mailbox(), OneLogin("samtal", "right")
    with encrypted(mailbox, certificate, authenticator=login, auth_required=True, data_size_limit=None) as port:
        smtp = settings(port, tls=TlsMode.STARTTLS, ca_file=certificate.file, user="samtal", password="right")
        findings = examine(smtp, ANNA)

    assert grades(findings) == [(check, Grade.GOOD) for check in ALL]
    assert {finding.transport for finding in findings} == {"smtp"}
    assert all(finding.mend == "" for finding in findings)
    assert only(findings, "tls").about == {"expires": certificate.expires.isoformat()}
    assert only(findings, "recipient").about == {"mailbox": ANNA}
    assert mailbox.received == []
    assert login.tries == 1


def test_it_goes_no_further_than_the_envelope_and_takes_it_back() -> None:
    stages = Stages(extensions=("SIZE 10000000",))
    with staged_server(stages) as port:
        findings = examine(settings(port), ANNA, BO)

    assert stages.verbs == ["EHLO", "MAIL", "RCPT", "RCPT", "RSET", "QUIT"]
    assert {grade for _, grade in grades(findings)} == {Grade.GOOD}


def test_a_certificate_that_ends_soon_is_a_warning(certificate: SelfSigned) -> None:
    with encrypted(Mailbox(), certificate) as port:
        smtp = settings(port, tls=TlsMode.STARTTLS, ca_file=certificate.file)
        soon = examine(smtp, now=lambda: certificate.expires - timedelta(days=29))

    assert only(soon, "tls").grade is Grade.WARNING
    assert only(soon, "tls").mend.startswith("Renew the certificate of localhost")
    assert only(soon, "sender").grade is Grade.GOOD


def test_an_expired_certificate_is_bad_and_no_password_is_sent(tmp_path: Path) -> None:
    expired, login = self_signed(tmp_path, days=(-10, -1)), OneLogin("samtal", "right")
    with encrypted(Mailbox(), expired, authenticator=login) as port:
        smtp = settings(port, tls=TlsMode.STARTTLS, ca_file=expired.file, user="samtal", password="right")
        findings = examine(smtp, ANNA)

    assert grades(findings) == [("reachable", Grade.GOOD), ("tls", Grade.BAD)]
    assert "expired" in findings[-1].says
    assert findings[-1].mend.startswith("Renew the certificate of localhost")
    assert login.tries == 0


def test_an_authority_that_nobody_vouches_for_is_mended_with_its_file(certificate: SelfSigned) -> None:
    with encrypted(Mailbox(), certificate) as port:
        findings = examine(settings(port, tls=TlsMode.STARTTLS))

    assert grades(findings)[-1] == ("tls", Grade.BAD)
    assert "smtp.ca_file" in findings[-1].mend


def test_a_certificate_for_another_name_is_told_apart(tmp_path: Path) -> None:
    other = self_signed(tmp_path, name="mail.norrsken.example")
    with accepting_server(Mailbox(), ssl_context=other.server) as (_, port):
        findings = examine(settings(port, tls=TlsMode.IMPLICIT, ca_file=other.file))

    assert grades(findings) == [("tls", Grade.BAD)]
    assert "smtp.host" in findings[-1].mend


def test_a_file_of_certificates_that_is_none_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    findings = examine(settings(1, tls=TlsMode.STARTTLS, ca_file=tmp_path / "ca.pem"))

    assert grades(findings) == [("tls", Grade.BAD)]


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    mailbox = Mailbox()
    with accepting_server(mailbox) as (_, port):
        findings = examine(settings(port, tls=TlsMode.STARTTLS, user="samtal", password="right"), ANNA)

    assert grades(findings) == [("reachable", Grade.GOOD), ("tls", Grade.BAD)]
    assert "smtp.tls: implicit" in findings[-1].mend


def test_a_port_that_begins_without_tls_is_recognised() -> None:
    with accepting_server(Mailbox()) as (_, port):
        findings = examine(settings(port, tls=TlsMode.IMPLICIT))

    assert grades(findings) == [("tls", Grade.BAD)]
    assert "smtp.tls: starttls" in findings[-1].mend


def test_nobody_listens() -> None:
    findings = examine(settings(1))

    assert grades(findings) == [("reachable", Grade.BAD)]
    assert "smtp.port" in findings[0].mend


@pytest.mark.parametrize("greeting", ["554 no service here", RESET])
def test_a_server_that_will_not_talk_to_us(greeting: str) -> None:
    with staged_server(Stages(answers={GREETING: [greeting]})) as port:
        findings = examine(settings(port))

    assert grades(findings) == [("reachable", Grade.BAD)]


def test_a_wrong_password_is_tried_once_and_never_shown(certificate: SelfSigned) -> None:
    login = OneLogin("samtal", "right")
    with encrypted(Mailbox(), certificate, authenticator=login) as port:
        smtp = settings(port, tls=TlsMode.STARTTLS, ca_file=certificate.file, user="samtal", password="tiger-7")
        findings = examine(smtp, ANNA)

    assert grades(findings)[-1] == ("login", Grade.BAD)
    assert login.tries == 1
    assert "tiger-7" not in str(findings)


def test_a_sender_that_is_refused_at_once() -> None:
    mailbox = Mailbox(mail=["550 5.7.60 SendAsDenied"])
    with accepting_server(mailbox) as (_, port):
        findings = examine(settings(port), ANNA)

    assert grades(findings)[-1] == ("sender", Grade.BAD)
    assert "Add-RecipientPermission samtal@norrsken.example" in findings[-1].mend


def test_a_sender_that_is_refused_only_after_the_recipient_is_not_the_recipients_fault() -> None:
    with accepting_server(Mailbox(rcpt=["553 5.7.1 <samtal@norrsken.example>: Sender address rejected"])) as (_, port):
        findings = examine(settings(port), ANNA)

    assert grades(findings)[-1] == ("sender", Grade.BAD)
    assert "recipient" not in dict(grades(findings))


def test_each_recipient_is_told_apart() -> None:
    with accepting_server(Mailbox(rcpt=["550 5.1.1 unknown", "451 4.7.1 greylisted", "250 OK"])) as (_, port):
        findings = examine(settings(port), ANNA, BO, SENDER)

    assert [(each.about["mailbox"], each.grade) for each in findings if each.check == "recipient"] == [
        (ANNA, Grade.BAD),
        (BO, Grade.UNTOLD),
        (SENDER, Grade.GOOD),
    ]
    assert grades(findings)[-1] == ("sender", Grade.GOOD)


def test_a_line_that_dies_half_way_leaves_the_rest_untold() -> None:
    with accepting_server(Mailbox(rcpt=["250 OK", CUT])) as (_, port):
        findings = examine(settings(port), ANNA, BO)

    assert grades(findings)[-2:] == [("recipient", Grade.GOOD), ("conversation", Grade.UNTOLD)]


def test_a_server_that_takes_less_than_our_files_is_a_warning_with_the_size_that_fits() -> None:
    with staged_server(Stages(extensions=("SIZE 5000000",))) as port:
        findings = examine(settings(port), ANNA)

    assert only(findings, "size").grade is Grade.WARNING
    assert "attachment_limit: 3 MB" in only(findings, "size").mend
    assert largest_message(3_000_000) <= 5_000_000 < largest_message(4_000_000)


@pytest.mark.parametrize("size", [1_000_000, 10_000_000, 36_700_160])
def test_what_is_said_to_fit_fits(size: int) -> None:
    assert largest_message(fitting_attachments(size) * 1_000_000) <= size


def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    umlaut = "åsa@norrsken.example"
    with staged_server(Stages()) as port:
        findings = examine(settings(port), umlaut, ANNA)
    assert only(findings, "smtputf8").grade is Grade.BAD
    assert [each.about["mailbox"] for each in findings if each.check == "recipient"] == [ANNA]

    with accepting_server(Mailbox(), enable_SMTPUTF8=True) as (_, port):
        findings = examine(settings(port), umlaut)
    assert only(findings, "smtputf8").grade is Grade.GOOD
    assert only(findings, "recipient").grade is Grade.GOOD


def test_leaving_early_closes_the_line() -> None:
    stages = Stages()
    with staged_server(stages) as port:
        findings = SmtpDoctor(settings(port), sender=SENDER, attachment_limit=0).examine([ANNA], [])
        assert next(findings).check == "reachable"
        findings.close()  # type: ignore[attr-defined]

    assert stages.verbs == ["EHLO", "QUIT"]
