"""What HR decided before the plan is made: rooms, pins, forbidden times, excluded pairs; and busy times of files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from talkcycle.domain.busy import BusyKind, BusyTimes
from talkcycle.domain.cycle import Cycle, Place, PlaceKind, Window
from talkcycle.domain.people import Person
from talkcycle.domain.plan import PlannedTalk
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.domain.wishes import Cascade, ExcludedPair, ForbiddenTime, PinnedTalk, PlanningRules, SiteRoom, Wishes
from talkcycle.planning.build import instance_of, planned_talks
from talkcycle.planning.instance import Pin
from talkcycle.planning.solve import solve

TODAY = date(2027, 2, 1)
MONDAY = date(2027, 3, 1)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ROOMS = {"Malmö": (SiteRoom(name="Boken", seats=4), SiteRoom(name="Eken", seats=2), SiteRoom(name="Båset", seats=1))}
A_WEEK = Window(first=MONDAY, last=MONDAY + timedelta(days=4))


def planned(cycle: Cycle, people: Mapping[str, Person], **other: object) -> dict[str, PlannedTalk]:
    instance, _ = instance_of(cycle, people, {}, today=TODAY, **other)  # type: ignore[arg-type]
    return {talk.employee: talk for talk in planned_talks(instance, solve(instance), cycle, people)[0]}


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=STOCKHOLM)


def malmo(person: Callable[..., Person], count: int) -> dict[str, Person]:
    people = [person("M", None, site="Malmö"), *(person(f"E{n}", "M", site="Malmö") for n in range(count))]
    return {each.id: each for each in people}


def test_a_talk_of_one_site_gets_a_neutral_room_for_two_there(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    talks = planned(replace(cycle(A_WEEK), rooms=ROOMS), malmo(person, 4))

    assert {talk.place.kind for talk in talks.values()} == {PlaceKind.NAMED}
    assert {talk.place.name for talk in talks.values()} <= {"Boken", "Eken"}


def test_two_people_of_two_sites_and_talks_online_get_no_room(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = malmo(person, 1) | {"F": person("F", "M", site="Lund")}
    online = replace(cycle(A_WEEK), rooms=ROOMS, places={"Malmö": Place(kind=PlaceKind.ONLINE)})

    assert planned(replace(cycle(A_WEEK), rooms=ROOMS), people)["F"].place == Place()
    assert planned(online, people)["E0"].place == Place(kind=PlaceKind.ONLINE)


def test_a_pinned_talk_is_at_the_employees_local_time_and_in_the_named_room(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    """On 29 March Stockholm has summer time."""
    late = Window(first=date(2027, 3, 22), last=date(2027, 4, 2))
    wish = PinnedTalk(employee="E0", at=datetime(2027, 3, 29, 18, 10), room="Boken")
    asked = replace(cycle(late), rooms=ROOMS, wishes=Wishes(pinned=(wish,)))

    talk = planned(asked, malmo(person, 3))["E0"]

    assert talk.start == datetime(2027, 3, 29, 16, 10, tzinfo=UTC)
    assert talk.place == Place(kind=PlaceKind.NAMED, name="Boken")


def test_a_pin_without_a_room_gets_the_smallest_that_is_free_then(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    pins = tuple(PinnedTalk(employee=f"E{n}", at=datetime(2027, 3, 2, 10 + 2 * n)) for n in range(2))
    asked = replace(cycle(A_WEEK), rooms=ROOMS, wishes=Wishes(pinned=pins))
    noon = at(MONDAY + timedelta(days=1), 12).astimezone(UTC)
    busy = BusyTimes(rooms={("Malmö", "Eken"): {BusyKind.BUSY: ((noon, noon + timedelta(hours=1)),)}})

    talks = planned(asked, malmo(person, 2), busy=busy)

    assert [talks[f"E{n}"].place.name for n in range(2)] == ["Eken", "Boken"]


def test_nobody_has_a_talk_at_a_forbidden_time(cycle: Callable[..., Cycle], person: Callable[..., Person]) -> None:
    people = malmo(person, 2) | {"N": person("N", None, site="Lund"), "F": person("F", "N", site="Lund")}
    wishes = Wishes(
        forbidden=(
            ForbiddenTime(who=frozenset({"*"}), first=MONDAY, last=MONDAY + timedelta(days=2)),
            ForbiddenTime(who=frozenset({"Malmö"}), first=MONDAY, last=A_WEEK.last, weekdays=frozenset({3})),
            ForbiddenTime(who=frozenset({"F"}), first=MONDAY, last=A_WEEK.last, hours=(8 * 60, 14 * 60)),
        )
    )

    talks = planned(replace(cycle(A_WEEK), wishes=wishes), people)

    starts = {id_: talk.start.astimezone(STOCKHOLM) for id_, talk in talks.items()}
    assert len(starts) == 3
    assert {starts[id_].date() for id_ in ("E0", "E1")} == {A_WEEK.last}
    assert starts["F"].date() >= MONDAY + timedelta(days=3)
    assert starts["F"].hour >= 14


def test_a_forbidden_time_holds_though_no_busy_time_blocks(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    from talkcycle.domain.busy import Blocks  # noqa: PLC0415

    rules = PlanningRules(blocks=dict.fromkeys(BusyKind, Blocks.FREE))
    forbid = ForbiddenTime(who=frozenset({"E0"}), first=MONDAY, last=A_WEEK.last)
    asked = replace(cycle(A_WEEK), planning=rules, wishes=Wishes(forbidden=(forbid,)))

    assert set(planned(asked, malmo(person, 2))) == {"E1"}


def test_an_excluded_pair_is_left_out_with_its_reason(cycle: Callable[..., Cycle], person: Callable[..., Person]) -> None:
    pair = ExcludedPair(employee="E0", manager="M", reason="they met in January")
    asked = replace(cycle(A_WEEK), wishes=Wishes(excluded=(pair,)))

    instance, left_out = instance_of(asked, malmo(person, 2), {}, today=TODAY)

    assert [talk.id for talk in instance.talks] == ["E1"]
    assert left_out["E0"] == "excluded in the cycle file: they met in January"


def test_busy_times_of_people_are_kept_clear_of_and_rounded_to_whole_minutes(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    one_day = Window(first=MONDAY, last=MONDAY)
    nine, two = at(MONDAY, 9).astimezone(UTC), at(MONDAY, 14).astimezone(UTC)
    busy = BusyTimes(people={"E0": {BusyKind.BUSY: ((nine - timedelta(days=90), two + timedelta(seconds=20)),)}})

    start = planned(cycle(one_day), malmo(person, 1), busy=busy)["E0"].start

    assert start > two
    instance = instance_of(cycle(one_day), malmo(person, 1), {}, today=TODAY, busy=busy)[0]
    assert instance.people["E0"].busy[BusyKind.BUSY][0] == (0, instance_minutes(instance.t0, two) + 1)


def instance_minutes(t0: datetime, instant: datetime) -> int:
    return int((instant - t0).total_seconds() // 60)


def test_rules_and_the_rosters_own_hours_reach_the_planner(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = malmo(person, 1) | {"M": person("M", None, site="Malmö", preferred=((600, 660),), most_per_day=1)}
    rules = PlanningRules(cascade=Cascade.HARD, lunch=None, preferred=((480, 720),))

    instance, _ = instance_of(replace(cycle(A_WEEK), planning=rules), people, {}, today=TODAY)

    assert instance.cascade is Cascade.HARD
    assert (instance.people["M"].preferred, instance.people["M"].most_per_day) == (((600, 660),), 1)
    assert (instance.people["E0"].preferred, instance.people["E0"].lunch) == (((480, 720),), None)


def test_a_talk_under_way_keeps_its_room_from_the_others(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    nine = at(MONDAY, 9).astimezone(UTC)
    approved = Talk(
        round="development-2027-03",
        id="E0",
        employee="E0",
        manager="M",
        start=nine,
        minutes=60,
        buffer_minutes=30,
        zone="Europe/Stockholm",
        place=Place(kind=PlaceKind.NAMED, name="Eken"),
        state=TalkState.PLACED,
        changed_at=nine,
    )
    people = malmo(person, 1) | {"N": person("N", None, site="Malmö"), "F": person("F", "N", site="Malmö")}
    asked = replace(
        cycle(Window(first=MONDAY, last=MONDAY), hours=(9 * 60, 10 * 60)),
        rooms={"Malmö": (SiteRoom(name="Eken", seats=2),)},
    )

    instance, _ = instance_of(asked, people, {}, today=TODAY, taken=[approved])
    talks = {talk.employee: talk for talk in planned_talks(instance, solve(instance), asked, people)[0]}

    assert instance.talks[0].pin == Pin(start=instance_minutes(instance.t0, nine), room="Malmö/Eken")
    assert talks["F"].start == nine
    assert talks["F"].place == Place()
