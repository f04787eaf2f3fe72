"""Read service.yaml: every fault at once, or settings in which every value is in its place."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.routes import Transport
from talkcycle.domain.service import CalendarAddresses, ServiceSettings, SmtpSettings, TlsMode
from talkcycle.intake.database_url import database_url
from talkcycle.intake.findings import Findings
from talkcycle.intake.inbox_section import imap_settings
from talkcycle.intake.mailbox_sections import exchange_settings, graph_settings
from talkcycle.intake.routes_section import read_routes
from talkcycle.intake.service_model import CalendarSection, ServiceFile, SmtpSection, Unknown
from talkcycle.intake.service_secrets import Around, secrets_in_the_open
from talkcycle.intake.service_types import is_here
from talkcycle.intake.web_section import web_settings
from talkcycle.intake.yaml_lines import read_document

DATA_VARIABLE = "TALKCYCLE_DATA"
PORTS = {TlsMode.STARTTLS: 587, TlsMode.IMPLICIT: 465, TlsMode.NONE: 25}
SHORTEST_KEY = 16
LARGEST_CALENDAR = 20_000_000


def read_service(path: Path, env: Mapping[str, str], *, with_secrets: bool = True) -> ServiceSettings:
    """The settings of *path*, relative paths counted from its folder, secrets taken from *env* or from files.

    Args:
        with_secrets: False leaves every secret out, and does not ask whether it is there.

    Raises:
        FaultyInput: With every fault.
    """
    findings = Findings(read_document(path))
    secrets_in_the_open(findings)
    raw = findings.document.value
    settings = findings.section(ServiceFile, raw, apart=frozenset({"routes"}))
    around = Around(findings, path.parent.absolute(), env, with_secrets=with_secrets)
    configured = _configured(findings)
    smtp = _smtp(settings.smtp, around) if settings.smtp is not None and isinstance(raw.get("smtp"), dict) else None
    exchange = graph = None
    if settings.exchange is not None and isinstance(raw.get("exchange"), dict):
        exchange = exchange_settings(settings.exchange, around)
    if settings.graph is not None and isinstance(raw.get("graph"), dict):
        graph = graph_settings(settings.graph, around, attachment_limit=settings.attachment_limit)
    imap = None
    if settings.imap is not None and isinstance(raw.get("imap"), dict):
        imap = imap_settings(settings.imap, around)
    routes, default_route = read_routes(findings, raw.get("routes"), configured)
    database_password = around.secret((), "database_password", settings)
    secret = around.secret((), "secret", settings)
    if secret is not None and len(secret) < SHORTEST_KEY:
        findings.fault(("secret_env",), "the secret is too short.", f"Give at least {SHORTEST_KEY} characters.")
    data = path.parent.absolute() / (settings.data or env.get(DATA_VARIABLE) or "data")
    database = database_url(findings, around.folder, settings.database, data, database_password)
    templates = around.existing(("templates",), settings.templates, folder=True)
    calendars = _calendars(settings.calendars, around)
    web = None
    if settings.web is not None and isinstance(raw.get("web"), dict):
        web = web_settings(settings.web, findings)
    if findings.sound(("retry",)) and settings.retry.longest_pause < settings.retry.first_pause:
        findings.fault(("retry", "longest_pause"), "is shorter than the first pause.", "Write a longer one.")
    if findings.faults:
        raise FaultyInput(findings.faults)
    return ServiceSettings(
        data=data,
        database=database,
        sender=settings.sender,
        smtp=smtp,
        exchange=exchange,
        graph=graph,
        imap=imap,
        routes=routes,
        default_route=default_route,
        templates=templates,
        per_minute=settings.per_minute,
        connections=settings.connections,
        attachment_limit=settings.attachment_limit,
        calendars=calendars,
        web=web,
        tick=settings.tick,
        retry=RetryPolicy(
            most_attempts=settings.retry.attempts,
            first_pause=settings.retry.first_pause,
            longest_pause=settings.retry.longest_pause,
            unknown_pause=settings.retry.unknown_pause,
            hold_unknown=settings.unknown is Unknown.HOLD,
        ),
        log_format=settings.log_format,
        secret=secret,
    )


def _configured(findings: Findings) -> Sequence[Transport]:
    """Transports the file has a section of, faulty ones too. None at all is a fault."""
    found = [transport for transport in Transport if (transport.value,) in findings.document.lines]
    if not found:
        mend = "Write for example `smtp: {host: smtp.example.com}`."
        findings.fault(("smtp",), "is missing, and so are exchange and graph: nothing could be sent.", mend)
    return found


def _smtp(settings: SmtpSection, around: Around) -> SmtpSettings | None:
    """How to reach the server; None when something in *settings* is wrong."""
    findings = around.findings
    if not findings.sound(("smtp",)):
        return None
    password = around.secret(("smtp",), "password", settings)
    if findings.sound(("smtp",)):
        _check_login(findings, settings, password)
    if findings.sound(("smtp",)):
        ca_file = around.existing(("smtp", "ca_file"), settings.ca_file)
    if not findings.sound(("smtp",)):
        return None
    return SmtpSettings(
        host=settings.host,
        port=settings.port or PORTS[settings.tls],
        tls=settings.tls,
        user=settings.user,
        password=password,
        ca_file=ca_file,
        timeout=settings.timeout,
    )


def _check_login(findings: Findings, smtp: SmtpSection, password: str | None) -> None:
    named = smtp.password_env or smtp.password_file
    if smtp.user and not named:
        mend = "Write password_env or password_file, or take the user away."
        findings.fault(("smtp", "user"), "there is no password for this user.", mend)
    if named and not smtp.user:
        key = "password_env" if smtp.password_env else "password_file"
        findings.fault(("smtp", key), "there is no user for this password.", "Write `user`, or take this away.")
    if smtp.tls is TlsMode.NONE and password is not None and not is_here(smtp.host):
        mend = "Write starttls or implicit; none is for a relay on this machine."
        findings.fault(("smtp", "tls"), "the password would cross the network unencrypted.", mend)


def _calendars(settings: CalendarSection, around: Around) -> CalendarAddresses:
    path = ("calendars", "largest")
    if around.findings.sound(path) and not 1 <= settings.largest <= LARGEST_CALENDAR:
        around.findings.fault(path, "is no size of a calendar.", f"Write at most {LARGEST_CALENDAR // 1_000_000} MB.")
    ca_file = around.existing(("calendars", "ca_file"), settings.ca_file)
    return CalendarAddresses(http=settings.http, ca_file=ca_file, largest=settings.largest)
