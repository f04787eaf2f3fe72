"""A new time for some talks: as good as there is, and nothing else moves."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from talkcycle.domain.busy import BusyKind
from talkcycle.planning.alternatives import alternatives
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.grid import merged
from talkcycle.planning.instance import Assignment, Instance, Pin, Plan
from talkcycle.planning.replan import accept, replan
from talkcycle.planning.talkplan import from_json, plan_to_json, to_json
from talkplan_judge import Choice, Document, Judge
from talkplan_tools import checked, crowded, generated, solved
from unit.planning.test_bookings import assigned, half_made_plans


@settings(max_examples=20)
@given(half_made=half_made_plans(), data=st.data())
def test_a_few_talks_get_the_best_places_there_are(half_made: tuple[Document, list[Choice]], data: st.DataObject) -> None:
    document, placed = half_made
    judge, instance = Judge(document), from_json(document)
    free = [each["id"] for each in document["talks"] if "pin" not in each]
    movable = data.draw(st.sets(st.sampled_from(free), min_size=1, max_size=2))
    stay = [each for each in placed if each.talk not in movable]
    left = [each.id for each in instance.talks if each.id not in {choice.talk for choice in placed}]

    answer = replan(instance, Plan(assignments=tuple(assigned(placed)), unplaced=tuple(left)), movable)

    now = {each.talk: each for each in answer.plan.assignments}
    chosen = [
        choice
        for id_ in sorted(movable & now.keys())
        for choice in judge.choices(judge.talks[id_])
        if (choice.start, choice.room) == (now[id_].start, now[id_].room)
    ]
    event(f"{len(movable)} to move, {len(answer.unplaced)} unplaced")
    assert {id_: each for id_, each in now.items() if id_ not in movable} == {each.talk: each for each in assigned(stay)}
    assert all(judge.fits(each, [*stay, *chosen[:n]]) for n, each in enumerate(chosen))
    assert judge.cost([*stay, *chosen]) == min(costs(judge, stay, sorted(movable)))
    assert set(answer.unplaced) == movable - now.keys() == answer.offers.keys()


def costs(judge: Judge, placed: list[Choice], movable: list[str]) -> Iterator[int]:
    """The cost of every way to place some of *movable*, or none."""
    if not movable:
        yield judge.cost(placed)
        return
    yield from costs(judge, placed, movable[1:])
    for choice in judge.choices(judge.talks[movable[0]]):
        if judge.fits(choice, placed):
            yield from costs(judge, [*placed, choice], movable[1:])


def declined(instance: Instance, at: Assignment) -> Instance:
    talk = next(each for each in instance.talks if each.id == at.talk)
    person = instance.people[talk.employee]
    busy = merged((*person.busy.get(BusyKind.BUSY, ()), (at.start, at.start + talk.minutes)))
    busier = replace(person, busy={**person.busy, BusyKind.BUSY: busy})
    return replace(instance, people={**instance.people, person.id: busier})


@pytest.mark.parametrize("cascade", ["off", "soft", "hard"])
def test_a_talk_without_a_time_is_offered_an_exchange_and_none_is_made(tmp_path: Path, cascade: str) -> None:
    document = generated(f"--n 80 --seed 3 --preset tight --cascade {cascade}", tmp_path)
    instance = from_json(document)
    plan = first_come(instance)

    answer = replan(instance, plan, plan.unplaced)

    assert answer.plan == plan
    assert answer.moved == ()
    assert answer.unplaced == plan.unplaced
    offers = {id_: offer for id_, offer in answer.offers.items() if offer}
    assert len(offers) > 1
    for id_, offer in offers.items():
        after = accept(instance, plan, offer)
        changed = set(after.assignments) - set(plan.assignments)
        assert changed == {offer.places, *(move.to for move in offer.moves)}
        assert ids(after.assignments) == ids(plan.assignments) | {id_}
        assert checked(document, plan_to_json(after))[1] == []


def first_come(instance: Instance) -> Plan:
    """Each at the first time that is left; nobody makes way for those who come later."""
    bookings = Bookings(Availability(instance))
    for talk in instance.talks:
        starts = bookings.open(talk)
        if starts:
            start = bookings.availability.grid.first(starts)
            room = bookings.rooms.free(talk.site, start, talk.minutes + talk.buffer) if talk.wants_room else None
            bookings.book(Assignment(talk=talk.id, start=start, room=room))
    return Plan(
        assignments=tuple(bookings.placed.values()),  # in the instance's order, as they were placed
        unplaced=tuple(talk.id for talk in instance.talks if talk.id not in bookings.placed),
    )


def ids(assignments: Iterable[Assignment]) -> set[str]:
    return {each.talk for each in assignments}


@pytest.mark.parametrize("cascade", ["off", "soft", "hard"])
def test_a_talk_that_is_declined_gets_another_time_if_there_is_one_and_nothing_else_moves(cascade: str) -> None:
    instance = from_json(crowded(cascade))
    plan = solved(instance, attempts=1_000).plan
    placed_again = 0
    for hit in plan.assignments:
        later = declined(instance, hit)

        answer = replan(later, plan, {hit.talk})

        assert set(plan.assignments) - set(answer.plan.assignments) == {hit}
        assert (hit.talk in ids(answer.plan.assignments)) == bool(alternatives(later, plan, hit.talk, most=1))
        assert answer.moved == ((hit.talk,) if hit.talk not in answer.unplaced else ())
        assert checked(to_json(later), plan_to_json(answer.plan))[1] == []
        placed_again += len(answer.moved)
    assert placed_again > 5


def test_a_talk_outside_those_to_be_moved_stays_even_where_it_no_longer_fits() -> None:
    instance = from_json(crowded())
    plan = solved(instance, attempts=1_000).plan
    hit, other = plan.assignments[0], plan.assignments[1]

    answer = replan(declined(instance, hit), plan, {other.talk})

    assert hit in answer.plan.assignments


def test_a_pin_of_hr_stays_and_an_unplaced_talk_outside_is_not_placed() -> None:
    instance = from_json(crowded())
    plan = solved(instance, attempts=1_000).plan
    first, second, third = plan.assignments[:3]
    pinned = replace(
        instance,
        talks=tuple(
            replace(each, pin=Pin(start=first.start, room=first.room)) if each.id == first.talk else each
            for each in instance.talks
        ),
    )
    without = Plan(
        assignments=tuple(each for each in plan.assignments if each != second), unplaced=(*plan.unplaced, second.talk)
    )

    answer = replan(pinned, without, {first.talk, third.talk})

    assert first in answer.plan.assignments
    assert second.talk in answer.plan.unplaced
    assert second.talk not in answer.offers


def test_the_same_question_has_the_same_answer() -> None:
    instance = from_json(crowded("soft"))
    plan = solved(instance, attempts=1_000).plan
    movable = {each.talk for each in plan.assignments[::3]}

    assert replan(instance, plan, movable) == replan(instance, plan, movable)


def test_an_unknown_talk_is_an_error() -> None:
    instance = from_json(crowded())
    with pytest.raises(KeyError, match="nobody"):
        replan(instance, Plan(assignments=(), unplaced=tuple(each.id for each in instance.talks)), {"nobody"})
