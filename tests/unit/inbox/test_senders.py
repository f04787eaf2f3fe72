"""Who a mail is from, and whether our own mail server vouches for them. Everything a sender writes may be forged."""

import pytest

from mail_samples import ANNA, letter
from talkcycle.domain.mails import ReadMail, Verification
from talkcycle.intake.mail_reading import read_mail

OURS = "mx.norrskenkonsult.example"
VERIFIED, UNVERIFIED, NOT_SAID = Verification.VERIFIED, Verification.UNVERIFIED, Verification.NOT_SAID
PASS = f"Authentication-Results: {OURS}; dmarc=pass header.from=norrsken.example"
FAIL = f"Authentication-Results: {OURS}; dmarc=fail header.from=norrsken.example"
HANDED_OVER = "Received: from somewhere (somewhere [192.0.2.1]) by mx.norrskenkonsult.example (Postfix)"


def read(raw: bytes, authserv_id: str | None = OURS) -> ReadMail:
    mail = read_mail(raw, authserv_id=authserv_id)
    assert isinstance(mail, ReadMail)
    return mail


def verification(*headers: str, by: str = ANNA, authserv_id: str | None = OURS) -> Verification:
    return read(letter(by, headers=headers), authserv_id).verification


def sender(*fields: str) -> str | None:
    lines = "".join(f"{field}\r\n" for field in fields)
    return read(f"{lines}Subject: x\r\n\r\nHej".encode()).sender


@pytest.mark.parametrize(
    "field",
    [
        "From: anna@norrsken.example",
        "From: <anna@norrsken.example>",
        "From: Anna <anna@norrsken.example>",
        'From: "Berg, Anna; HR: <bo@norrsken.example>" <anna@norrsken.example>',
        "From: bo@norrsken.example <anna@norrsken.example>",
        "From: anna@norrsken.example (Anna, the one)",
        "From: =?utf-8?B?w4ViZXJn?=\r\n <anna@norrsken.example>",
    ],
)
def test_one_address_is_the_sender(field: str) -> None:
    assert sender(field) == ANNA


def test_an_address_beyond_ascii_is_one() -> None:
    assert sender("From: Åsa <åsa@åkeri.example>") == "åsa@åkeri.example"


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("From: anna@norrsken.example, bo@norrsken.example",),
        ("From: anna@norrsken.example", "From: bo@norrsken.example"),
        ("From: Anna <anna@norrsken.example> <bo@norrsken.example>",),
        ("From: <anna@norrsken.example>bo@norrsken.example",),
        ("From: bo@norrsken.example)anna@norrsken.example",),
        ("From: HR: anna@norrsken.example;",),
        ("From: Anna",),
        ("From: " + "x" * 5_000 + " <anna@norrsken.example>",),
    ],
)
def test_none_or_several_are_nobody(fields: tuple[str, ...]) -> None:
    assert sender(*fields) is None


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("dmarc=pass header.from=norrsken.example", VERIFIED),
        ("dmarc=pass (p=reject dis=none) header.from=Norrsken.Example", VERIFIED),
        ("dmarc=pass header.from=evil.example", UNVERIFIED),
        ("dmarc=fail header.from=norrsken.example; dkim=pass header.d=norrsken.example", UNVERIFIED),
        ("dmarc=none; dkim=pass (2048-bit key) header.d=norrsken.example header.i=@norrsken.example", VERIFIED),
        ("dkim=pass header.i=@norrsken.example", VERIFIED),
        ("dkim=pass header.d=evil.example; dkim=fail header.d=norrsken.example", UNVERIFIED),
        ("dkim=pass header.d=example", UNVERIFIED),
        ("dkim=pass header.d=xnorrsken.example", UNVERIFIED),
        ("spf=pass smtp.mailfrom=anna@norrsken.example", VERIFIED),
        ("spf=pass smtp.mailfrom=norrsken.example", VERIFIED),
        ("spf=pass smtp.mailfrom=news.evil.example", UNVERIFIED),
        ("spf=softfail smtp.mailfrom=norrsken.example", UNVERIFIED),
        ("auth=pass smtp.auth=anna@norrsken.example", VERIFIED),
        ("auth=pass smtp.auth=bo@norrsken.example", UNVERIFIED),
        ("auth=pass smtp.auth=anna smtp.mailfrom=anna@norrsken.example", VERIFIED),
        ("none", NOT_SAID),
        ('dkim=fail reason="x; dmarc=pass header.from=norrsken.example"', UNVERIFIED),
        ("dkim=fail (x; dmarc=pass (y) header.from=norrsken.example)", UNVERIFIED),
        (r'dkim=fail reason="x\"; dmarc=pass header.from=norrsken.example; y="', UNVERIFIED),
    ],
)
def test_what_our_servers_results_say(results: str, expected: Verification) -> None:
    assert verification(f"Authentication-Results: {OURS}; {results}") is expected


def test_a_signature_of_the_domain_above_is_the_domains() -> None:
    signed = f"Authentication-Results: {OURS} 1; dkim=pass header.d=norrsken.example"
    assert verification(signed, by="anna@mail.norrsken.example") is VERIFIED
    assert verification(signed, by="anna@norrsken.example.evil.example") is UNVERIFIED


def test_nothing_is_said_where_our_server_says_nothing_or_has_no_name() -> None:
    assert verification() is NOT_SAID
    assert (
        verification("Authentication-Results: mx.elsewhere.example; dmarc=pass header.from=norrsken.example") is NOT_SAID
    )
    assert verification(PASS, authserv_id=None) is NOT_SAID


def test_the_servers_name_is_the_same_in_any_case() -> None:
    assert verification(PASS.replace(OURS, OURS.upper())) is VERIFIED


def test_only_the_topmost_results_count_what_came_with_the_mail_is_forged() -> None:
    assert verification(FAIL, HANDED_OVER, PASS) is UNVERIFIED
    assert verification(FAIL, PASS) is UNVERIFIED
    assert verification(HANDED_OVER, FAIL, "Received: from elsewhere", PASS) is UNVERIFIED


def test_several_results_of_our_server_count_together() -> None:
    signed = f"Authentication-Results: {OURS}; dkim=pass header.d=norrsken.example"
    undecided = f"Authentication-Results: {OURS}; dmarc=none header.from=norrsken.example"
    assert verification(undecided, "DKIM-Filter: x", signed, HANDED_OVER) is VERIFIED


def test_a_delivery_agents_trace_above_the_results_does_not_hide_them() -> None:
    assert verification("Received: from mail by mail with LMTP", PASS, HANDED_OVER) is VERIFIED


def test_somebody_who_cannot_be_told_is_not_verified() -> None:
    raw = f"{PASS}\r\nFrom: anna@norrsken.example, bo@norrsken.example\r\n\r\nHej".encode()
    assert read(raw).verification is UNVERIFIED
