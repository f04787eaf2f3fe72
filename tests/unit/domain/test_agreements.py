"""What two write down about their talk: whose turn it is, what is kept, and what is wrong with a form."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import START, a_talk
from talkcycle.domain.agreements import (
    LONGEST_WORDS,
    MOST_ACTIONS,
    Action,
    ActionDraft,
    ActionProblem,
    Agreement,
    Progress,
    about,
    action_problems,
    confirmed,
    day_problem,
    progressed,
    shared,
    written,
)

TALK = a_talk()
AFTER = START + timedelta(hours=2)
LATER = AFTER + timedelta(days=1)
DUE = date(2027, 4, 9)
PAIR = ("anna", "bo")
TODAY, LATEST = date(2027, 3, 10), date(2028, 3, 9)


def a_draft(what: str = "Try it", responsible: str = "anna", due: date | None = DUE, **fields: object) -> ActionDraft:
    return ActionDraft(what=what, responsible=responsible, due=due, **fields)  # type: ignore[arg-type]  # few fields each


def write(
    *drafts: ActionDraft, before: Agreement | None = None, by: str = "bo", held: bool = True, at: datetime = AFTER
) -> Agreement:
    return written(before, TALK, cycle="development", by=by, held=held, drafts=drafts, at=at)


def again(agreement: Agreement, *numbers: int) -> list[ActionDraft]:
    """The form as it is shown for *agreement*, only the actions of *numbers* left in it."""
    return [
        ActionDraft(what=each.what, responsible=each.responsible, due=each.due, support=each.support, number=each.number)
        for each in agreement.actions
        if each.number in numbers
    ]


def numbers(agreement: Agreement) -> list[int]:
    return [each.number for each in agreement.actions]


def problems(*drafts: ActionDraft, known: Sequence[Action] = ()) -> dict[tuple[int, str], ActionProblem]:
    return action_problems(drafts, pair=PAIR, known={each.number: each for each in known}, today=TODAY, latest=LATEST)


def test_who_writes_first_writes_for_both_and_the_other_is_to_confirm() -> None:
    assert write(a_draft(), by="bo").awaits == "anna"
    assert write(a_draft(), by="anna").awaits == "bo"


def test_nobody_is_asked_once_the_other_has_confirmed_nor_about_a_talk_that_was_not_held() -> None:
    assert confirmed(write(a_draft()), at=LATER).awaits is None
    assert write(held=False).awaits is None


def test_a_change_of_what_was_confirmed_is_to_be_confirmed_by_the_other_anew() -> None:
    first = confirmed(write(a_draft(), by="bo"), at=LATER)
    changed = write(*again(first, 1), a_draft("More"), before=first, by="anna", at=LATER)

    assert (changed.confirmed_at, changed.awaits) == (None, "bo")
    assert changed.wording == changed.revision == 3


def test_confirming_and_progress_change_no_wording() -> None:
    first = write(a_draft())
    then = progressed(confirmed(first, at=LATER), 1, to=Progress.DONE, at=LATER)

    assert (then.wording, then.revision) == (1, 3)


def test_an_action_that_keeps_its_number_keeps_how_it_went() -> None:
    first = progressed(write(a_draft(), a_draft("Read")), 2, to=Progress.DONE, at=LATER)
    then = write(*again(first, 2), before=first)

    assert [(each.number, each.what, each.progress) for each in then.actions] == [(2, "Read", Progress.DONE)]


def test_a_number_is_never_given_to_another_action() -> None:
    first = write(a_draft("One"), a_draft("Two"), a_draft("Three"))
    fewer = write(*again(first, 1, 2), before=first)
    then = write(*again(fewer, 1, 2), a_draft("Four"), before=fewer)

    assert numbers(fewer) == [1, 2]
    assert numbers(then) == [1, 2, 4]


def test_nor_when_everything_was_taken_out_or_the_talk_was_said_not_to_be_held_in_between() -> None:
    first = write(a_draft("One"), a_draft("Two"))

    assert numbers(write(a_draft("Three"), before=write(before=first))) == [3]
    assert numbers(write(a_draft("Three"), before=write(before=first, held=False))) == [3]


def test_a_form_that_names_a_number_twice_or_one_that_is_not_there_writes_new_actions() -> None:
    first = write(a_draft("One"))
    [one] = again(first, 1)

    assert numbers(write(one, one, before=first)) == [1, 2]
    assert numbers(write(replace(one, number=77), before=first)) == [2]


def test_drafts_without_words_and_a_day_are_none_and_of_too_many_the_first_five_count() -> None:
    assert numbers(write(a_draft("", due=None), a_draft(), a_draft("", due=None))) == [1]
    assert numbers(write(*[a_draft()] * (MOST_ACTIONS + 2))) == list(range(1, MOST_ACTIONS + 1))


def test_of_a_talk_that_was_not_held_no_actions_are_written_down() -> None:
    assert write(a_draft(), held=False).actions == ()


def test_an_action_whose_day_is_written_anew_goes_back_to_no_day_before_that() -> None:
    first = progressed(write(a_draft()), 1, to=Progress.OPEN, due=DUE + timedelta(days=7), at=LATER)
    [draft] = again(first, 1)

    assert write(draft, before=first).actions[0].before == (Progress.OPEN, DUE)
    assert write(replace(draft, due=DUE + timedelta(days=9)), before=first).actions[0].before is None


def test_what_was_not_held_is_over_when_the_talk_gets_another_time_and_what_was_held_stays() -> None:
    moved = replace(TALK, start=START + timedelta(days=7))
    not_held, held = write(held=False), write(a_draft())

    assert about(not_held, TALK) == not_held
    assert about(not_held, moved) is None
    assert about(held, moved) == held
    assert about(None, TALK) is None


def test_progress_can_be_taken_back_to_what_it_was() -> None:
    first = write(a_draft())
    moved = progressed(first, 1, to=Progress.OPEN, due=DUE + timedelta(days=7), at=LATER)
    assert moved.actions[0].before is not None
    to, due = moved.actions[0].before
    back = progressed(moved, 1, to=to, due=due, at=LATER)

    assert (back.actions[0].progress, back.actions[0].due) == (Progress.OPEN, DUE)
    assert back.revision == 3


def test_a_new_day_and_opening_again_are_dated_and_closing_is_not() -> None:
    first = write(a_draft())

    assert progressed(first, 1, to=Progress.DONE, at=LATER).actions[0].since is None
    assert progressed(first, 1, to=Progress.OPEN, due=DUE + timedelta(days=1), at=LATER).actions[0].since == LATER


def test_progress_of_an_action_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        progressed(write(a_draft()), 2, to=Progress.DONE, at=LATER)


def test_what_is_open_for_somebody_is_theirs_alone_by_day() -> None:
    agreement = write(
        a_draft("Late", due=date(2027, 6, 1)), a_draft("Early"), a_draft("Bo's", "bo"), a_draft("Done"), a_draft("Not")
    )
    agreement = progressed(agreement, 4, to=Progress.DONE, at=LATER)
    agreement = progressed(agreement, 5, to=Progress.DROPPED, at=LATER)

    assert [each.what for each in agreement.open_for("anna")] == ["Early", "Late"]


def test_the_last_day_is_that_of_anything_not_dropped() -> None:
    agreement = write(a_draft(), a_draft("Late", due=date(2027, 6, 1)))

    assert agreement.last_due == date(2027, 6, 1)
    assert progressed(agreement, 2, to=Progress.DROPPED, at=LATER).last_due == DUE
    assert write(held=False).last_due is None


def test_the_two_may_read_it_and_a_later_manager_only_while_the_employee_says_so() -> None:
    agreement = write(a_draft())
    read = shared(agreement, "cem", yes=True)

    assert [agreement.may_be_read_by(each) for each in ("anna", "bo", "cem", "hr")] == [True, True, False, False]
    assert read.may_be_read_by("cem")
    assert not shared(read, "cem", yes=False).may_be_read_by("cem")
    assert read.wording == agreement.wording


def test_writing_again_shares_it_with_whom_it_was_shared() -> None:
    read = shared(write(a_draft()), "cem", yes=True)

    assert write(a_draft("Other"), before=read).may_be_read_by("cem")


def test_a_form_in_order_has_no_problems_nor_has_one_left_empty() -> None:
    assert problems() == {}
    assert problems(a_draft(), a_draft("", "", None)) == {}


def test_each_problem_stands_at_its_field_and_all_are_told_at_once() -> None:
    long = "x" * (LONGEST_WORDS + 1)

    assert problems(
        a_draft("", support="a course"),
        a_draft(long, "cem", None, support=long),
        a_draft(due=TODAY - timedelta(days=1)),
        a_draft(due=LATEST + timedelta(days=1)),
    ) == {
        (0, "what"): ActionProblem.NO_WORDS,
        (1, "what"): ActionProblem.TOO_LONG,
        (1, "support"): ActionProblem.TOO_LONG,
        (1, "responsible"): ActionProblem.NOBODY,
        (1, "due"): ActionProblem.NO_DAY,
        (2, "due"): ActionProblem.DAY_PAST,
        (3, "due"): ActionProblem.DAY_TOO_FAR,
    }


def test_the_first_and_the_last_day_and_the_longest_words_are_allowed() -> None:
    longest = "x" * LONGEST_WORDS

    assert problems(a_draft(longest, due=TODAY, support=longest), a_draft(due=LATEST)) == {}


def test_a_day_that_was_agreed_before_may_have_passed_and_a_new_one_may_not() -> None:
    past = Action(number=1, what="Try it", responsible="anna", due=TODAY - timedelta(days=9))

    assert problems(a_draft(due=past.due, number=1), known=[past]) == {}
    assert problems(a_draft(due=past.due), known=[past]) == {(0, "due"): ActionProblem.DAY_PAST}
    assert problems(a_draft(due=past.due + timedelta(days=1), number=1), known=[past]) == {
        (0, "due"): ActionProblem.DAY_PAST
    }


def test_a_day_alone_is_judged_alike() -> None:
    assert day_problem(None, today=TODAY, latest=LATEST) is ActionProblem.NO_DAY
    assert day_problem(TODAY, today=TODAY, latest=LATEST) is None


def test_the_same_said_again_is_nothing_new_to_write_down() -> None:
    agreement = progressed(write(a_draft(), a_draft("Read", "bo")), 1, to=Progress.DONE, at=LATER)

    assert agreement.says(held=True, drafts=again(agreement, 1, 2))
    assert not agreement.says(held=True, drafts=again(agreement, 1))
    assert not agreement.says(held=False, drafts=[])
    assert write(held=False).says(held=False, drafts=[a_draft()])


DRAFTS = st.lists(
    st.builds(
        ActionDraft,
        what=st.sampled_from(["", "Try", "Read"]),
        responsible=st.sampled_from(PAIR),
        due=st.one_of(st.none(), st.dates(TODAY, LATEST)),
        support=st.sampled_from(["", "time"]),
        number=st.one_of(st.none(), st.integers(1, 12)),
    ),
    max_size=8,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(PAIR), st.booleans(), DRAFTS),
        st.tuples(st.just("confirm")),
        st.tuples(
            st.just("progress"), st.integers(1, 12), st.sampled_from(Progress), st.none() | st.dates(TODAY, LATEST)
        ),
        st.tuples(st.just("share"), st.booleans()),
    ),
    max_size=12,
)


def apply(agreement: Agreement | None, step: tuple[object, ...], at: datetime) -> Agreement | None:
    match step:
        case ("write", str() as by, bool() as held, list() as drafts):
            return write(*drafts, before=agreement, by=by, held=held, at=at)
        case ("confirm",) if agreement is not None and agreement.awaits is not None:
            return confirmed(agreement, at=at)
        case ("progress", int() as number, Progress() as to, due) if agreement and number in numbers(agreement):
            assert due is None or isinstance(due, date)
            return progressed(agreement, number, to=to, due=due, at=at)
        case ("share", bool() as yes) if agreement is not None:
            return shared(agreement, "cem", yes=yes)
        case _:
            return agreement


@given(STEPS)
def test_whatever_the_two_do_there_are_at_most_five_of_unique_numbers_none_comes_back_and_each_change_counts_one(
    steps: list[tuple[object, ...]],
) -> None:
    agreement: Agreement | None = None
    gone: set[int] = set()
    for hours, step in enumerate(steps):
        at = AFTER + timedelta(hours=hours)
        before, agreement = agreement, apply(agreement, step, at)
        if agreement is None or agreement is before:
            continue
        assert agreement.revision == (before.revision if before else 0) + 1
        assert len(agreement.actions) <= MOST_ACTIONS
        assert len(set(numbers(agreement))) == len(agreement.actions)
        assert gone.isdisjoint(numbers(agreement))
        assert agreement.wording <= agreement.revision
        assert agreement.awaits != agreement.written_by
        if before is not None:
            gone |= set(numbers(before)) - set(numbers(agreement))
            kept = {each.number: each for each in before.actions}
            if step[0] == "write":
                assert all(
                    each.progress is kept[each.number].progress for each in agreement.actions if each.number in kept
                )
