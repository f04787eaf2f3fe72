"""SMTP's doctor: one conversation that goes as far as a message would, and ends before there is one."""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from talkcycle.domain.delivery import PermanentDeliveryError, TransientDeliveryError
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.service import SmtpSettings, TlsMode
from talkcycle.transports.smtp import diagnosis
from talkcycle.transports.smtp.opening import connect, explained, introduce, login, tls_context
from talkcycle.transports.smtp.replies import LOGIN_DEMANDED, OUR_FAULT, words
from talkcycle.transports.smtp.transport import GOODBYE, wire

PATIENCE = timedelta(seconds=15)
"""A person waits; the dispatcher has more patience."""


class SmtpDoctor:
    """Implements ``domain.ports.Doctor``.

    Nobody is mailed: after MAIL FROM and RCPT TO comes RSET, never DATA.

    Args:
        attachment_limit: Most bytes that one message's own files take together.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        sender: str,
        attachment_limit: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.settings = replace(settings, timeout=min(settings.timeout, PATIENCE))
        self.sender = sender
        self.attachment_limit = attachment_limit
        self.now = now

    def examine(self, sample: Sequence[str], outside: Sequence[str], /, *, told: Sequence[str] = ()) -> Iterator[Finding]:
        """See ``Doctor``. *outside* and *told* are not asked about: over SMTP no mailbox is opened."""
        del outside, told
        try:
            context = tls_context(self.settings)
        except TransientDeliveryError as unusable:
            yield _bad("tls", str(unusable), "Name a file of certificates (PEM) that can be read: smtp.ca_file")
            return
        talk = _Conversation(self, context)
        try:
            yield from talk.open()
            if talk.line is not None:
                yield from self._offers(talk.line, sample)
                yield from self._envelope(talk.line, sample)
        except (smtplib.SMTPException, OSError) as failure:
            yield _finding("conversation", Grade.UNTOLD, f"it broke off: {explained(failure)}", "Run the command again.")
        finally:
            talk.close()

    def _offers(self, line: smtplib.SMTP, sample: Sequence[str]) -> Iterator[Finding]:
        beyond = [each for each in (self.sender, *sample) if not each.rpartition("@")[0].isascii()]
        if beyond and not line.has_extn("smtputf8"):
            says = f"the server does not offer SMTPUTF8, which {beyond[0]} needs"
            yield _bad(
                "smtputf8", says, "Turn SMTPUTF8 on (Postfix: smtputf8_enable = yes), or give an address in ASCII."
            )
        else:
            needed = "is offered" if line.has_extn("smtputf8") else "is not offered, and no address here needs it"
            eight = "" if line.has_extn("8bitmime") else "; nor is 8BITMIME, which our mails do without"
            yield _good("smtputf8", f"SMTPUTF8 {needed}{eight}")
        yield self._size(line.esmtp_features.get("size", ""))

    def _size(self, offered: str) -> Finding:
        """The server's limit, as EHLO names it (RFC 1870), against the largest message there may be."""
        needed = diagnosis.largest_message(self.attachment_limit)
        limit = int(offered) if offered.isdigit() else 0
        if limit == 0:
            return _good("size", "the server names no largest size of a message")
        if limit < needed:
            fits = diagnosis.fitting_attachments(limit)
            says = f"a message may have {needed:,} bytes by our settings, the server takes {limit:,}"
            mend = (
                f"Write attachment_limit: {fits} MB in service.yaml, or raise the server's limit" if fits else "Raise it"
            )
            return _finding("size", Grade.WARNING, says, f"{mend} (Postfix: message_size_limit).")
        return _good("size", f"the server takes messages of {limit:,} bytes; ours have {needed:,} at most")

    def _envelope(self, line: smtplib.SMTP, sample: Sequence[str]) -> Iterator[Finding]:
        """Whether it takes our sender and each of *sample*; many servers refuse a sender only after RCPT."""
        try:
            sender, recipients = wire(self.sender), [(address, wire(address)) for address in sample]
        except PermanentDeliveryError as impossible:
            yield _bad("sender", str(impossible), "Correct the address.")
            return
        beyond = not all(each.isascii() for each in (sender, *(wired for _, wired in recipients)))
        utf8 = " SMTPUTF8" if beyond and line.has_extn("smtputf8") else ""
        code, text = _say(line, f"MAIL FROM:<{sender}>{utf8}")
        if code != 250:
            yield self._refused_sender(code, text)
            return
        for address, wired in recipients:
            if not (wired.isascii() or utf8):
                continue  # said already
            code, text = _say(line, f"RCPT TO:<{wired}>")
            if code == LOGIN_DEMANDED or (code >= 500 and OUR_FAULT.match(text.decode(errors="replace"))):
                yield self._refused_sender(code, text)
                return
            yield _recipient(address, code, text)
        _say(line, "RSET")
        yield _good("sender", f"the server takes mail from {self.sender}")

    def _refused_sender(self, code: int, text: bytes) -> Finding:
        grade = Grade.UNTOLD if code < 500 else Grade.BAD
        says = f"the server does not take mail from {self.sender}: {words(code, text)}"
        return _finding("sender", grade, says, diagnosis.refused_sender(self.sender))


