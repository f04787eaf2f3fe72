"""What everybody who reads answers owes: what became of our entries, as it is now, and of nobody else's."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from harness.contract import Cast, Harness, Trait
from harness.meeting import Meeting, message_id
from harness.playing import KEEPS_CALENDARS, needs, opened
from harness.seen import CalendarEntry
from talkcycle.domain.delivery import PermanentDeliveryError
from talkcycle.domain.mailboxes import Answer, Changes, SeenAnswer, SeenEntry
from talkcycle.domain.messages import Kind

CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_numbers = count(1)


@pytest.fixture(scope="module", params=KEEPS_CALENDARS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with opened(request.param) as made:
        yield made


class Talk:
    """A talk whose entry stands in the calendar of its manager, and how it is looked after."""

    def __init__(self, harness: Harness, cast: Cast, **fields: Any) -> None:
        self.harness, self.cast = harness, cast
        defaults: dict[str, Any] = {"manager": cast.manager, "employee": cast.employee, "start": START}
        self.meeting = Meeting(uid=f"{next(_numbers)}-watched@talkcycle.example", **(defaults | fields))
        self.remote_id = ""
        self.order(CREATE)

    @property
    def uid(self) -> str:
        return self.meeting.uid

    def order(self, action: Kind) -> None:
        with self.harness.roles.sending.connect() as line:
            receipts = [line.keep(parcel) for parcel in self.harness.order(self.meeting, action)]
        self.remote_id = receipts[0].remote_id or self.remote_id
        self.harness.let_arrive()

    def entry_of(self, address: str) -> CalendarEntry:
        (entry,) = [each for each in self.harness.calendar_of(address) if each.start == self.meeting.start]
        return entry

    def answered(self, answer: Answer, **more: Any) -> None:
        address = self.cast.employee.address
        self.harness.answer(address, self.entry_of(address), answer, **more)


def look(harness: Harness, cast: Cast, *talks: Talk, since: str | None = None) -> Changes:
    assert harness.roles.watch is not None
    return harness.roles.watch.changes(cast.manager.address, {talk.uid: talk.remote_id for talk in talks}, since)


def only(changes: Changes) -> SeenEntry:
    (entry,) = changes.entries
    return entry


def answer_of(entry: SeenEntry, address: str) -> SeenAnswer:
    (answer,) = [each for each in entry.answers if each.address.casefold() == address.casefold()]
    return answer


@pytest.fixture
def cast(harness: Harness) -> Cast:
    return harness.new_cast()


@pytest.fixture
def talk(harness: Harness, cast: Cast) -> Talk:
    return Talk(harness, cast)


def test_the_first_look_tells_the_entry_as_it_stands(harness: Harness, cast: Cast, talk: Talk) -> None:
    entry = only(look(harness, cast, talk))

    assert (entry.uid, entry.remote_id, entry.gone) == (talk.uid, talk.remote_id, False)
    assert (entry.start, entry.end) == (START, START + HOUR)
    assert answer_of(entry, cast.employee.address).answer is Answer.NONE


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED])
def test_an_answer_is_told(harness: Harness, cast: Cast, talk: Talk, answer: Answer) -> None:
    state = look(harness, cast, talk).state
    talk.answered(answer)

    entry = only(look(harness, cast, talk, since=state))

    seen = answer_of(entry, cast.employee.address)
    assert (seen.answer, seen.proposed, seen.room) == (answer, None, False)
    assert not entry.gone


def test_an_answer_that_changes_is_told_as_it_is_now(harness: Harness, cast: Cast, talk: Talk) -> None:
    talk.answered(Answer.TENTATIVE)
    state = look(harness, cast, talk).state
    talk.answered(Answer.ACCEPTED)

    entry = only(look(harness, cast, talk, since=state))

    assert answer_of(entry, cast.employee.address).answer is Answer.ACCEPTED


@pytest.mark.parametrize("answer", [Answer.TENTATIVE, Answer.DECLINED])
def test_another_time_that_is_proposed_is_told(harness: Harness, cast: Cast, talk: Talk, answer: Answer) -> None:
    needs(harness, Trait.PROPOSALS)
    state = look(harness, cast, talk).state
    proposed = (START + DAY, START + DAY + HOUR)
    talk.answered(answer, proposed=proposed)

    seen = answer_of(only(look(harness, cast, talk, since=state)), cast.employee.address)

    assert (seen.answer, seen.proposed) == (answer, proposed)


def test_a_room_that_takes_the_booking_is_told_as_a_room(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.ROOMS)
    room = cast.rooms[0]
    talk = Talk(harness, cast, room=room)

    entry = only(look(harness, cast, talk))

    seen = answer_of(entry, room.address)
    assert (seen.room, seen.answer) == (True, Answer.ACCEPTED)
    assert not answer_of(entry, cast.employee.address).room


def test_a_room_that_is_taken_declines_and_that_is_told(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.ROOMS)
    room = cast.rooms[0]
    Talk(harness, harness.new_cast(), room=room)
    talk = Talk(harness, cast, room=room)

    seen = answer_of(only(look(harness, cast, talk)), room.address)

    assert (seen.room, seen.answer) == (True, Answer.DECLINED)


def test_a_meeting_moved_by_its_manager_is_told_with_its_new_time(harness: Harness, cast: Cast, talk: Talk) -> None:
    state = look(harness, cast, talk).state
    harness.move_by_hand(cast.manager.address, talk.entry_of(cast.manager.address), START + DAY)

    entry = only(look(harness, cast, talk, since=state))

    assert (entry.start, entry.end, entry.gone) == (START + DAY, START + DAY + HOUR, False)


def test_what_its_manager_did_to_a_meeting_does_not_look_like_an_order(harness: Harness, cast: Cast, talk: Talk) -> None:
    needs(harness, Trait.WHOLE_UPDATES)
    harness.move_by_hand(cast.manager.address, talk.entry_of(cast.manager.address), START + DAY)

    assert only(look(harness, cast, talk)).order == message_id(talk.meeting, CREATE)


def test_a_meeting_deleted_by_its_manager_is_told_as_gone(harness: Harness, cast: Cast, talk: Talk) -> None:
    state = look(harness, cast, talk).state
    harness.delete_by_hand(cast.manager.address, talk.entry_of(cast.manager.address))

    entry = only(look(harness, cast, talk, since=state))

    assert (entry.uid, entry.gone, entry.answers) == (talk.uid, True, ())


def test_a_meeting_deleted_before_the_first_look_is_told_as_gone(harness: Harness, cast: Cast, talk: Talk) -> None:
    harness.delete_by_hand(cast.manager.address, talk.entry_of(cast.manager.address))

    assert only(look(harness, cast, talk)).gone


def test_a_state_goes_on_and_only_news_is_told(harness: Harness, cast: Cast, talk: Talk) -> None:
    other = Talk(harness, cast, start=START + DAY)
    first = look(harness, cast, talk, other)
    quiet = look(harness, cast, talk, other, since=first.state)
    other.answered(Answer.ACCEPTED)

    news = look(harness, cast, talk, other, since=quiet.state)
    afterwards = look(harness, cast, talk, other, since=news.state)

    assert {entry.uid for entry in first.entries} == {talk.uid, other.uid}
    assert (quiet.entries, only(news).uid, afterwards.entries) == ((), other.uid, ())


def test_a_state_may_be_handed_back_twice(harness: Harness, cast: Cast, talk: Talk) -> None:
    """What was read and not yet written down when the service stopped is read again."""
    state = look(harness, cast, talk).state
    talk.answered(Answer.DECLINED)
    look(harness, cast, talk, since=state)

    again = only(look(harness, cast, talk, since=state))

    assert answer_of(again, cast.employee.address).answer is Answer.DECLINED


def test_after_a_forgotten_state_everything_known_is_told(harness: Harness, cast: Cast, talk: Talk) -> None:
    needs(harness, Trait.FORGETS_STATES)
    other, gone = Talk(harness, cast, start=START + DAY), Talk(harness, cast, start=START + 2 * DAY)
    state = look(harness, cast, talk, other, gone).state
    harness.delete_by_hand(cast.manager.address, gone.entry_of(cast.manager.address))
    harness.forget_states(cast.manager.address)

    told = look(harness, cast, talk, other, gone, since=state)
    afterwards = look(harness, cast, talk, other, gone, since=told.state)

    assert {entry.uid: entry.gone for entry in told.entries} == {talk.uid: False, other.uid: False, gone.uid: True}
    assert [entry for entry in afterwards.entries if not entry.gone] == []


def test_entries_of_others_are_never_told(harness: Harness, cast: Cast, talk: Talk) -> None:
    state = look(harness, cast, talk).state
    harness.occupy(cast.manager.address, (START + DAY, START + DAY + HOUR), subject="Läkarbesök CANARY")

    changes, everything = look(harness, cast, talk, since=state), look(harness, cast, talk)

    assert changes.entries == ()
    assert only(everything).uid == talk.uid
    assert "CANARY" not in repr((changes, everything))


def test_an_entry_of_ours_that_was_not_asked_for_is_not_told(harness: Harness, cast: Cast, talk: Talk) -> None:
    """It may be of another round, or one that was written down as over."""
    Talk(harness, cast, start=START + DAY)

    assert only(look(harness, cast, talk)).uid == talk.uid


def test_what_our_own_order_did_is_known_by_it(harness: Harness, cast: Cast, talk: Talk) -> None:
    needs(harness, Trait.WHOLE_UPDATES)
    created, creation = look(harness, cast, talk), message_id(talk.meeting, CREATE)
    talk.meeting = talk.meeting.moved(DAY)
    talk.order(CHANGE)

    changed = only(look(harness, cast, talk, since=created.state))

    assert only(created).order == creation
    assert (changed.order, changed.start) == (message_id(talk.meeting, CHANGE), START + DAY)


def test_what_we_cancelled_is_gone(harness: Harness, cast: Cast, talk: Talk) -> None:
    state = look(harness, cast, talk).state
    talk.meeting = talk.meeting.with_text("Samtalet ställs in.")
    talk.order(CANCEL)

    assert only(look(harness, cast, talk, since=state)).gone


def test_an_entry_in_a_mailbox_that_was_moved_is_found_again_under_its_new_name(
    harness: Harness, cast: Cast, talk: Talk
) -> None:
    needs(harness, Trait.OTHER_SERVERS)
    state = look(harness, cast, talk).state
    harness.move_away(cast.manager.address)
    harness.move_back(cast.manager.address)

    (entry,) = [each for each in look(harness, cast, talk, since=state).entries if not each.gone]

    assert (entry.uid, entry.start) == (talk.uid, START)
    assert entry.remote_id == talk.entry_of(cast.manager.address).id


def test_a_mailbox_that_another_server_has_is_a_permanent_failure(harness: Harness, cast: Cast, talk: Talk) -> None:
    needs(harness, Trait.OTHER_SERVERS)
    harness.move_away(cast.manager.address)

    with pytest.raises(PermanentDeliveryError) as failure:
        look(harness, cast, talk)

    assert cast.manager.address not in str(failure.value)
