"""What IT configures: where the service stores, from where and how it sends."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from talkcycle.domain.delivery import RetryPolicy


class TlsMode(StrEnum):
    """``starttls`` refuses to go on without TLS. ``none`` is for a relay on the same machine."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """How to reach the submission server.

    Attributes:
        password: Read from the environment or a file when the settings were loaded; never printed.
        ca_file: PEM of the organisation's own authority; None: the system's.
    """

    host: str
    port: int = 587
    tls: TlsMode = TlsMode.STARTTLS
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    timeout: timedelta = timedelta(seconds=60)


class LogFormat(StrEnum):
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """One installation.

    Attributes:
        database: SQLAlchemy URL; SQLite in the data folder by default.
        data: Folder for database, keys and marks.
        templates: HR's own templates; None: only the shipped ones.
        sender: The service mailbox: From, envelope sender and ORGANIZER.
        per_minute: Messages a minute over all connections together; None: no limit of ours.
        connections: Lines to the server at once.
        attachment_limit: Largest size of one message's own files together, bytes.
        tick: Pause between ticks.
        secret: Wraps the rounds' keys; None: a key file in the data folder, made on first start.
    """

    data: Path
    database: str
    smtp: SmtpSettings
    sender: str
    templates: Path | None = None
    per_minute: int | None = 30
    connections: int = 2
    attachment_limit: int = 5_000_000
    tick: timedelta = timedelta(seconds=60)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    log_format: LogFormat = LogFormat.TEXT
    secret: str | None = field(default=None, repr=False)
