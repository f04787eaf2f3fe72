"""What every keeper of meetings owes: one entry for each talk, as the last order says, and each order told once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.contract import Cast, Harness, Trait
from harness.meeting import AGENDA, Meeting
from harness.playing import SENDS, needs, opened
from harness.seen import CalendarEntry, SeenFile, What
from talkcycle.domain.delivery import PermanentDeliveryError, Receipt
from talkcycle.domain.messages import Kind
from talkcycle.domain.ports import Parcel

CREATE, CHANGE, CANCEL = Kind.MEETING_CREATE, Kind.MEETING_CHANGE, Kind.MEETING_CANCEL
START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LARGE = SeenFile(name="Underlag.pdf", data=b"%PDF-1.7 " + bytes(range(256)) * 14_000)
"""3.6 MB: above what Microsoft Graph takes in one request."""
_numbers = count(1)


@pytest.fixture(scope="module", params=SENDS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with opened(request.param) as made:
        yield made


@pytest.fixture
def cast(harness: Harness) -> Cast:
    return harness.new_cast()


def a_meeting(cast: Cast, **fields: Any) -> Meeting:
    """Of manager and employee on 10 March 2027, 10:00 in Stockholm, with a UID of its own."""
    defaults: dict[str, Any] = {"manager": cast.manager, "employee": cast.employee, "start": START}
    return Meeting(uid=f"{next(_numbers)}-talk@talkcycle.example", **(defaults | fields))


def hand_over(harness: Harness, *parcels: Parcel) -> list[Receipt]:
    """Over one line."""
    with harness.roles.sending.connect() as line:
        return [line.keep(parcel) for parcel in parcels]


def keep(harness: Harness, meeting: Meeting, action: Kind, *, tried: bool = False) -> Receipt:
    return hand_over(harness, *harness.order(meeting, action, tried=tried))[0]


def told(harness: Harness, address: str) -> list[What]:
    return [notice.what for notice in harness.told(address)]


def entry_of(harness: Harness, address: str) -> CalendarEntry:
    (entry,) = harness.calendar_of(address)
    return entry


def test_a_meeting_reaches_the_employee_once_private_and_with_its_agenda(harness: Harness, cast: Cast) -> None:
    keep(harness, a_meeting(cast), CREATE)

    entry = entry_of(harness, cast.employee.address)
    assert (entry.subject, entry.place, entry.private) == ("Samtal", "Rum Tärnan, plan 3", True)
    assert "Ni har en tid för ert samtal." in entry.text
    assert entry.files == (AGENDA,)


def test_the_first_that_the_employee_hears_of_a_meeting_has_the_agenda_with_it(harness: Harness, cast: Cast) -> None:
    keep(harness, a_meeting(cast), CREATE)

    assert [(each.what, each.files) for each in harness.told(cast.employee.address)] == [
        (What.INVITATION, (AGENDA.name,))
    ]


def test_the_manager_has_one_entry_too_private_and_with_the_agenda(harness: Harness, cast: Cast) -> None:
    keep(harness, a_meeting(cast), CREATE)

    entry = entry_of(harness, cast.manager.address)
    assert (entry.start, entry.end, entry.private, entry.files) == (START, START + HOUR, True, (AGENDA,))
    assert cast.employee.address.casefold() in entry.attendees


def test_a_manager_who_is_the_organizer_is_told_nothing(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.OWN_CALENDAR)
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)
    keep(harness, meeting.moved(HOUR), CHANGE)

    assert harness.told(cast.manager.address) == ()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Stockholm", (2027, 3, 26)),
        ("Europe/Stockholm", (2027, 3, 29)),
        ("Europe/Stockholm", (2027, 10, 29)),
        ("Europe/Stockholm", (2027, 11, 1)),
        ("America/New_York", (2027, 3, 12)),
        ("America/New_York", (2027, 3, 15)),
        ("Europe/London", (2027, 3, 29)),
        ("Asia/Kolkata", (2027, 3, 29)),
    ],
)
def test_everybody_sees_the_same_instant_before_and_after_the_clocks_change(
    harness: Harness, cast: Cast, zone: str, day: tuple[int, int, int]
) -> None:
    start = datetime(*day, 9, 0, tzinfo=ZoneInfo(zone)).astimezone(UTC)

    keep(harness, a_meeting(cast, start=start, zone=zone), CREATE)

    for party in (cast.employee, cast.manager):
        entry = entry_of(harness, party.address)
        assert (entry.start, entry.end) == (start, start + HOUR)


def test_a_change_across_the_change_of_clocks_ends_at_the_instant_it_says(harness: Harness, cast: Cast) -> None:
    friday = a_meeting(cast, start=datetime(2027, 3, 26, 8, 0, tzinfo=UTC))
    monday = friday.moved(timedelta(days=3) - HOUR)
    keep(harness, friday, CREATE)

    keep(harness, monday, CHANGE)

    assert [entry_of(harness, each.address).start for each in (cast.employee, cast.manager)] == [monday.start] * 2


def test_a_large_file_arrives_whole(harness: Harness, cast: Cast) -> None:
    keep(harness, a_meeting(cast, files=(AGENDA, LARGE)), CREATE)

    entry = entry_of(harness, cast.employee.address)
    assert sorted(entry.files, key=lambda file: file.name) == [AGENDA, LARGE]
    assert told(harness, cast.employee.address) == [What.INVITATION]


def test_an_order_tried_again_after_it_was_carried_out_tells_nothing_more(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    first = keep(harness, meeting, CREATE)

    second = keep(harness, meeting, CREATE, tried=True)

    assert told(harness, cast.employee.address) == [What.INVITATION]
    assert len(harness.calendar_of(cast.employee.address)) == len(harness.calendar_of(cast.manager.address)) == 1
    assert (second.uid, second.remote_id) == (first.uid, first.remote_id)


def test_an_order_that_was_tried_and_never_arrived_is_carried_out(harness: Harness, cast: Cast) -> None:
    keep(harness, a_meeting(cast), CREATE, tried=True)

    assert entry_of(harness, cast.employee.address).files == (AGENDA,)
    assert told(harness, cast.employee.address) == [What.INVITATION]


def test_a_receipt_names_the_entry(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.OWN_CALENDAR)
    meeting = a_meeting(cast)

    receipt = keep(harness, meeting, CREATE)

    assert receipt.uid == meeting.uid
    assert receipt.remote_id == entry_of(harness, cast.manager.address).id


def test_a_change_moves_the_one_entry_and_tells_once(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)

    keep(harness, meeting.moved(DAY), CHANGE)

    for party in (cast.employee, cast.manager):
        entry = entry_of(harness, party.address)
        assert (entry.start, entry.end, entry.files) == (START + DAY, START + DAY + HOUR, (AGENDA,))
    assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]


def test_a_change_tried_again_tells_nothing_more(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)
    keep(harness, meeting.moved(DAY), CHANGE)

    keep(harness, meeting.moved(DAY), CHANGE, tried=True)

    assert entry_of(harness, cast.employee.address).start == START + DAY
    assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]


def test_a_change_that_was_tried_and_never_arrived_is_carried_out(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)

    keep(harness, meeting.moved(DAY), CHANGE, tried=True)

    assert entry_of(harness, cast.employee.address).start == START + DAY
    assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]


def test_a_new_place_and_text_reach_the_employee(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)

    keep(harness, meeting.in_room(None, "Rum Måsen").with_text("Vi ses i ett annat rum."), CHANGE)

    entry = entry_of(harness, cast.employee.address)
    assert (entry.start, entry.place) == (START, "Rum Måsen")
    assert "Vi ses i ett annat rum." in entry.text
    assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]


def test_two_talks_of_the_same_two_people_stay_apart(harness: Harness, cast: Cast) -> None:
    first, second = a_meeting(cast), a_meeting(cast, start=START + 7 * DAY)
    keep(harness, first, CREATE)
    keep(harness, second, CREATE)

    keep(harness, first.moved(DAY), CHANGE)

    starts = [entry.start for entry in harness.calendar_of(cast.employee.address)]
    assert starts == [START + DAY, START + 7 * DAY]


def test_one_line_takes_orders_for_several_calendars(harness: Harness, cast: Cast) -> None:
    other = harness.new_cast().manager
    up, down = a_meeting(cast, employee=other), a_meeting(cast, manager=other, start=START + DAY)

    hand_over(harness, *harness.order(up, CREATE), *harness.order(down, CREATE))

    starts = [
        [entry.start for entry in harness.calendar_of(party.address)] for party in (cast.manager, other, cast.employee)
    ]
    assert starts == [[START], [START, START + DAY], [START + DAY]]


def test_an_employee_whose_mailbox_another_server_has_is_invited_too(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.OTHER_SERVERS)

    keep(harness, a_meeting(cast, employee=cast.elsewhere), CREATE)

    assert [each.what for each in harness.told(cast.elsewhere.address)] == [What.INVITATION]


def test_a_meeting_of_an_employee_without_a_mailbox_stands_with_the_manager_alone(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast, employee=None)
    keep(harness, meeting, CREATE)
    keep(harness, meeting.moved(DAY), CHANGE)

    entry = entry_of(harness, cast.manager.address)
    assert (entry.start, entry.files) == (START + DAY, (AGENDA,))
    assert harness.calendar_of(cast.employee.address) == ()

    keep(harness, meeting.moved(DAY).with_text("Samtalet ställs in."), CANCEL)

    assert harness.calendar_of(cast.manager.address) == ()


class TestRooms:
    """Booked as a resource of the meeting."""

    @pytest.fixture(autouse=True)
    def _rooms(self, harness: Harness) -> None:
        needs(harness, Trait.ROOMS)

    def test_the_room_is_booked(self, harness: Harness, cast: Cast) -> None:
        room, other = cast.rooms[:2]

        keep(harness, a_meeting(cast, room=room), CREATE)

        booked = entry_of(harness, room.address)
        assert (booked.start, booked.end) == (START, START + HOUR)
        assert harness.calendar_of(other.address) == ()

    def test_the_room_moves_with_the_meeting(self, harness: Harness, cast: Cast) -> None:
        meeting = a_meeting(cast, room=cast.rooms[0])
        keep(harness, meeting, CREATE)

        keep(harness, meeting.moved(DAY), CHANGE)

        assert entry_of(harness, cast.rooms[0].address).start == START + DAY

    def test_another_room_takes_the_place_of_the_first_with_one_update(self, harness: Harness, cast: Cast) -> None:
        needs(harness, Trait.REMOVED_ATTENDEES)
        room, other = cast.rooms[:2]
        meeting = a_meeting(cast, room=room)
        keep(harness, meeting, CREATE)

        keep(harness, meeting.in_room(other, "Måsen"), CHANGE)

        assert harness.calendar_of(room.address) == ()
        assert entry_of(harness, other.address).start == START
        assert entry_of(harness, cast.employee.address).place == "Måsen"
        assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]

    def test_a_room_added_later_is_booked_and_the_employee_is_told_once(self, harness: Harness, cast: Cast) -> None:
        needs(harness, Trait.WHOLE_UPDATES)
        meeting = a_meeting(cast)
        keep(harness, meeting, CREATE)

        keep(harness, meeting.in_room(cast.rooms[0], "Tärnan"), CHANGE)

        assert entry_of(harness, cast.rooms[0].address).start == START
        assert entry_of(harness, cast.employee.address).place == "Tärnan"
        assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]

    def test_a_room_that_is_not_needed_any_more_is_free_again(self, harness: Harness, cast: Cast) -> None:
        needs(harness, Trait.REMOVED_ATTENDEES)
        meeting = a_meeting(cast, room=cast.rooms[0])
        keep(harness, meeting, CREATE)

        keep(harness, meeting.in_room(None, "På nätet"), CHANGE)

        assert harness.calendar_of(cast.rooms[0].address) == ()
        assert entry_of(harness, cast.employee.address).place == "På nätet"

    def test_a_cancelled_meeting_leaves_its_room(self, harness: Harness, cast: Cast) -> None:
        meeting = a_meeting(cast, room=cast.rooms[0])
        keep(harness, meeting, CREATE)

        keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL)

        assert harness.calendar_of(cast.rooms[0].address) == ()


def test_a_cancellation_takes_the_meeting_out_on_both_sides(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)

    keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL)

    assert harness.calendar_of(cast.employee.address) == harness.calendar_of(cast.manager.address) == ()
    assert told(harness, cast.employee.address) == [What.INVITATION, What.CANCELLATION]


def test_a_cancellation_brings_its_text(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.CANCELLATION_TEXT)
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)

    keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL)

    assert "Samtalet ställs in." in harness.told(cast.employee.address)[-1].text


@pytest.mark.parametrize("tried", [False, True])
def test_what_is_cancelled_already_is_cancelled_and_nothing_more_is_told(
    harness: Harness, cast: Cast, *, tried: bool
) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)
    keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL)

    keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL, tried=tried)

    assert told(harness, cast.employee.address) == [What.INVITATION, What.CANCELLATION]


def test_what_never_was_there_is_cancelled_and_nobody_hears_of_it(harness: Harness, cast: Cast) -> None:
    keep(harness, a_meeting(cast), CANCEL)

    assert told(harness, cast.employee.address) == []


def test_a_talk_that_was_cancelled_can_be_planned_anew_under_another_uid(harness: Harness, cast: Cast) -> None:
    meeting = a_meeting(cast)
    keep(harness, meeting, CREATE)
    keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL)

    keep(harness, a_meeting(cast, start=START + DAY), CREATE)

    assert entry_of(harness, cast.employee.address).start == START + DAY
    assert told(harness, cast.employee.address) == [What.INVITATION, What.CANCELLATION, What.INVITATION]


class TestOwnCalendar:
    """The entry stands in the manager's calendar, who may do with it what people do."""

    @pytest.fixture(autouse=True)
    def _own_calendar(self, harness: Harness) -> None:
        needs(harness, Trait.OWN_CALENDAR)

    @pytest.mark.parametrize("tried", [False, True])
    def test_changing_what_never_was_there_is_permanent(self, harness: Harness, cast: Cast, *, tried: bool) -> None:
        with pytest.raises(PermanentDeliveryError) as failure:
            keep(harness, a_meeting(cast).moved(DAY), CHANGE, tried=tried)

        assert harness.calendar_of(cast.manager.address) == harness.calendar_of(cast.employee.address) == ()
        assert cast.manager.address not in str(failure.value)

    def test_changing_what_the_manager_has_deleted_is_permanent(self, harness: Harness, cast: Cast) -> None:
        meeting = a_meeting(cast)
        keep(harness, meeting, CREATE)
        harness.delete_by_hand(cast.manager.address, entry_of(harness, cast.manager.address))

        with pytest.raises(PermanentDeliveryError):
            keep(harness, meeting.moved(DAY), CHANGE)

        assert harness.calendar_of(cast.manager.address) == ()

    def test_cancelling_what_the_manager_has_deleted_is_done_and_tells_nothing_more(
        self, harness: Harness, cast: Cast
    ) -> None:
        meeting = a_meeting(cast)
        keep(harness, meeting, CREATE)
        harness.delete_by_hand(cast.manager.address, entry_of(harness, cast.manager.address))
        before = told(harness, cast.employee.address)

        keep(harness, meeting.with_text("Samtalet ställs in."), CANCEL)

        assert told(harness, cast.employee.address) == before

    def test_a_change_after_the_manager_moved_the_meeting_has_the_last_word(self, harness: Harness, cast: Cast) -> None:
        meeting = a_meeting(cast)
        keep(harness, meeting, CREATE)
        harness.move_by_hand(cast.manager.address, entry_of(harness, cast.manager.address), START + HOUR)

        keep(harness, meeting.moved(DAY), CHANGE)

        starts = [entry_of(harness, party.address).start for party in (cast.manager, cast.employee)]
        assert starts == [START + DAY, START + DAY]

    def test_an_earlier_entry_of_the_same_talk_becomes_the_new_one_with_one_update(
        self, harness: Harness, cast: Cast
    ) -> None:
        earlier = a_meeting(cast)
        keep(harness, earlier, CREATE)
        moved_here = a_meeting(cast, replaces=earlier.uid, start=START + DAY)

        receipt = keep(harness, moved_here, CREATE)
        keep(harness, moved_here, CREATE, tried=True)

        entry = entry_of(harness, cast.manager.address)
        assert (receipt.uid, receipt.remote_id, entry.start) == (moved_here.uid, entry.id, START + DAY)
        assert entry_of(harness, cast.employee.address).start == START + DAY
        assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]

    def test_an_entry_that_took_anothers_place_goes_by_its_own_uid(self, harness: Harness, cast: Cast) -> None:
        earlier = a_meeting(cast)
        keep(harness, earlier, CREATE)
        moved_here = a_meeting(cast, replaces=earlier.uid)
        keep(harness, moved_here, CREATE)

        keep(harness, moved_here.moved(DAY), CHANGE)
        keep(harness, earlier.with_text("Samtalet ställs in."), CANCEL)

        assert entry_of(harness, cast.employee.address).start == START + DAY
        assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE, What.UPDATE]

    def test_what_an_overtaken_order_may_have_made_is_written_over_by_one_update(
        self, harness: Harness, cast: Cast
    ) -> None:
        overtaken = a_meeting(cast)
        keep(harness, overtaken, CREATE)
        instead = replace(overtaken.moved(DAY), replaces=overtaken.uid)

        keep(harness, instead, CREATE)
        keep(harness, instead, CREATE, tried=True)

        assert entry_of(harness, cast.manager.address).start == START + DAY
        assert entry_of(harness, cast.employee.address).start == START + DAY
        assert told(harness, cast.employee.address) == [What.INVITATION, What.UPDATE]

    def test_what_an_overtaken_order_did_not_make_is_made_with_its_files(self, harness: Harness, cast: Cast) -> None:
        meeting = a_meeting(cast)

        keep(harness, replace(meeting, replaces=meeting.uid), CREATE)

        assert told(harness, cast.employee.address) == [What.INVITATION]
        entry = entry_of(harness, cast.employee.address)
        assert [file.name for file in entry.files] == [file.name for file in meeting.files]

    def test_where_no_earlier_entry_is_left_a_new_one_is_made(self, harness: Harness, cast: Cast) -> None:
        keep(harness, a_meeting(cast, replaces="0-talk@talkcycle.example"), CREATE)

        assert entry_of(harness, cast.employee.address).start == START
        assert told(harness, cast.employee.address) == [What.INVITATION]

    @pytest.mark.parametrize("action", [CREATE, CHANGE])
    def test_a_mailbox_that_another_server_has_is_a_permanent_failure(
        self, harness: Harness, cast: Cast, action: Kind
    ) -> None:
        needs(harness, Trait.OTHER_SERVERS)
        meeting = a_meeting(cast)
        if action is CHANGE:
            keep(harness, meeting, CREATE)
        before = told(harness, cast.employee.address)
        harness.move_away(cast.manager.address)

        with pytest.raises(PermanentDeliveryError) as failure:
            keep(harness, meeting.moved(DAY), action)

        assert told(harness, cast.employee.address) == before
        assert cast.manager.address not in str(failure.value)

    def test_cancelling_in_a_mailbox_that_another_server_has_is_done_and_takes_nothing_out(
        self, harness: Harness, cast: Cast
    ) -> None:
        needs(harness, Trait.OTHER_SERVERS)
        meeting = a_meeting(cast)
        keep(harness, meeting, CREATE)
        harness.move_away(cast.manager.address)

        keep(harness, meeting.with_text("Samtalet flyttas."), CANCEL)

        assert told(harness, cast.employee.address) == [What.INVITATION]
        assert len(harness.calendar_of(cast.employee.address)) == 1

    def test_a_failure_in_one_mailbox_keeps_no_other_order_from_being_carried_out(
        self, harness: Harness, cast: Cast
    ) -> None:
        good = a_meeting(cast)
        (bad,) = harness.order(a_meeting(cast, manager=cast.unknown), CREATE)

        with harness.roles.sending.connect() as line:
            with pytest.raises(PermanentDeliveryError):
                line.keep(bad)
            for parcel in harness.order(good, CREATE):
                line.keep(parcel)

        assert entry_of(harness, cast.employee.address).start == START


