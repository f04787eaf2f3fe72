"""What is worth knowing about each planned talk: what the clocks show, the notice it gives, who would rather not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from talkcycle.domain.people import Interval, Person
from talkcycle.domain.plan import Draft, PlannedTalk

FRIDAY = 4


class Discomfort(StrEnum):
    """Why somebody would rather have another time."""

    LUNCH = "lunch"
    FRIDAY = "friday"
    OUTSIDE = "outside"
    """outside the hours the manager prefers"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comfort:
    """What people like: minutes of a local day.

    Attributes:
        lunch: Everybody's; None: nobody minds.
        friday_ends: A talk that ends later on a Friday is late.
        preferred: The hours a manager prefers, by id; who is not there has none.
    """

    lunch: Interval | None
    friday_ends: int
    preferred: Mapping[str, tuple[Interval, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkFacts:
    """One talk.

    Attributes:
        starts, ends: Aware, in the employee's zone.
        host_starts: The same instant as *starts*, in the manager's zone.
        notice: Calendar days from invitation to talk where the employee is, if HR approves on the last day possible.
    """

    talk: PlannedTalk
    starts: datetime
    ends: datetime
    host_starts: datetime
    notice: int
    discomforts: frozenset[Discomfort]

    @property
    def monday(self) -> date:
        """Of the ISO week in which it is, where the employee is."""
        return monday_of(self.starts.date())


def monday_of(day: date) -> date:
    """The first day of its ISO week."""
    return day - timedelta(days=day.weekday())


def talk_facts(talk: PlannedTalk, draft: Draft, people: Mapping[str, Person], comfort: Comfort) -> TalkFacts:
    """What there is to say about *talk*. *people*: by id; both of the talk are among them."""
    host = people[talk.manager]
    starts, host_starts = (talk.start.astimezone(ZoneInfo(zone)) for zone in (talk.zone, host.zone))
    ahead = (starts.date() - draft.approve_by).days
    invited = draft.cycle.calendar_step.when.days
    return TalkFacts(
        talk=talk,
        starts=starts,
        # Minutes are real ones: added in UTC, a talk over a clock change ends when it ends.
        ends=(talk.start + timedelta(minutes=talk.minutes)).astimezone(starts.tzinfo),
        host_starts=host_starts,
        notice=min(ahead, -invited),
        discomforts=_discomforts(talk, starts, host_starts, comfort),
    )


def _discomforts(talk: PlannedTalk, starts: datetime, host_starts: datetime, comfort: Comfort) -> frozenset[Discomfort]:
    found = set()
    for local in (starts, host_starts):
        first, last = _span(local, talk.minutes)
        if comfort.lunch and first < comfort.lunch[1] and last > comfort.lunch[0]:
            found.add(Discomfort.LUNCH)
        if local.weekday() == FRIDAY and last > comfort.friday_ends:
            found.add(Discomfort.FRIDAY)
    preferred = comfort.preferred.get(talk.manager, ())
    first, last = _span(host_starts, talk.minutes)
    if preferred and not any(opens <= first and last <= closes for opens, closes in preferred):
        found.add(Discomfort.OUTSIDE)
    return frozenset(found)


def _span(local: datetime, minutes: int) -> Interval:
    first = local.hour * 60 + local.minute
    return first, first + minutes
