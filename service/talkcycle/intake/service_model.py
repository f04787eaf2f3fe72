"""The settings of service.yaml: names, kinds, descriptions and defaults. The schema is made from these."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.service import CalendarAddresses, LogFormat, TlsMode
from talkcycle.intake.inbox_model import ImapSection
from talkcycle.intake.mailbox_model import CLIENT, TENANT, ExchangeSection, GraphSection, RouteSection
from talkcycle.intake.service_types import Connections, Port, Rate, Size, Span
from talkcycle.intake.setting_types import Address, Line, Section, required, setting
from talkcycle.intake.web_section import WebSection


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


class CalendarSection(Section):
    """How the service fetches calendars from the addresses that HR collects."""

    http: bool = setting(
        CalendarAddresses().http,
        "Also from other machines without TLS: anybody on the way can read them.",
        True,
        shown=False,
    )
    ca_file: Line | None = setting(None, "Certificates (PEM) of your own authority, besides the system's.", "ca.pem")
    largest: Size = setting(CalendarAddresses().largest, "Largest calendar that is read.", "5 MB", shown="5 MB")


class ServiceFile(Section):
    """One installation of talkcycle. Only `sender` and a way to send have no default. Paths count from this file."""

    smtp: SmtpSection | None = setting(None, "A server that takes our mails.", {"host": "smtp.example.com"})
    exchange: ExchangeSection | None = setting(
        None,
        "Exchange on-premises (EWS).",
        {
            "endpoint": "https://mail.example.com/EWS/Exchange.asmx",
            "user": "EXAMPLE\\svc-talks",
            "password_env": "TALKCYCLE_EXCHANGE_PASSWORD",
        },
    )
    graph: GraphSection | None = setting(
        None,
        "Exchange Online (Microsoft Graph).",
        {"tenant": TENANT, "client_id": CLIENT, "secret_env": "TALKCYCLE_GRAPH_SECRET"},
    )
    imap: ImapSection | None = setting(
        None,
        "The service's own mailbox, where answers by mail are read.",
        {"host": "imap.example.com", "user": "talks@example.com", "password_env": "TALKCYCLE_IMAP_PASSWORD"},
    )
    routes: list[RouteSection] = setting(
        [],
        "Who serves whose mailbox: the first that fits; the roster's column `mailbox` comes first. "
        "Default: the only one there is, or smtp.",
        [{"address": "*@shop.example.com", "by": "smtp"}, {"address": "*", "by": "exchange"}],
    )
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
        30, "Most messages a minute by SMTP, over all connections: stay under the server's limit.", 30, shown=30
    )
    connections: Connections = setting(2, "Connections to the SMTP server at once.", 2, shown=2)
    attachment_limit: Size = setting(
        5_000_000, "Most that one message's own files may take together.", "5 MB", shown="5 MB"
    )
    calendars: CalendarSection = setting(CalendarSection(), "Calendars that are fetched.", {"largest": "5 MB"})
    web: WebSection | None = setting(
        None, "Pages for employees and managers. Default: none.", {"url": "https://talks.example.com"}
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
