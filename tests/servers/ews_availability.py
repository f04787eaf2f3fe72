"""When mailboxes are busy and when their owners work; and the time zones clients ask for first."""

from datetime import datetime, timedelta

from lxml.etree import _Element

from servers.ews_calendar import BUSY
from servers.ews_soap import PREFIXES, failure, flag, m, refuse, response, succeeded, success, t, text_of
from servers.ews_visit import Visit
from servers.ews_zones import WINDOWS_NAMES, RuleZone, asked_zone, definition, working_zone
from servers.organisation import Busy, Item, Mailbox, NoMailbox, Where

MOST_MAILBOXES = 100
LONGEST = timedelta(days=62)
DIGITS = {Busy.FREE: "0", Busy.TENTATIVE: "1", Busy.BUSY: "2", Busy.AWAY: "3", Busy.ELSEWHERE: "4"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def get_user_availability(visit: Visit) -> _Element:
    """Times are local to the zone that the request describes, without saying so."""
    listed = [text_of(each, "t:Email/t:Address") or "" for each in visit.call.findall("m:MailboxDataArray/t:MailboxData")]
    if len(listed) > MOST_MAILBOXES:
        raise refuse("ErrorMailboxDataArrayTooBig", "There are too many mailboxes in the request.")
    zone_element, options = visit.call.find("t:TimeZone"), visit.call.find("t:FreeBusyViewOptions")
    if zone_element is None or options is None:
        raise refuse("ErrorInvalidRequest", "The request is invalid.")
    zone = asked_zone(zone_element)
    texts = (text_of(options, f"t:TimeWindow/t:{name}") or "" for name in ("StartTime", "EndTime"))
    start, end = (_local(text, zone) for text in texts)
    if end - start > LONGEST:
        raise refuse("ErrorTimeIntervalTooBig", "The requested time window is larger than the allowable range.")
    view = text_of(options, "t:RequestedView") or "FreeBusy"
    step = timedelta(minutes=int(text_of(options, "t:MergedFreeBusyIntervalInMinutes") or 30))

    def told(address: str) -> _Element:
        try:
            mailbox = visit.organisation.mailbox(address, Where.ON_PREMISES)
        except NoMailbox:
            text = f"Unable to resolve e-mail address {address} to an Active Directory object."
            refusal = refuse("ErrorMailRecipientNotFound", text)
            return m("FreeBusyResponse", m("ResponseMessage", *failure(refusal), ResponseClass="Error"))
        items = [
            each for each in mailbox.calendar.values() if not each.cancelled and each.start < end and start < each.end
        ]
        return m(
            "FreeBusyResponse",
            m("ResponseMessage", *success(), ResponseClass="Success"),
            m(
                "FreeBusyView",
                t("FreeBusyViewType", view),
                t("MergedFreeBusy", _merged(items, start, end, step)) if "Merged" in view else None,
                t("CalendarEventArray", *(_event(each, zone, detailed="Detailed" in view) for each in items))
                if view != "MergedOnly"
                else None,
                _working_hours(mailbox, start.year),
            ),
        )

    return m("GetUserAvailabilityResponse", m("FreeBusyResponseArray", *(told(address) for address in listed)))


def _local(text: str, zone: RuleZone) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo is not None else when.replace(tzinfo=zone)


def _event(item: Item, zone: RuleZone, *, detailed: bool) -> _Element:
    """Whoever asks for details gets subjects."""
    start, end = (each.astimezone(zone).strftime("%Y-%m-%dT%H:%M:%S") for each in (item.start, item.end))
    details = t(
        "CalendarEventDetails",
        t("Subject", item.subject),
        t("Location", item.location),
        t("IsMeeting", flag(bool(item.attendees))),
        t("IsRecurring", "false"),
        t("IsException", "false"),
        t("IsReminderSet", flag(item.reminder is not None)),
        t("IsPrivate", flag(item.private)),
    )
    parts = (t("StartTime", start), t("EndTime", end), t("BusyType", BUSY[item.busy]))
    return t("CalendarEvent", *parts, details if detailed else None)


def _merged(items: list[Item], start: datetime, end: datetime, step: timedelta) -> str:
    """A digit an interval: the busiest in it, as far as digits order that."""
    digits = []
    while start < end:
        kinds = (DIGITS[each.busy] for each in items if each.start < start + step and start < each.end)
        digits.append(max(kinds, default="0"))
        start += step
    return "".join(digits)


def _working_hours(mailbox: Mailbox, year: int) -> _Element | None:
    """Days of the same hours together."""
    if not mailbox.hours:
        return None
    days: dict[tuple[int, int], list[str]] = {}
    for day, first, last in mailbox.hours:
        days.setdefault((first, last), []).append(DAYS[day])
    periods = (
        t(
            "WorkingPeriod",
            t("DayOfWeek", " ".join(names)),
            t("StartTimeInMinutes", str(first)),
            t("EndTimeInMinutes", str(last)),
        )
        for (first, last), names in days.items()
    )
    return t("WorkingHours", working_zone(mailbox.zone, year), t("WorkingPeriodArray", *periods))


def get_server_time_zones(visit: Visit) -> _Element:
    """Those named, or all."""
    name, year = visit.call.operation, visit.now().year
    full = visit.call.body.get("ReturnFullTimeZoneData") in ("true", "1")
    ids = [each.text or "" for each in visit.call.body.iterfind("m:Ids/t:Id", PREFIXES)]
    zones = (definition(id_, year, full=full) for id_ in ids or WINDOWS_NAMES)
    return response(name, succeeded(name, m("TimeZoneDefinitions", *zones)))
