"""Exchange and Graph in service.yaml, as settings in which every value is in its place."""

from talkcycle.domain.service import ExchangeLogin, ExchangeSettings, GraphSettings, Limits
from talkcycle.intake.findings import Findings
from talkcycle.intake.mailbox_model import ExchangeSection, GraphSection
from talkcycle.intake.service_secrets import Around

EXCHANGE, GRAPH = ("exchange",), ("graph",)
FOR_PASSWORDS = ("user", "password_env", "password_file")
FOR_OAUTH = ("client_id", "tenant", "authority", "secret_env", "secret_file")


def exchange_settings(section: ExchangeSection, around: Around) -> ExchangeSettings | None:
    """How to reach Exchange on-premises; None when something in *section* is wrong."""
    findings = around.findings
    if findings.sound((*EXCHANGE, "login")):
        _check_exchange_login(findings, section)
    key = "secret" if section.login is ExchangeLogin.OAUTH else "password"
    secret = around.secret(EXCHANGE, key, section)
    ca_file = around.existing((*EXCHANGE, "ca_file"), section.ca_file)
    if not findings.sound(EXCHANGE):
        return None
    return ExchangeSettings(
        endpoint=section.endpoint,
        login=section.login,
        user=section.user,
        secret=secret,
        client_id=section.client_id,
        tenant=section.tenant,
        authority=section.authority,
        version=section.version.value,
        ca_file=ca_file,
        timeout=section.timeout,
        secret_expires=section.secret_expires,
        limits=Limits(per_minute=section.per_minute, connections=section.connections, per_mailbox=1),
    )


def _check_exchange_login(findings: Findings, section: ExchangeSection) -> None:
    """What the login needs is there, and nothing of the other kinds."""
    oauth = section.login is ExchangeLogin.OAUTH
    for key in FOR_PASSWORDS if oauth else FOR_OAUTH:
        if getattr(section, key) is not None:
            mend = f"Take it away, or write `login: {'ntlm' if oauth else 'oauth'}`."
            findings.fault((*EXCHANGE, key), f"is of no use with {section.login}.", mend)
    needed = {"client_id": "the application's id", "tenant": "the directory's id"} if oauth else {"user": "a user"}
    for key, what in needed.items():
        if getattr(section, key) is None and (*EXCHANGE, key) not in findings.document.lines:
            example = ExchangeSection.model_fields[key].examples or [""]
            mend = f"Write for example `{key}: {example[0]}`."
            findings.fault((*EXCHANGE, key), f"is missing: {section.login} logs in with {what}.", mend)
    owner, kind = ("client_id", "secret") if oauth else ("user", "password")
    if getattr(section, owner) is not None:
        _check_given(findings, owner, kind)


def _check_given(findings: Findings, owner: str, kind: str) -> None:
    """There is a password for the user, or a secret for the client."""
    keys = (kind, f"{kind}_env", f"{kind}_file")
    if not any((*EXCHANGE, key) in findings.document.lines for key in keys):
        whose = "user" if owner == "user" else "application"
        mend = f"Write {kind}_env or {kind}_file."
        findings.fault((*EXCHANGE, owner), f"there is no {kind} for this {whose}.", mend)


def graph_settings(section: GraphSection, around: Around, *, attachment_limit: int) -> GraphSettings | None:
    """How to reach Exchange Online; None when something in *section* is wrong."""
    findings = around.findings
    _check_graph_login(findings, section)
    secret = around.secret(GRAPH, "secret", section)
    password = around.secret(GRAPH, "certificate_password", section)
    certificate = None
    if around.with_secrets and findings.sound((*GRAPH, "certificate_file")):
        certificate = around.existing((*GRAPH, "certificate_file"), section.certificate_file)
    ca_file = around.existing((*GRAPH, "ca_file"), section.ca_file)
    if section.upload_per_5_minutes < attachment_limit:
        mend = "Write more, or less for `attachment_limit`."
        findings.fault((*GRAPH, "upload_per_5_minutes"), "one message's files could never go up.", mend)
    if section.per_mailbox > section.connections:
        mend = f"Write {section.connections} at most, or more connections."
        findings.fault((*GRAPH, "per_mailbox"), "is more than all connections together.", mend)
    if not findings.sound(GRAPH):
        return None
    return GraphSettings(
        tenant=section.tenant,
        client_id=section.client_id,
        secret=secret,
        certificate=certificate,
        certificate_password=password,
        endpoint=section.endpoint,
        authority=section.authority,
        ca_file=ca_file,
        timeout=section.timeout,
        requests_per_10_minutes=section.requests_per_10_minutes,
        recipients_per_day=section.recipients_per_day,
        upload_bytes_per_5_minutes=section.upload_per_5_minutes,
        online_meetings=section.online_meetings,
        secret_expires=section.secret_expires,
        limits=Limits(per_minute=section.per_minute, connections=section.connections, per_mailbox=section.per_mailbox),
    )


def _check_graph_login(findings: Findings, section: GraphSection) -> None:
    """A secret or a certificate, and a password only for the latter."""
    secret = next((key for key in ("secret_env", "secret_file") if getattr(section, key) is not None), None)
    attempts = ("secret", "client_secret", "secret_env", "secret_file", "certificate_file")
    if secret and section.certificate_file is not None:
        mend = f"Keep it and take {secret} away, or the other way round."
        findings.fault((*GRAPH, "certificate_file"), "there is a secret as well.", mend)
    elif not any((*GRAPH, key) in findings.document.lines for key in attempts):
        mend = "Write certificate_file, secret_env or secret_file."
        findings.fault(GRAPH, "has neither a certificate nor a secret.", mend)
    for key in ("certificate_password_env", "certificate_password_file"):
        if getattr(section, key) is not None and (*GRAPH, "certificate_file") not in findings.document.lines:
            mend = "Write certificate_file, or take this away."
            findings.fault((*GRAPH, key), "there is no certificate for this password.", mend)
