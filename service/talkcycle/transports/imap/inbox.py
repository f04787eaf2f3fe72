"""The service's own mailbox: look for new mails, read each, move what has been dealt with, wait for the next."""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Event
from time import monotonic
from typing import Any

from imapclient import DELETED
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.mails import Letter, Tray
from talkcycle.domain.ports import Clock
from talkcycle.domain.service import ImapSettings
from talkcycle.intake.mail_caps import LARGEST
from talkcycle.transports.imap.opening import (
    FAILURES,
    LoginRefused,
    connect,
    drop,
    explained,
    login,
    no_line,
    tls_context,
)
from talkcycle.transports.imap.reading import MailReader
from talkcycle.transports.imap.token import token_source

BEGINNING = 1_000_000
"""Bytes of a larger mail that are read: a report, or an answer, comes before what a mail carries besides."""
BATCH = 100
LOGIN_PAUSE = timedelta(minutes=15)
"""A login that was refused is not tried again sooner: a few more would lock the account."""
FIRST_IDLE, LONGEST_IDLE = 0.25, 60.0
"""Seconds until IDLE is begun anew: soon where mails come one after the other, then rarely. Servers log out whoever idles
for half an hour (RFC 2177)."""
LOOK_FOR_STOP = 1.0


class SystemClock:
    """The machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ImapInbox:
    """Implements ``domain.ports.Inbox``.

    A state is UIDVALIDITY and the last UID that was dealt with: with another UIDVALIDITY the server has forgotten its
    numbers (RFC 3501 section 2.3.1.1), and everything in the folder is looked at again.
    """

    def __init__(self, settings: ImapSettings, *, clock: Clock | None = None, reader: MailReader | None = None) -> None:
        self.settings = settings
        self.account = f"{settings.user}@{settings.host}:{settings.port}/{settings.folder}"[:320]
        self.clock = clock or SystemClock()
        self._reader = reader or MailReader(settings.authserv_id)
        self._line: Any = None
        self._folders: dict[Tray, str] = {}
        self._seen = 0
        self._refused: tuple[str, datetime] | None = None

    def letters(self, since: str | None, /) -> Iterator[Letter]:
        with self._explaining():
            line = self._open()
            folder = line.select_folder(self.settings.folder)
        validity = folder.get(b"UIDVALIDITY", 0)
        last = _last_of(since, validity)
        while True:
            with self._explaining():
                uids = sorted(uid for uid in line.search(["UNDELETED", "UID", f"{last + 1}:*"]) if uid > last)[:BATCH]
                sizes = line.fetch(uids, ["RFC822.SIZE"]) if uids else {}
            if not uids:
                self._seen = max(last, _newest_of(folder))
                return
            for uid in uids:
                raw, whole = self._fetch(line, uid, sizes.get(uid, {}).get(b"RFC822.SIZE", 0))
                if raw is not None:
                    mail = self._reader.read(raw, whole=whole)
                    yield Letter(id=uid, mail=mail, state=f"{validity}:{uid}")
                last = uid

    def put_away(self, letter: Letter, tray: Tray, /) -> bool:
        line = self._line
        if line is None:
            raise no_line("the line to the mailbox was closed")
        with self._explaining():
            try:
                self._move(line, letter.id, self._folder(line, tray))
            except IMAPClientAbortError:
                raise
            except IMAPClientError:  # no right, no space, no such folder
                return False
        return True

    def wait(self, most: timedelta, stop: Event, /) -> None:
        until = monotonic() + most.total_seconds()
        if self._line is not None:
            try:
                if self._line.has_capability("IDLE"):
                    if not self._came_meanwhile(self._line):
                        _idle(self._line, until, stop)
                    return
            except FAILURES:  # whoever looks next opens another line
                self._drop()
        stop.wait(max(0.0, until - monotonic()))

    def close(self) -> None:
        self._drop()
        self._reader.close()

    @cached_property
    def _context(self) -> ssl.SSLContext | None:
        return tls_context(self.settings)

    @cached_property
    def _token(self) -> Callable[[], str]:
        return token_source(self.settings, self.clock)

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """What fails on the line is told to whoever reads, and the line is not used again."""
        try:
            yield
        except TransientDeliveryError:
            self._drop()
            raise
        except FAILURES as failure:
            self._drop()
            raise explained(failure) from failure

    def _open(self) -> Any:
        """The line there is, or a new one.

        Raises:
            TransientDeliveryError: The login was refused less than a quarter of an hour ago, or is now.
        """
        if self._line is not None:
            return self._line
        if self._refused is not None and self.clock.now() < self._refused[1]:
            what, until = self._refused
            raise LoginRefused(what, retry_after=until - self.clock.now(), connection_wide=True)
        token = self._token() if self.settings.client_id is not None else None
        line = connect(self.settings, self._context)
        try:
            login(line, self.settings, token)
        except LoginRefused as refused:
            drop(line)
            self._refused = (str(refused), self.clock.now() + LOGIN_PAUSE)
            raise LoginRefused(str(refused), retry_after=LOGIN_PAUSE, connection_wide=True) from None
        except BaseException:
            drop(line)
            raise
        self._line, self._refused = line, None
        return line

    def _drop(self) -> None:
        if self._line is not None:
            drop(self._line)
            self._line = None
            self._folders.clear()

    def _fetch(self, line: Any, uid: int, size: int) -> tuple[bytes | None, bool]:
        """The mail, or how it begins, without marking it as read; None: it is gone."""
        whole = size <= LARGEST
        with self._explaining():
            found = line.fetch([uid], [f"BODY.PEEK[]<0.{LARGEST if whole else BEGINNING}>"])
        return found.get(uid, {}).get(b"BODY[]<0>"), whole

    def _move(self, line: Any, uid: int, folder: str) -> None:
        if line.has_capability("MOVE"):
            line.move([uid], folder)
            return
        line.copy([uid], folder)
        line.add_flags([uid], [DELETED], silent=True)
        if line.has_capability("UIDPLUS"):  # without it EXPUNGE would take what others have marked, too
            line.uid_expunge([uid])

    def _folder(self, line: Any, tray: Tray) -> str:
        """Its folder's whole name; made where it is missing."""
        if tray not in self._folders:
            name = whole_name(line, self.settings.processed if tray is Tray.PROCESSED else self.settings.unreadable)
            if not line.folder_exists(name):
                line.create_folder(name)
            self._folders[tray] = name
        return self._folders[tray]

    def _came_meanwhile(self, line: Any) -> bool:
        """Whether there is a mail that no look has found.

        What servers tell along with the answer to a search, or to anything else, they do not tell again.
        """
        return _newest_of(line.select_folder(self.settings.folder)) > self._seen


