"""The settings of service.yaml: names, kinds, descriptions and defaults. The schema is made from these."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.service import LogFormat, TlsMode
from talkcycle.intake.setting_types import Address, Line, Section, required, setting
from talkcycle.intake.unusable import Unusable, quoted

_UNITS = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d{1,7}) ?(|s|min|h|d)")
_SIZE = re.compile(r"(\d{1,12}(?:\.\d+)?) ?(|b|kb|mb|bytes)")
_NO_LIMIT = "no limit"


def _span(value: Any) -> timedelta:
    match = _SPAN.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 1 <= seconds <= 7 * 86400:
        raise Unusable(f"{quoted(value)} is not a time that can be waited.", "Write it as 30 s, 15 min or 2 h.")
    return timedelta(seconds=seconds)


def _size(value: Any) -> int:
    match = _SIZE.fullmatch(value.strip().casefold()) if isinstance(value, str) else None
    if match is None:
        raise Unusable(f"{quoted(value)} is not a size.", "Write it as 5 MB.")
    return int(float(match[1]) * {"kb": 1_000, "mb": 1_000_000}.get(match[2], 1))


def _rate(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().casefold() == _NO_LIMIT:
        return None
    if not isinstance(value, str) or not value.strip().isdecimal() or not 1 <= int(value[:9]) <= 100_000:
        raise Unusable(f"{quoted(value)} is not a number of messages.", 'Write a number such as 30, or "no limit".')
    return int(value)


Span = Annotated[
    timedelta,
    BeforeValidator(_span),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d+ ?(s|min|h|d)$"}]}),
]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})]
Rate = Annotated[
    int | None,
    BeforeValidator(_rate),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, {"const": _NO_LIMIT}]}),
]
Port = Annotated[int, Field(ge=1, le=65535)]


class Unknown(StrEnum):
    """What becomes of a message that may have arrived: the line died after the content was handed over."""

    RESEND = "resend"
    HOLD = "hold"


class SmtpSection(Section):
    """The server that takes our mails."""

    host: Line = required("Name or address of the server.", "smtp.example.com")
    port: Port | None = setting(None, "Port. Default: 587 with starttls, 465 with implicit, 25 with none.", 587)
    tls: TlsMode = setting(
        TlsMode.STARTTLS,
        "starttls: refuses to go on without TLS. implicit: TLS from the first byte. none: a relay on this machine.",
        "starttls",
        "implicit",
        "none",
        shown="starttls",
    )
    user: Line | None = setting(None, "User to log in as. Default: no login.", "talks@example.com")
    password_env: Line | None = setting(None, "Environment variable with the password.", "TALKCYCLE_SMTP_PASSWORD")
    password_file: Line | None = setting(None, "File with the password.", "/run/secrets/smtp_password")
    ca_file: Line | None = setting(None, "Certificates (PEM) of your own authority. Default: the system's.", "ca.pem")
    timeout: Span = setting(timedelta(seconds=60), "How long to wait for the server's answer.", "60 s", shown="60 s")


class RetrySection(Section):
    """How long and how often to try what is certainly not delivered."""

    attempts: Annotated[int, Field(ge=1, le=100)] = setting(
        RetryPolicy().most_attempts, "Attempts; after the last one a person decides.", 12, shown=12
    )
    first_pause: Span = setting(
        RetryPolicy().first_pause, "Pause after the first; it doubles each time.", "1 min", shown="1 min"
    )
    longest_pause: Span = setting(RetryPolicy().longest_pause, "Longest pause.", "2 h", shown="2 h")
    unknown_pause: Span = setting(
        RetryPolicy().unknown_pause, "Pause before what may have arrived goes again.", "15 min", shown="15 min"
    )


class ServiceFile(Section):
    """One installation of talkcycle. Only `smtp.host` and `sender` have no default. Paths are counted from this file."""

    smtp: SmtpSection = required("The server that takes our mails.", {"host": "smtp.example.com"})
    sender: Address = required("The service's own mailbox: From, envelope sender and organizer.", "talks@example.com")
    data: Line | None = setting(
        None,
        "Folder for database and keys. Default: TALKCYCLE_DATA from the environment, else `data` beside this file.",
        "data",
    )
    database: Line | None = setting(
        None,
        "Database URL without password. Default: SQLite in the data folder.",
        "sqlite:///talkcycle.db",
        "postgresql+psycopg://talkcycle@db.example.com/talkcycle",
    )
    database_password_env: Line | None = setting(
        None, "Environment variable with the database's password.", "TALKCYCLE_DATABASE_PASSWORD"
    )
    database_password_file: Line | None = setting(None, "File with the database's password.", "/run/secrets/database")
    templates: Line | None = setting(None, "Folder with HR's own texts. Default: only the shipped ones.", "templates")
    per_minute: Rate = setting(
        30, "Most messages a minute, over all connections: stay under the server's limit.", 30, shown=30
    )
    connections: Annotated[int, Field(ge=1, le=20)] = setting(2, "Connections to the server at once.", 2, shown=2)
    attachment_limit: Size = setting(
        5_000_000, "Most that one message's own files may take together.", "5 MB", shown="5 MB"
    )
    tick: Span = setting(timedelta(seconds=60), "Pause between two looks at what is due.", "60 s", shown="60 s")
    retry: RetrySection = setting(RetrySection(), "What is certainly not delivered.", {"attempts": 12})
    unknown: Unknown = setting(
        Unknown.RESEND,
        "What may have arrived. resend: the same bytes go again, calendars fold them. hold: a person decides.",
        "resend",
        "hold",
        shown="resend",
    )
    log_format: LogFormat = setting(LogFormat.TEXT, "json for machines, text for people.", "json", "text", shown="text")
    secret_env: Line | None = setting(
        None,
        "Environment variable with the secret that wraps the keys. Default: made on first start, kept in `data`.",
        "TALKCYCLE_SECRET",
    )
    secret_file: Line | None = setting(None, "File with that secret.", "/run/secrets/talkcycle")
