"""What the doctor finds without asking anybody, and how each thing is mended."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.service import GraphSettings
from talkcycle.transports.graph import mends
from talkcycle.transports.graph.findings import credential, tenant_wide

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
CLIENT = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
GOOD, WARNING, BAD, UNTOLD = Grade.GOOD, Grade.WARNING, Grade.BAD, Grade.UNTOLD


def settings(**fields: Any) -> GraphSettings:
    return GraphSettings(**({"tenant": "t", "client_id": CLIENT, "secret": "s3cr3t"} | fields))


def a_certificate(folder: Path, ends: datetime) -> Path:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "talkcycle")])
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - timedelta(days=365))
        .not_valid_after(ends)
        .sign(key, SHA256())
    )
    file = folder / "graph.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    return file


def a_token(*roles: str, **claims: Any) -> str:
    packed = base64.urlsafe_b64encode(json.dumps({"roles": roles} | claims).encode()).rstrip(b"=").decode()
    return f"e30.{packed}.c2ln"


def graded(findings: list[Finding]) -> dict[str, Grade]:
    return {each.about.get("right", each.check): each.grade for each in findings}


@pytest.mark.parametrize(
    ("ends", "grade"),
    [(date(2027, 2, 28), BAD), (date(2027, 3, 20), WARNING), (date(2027, 6, 1), GOOD), (None, UNTOLD)],
)
def test_a_secret_is_warned_of_before_it_ends(ends: date | None, grade: Grade) -> None:
    found = credential(settings(secret_expires=ends), NOW)

    assert (found.check, found.grade, bool(found.mend)) == ("secret", grade, grade is not GOOD)
    assert "s3cr3t" not in repr(found)


@pytest.mark.parametrize(("days", "grade"), [(-1, BAD), (10, WARNING), (200, GOOD)])
def test_a_certificate_is_warned_of_before_it_ends(tmp_path: Path, days: int, grade: Grade) -> None:
    file = a_certificate(tmp_path, NOW + timedelta(days=days))

    found = credential(settings(secret=None, certificate=file), NOW)

    assert (found.check, found.grade, bool(found.mend)) == ("certificate", grade, grade is not GOOD)


def test_a_file_that_is_no_certificate_is_found(tmp_path: Path) -> None:
    file = tmp_path / "graph.pem"
    missing = credential(settings(secret=None, certificate=file), NOW)
    file.write_text("-----BEGIN NONSENSE-----")

    assert missing.grade is credential(settings(secret=None, certificate=file), NOW).grade is BAD


def test_the_two_rights_there_is_nothing_narrower_for_are_good() -> None:
    assert graded(list(tenant_wide(a_token("User.Read.All", "Place.Read.All"), CLIENT))) == {"rights": GOOD}


def test_rights_over_everybodys_mail_are_bad_over_calendars_worth_a_word_and_missing_ones_too() -> None:
    found = list(tenant_wide(a_token("Mail.Send", "Calendars.ReadWrite", "User.Read.All"), CLIENT))

    assert graded(found) == {"Mail.Send": BAD, "Calendars.ReadWrite": WARNING, "Place.Read.All": WARNING}
    assert [each.mend for each in found if each.about["right"] == "Mail.Send"] == [mends.revoked("Mail.Send", CLIENT)]
    assert [each.mend for each in found if each.about["right"] == "Place.Read.All"] == [
        mends.granted("Place.Read.All", CLIENT)
    ]


@pytest.mark.parametrize("token", ["", "opaque", "a.b.c", "a.!!!.c", f"a.{base64.urlsafe_b64encode(b'[1]').decode()}.c"])
def test_a_token_that_shows_nothing_is_untold(token: str) -> None:
    (found,) = tenant_wide(token, CLIENT)

    assert (found.grade, bool(found.mend)) == (UNTOLD, True)


def test_a_token_without_roles_lacks_both() -> None:
    assert graded(list(tenant_wide(a_token(), CLIENT))) == {"User.Read.All": WARNING, "Place.Read.All": WARNING}


@pytest.mark.parametrize("code", [*mends.LOGINS, "AADSTS1234567", ""])
def test_every_refusal_of_a_login_has_a_meaning_and_a_command(code: str) -> None:
    meaning, mend = mends.login(code, CLIENT)

    assert meaning
    assert "{" not in mend.replace("@{", "").replace("@(@{", "") or "AsymmetricX509Cert" in mend
    assert "{client}" not in mend


def test_the_commands_name_the_application_and_the_mailbox() -> None:
    for command in (
        mends.calendars(CLIENT, "bo@norrsken.example"),
        mends.mail(CLIENT, "bo@norrsken.example"),
        mends.unscoped(CLIENT, "bo@norrsken.example"),
        mends.tested(CLIENT, "bo@norrsken.example"),
    ):
        assert CLIENT in command
        assert "bo@norrsken.example" in command


def test_mail_is_opened_in_the_services_mailbox_alone() -> None:
    command = mends.mail(CLIENT, "samtal@norrsken.example")

    assert "PrimarySmtpAddress -eq 'samtal@norrsken.example'" in command
    assert command.count("-CustomResourceScope talkcycle-sender") == 2
    assert "MemberOfGroup" not in command
