"""The service's process as it dies: its store, and its own mailbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import NoReturn

from attendee_calendar import AUTHSERV
from talkcycle.domain.mails import Letter, Tray
from talkcycle.intake.mail_reading import read_mail
from talkcycle.store.open import SqlSession, SqlStore


class Killed(BaseException):
    """The process dies, without a word; nothing catches it."""


class MortalStore(SqlStore):
    """The store of a process that dies at one of its commits, and does nothing more then.

    Attributes:
        inner: The same database for whoever looks on.
        left: Transactions that still succeed; None: it lives. *kept*: the one at which it dies is durable.
    """

    def __init__(self, inner: SqlStore) -> None:
        super().__init__(inner.engine, inner._seal)  # noqa: SLF001  # one database, seen from two sides
        self.inner = inner
        self.left: int | None = None
        self.kept = False
        self.dead = False

    def die(self) -> NoReturn:
        self.dead = True
        raise Killed

    @contextmanager
    def read(self) -> Iterator[SqlSession]:
        self.must_live()
        with super().read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[SqlSession]:
        self.must_live()
        with super().write() as session:
            yield session
            if self.left == 0 and not self.kept:
                self.die()
        if self.left == 0:
            self.die()
        if self.left is not None:
            self.left -= 1

    def must_live(self) -> None:
        if self.dead:
            raise Killed


@dataclass(slots=True)
class ServiceMailbox:
    """The service's own, in memory: a ``domain.ports.Inbox``."""

    store: MortalStore
    mails: list[bytes] = field(default_factory=list)
    away: set[int] = field(default_factory=set)
    account: str = "samtal@norrsken.example"

    def letters(self, since: str | None, /) -> Iterator[Letter]:
        for number, mail in enumerate(self.mails, start=1):
            if number > int(since or 0) and number not in self.away:
                yield Letter(id=number, mail=read_mail(mail, authserv_id=AUTHSERV), state=str(number))

    def put_away(self, letter: Letter, tray: Tray, /) -> bool:
        assert tray is Tray.PROCESSED, "a mail as programs write it was not understood"
        self.store.must_live()
        self.away.add(letter.id)
        return True

    def wait(self, most: timedelta, stop: Event, /) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing to let go of."""
