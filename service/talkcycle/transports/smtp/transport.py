"""Hand messages over by SMTP, knowing at every moment how far the conversation has got."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from threading import Lock

from talkcycle.domain.delivery import (
    PermanentDeliveryError,
    Receipt,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.domain.ports import Parcel
from talkcycle.domain.service import SmtpSettings
from talkcycle.transports.smtp.opening import open_line, tls_context
from talkcycle.transports.smtp.replies import CLOSING, no_line, refused_line, refused_message, refused_sender, words

MESSAGES_PER_LINE = 200
"""Servers close lines that live too long; better we do, between two messages."""
TOO_EARLY = "the line died before the message was handed over"
GOODBYE = 2.0
"""Seconds to wait for the answer to QUIT, which changes nothing."""


class SmtpTransport:
    """Implements ``domain.ports.Sending``. Safe to share between threads; each connection belongs to one."""

    name = "smtp"

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self.opening: AbstractContextManager[object] = Lock()
        self._refused: TransientDeliveryError | None = None
        self._refusals = 0

    @cached_property
    def _context(self) -> ssl.SSLContext | None:
        return tls_context(self.settings)

    @contextmanager
    def connect(self) -> Iterator["SmtpConnection"]:
        """A line that is opened with the first message and closed quietly on leaving."""
        connection = SmtpConnection(self)
        try:
            yield connection
        finally:
            connection.close()

    def open_line(self) -> smtplib.SMTP:
        """Open one line at a time. Who waited while another was refused takes that for an answer.

        A wrong password is thus tried once, not once for each line: some servers lock an account after five.
        """
        known = self._refusals
        with self.opening:
            if self._refused is not None and self._refusals != known:
                raise no_line(str(self._refused), pause=self._refused.retry_after)
            try:
                return open_line(self.settings, self._context)
            except TransientDeliveryError as refusal:
                self._refused, self._refusals = no_line(str(refusal), pause=refusal.retry_after), self._refusals + 1
                raise


class SmtpConnection:
    """Implements ``domain.ports.Connection``."""

    def __init__(self, transport: SmtpTransport) -> None:
        self.transport = transport
        self.line: smtplib.SMTP | None = None
        self.used = 0

    def send(self, mail: Parcel, /) -> Receipt:
        """Over SMTP nobody can be asked what arrived: what was tried before goes again, the same bytes."""
        envelope = _Envelope(mail.mailbox, mail.address, mail.payload)
        line = self._ready(envelope)
        try:
            receipt = self._hand_over(line, envelope)
        except (PermanentDeliveryError, TransientDeliveryError):
            self._reset()
            raise
        except UnknownDeliveryError:
            self._drop()
            raise
        self.used += 1
        return receipt

    keep = send
    """A meeting is a mail with a calendar part (iMIP)."""

    def close(self) -> None:
        """Say goodbye; whatever the server answers, what it accepted stays accepted."""
        if self.line is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self.line.sock is not None:
                    self.line.sock.settimeout(GOODBYE)
                self.line.quit()
            self._drop()

    def _ready(self, envelope: "_Envelope") -> smtplib.SMTP:
        """A line that has taken MAIL FROM: an old one, or a new one if the server closed the old while it was idle."""
        if self.line is not None and self.used >= MESSAGES_PER_LINE:
            self.close()
        if self.line is not None:
            try:
                self._begin(self.line, envelope)
            except _Dropped:
                self._drop()
            else:
                return self.line
        self.line, self.used = self.transport.open_line(), 0
        try:
            self._begin(self.line, envelope)
        except _Dropped as dropped:
            self._drop()
            raise dropped.refusal or no_line(f"the server closed the line: {dropped}") from dropped
        return self.line

    def _begin(self, line: smtplib.SMTP, envelope: "_Envelope") -> None:
        code, text = _ask(line, envelope.mail_from(line))
        if code != 250:
            refusal = refused_sender(code, text)
            self._reset()
            raise refusal

    def _hand_over(self, line: smtplib.SMTP, envelope: "_Envelope") -> Receipt:
        try:
            code, text = _ask(line, f"RCPT TO:<{envelope.recipient}>")
            if code not in {250, 251}:
                raise refused_message(code, text)
            code, text = _ask(line, "DATA")
            if code != 354:
                raise refused_message(code, text)
            # Without the final dot no server takes a message: until it is sent, nothing can have arrived.
            line.send(envelope.content)
        except _Dropped as dropped:
            self._drop()
            raise dropped.refusal or TransientDeliveryError(TOO_EARLY) from dropped
        except (smtplib.SMTPException, OSError) as failure:
            self._drop()
            raise TransientDeliveryError(TOO_EARLY) from failure
        try:
            line.send(b".\r\n")
            code, text = line.getreply()
        except (smtplib.SMTPException, OSError) as failure:
            raise UnknownDeliveryError("the line died before the server answered") from failure
        if code == 250:
            return Receipt(reply=words(code, text))
        if 400 <= code < 600:
            raise refused_message(code, text)
        raise UnknownDeliveryError(f"the server answered what no server should: {words(code, text)}")

    def _reset(self) -> None:
        """Make the line fit for the next message, or let go of it."""
        if self.line is not None:
            try:
                code, _ = self.line.rset()
            except (smtplib.SMTPException, OSError):
                code = -1
            if code != 250:
                self._drop()

    def _drop(self) -> None:
        if self.line is not None:
            self.line.close()
            self.line = None


class _Dropped(Exception):
    """The server closed the line before it was asked for anything that counts. *refusal*: its parting words, if any."""

    def __init__(self, what: str, *, refusal: TransientDeliveryError | None = None) -> None:
        super().__init__(what)
        self.refusal = refusal


def _ask(line: smtplib.SMTP, command: str) -> tuple[int, bytes]:
    try:
        line.send(command.encode() + b"\r\n")
        code, text = line.getreply()
    except (smtplib.SMTPException, OSError) as failure:
        raise _Dropped(type(failure).__name__) from failure
    if code == CLOSING:
        raise _Dropped("421", refusal=refused_line(code, text))
    return code, text


class _Envelope:
    """One message as the wire wants it."""

    def __init__(self, sender: str, recipient: str, payload: bytes) -> None:
        self.sender, self.recipient = wire(sender), wire(recipient)
        header, _, _ = payload.partition(b"\r\n\r\n")
        self.needs_utf8 = not (self.sender + self.recipient).isascii() or not header.isascii()
        self.needs_8bit = not payload.isascii()
        self.size = len(payload)
        stuffed = payload.replace(b"\r\n.", b"\r\n..")
        self.content = (
            (b"." if payload.startswith(b".") else b"") + stuffed + (b"" if payload.endswith(b"\r\n") else b"\r\n")
        )

    def mail_from(self, line: smtplib.SMTP) -> str:
        """MAIL FROM with what this message needs of the server.

        Raises:
            PermanentDeliveryError: The server cannot take such an address, or a message of this size.
        """
        options = ""
        if self.needs_utf8:
            if not line.has_extn("smtputf8"):
                raise PermanentDeliveryError("the address needs SMTPUTF8, which the server does not offer")
            options += " SMTPUTF8"
        if self.needs_8bit and line.has_extn("8bitmime"):
            options += " BODY=8BITMIME"
        if line.has_extn("size"):
            limit = line.esmtp_features["size"]
            if limit.isdigit() and 0 < int(limit) < self.size:
                raise PermanentDeliveryError(f"the message has {self.size} bytes, the server takes {limit}")
            options += f" SIZE={self.size}"
        return f"MAIL FROM:<{self.sender}>{options}"


def wire(address: str) -> str:
    """*address* with its domain in ASCII (IDNA); a local part beyond ASCII stays and needs SMTPUTF8."""
    local, at, domain = address.rpartition("@")
    if any(character in address for character in "\r\n<>"):
        raise PermanentDeliveryError("the address cannot be one")
    try:
        return f"{local}{at}{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError as impossible:
        raise PermanentDeliveryError("the address has a domain that cannot be one") from impossible
