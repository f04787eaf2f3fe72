"""Time zones as Exchange names them: in Windows' words, IANA's, or those of somebody's own making."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import Span


@cache
def iana_zone(name: str | None) -> str | None:
    """The IANA zone that Exchange calls *name*; None for one that nobody else knows.

    Unicode's table of Windows' names (CLDR, by Babel) gives one city for each: "W. Europe" is Berlin, whose clocks show
    the same as Stockholm's.
    """
    from babel.core import get_global  # noqa: PLC0415  # reads a table of 200 kB

    name = (name or "").strip()
    if name.upper() in {"UTC", "GMT"}:
        return "UTC"
    known = get_global("windows_zone_mapping").get(name, name)
    try:
        ZoneInfo(known)
    except (KeyError, ValueError, OSError):  # a folder of the database is no zone either
        return None
    return str(known)


def moment(told: object) -> datetime | None:
    """The instant of a ``dateTimeTimeZone``, UTC; None for none, or one that nobody can read."""
    if not isinstance(told, dict):
        return None
    zone, at = iana_zone(told.get("timeZone") or "UTC"), _read(told.get("dateTime"))
    if zone is None or at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def instant(told: object) -> datetime | None:
    """The instant of a ``DateTimeOffset``, UTC. Year 1 is how Exchange says "never"."""
    at = _read(told)
    if at is None or at.year == 1:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def slot(told: object) -> Span | None:
    """The span of a ``timeSlot``, UTC."""
    if not isinstance(told, dict):
        return None
    start, end = moment(told.get("start")), moment(told.get("end"))
    return (start, end) if start is not None and end is not None else None


def _read(text: object) -> datetime | None:
    """Exchange writes seven digits of a second; what is beyond six is cut off."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
