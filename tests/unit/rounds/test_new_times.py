"""Times for talks whose host or hours changed: theirs where that can be, else others, and no two the same."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import START, a_cycle, a_person, a_round, a_talk, at
from talkcycle.domain.people import OFFICE_WEEK
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.domain.wishes import PlanningRules
from talkcycle.rounds.new_times import Found, Wanted, new_times, overlapping
from talkcycle.rounds.rebooking import NoOtherTime, Rebooked

NOW = at(2027, 2, 17, 8)
HALF = timedelta(minutes=30)
ROUND = a_round(cycle=a_cycle(planning=PlanningRules(lunch=None)))
PEOPLE = {
    each.id: each
    for each in (
        a_person("bo", manager=None),
        a_person("cem", manager=None),
        *(a_person(id_) for id_ in ("anna", "dag", "eve")),
    )
}


def found(*wanted: Wanted, others: tuple[Talk, ...] = (), **people: object) -> dict[str, Found]:
    everybody = PEOPLE | {id_: replace(PEOPLE[id_], hours=hours) for id_, hours in people.items()}  # type: ignore[arg-type]  # hours by id
    return new_times(ROUND, wanted, everybody, [*(each.talk for each in wanted), *others], None, now=NOW)


def to_cem(id_: str = "anna", *, keep: bool = True, **fields: object) -> Wanted:
    return Wanted(talk=replace(a_talk(id_, **fields), manager="cem"), keep=keep)


def test_a_talk_keeps_its_time_and_place_with_a_new_host_who_has_it_free() -> None:
    assert found(to_cem()) == {"anna": Rebooked(start=START, place=a_talk().place)}


@pytest.mark.parametrize(
    ("start", "free"), [(START - HALF * 3, True), (START - HALF * 2, False), (START, False), (START + HALF * 3, True)]
)
def test_the_new_hosts_other_talks_and_the_pause_after_each_stand_in_the_way(start: object, *, free: bool) -> None:
    others = (a_talk("dag", manager="cem", start=start),)
    time = found(to_cem(), others=others)["anna"]
    assert isinstance(time, Rebooked)
    assert (time.start == START) == free


def test_a_time_outside_the_new_hosts_hours_is_not_kept() -> None:
    time = found(to_cem(), cem=(((480, 600),),) * 5 + OFFICE_WEEK[5:])
    assert isinstance(time["anna"], NoOtherTime)
    afternoons = found(to_cem(), cem=(((780, 1020),),) * 5 + OFFICE_WEEK[5:])["anna"]
    assert isinstance(afternoons, Rebooked)
    assert afternoons.start.hour >= 12


def test_what_has_no_time_gets_one() -> None:
    time = found(to_cem(keep=False, start=None, state=TalkState.UNPLACED))["anna"]
    assert isinstance(time, Rebooked)


IDS = ("anna", "dag", "eve")


@settings(max_examples=20, deadline=None)
@given(
    starts=st.lists(st.integers(0, 12), min_size=3, max_size=3),
    keep=st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_no_two_get_times_that_meet(starts: list[int], keep: list[bool]) -> None:
    wanted = [
        to_cem(id_, keep=keeps, start=START + number * HALF) for id_, number, keeps in zip(IDS, starts, keep, strict=True)
    ]
    times = found(*wanted)
    placed = [
        replace(each.talk, start=time.start) for each in wanted if isinstance(time := times[each.talk.id], Rebooked)
    ]
    assert all(overlapping(talk, placed) is None for talk in placed)
