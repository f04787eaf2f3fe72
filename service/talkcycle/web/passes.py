"""Passes of forms: only who has opened a page a short while ago can send the form on it."""

import base64
import hmac
from datetime import datetime, timedelta
from hashlib import sha256

LASTS = timedelta(hours=2)
SIGNATURE = 18
"""Bytes."""


def form_pass(key: bytes, token: str, action: str, *, now: datetime) -> str:
    """A pass for the form *action* of the page that *token* opens, from *now* on (UTC) for as long as it lasts.

    Args:
        key: The round's secret for forms.
    """
    ends = int((now + LASTS).timestamp())
    return f"{ends:x}.{_signature(key, token, action, ends)}"


def pass_holds(given: str, key: bytes, token: str, action: str, *, now: datetime) -> bool:
    """Whether *given* was made for just this form and its time is not over at *now* (UTC)."""
    stated, _, signature = given.partition(".")
    try:
        ends = int(stated[:12], 16)
    except ValueError:
        return False
    wanted = _signature(key, token, action, ends)
    return hmac.compare_digest(signature.encode(), wanted.encode()) and now.timestamp() < ends


def _signature(key: bytes, token: str, action: str, ends: int) -> str:
    said = f"{action}\n{token}\n{ends}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, said, sha256)[:SIGNATURE]).decode()
