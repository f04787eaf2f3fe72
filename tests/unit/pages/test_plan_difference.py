from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from planned_round import LAGOM, ONLINE, a_draft, a_planned, the_draft_before
from talkcycle.domain.plan import Draft, PlannedTalk, UnplacedTalk
from talkcycle.domain.plan_difference import ChangeKind, Difference, Standing, difference

IDS = ("anna", "cilla", "disa", "egil", "frej")


def standings_of(draft: Draft) -> list[Standing]:
    return [*draft.talks, *draft.unplaced]


def applied(before: Draft, found: Difference) -> dict[str, Standing]:
    """*before* with every change made."""
    standings: dict[str, Standing] = {each.employee: each for each in standings_of(before)}
    for change in found.changes:
        assert standings.get(change.employee) == change.before
        if change.now is None:
            del standings[change.employee]
        else:
            standings[change.employee] = change.now
    return standings


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    talks: list[PlannedTalk] = []
    unplaced: list[UnplacedTalk] = []
    for employee in draw(st.lists(st.sampled_from(IDS), unique=True)):
        manager = draw(st.sampled_from(["bo", "egil"]))
        if draw(st.booleans()):
            start = datetime(2027, 3, 10, 9, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 2)))
            place = draw(st.sampled_from([LAGOM, ONLINE]))
            talks.append(a_planned(employee, start, place, manager=manager, minutes=draw(st.sampled_from([45, 60]))))
        else:
            unplaced.append(UnplacedTalk(employee=employee, manager=manager, reason=draw(st.sampled_from("xy"))))
    return a_draft(talks=tuple(talks), unplaced=tuple(unplaced))


@given(before=drafts(), now=drafts())
def test_the_changes_made_to_the_plan_before_give_the_plan_now(before: Draft, now: Draft) -> None:
    found = difference(before, now)

    assert found is not None
    got = applied(before, found)
    assert {id_: each for id_, each in got.items() if isinstance(each, PlannedTalk)} == {
        each.employee: each for each in now.talks
    }
    assert {(id_, each.manager) for id_, each in got.items() if isinstance(each, UnplacedTalk)} == {
        (each.employee, each.manager) for each in now.unplaced
    }
    assert found.unchanged + len(found.changes) == len(
        {each.employee for each in (*standings_of(before), *standings_of(now))}
    )


@given(draft=drafts())
def test_a_plan_differs_in_nothing_from_itself(draft: Draft) -> None:
    found = difference(draft, draft)

    assert found == Difference(changes=(), unchanged=len(draft.talks) + len(draft.unplaced))


def test_every_kind_is_told_in_the_order_in_which_hr_wants_it() -> None:
    found = difference(the_draft_before(), a_draft())

    assert found is not None
    assert [(change.kind, change.employee) for change in found.changes] == [
        (ChangeKind.LOST, "disa"),
        (ChangeKind.FOUND, "gun"),
        (ChangeKind.GONE, "hugo"),
        (ChangeKind.MOVED, "anna"),
        (ChangeKind.PLACE, "egil"),
    ]
    assert found.unchanged == 2
    assert found.counts[ChangeKind.MOVED] == 1


def test_a_talk_with_another_manager_at_the_same_time_is_told_as_such() -> None:
    before, now = a_draft(), a_draft(talks=tuple(replace(talk, manager="egil") for talk in a_draft().talks[:2]))

    found = difference(replace(before, talks=before.talks[:2], unplaced=()), replace(now, unplaced=()))

    assert found is not None
    assert [change.kind for change in found.changes] == [ChangeKind.HOST, ChangeKind.HOST]


def test_another_rounds_plan_is_nothing_to_compare_with() -> None:
    assert difference(None, a_draft()) is None
    assert difference(a_draft(round="development-2026-03"), a_draft()) is None