def _idle(line: Any, until: float, stop: Event) -> None:
    """Until the server tells of new mail.

    What it tells along with its consent lies in a buffer where ``idle_check`` does not look; ``idle_done`` gives it.
    """
    lasts, told = FIRST_IDLE, False
    while not told:
        line.idle()
        ends = min(until, monotonic() + lasts)
        while not told and not stop.is_set() and (left := ends - monotonic()) > 0:
            told = _tells_of_mail(line.idle_check(min(left, LOOK_FOR_STOP)))
        told = _tells_of_mail(line.idle_done()[1]) or told
        if stop.is_set() or monotonic() >= until:
            return
        lasts = min(2 * lasts, LONGEST_IDLE)


def _tells_of_mail(told: Iterable[Any]) -> bool:
    return any(len(each) > 1 and each[1] == b"EXISTS" for each in told)


def _newest_of(folder: Mapping[bytes, Any]) -> int:
    """The highest UID there was when *folder* was selected; 0 where the server does not say (UIDNEXT)."""
    return int(folder.get(b"UIDNEXT", 1)) - 1


def whole_name(line: Any, name: str) -> str:
    """*name* where the server wants our own folders to be: some want all of them below INBOX."""
    if not line.has_capability("NAMESPACE"):
        return name
    own = line.namespace().personal
    prefix = own[0][0] if own else ""
    return name if name.startswith(prefix) else f"{prefix}{name}"


def _last_of(since: str | None, validity: int) -> int:
    known, _, last = (since or "").partition(":")
    return int(last) if known == str(validity) and last.isdecimal() else 0
