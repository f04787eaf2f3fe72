"""``talkcycle doctor`` on Exchange on-premises: each thing that IT gets wrong there."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doctored_company import CEO, KARIN, SENDER, Company, of, on_premises
from servers.ews_server import EwsServer
from servers.self_signed import self_signed


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company[EwsServer]]:
    with on_premises(tmp_path) as made:
        yield made


def test_a_wrong_password_is_tried_once(company: Company[EwsServer]) -> None:
    (company.config / "secret").write_text("wrong-4f1c")

    found = company.doctor(status=3)

    assert set(of(found, "bad")) == {"login"}
    assert len(company.server.logins) == 1
    assert "wrong-4f1c" not in str(found)


def test_a_mailbox_that_should_be_closed_is_good_and_bad_where_it_opens(company: Company[EwsServer]) -> None:
    assert of(company.doctor("--outside", CEO), "good")["scope"]["about"]["mailbox"] == CEO
    company.server.settings.scope = None

    found = company.doctor("--outside", CEO, status=3)

    scope = of(found, "bad")["scope"]
    assert scope["about"]["mailbox"] == CEO
    assert "Remove-ManagementRoleAssignment" in scope["mend"]


def test_a_manager_outside_the_scope_is_bad_with_the_command_that_lets_them_in(company: Company[EwsServer]) -> None:
    company.server.settings.scope = frozenset({SENDER})

    found = company.doctor(status=3)

    closed = of(found, "bad")["impersonation"]
    assert closed["about"]["mailbox"] == KARIN
    assert "-Role ApplicationImpersonation" in closed["mend"]


def test_a_clock_that_is_wrong_is_told(tmp_path: Path) -> None:
    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=20)

    with on_premises(tmp_path, now=ahead, scope=None) as company:
        found = company.doctor(status=3)

    assert re.search(r"\b(1199|1200) s apart", of(found, "bad")["clock"]["says"])
    assert "timedatectl" in of(found, "bad")["clock"]["mend"]


def test_a_certificate_that_nobody_vouches_for_is_bad_and_no_password_is_sent(
    company: Company[EwsServer], tmp_path: Path
) -> None:
    company.edit(str(company.server.ca_file), str(self_signed(tmp_path).file))

    found = company.doctor(status=3)

    assert "exchange.ca_file" in of(found, "bad")["tls"]["mend"]
    assert company.server.logins == []
