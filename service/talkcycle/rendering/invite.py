"""A talk's calendar entry as an iMIP calendar part (RFC 5545, 5546, 6047). One event, one method."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from talkcycle.domain.meetings import Party
from talkcycle.domain.talks import Entry
from talkcycle.rendering.dates import local
from talkcycle.rendering.vtimezone import tells_truly, vtimezone

PRODUCT = "-//talkcycle//talkcycle//EN"
REQUEST, CANCEL, DECLINE_COUNTER = "REQUEST", "CANCEL", "DECLINECOUNTER"
_REMIND_BEFORE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """What a calendar part says.

    Attributes:
        start, end: UTC.
        zone: In which the start is written.
        made_at: DTSTAMP, UTC: new in each version, the same in a resend.
        title: Neutral: others may see it over a shoulder.
        organizer: The service's mailbox, never the manager: replies go there, and mail from the manager's address
            that we send would fail DMARC.
        chair, participant: Manager and employee; None without a mailbox.
    """

    entry: Entry
    start: datetime
    end: datetime
    zone: str
    made_at: datetime
    title: str
    place: str
    description: str
    organizer: Party
    chair: Party | None
    participant: Party | None


def calendar_part(invite: Invite, method: str) -> bytes:
    """The VCALENDAR with *method*: CRLF line ends, lines of at most 75 octets.

    A request is written in the talk's own zone where its VTIMEZONE tells the time truly, else in UTC; all else always
    in UTC, which no program misreads.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    zoned = method == REQUEST and tells_truly(invite.zone, invite.start) and tells_truly(invite.zone, invite.end)
    calendar.add_component(_event(invite, method, zone=invite.zone if zoned else None))
    written = bytes(calendar.to_ical())
    if not zoned:
        return written
    head, event, rest = written.partition(b"BEGIN:VEVENT\r\n")
    return head + vtimezone(invite.zone).encode("ascii") + event + rest


def _event(invite: Invite, method: str, *, zone: str | None) -> Event:
    event = Event()
    event.add("uid", invite.entry.uid)
    event.add("sequence", invite.entry.sequence)
    event.add("dtstamp", invite.made_at.astimezone(UTC))
    event.add("dtstart", local(invite.start, zone) if zone else invite.start.astimezone(UTC))
    event.add("dtend", local(invite.end, zone) if zone else invite.end.astimezone(UTC))
    event.add("summary", invite.title)
    event.add("location", invite.place)
    event.add("description", invite.description)
    event.add("organizer", _address(invite.organizer))
    for attendee in _attendees(invite):
        event.add("attendee", attendee)
    event.add("status", "CANCELLED" if method == CANCEL else "CONFIRMED")
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "FREE" if method == CANCEL else "BUSY")
    if method == REQUEST:
        event.add_component(_alarm(invite.title))
    return event


def _attendees(invite: Invite) -> Sequence[vCalAddress]:
    roles = ((invite.chair, "CHAIR"), (invite.participant, "REQ-PARTICIPANT"))
    return [_attendee(party, role) for party, role in roles if party is not None]


def _attendee(party: Party, role: str) -> vCalAddress:
    """With PARTSTAT and RSVP, without which no program shows buttons."""
    attendee = _address(party)
    attendee.params["cutype"] = vText("INDIVIDUAL")
    attendee.params["role"] = vText(role)
    attendee.params["partstat"] = vText("NEEDS-ACTION")
    attendee.params["rsvp"] = vText("TRUE")
    return attendee


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.address}")
    # Quotes would become RFC 6868's ^', which most programs show as it stands.
    address.params["cn"] = vText(party.name.replace('"', ""))
    return address


def _alarm(title: str) -> Alarm:
    """Shown on the screen only: an alarm by mail or sound is not ours to set."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", -_REMIND_BEFORE)
    return alarm
