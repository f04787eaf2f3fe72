"""The service's own mailbox in service.yaml: what it means, and every fault it can have."""

from datetime import timedelta
from pathlib import Path

import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.service import ImapSettings, ServiceSettings, TlsMode
from talkcycle.intake.service_file import read_service

LEAST = "smtp: {host: smtp.example.com}\nsender: talks@example.com\n"
IMAP = LEAST + "imap:\n  host: imap.example.com\n  user: talks@example.com\n"


def read(folder: Path, text: str, *, with_secrets: bool = True, **env: str) -> ServiceSettings:
    path = folder / "service.yaml"
    path.write_text(text, encoding="utf-8")
    return read_service(path, env, with_secrets=with_secrets)


def test_without_a_section_no_mailbox_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST).imap is None


def test_the_smallest_section_has_a_default_for_everything_else(tmp_path: Path) -> None:
    settings = read(tmp_path, IMAP + "  password_env: SET\n", SET="hunter2")
    assert settings.imap == ImapSettings(host="imap.example.com", user="talks@example.com", secret="hunter2")
    assert "hunter2" not in repr(settings)


def test_every_setting_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    (tmp_path / "password").write_text("hunter2\n", encoding="utf-8")
    text = IMAP + (
        "  tls: starttls\n  port: 1143\n  password_file: password\n  folder: Inkorg\n  processed: Svar\n"
        "  unreadable: Oläsligt\n  poll: 1 min\n  authserv_id: mx.example.com\n  ca_file: ca.pem\n  timeout: 20\n"
    )
    assert read(tmp_path, text).imap == ImapSettings(
        host="imap.example.com",
        user="talks@example.com",
        port=1143,
        tls=TlsMode.STARTTLS,
        secret="hunter2",
        folder="Inkorg",
        processed="Svar",
        unreadable="Oläsligt",
        poll=timedelta(minutes=1),
        authserv_id="mx.example.com",
        ca_file=tmp_path / "ca.pem",
        timeout=timedelta(seconds=20),
    )


def test_an_application_may_log_in_instead_of_a_user(tmp_path: Path) -> None:
    text = IMAP + (
        "  client_id: app\n  tenant: example.com\n  secret_env: SET\n  authority: https://login.microsoftonline.us/\n"
    )
    settings = read(tmp_path, text, SET="hunter2")
    assert settings.imap == ImapSettings(
        host="imap.example.com",
        user="talks@example.com",
        secret="hunter2",
        client_id="app",
        tenant="example.com",
        authority="https://login.microsoftonline.us",
    )
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(("tls", "port"), [("implicit", 993), ("starttls", 143), ("none", 143)])
def test_the_port_follows_the_tls_mode(tmp_path: Path, tls: str, port: int) -> None:
    text = IMAP.replace("imap.example.com", "localhost") + f"  tls: {tls}\n  password_env: SET\n"
    settings = read(tmp_path, text, SET="x")
    assert settings.imap is not None
    assert settings.imap.port == port


def test_who_only_looks_needs_no_password(tmp_path: Path) -> None:
    settings = read(tmp_path, IMAP + "  password_env: UNSET\n", with_secrets=False)
    assert settings.imap is not None
    assert settings.imap.secret is None


FAULTS = [
    pytest.param(
        LEAST + "imap: {port: 993}\n",
        [
            ":3: imap.host is missing. Write for example `host: imap.example.com`.",
            ":3: imap.user is missing. Write for example `user: talks@example.com`.",
        ],
        id="no host and no user",
    ),
    pytest.param(
        IMAP,
        [":5: imap.user there is no password for this user. Write password_env or password_file."],
        id="no password",
    ),
    pytest.param(
        IMAP + "  password: hunter2\n",
        [
            (
                ":6: imap.password a secret does not belong in this file. Take it away, and name an environment "
                "variable (password_env) or a file (password_file) that has it."
            )
        ],
        id="a password in the file",
    ),
    pytest.param(
        IMAP + "  client_id: app\n  tenant: example.com\n  client_secret: hunter2\n",
        [
            (
                ":8: imap.client_secret a secret does not belong in this file. Take it away, and name an environment "
                "variable (secret_env) or a file (secret_file) that has it."
            )
        ],
        id="a secret in the file",
    ),
    pytest.param(
        IMAP + "  password_env: UNSET\n",
        [
            (
                ':6: imap.password_env the environment has no "UNSET". '
                "Set it where the service is started, or check its name."
            )
        ],
        id="a variable that is not set",
    ),
    pytest.param(
        IMAP + "  client_id: app\n",
        [
            (
                ":3: imap.tenant is missing: a token comes from the application's directory. "
                "Write for example `tenant: 0f8fad5b-d9cb-469f-a165-70867728950e`."
            ),
            ":6: imap.client_id there is no secret for this application. Write secret_env or secret_file.",
        ],
        id="an application alone",
    ),
    pytest.param(
        IMAP + "  client_id: app\n  tenant: example.com\n  secret_env: SET\n  password_env: SET\n",
        [":9: imap.password_env is of no use with client_id. Keep the password or the application, not both."],
        id="a password and an application",
    ),
    pytest.param(
        IMAP + "  password_env: SET\n  tenant: example.com\n  secret_env: SET\n",
        [
            ":7: imap.tenant is of no use without client_id. Write client_id, or take it away.",
            ":8: imap.secret_env is of no use without client_id. Write client_id, or take it away.",
        ],
        id="half an application",
    ),
    pytest.param(
        IMAP + "  tls: none\n  password_env: SET\n",
        [
            (
                ":6: imap.tls login and mails would cross the network unencrypted. "
                "Write implicit or starttls; none is for a server on this machine."
            )
        ],
        id="no TLS to another machine",
    ),
    pytest.param(
        IMAP + "  password_env: SET\n  processed: inbox\n  unreadable: Inbox\n",
        [
            ":7: imap.processed is the same folder as `folder`. Write the name of another one.",
            ":8: imap.unreadable is the same folder as `folder`. Write the name of another one.",
        ],
        id="mails that would be found again",
    ),
    pytest.param(
        IMAP + "  password_env: SET\n  processed: done\n  unreadable: Done\n",
        [":8: imap.unreadable is the same folder as `processed`. Write the name of another one."],
        id="one folder for both",
    ),
    pytest.param(
        IMAP + "  password_env: SET\n  poll: soon\n  ca_file: gone.pem\n  tls: ssl\n  authserv: x\n  port: 0\n",
        [
            ':7: imap.poll "soon" is not a time that can be waited. Write it as 30 s, 15 min or 2 h.',
            ':8: imap.ca_file "gone.pem" is not a file that is there. Check the path; it is counted from this file.',
            ':9: imap.tls "ssl" is not one of the choices. Write starttls, implicit or none.',
            ':10: imap.authserv "authserv" is not a setting. Did you mean "authserv_id"?',
            ':11: imap.port "0" is too little. The least is 1.',
        ],
        id="several at once",
    ),
    pytest.param(
        LEAST + "imap: imap.example.com\n",
        [":3: imap must be a group of settings. Write them below it, indented."],
        id="no group",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_is_located_and_says_how_to_mend_it(tmp_path: Path, text: str, expected: list[str]) -> None:
    with pytest.raises(FaultyInput) as raised:
        read(tmp_path, text, SET="x")
    found = [str(fault).removeprefix(f"{tmp_path}/service.yaml") for fault in raised.value.faults]
    assert sorted(found) == sorted(expected)
    assert "hunter2" not in str(raised.value)
