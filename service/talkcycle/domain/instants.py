"""When steps are due and until when, in UTC, counted in calendar days of each recipient. Pure."""

from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from talkcycle.domain.cycle import Anchor, Cycle, Step
from talkcycle.domain.localtime import (
    ONE_DAY,
    day_of,
    instant_of,
    iso_week,
    next_working_moment,
    working_day,
    working_days_from,
)
from talkcycle.domain.recipients import Recipient, roles_of
from talkcycle.domain.talks import Round, Talk

AFTER_ANNOUNCEMENT = timedelta(minutes=1)
"""Puts invitations behind announcements in the queue: a mail out of the blue looks like phishing."""

OPENS = time(8, 0)
"""What follows from something people did goes out at once, but not before this nor after office hours."""


def at_once(instant: datetime, to: Recipient) -> datetime:
    """*instant*, or when *to* is next at work. UTC."""
    return next_working_moment(instant, OPENS, to.zone, to.holidays)


def working_days_later(instant: datetime, days: int, to: Recipient) -> datetime:
    """The same time of day so many working days of *to* later. UTC."""
    clock = instant.astimezone(ZoneInfo(to.zone)).time()
    return instant_of(working_days_from(day_of(instant, to.zone), days, to.holidays), clock, to.zone)


def invitation_instant(round_: Round, talk: Talk, to: Recipient) -> datetime:
    """When the invitation of *talk* goes to *to* if none went before. UTC.

    As the step says, but not before the round is approved and announced, nor before the talk got its present time.
    """
    step = round_.cycle.calendar_step
    due_at, _ = talk_instant(step, talk, to)
    approved_at = talk.approved_at or round_.approved_at
    announced = [
        round_instant(round_, each, to, approved_at)[0] + AFTER_ANNOUNCEMENT
        for each in round_.cycle.steps
        if each.when.anchor is Anchor.APPROVAL and each.when.days <= 0 and to.role in roles_of(each.to)
    ]
    opened = max(due_at, next_working_moment(approved_at, step.at, to.zone, to.holidays), *announced)
    return max(opened, talk.changed_at) if talk.revision else opened


def talk_instant(step: Step, talk: Talk, to: Recipient) -> tuple[datetime, str]:
    """When *step* is due (UTC) and how it was shifted. What does not come before the talk waits for its end."""
    assert talk.start is not None
    assert talk.end is not None
    due_at, shift = _step_instant(step, day_of(talk.start, to.zone), to)
    if not step.when.before and due_at < talk.end:
        return next_working_moment(talk.end, step.at, to.zone, to.holidays), f"{shift}; not before its end"
    return due_at, shift


def round_instant(round_: Round, step: Step, to: Recipient, joined_at: datetime) -> tuple[datetime, str]:
    """When a step about the round is due (UTC) for somebody whose part of it was approved at *joined_at*, and why."""
    match step.when.anchor:
        case Anchor.WINDOW_START:
            anchor, name = round_.cycle.window.first, "the window opens"
        case Anchor.WINDOW_END:
            anchor, name = round_.cycle.window.last, "the window closes"
        case _:
            anchor, name = day_of(joined_at, to.zone), "the round is approved"
    due_at, shift = _step_instant(step, anchor, to)
    earliest = next_working_moment(joined_at, step.at, to.zone, to.holidays)
    late = "; not before it is approved" if earliest > due_at and step.when.anchor is not Anchor.APPROVAL else ""
    return max(due_at, earliest), f"{distance(step)} {name}{shift}{late}"


def digest_day(day: date, holidays: AbstractSet[date]) -> date:
    """The working day nearest after *day*, or else before it, in the same ISO week: the one the summary is about."""
    moved = working_day(day, holidays, earlier=False)
    if iso_week(moved) != iso_week(day):
        moved = working_day(day, holidays, earlier=True)
    return moved


def purpose_ends(step: Step, start: datetime, to: Recipient) -> datetime:
    """When a step before the talk has lost its purpose."""
    if step.latest is None:
        return start
    return min(start, instant_of(day_of(start, to.zone) - timedelta(days=step.latest - 1), time(0), to.zone))


def notice_ends(round_: Round, talk: Talk, to: Recipient) -> datetime:
    """Until when a first invitation keeps the notice. Past it HR decides: it is never shortened silently.

    Whoever gave the talk a time closer than the notice knew it: then until the talk begins.
    """
    assert talk.start is not None
    last_day = day_of(talk.start, to.zone) - timedelta(days=round_.cycle.notice_days)
    if talk.revision and day_of(talk.changed_at, to.zone) > last_day:
        return talk.start
    return instant_of(last_day + ONE_DAY, time(0), to.zone)


def round_ends(cycle: Cycle) -> date:
    """The day after which nothing of the round is sent any more: the last step of a talk on the window's last day."""
    last = max((step.when.days for step in cycle.steps if step.when.anchor is not Anchor.APPROVAL), default=0)
    return cycle.window.last + timedelta(days=max(last, 0)) + timedelta(days=14)


def _step_instant(step: Step, anchor: date, to: Recipient) -> tuple[datetime, str]:
    """When *step* is due, counted from *anchor*, and how it was shifted: earlier before the anchor, later after it."""
    day = anchor + timedelta(days=step.when.days)
    moved = working_day(day, to.holidays, earlier=step.when.before)
    return instant_of(moved, step.at, to.zone), shifted(day, moved)


def distance(step: Step) -> str:
    days = abs(step.when.days)
    if days == 0:
        return "when" if step.when.anchor is not Anchor.TALK else "on the day of"
    side = "before" if step.when.before else "after"
    return f"{days} {'day' if days == 1 else 'days'} {side}"


def shifted(day: date, moved: date) -> str:
    if day == moved:
        return ""
    return f", {'earlier' if moved < day else 'later'} since {day:%Y-%m-%d} is a weekend or holiday"
