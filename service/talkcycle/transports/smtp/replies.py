"""What a server's answer means for one message, and for the line as a whole."""

import re
from datetime import timedelta

from talkcycle.domain.delivery import DeliveryError, PermanentDeliveryError, TransientDeliveryError

ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
HINT = re.compile(r"(\d{1,4})\s*(s|sec|seconds?|m|min|minutes?)\b", re.IGNORECASE)
LOGIN_PAUSE = timedelta(minutes=15)
"""A login that was refused is not tried again sooner: a few more would lock the account."""
MISCONFIGURED_PAUSE = timedelta(minutes=10)
BUSY_PAUSE = timedelta(minutes=5)
BUSY_CODES = frozenset({421, 450, 452, 454})
TOO_LARGE = 552


def words(code: int, text: bytes | str) -> str:
    """The server's words for people: one line, no addresses."""
    clear = text.decode(errors="replace") if isinstance(text, bytes) else text
    return f"{code} {ADDRESS.sub('<…>', ' '.join(clear.split()))}"[:300].strip()


def hint(text: bytes | str) -> timedelta | None:
    """How long the server asks to wait, where it says so ("try again in 300 seconds"); at most a day."""
    clear = text.decode(errors="replace") if isinstance(text, bytes) else text
    found = HINT.search(clear)
    if found is None:
        return None
    seconds = int(found[1]) * (60 if found[2].lower().startswith("m") else 1)
    return timedelta(seconds=min(seconds, 86_400))


def refused_message(code: int, text: bytes) -> DeliveryError:
    """A refusal of this recipient or this content: 4xx may pass later, 5xx never will."""
    said = words(code, text)
    if 500 <= code < 600:
        return PermanentDeliveryError(said)
    pause = hint(text) or (BUSY_PAUSE if code in BUSY_CODES else None)
    return TransientDeliveryError(said, retry_after=pause, connection_wide=code == 421)


def refused_sender(code: int, text: bytes) -> DeliveryError:
    """A refusal of our mailbox: nothing is wrong with the message, unless it is too large."""
    if code == TOO_LARGE:
        return PermanentDeliveryError(words(code, text))
    pause = hint(text) or (MISCONFIGURED_PAUSE if code >= 500 else BUSY_PAUSE)
    return TransientDeliveryError(
        f"the server does not take mail from the service mailbox: {words(code, text)}",
        retry_after=pause,
        connection_wide=True,
    )


def no_line(what: str, *, pause: timedelta | None = None) -> TransientDeliveryError:
    """The line could not be opened: every message waits."""
    return TransientDeliveryError(what, retry_after=pause, connection_wide=True)
