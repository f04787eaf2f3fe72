"""What service.yaml means, and every fault it can have."""

from datetime import timedelta
from pathlib import Path

import pytest

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.service import CalendarAddresses, LogFormat, ServiceSettings, SmtpSettings, TlsMode
from talkcycle.intake.service_file import read_service
from talkcycle.resources import shipped

LEAST = "smtp: {host: smtp.example.com}\nsender: talks@example.com\n"


def read(folder: Path, text: str, **env: str) -> ServiceSettings:
    path = folder / "service.yaml"
    path.write_text(text, encoding="utf-8")
    return read_service(path, env)


def test_the_smallest_file_has_a_default_for_everything_else(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST) == ServiceSettings(
        data=tmp_path / "data",
        database=f"sqlite:///{tmp_path}/data/talkcycle.db",
        smtp=SmtpSettings(host="smtp.example.com"),
        sender="talks@example.com",
    )


def test_the_shipped_example_writes_out_what_holds_anyway(tmp_path: Path) -> None:
    env = {"TALKCYCLE_DATA": str(tmp_path)}
    assert read_service(shipped("config") / "service.yaml", env) == ServiceSettings(
        data=tmp_path,
        database=f"sqlite:///{tmp_path}/talkcycle.db",
        smtp=SmtpSettings(host="smtp.norrskenkonsult.example"),
        sender="samtal@norrskenkonsult.example",
    )


def test_every_setting_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----", encoding="utf-8")
    (tmp_path / "password").write_text("of the server\n", encoding="utf-8")
    settings = read(
        tmp_path,
        """
smtp:
  host: smtp.example.com
  tls: implicit
  user: talks
  password_file: password
  ca_file: ca.pem
  timeout: 30
sender: talks@example.com
data: /srv/talks
database: postgresql://talks@db.example/talks?connect_timeout=5
database_password_env: DB
templates: texts
per_minute: no limit
connections: 4
attachment_limit: 2.5 MB
calendars: {http: yes, ca_file: ca.pem, largest: 2 MB}
tick: 5 min
retry: {attempts: 3, first_pause: 10 s, longest_pause: 1 h, unknown_pause: 30 min}
unknown: hold
log_format: json
secret_env: SECRET
""",
        DB="p@ss/word",
        SECRET="sixteen letters or more",
    )
    assert settings == ServiceSettings(
        data=Path("/srv/talks"),
        database="postgresql+psycopg://talks:p%40ss%2Fword@db.example/talks?connect_timeout=5",
        smtp=SmtpSettings(
            host="smtp.example.com",
            port=465,
            tls=TlsMode.IMPLICIT,
            user="talks",
            password="of the server",
            ca_file=tmp_path / "ca.pem",
            timeout=timedelta(seconds=30),
        ),
        sender="talks@example.com",
        templates=tmp_path / "texts",
        per_minute=None,
        connections=4,
        attachment_limit=2_500_000,
        calendars=CalendarAddresses(http=True, ca_file=tmp_path / "ca.pem", largest=2_000_000),
        tick=timedelta(minutes=5),
        retry=RetryPolicy(
            most_attempts=3,
            first_pause=timedelta(seconds=10),
            longest_pause=timedelta(hours=1),
            unknown_pause=timedelta(minutes=30),
            hold_unknown=True,
        ),
        log_format=LogFormat.JSON,
        secret="sixteen letters or more",
    )
    assert "of the server" not in repr(settings)
    assert "sixteen letters" not in repr(settings)


@pytest.mark.parametrize(("tls", "port"), [("starttls", 587), ("implicit", 465), ("none", 25)])
def test_the_port_follows_the_tls_mode(tmp_path: Path, tls: str, port: int) -> None:
    text = LEAST.replace("com}", f"com, tls: {tls}}}")
    settings = read(tmp_path, text)
    assert settings.smtp is not None
    assert settings.smtp.port == port


def test_a_relative_database_lies_beside_the_file_and_an_absolute_one_where_it_says(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST + "database: sqlite:///talks.db\n").database == f"sqlite:///{tmp_path}/talks.db"
    assert read(tmp_path, LEAST + "database: sqlite:////srv/talks.db\n").database == "sqlite:////srv/talks.db"


def test_the_file_names_the_data_folder_before_the_environment_does(tmp_path: Path) -> None:
    assert read(tmp_path, LEAST + "data: here\n", TALKCYCLE_DATA="/there").data == tmp_path / "here"
    assert read(tmp_path, LEAST, TALKCYCLE_DATA="/there").data == Path("/there")


def test_a_relay_on_this_machine_may_have_a_password_without_tls(tmp_path: Path) -> None:
    text = LEAST.replace("smtp.example.com}", "127.0.0.1, tls: none, user: u, password_env: P}")
    settings = read(tmp_path, text, P="x")
    assert settings.smtp is not None
    assert settings.smtp.password == "x"


