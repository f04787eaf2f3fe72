"""Which changes would give one talk a time, or a room: proposed one by one, and kept only if the talk gets it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.people import Interval
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Attendee
from talkcycle.planning.remedies import (
    AnyOrder,
    FreeTime,
    GivesWay,
    LongerWindow,
    MorePerDay,
    OneMoreRoom,
    Remedy,
    ShorterTalk,
    WiderHours,
)
from talkcycle.planning.remedy_trials import Trial

SHORTEST = 30
"""Minutes; nobody is proposed a shorter talk."""
SHORTER_BY = 15
WIDER_BY = 60
EARLIEST, LATEST = 6 * 60, 20 * 60
"""Local time; nobody is proposed talks before or after."""
LONGEST_TO_GIVE_WAY = 3 * 60
"""Minutes; longer busy times are courses, travel and days full of meetings."""

Opens = Callable[[Remedy], Starts]


def longer_window(trial: Trial, opens: Opens) -> Iterator[LongerWindow]:
    """The shortest longer window that helps; beyond the horizon nobody's calendar was looked at."""
    instance = trial.instance
    last = trial.reach
    if last <= instance.last:
        return
    starts = opens(LongerWindow(last=last, at=instance.t0))
    if not starts:
        return
    first = trial.at(trial.here.availability.grid.first(starts))
    remedy = LongerWindow(last=first.date(), at=first)
    if opens(remedy):
        yield remedy


def shorter_talk(trial: Trial, opens: Opens) -> Iterator[ShorterTalk]:
    """The longest shorter talk that helps."""
    talk = trial.talk
    lengths = range(talk.minutes - SHORTER_BY, SHORTEST - 1, -SHORTER_BY)
    if not lengths or not opens(ShorterTalk(talk=talk.id, minutes=lengths[-1], times=0)):
        return
    for minutes in lengths:
        remedy = ShorterTalk(talk=talk.id, minutes=minutes, times=0)
        starts = opens(remedy)
        if starts:
            yield replace(remedy, times=_times(trial, starts, minutes))
            return


def more_per_day(trial: Trial, opens: Opens) -> Iterator[MorePerDay]:
    manager = trial.talk.manager
    remedy = MorePerDay(manager=manager, most=trial.instance.most_held(manager) + 1, times=0)
    starts = opens(remedy)
    if starts:
        yield replace(remedy, times=_times(trial, starts))


def any_order(trial: Trial, opens: Opens) -> Iterator[AnyOrder]:
    if trial.instance.cascade is not Cascade.HARD:
        return
    starts = opens(AnyOrder(times=0))
    if starts:
        yield AnyOrder(times=_times(trial, starts))


def wider_hours(trial: Trial, opens: Opens) -> Iterator[WiderHours]:
    """Whole hours more at the beginning, at the end or both, as few as possible."""
    begins, ends = trial.instance.hours
    more = range(0, 24 * 60, WIDER_BY)
    for before, after in sorted(((a, b) for a in more for b in more if a or b), key=lambda pair: (sum(pair), pair)):
        if begins - before < EARLIEST or ends + after > LATEST:
            continue
        remedy = WiderHours(hours=(begins - before, ends + after), times=0)
        starts = opens(remedy)
        if starts:
            yield replace(remedy, times=_times(trial, starts))
            return


def gives_way(trial: Trial, opens: Opens) -> Iterator[GivesWay]:
    """The shortest busy time in the way of a start that nothing else is in the way of."""
    instance, talk = trial.instance, trial.talk
    grid = trial.here.availability.grid
    if instance.status_policy[BusyKind.BUSY] is not Blocks.HARD:
        return
    employee, manager = instance.people[talk.employee], instance.people[talk.manager]
    calendars = [(employee, talk.minutes), (manager, talk.minutes + talk.buffer)]
    starts = trial.open_without_calendars()
    if not starts:
        return
    once = twice = 0
    found: list[tuple[int, Interval, Attendee, Starts]] = []
    for person, length in calendars:
        for interval in trial.here.availability.busy(person, Blocks.HARD):
            blocked = grid.blocked(interval, length) & starts
            twice |= once & blocked
            once |= blocked
        found += [
            (interval[1] - interval[0], interval, person, grid.blocked(interval, length) & starts)
            for interval in person.busy.get(BusyKind.BUSY, ())
            if interval[1] - interval[0] <= LONGEST_TO_GIVE_WAY
        ]
    for _, interval, person, blocked in sorted(found, key=lambda each: each[:2]):
        if blocked & ~twice:
            begins, ends = map(trial.at, interval)
            remedy = GivesWay(
                person=person.id,
                role="employee" if person is employee else "manager",
                kind=BusyKind.BUSY,
                busy=interval,
                begins=begins,
                ends=ends,
            )
            if opens(remedy):
                yield remedy
                return


def one_more_room(trial: Trial, start: int) -> Iterator[OneMoreRoom]:
    """*start*: where the talk is, without a room."""
    site = trial.talk.site
    if site is None:
        return
    id_ = f"{site}/+"
    while id_ in trial.ground.instance.rooms:
        id_ += "+"
    remedy = OneMoreRoom(site=site, room=id_)
    if trial.confirmed(remedy, start):
        yield remedy


def free_time(trial: Trial, opens: Opens, *, room: bool) -> Iterator[FreeTime]:
    """The first time that is free as it is."""
    remedy = FreeTime(at=trial.instance.t0, room=room)
    starts = opens(remedy)
    if starts:
        yield replace(remedy, at=trial.at(trial.here.availability.grid.first(starts)))


def _times(trial: Trial, starts: Starts, minutes: int | None = None) -> int:
    """How many talks, one after the other, *starts* have room for."""
    length = (trial.talk.minutes if minutes is None else minutes) + trial.talk.buffer
    grid = trial.here.availability.grid
    count = 0
    while starts:
        starts &= grid.from_minute(grid.first(starts) + length)
        count += 1
    return count
