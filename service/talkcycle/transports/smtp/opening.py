"""Open a line to the submission server: TCP, TLS, greeting, login."""

import base64
import smtplib
import socket
import ssl

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp.replies import CLOSING, MISCONFIGURED_PAUSE, no_line, refused_line, refused_login


def tls_context(settings: SmtpSettings) -> ssl.SSLContext | None:
    """One context for all lines: making one costs 18 ms. Certificates and host names are verified.

    Raises:
        TransientDeliveryError: Connection-wide: the file of certificates cannot be used.
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


def open_line(settings: SmtpSettings, context: ssl.SSLContext | None) -> smtplib.SMTP:
    """A line that has greeted, is encrypted as the settings demand, and has logged in.

    Raises:
        TransientDeliveryError: Connection-wide: no message is to blame.
    """
    line: smtplib.SMTP | None = None
    try:
        line = connect(settings, context)
        introduce(line)
        if settings.tls is TlsMode.STARTTLS:
            line.starttls(context=context)
            introduce(line)
        if settings.user is not None:
            login(line, settings.user, settings.password or "")
    except (smtplib.SMTPException, OSError, UnicodeError) as failure:
        if line is not None:
            line.close()
        raise explained(failure) from failure
    return line


def connect(settings: SmtpSettings, context: ssl.SSLContext | None) -> smtplib.SMTP:
    """A line that has greeted. Raises SMTPException, OSError (TLS's errors are among these)."""
    timeout = settings.timeout.total_seconds()
    # A name is given so that smtplib does not ask the DNS for ours; ``introduce`` sets the real one.
    if settings.tls is TlsMode.IMPLICIT:
        line: smtplib.SMTP = smtplib.SMTP_SSL(context=context, timeout=timeout, local_hostname="localhost")
    else:
        line = smtplib.SMTP(timeout=timeout, local_hostname="localhost")
    line._host = settings.host  # type: ignore[attr-defined]  # noqa: SLF001  # TLS verifies this name; connect() alone does not set it
    code, text = line.connect(settings.host, settings.port)
    if code != 220:
        line.close()
        raise smtplib.SMTPConnectError(code, text)
    assert line.sock is not None
    # The final dot is sent apart from the content; Nagle's algorithm would hold it back for 40 ms.
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def introduce(line: smtplib.SMTP) -> None:
    """EHLO with our full name, or the address literal RFC 5321 section 4.1.4 asks for where there is none."""
    name = socket.gethostname()
    if "." not in name:
        assert line.sock is not None
        own = str(line.sock.getsockname()[0])
        name = f"[IPv6:{own}]" if ":" in own else f"[{own}]"
    line.local_hostname = name
    code, text = line.ehlo()
    if code >= 500:
        code, text = line.helo()  # as old as that; RFC 5321 section 3.2
    if code != 250:
        raise smtplib.SMTPHeloError(code, text)


def login(line: smtplib.SMTP, user: str, password: str) -> None:
    """Log in with one mechanism, once: smtplib's own way tries the next after a refusal, which counts as another.

    Nor does smtplib take passwords beyond ASCII. PLAIN is UTF-8 (RFC 4616).
    """
    offered = line.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in offered:
        code, text = line.docmd("AUTH", "PLAIN " + _base64(f"\0{user}\0{password}"))
    elif "LOGIN" in offered:
        code, text = line.docmd("AUTH", "LOGIN")
        for answer in (user, password):
            if code == 334:
                code, text = line.docmd(_base64(answer))
    else:
        raise smtplib.SMTPNotSupportedError("the server offers no login by password (AUTH PLAIN or LOGIN)")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def explained(failure: Exception) -> TransientDeliveryError:
    """What *failure* of opening a line means to those who wait for it. Its text has no addresses."""
    match failure:
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=text) if code != CLOSING:
            return refused_login(code, text)
        case ssl.SSLCertVerificationError(verify_message=message):
            return no_line(f"the server's certificate does not hold: {message}", pause=MISCONFIGURED_PAUSE)
        case smtplib.SMTPNotSupportedError():
            return no_line(f"the server lacks what the settings demand: {failure}", pause=MISCONFIGURED_PAUSE)
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=text):
            return refused_line(code, text)
        case _:
            return no_line(f"the server cannot be reached: {type(failure).__name__}")
