"""One Exchange server: its line, its mailboxes, and the words for what goes wrong with it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Lock
from traceback import walk_tb
from typing import Any

import requests
from exchangelib.account import Account
from exchangelib.credentials import IMPERSONATION
from exchangelib.errors import EWSError
from exchangelib.ewsdatetime import UTC as EWS_UTC
from exchangelib.folders import Root
from exchangelib.properties import DistinguishedFolderId
from exchangelib.properties import Mailbox as MailboxElement
from exchangelib.protocol import Protocol

from talkcycle.domain.delivery import PermanentDeliveryError
from talkcycle.domain.service import ExchangeSettings
from talkcycle.transports.exchange.discovery import discovered
from talkcycle.transports.exchange.line import Line, Refusal, open_line
from talkcycle.transports.exchange.replies import explained
from talkcycle.transports.exchange.sign_in import Gate


class Mailbox(Account):  # type: ignore[misc]  # exchangelib has no types
    """Somebody's mailbox, opened by impersonation over a line of ours.

    Every time comes and goes in UTC.
    """

    def __init__(self, address: str, line: Line) -> None:
        super().__init__(address, access_type=IMPERSONATION, config=line.config, locale="en_US", default_timezone=EWS_UTC)
        self.protocol = line
        with suppress(KeyError):  # exchangelib has just put another into its cache
            del Protocol[line.config]

    def folder(self, kind: Any) -> Any:
        """A well-known folder, named by its role: nothing is asked of the server."""
        role = DistinguishedFolderId(
            id=kind.DISTINGUISHED_FOLDER_ID, mailbox=MailboxElement(email_address=self.primary_smtp_address)
        )
        return kind(root=Root(account=self), _distinguished_id=role)


class Server:
    """Everything the roles share: one line, one gate. Safe to share between threads."""

    def __init__(self, settings: ExchangeSettings, *, sender: str, now: Callable[[], datetime] | None = None) -> None:
        self.settings = settings
        self.sender = sender
        self.now = now or (lambda: datetime.now(UTC))
        self.gate = Gate(self.now)
        self._opening = Lock()
        self._line: Line | None = None

    @property
    def line(self) -> Line:
        """Opened with the first use.

        Raises:
            TransientDeliveryError: Connection-wide: no endpoint is given and none is found, or the settings are wrong.
        """
        with self._opening:
            if self._line is None:
                self.gate.check()
                endpoint = self.settings.endpoint or discovered(self.settings, self.sender, gate=self.gate, now=self.now)
                self._line = open_line(self.settings, endpoint, sender=self.sender, gate=self.gate, now=self.now)
            return self._line

    def mailbox(self, address: str) -> Mailbox:
        """Nothing is asked of the server yet.

        Raises:
            PermanentDeliveryError: The address cannot be one.
            TransientDeliveryError: As ``line``.
        """
        if "@" not in address:
            raise PermanentDeliveryError("the address cannot be one")
        return Mailbox(address, self.line)

    @contextmanager
    def speaking(self, *, visible: bool = False) -> Iterator[None]:
        """Turn what exchangelib raises inside into what the ports' contract knows.

        Args:
            visible: Others see what is asked for inside (a mail, an invitation): when it is not known whether the server
                carried it out, nobody may claim that it did not.
        """
        try:
            yield
        except (EWSError, requests.RequestException, Refusal, OSError) as failure:
            raise explained(failure, visible=visible) from failure
        except (AttributeError, LookupError, TypeError, ValueError) as failure:
            if not _while_reading(failure):
                raise
            raise explained(failure, visible=visible) from failure


def _while_reading(failure: BaseException) -> bool:
    """Whether exchangelib stumbled over an answer that lacks what every answer has."""
    *_, (frame, _) = walk_tb(failure.__traceback__)
    return str(frame.f_globals.get("__name__", "")).startswith("exchangelib.")


def each(answers: Iterable[Any]) -> list[Any]:
    """All answers to one request.

    Raises:
        Whatever the server answered instead: exchangelib gives some errors back as if they were results.
    """
    found = list(answers)
    for answer in found:
        if isinstance(answer, Exception):
            raise answer
    return found
