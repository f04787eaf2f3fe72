"""What IT has to do about what a submission server says. Pure."""

import smtplib
import ssl
from datetime import datetime, timedelta

from talkcycle.domain.service import SmtpSettings

SOON = timedelta(days=30)
"""Certificates are renewed within a month at the latest; what is not renewed by then has been forgotten."""
BESIDES_FILES = 500_000
"""Bytes of a message that are no file of its own: two forms of the text, the agenda, the calendar part twice."""
IN_BASE64 = 78 / 57
"""57 bytes of a file become a line of 76 letters and CRLF."""

_EXPIRED, _NOT_YET, _OTHER_NAME = 10, 9, 62
_UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21, 27})
"""OpenSSL's X509_V_ERR_* of a chain that ends nowhere we trust."""


def largest_message(attachment_limit: int) -> int:
    """Bytes of the largest message that *attachment_limit* allows, as it crosses the wire."""
    return round(attachment_limit * IN_BASE64) + BESIDES_FILES


def fitting_attachments(size: int) -> int:
    """How many megabytes of files fit into a message of *size* bytes."""
    return max(0, int((size - BESIDES_FILES) / IN_BASE64) // 1_000_000)


def ends_soon(expires: datetime, now: datetime) -> bool:
    """Say whether a certificate that is good until *expires* will not be for long."""
    return expires - now < SOON


def unreachable(settings: SmtpSettings, failure: Exception) -> str:
    """What to do where no conversation comes about."""
    if isinstance(failure, TimeoutError):
        return f"Let this machine through to {settings.host}, port {settings.port} (TCP): a firewall may be in between."
    if isinstance(failure, ConnectionRefusedError):
        return f"Check smtp.port ({settings.port}) in service.yaml: 587 with starttls, 465 with implicit, 25 with none."
    if isinstance(failure, smtplib.SMTPServerDisconnected):
        return "Write smtp.tls: implicit where the port begins with TLS, as 465 does; else look at the server's log."
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"Let the server take connections from this machine's address (Exchange: {_CONNECTOR})."
    return f"Check smtp.host ({settings.host}) in service.yaml, and that this machine can look it up."


def insecure(settings: SmtpSettings, failure: Exception) -> str:
    """What to do where TLS fails."""
    code = failure.verify_code if isinstance(failure, ssl.SSLCertVerificationError) else None
    if code == _EXPIRED:
        return renew(settings.host)
    if code == _NOT_YET:
        return "Set the clock of this machine, or that of whoever made the certificate."
    if code == _OTHER_NAME:
        return f"Write as smtp.host the name that the certificate has, or have {settings.host} put into the certificate."
    if code in _UNKNOWN_AUTHORITY:
        return "Name your own authority's certificate (PEM) in service.yaml: smtp.ca_file: ca.pem"
    if isinstance(failure, smtplib.SMTPNotSupportedError | smtplib.SMTPResponseException):
        return "Turn STARTTLS on at the server, or write smtp.tls: implicit and smtp.port: 465."
    return "Turn TLS 1.2 or newer on at the server; where the port does not begin with TLS, write smtp.tls: starttls."


def renew(host: str) -> str:
    """What to do about a certificate that ends."""
    exchange = "New-ExchangeCertificate, then Enable-ExchangeCertificate -Thumbprint <new> -Services SMTP"
    return f"Renew the certificate of {host} (Exchange: {exchange})."


def refused_user(settings: SmtpSettings, failure: Exception) -> str:
    """What to do about a login that was refused."""
    if isinstance(failure, smtplib.SMTPNotSupportedError):
        return "Turn AUTH PLAIN or LOGIN on for this port, or take smtp.user away and let the server take us by address."
    cloud = f" Exchange Online: Set-CASMailbox {settings.user} -SmtpClientAuthenticationDisabled $false"
    hint = cloud if settings.host.lower().endswith((".office365.com", ".outlook.com")) else ""
    return f"Check smtp.user and the password it has; it was tried once, so that no account is locked.{hint}"


def refused_sender(sender: str) -> str:
    """What to do where the server does not let us write as *sender*."""
    return (
        f"Let the user of the login send as {sender} (Exchange: Add-RecipientPermission {sender} -Trustee <user> "
        f"-AccessRights SendAs; on-premises: Add-ADPermission), or without a login: {_CONNECTOR}"
    )


def refused_recipient(address: str) -> str:
    """What to do where the server does not take mail for *address*."""
    return (
        f"Check that {address} exists. If its domain is not the server's own, let the server relay for us (Exchange: "
        'Get-ReceiveConnector <name> | Add-ADPermission -User "NT AUTHORITY\\ANONYMOUS LOGON" '
        '-ExtendedRights "Ms-Exch-SMTP-Accept-Any-Recipient")'
    )


_CONNECTOR = "Set-ReceiveConnector <name> -RemoteIPRanges <this machine> -PermissionGroups AnonymousUsers"
