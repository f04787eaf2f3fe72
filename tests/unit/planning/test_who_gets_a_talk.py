"""From a cycle and a roster to the talks of a round, and back."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from talkcycle.domain.cycle import Cycle, Place, PlaceKind, Window
from talkcycle.domain.people import Absence, Person
from talkcycle.domain.plan import PlannedTalk
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.planning.build import instance_of, planned_talks
from talkcycle.planning.instance import Assignment, Pin, Plan
from talkcycle.planning.solve import solve

TODAY = date(2027, 2, 10)
FIRST, LAST = date(2027, 3, 1), date(2027, 3, 26)


def by_id(*people: Person) -> Mapping[str, Person]:
    return {each.id: each for each in people}


def test_everybody_has_a_talk_or_a_reason_for_having_none(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    weekdays_off = (Absence(first=FIRST, last=date(2027, 3, 10)), Absence(first=date(2027, 3, 11), last=LAST))
    people = by_id(
        person("top", None),
        person("talks", "top"),
        person("excluded", "top", excluded="on strike"),
        person("new", "top", starts=LAST + timedelta(days=1)),
        person("gone", "top", ends=FIRST - timedelta(days=1)),
        person("away", "top", absences=weekdays_off),
        person("lost", "nobody"),
        person("reports-to-excluded", "excluded"),
        person("just-in-time", "top", starts=LAST),
    )

    instance, left_out = instance_of(cycle(), people, {}, today=TODAY)

    assert [talk.id for talk in instance.talks] == ["just-in-time", "reports-to-excluded", "talks"]
    assert left_out == {
        "away": "away the whole window",
        "excluded": "excluded in the roster",
        "gone": "not employed in the window",
        "lost": "their manager is not in the roster",
        "new": "not employed in the window",
        "top": "has no manager in the roster",
    }
    assert sorted(instance.people) == ["excluded", "just-in-time", "reports-to-excluded", "talks", "top"]


def test_holidays_and_the_last_days_employed_count_as_part_of_being_away(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    leave = (Absence(first=FIRST, last=date(2027, 3, 4)),)
    people = by_id(person("M", None), person("E", "M", absences=leave, ends=date(2027, 3, 5)))
    friday_off = {"SE": frozenset({date(2027, 3, 5)})}

    assert instance_of(cycle(), people, friday_off, today=TODAY)[1]["E"] == "away the whole window"
    assert "E" not in instance_of(cycle(), people, {}, today=TODAY)[1]


def test_somebody_who_never_works_is_not_taken_for_being_away(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = by_id(person("M", None), person("E", "M", hours=((),) * 7))

    assert "E" not in instance_of(cycle(), people, {}, today=TODAY)[1]


def test_the_whole_window_of_every_zone_lies_inside_the_horizon(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    """Kiritimati's day begins 14 hours before UTC's, Baker Island's ends 12 hours after it."""
    night = (((0, 1440),),) * 7
    one_day = cycle(
        Window(first=FIRST, last=FIRST), hours=(0, 1440), days=frozenset(range(7)), minutes=1440, buffer_minutes=0
    )
    starts = []
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        people = by_id(person("E", "M", zone=zone, hours=night), person("M", None, zone=zone, hours=night))
        instance = instance_of(one_day, people, {}, today=TODAY)[0]
        talks, _ = planned_talks(instance, solve(instance), one_day, people)
        starts += [talk.start for talk in talks]

    assert starts == [datetime(2027, 2, 28, 10, tzinfo=UTC), datetime(2027, 3, 1, 12, tzinfo=UTC)]


def test_a_pair_whose_dates_are_two_days_apart_can_talk(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    """Monday's first two hours in Kiritimati are Saturday's last two on Baker Island."""
    saturday_night = ((),) * 5 + (((22 * 60, 1440),), ())
    people = by_id(
        person("E", "M", zone="Pacific/Kiritimati", hours=(((0, 1440),),) * 7),
        person("M", None, zone="Etc/GMT+12", hours=saturday_night),
    )
    monday = cycle(Window(first=FIRST, last=FIRST), hours=(0, 1440), days=frozenset(range(7)))

    instance = instance_of(monday, people, {}, today=TODAY)[0]

    assert [talk.start for talk in planned_talks(instance, solve(instance), monday, people)[0]] == [
        datetime(2027, 2, 28, 10, tzinfo=UTC)
    ]


def test_planned_talks_carry_the_employees_zone_and_the_place_of_their_site(
    cycle: Callable[..., Cycle], person: Callable[..., Person]
) -> None:
    people = by_id(person("M", None), person("E", "M", zone="Europe/London", site="london"), person("F", "M"))
    room = Place(kind=PlaceKind.NAMED, name="Blue room")
    asked = replace(cycle(), places={"london": room})
    instance = instance_of(asked, people, {}, today=TODAY)[0]
    plan = Plan(assignments=(Assignment(talk="E", start=90),), unplaced=("F",))

    talks, unplaced = planned_talks(instance, plan, asked, people)

    assert talks == (
        PlannedTalk(
            employee="E",
            manager="M",
            start=instance.t0 + timedelta(minutes=90),
            minutes=60,
            buffer_minutes=30,
            zone="Europe/London",
            place=room,
        ),
    )
    assert [(each.employee, each.manager, bool(each.reason)) for each in unplaced] == [("F", "M", True)]


def test_talks_under_way_stay_and_nobody_gets_a_second_one(
    cycle: Callable[..., Cycle], team: Callable[..., Mapping[str, Person]]
) -> None:
    nine = datetime(2027, 3, 1, 8, tzinfo=UTC)
    placed = Talk(
        round="development-2027-03",
        id="E00",
        employee="E00",
        manager="M",
        start=nine,
        minutes=45,
        buffer_minutes=15,
        zone="Europe/Stockholm",
        place=Place(),
        state=TalkState.PLACED,
        changed_at=nine,
    )
    called_off = replace(placed, id="E01", employee="E01", state=TalkState.CANCELLED)
    people = team(3)
    one_day = cycle(Window(first=FIRST, last=FIRST), most_per_day=2)

    instance, left_out = instance_of(one_day, people, {}, today=TODAY, taken=[placed, called_off])
    talks, unplaced = planned_talks(instance, solve(instance), one_day, people)

    assert instance.talks[0].pin == Pin(start=2 * 1440 + 8 * 60)
    assert left_out == {"E01": "their talk of this round was called off", "M": "has no manager in the roster"}
    assert [(talk.employee, talk.minutes) for talk in talks] == [("E00", 45), ("E02", 60)]
    assert talks[0].start == nine
    assert talks[1].start >= nine + timedelta(hours=1)
    assert unplaced == ()
