"""What the weekly summaries say, before any words: counts, times and what needs doing."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from talkcycle.domain.agreements import Agreement, Progress, about
from talkcycle.domain.cycle import Place
from talkcycle.domain.links import Purpose
from talkcycle.domain.localtime import day_of, instant_of
from talkcycle.domain.talks import DELETED, Talk, TalkState

MOST_LINES = 5
NOTHING: Mapping[str, tuple["Need", ...]] = {}
SMALLEST_GROUP = 5
"""In a smaller one a count of those who opted out would tell who; they are counted among the cancelled."""


class Need(StrEnum):
    """Something that needs doing, most urgent first.

    ``not-held``: a talk did not take place and has no new time. ``follow-up``: nothing is written down about it.
    ``not-settled``: one of the two has yet to confirm what is. ``overdue``: the day of something agreed has passed.
    ``own-due``: something of the manager's own is due before the next summary, and its reminder waited for this one.
    """

    UNDELIVERED = "undelivered"
    HELD = "held"
    UNPLACED = "unplaced"
    UNCONFIRMED = "unconfirmed"
    NOT_HELD = "not-held"
    DELETED = "deleted"
    FOLLOW_UP = "follow-up"
    NOT_SETTLED = "not-settled"
    OVERDUE = "overdue"
    OWN_DUE = "own-due"
    PRINT_AGENDA = "print-agenda"
    PREPARE = "prepare"
    NEXT_ROUND = "next-round"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """One line that needs doing.

    Attributes:
        person: Name of the employee it is about; None in HR's, which carries counts only.
        count: How many it is about, in HR's.
        start: The talk's start, UTC, where there is one.
        zone: In which the start is written.
        talk: Its id, in a manager's.
        link: The address of the page where it can be done; empty without one.
    """

    need: Need
    person: str | None = None
    count: int = 1
    start: datetime | None = None
    zone: str = "UTC"
    talk: str | None = None
    link: str = ""

    @property
    def leads_to(self) -> Purpose | None:
        """The page where it can be done; None: nothing can be done on one."""
        return None if self.talk is None else PAGES.get(self.need)


PAGES = {
    Need.UNCONFIRMED: Purpose.HOSTED,
    Need.UNPLACED: Purpose.HOSTED,
    Need.NOT_HELD: Purpose.HOSTED,
    Need.FOLLOW_UP: Purpose.FOLLOW_UP,
    Need.NOT_SETTLED: Purpose.FOLLOW_UP,
    Need.OVERDUE: Purpose.FOLLOW_UP,
    Need.OWN_DUE: Purpose.ACTIONS,
}
"""Where a manager does something about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkOfTheWeek:
    """One talk of the digest's week. *start*, *end*: UTC."""

    employee: str
    start: datetime
    end: datetime
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerDigest:
    """A manager's week. *monday*: the first day of the week it is about. At most five lines; the rest is *more*."""

    monday: date
    lines: tuple[DigestLine, ...]
    more: int
    talks: tuple[TalkOfTheWeek, ...]

    @property
    def empty(self) -> bool:
        return not self.lines and not self.talks


@dataclass(frozen=True, slots=True, kw_only=True)
class HrDigest:
    """The round's week for HR. Counts only.

    Attributes:
        counts: ``talks``, ``placed``, ``invited``, ``this-week``, ``past``, ``cancelled``, ``opted-out``, ``unplaced``;
            and those of ``follow_up_counts``.
    """

    monday: date
    lines: tuple[DigestLine, ...]
    counts: Mapping[str, int]

    @property
    def empty(self) -> bool:
        return not self.lines and not self.counts.get("this-week")


def manager_digest(
    manager: str,
    talks: Iterable[Talk],
    names: Mapping[str, str],
    *,
    troubles: Mapping[str, Need],
    without_mailbox: AbstractSet[str],
    unconfirmed: AbstractSet[str] = frozenset(),
    follow_ups: Mapping[str, tuple[Need, ...]] = NOTHING,
    monday: date,
    zone: str,
) -> ManagerDigest:
    """A manager's week: what needs doing first, then the talks of the seven days from *monday*.

    Args:
        talks: Of the round; those hosted by others are left out.
        names: Roster id to name.
        troubles: Talk id to what happened to a message about it.
        without_mailbox: Employees whose manager prints the agenda.
        unconfirmed: Ids of talks the time of which may not hold.
        follow_ups: Talk id to what is to be done about its follow-up.
        zone: The manager's, in which the week's days are reckoned.
    """
    hosted = [talk for talk in talks if talk.manager == manager and not talk.is_off]
    week = [talk for talk in hosted if talk.start and monday <= day_of(talk.start, zone) < monday + timedelta(days=7)]
    lines = [
        DigestLine(need=need, person=names[talk.employee], start=talk.start, zone=zone, talk=talk.id)
        for talk in sorted(hosted, key=_by_start)
        for need in (
            *_needs(talk, troubles, without_mailbox, unconfirmed=talk.id in unconfirmed, this_week=talk in week),
            *follow_ups.get(talk.id, ()),
        )
    ]
    lines.sort(key=lambda line: list(Need).index(line.need))
    return ManagerDigest(
        monday=monday,
        lines=tuple(lines[:MOST_LINES]),
        more=max(0, len(lines) - MOST_LINES),
        talks=tuple(
            TalkOfTheWeek(employee=names[talk.employee], start=talk.start, end=talk.end, place=talk.place)
            for talk in sorted(week, key=_by_start)
            if talk.start and talk.end
        ),
    )


