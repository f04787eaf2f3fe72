"""A pin is HR's word: it is kept, what stands against it is said, and two that cannot both be are refused."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from talkcycle.domain.busy import Blocks, BusyKind, BusyTimes
from talkcycle.domain.cycle import Cycle, Window
from talkcycle.domain.people import Absence, Person
from talkcycle.domain.wishes import PinnedTalk, PlanningRules, SiteRoom, Wishes
from talkcycle.planning.build import instance_of
from talkcycle.planning.instance import Instance
from talkcycle.planning.pins_kept import clashing_pins, explain_pins

TUESDAY = date(2027, 3, 2)
WEEK = Window(first=date(2027, 3, 1), last=date(2027, 3, 7))
ROOMS = {"Malmö": (SiteRoom(name="Boken", seats=2), SiteRoom(name="Eken", seats=2))}


@pytest.fixture
def pinned(cycle: Callable[..., Cycle], person: Callable[..., Person]) -> Callable[..., Instance]:
    def make(
        *pins: PinnedTalk,
        employee: Mapping[str, object] | None = None,
        manager: Mapping[str, object] | None = None,
        busy: BusyTimes | None = None,
        rules: PlanningRules | None = None,
    ) -> Instance:
        people = {
            "M": person("M", None, site="Malmö", **(manager or {})),
            "E": person("E", "M", site="Malmö", **(employee or {})),
            "F": person("F", "M", site="Malmö"),
            "N": person("N", "M", site="Malmö"),
            "G": person("G", "N", site="Malmö"),
        }
        asked = replace(cycle(WEEK), rooms=ROOMS, wishes=Wishes(pinned=pins), planning=rules or PlanningRules())
        holidays = {"SE": frozenset({date(2027, 3, 4)})}
        return instance_of(asked, people, holidays, today=date(2027, 2, 1), busy=busy or BusyTimes())[0]

    return make


def at(hour: int, minute: int = 0, *, day: int = 2, employee: str = "E", room: str | None = None) -> PinnedTalk:
    return PinnedTalk(employee=employee, at=datetime(2027, 3, day, hour, minute), room=room)


def busy_at(hour: int, kind: BusyKind = BusyKind.BUSY) -> Mapping[BusyKind, tuple[tuple[datetime, datetime], ...]]:
    """For an hour of that Tuesday in Stockholm."""
    begins = datetime(2027, 3, 2, hour - 1, tzinfo=UTC)
    return {kind: ((begins, begins + timedelta(hours=1)),)}


MORNINGS = (((8 * 60, 12 * 60),),) * 7
OFF_ON_TUESDAY = (Absence(first=TUESDAY, last=TUESDAY),)


@pytest.mark.parametrize(
    ("pin", "facts", "said"),
    [
        pytest.param(at(10), {}, None, id="a time that suits"),
        pytest.param(at(12), {}, None, id="lunch is a preference"),
        pytest.param(at(15), {}, None, id="the last in the day"),
        pytest.param(at(13), {"employee": {"hours": MORNINGS}}, "The employee does not work then.", id="part-time"),
        pytest.param(at(11), {"employee": {"hours": MORNINGS}}, None, id="the pause is not the employee's"),
        pytest.param(at(11), {"manager": {"hours": MORNINGS}}, "The manager does not work then.", id="but the manager's"),
        pytest.param(at(10), {"manager": {"absences": OFF_ON_TUESDAY}}, "The manager does not work then.", id="away"),
        pytest.param(at(10, day=4), {}, "Neither of the two works then.", id="a holiday"),
        pytest.param(at(15, 30), {}, "It is outside the days and hours for talks.", id="late"),
        pytest.param(
            at(10, day=6),
            {},
            "Neither of the two works then; it is outside the days and hours for talks.",
            id="a Saturday",
        ),
        pytest.param(
            at(10), {"busy": BusyTimes(people={"E": busy_at(10)})}, "The employee's calendar is full then.", id="busy"
        ),
        pytest.param(at(9), {"busy": BusyTimes(people={"E": busy_at(10)})}, None, id="busy right after"),
        pytest.param(
            at(9),
            {"busy": BusyTimes(people={"M": busy_at(10)})},
            "The manager's calendar is full then.",
            id="in the pause",
        ),
        pytest.param(
            at(10),
            {"busy": BusyTimes(people={"E": busy_at(10, BusyKind.AWAY), "M": busy_at(10)})},
            "Both calendars are full then.",
            id="both",
        ),
        pytest.param(
            at(10),
            {"busy": BusyTimes(people={"E": busy_at(10, BusyKind.TENTATIVE)})},
            None,
            id="tentative is no obstacle",
        ),
        pytest.param(
            at(10),
            {
                "busy": BusyTimes(people={"E": busy_at(10, BusyKind.TENTATIVE)}),
                "rules": PlanningRules(blocks=dict.fromkeys(BusyKind, Blocks.HARD)),
            },
            "The employee's calendar is full then.",
            id="unless HR says so",
        ),
        pytest.param(
            at(10, room="Boken"),
            {"busy": BusyTimes(rooms={("Malmö", "Boken"): busy_at(11, BusyKind.TENTATIVE)})},
            "The room is booked then.",
            id="a room that is needed right after",
        ),
    ],
)
def test_what_stands_against_a_pin_is_said(
    pinned: Callable[..., Instance], pin: PinnedTalk, facts: Mapping[str, object], said: str | None
) -> None:
    instance = pinned(pin, **facts)

    assert explain_pins(instance, {"E"}) == ({"E": said} if said else {})
    assert explain_pins(instance, set()) == {}


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        pytest.param(at(10), at(11, employee="F"), True, id="the manager's pause"),
        pytest.param(at(10), at(11, 30, employee="F"), False, id="after the pause"),
        pytest.param(at(10, employee="N"), at(10, employee="G"), True, id="somebody led while leading"),
        pytest.param(at(10, employee="N"), at(11, employee="G"), False, id="the pause is not the employee's"),
        pytest.param(at(10, employee="G"), at(11, employee="N"), True, id="but the manager's"),
        pytest.param(at(10, room="Boken"), at(11, employee="G", room="Boken"), True, id="one room"),
        pytest.param(at(10, room="Boken"), at(11, employee="G", room="Eken"), False, id="two rooms"),
    ],
)
def test_two_pins_that_cannot_both_be_are_named(
    pinned: Callable[..., Instance], one: PinnedTalk, other: PinnedTalk, *, clash: bool
) -> None:
    pairs = [tuple(sorted(pair)) for pair in clashing_pins(pinned(one, other))]

    assert pairs == ([tuple(sorted((one.employee, other.employee)))] if clash else [])
