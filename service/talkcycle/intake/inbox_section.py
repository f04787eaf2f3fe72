"""The service's own mailbox in service.yaml, as settings in which every value is in its place."""

from talkcycle.domain.service import ImapSettings, TlsMode
from talkcycle.intake.findings import Findings
from talkcycle.intake.inbox_model import ImapSection
from talkcycle.intake.mailbox_model import TENANT
from talkcycle.intake.service_secrets import Around
from talkcycle.intake.service_types import is_here
from talkcycle.intake.yaml_lines import KeyPath

IMAP = ("imap",)
FOR_PASSWORDS = ("password_env", "password_file")
FOR_TOKENS = ("tenant", "secret_env", "secret_file")
PORTS = {TlsMode.IMPLICIT: 993, TlsMode.STARTTLS: 143, TlsMode.NONE: 143}


def imap_settings(section: ImapSection, around: Around) -> ImapSettings | None:
    """How to read the mailbox; None when something in *section* is wrong."""
    findings = around.findings
    with_token = section.client_id is not None
    _check_login(findings, section, with_token=with_token)
    _check_folders(findings, section)
    secret = around.secret(IMAP, "secret" if with_token else "password", section)
    ca_file = around.existing(_at("ca_file"), section.ca_file)
    if findings.sound(_at("tls"), _at("host")) and section.tls is TlsMode.NONE and not is_here(section.host):
        mend = "Write implicit or starttls; none is for a server on this machine."
        findings.fault(_at("tls"), "login and mails would cross the network unencrypted.", mend)
    if not findings.sound(IMAP):
        return None
    return ImapSettings(
        host=section.host,
        user=section.user,
        port=section.port or PORTS[section.tls],
        tls=section.tls,
        secret=secret,
        client_id=section.client_id,
        tenant=section.tenant,
        authority=section.authority,
        folder=section.folder,
        processed=section.processed,
        unreadable=section.unreadable,
        poll=section.poll,
        authserv_id=section.authserv_id,
        ca_file=ca_file,
        timeout=section.timeout,
    )


def _check_login(findings: Findings, section: ImapSection, *, with_token: bool) -> None:
    """A password, or all that a token needs, and nothing of the other."""
    if not findings.sound(_at("client_id")):
        return
    for key in FOR_PASSWORDS if with_token else FOR_TOKENS:
        if getattr(section, key) is not None:
            mend = (
                "Keep the password or the application, not both." if with_token else "Write client_id, or take it away."
            )
            problem = "is of no use with client_id." if with_token else "is of no use without client_id."
            findings.fault(_at(key), problem, mend)
    written = findings.document.lines
    if with_token and _at("tenant") not in written:
        mend = f"Write for example `tenant: {TENANT}`."
        findings.fault(_at("tenant"), "is missing: a token comes from the application's directory.", mend)
    owner, kind, whose = ("client_id", "secret", "application") if with_token else ("user", "password", "user")
    tried = (kind, f"{kind}_env", f"{kind}_file", "client_secret")
    if _at(owner) in written and not any(_at(key) in written for key in tried):
        findings.fault(_at(owner), f"there is no {kind} for this {whose}.", f"Write {kind}_env or {kind}_file.")


def _check_folders(findings: Findings, section: ImapSection) -> None:
    """What has been dealt with must not be found again where mail comes in."""
    for key, others in (("processed", ("folder",)), ("unreadable", ("folder", "processed"))):
        for other in others:
            if findings.sound(_at(key), _at(other)) and _folded(section, key) == _folded(section, other):
                findings.fault(_at(key), f"is the same folder as `{other}`.", "Write the name of another one.")
                break


def _folded(section: ImapSection, key: str) -> str:
    return str(getattr(section, key)).casefold()


def _at(key: str) -> KeyPath:
    return (*IMAP, key)
