"""Times as Graph writes and reads them."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from servers.graph_received import GraphError

WINDOWS = {
    "W. Europe Standard Time": ("Europe/Berlin", "Europe/Stockholm", "Europe/Oslo"),
    "Romance Standard Time": ("Europe/Paris", "Europe/Copenhagen"),
    "FLE Standard Time": ("Europe/Kiev", "Europe/Helsinki"),
    "GMT Standard Time": ("Europe/London",),
    "Eastern Standard Time": ("America/New_York",),
    "UTC": ("UTC",),
}
BY_ZONE = {zone: name for name, zones in WINDOWS.items() for zone in zones}


def windows_name(zone: str) -> str:
    """What Outlook calls *zone*, an IANA one; itself where we know no other name."""
    return BY_ZONE.get(zone, zone)


def zone_named(name: str) -> ZoneInfo:
    """IANA or Windows; Graph takes both."""
    try:
        return ZoneInfo(WINDOWS[name][0] if name in WINDOWS else name)
    except (ZoneInfoNotFoundError, ValueError):
        raise GraphError(400, "TimeZoneNotSupportedException", f"TimeZoneId {name} not supported.") from None


def read_time(given: Any) -> tuple[datetime, str]:
    """The instant of a dateTimeTimeZone, UTC, and the zone it was given in."""
    if not isinstance(given, dict) or "dateTime" not in given:
        raise GraphError(400, "ErrorInvalidRequest", "A time lacks its dateTime.")
    name = given.get("timeZone") or "UTC"
    return read_moment(given["dateTime"], zone_named(name)), name


def read_moment(text: str, zone: ZoneInfo | None = None) -> datetime:
    """ISO 8601 in *zone* (None: UTC) where it has no offset; UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GraphError(400, "ErrorInvalidRequest", f"'{text}' is not a time.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone or UTC)).astimezone(UTC)


def written(moment: datetime, zone: str = "UTC") -> dict[str, str]:
    local = moment.replace(tzinfo=None) if zone == "UTC" else moment.astimezone(zone_named(zone)).replace(tzinfo=None)
    return {"dateTime": f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond:06}0", "timeZone": zone}


def stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
