"""What the two of a talk can do about what they agreed, and what becomes of it when somebody else was faster."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from after_the_talk import AfterTheTalk, a_draft, one_talk
from builders import START, a_person, at
from talkcycle.domain.agreements import ActionDraft, ActionProblem, Progress
from talkcycle.domain.cycle import Place, Retention
from talkcycle.domain.talks import Round, TalkState, cancelled, moved, reassigned
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.follow_up import confirm, go_on, latest_due, problems_of, write_down
from talkcycle.rounds.sharing import share

AFTER = START + timedelta(hours=2)
DONE, ALREADY, CHANGED, CLOSED = Outcome.DONE, Outcome.ALREADY, Outcome.CHANGED, Outcome.CLOSED


class Pair:
    """Anna and Bo after their talk."""

    def __init__(self, office: AfterTheTalk, round_: Round) -> None:
        self.office, self.round = office, round_
        office.clock.instant = AFTER

    def write(self, who: str, *drafts: ActionDraft, held: bool = True) -> Outcome:
        return self.office.write(who, "anna", self.round, *drafts, held=held)

    def confirm(self, who: str) -> Outcome:
        return self.office.confirm(who, "anna", self.round)

    def go_on(self, who: str, number: int, to: Progress, due: date | None = None) -> Outcome:
        return self.office.go_on(who, "anna", self.round, number, to, due=due)

    @property
    def now(self) -> object:
        return self.office.agreement("anna", self.round)

    def change(self, **fields: object) -> None:
        talk = self.office.talk("anna", self.round)
        self.office.change(replace(talk, revision=talk.revision + 1, **fields))  # type: ignore[arg-type]  # few fields

    def hand_over(self) -> None:
        talk = self.office.talk("anna", self.round)
        self.office.change(reassigned(talk, manager="cem", start=talk.start or START, place=Place(), at=AFTER))

    def actions(self) -> list[str]:
        with self.office.store.read() as session:
            return [each.action for each in reversed(session.ledger.trail(100))]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    office, round_ = one_talk(tmp_path)
    yield Pair(office, round_)
    office.store.close()


def test_each_of_the_two_finds_the_other_and_nobody_else_finds_anything(pair: Pair) -> None:
    anna, bo = (pair.office.there(each, "anna", pair.round) for each in ("anna", "bo"))

    assert [(each.person.id, each.other.id, each.over, each.may_write) for each in (anna, bo)] == [
        ("anna", "bo", True, True),
        ("bo", "anna", True, True),
    ]
    assert pair.office.page("cem", "anna", pair.round) is None
    assert pair.office.page("anna", "of nobody", pair.round) is None


def test_before_its_time_and_once_it_is_off_nothing_can_be_written_down(pair: Pair) -> None:
    pair.office.clock.instant = START - timedelta(minutes=1)
    assert pair.write("anna", a_draft()) is CLOSED
    pair.office.clock.instant = AFTER
    pair.office.change(cancelled(pair.office.talk("anna", pair.round), why="x", at=AFTER))
    assert pair.write("anna", a_draft()) is CLOSED
    assert pair.now is None


def test_whoever_writes_first_writes_for_both_and_the_other_confirms(pair: Pair) -> None:
    assert pair.confirm("anna") is CLOSED, "there is nothing yet"
    assert pair.write("bo", a_draft()) is DONE
    assert pair.confirm("bo") is CLOSED, "they wrote it"
    assert pair.confirm("anna") is DONE
    assert pair.confirm("anna") is pair.confirm("bo") is ALREADY
    assert pair.actions() == ["write-down", "confirm"]


def test_a_change_is_confirmed_by_the_first_and_the_same_again_is_no_change(pair: Pair) -> None:
    pair.write("bo", a_draft())
    assert pair.write("anna", a_draft(number=1)) is ALREADY
    assert pair.write("anna", a_draft("Other", number=1)) is DONE
    assert pair.confirm("anna") is CLOSED
    assert pair.confirm("bo") is DONE


def test_what_was_written_on_a_form_from_before_the_others_change_is_not_kept(pair: Pair) -> None:
    stale = pair.office.there("anna", "anna", pair.round)
    pair.write("bo", a_draft())
    late = write_down(pair.office.store, stale, [a_draft("Other")], held=True, revision=0, now=AFTER)

    assert late is CHANGED
    page = pair.office.there("anna", "anna", pair.round)
    assert page.agreement is not None
    assert [each.what for each in page.agreement.actions] == ["Prova det"]
    late = write_down(pair.office.store, page, [a_draft("Other")], held=True, revision=0, now=AFTER)
    assert late is CHANGED


def test_what_is_confirmed_is_what_was_read(pair: Pair) -> None:
    pair.write("bo", a_draft())
    page = pair.office.there("anna", "anna", pair.round)
    pair.write("bo", a_draft("Other", number=1))

    assert confirm(pair.office.store, page, wording=1, now=AFTER) is CHANGED
    assert confirm(pair.office.store, page, wording=2, now=AFTER) is DONE


def test_closing_a_step_meanwhile_is_not_in_the_way_of_confirming_it(pair: Pair) -> None:
    pair.write("bo", a_draft())
    assert pair.go_on("anna", 1, Progress.DONE) is DONE
    assert pair.confirm("anna") is DONE


def test_when_the_talk_has_changed_meanwhile_nothing_is_kept(pair: Pair) -> None:
    page = pair.office.there("anna", "anna", pair.round)
    pair.change(place=Place())

    assert write_down(pair.office.store, page, [a_draft()], held=True, revision=0, now=AFTER) is CHANGED
    assert pair.now is None


def test_not_held_asks_nobody_and_can_be_taken_back_by_writing_down_that_it_was(pair: Pair) -> None:
    assert pair.write("anna", a_draft(), held=False) is DONE
    assert pair.write("bo", held=False) is ALREADY
    assert pair.confirm("bo") is CLOSED
    page = pair.office.there("bo", "anna", pair.round)
    assert (page.agreement is not None and page.agreement.actions) == ()
    assert page.may_choose

    assert pair.write("bo", a_draft()) is DONE
    assert not pair.office.there("bo", "anna", pair.round).may_choose


def test_after_a_talk_that_was_not_held_got_another_time_the_form_is_empty_again(pair: Pair) -> None:
    pair.write("anna", held=False)
    start = START + timedelta(days=7)
    pair.office.change(moved(pair.office.talk("anna", pair.round), start=start, place=Place(), at=AFTER))
    assert pair.write("anna", a_draft()) is CLOSED

    pair.office.clock.instant = start + timedelta(hours=2)
    assert pair.office.there("anna", "anna", pair.round).agreement is None
    assert pair.write("anna", a_draft()) is DONE
    assert pair.actions() == ["not-held", "write-down"]


def test_other_times_are_there_while_the_rounds_window_lasts_with_its_notice(pair: Pair) -> None:
    pair.write("anna", held=False)
    pair.office.clock.instant = at(2027, 3, 17, 20)
    assert pair.office.there("anna", "anna", pair.round).may_choose
    pair.office.clock.instant = at(2027, 3, 17, 23)  # the 18th where the round is
    assert not pair.office.there("anna", "anna", pair.round).may_choose


def test_only_who_is_responsible_says_how_it_goes(pair: Pair) -> None:
    pair.write("bo", a_draft(), a_draft("Fråga", "bo"))
    assert pair.go_on("bo", 1, Progress.DONE) is CLOSED
    assert pair.go_on("anna", 2, Progress.DONE) is CLOSED
    assert pair.go_on("anna", 7, Progress.DONE) is CLOSED

    assert pair.go_on("anna", 1, Progress.DONE) is DONE
    assert pair.go_on("anna", 1, Progress.DONE) is ALREADY
    assert pair.go_on("anna", 1, Progress.OPEN) is DONE
    assert pair.go_on("anna", 1, Progress.OPEN, date(2027, 5, 7)) is DONE
    assert pair.go_on("anna", 1, Progress.OPEN, date(2027, 5, 7)) is ALREADY
    assert pair.go_on("anna", 1, Progress.DROPPED) is DONE


def test_how_it_goes_asks_nobody_to_confirm_anything(pair: Pair) -> None:
    pair.write("bo", a_draft())
    pair.confirm("anna")
    pair.go_on("anna", 1, Progress.OPEN, date(2027, 5, 7))
    page = pair.office.there("bo", "anna", pair.round)

    assert page.agreement is not None
    assert (page.agreement.awaits, page.agreement.actions[0].due) == (None, date(2027, 5, 7))


def test_a_step_whose_words_were_changed_meanwhile_is_looked_at_first(pair: Pair) -> None:
    pair.write("bo", a_draft())
    page = pair.office.own("anna", pair.round)
    assert page is not None
    pair.write("bo", a_draft("Other", number=1))

    late = go_on(pair.office.store, page, "anna", 1, to=Progress.DONE, due=None, wording=1, now=AFTER)
    assert late is CHANGED


def test_what_is_ones_own_to_do_is_there_by_day_what_is_closed_comes_last(pair: Pair) -> None:
    late, early = date(2027, 5, 7), date(2027, 4, 9)
    pair.write("bo", a_draft("Late", due=late), a_draft("Done", due=early), a_draft("Early"), a_draft("Bo's", "bo"))
    pair.go_on("anna", 2, Progress.DONE)
    anna, bo = pair.office.own("anna", pair.round), pair.office.own("bo", pair.round)

    assert anna is not None
    assert bo is not None
    assert [(each.action.what, each.other.id) for each in anna.actions] == [
        ("Early", "bo"),
        ("Late", "bo"),
        ("Done", "bo"),
    ]
    assert [(each.action.what, each.other.id) for each in bo.actions] == [("Bo's", "anna")]
    cem = pair.office.own("cem", pair.round)
    assert cem is not None
    assert cem.actions == ()


def test_what_is_agreed_with_somebody_without_a_mailbox_holds_as_it_is_written(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path, employee=a_person(email=None))
    pair = Pair(office, round_)

    assert pair.write("bo", a_draft()) is DONE
    page = office.there("bo", "anna", round_)
    assert page.agreement is not None
    assert (page.agreement.awaits, page.agreement.confirmed_at) == (None, AFTER)
    office.store.close()


def test_a_new_host_reads_and_writes_nothing_of_what_was_agreed_before_them(pair: Pair) -> None:
    pair.write("bo", a_draft())
    pair.confirm("anna")
    pair.hand_over()

    assert pair.office.page("bo", "anna", pair.round) is None
    page = pair.office.there("cem", "anna", pair.round)
    assert (page.agreement, page.hidden, page.may_write, page.may_confirm) == (None, True, False, False)
    assert pair.write("cem", a_draft()) is CLOSED
    assert pair.office.there("anna", "anna", pair.round).agreement is not None
    assert pair.write("anna", a_draft("Other")) is CLOSED


def test_the_employee_alone_lets_a_new_host_read_it_and_takes_that_back(pair: Pair) -> None:
    pair.write("bo", a_draft())
    pair.confirm("anna")
    agreement = pair.office.agreement("anna", pair.round)
    assert agreement is not None

    def shares(who: str, *, yes: bool, wording: int = 1) -> Outcome:
        there = pair.office.agreement("anna", pair.round)
        assert there is not None
        talk = pair.office.talk("anna", pair.round)
        return share(pair.office.store, who, talk, there, yes=yes, wording=wording, now=AFTER)

    assert shares("anna", yes=True) is CLOSED, "it was made with the host they have"
    pair.hand_over()
    assert shares("cem", yes=True) is shares("bo", yes=True) is CLOSED
    assert shares("anna", yes=True, wording=7) is CHANGED
    assert shares("anna", yes=False) is ALREADY
    assert shares("anna", yes=True) is DONE
    assert shares("anna", yes=True) is ALREADY
    assert pair.office.there("cem", "anna", pair.round).agreement is not None
    assert not pair.office.there("cem", "anna", pair.round).may_write
    assert shares("anna", yes=False) is DONE
    assert pair.office.there("cem", "anna", pair.round).hidden
    assert pair.actions() == ["write-down", "confirm", "share", "unshare"]


def test_nothing_is_due_later_than_in_a_year_nor_after_the_round_is_forgotten(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path)
    assert latest_due(round_, a_person(), AFTER) == date(2028, 3, 10)
    office.store.close()
    short = replace(round_, cycle=replace(round_.cycle, retention=Retention(round_days=60)))
    assert latest_due(short, a_person(), AFTER) == date(2027, 7, 12)


def test_problems_are_found_by_the_day_of_whoever_writes(pair: Pair) -> None:
    pair.office.clock.instant = at(2027, 3, 10, 23, 30)  # already the 11th in Stockholm
    page = pair.office.there("anna", "anna", pair.round)

    problems = problems_of(page, [a_draft(due=date(2027, 3, 10)), a_draft(who="cem")], now=pair.office.clock.now())
    assert problems == {(0, "due"): ActionProblem.DAY_PAST, (1, "responsible"): ActionProblem.NOBODY}
    fine = problems_of(page, [a_draft(due=date(2027, 3, 11))], now=pair.office.clock.now())
    assert fine == {}


def test_who_has_left_finds_nothing(tmp_path: Path) -> None:
    office, round_ = one_talk(tmp_path, employee=a_person(left=True))
    office.clock.instant = AFTER

    assert office.page("anna", "anna", round_) is None
    assert office.own("anna", round_) is None
    office.store.close()


def test_the_audit_trail_says_that_something_was_noted_not_what_nor_how_much(pair: Pair) -> None:
    pair.write("bo", a_draft("Hemligt ord"), a_draft("Ett till", "bo"))
    pair.confirm("anna")
    pair.go_on("anna", 1, Progress.DROPPED)
    trail = pair.office.trail()

    assert {(each.who, each.action, each.subject, each.detail) for each in trail} == {
        ("person:bo", "write-down", f"{pair.round.id}/talk:anna", ""),
        ("person:anna", "confirm", f"{pair.round.id}/talk:anna", ""),
        ("person:anna", "next-step", f"{pair.round.id}/talk:anna", ""),
    }


def test_a_change_has_the_talk_its_manager_and_the_round_looked_at_at_once(pair: Pair) -> None:
    pair.office.until(AFTER + timedelta(minutes=1))
    pair.write("bo", a_draft())

    with pair.office.store.read() as session:
        due = {
            each.subject for each in session.schedule.due(before=pair.office.clock.now() + timedelta(seconds=1), limit=9)
        }
    assert {"talk:anna", "person:bo", "round"} <= due


def test_an_unplaced_talk_has_nothing_to_follow_up(pair: Pair) -> None:
    pair.change(start=None, state=TalkState.UNPLACED)

    page = pair.office.there("anna", "anna", pair.round)
    assert (page.over, page.may_write) == (False, False)


def test_who_hands_the_talk_over_while_they_look_at_their_steps_changes_none_of_them_any_more(pair: Pair) -> None:
    pair.write("anna", a_draft(who="bo"))
    page = pair.office.own("bo", pair.round)
    assert page is not None
    pair.hand_over()
    before = pair.now

    now = pair.office.clock.now()
    assert go_on(pair.office.store, page, "anna", 1, to=Progress.DONE, due=None, wording=1, now=now) is CHANGED
    assert pair.now == before