MOVES = st.integers(-20, 20).filter(bool).map(lambda hours: lambda meeting: meeting.moved(timedelta(hours=hours)))
PLACES = st.sampled_from(["Måsen", "Tärnan", "På nätet"]).map(
    lambda place: lambda meeting: meeting.in_room(None, f"{place} {meeting.version}")
)
TEXTS = st.just(lambda meeting: meeting.with_text(f"Version {meeting.version + 1} av samtalet."))
TWICE = st.booleans()
"""Whether the answer to the first try was lost, so that the same parcel goes again."""


@settings(max_examples=12)
@given(created_twice=TWICE, changes=st.lists(st.tuples(MOVES | PLACES | TEXTS, TWICE), max_size=4), ended_twice=TWICE)
def test_whatever_is_ordered_and_however_often_tried_the_employee_has_what_the_last_order_says(
    harness: Harness, people: Cast, *, created_twice: bool, changes: list[tuple[Any, bool]], ended_twice: bool
) -> None:
    def carry_out(meeting: Meeting, action: Kind, *, twice: bool) -> None:
        for tried in [False, True] if twice else [False]:
            keep(harness, meeting, action, tried=tried)

    needs(harness, Trait.WHOLE_UPDATES)
    before = len(harness.told(people.employee.address))
    meeting = a_meeting(people)
    carry_out(meeting, CREATE, twice=created_twice)
    for change, twice in changes:
        meeting = change(meeting)
        carry_out(meeting, CHANGE, twice=twice)

    for party in (people.employee, people.manager):
        entry = entry_of(harness, party.address)
        assert (entry.start, entry.end, entry.place) == (meeting.start, meeting.end, meeting.place)
        assert (entry.files, entry.private) == ((AGENDA,), True)
        assert meeting.text in entry.text

    carry_out(replace(meeting, version=meeting.version + 1), CANCEL, twice=ended_twice)

    assert harness.calendar_of(people.employee.address) == harness.calendar_of(people.manager.address) == ()
    expected = [What.INVITATION, *[What.UPDATE] * len(changes), What.CANCELLATION]
    assert told(harness, people.employee.address)[before:] == expected


@pytest.fixture(scope="module")
def people(harness: Harness) -> Cast:
    """The same for every example, since each leaves their calendars as it found them."""
    return harness.new_cast()
