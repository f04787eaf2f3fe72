"""``talkcycle doctor`` on Exchange Online: each thing that IT gets wrong there."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doctored_company import CEO, KARIN, Company, of, online, settings_of
from servers.graph_received import Place
from servers.graph_server import GraphServer
from servers.graph_tenant import DIRECTORY_RIGHTS
from servers.self_signed import self_signed


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company[GraphServer]]:
    with online(tmp_path) as made:
        yield made


def test_what_no_dry_check_can_show_is_said_so(company: Company[GraphServer]) -> None:
    assert set(of(company.doctor(), "untold")) == {"mail-send", "rooms-accept"}


def test_a_wrong_secret_is_tried_once(company: Company[GraphServer]) -> None:
    (company.config / "secret").write_text("wrong~4f1c")

    found = company.doctor(status=3)

    assert set(of(found, "bad")) == {"login"}
    tokens = [each for each in company.server.requests if each.place is Place.TOKENS and each.method == "POST"]
    assert len(tokens) == 1
    assert "wrong~4f1c" not in str(found)


def test_a_mailbox_that_should_be_closed_and_opens_is_bad(company: Company[GraphServer]) -> None:
    company.server.access.scope = None

    found = company.doctor("--outside", CEO, status=3)

    scope = of(found, "bad")["scope"]
    assert scope["about"]["mailbox"] == CEO
    assert f"-Resource {CEO}" in scope["mend"]


def test_rights_in_the_whole_tenant_are_bad_with_the_command_that_takes_them_away(tmp_path: Path) -> None:
    with online(tmp_path, roles={*DIRECTORY_RIGHTS, "Mail.ReadWrite"}) as company:
        found = company.doctor(status=3)

    right = of(found, "bad")["rights"]
    assert right["about"]["right"] == "Mail.ReadWrite"
    assert "Remove-MgServicePrincipalAppRoleAssignment" in right["mend"]


def test_a_manager_outside_the_scope_is_bad_with_the_command_that_lets_them_in(company: Company[GraphServer]) -> None:
    assert company.server.access.scope is not None
    company.server.access.scope -= {KARIN}

    found = company.doctor(status=3)

    calendar = of(found, "bad")["calendar"]
    assert calendar["about"]["mailbox"] == KARIN
    assert f"Add-DistributionGroupMember talkcycle -Member {KARIN}" in calendar["mend"]


def test_an_expired_certificate_is_bad(company: Company[GraphServer]) -> None:
    expired = self_signed(company.config, name="talkcycle", days=(-400, -35))
    company.configure(settings_of(company.server, f"certificate_file: {expired.file.name}"))

    found = company.doctor(status=3)

    assert f"{expired.expires:%Y-%m-%d}" in of(found, "bad")["certificate"]["says"]
    assert "Update-MgApplication" in of(found, "bad")["certificate"]["mend"]


def test_a_key_that_others_can_read_is_a_warning(company: Company[GraphServer]) -> None:
    made = self_signed(company.config, name="talkcycle")
    made.file.chmod(0o644)
    company.configure(settings_of(company.server, f"certificate_file: {made.file.name}"))

    found = company.doctor(status=3)  # nobody has registered it

    assert of(found, "warning")["permissions"]["mend"] == f"chmod 600 {made.file}"


def test_a_clock_that_is_wrong_is_told(tmp_path: Path) -> None:
    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(minutes=20)

    with online(tmp_path, now=ahead) as company:
        found = company.doctor(status=3)

    assert "behind" in of(found, "bad")["clock"]["says"]
    assert "timedatectl" in of(found, "bad")["clock"]["mend"]
