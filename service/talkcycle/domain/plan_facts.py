"""Everything a plan's page, tables and short form say, reckoned once. Pure.

Days and weeks are those of the employee's zone, a manager's own days those of the manager's; weeks are ISO's.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from statistics import median_low

from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft, UnplacedTalk
from talkcycle.domain.plan_difference import Difference, difference
from talkcycle.domain.plan_rooms import OfferedRoom, RoomFacts, days_for_talks, room_facts
from talkcycle.domain.plan_talks import Comfort, Discomfort, TalkFacts, monday_of, talk_facts

ONE_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekFacts:
    """One week's load. *sites*: talks by the employee's site, most first; who has none is under the empty name."""

    monday: date
    talks: int
    minutes: int
    sites: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerFacts:
    """One manager's round.

    Attributes:
        talks: Those they hold, by start.
        days: Talks by the manager's local day.
        weeks: Talks by the Monday of the manager's week.
    """

    id: str
    talks: tuple[TalkFacts, ...]
    unplaced: tuple[UnplacedTalk, ...]
    days: Mapping[date, int]
    weeks: Mapping[date, int]

    @property
    def least_notice(self) -> int | None:
        return min((talk.notice for talk in self.talks), default=None)

    @property
    def discomforts(self) -> Mapping[Discomfort, int]:
        return Counter(discomfort for talk in self.talks for discomfort in talk.discomforts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roomless:
    """A talk with a time that wanted a room and has none. *reason*: a sentence a person can act on."""

    talk: TalkFacts
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlanFacts:
    """A plan with all that is said of it.

    Attributes:
        people: By id: everybody of this roster, and of the former one those the difference names.
        talks: By start.
        managers: Everybody who holds a talk or should, by name.
        weeks: Every week from the first possible one to the last, those without talks too.
        rooms: Rooms that are offered or hold a talk, by site and name; *days* are those on which they are offered.
        roomless: Talks that wanted a room and have none, by start.
        preferred_known: Some manager has hours they prefer, so that being outside them means something.
        difference: None: there was no plan of this round before.
    """

    draft: Draft
    people: Mapping[str, Person]
    talks: tuple[TalkFacts, ...]
    managers: tuple[ManagerFacts, ...]
    weeks: tuple[WeekFacts, ...]
    rooms: tuple[RoomFacts, ...]
    roomless: tuple[Roomless, ...]
    days: tuple[date, ...]
    preferred_known: bool
    difference: Difference | None

    @cached_property
    def notices(self) -> Mapping[int, int]:
        """How many talks give how many days of notice, the fewest first."""
        return dict(sorted(Counter(talk.notice for talk in self.talks).items()))

    @property
    def least_notice(self) -> int | None:
        return next(iter(self.notices), None)

    @property
    def median_notice(self) -> int | None:
        return median_low(talk.notice for talk in self.talks) if self.talks else None

    @cached_property
    def discomforts(self) -> Mapping[Discomfort, int]:
        return Counter(discomfort for talk in self.talks for discomfort in talk.discomforts)

    @cached_property
    def awkward(self) -> int:
        """Talks at a time that somebody would rather not have."""
        return sum(bool(talk.discomforts) for talk in self.talks)

    def name(self, person: str) -> str:
        """Of somebody by id; the id itself where no roster here knows them."""
        return self.people[person].name if person in self.people else person


def plan_facts(
    draft: Draft,
    people: Mapping[str, Person],
    *,
    comfort: Comfort,
    offered: Iterable[OfferedRoom] = (),
    roomless: Mapping[str, str] | None = None,
    before: Draft | None = None,
    people_before: Mapping[str, Person] | None = None,
) -> PlanFacts:
    """Reckon everything.

    Args:
        people: The roster *draft* was made from, by id.
        offered: The rooms talks may have.
        roomless: The employees whose talk wanted a room and has none, with the reason.
        before: The newest plan made earlier, of whatever round; *people_before*: the roster it was made from.
    """
    known, why = {**(people_before or {}), **people}, roomless or {}
    talks = tuple(
        sorted((talk_facts(talk, draft, people, comfort) for talk in draft.talks), key=lambda each: each.talk.start)
    )
    days = tuple(sorted({*days_for_talks(draft), *(talk.starts.date() for talk in talks)}))
    return PlanFacts(
        draft=draft,
        people=known,
        talks=talks,
        managers=_managers(draft, talks, people),
        weeks=_weeks(days, talks, people),
        rooms=room_facts(draft, talks, people, offered),
        roomless=tuple(
            Roomless(talk=each, reason=why[each.talk.employee]) for each in talks if each.talk.employee in why
        ),
        days=days,
        preferred_known=any(comfort.preferred.values()),
        difference=difference(before, draft),
    )


def _weeks(days: Iterable[date], talks: Iterable[TalkFacts], people: Mapping[str, Person]) -> tuple[WeekFacts, ...]:
    mondays = sorted({monday_of(day) for day in days})
    sites: dict[date, Counter[str]] = defaultdict(Counter)
    minutes: Counter[date] = Counter()
    for talk in talks:
        sites[talk.monday][people[talk.talk.employee].site or ""] += 1
        minutes[talk.monday] += talk.talk.minutes
    weeks, monday = [], mondays[0] if mondays else None
    while monday is not None and monday <= mondays[-1]:
        load = sites[monday]
        weeks.append(
            WeekFacts(monday=monday, talks=load.total(), minutes=minutes[monday], sites=dict(load.most_common()))
        )
        monday += ONE_WEEK
    return tuple(weeks)


def _managers(draft: Draft, talks: Iterable[TalkFacts], people: Mapping[str, Person]) -> tuple[ManagerFacts, ...]:
    held: dict[str, list[TalkFacts]] = defaultdict(list)
    missing: dict[str, list[UnplacedTalk]] = defaultdict(list)
    for talk in talks:
        held[talk.talk.manager].append(talk)
    for each in draft.unplaced:
        missing[each.manager].append(each)
    ordered = sorted({*held, *missing}, key=lambda id_: (people[id_].name.casefold(), id_))
    return tuple(
        ManagerFacts(
            id=id_,
            talks=tuple(held[id_]),
            unplaced=tuple(missing[id_]),
            days=Counter(talk.host_starts.date() for talk in held[id_]),
            weeks=Counter(monday_of(talk.host_starts.date()) for talk in held[id_]),
        )
        for id_ in ordered
    )
