"""What ``getSchedule`` tells of a mailbox, and how to ask for it. Pure.

Read are the availability view, a digit for each five minutes in which the gravest kind hides the others; the entries'
times and kinds, which are exact; and the working hours. Subjects and places of entries may come along, for there is no
``$select`` here; they are not looked at.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.domain.people import Interval, WeekHours
from talkcycle.transports.graph.zones import iana_zone, moment

MOST_MAILBOXES = 20
INTERVAL = timedelta(minutes=5)
LONGEST = timedelta(days=60)
"""Graph takes below 62 days."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KINDS = {"1": BusyKind.TENTATIVE, "2": BusyKind.BUSY, "3": BusyKind.AWAY, "4": BusyKind.ELSEWHERE}
FREE = "0"
STATUSES = {
    "tentative": BusyKind.TENTATIVE,
    "busy": BusyKind.BUSY,
    "oof": BusyKind.AWAY,
    "workingelsewhere": BusyKind.ELSEWHERE,
}
BusySpan = tuple[BusyKind, datetime, datetime]
"""Half-open, UTC."""


class Unreadable(Exception):
    """What was told is not what Graph documents."""


def windows(window: Span) -> Iterator[Span]:
    """*window*, widened to whole intervals, in pieces that Graph takes."""
    start, end = (_floored(edge) for edge in window)
    end = end if end == window[1] else end + INTERVAL
    while start < end:
        yield (start, min(start + LONGEST, end))
        start += LONGEST


def question(mailboxes: list[str], window: Span) -> dict[str, Any]:
    """The request for *mailboxes*, at most twenty, in one of ``windows``."""
    start, end = ({"dateTime": edge.strftime("%Y-%m-%dT%H:%M:%S"), "timeZone": "UTC"} for edge in window)
    minutes = INTERVAL // timedelta(minutes=1)
    return {"schedules": mailboxes, "startTime": start, "endTime": end, "availabilityViewInterval": minutes}


def refusal(schedule: Mapping[str, Any]) -> Untold | None:
    """Why this mailbox is not told, where it is not."""
    error = schedule.get("error")
    if not error:
        return None
    code = str(error.get("responseCode") or "unknown")[:60]
    if code in {"ErrorMailRecipientNotFound", "ErrorInvalidSmtpAddress", "ErrorMailboxNotFound"}:
        return Untold(problem=f"Exchange Online knows no such mailbox ({code}).", mend="Check the address in the roster.")
    return Untold(
        problem=f"Exchange Online does not tell this mailbox's times ({code}).",
        mend="Let its owner share free/busy times with the organisation, or give a calendar file for it.",
    )


def busy_within(schedule: Mapping[str, Any], asked: Span, window: Span) -> list[BusySpan]:
    """What is busy within *window*, of which *asked* was asked: the entries, and what the view has besides.

    Raises:
        Unreadable: The view is missing or has digits of an unknown kind.
    """
    view = schedule.get("availabilityView")
    slots = (asked[1] - asked[0]) // INTERVAL
    if not isinstance(view, str) or len(view) < slots or set(view) - {FREE, *KINDS}:
        raise Unreadable
    entries = [entry for each in schedule.get("scheduleItems") or () if (entry := _entry(each)) is not None]
    explained = bytearray(slots)
    for _, start, end in entries:
        first, last = max((start - asked[0]) // INTERVAL, 0), min(-((asked[0] - end) // INTERVAL), slots)
        explained[first:last] = b"\1" * max(last - first, 0)
    found = [*entries, *_unexplained(view[:slots], explained, asked[0])]
    clipped = ((kind, max(start, window[0]), min(end, window[1])) for kind, start, end in found)
    return [(kind, start, end) for kind, start, end in clipped if start < end]


def joined(found: Iterable[BusySpan]) -> dict[BusyKind, tuple[Span, ...]]:
    """By kind; spans that overlap or touch become one."""
    spans: dict[BusyKind, list[Span]] = {}
    for kind, start, end in sorted(found):
        of_kind = spans.setdefault(kind, [])
        if of_kind and start <= of_kind[-1][1]:
            of_kind[-1] = (of_kind[-1][0], max(of_kind[-1][1], end))
        else:
            of_kind.append((start, end))
    return {kind: tuple(of_kind) for kind, of_kind in spans.items()}


def working_hours(schedule: Mapping[str, Any]) -> tuple[WeekHours | None, str | None]:
    """Hours and IANA zone of the owner's week; None for what is not told."""
    told = schedule.get("workingHours") or {}
    zone = iana_zone((told.get("timeZone") or {}).get("name"))
    start, end = (_minutes(told.get(name)) for name in ("startTime", "endTime"))
    days = {str(day).lower() for day in told.get("daysOfWeek") or ()}
    if start is None or end is None or not days:
        return None, zone
    week: list[list[Interval]] = [[] for _ in DAYS]
    for number, name in enumerate(DAYS):
        if name in days:
            _work(week, number, start, end)
    return tuple(tuple(sorted(day)) for day in week), zone


def times_of(found: Iterable[BusySpan], schedule: Mapping[str, Any]) -> MailboxTimes:
    """All of a mailbox's times. *schedule*: any of its answers, for the working hours."""
    hours, zone = working_hours(schedule)
    return MailboxTimes(busy=joined(found), hours=hours, zone=zone)


def _entry(told: Mapping[str, Any]) -> BusySpan | None:
    """One entry; None where nothing is busy in it, or its times cannot be read: then the view has it."""
    status = str(told.get("status", "")).lower()
    start, end = moment(told.get("start")), moment(told.get("end"))
    if status == "free" or start is None or end is None:
        return None
    return (STATUSES.get(status, BusyKind.BUSY), start, end)


def _unexplained(view: str, explained: bytearray, start: datetime) -> Iterator[BusySpan]:
    """The runs of the view in which some slot has no entry."""
    first = 0
    for digit, run in groupby(view):
        last = first + len(list(run))
        if digit != FREE and not all(explained[first:last]):
            yield (KINDS[digit], start + INTERVAL * first, start + INTERVAL * last)
        first = last


def _work(week: list[list[Interval]], number: int, start: int, end: int) -> None:
    """A shift may end at midnight, or on the next day."""
    if start < end:
        week[number].append((start, end))
        return
    week[number].append((start, 1440))
    if end:
        week[(number + 1) % 7].append((0, end))


def _minutes(told: object) -> int | None:
    """Minutes of the day of ``08:30:00.0000000``."""
    hours, _, rest = str(told or "").partition(":")
    minutes = rest.partition(":")[0]
    if not (hours.isdecimal() and minutes.isdecimal()) or int(hours) > 24 or int(minutes) > 59:
        return None
    return min(int(hours) * 60 + int(minutes), 1440)


def _floored(edge: datetime) -> datetime:
    since = edge - datetime(1970, 1, 1, tzinfo=UTC)
    return edge - since % INTERVAL
