"""Free and busy times, and the hours people work."""

from datetime import datetime, timedelta
from typing import Any

from servers.graph_event_shape import SHOWN
from servers.graph_received import Answer, GraphError
from servers.graph_tenant import Ask, route
from servers.graph_times import read_time, windows_name, written
from servers.organisation import Busy, Item, Mailbox, NoMailbox, Where

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DIGITS = {Busy.FREE: "0", Busy.TENTATIVE: "1", Busy.BUSY: "2", Busy.AWAY: "3", Busy.ELSEWHERE: "4"}
RANK = (Busy.AWAY, Busy.BUSY, Busy.TENTATIVE, Busy.ELSEWHERE)
MOST_ENTRIES = 1000
RIGHTS = ("Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite")


@route("POST", "/users/{box}/calendar/getSchedule", *RIGHTS)
def _schedule(ask: Ask) -> Answer:
    body = {name[:1].lower() + name[1:]: value for name, value in ask.body().items()}
    start, end = read_time(body.get("startTime"))[0], read_time(body.get("endTime"))[0]
    wanted = body.get("schedules") or ()
    if not 1 <= len(wanted) <= 20:
        raise GraphError(400, "ErrorInvalidRequest", "The number of mailboxes is not between 1 and 20.")
    if not timedelta() < end - start < timedelta(days=62):
        raise GraphError(400, "ErrorTimeIntervalTooBig", "The requested time window is not within the allowed limits.")
    interval = body.get("availabilityViewInterval", 30)
    if not 5 <= interval <= 1440:
        raise GraphError(400, "ErrorInvalidMergedFreeBusyInterval", "The interval is not between 5 and 1440 minutes.")
    zone = ask.request.prefers("outlook.timezone") or "UTC"
    window = (start, end, timedelta(minutes=interval))
    content = [_of(ask, address, window, zone) for address in wanted]
    return Answer(content={"value": content})


@route("GET", "/users/{box}/mailboxSettings", "MailboxSettings.Read", "MailboxSettings.ReadWrite")
def _settings(ask: Ask) -> Answer:
    language = {"locale": ask.mailbox.language or "en-US", "displayName": ask.mailbox.language or "English"}
    purpose = "room" if ask.mailbox.is_room else "user"
    settings = {"timeZone": windows_name(ask.mailbox.zone), "language": language, "userPurpose": purpose}
    return Answer(content=settings | {"workingHours": _hours(ask.mailbox)})


def _of(ask: Ask, address: str, window: tuple[datetime, datetime, timedelta], zone: str) -> dict[str, Any]:
    """One mailbox's schedule, or why there is none: it keeps no other from being told. *window*: with its interval."""
    start, end, interval = window
    try:
        mailbox = ask.organisation.mailbox(address, Where.ONLINE)
    except NoMailbox:
        says = "Unable to resolve e-mail address to an Active Directory object."
        return _without(address, says, "ErrorMailRecipientNotFound")
    items = sorted(
        (each for each in mailbox.calendar.values() if not each.cancelled and each.start < end and start < each.end),
        key=lambda each: (each.start, each.id),
    )
    if len(items) > MOST_ENTRIES:
        return _without(address, f"The result set contains too many calendar entries: {len(items)}.", "5006")
    return {
        "scheduleId": address,
        "availabilityView": _view(items, start, end, interval),
        "scheduleItems": [_item(each, zone) for each in items],
        "workingHours": _hours(mailbox),
    }


def _without(address: str, message: str, code: str) -> dict[str, Any]:
    return {
        "scheduleId": address,
        "availabilityView": "",
        "scheduleItems": [],
        "error": {"message": message, "responseCode": code},
    }


def _view(items: list[Item], start: datetime, end: datetime, interval: timedelta) -> str:
    digits = ["0"] * -(-(end - start) // interval)
    for kind in reversed(RANK):  # what comes last stays
        for each in items:
            if each.busy is kind:
                first = max((each.start - start) // interval, 0)
                last = min(-((start - each.end) // interval), len(digits))
                digits[first:last] = DIGITS[kind] * (last - first)
    return "".join(digits)


def _item(item: Item, zone: str) -> dict[str, Any]:
    """With subject and place, as those get them who may read the calendar; private ones without."""
    shown = {"isPrivate": item.private, "status": SHOWN[item.busy]}
    words = {} if item.private else {"subject": item.subject, "location": item.location}
    return shown | words | {"start": written(item.start, zone), "end": written(item.end, zone)}


def _hours(mailbox: Mailbox) -> dict[str, Any]:
    """Outlook knows one span for all working days."""
    days = [DAYS[day] for day, _, _ in mailbox.hours]
    _, first, last = mailbox.hours[0] if mailbox.hours else (0, 0, 0)
    return {
        "daysOfWeek": days,
        "startTime": _clock(first),
        "endTime": _clock(last),
        "timeZone": {"name": windows_name(mailbox.zone)},
    }


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}:00.0000000"
