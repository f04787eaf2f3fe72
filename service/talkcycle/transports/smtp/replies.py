"""What a server's answer means for one message, and for the line as a whole."""

import re
from datetime import timedelta

from talkcycle.domain.delivery import DeliveryError, PermanentDeliveryError, TransientDeliveryError

ADDRESS = re.compile(r'<?(?:"[^"]*"|[^\s<>@]+)@[^\s<>@]+>?')
HINT = re.compile(
    r"(?:again|retry|wait|back|delay|greylist)\D{0,30}?(\d{1,5})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b",
    re.IGNORECASE,
)
UNITS = {"s": 1, "m": 60, "h": 3600}
LOGIN_PAUSE = timedelta(minutes=15)
"""A login that was refused is not tried again sooner: a few more would lock the account."""
MISCONFIGURED_PAUSE = timedelta(minutes=10)
BUSY_PAUSE = timedelta(minutes=5)
BUSY_CODES = frozenset({421, 450, 452, 454})
POLICY = re.compile(r"\s*4\.7\.\d")
"""RFC 3463: security or policy, which is what servers answer to whoever sends too much."""
CLOSING = 421
TOO_LARGE = 552
LOGIN_DEMANDED = 530
OUR_FAULT = re.compile(r"\s*5\.(1\.[78]|7\.57|7\.60|2\.252)\b|.*Sender address rejected|.*SendAsDenied", re.DOTALL)
"""The service mailbox is refused, though only after RCPT or the content, as Postfix (smtpd_delay_reject) and Exchange do.
RFC 3463 sections 3.2 and 3.8; Exchange Online's own 5.7.57, 5.7.60 and 5.2.252."""


def words(code: int, text: bytes | str) -> str:
    """The server's words for people: one line, no addresses."""
    clear = _clear(text)
    return f"{code} {ADDRESS.sub('<…>', ' '.join(clear.split()))}"[:300].strip()


def hint(text: bytes | str) -> timedelta | None:
    """How long the server asks to wait, where it says so ("try again in 300 seconds"); at most a day."""
    found = HINT.search(_clear(text))
    if found is None:
        return None
    return timedelta(seconds=min(int(found[1]) * UNITS[found[2][0].lower()], 86_400))


def _pause(code: int, text: bytes | str) -> timedelta | None:
    """How long to leave the server alone; None: as long as for any failure."""
    if code >= 500:
        return hint(text) or MISCONFIGURED_PAUSE
    return hint(text) or (BUSY_PAUSE if code in BUSY_CODES or POLICY.match(_clear(text)) else None)


def _clear(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def refused_message(code: int, text: bytes) -> DeliveryError:
    """A refusal after MAIL FROM, of this recipient or this content: 4xx may pass later, 5xx never will."""
    if code == LOGIN_DEMANDED or (500 <= code < 600 and OUR_FAULT.match(_clear(text))):
        return refused_sender(code, text)
    said = words(code, text)
    if 500 <= code < 600:
        return PermanentDeliveryError(said)
    return TransientDeliveryError(said, retry_after=_pause(code, text), connection_wide=code == CLOSING)


def refused_sender(code: int, text: bytes) -> DeliveryError:
    """A refusal of our mailbox: nothing is wrong with the message, unless it is too large."""
    if code == TOO_LARGE:
        return PermanentDeliveryError(words(code, text))
    what = f"the server does not take mail from the service mailbox: {words(code, text)}"
    return no_line(what, pause=_pause(code, text) or BUSY_PAUSE)


def refused_login(code: int, text: bytes | str) -> TransientDeliveryError:
    what = f"the login was refused: {words(code, text)}"
    return no_line(what, pause=max(LOGIN_PAUSE, hint(text) or LOGIN_PAUSE))


def refused_line(code: int, text: bytes | str) -> TransientDeliveryError:
    return no_line(f"the server refused the connection: {words(code, text)}", pause=_pause(code, text))


def no_line(what: str, *, pause: timedelta | None = None) -> TransientDeliveryError:
    """The line could not be opened: every message waits."""
    return TransientDeliveryError(what, retry_after=pause, connection_wide=True)
