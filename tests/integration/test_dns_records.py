"""The sender's domain in the DNS: a real server over UDP, which answers, fails, or says nothing."""

import socket

from servers.dns_server import Zone, dns_server
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.transports.dns_records import SenderRecords

SENDER = "samtal@norrsken.example"
DOMAIN = "norrsken.example"
HEALTHY = {
    (DOMAIN, "MX"): ["10 mail.norrsken.example."],
    (DOMAIN, "TXT"): ['"verification=1"', '"v=spf1 mx " "-all"'],
    (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=reject"'],
}


def examine(zone: Zone, sender: str = SENDER) -> dict[str, Finding]:
    with dns_server(zone) as server:
        findings = list(SenderRecords(sender=sender, server=server, patience=0.2).examine())
    assert {finding.transport for finding in findings} == {"dns"}
    return {finding.check: finding for finding in findings}


def test_a_domain_in_order_is_good_in_all_three() -> None:
    found = examine(Zone(HEALTHY))

    assert {check: finding.grade for check, finding in found.items()} == dict.fromkeys(("mx", "spf", "dmarc"), Grade.GOOD)
    assert "v=spf1 mx -all" in found["spf"].says  # the two strings of one record are one text


def test_what_is_missing_is_a_warning_with_the_record_to_publish() -> None:
    found = examine(Zone({(DOMAIN, "A"): ["192.0.2.1"]}))

    assert {finding.grade for finding in found.values()} == {Grade.WARNING}
    assert found["mx"].mend == "norrsken.example. IN MX 10 <your mail server>."
    assert found["spf"].mend.startswith('norrsken.example. IN TXT "v=spf1 ')
    assert found["dmarc"].mend.startswith('_dmarc.norrsken.example. IN TXT "v=DMARC1; ')


def test_a_domain_that_nobody_knows_is_no_more_than_a_warning() -> None:
    """It may be an internal one, whose mails never leave."""
    found = examine(Zone({("elsewhere.example", "A"): ["192.0.2.1"]}), "samtal@norrsken.test")

    assert {finding.grade for finding in found.values()} == {Grade.WARNING}
    assert "the DNS knows no norrsken.test" in found["mx"].says


def test_a_domain_that_takes_no_mail_cannot_be_answered() -> None:
    assert examine(Zone(HEALTHY | {(DOMAIN, "MX"): ["0 ."]}))["mx"].grade is Grade.BAD


def test_a_server_that_fails_says_nothing_about_the_domain() -> None:
    found = examine(Zone(HEALTHY, fails=frozenset({DOMAIN, f"_dmarc.{DOMAIN}"})))

    assert {finding.grade for finding in found.values()} == {Grade.UNTOLD}
    assert all("--resolver" in finding.mend for finding in found.values())


def test_one_question_without_an_answer_keeps_no_other_from_being_answered() -> None:
    found = examine(Zone(HEALTHY, silent=frozenset({f"_dmarc.{DOMAIN}"})))

    assert {check: finding.grade for check, finding in found.items()} == {
        "mx": Grade.GOOD,
        "spf": Grade.GOOD,
        "dmarc": Grade.UNTOLD,
    }


def test_nobody_at_all_answers_and_nothing_is_bad() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        found = list(SenderRecords(sender=SENDER, server=deaf.getsockname(), patience=0.05).examine())

    assert [finding.grade for finding in found] == [Grade.UNTOLD] * 3


def test_the_policy_of_the_domain_above_holds_where_there_is_none_of_its_own() -> None:
    sender = "samtal@hr.norrsken.example"
    zone = Zone(HEALTHY | {("hr.norrsken.example", "MX"): ["10 mail.norrsken.example."]})
    found = examine(zone, sender)

    assert found["dmarc"].grade is Grade.GOOD
    assert [name for name, _ in zone.asked if name.startswith("_dmarc")] == [
        "_dmarc.hr.norrsken.example",
        "_dmarc.norrsken.example",
    ]


def test_a_domain_beyond_ascii_is_asked_for_as_mail_knows_it() -> None:
    zone = Zone({("xn--malm-8qa.example", "MX"): ["10 mail.norrsken.example."]})
    found = examine(zone, "samtal@malmö.example")

    assert found["mx"].grade is Grade.GOOD


def test_what_cannot_be_a_domain_is_not_asked_for() -> None:
    zone = Zone(HEALTHY)
    found = examine(zone, f"samtal@{'a' * 64}.example")

    assert [finding.grade for finding in found.values()] == [Grade.UNTOLD]
    assert zone.asked == []
