"""What SPF and DMARC records say, and the record that would say it better."""

import pytest

from talkcycle.domain.mailboxes import Grade
from talkcycle.transports.sender_policy import judge_dmarc, judge_spf

DOMAIN = "norrsken.example"
MICROSOFT = "include:spf.protection.outlook.com"


@pytest.mark.parametrize(
    ("record", "grade"),
    [
        ("v=spf1 mx -all", Grade.GOOD),
        ("v=spf1 ip4:192.0.2.0/24 ~all", Grade.GOOD),
        ("V=SPF1 MX -ALL", Grade.GOOD),
        ("v=spf1 redirect=_spf.norrsken.example", Grade.GOOD),
        ("v=spf1 mx ?all", Grade.WARNING),
        ("v=spf1 mx", Grade.WARNING),
        ("v=spf1 mx +all", Grade.BAD),
        ("v=spf1 all", Grade.BAD),
        ("v=spf1", Grade.WARNING),
    ],
)
def test_an_spf_record_is_judged_by_its_end(record: str, grade: Grade) -> None:
    judged = judge_spf(DOMAIN, ["google-site-verification=1", record], sources=None)

    assert judged.grade is grade
    assert (judged.mend == "") is (grade is Grade.GOOD)


@pytest.mark.parametrize("texts", [[], ["v=spf10 mx -all"], ["spf2.0/pra mx -all"]])
def test_a_domain_without_spf_is_told_the_record_to_publish(texts: list[str]) -> None:
    judged = judge_spf(DOMAIN, texts, sources=MICROSOFT)

    assert judged.grade is Grade.WARNING
    assert judged.mend == f'norrsken.example. IN TXT "v=spf1 {MICROSOFT} -all"'


def test_where_our_servers_are_not_known_the_record_says_so() -> None:
    mend = judge_spf(DOMAIN, [], sources=None).mend

    assert mend.startswith('norrsken.example. IN TXT "v=spf1 mx -all" (in place of mx:')


def test_two_spf_records_are_an_error_to_everybody_who_reads_them() -> None:
    judged = judge_spf(DOMAIN, ["v=spf1 mx -all", "v=spf1 a -all"], sources=None)

    assert judged.grade is Grade.BAD
    assert "2 SPF records" in judged.says


def test_more_than_ten_lookups_are_an_error_and_networks_cost_none() -> None:
    ten = " ".join(f"include:{number}.example" for number in range(10))

    assert judge_spf(DOMAIN, [f"v=spf1 {ten} ip4:192.0.2.1 -all"], sources=None).grade is Grade.GOOD
    assert judge_spf(DOMAIN, [f"v=spf1 {ten} mx -all"], sources=None).grade is Grade.BAD


def test_a_record_that_lacks_our_servers_is_given_back_with_them() -> None:
    judged = judge_spf(DOMAIN, ["v=spf1 mx -all"], sources=MICROSOFT)

    assert judged.grade is Grade.WARNING
    assert judged.mend == f'norrsken.example. IN TXT "v=spf1 {MICROSOFT} mx ~all"'
    assert judge_spf(DOMAIN, [f"v=spf1 mx +{MICROSOFT} -all"], sources=MICROSOFT).grade is Grade.GOOD


@pytest.mark.parametrize(
    ("record", "grade"),
    [
        ("v=DMARC1; p=reject", Grade.GOOD),
        ("v=DMARC1;p=Quarantine;rua=mailto:d@norrsken.example", Grade.GOOD),
        ("v=DMARC1; p=none; rua=mailto:d@norrsken.example", Grade.WARNING),
        ("v=DMARC1; p=maybe", Grade.WARNING),
        ("v=DMARC1", Grade.WARNING),
    ],
)
def test_a_dmarc_record_is_judged_by_its_policy(record: str, grade: Grade) -> None:
    assert judge_dmarc(DOMAIN, [record], at=DOMAIN).grade is grade


def test_a_subdomain_gets_the_policy_its_parent_has_for_subdomains() -> None:
    record = "v=DMARC1; p=reject; sp=none"

    assert judge_dmarc("hr.norrsken.example", [record], at=DOMAIN).grade is Grade.WARNING
    assert judge_dmarc("hr.norrsken.example", ["v=DMARC1; p=reject"], at=DOMAIN).grade is Grade.GOOD
    assert judge_dmarc(DOMAIN, [record], at=DOMAIN).grade is Grade.GOOD


def test_a_domain_without_dmarc_is_told_the_record_to_publish() -> None:
    judged = judge_dmarc(DOMAIN, [], at=DOMAIN)

    assert judged.grade is Grade.WARNING
    assert judged.mend.startswith('_dmarc.norrsken.example. IN TXT "v=DMARC1; p=quarantine; rua=mailto:')


def test_two_dmarc_records_are_none() -> None:
    assert judge_dmarc(DOMAIN, ["v=DMARC1; p=none", "v=DMARC1; p=reject"], at=DOMAIN).grade is Grade.BAD
