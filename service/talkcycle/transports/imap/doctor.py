"""IMAP's doctor: one line, one login, and a look at what is needed to read answers by mail."""

import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.ports import Clock
from talkcycle.domain.service import ImapSettings, TlsMode
from talkcycle.transports.imap.inbox import SystemClock, whole_name
from talkcycle.transports.imap.opening import FAILURES, LoginRefused, connect, drop, explained, login, tls_context
from talkcycle.transports.imap.token import token_source
from talkcycle.transports.smtp.diagnosis import ends_soon

PATIENCE = timedelta(seconds=15)
LATEST = 50
"""Mails of which the servers that signed Authentication-Results are looked at."""
SIGNATURES = "BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"
_SIGNED_BY = re.compile(rb"^authentication-results:\s*([^\s;=]+)\s*(?:\d+\s*)?;", re.IGNORECASE | re.MULTILINE)


class ImapDoctor:
    """Implements ``domain.ports.Doctor``. Nothing is made, moved or marked as read."""

    def __init__(
        self,
        settings: ImapSettings,
        *,
        clock: Clock | None = None,
        token: Callable[[], str] | None = None,
    ) -> None:
        self.settings = replace(settings, timeout=min(settings.timeout, PATIENCE))
        self.clock = clock or SystemClock()
        self.token = token

    def examine(self, sample: Sequence[str], outside: Sequence[str], /, *, told: Sequence[str] = ()) -> Iterator[Finding]:
        """See ``Doctor``. No mailbox is opened but the service's own."""
        del sample, outside, told
        settings = self.settings
        try:
            context = tls_context(settings)
        except TransientDeliveryError as unusable:
            yield _bad("tls", str(unusable), "Name a file of certificates (PEM) that can be read: imap.ca_file")
            return
        try:
            line = connect(settings, context)
        except FAILURES as failure:
            yield self._no_line(failure)
            return
        try:
            yield _good("reachable", f"{settings.host} answers on port {settings.port}")
            yield self._tls(line)
            yield from self._inside(line)
        except FAILURES as failure:
            yield _finding("conversation", Grade.UNTOLD, f"it broke off: {explained(failure)}", "Run the command again.")
        finally:
            _say_goodbye(line)

    def _no_line(self, failure: Exception) -> Finding:
        settings = self.settings
        says = str(explained(failure))
        if isinstance(failure, ssl.SSLCertVerificationError):
            mend = "Name your own authority's certificate (PEM): imap.ca_file; or write as imap.host the name it has."
            return _bad("tls", says, mend)
        if isinstance(failure, ssl.SSLError | IMAPClientError):
            mend = "Turn TLS 1.2 or newer on; write imap.tls: implicit for port 993, starttls for 143."
            return _bad("tls", says, mend)
        mend = f"Check imap.host ({settings.host}) and imap.port ({settings.port}), and that no firewall is in between."
        return _bad("reachable", says, mend)

    def _tls(self, line: Any) -> Finding:
        if self.settings.tls is TlsMode.NONE:
            return _good("tls", "none, and none is needed: the server is on this machine")
        certificate = line.socket().getpeercert()
        expires = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
        says = f"{line.socket().version()}; the certificate holds, until {expires:%Y-%m-%d}"
        if ends_soon(expires, self.clock.now()):
            return _finding("tls", Grade.WARNING, says, f"Renew the certificate of {self.settings.host}.")
        return _good("tls", says)

    def _inside(self, line: Any) -> Iterator[Finding]:
        try:
            login(line, self.settings, self._token())
        except LoginRefused as refused:
            yield _bad("login", str(refused), self._refused())
            return
        except TransientDeliveryError as no_token:
            yield _bad("login", str(no_token), self._refused())
            return
        yield _good("login", f"{self.settings.user} is logged in")
        try:
            line.select_folder(self.settings.folder, readonly=True)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as failure:
            says = f"{self.settings.folder} cannot be read: {explained(failure)}"
            yield _bad("folder", says, "Check imap.folder.")
            return
        yield _good("folder", f"{self.settings.folder} can be read")
        yield self._trays(line)
        yield self._idle(line)
        yield self._move(line)
        yield self._signatures(line)

    def _token(self) -> str | None:
        if self.settings.client_id is None:
            return None
        return (self.token or token_source(self.settings, self.clock))()

    def _refused(self) -> str:
        if self.settings.client_id is not None:
            return (
                "Give the application the right IMAP.AccessAsApp (Office 365 Exchange Online) with an administrator's "
                "consent, New-ServicePrincipal, and Add-MailboxPermission -AccessRights FullAccess on this mailbox."
            )
        return "Check imap.user and the password it has; it was tried once, so that no account is locked."

    def _trays(self, line: Any) -> Finding:
        wanted = [whole_name(line, name) for name in (self.settings.processed, self.settings.unreadable)]
        missing = [name for name in wanted if not line.folder_exists(name)]
        if not missing:
            return _good("trays", f"{' and '.join(wanted)} are there")
        says = f"{' and '.join(missing)} will be made when the first mail is moved there"
        return _finding("trays", Grade.UNTOLD, says, "Make them in the mailbox, if its user may not.")

    def _idle(self, line: Any) -> Finding:
        if line.has_capability("IDLE"):
            return _good("idle", "the server tells of new mail at once (IDLE)")
        says = f"the server does not tell of new mail: it is looked for every {self.settings.poll}"
        return _finding("idle", Grade.WARNING, says, "Turn IDLE on, or write a shorter imap.poll.")

    def _move(self, line: Any) -> Finding:
        if line.has_capability("MOVE") or line.has_capability("UIDPLUS"):
            return _good("move", "mails can be moved")
        says = "the server has neither MOVE nor UIDPLUS: what was moved stays behind, marked as deleted"
        return _finding("move", Grade.WARNING, says, "Have the folder expunged now and then.")

    def _signatures(self, line: Any) -> Finding:
        """Whether the name is the one our server signs with, as far as mails that are there tell."""
        uids = line.search("ALL")[-LATEST:]
        headers = [bytes(each.get(b"BODY[HEADER.FIELDS (AUTHENTICATION-RESULTS)]", b"")) for each in _signed(line, uids)]
        names = Counter(
            name[1].decode("ascii", "replace").lower() for each in headers if (name := _SIGNED_BY.search(each))
        )
        wanted = self.settings.authserv_id
        if wanted is not None and names[wanted.lower()]:
            return _good("senders", f"{wanted} has signed {names[wanted.lower()]} of the last {len(uids)} mails")
        seen = f"the last {len(uids)} mails were signed by {', '.join(dict(names.most_common(3))) or 'nobody'}"
        if wanted is not None:
            mend = "Check imap.authserv_id. It is the name after Authentication-Results: in the header."
            return _finding("senders", Grade.UNTOLD if not uids else Grade.WARNING, f"not by {wanted}: {seen}", mend)
        mend = "Write imap.authserv_id: the name your server signs with."
        return _finding("senders", Grade.WARNING, f"no sender is taken for verified; {seen}", mend)


def _signed(line: Any, uids: Sequence[int]) -> Iterator[dict[bytes, bytes]]:
    if uids:
        yield from line.fetch(list(uids), [SIGNATURES]).values()


def _say_goodbye(line: Any) -> None:
    try:
        line.logout()
    except FAILURES:
        drop(line)


def _good(check: str, says: str) -> Finding:
    return _finding(check, Grade.GOOD, says)


def _bad(check: str, says: str, mend: str) -> Finding:
    return _finding(check, Grade.BAD, says, mend)


def _finding(check: str, grade: Grade, says: str, mend: str = "") -> Finding:
    return Finding(transport="imap", check=check, grade=grade, says=says, mend=mend)
