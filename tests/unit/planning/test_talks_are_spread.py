"""Evenly over the window, at times people like, and with nobody left over for want of a swap."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Absence, Person
from talkcycle.domain.plan import PlannedTalk
from talkcycle.planning.build import instance_of, planned_talks
from talkcycle.planning.solve import solve

FEBRUARY = date(2027, 2, 1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONDAY = date(2027, 3, 1)


def planned(cycle: Cycle, people: Mapping[str, Person]) -> tuple[PlannedTalk, ...]:
    instance, _ = instance_of(cycle, people, {}, today=FEBRUARY)
    talks, unplaced = planned_talks(instance, solve(instance), cycle, people)
    assert unplaced == ()
    return talks


def local(talk: PlannedTalk) -> datetime:
    return talk.start.astimezone(STOCKHOLM)


def per_week(talks: tuple[PlannedTalk, ...]) -> list[int]:
    return sorted(Counter(local(talk).isocalendar().week for talk in talks).values())


def test_eight_reports_in_four_weeks_are_two_a_week_on_different_days_not_side_by_side(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    talks = planned(cycle(), team(8))

    assert per_week(talks) == [2, 2, 2, 2]
    days = sorted(local(talk).date() for talk in talks)
    assert min((later - earlier).days for earlier, later in pairwise(days)) >= 2


def test_a_company_of_forty_has_the_same_load_every_week_and_every_day(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = {f"P{n:02d}": person(f"P{n:02d}", f"P{(n - 1) // 4:02d}" if n else None) for n in range(41)}

    talks = planned(cycle(), people)

    assert per_week(talks) == [10, 10, 10, 10]
    days = Counter(local(talk).date() for talk in talks)
    assert set(days.values()) == {2}


def company(person: Callable[..., Person], busy_day: date, last: date, teams: Mapping[str, int]) -> Mapping[str, Person]:
    """Managers with so many reports each; those called ``only...`` are at work on *busy_day* alone."""
    others = [MONDAY + timedelta(days=n) for n in range((last - MONDAY).days + 1)]
    away = tuple(Absence(first=day, last=day) for day in others if day != busy_day)
    people = []
    for manager, reports in teams.items():
        people.append(person(manager, None, absences=away if manager.startswith("only") else ()))
        people += [person(f"{manager}-{n}", manager) for n in range(reports)]
    return {each.id: each for each in people}


def test_a_managers_own_weeks_are_even_before_the_organisations_are(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    """Six talks have to be in the first week, and yet one of the two of M is there."""
    fortnight = Window(first=MONDAY, last=MONDAY + timedelta(days=11))
    people = company(person, MONDAY, fortnight.last, {"only-1": 2, "only-2": 2, "only-3": 2, "M": 2})

    talks = planned(cycle(fortnight), people)

    assert per_week(tuple(talk for talk in talks if talk.manager == "M")) == [1, 1]


def test_a_manager_with_one_report_takes_the_organisations_emptier_week(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    fortnight = Window(first=MONDAY, last=MONDAY + timedelta(days=11))
    busy = {f"only-{n}": 2 for n in range(2)}
    people = company(person, MONDAY, fortnight.last, {**busy, "A": 1, "B": 1, "C": 1, "D": 1})

    assert per_week(planned(cycle(fortnight), people)) == [4, 4]


def test_two_talks_are_on_two_days_even_if_one_of_them_is_crowded(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    two_days = Window(first=MONDAY, last=MONDAY + timedelta(days=1))
    people = company(person, MONDAY, two_days.last, {"only-1": 2, "only-2": 2, "M": 2})

    talks = planned(cycle(two_days), people)

    assert sorted(local(talk).day for talk in talks if talk.manager == "M") == [1, 2]


def test_a_short_week_gets_its_share_and_no_more(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    thursday = Window(first=MONDAY + timedelta(days=3), last=MONDAY + timedelta(days=18))

    assert per_week(planned(cycle(thursday), team(10))) == [2, 4, 4]


def test_talks_keep_clear_of_lunch(cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]) -> None:
    talks = planned(cycle(Window(first=MONDAY, last=MONDAY + timedelta(days=1)), hours=(12 * 60, 16 * 60)), team(2))

    assert all(time(13) <= local(talk).time() <= time(15) for talk in talks)


def test_talks_keep_clear_of_friday_afternoon(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    friday_to_monday = Window(first=MONDAY + timedelta(days=4), last=MONDAY + timedelta(days=7))

    days = planned(cycle(friday_to_monday), team(2))
    afternoons = planned(cycle(friday_to_monday, hours=(13 * 60, 16 * 60)), team(2))

    assert min(local(talk) for talk in days).time() < time(12)
    assert sorted(f"{local(talk):%a}" for talk in days + afternoons) == ["Fri", "Mon", "Mon", "Mon"]


def test_two_talks_of_one_day_leave_the_manager_an_hour_between_them(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    talks = planned(cycle(Window(first=MONDAY, last=MONDAY + timedelta(days=1))), team(4))

    days = defaultdict(list)
    for talk in talks:
        days[local(talk).date()].append(talk)
    gaps = [abs(one.start - other.start) for one, other in days.values()]
    assert [gap >= timedelta(minutes=60 + 30 + 60) for gap in gaps] == [True, True]


def test_starts_are_instants_in_utc_across_the_clock_change(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    """Clocks in Stockholm go forward on 28 March 2027: nine o'clock is 8 UTC before and 7 UTC after."""
    around = Window(first=date(2027, 3, 26), last=date(2027, 3, 29))

    talks = planned(cycle(around, most_per_day=1, hours=(9 * 60, 10 * 60)), team(2))

    assert sorted(talk.start for talk in talks) == [
        datetime(2027, 3, 26, 8, 0, tzinfo=UTC),
        datetime(2027, 3, 29, 7, 0, tzinfo=UTC),
    ]


def test_a_manager_with_far_too_many_reports_has_full_days_and_costs_no_minutes(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    instance, _ = instance_of(cycle(), team(120), {}, today=FEBRUARY)
    seen: list[tuple[int, int]] = []

    plan = solve(instance, limit=1, progress=lambda done, total: seen.append((done, total)))

    assert (len(plan.assignments), len(plan.unplaced)) == (2 * 20, 80)
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


def test_talks_begin_at_a_full_or_half_hour_where_that_costs_nothing(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    talks = planned(cycle(), team(8))

    assert {local(talk).minute for talk in talks} <= {0, 30}