SMTP = "sender: talks@example.com\nsmtp:\n  host: smtp.example.com\n"
FAULTS = [
    pytest.param(
        "sender: talks@example.com\n",
        [
            (
                ": smtp is missing, and so are exchange and graph: nothing could be sent. "
                "Write for example `smtp: {host: smtp.example.com}`."
            )
        ],
        id="no server",
    ),
    pytest.param(
        "smtp: {port: 25}\n",
        [
            ": sender is missing. Write for example `sender: talks@example.com`.",
            ":1: smtp.host is missing. Write for example `host: smtp.example.com`.",
        ],
        id="no host and no sender",
    ),
    pytest.param(
        SMTP + "  password: hunter2\n",
        [
            (
                ":4: smtp.password a secret does not belong in this file. Take it away, and name an environment "
                "variable (password_env) or a file (password_file) that has it."
            )
        ],
        id="a password in the file",
    ),
    pytest.param(
        LEAST + "database: postgresql+psycopg://u:hunter2@db/x\n",
        [
            (
                ":3: database a password does not belong in this file. "
                "Take it away, and name database_password_env or database_password_file."
            )
        ],
        id="a password in the database's URL",
    ),
    pytest.param(
        LEAST + "secret: hunter2\n",
        [
            (
                ":3: secret a secret does not belong in this file. Take it away, and name an environment "
                "variable (secret_env) or a file (secret_file) that has it."
            )
        ],
        id="the keys' secret in the file",
    ),
    pytest.param(
        SMTP + "  user: u\n",
        [
            (
                ":4: smtp.user there is no password for this user. "
                "Write password_env or password_file, or take the user away."
            )
        ],
        id="a user without a password",
    ),
    pytest.param(
        SMTP + "  password_env: SET\n",
        [":4: smtp.password_env there is no user for this password. Write `user`, or take this away."],
        id="a password without a user",
    ),
    pytest.param(
        SMTP + "  user: u\n  password_env: UNSET\n",
        [
            (
                ':5: smtp.password_env the environment has no "UNSET". '
                "Set it where the service is started, or check its name."
            )
        ],
        id="a variable that is not set",
    ),
    pytest.param(
        SMTP + "  user: u\n  password_file: gone\n",
        [':5: smtp.password_file "gone" is not there. Check the path and who may read it.'],
        id="a file that is not there",
    ),
    pytest.param(
        SMTP + "  user: u\n  password_file: two-lines\n",
        [':5: smtp.password_file "two-lines" does not have one secret in it. Write it on one line.'],
        id="a file with two lines",
    ),
    pytest.param(
        SMTP + "  user: u\n  password_env: SET\n  password_file: gone\n",
        [":6: smtp.password_file the secret is given twice. Keep password_env or password_file."],
        id="two passwords",
    ),
    pytest.param(
        SMTP + "  tls: none\n  user: u\n  password_env: SET\n",
        [
            (
                ":4: smtp.tls the password would cross the network unencrypted. "
                "Write starttls or implicit; none is for a relay on this machine."
            )
        ],
        id="a password without TLS",
    ),
    pytest.param(
        SMTP + "  tls: startls\n  port: 70000\n  timeout: soon\n  ca_file: gone.pem\n",
        [
            ':4: smtp.tls "startls" is not one of the choices. Did you mean "starttls"?',
            ':5: smtp.port "70000" is too much. The most is 65535.',
            ':6: smtp.timeout "soon" is not a time that can be waited. Write it as 30 s, 15 min or 2 h.',
        ],
        id="several in the server",
    ),
    pytest.param(
        LEAST + "databse: x\nper_minute: 0\nattachment_limit: big\nconnections: 99\nlog_format: xml\n",
        [
            ':3: databse "databse" is not a setting. Did you mean "database"?',
            ':4: per_minute "0" is not a number of messages. Write a number such as 30, or "no limit".',
            ':5: attachment_limit "big" is not a size. Write it as 5 MB.',
            ':6: connections "99" is too much. The most is 20.',
            ':7: log_format "xml" is not one of the choices. Write json or text.',
        ],
        id="several at once",
    ),
    pytest.param(
        LEAST + "database: mysql://db/x\ntemplates: gone\nsecret_env: SHORT\nunknown: forget\n",
        [
            (
                ":3: database is not the URL of a database we can use. "
                "Write sqlite:///talkcycle.db or postgresql+psycopg://user@host/name."
            ),
            ':4: templates "gone" is not a folder that is there. Check the path; it is counted from this file.',
            ":5: secret_env the secret is too short. Give at least 16 characters.",
            ':6: unknown "forget" is not one of the choices. Write resend or hold.',
        ],
        id="things that are not there",
    ),
    pytest.param(
        LEAST + "calendars:\n  http: perhaps\n  ca_file: gone.pem\n  largest: 1000 MB\n",
        [
            ':4: calendars.http "perhaps" is neither true nor false. Write true or false.',
            ':5: calendars.ca_file "gone.pem" is not a file that is there. Check the path; it is counted from this file.',
            ":6: calendars.largest is no size of a calendar. Write at most 20 MB.",
        ],
        id="calendars that cannot be fetched like this",
    ),
    pytest.param(
        LEAST + "retry: {first_pause: 2 h, longest_pause: 1 min}\n",
        [":3: retry.longest_pause is shorter than the first pause. Write a longer one."],
        id="reversed pauses",
    ),
    pytest.param(
        "smtp: {host: h.example.com}\nsender: talks\n",
        [
            (
                ':2: sender "talks" is not an address: it needs exactly one @. '
                "Write one address such as anna.berg@example.com."
            )
        ],
        id="a sender that is no address",
    ),
]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_is_located_and_says_how_to_mend_it(tmp_path: Path, text: str, expected: list[str]) -> None:
    (tmp_path / "two-lines").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(FaultyInput) as raised:
        read(tmp_path, text, SET="x", SHORT="x")
    found = [str(fault).removeprefix(f"{tmp_path}/service.yaml") for fault in raised.value.faults]
    assert found == expected
    assert "hunter2" not in str(raised.value)