def hr_digest(
    talks: Iterable[Talk],
    *,
    troubles: Mapping[Need, int],
    invited: int,
    next_window: date | None,
    agreements: Iterable[Agreement] = (),
    today: date | None = None,
    monday: date,
    zone: str,
) -> HrDigest:
    """The round's week in counts.

    Args:
        troubles: How many messages are undelivered or held.
        invited: Talks of which the invitation went out.
        next_window: First day of the cycle's next window, when it is time to plan it; else None.
        agreements: All of the round. *today*: by which something may be overdue; None: *monday*.
    """
    talks = list(talks)
    placed = [talk for talk in talks if talk.state is TalkState.PLACED and talk.start]
    days = [day_of(talk.start, zone) for talk in placed if talk.start]
    unplaced = sum(talk.state is TalkState.UNPLACED for talk in talks)
    lines = [DigestLine(need=need, count=count) for need, count in troubles.items() if count]
    if unplaced:
        lines.append(DigestLine(need=Need.UNPLACED, count=unplaced))
    opted_out = sum(talk.state is TalkState.ABSTAINED for talk in talks) if len(talks) >= SMALLEST_GROUP else 0
    since = instant_of(monday - timedelta(days=7), time(), zone)
    deleted = sum(talk.note == DELETED and talk.changed_at >= since for talk in talks)
    if deleted:
        lines.append(DigestLine(need=Need.DELETED, count=deleted))
    if next_window:
        lines.append(DigestLine(need=Need.NEXT_ROUND, start=instant_of(next_window, time(12), zone), zone=zone))
    lines.sort(key=lambda line: list(Need).index(line.need))
    return HrDigest(
        monday=monday,
        lines=tuple(lines),
        counts={
            "talks": len(talks),
            "placed": len(placed),
            "invited": invited,
            "this-week": sum(monday <= day < monday + timedelta(days=7) for day in days),
            "past": sum(day < monday for day in days),
            "cancelled": sum(talk.is_off for talk in talks) - opted_out,
            "opted-out": opted_out,
            "unplaced": unplaced,
            **follow_up_counts(talks, agreements, today=today or monday),
        },
    )


def follow_up_counts(talks: Iterable[Talk], agreements: Iterable[Agreement], *, today: date) -> dict[str, int]:
    """What HR may know of it: talks ``held``, ``not-held`` and ``followed-up``, next steps ``open`` and ``overdue``."""
    placed = {talk.id: talk for talk in talks if talk.state is TalkState.PLACED}
    live = [each for each in agreements if each.talk in placed and about(each, placed[each.talk]) is not None]
    held = [each for each in live if each.held]
    days = [action.due for each in held for action in each.actions if action.progress is Progress.OPEN]
    return {
        "held": len(held),
        "not-held": len(live) - len(held),
        "followed-up": sum(each.confirmed_at is not None for each in held),
        "open": len(days),
        "overdue": sum(day < today for day in days),
    }


def _needs(
    talk: Talk, troubles: Mapping[str, Need], without_mailbox: AbstractSet[str], *, unconfirmed: bool, this_week: bool
) -> Iterator[Need]:
    if talk.id in troubles:
        yield troubles[talk.id]
    if talk.state is TalkState.UNPLACED:
        yield Need.UNPLACED
    if unconfirmed:
        yield Need.UNCONFIRMED
    if this_week and talk.employee in without_mailbox:
        yield Need.PRINT_AGENDA
    if this_week:
        yield Need.PREPARE


def _by_start(talk: Talk) -> tuple[bool, float, str]:
    return (talk.start is None, talk.start.timestamp() if talk.start else 0.0, talk.id)
