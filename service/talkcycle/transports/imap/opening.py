"""Open a line to the mailbox: TCP, TLS, one login. A refused login is known from a server that cannot just now."""

import re
import ssl
from datetime import timedelta
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.service import ImapSettings, TlsMode
from talkcycle.transports.smtp.replies import ADDRESS

FAILURES = (IMAPClientError, OSError, ValueError)
"""What imapclient raises about a server: the last for answers that are none."""
MISCONFIGURED_PAUSE = timedelta(minutes=10)
PASSING = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG|CONTACTADMIN)\]", re.IGNORECASE)
"""RFC 5530: it says nothing of user and password."""
CONNECTING = 20.0
"""Seconds until a server that does not take the connection is not there."""


class LoginRefused(TransientDeliveryError):
    """The server does not take user and password, or the token. Not to be tried again soon: it may lock the account."""


def tls_context(settings: ImapSettings) -> ssl.SSLContext | None:
    """Certificates and host names are verified; None without TLS.

    Raises:
        TransientDeliveryError: The file of certificates cannot be used.
    """
    if settings.tls is TlsMode.NONE:
        return None
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except OSError as failure:
        what = f"the certificates of our own authority cannot be used: {type(failure).__name__}"
        raise no_line(what, pause=MISCONFIGURED_PAUSE) from failure
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def connect(settings: ImapSettings, context: ssl.SSLContext | None) -> Any:
    """A line that has greeted and is encrypted as the settings demand. Raises ``FAILURES``."""
    timeout = settings.timeout.total_seconds()
    implicit = settings.tls is TlsMode.IMPLICIT
    line = IMAPClient(
        settings.host,
        port=settings.port,
        ssl=implicit,
        ssl_context=context if implicit else None,
        timeout=SocketTimeout(min(timeout, CONNECTING), timeout),
    )
    if settings.tls is TlsMode.STARTTLS:
        try:
            line.starttls(context)
        except BaseException:
            drop(line)
            raise
    return line


def login(line: Any, settings: ImapSettings, token: str | None) -> None:
    """Log in with one mechanism, once. *token*: instead of a password.

    Raises:
        LoginRefused, and ``FAILURES`` where the line breaks.
    """
    try:
        if token is not None:
            answers = iter([f"user={settings.user}\1auth=Bearer {token}\1\1"])
            line.sasl_login("XOAUTH2", lambda _challenge: next(answers, ""))
        elif line.has_capability("AUTH=PLAIN"):
            line.plain_login(settings.user, settings.secret or "")  # UTF-8 (RFC 4616), which LOGIN does not carry
        elif line.has_capability("LOGINDISABLED"):
            raise LoginRefused("the server offers no login by password", connection_wide=True)
        else:
            line.login(settings.user, settings.secret or "")
    except LoginError as refused:
        if isinstance(refused.__context__, IMAPClientAbortError) or PASSING.search(str(refused)):
            raise
        raise LoginRefused(f"the login was refused: {said(refused)}", connection_wide=True) from None


def drop(line: Any) -> None:
    """Close the connection without a word."""
    try:
        line.shutdown()
    except FAILURES:
        return


def explained(failure: Exception) -> TransientDeliveryError:
    """What *failure* means to those who read the mailbox. Its text has no addresses."""
    match failure:
        case ssl.SSLCertVerificationError(verify_message=message):
            return no_line(f"the server's certificate does not hold: {message}", pause=MISCONFIGURED_PAUSE)
        case IMAPClientAbortError():
            return no_line("the server closed the line")
        case IMAPClientError():
            return no_line(f"the server refuses: {said(failure)}")
        case _:
            return no_line(f"the mailbox cannot be reached: {type(failure).__name__}")


def said(failure: Exception) -> str:
    """The server's words for people: one line, no addresses."""
    text = str(failure)
    if text.startswith(("b'", 'b"')) and text.endswith(text[1]):
        text = text[2:-1]
    return ADDRESS.sub("<…>", " ".join(text.split()))[:200]


def no_line(what: str, *, pause: timedelta | None = None) -> TransientDeliveryError:
    return TransientDeliveryError(what, retry_after=pause, connection_wide=True)
