"""What the rounds need from the outside world. ``store`` and ``transports`` implement these; tests bring fakes."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from talkcycle.domain.delivery import Receipt


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...


class MailConnection(Protocol):
    """One open line to a mail server. Used by one thread; in order."""

    def deliver(self, *, sender: str, recipient: str, payload: bytes) -> Receipt:
        """Hand over one message to one recipient, once.

        Never retries, never logs content or addresses, never touches the store.

        Args:
            sender, recipient: Envelope addresses; may be internationalised.
            payload: The exact bytes to send, CRLF line ends.

        Raises:
            TransientDeliveryError, PermanentDeliveryError, UnknownDeliveryError: as delivery.py defines them.
                Anything else that escapes is a bug.
        """
        ...


class MailTransport(Protocol):
    """One way to send mails."""

    name: str

    def connect(self) -> AbstractContextManager[MailConnection]:
        """Open a line lazily and keep it for several messages; leaving closes it quietly, whatever the server says."""
        ...
