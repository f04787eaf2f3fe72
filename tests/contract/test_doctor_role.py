"""What every doctor owes: the truth about a server, a mend for each fault, and not a trace of having been there."""

from collections.abc import Iterator, Sequence

import pytest

from harness.doctors import Ward
from harness.playing import HAS_A_DOCTOR, examined
from talkcycle.domain.mailboxes import Finding, Grade


@pytest.fixture(params=HAS_A_DOCTOR)
def ward(request: pytest.FixtureRequest) -> Iterator[Ward]:
    with examined(request.param) as made:
        yield made


def examine(ward: Ward, sample: Sequence[str] | None = None, *, right_secret: bool = True) -> list[Finding]:
    doctor = ward.doctor(right_secret=right_secret)
    return list(doctor.examine(ward.sample if sample is None else sample, ward.outside))


def test_a_healthy_server_has_nothing_that_is_bad(ward: Ward) -> None:
    findings = examine(ward)

    assert [finding for finding in findings if finding.grade is Grade.BAD] == []
    assert {"login", "tls"} <= {finding.check for finding in findings if finding.grade is not Grade.UNTOLD}
    assert {finding.transport for finding in findings} == {ward.transport}


def test_a_password_that_is_wrong_is_found_with_one_login(ward: Ward) -> None:
    findings = examine(ward, right_secret=False)

    assert Grade.BAD in {finding.grade for finding in findings if finding.check == "login"}
    assert ward.logins() == 1


def test_a_mailbox_outside_that_can_be_opened_is_found(ward: Ward) -> None:
    if not ward.open_too_much():
        pytest.skip(f"{ward.name}: no mailbox is opened there")

    bad = [finding for finding in examine(ward) if finding.grade is Grade.BAD]

    assert [finding for finding in bad if ward.outside[0] in finding.about.values()]


def test_a_mailbox_of_the_sample_that_cannot_be_served_is_found(ward: Ward) -> None:
    findings = examine(ward, (*ward.sample, ward.unserved))

    bad = [finding for finding in findings if finding.grade in {Grade.BAD, Grade.WARNING}]
    assert [finding for finding in bad if ward.unserved in finding.about.values()]


@pytest.mark.parametrize("right_secret", [True, False])
def test_whatever_is_not_good_says_how_to_mend_it(ward: Ward, *, right_secret: bool) -> None:
    ward.open_too_much()

    findings = examine(ward, (*ward.sample, ward.unserved), right_secret=right_secret)

    assert [finding for finding in findings if not finding.says] == []
    assert [finding for finding in findings if finding.grade is not Grade.GOOD and not finding.mend] == []


def test_no_secret_is_shown(ward: Ward) -> None:
    for right_secret in (True, False):
        shown = repr(examine(ward, right_secret=right_secret))
        assert [secret for secret in ward.secrets if secret in shown] == []


def test_nobody_is_told_and_nothing_is_written(ward: Ward) -> None:
    before = ward.traces()

    examine(ward)

    assert ward.traces() == before


def test_an_examination_can_be_repeated(ward: Ward) -> None:
    first, second = (
        [(finding.check, finding.grade) for finding in examine(ward)],
        [(finding.check, finding.grade) for finding in examine(ward)],
    )

    assert first == second


def test_a_server_that_is_away_is_found_and_nothing_is_raised(ward: Ward) -> None:
    ward.stop()

    findings = examine(ward)

    assert Grade.BAD in {finding.grade for finding in findings}
    assert [finding for finding in findings if finding.grade is not Grade.GOOD and not finding.mend] == []
