"""How sending fails, and what becomes of a message then.

DeliveryError
├── TransientDeliveryError   certainly not delivered; the same bytes may succeed later
├── PermanentDeliveryError   certainly not delivered, and never will be as it stands
└── UnknownDeliveryError     possibly delivered: the line died after the content was handed over
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from talkcycle.domain.messages import OutboxState

MOST_DOUBLINGS = 16
"""Keeps a pause within what timedelta can hold."""


class DeliveryError(Exception):
    """The transport did not confirm delivery. Never raised itself. The text is the server's words or ours, no names."""


class TransientDeliveryError(DeliveryError):
    """Certainly not delivered; the same bytes may succeed later.

    *connection_wide*: the server refused the connection or the login, not this message: the whole transport waits.
    *mailbox_wide*: it wants to be left alone about this mailbox; what concerns others goes on.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta | None = None,
        connection_wide: bool = False,
        mailbox_wide: bool = False,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.connection_wide = connection_wide
        self.mailbox_wide = mailbox_wide


class PermanentDeliveryError(DeliveryError):
    """Certainly not delivered, and never will be as it stands."""


class UnknownDeliveryError(DeliveryError):
    """Possibly delivered: the line went dead after the content was handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The server's own words when it took the message.

    Attributes:
        uid, remote_id: Of a meeting: which entry, and what the server calls it; None of anything else.
    """

    reply: str
    uid: str | None = None
    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long and how often to try.

    Attributes:
        most_attempts: Transient failures until a message fails for good.
        first_pause, longest_pause: The pause doubles from the first to the longest.
        unknown_pause: Before bytes that may have arrived go again.
        hold_unknown: HR decides about what may have arrived, instead of sending the same bytes again.
    """

    most_attempts: int = 12
    first_pause: timedelta = timedelta(minutes=1)
    longest_pause: timedelta = timedelta(hours=2)
    unknown_pause: timedelta = timedelta(minutes=15)
    hold_unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The next state of a message after a failed attempt. *not_before*: earliest next try, UTC; None: none."""

    state: OutboxState
    not_before: datetime | None
    reason: str
    uncertain: bool = False


def after_failure(
    error: DeliveryError, *, attempts: int, uncertain: bool, now: datetime, policy: RetryPolicy, jitter: float
) -> Verdict:
    """Say what becomes of a message after *attempts* tries, the failed one included.

    A message is not given up because the server is down for all: that says nothing about the message.

    Args:
        uncertain: An earlier attempt may have delivered it already.
        jitter: 0 to 1, drawn by the caller; spreads retries over up to a quarter of the pause.
    """
    said = str(error)
    if isinstance(error, PermanentDeliveryError):
        return Verdict(state=OutboxState.FAILED, not_before=None, reason=f"refused for good: {said}", uncertain=uncertain)
    server_is_down = isinstance(error, TransientDeliveryError) and error.connection_wide
    if attempts >= policy.most_attempts and not server_is_down:
        return Verdict(
            state=OutboxState.HELD,
            not_before=None,
            reason=f"given up after {attempts} attempts; retry or leave it: {said}",
            uncertain=uncertain or isinstance(error, UnknownDeliveryError),
        )
    if isinstance(error, UnknownDeliveryError):
        if policy.hold_unknown:
            return Verdict(
                state=OutboxState.HELD,
                not_before=None,
                reason=f"may have arrived; held: {said}",
                uncertain=True,
            )
        return Verdict(
            state=OutboxState.UNKNOWN,
            not_before=now + policy.unknown_pause * (1 + jitter / 4),
            reason=f"may have arrived; the same bytes go again: {said}",
            uncertain=True,
        )
    pause = min(policy.first_pause * 2 ** min(attempts - 1, MOST_DOUBLINGS), policy.longest_pause)
    if isinstance(error, TransientDeliveryError) and error.retry_after is not None:
        pause = max(pause, error.retry_after)
    return Verdict(
        state=OutboxState.QUEUED,
        not_before=now + pause * (1 + jitter / 4),
        reason=f"not delivered, will try again: {said}",
        uncertain=uncertain,
    )