class _Conversation:
    """Opens a line step by step, and says what it finds. *line*: None when it could not be opened."""

    def __init__(self, doctor: SmtpDoctor, context: ssl.SSLContext | None) -> None:
        self.settings, self.now, self.context = doctor.settings, doctor.now, context
        self.line: smtplib.SMTP | None = None

    def open(self) -> Iterator[Finding]:
        settings = self.settings
        try:
            line = self.line = connect(settings, self.context)
            introduce(line)
        except ssl.SSLError as failure:
            yield self._give_up("tls", failure, diagnosis.insecure(settings, failure))
            return
        except (smtplib.SMTPException, OSError, UnicodeError) as failure:
            yield self._give_up("reachable", failure, diagnosis.unreachable(settings, failure))
            return
        yield _good("reachable", f"{settings.host} answers on port {settings.port}")
        try:
            if settings.tls is TlsMode.STARTTLS:
                line.starttls(context=self.context)
                introduce(line)
            yield self._tls(line)
        except (smtplib.SMTPException, OSError) as failure:
            yield self._give_up("tls", failure, diagnosis.insecure(settings, failure))
            return
        try:
            yield self._login(line)
        except (smtplib.SMTPException, OSError) as failure:
            yield self._give_up("login", failure, diagnosis.refused_user(settings, failure))

    def close(self) -> None:
        if self.line is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self.line.sock is not None:
                    self.line.sock.settimeout(GOODBYE)
                self.line.quit()
            self.line.close()
            self.line = None

    def _give_up(self, check: str, failure: Exception, mend: str) -> Finding:
        self.close()
        return _bad(check, str(explained(failure)), mend)

    def _tls(self, line: smtplib.SMTP) -> Finding:
        if not isinstance(line.sock, ssl.SSLSocket):
            if _is_here(self.settings.host):
                return _good("tls", "none, and none is needed: the relay is on this machine")
            says = "none: everybody on the way can read the mails"
            return _finding("tls", Grade.WARNING, says, "Write smtp.tls: starttls in service.yaml.")
        certificate = line.sock.getpeercert()
        assert certificate is not None
        seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
        expires = datetime.fromtimestamp(seconds, UTC)
        says = f"{line.sock.version()}; the certificate holds, until {expires:%Y-%m-%d}"
        about = {"expires": expires.isoformat()}
        if diagnosis.ends_soon(expires, self.now()):
            mend = diagnosis.renew(self.settings.host)
            return Finding(transport="smtp", check="tls", grade=Grade.WARNING, says=says, mend=mend, about=about)
        return Finding(transport="smtp", check="tls", grade=Grade.GOOD, says=says, about=about)

    def _login(self, line: smtplib.SMTP) -> Finding:
        user = self.settings.user
        if user is None:
            return _good("login", "none is configured: the server has to know this machine by its address")
        login(line, user, self.settings.password or "")
        return _good("login", f"{user} is logged in")


def _say(line: smtplib.SMTP, command: str) -> tuple[int, bytes]:
    line.send(command.encode() + b"\r\n")
    return line.getreply()


def _recipient(address: str, code: int, text: bytes) -> Finding:
    about = {"mailbox": address}
    if code < 400:
        says = f"the server takes mail for {address}"
        return Finding(transport="smtp", check="recipient", grade=Grade.GOOD, says=says, about=about)
    says = f"the server does not take mail for {address}: {words(code, text)}"
    if code < 500:
        mend = "Run the command again later: the server did not say no for good."
        return Finding(transport="smtp", check="recipient", grade=Grade.UNTOLD, says=says, mend=mend, about=about)
    mend = diagnosis.refused_recipient(address)
    return Finding(transport="smtp", check="recipient", grade=Grade.BAD, says=says, mend=mend, about=about)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"


def _good(check: str, says: str) -> Finding:
    return _finding(check, Grade.GOOD, says)


def _bad(check: str, says: str, mend: str) -> Finding:
    return _finding(check, Grade.BAD, says, mend)


def _finding(check: str, grade: Grade, says: str, mend: str = "") -> Finding:
    return Finding(transport="smtp", check=check, grade=grade, says=says, mend=mend)
