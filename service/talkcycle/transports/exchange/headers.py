"""What HTTP headers of an answer say about time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=1)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the server wants to be left alone: seconds or a date (RFC 9110 section 10.2.3); at most a day."""
    said = headers.get("Retry-After", "").strip()
    if said.isdigit():
        return min(timedelta(seconds=int(said)), LONGEST) if len(said) < 10 else LONGEST
    when = _date(said)
    return None if when is None else min(max(when - now, timedelta(0)), LONGEST)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """What time it is at the server, UTC, to the second."""
    return _date(headers.get("Date", ""))


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
