"""Read the service's mailbox for as long as the service runs, in a thread of its own: at once when mail comes."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.ports import Clock, Inbox
from talkcycle.domain.store import Store

if TYPE_CHECKING:
    from talkcycle.rounds.inbox import InboxRead


IN_HAND_PAUSE = timedelta(seconds=10)
"""A report about a message that is being sent is read again after this."""


@dataclass(slots=True)
class InboxReader:
    """Attributes:
    every: Between two looks, where the server does not tell of new mail.
    log: structlog's; carries counts and the server's numbers of mails only.
    """

    store: Store
    inbox: Inbox
    clock: Clock
    every: timedelta
    log: Any

    def run(self, stop: threading.Event) -> None:
        """Look, wait, look again, until *stop* is set. A mailbox that cannot be read is tried again, not too soon."""
        try:
            while not stop.is_set():
                pause = self.look(stop)
                if pause is None:
                    self.inbox.wait(self.every, stop)
                else:
                    stop.wait(pause.total_seconds())
        finally:
            self.inbox.close()

    def look(self, stop: threading.Event) -> timedelta | None:
        """One look. How long to leave the mailbox alone, where it could not be read to its end; None: it was."""
        from talkcycle.rounds.inbox import InboxRead, read_inbox  # noqa: PLC0415

        found = InboxRead()
        try:
            read_inbox(self.store, self.inbox, clock=self.clock, stopped=stop.is_set, into=found)
        except TransientDeliveryError as failure:
            self.log.warning("the mailbox could not be read", why=str(failure))
            return max(self.every, failure.retry_after or self.every)
        finally:
            self._report(found)
        return IN_HAND_PAUSE if found.waits else None

    def _report(self, found: "InboxRead") -> None:
        counts = {outcome.value.replace("-", "_"): count for outcome, count in found.outcomes.items()}
        if counts:
            self.log.info("mails read", **counts)
        for number, why in found.unreadable:
            self.log.warning("a mail could not be read", mail=number, why=why)
        if found.stuck:
            self.log.warning("mails could not be moved out of the inbox", mails=found.stuck)
