"""What Graph answered, and what that means for one request, one mailbox, or all of them.

Codes: https://learn.microsoft.com/graph/errors, and Exchange's own (ErrorItemNotFound and the like) behind them.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
    UnknownDeliveryError,
)

BUSY_PAUSE = timedelta(minutes=1)
"""A server that asks for patience without saying how much."""
LONG_BUSY_PAUSE = timedelta(minutes=15)
"""A mailbox that is being moved, or is full for now."""
RIGHTS_PAUSE = timedelta(hours=1)
"""Somebody has to grant something; changes of a scope take up to two hours to count."""
MOST_PAUSE = timedelta(days=1)
ABSENT_MAILBOX = frozenset(
    {
        "mailboxnotenabledforrestapi",
        "mailboxnotsupportedforrestapi",
        "mailboxnothostedinexchangeonline",
        "errorinvaliduser",
        "errornonexistentmailbox",
        "resourcenotfound",
        "request_resourcenotfound",
    }
)
BUSY = frozenset({"applicationthrottled", "toomanyrequests", "errorserverbusy", "errortoomanyobjectsopened"})
WAITING = frozenset({"errormailboxmoveinprogress", "errorquotaexceeded", "errormailboxstoreunavailable"})
FORGOTTEN_STATE = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired", "fullsyncrequired"})
_ADDRESS = re.compile(r'<?(?:"[^"]*"|[^\s<>@\'"(,;:]+)@[^\s<>@\'"),;:]+>?')


class NoMailbox(PermanentDeliveryError):
    """Exchange Online does not have the mailbox (any more)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, of a request or of one part of a batch.

    Attributes:
        headers: Names in lower case.
        body: Decoded JSON; None without any.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Graph's word for the error, empty where it gives none."""
        return str(self._error.get("code") or "")

    @property
    def message(self) -> str:
        return str(self._error.get("message") or "")

    @property
    def mailbox_is_absent(self) -> bool:
        return self.status == 404 and self.code.casefold() in ABSENT_MAILBOX

    @property
    def state_is_forgotten(self) -> bool:
        """The server does not know a delta state any more."""
        return self.status == 410 or (self.status >= 400 and self.code.casefold() in FORGOTTEN_STATE)

    @property
    def said(self) -> str:
        """For people: status, code and message in one line, no addresses; and the request's id, for Microsoft."""
        told = f"{self.status} {self.code} {_ADDRESS.sub('<…>', ' '.join(self.message.split()))}".strip()[:300]
        request = self.headers.get("request-id", "")[:40]
        return f"{told} (request-id {request})" if request else told

    def pause(self, now: datetime) -> timedelta | None:
        """How long the server asks to wait: Retry-After in seconds or as a date (RFC 9110); at most a day."""
        return retry_after(self.headers.get("retry-after", ""), now)

    def throttles(self) -> bool:
        """The request was turned away unread: too many of them, or too busy."""
        return (
            self.status == 429 or self.code.casefold() in BUSY or (self.status == 503 and "retry-after" in self.headers)
        )

    @property
    def _error(self) -> Mapping[str, Any]:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}


def answer_of(status: int, headers: Mapping[str, str], content: bytes) -> Answer:
    """Raises ValueError: a success whose content is cut short or is not JSON."""
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        body = json.loads(content) if content.strip() else None
    except ValueError:
        if 200 <= status < 300:
            raise
        body = None
    return Answer(status=status, headers=lowered, body=body)


def retry_after(value: str, now: datetime) -> timedelta | None:
    """What the header *value* asks for, counted from *now*; None when it says nothing usable."""
    value = value.strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    if not -1e9 < seconds < 1e9:
        return None
    return min(max(timedelta(seconds=seconds), timedelta(0)), MOST_PAUSE)


def judged(answer: Answer, *, visible: bool, now: datetime) -> DeliveryError:
    """The failure that *answer* stands for.

    Args:
        visible: The request has an effect that others see; then what may have been carried out is unknown.
    """
    code, status, said = answer.code.casefold(), answer.status, answer.said
    if answer.throttles():
        return TransientDeliveryError(said, retry_after=answer.pause(now) or BUSY_PAUSE, mailbox_wide=True)
    if code in WAITING or status == 507:
        return TransientDeliveryError(said, retry_after=answer.pause(now) or LONG_BUSY_PAUSE, mailbox_wide=True)
    if answer.mailbox_is_absent:
        return NoMailbox(f"the mailbox is not in Exchange Online (any more): {said}")
    if status == 403:
        return TransientDeliveryError(
            f"the application may not do this in this mailbox: {said}. "
            "`talkcycle doctor` says which right is missing and how to grant it",
            retry_after=RIGHTS_PAUSE,
            mailbox_wide=True,
        )
    if status in {401, 408, 409, 412, 423}:  # token, time, another change, a lock: nothing was done
        return TransientDeliveryError(said, retry_after=answer.pause(now))
    if 400 <= status < 500:
        return PermanentDeliveryError(said)
    if visible:
        return UnknownDeliveryError(f"the server may have carried it out: {said}")
    return TransientDeliveryError(said, retry_after=answer.pause(now))
