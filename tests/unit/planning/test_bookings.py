"""What is left for a talk among others, and what each start costs: the same as plain rules say, for tiny companies."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from talkcycle.planning.appraisal import Appraisal
from talkcycle.planning.availability import Availability
from talkcycle.planning.bookings import Bookings
from talkcycle.planning.instance import Assignment
from talkcycle.planning.talkplan import from_json
from talkplan_judge import Choice, Document, Judge, documents
from talkplan_tools import crowded, solved


@st.composite
def half_made_plans(draw: st.DrawFn) -> tuple[Document, list[Choice]]:
    """A tiny company and feasible places for some of its talks, good or bad; pinned talks stay where they are."""
    document = draw(documents())
    judge = Judge(document)
    placed: list[Choice] = []
    for talk in sorted(document["talks"], key=lambda each: "pin" not in each):
        possible = [each for each in judge.choices(talk) if judge.fits(each, placed)]
        wanted = "pin" in talk or draw(st.sampled_from((True, True, True, False)))
        if possible and wanted:
            placed.append(draw(st.sampled_from(possible)))
    return document, placed


def assigned(placed: list[Choice]) -> list[Assignment]:
    return [Assignment(talk=each.talk, start=each.start, room=each.room) for each in placed]


def added_costs(judge: Judge, placed: list[Choice], talk: str) -> dict[int, int]:
    """What each start that is open to a talk would add to the cost of a plan without it, in the best room."""
    before = judge.cost(placed) - judge.weights["unplaced"]
    found: dict[int, int] = {}
    for choice in judge.choices(judge.talks[talk]):
        if judge.fits(choice, placed):
            cost = judge.cost([*placed, choice]) - before
            found[choice.start] = min(cost, found.get(choice.start, cost))
    return found


@settings(max_examples=25)
@given(half_made=half_made_plans())
def test_open_starts_and_their_costs_are_those_of_the_plain_rules(half_made: tuple[Document, list[Choice]]) -> None:
    document, placed = half_made
    judge, availability = Judge(document), Availability(from_json(document))
    free = [each for each in document["talks"] if "pin" not in each]
    event(f"{len(placed)} placed, cascade {document['cycle']['cascade']}")

    for talk in free:
        others = [each for each in placed if each.talk != talk["id"]]
        bookings = Bookings(availability, assigned(others))
        asked = bookings.requests[talk["id"]]
        by_cost = Appraisal(bookings).by_cost(asked, bookings.open(asked))

        found = {start: cost for cost, part in by_cost.items() for start in availability.grid.minutes(part)}
        assert found == added_costs(judge, others, talk["id"])


@pytest.mark.parametrize("cascade", ["off", "soft", "hard"])
def test_what_is_booked_around_a_talk_is_all_that_matters_to_it(cascade: str) -> None:
    instance = from_json(crowded(cascade))
    availability = Availability(instance)
    plan = solved(instance, attempts=1_000).plan
    for talk in instance.talks:
        others = [each for each in plan.assignments if each.talk != talk.id]
        everything = Bookings(availability, others)
        around = Bookings.around(availability, others, [talk])

        assert around.open(talk) == everything.open(talk)
        assert Appraisal(around).by_cost(talk, around.open(talk)) == Appraisal(everything).by_cost(
            talk, everything.open(talk)
        )


def test_a_talk_that_is_released_leaves_nothing_behind() -> None:
    instance = from_json(crowded("soft"))
    availability = Availability(instance)
    plan = solved(instance, attempts=1_000).plan
    bookings = Bookings(availability, plan.assignments)
    for each in plan.assignments:
        talk = bookings.requests[each.talk]
        fresh = Bookings(availability, [other for other in plan.assignments if other != each])

        assert bookings.release(talk) == each
        assert bookings.open(talk) == fresh.open(talk)
        assert Appraisal(bookings).by_cost(talk, bookings.open(talk)) == Appraisal(fresh).by_cost(talk, fresh.open(talk))
        bookings.book(each)
