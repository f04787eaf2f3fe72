"""What IT configures: where the service stores, from where and how it sends."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.routes import Hearing, RouteRule, Routing, Transport


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """How to read the service's own mailbox.

    Attributes:
        secret: The user's password, or the client's secret with *client_id*. Never printed.
        client_id, tenant, authority: Log in with a token (XOAUTH2, client credentials) instead of a password.
        folder: Where mail comes in. *processed*, *unreadable*: where what has been dealt with is moved to.
        poll: Between two looks; where the server tells of new mail (IDLE), it is looked at once.
        authserv_id: The name by which the own mail server signs Authentication-Results; None: it does not.
        ca_file: PEM of the organisation's own authority; None: the system's.
    """

    host: str
    user: str
    port: int = 993
    tls: TlsMode = TlsMode.IMPLICIT
    secret: str | None = field(default=None, repr=False)
    client_id: str | None = None
    tenant: str | None = None
    authority: str = "https://login.microsoftonline.com"
    folder: str = "INBOX"
    processed: str = "talkcycle-processed"
    unreadable: str = "talkcycle-unreadable"
    poll: timedelta = timedelta(minutes=5)
    authserv_id: str | None = None
    ca_file: Path | None = None
    timeout: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one transport is spared.

    Attributes:
        per_minute: Messages a minute from one mailbox; None: no limit of ours.
        connections: Lines at once, over all mailboxes.
        per_mailbox: Lines at once into one mailbox.
    """

    per_minute: int | None = 30
    connections: int = 2
    per_mailbox: int = 2


class ExchangeLogin(StrEnum):
    """How to log in to Exchange on-premises."""

    BASIC = "basic"
    NTLM = "ntlm"
    OAUTH = "oauth"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSettings:
    r"""How to reach Exchange on-premises (EWS).

    Attributes:
        endpoint: ``https://mail.example.org/EWS/Exchange.asmx``; None: autodiscovered with the sender's address.
        user: With BASIC and NTLM; ``DOMAIN\user`` or an address.
        secret: The user's password, or the client's secret with OAUTH. Never printed.
        client_id, tenant, authority: With OAUTH. *authority*: token endpoint's base; None: Microsoft's.
        version: Such as ``Exchange2016``; given, nothing is probed.
        ca_file: PEM of the organisation's own authority; None: the system's.
        secret_expires: When IT says the secret ends; ``doctor`` warns before.
    """

    endpoint: str | None
    login: ExchangeLogin = ExchangeLogin.NTLM
    user: str | None = None
    secret: str | None = field(default=None, repr=False)
    client_id: str | None = None
    tenant: str | None = None
    authority: str | None = None
    version: str = "Exchange2016"
    ca_file: Path | None = None
    timeout: timedelta = timedelta(seconds=60)
    secret_expires: date | None = None
    limits: Limits = field(default_factory=lambda: Limits(connections=1, per_mailbox=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphSettings:
    """How to reach Exchange Online (Microsoft Graph).

    Attributes:
        secret: The client's secret; None with a certificate. Never printed.
        certificate: PEM file with certificate and private key; None with a secret.
        certificate_password: Of the private key. Never printed.
        endpoint, authority: Of the cloud; other for national clouds.
        requests_per_10_minutes: To one mailbox. *recipients_per_day*: from one mailbox.
        upload_bytes_per_5_minutes: Into one mailbox.
        online_meetings: Talks that are online get a Teams link, where the cycle names no other.
        secret_expires: When IT says the secret ends; ``doctor`` warns before.
    """

    tenant: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    certificate_password: str | None = field(default=None, repr=False)
    endpoint: str = "https://graph.microsoft.com/v1.0"
    authority: str = "https://login.microsoftonline.com"
    ca_file: Path | None = None
    timeout: timedelta = timedelta(seconds=60)
    requests_per_10_minutes: int = 10_000
    recipients_per_day: int = 10_000
    upload_bytes_per_5_minutes: int = 150_000_000
    online_meetings: bool = True
    secret_expires: date | None = None
    limits: Limits = field(default_factory=lambda: Limits(connections=4, per_mailbox=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarAddresses:
    """How calendars are fetched from addresses.

    Attributes:
        http: Also without TLS from other machines than this one.
        ca_file: PEM of the organisation's own authority, besides the system's; None: only those.
        largest: Bytes of one calendar, unpacked.
    """

    http: bool = False
    ca_file: Path | None = None
    largest: int = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where the pages are.

    Attributes:
        url: What links begin with, without a slash at the end; its path is the pages' own prefix.
        host, port: Where the service listens.
        proxies: Whose X-Forwarded-For is believed: addresses or networks.
    """

    url: str
    host: str = "127.0.0.1"
    port: int = 8080
    proxies: tuple[str, ...] = ("127.0.0.1", "::1")


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
        smtp, exchange, graph: None: not used. One of them at least is there.
        imap: Where answers by mail are read; None: nowhere.
        routes: Which transport serves whose mailbox. *default_route*: for a mailbox that fits no rule.
        per_minute: Messages a minute over all SMTP connections together; None: no limit of ours.
        connections: Lines to the SMTP server at once.
        attachment_limit: Largest size of one message's own files together, bytes.
        calendars: How calendars are fetched from addresses.
        web: Pages for employees and managers; None: there are none, and mails name HR's mailbox instead.
        tick: Pause between ticks. *watch*: between two looks into the calendars in which talks stand.
        secret: Wraps the rounds' keys; None: a key file in the data folder, made on first start.
    """

    data: Path
    database: str
    sender: str
    smtp: SmtpSettings | None = None
    exchange: ExchangeSettings | None = None
    graph: GraphSettings | None = None
    imap: ImapSettings | None = None
    routes: tuple[RouteRule, ...] = ()
    default_route: Transport = Transport.SMTP
    templates: Path | None = None
    per_minute: int | None = 30
    connections: int = 2
    attachment_limit: int = 5_000_000
    calendars: CalendarAddresses = field(default_factory=CalendarAddresses)
    web: WebSettings | None = None
    tick: timedelta = timedelta(seconds=60)
    watch: timedelta = timedelta(minutes=5)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    log_format: LogFormat = LogFormat.TEXT
    secret: str | None = field(default=None, repr=False)

    @property
    def routing(self) -> Routing:
        available = frozenset(Transport(name) for name in self.limits)
        return Routing(
            sender=self.sender,
            rules=self.routes,
            otherwise=self.default_route,
            available=available,
            hears=Hearing(answers_by_mail=self.imap is not None, pages=self.web is not None),
        )

    @property
    def limits(self) -> dict[str, Limits]:
        """By transport, of those that are configured."""
        found: dict[str, Limits] = {}
        if self.smtp is not None:
            found[Transport.SMTP] = Limits(
                per_minute=self.per_minute, connections=self.connections, per_mailbox=self.connections
            )
        if self.exchange is not None:
            found[Transport.EXCHANGE] = self.exchange.limits
        if self.graph is not None:
            found[Transport.GRAPH] = self.graph.limits
        return found
