"""How many mails somebody gets in a week, and what waits once those are reached. Pure: reads no clock."""

from datetime import datetime, time, timedelta

from talkcycle.domain.cycle import Digests
from talkcycle.domain.instants import digest_day
from talkcycle.domain.localtime import day_of, instant_of
from talkcycle.domain.messages import CHECK_IN, DUE_SOON, FOLLOW_UP, FOLLOW_UP_NUDGE, NUDGE, TO_CONFIRM, DueMessage
from talkcycle.domain.people import Role
from talkcycle.domain.recipients import Recipient

CAN_WAIT = frozenset({NUDGE, FOLLOW_UP, FOLLOW_UP_NUDGE, TO_CONFIRM, DUE_SOON, CHECK_IN})
"""Texts that lose nothing by coming later. All others tell something that somebody needs when it is due."""
IN_A_SUMMARY = frozenset({FOLLOW_UP, TO_CONFIRM, DUE_SOON})
"""Those of which a manager's weekly summary says what they would have said, with the same link."""
MADE_AHEAD = timedelta(hours=1)
"""A summary that comes sooner than this may be made already."""
IN_THE_SUMMARY = "the week's mails were used up; it stands in the weekly summary"


def can_wait(message: DueMessage) -> bool:
    return message.template in CAN_WAIT and message.role is not Role.HR


def week_begins(instant: datetime, zone: str) -> datetime:
    """Monday's midnight before *instant*, in *zone*. UTC."""
    day = day_of(instant, zone)
    return instant_of(day - timedelta(days=day.weekday()), time(0), zone)


def goes_into_summary(message: DueMessage, to: Recipient, rules: Digests, now: datetime, *, pages: bool) -> bool:
    """Whether the recipient reads it in their summary instead, while that is of use.

    Args:
        pages: There are pages, to which its line leads.
    """
    if not (pages and message.role is Role.MANAGER and rules.managers and message.template in IN_A_SUMMARY):
        return False
    return message.expires_at is None or next_summary(to, rules, now) < message.expires_at


def next_summary(to: Recipient, rules: Digests, now: datetime) -> datetime:
    """When the first weekly summary comes that is not under way yet. UTC."""
    today = day_of(now, to.zone)
    day = today + timedelta(days=(rules.day - today.weekday()) % 7)
    due_at = instant_of(digest_day(day, to.holidays), rules.at, to.zone)
    if due_at >= now + MADE_AHEAD:
        return due_at
    return instant_of(digest_day(day + timedelta(days=7), to.holidays), rules.at, to.zone)


def next_week(message: DueMessage, to: Recipient, rules: Digests, now: datetime) -> datetime | None:
    """When *message* comes instead, with the new week's mails on its first working day, UTC; None: that is too late."""
    day = day_of(now, to.zone)
    monday = day + timedelta(days=7 - day.weekday())
    later = instant_of(max(monday, digest_day(monday, to.holidays)), rules.at, to.zone)
    return later if message.expires_at is None or later < message.expires_at else None
