"""What people do with talks in their own calendars is noticed and heeded, once, whatever comes in between."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import START, a_talk, at
from round_in_calendars import CYCLE, IN_BRO, IN_KLIPPAN, IN_SUND, INVITED, Round, address
from servers.organisation import Response, Telling
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.talks import DELETED, Talk, TalkState
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.choices import Outcome
from talkcycle.rounds.heeded import MOVED_THERE
from talkcycle.rounds.own_pages import TalkPage, open_page
from talkcycle.rounds.own_talk import answer_time
from talkcycle.rounds.watch import Watched

HOUR, DAY, MINUTES_5 = timedelta(hours=1), timedelta(days=1), timedelta(minutes=5)
OVER = at(2027, 4, 1)
BO, DAG, ANNA = "bo@example.com", "dag@shop.example.com", "anna@example.com"
ANNAS, CILLAS = a_talk("anna", place=IN_SUND), a_talk("cilla", start=START + 3 * HOUR)
ERIKS = a_talk("erik", manager="dag")
NOTHING = Watched(calendars=2)
SENT, CREATE = OutboxState.SENT, Kind.MEETING_CREATE
SUND = "sund@example.com"


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Round]:
    """Everybody is invited, and the calendars have been read since."""
    made = Round(tmp_path, (ANNAS, CILLAS, ERIKS))
    made.until(INVITED)
    made.watch()
    yield made
    made.store.close()


def token_of(round_: Round, id_: str) -> str:
    """Of the page of their own talk."""
    with round_.store.read() as session:
        return session.links.token(Link(round=round_.id, person=id_, purpose=Purpose.TALK, talk=id_))


def move_by_hand(round_: Round, id_: str, by: timedelta) -> None:
    """The host drags the meeting elsewhere, and tells everybody."""
    item = round_.item(id_)
    round_.organisation.update(item.organizer, item.id, start=item.start + by, end=item.end + by, tell=Telling.ALL)


def delete_by_hand(round_: Round, id_: str) -> None:
    item = round_.item(id_)
    round_.organisation.cancel(item.organizer, item.id)


def hr_moves(round_: Round, id_: str, by: timedelta, place: Place | None = None) -> Talk:
    start = round_.talk(id_).start
    assert start is not None
    return move_talk(
        round_.store,
        round_.id,
        id_,
        start=start + by,
        place=place,
        who="eva",
        routing=round_.routing,
        now=round_.clock.now(),
        short_notice=True,
    )


def changes_sent(round_: Round, id_: str) -> int:
    return sum(row.kind is Kind.MEETING_CHANGE and row.state is SENT for row in round_.rows(id_))


def stands_once(round_: Round, id_: str) -> bool:
    """The host's calendar, the employee's and the talk agree."""
    talk, item = round_.talk(id_), round_.item(id_)
    [at_employee] = round_.organisation.with_uid(address(id_), item.uid)
    return (item.start, item.end) == (talk.start, talk.end) == (at_employee.start, at_employee.end)


# Answers


def test_answers_are_kept_and_the_room_has_accepted(round_: Round) -> None:
    assert round_.answers() == {"person:anna": "none", "room:sund@example.com": "accepted"}
    round_.organisation.answer(ANNA, round_.item().uid, Response.TENTATIVE)

    assert round_.watch() == Watched(calendars=2, answers=2)
    assert round_.answers()["person:anna"] == "tentative"
    assert round_.watch() == NOTHING, "what was told once is not told again"


def test_an_answer_given_while_our_own_order_waits_is_kept_and_told_again(round_: Round) -> None:
    round_.organisation.answer(ANNA, round_.item().uid, Response.ACCEPTED)
    hr_moves(round_, "anna", DAY)
    round_.ticker.tick()

    assert round_.watch().answers == 2
    assert round_.answers()["person:anna"] == "accepted"

    cancel_talk(round_.store, round_.id, "cilla", why="", who="eva", now=round_.clock.now())
    round_.work()
    assert round_.watch().answers == 2
    assert round_.answers()["person:anna"] == "none", "the new time asks anew"


def test_what_somebody_answers_on_their_page_is_not_undone_by_a_calendar_that_knows_nothing_of_it(
    round_: Round,
) -> None:
    token = token_of(round_, "anna")
    round_.clock.instant += HOUR
    page = open_page(round_.store, token, now=round_.clock.now())
    assert isinstance(page, TalkPage)
    assert answer_time(round_.store, page, suits=True, revision=0, now=round_.clock.now()) is Outcome.DONE

    round_.organisation.answer(SUND, round_.item().uid, Response.ACCEPTED)
    assert round_.watch().answers == 2, "of which one is none"
    assert round_.answers()["person:anna"] == "accepted"

    round_.clock.instant += HOUR
    round_.organisation.answer(ANNA, round_.item().uid, Response.DECLINED)
    round_.watch()
    assert round_.answers()["person:anna"] == "declined", "what is said later counts, wherever"


def test_a_calendar_whose_items_are_called_otherwise_now_is_still_ours(round_: Round) -> None:
    before = round_.entry().remote_id
    there = round_.organisation.mailbox(BO).where
    round_.organisation.migrate(BO, there)

    assert round_.watch() == Watched(calendars=2, answers=3)
    assert round_.entry().remote_id == round_.item().id != before
    move_by_hand(round_, "anna", HOUR)
    assert round_.watch().moved == 1


# Calendars that cannot be read, and reading that breaks off


def test_a_calendar_that_cannot_be_read_keeps_no_other_from_being_read_and_loses_nothing(round_: Round) -> None:
    round_.graph.unreadable = {BO}
    move_by_hand(round_, "anna", HOUR)
    delete_by_hand(round_, "cilla")
    move_by_hand(round_, "erik", HOUR)

    assert round_.watch() == Watched(calendars=2, answers=1, moved=1, unread=(("graph", "503 try again later"),))
    assert (round_.talk("anna").start, round_.talk("erik").start) == (START, START + HOUR)

    round_.graph.unreadable = set()
    assert round_.watch() == Watched(calendars=2, answers=2, moved=1, deleted=1)
    assert round_.talk("anna").start == START + HOUR
    assert round_.talk("cilla").state is TalkState.CANCELLED
    assert round_.watch() == Watched(calendars=2)


def test_a_mailbox_that_is_not_there_any_more_makes_nothing_gone(round_: Round) -> None:
    del round_.organisation.mailboxes[DAG]

    assert round_.watch() == Watched(calendars=2, unread=(("exchange", "no such mailbox here"),))
    assert round_.talk("erik").state is TalkState.PLACED


def test_what_breaks_off_before_all_is_done_is_told_again_and_done_once(round_: Round) -> None:
    delete_by_hand(round_, "cilla")
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)

    def dies(*_: object) -> Place:
        raise RuntimeError("the machine went down")

    with pytest.raises(RuntimeError):
        round_.watch(another_room=dies)
    assert round_.talk("cilla").state is TalkState.CANCELLED
    assert round_.talk().place == IN_SUND

    again = round_.watch()

    assert (again.deleted, again.rooms) == (0, 1)
    assert round_.trail("cilla") == ["deleted in the calendar"]
    assert round_.trail() == ["another room"]
    round_.work()
    assert (changes_sent(round_, "anna"), round_.watch().rooms) == (1, 0)
    assert stands_once(round_, "anna")


def test_what_breaks_off_after_a_move_is_told_again_and_moves_nothing(round_: Round) -> None:
    move_by_hand(round_, "anna", HOUR)
    with round_.store.read() as session:
        before = session.watches.state("graph", BO)
    round_.watch()
    with round_.store.write() as session:  # as if it had died before it could say how far it had read
        session.watches.put("graph", BO, before or "", at=INVITED)

    assert round_.watch().moved == 0
    assert round_.trail() == ["moved in the calendar"]
    assert round_.talk().revision == 1


def test_what_a_room_answers_before_we_know_of_the_meeting_is_not_lost(tmp_path: Path) -> None:
    """A calendar is read while a meeting is made in it: its room has declined before the outcome is committed."""
    later = START + 9 * DAY
    round_ = Round(tmp_path, (CILLAS, a_talk("anna", place=IN_SUND, start=later)))
    round_.until(at(2027, 2, 26, 7, 30))
    assert [row.state for row in round_.rows() if row.kind is CREATE] == [OutboxState.QUEUED, OutboxState.SKIPPED]
    round_.organisation.occupy(SUND, later, later + HOUR)
    round_.clock.instant = at(2027, 2, 26, 8, 1)
    round_.graph.before_reading = round_.dispatcher.dispatch_due

    first = round_.watch()
    round_.graph.before_reading = lambda: None

    assert first.rooms == 0
    assert round_.watch().rooms == 1
    assert round_.talk().place == IN_BRO
    round_.store.close()


# Two who move the same talk


def test_of_hr_and_the_manager_who_move_a_talk_at_once_hr_who_was_on_the_way_first_is_followed(round_: Round) -> None:
    hr_moves(round_, "anna", 2 * DAY)
    round_.ticker.tick()
    move_by_hand(round_, "anna", HOUR)

    assert round_.watch().moved == 0, "our own order has not arrived yet"
    round_.work()
    assert round_.watch().moved == 0
    assert round_.talk().start == START + 2 * DAY
    assert stands_once(round_, "anna")
    assert round_.trail() == ["move"]


def test_what_hr_moves_before_the_managers_move_was_seen_is_where_hr_put_it(round_: Round) -> None:
    move_by_hand(round_, "anna", HOUR)
    hr_moves(round_, "anna", 2 * DAY)
    round_.work()

    assert round_.watch().moved == 0
    assert round_.talk().start == START + 2 * DAY
    assert stands_once(round_, "anna")
    assert changes_sent(round_, "anna") == 1


def test_what_the_manager_moves_after_hr_is_where_the_manager_put_it(round_: Round) -> None:
    hr_moves(round_, "anna", 2 * DAY)
    round_.work()
    move_by_hand(round_, "anna", HOUR)

    assert round_.watch().moved == 1
    round_.work()
    assert round_.talk().start == START + 2 * DAY + HOUR
    assert stands_once(round_, "anna")
    assert round_.trail() == ["move", "moved in the calendar"]
    assert changes_sent(round_, "anna") == 1


def test_what_was_moved_by_hand_and_then_by_hr_goes_out_as_one_change(round_: Round) -> None:
    move_by_hand(round_, "anna", HOUR)
    round_.watch()
    round_.work()
    [told] = [
        row for row in round_.rows() if row.key.version == 1 and row.key.recipient == "person:anna" and row.kind is CREATE
    ]
    assert (told.state, told.reason) == (OutboxState.SKIPPED, MOVED_THERE)
    before = len(round_.told())

    hr_moves(round_, "anna", DAY)
    round_.work()

    assert [each.what for each in round_.told()[before:]] == ["update"]
    assert changes_sent(round_, "anna") == 1
    assert round_.talk().start == START + HOUR + DAY
    assert stands_once(round_, "anna")
    assert round_.watch().moved == 0


def test_a_talk_that_was_lengthened_by_hand_has_that_length(round_: Round) -> None:
    item = round_.item()
    round_.organisation.update(BO, item.id, end=item.end + HOUR / 2, tell=Telling.ALL)

    round_.watch()

    assert (round_.talk().start, round_.talk().minutes) == (START, 90)
    assert stands_once(round_, "anna")


def test_after_a_move_by_hand_reminders_go_by_the_new_time_and_nothing_twice(round_: Round) -> None:
    move_by_hand(round_, "anna", 7 * DAY)
    round_.watch()
    before = len(round_.told())
    round_.until(OVER)

    assert round_.told()[before:] == []
    sent = {row.key.step: row.due_at for row in round_.rows() if row.kind is Kind.MAIL and row.state is SENT}
    assert sent["reminder"] == at(2027, 3, 15, 8)
    assert len([row for row in round_.rows() if row.key.step == "reminder" and row.state is SENT]) == 1


# What is deleted


def test_after_a_deletion_nothing_more_is_sent_about_the_talk(round_: Round) -> None:
    delete_by_hand(round_, "anna")
    assert round_.watch().deleted == 1
    mails, told = len(round_.organisation.told_to(ANNA, "mail")), len(round_.told())
    hosts = len(round_.organisation.told_to(BO, "mail"))
    round_.until(OVER)

    assert (round_.talk().state, round_.talk().note) == (TalkState.CANCELLED, DELETED)
    assert not round_.entry().live
    assert (len(round_.organisation.told_to(ANNA, "mail")), len(round_.told())) == (mails, told)
    cillas_follow_up = 1
    assert len(round_.organisation.told_to(BO, "mail")) == hosts + cillas_follow_up
    assert all(row.state in {SENT, OutboxState.SKIPPED, OutboxState.WITHDRAWN} for row in round_.rows())
    assert round_.watch() == NOTHING


def test_a_talk_that_has_been_stays_when_its_meeting_is_tidied_away(round_: Round) -> None:
    start = round_.talk().start
    assert start is not None
    round_.until(start + timedelta(minutes=1))
    delete_by_hand(round_, "anna")

    assert round_.watch().deleted == 0
    assert (round_.talk().state, round_.entry().live) == (TalkState.PLACED, True)
    assert round_.watch().deleted == 0


def test_a_talk_that_was_deleted_while_hr_moved_it_is_off(round_: Round) -> None:
    """Our change is refused for good, since there is nothing to change; the deletion counts then."""
    delete_by_hand(round_, "anna")
    hr_moves(round_, "anna", DAY)
    round_.ticker.tick()
    assert round_.watch().deleted == 0

    round_.work()
    assert round_.watch().deleted == 1
    assert round_.talk().state is TalkState.CANCELLED
    round_.until(OVER)
    assert round_.items() == []


# Rooms


def test_a_room_that_declines_is_replaced_by_the_smallest_that_is_free(round_: Round) -> None:
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)

    assert round_.watch().rooms == 1
    round_.work()

    assert (round_.talk().place, round_.talk().start) == (IN_BRO, START)
    assert [each.address for each in round_.item().attendees] == [ANNA, "bro@example.com"]
    assert round_.organisation.with_uid(SUND, round_.item().uid) == []
    assert changes_sent(round_, "anna") == 1
    assert round_.watch().rooms == 0
    assert round_.answers() == {
        "person:anna": "none",
        "room:sund@example.com": "declined",
        "room:bro@example.com": "accepted",
    }


def test_after_a_second_room_has_declined_neither_is_asked_again(round_: Round) -> None:
    for expected in (IN_BRO, IN_KLIPPAN, Place()):
        [room] = [each.address for each in round_.item().attendees if each.room]
        round_.organisation.answer(room, round_.item().uid, Response.DECLINED)
        assert round_.watch().rooms == 1
        round_.work()
        assert round_.talk().place == expected
    assert round_.watch().rooms == 0
    assert changes_sent(round_, "anna") == 3
    assert [each.address for each in round_.item().attendees] == [ANNA]


def test_a_room_that_says_no_twice_is_replaced_once(round_: Round) -> None:
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)
    round_.watch()
    round_.clock.jump(MINUTES_5)
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)

    assert round_.watch().rooms == 0, "our own order is on its way"
    round_.work()
    assert round_.watch().rooms == 0
    assert changes_sent(round_, "anna") == 1


def test_where_a_talk_was_moved_by_hand_and_its_room_is_taken_there_it_gets_another(round_: Round) -> None:
    round_.organisation.occupy(SUND, START + 5 * HOUR, START + 6 * HOUR)
    move_by_hand(round_, "anna", 5 * HOUR)

    found = round_.watch()
    round_.work()

    assert (found.moved, found.rooms) == (1, 1)
    assert (round_.talk().start, round_.talk().place) == (START + 5 * HOUR, IN_BRO)
    assert stands_once(round_, "anna")
    assert round_.watch().rooms == 0


def test_a_room_that_hr_names_for_talks_without_one_is_not_asked_for_ever(tmp_path: Path) -> None:
    round_ = Round(
        tmp_path, (ANNAS,), cycle=replace(CYCLE, places={"*": IN_SUND}, rooms={"Malmö": CYCLE.rooms["Malmö"][:1]})
    )
    round_.until(INVITED)
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)

    assert [round_.watch().rooms for _ in range(3)] == [0, 0, 0]
    round_.work()
    assert changes_sent(round_, "anna") == 0
    round_.store.close()


def test_a_room_of_which_nobody_knows_when_it_is_free_is_not_taken(round_: Round) -> None:
    round_.free_busy["graph"].down = True
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)

    assert round_.watch().rooms == 1
    assert round_.talk().place.kind is PlaceKind.AGREE


def test_a_talk_that_hr_moved_while_another_room_was_looked_for_stays_where_hr_put_it(round_: Round) -> None:
    round_.organisation.answer(SUND, round_.item().uid, Response.DECLINED)

    def hr_is_quicker(*_: object) -> Place:
        hr_moves(round_, "anna", DAY, IN_KLIPPAN)
        return IN_BRO

    assert round_.watch(another_room=hr_is_quicker).rooms == 0
    round_.work()
    assert (round_.talk().place, round_.talk().start) == (IN_KLIPPAN, START + DAY)
    assert round_.watch().rooms == 0
