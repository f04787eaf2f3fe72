"""What of an order remains is decided by what stands in the calendar, and nothing is done twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind
from talkcycle.transports.exchange.meeting_steps import WRITTEN, Found, Steps, missing, remaining
from talkcycle.transports.exchange.names import ENTRY, ORDER

START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
ANNA, ROOM, OTHER = (Party(name=name, address=f"{name}@Norrsken.example") for name in ("Anna", "Tarnan", "Masen"))
AGENDA, NOTES = (OrderFile(name=name, mime_type="application/pdf", data=b"x") for name in ("agenda.pdf", "notes.pdf"))
CREATION = MeetingOrder(
    action=Kind.MEETING_CREATE,
    order="<create@talkcycle>",
    uid="1@talkcycle",
    organizer="bo@norrsken.example",
    start=START,
    end=START + timedelta(hours=1),
    zone="Europe/Stockholm",
    subject="Samtal",
    html="<p>Hej</p>",
    text="Hej",
    location="Tärnan",
    attendee=ANNA,
    room=ROOM,
    files=(AGENDA, NOTES),
)
CHANGE = replace(CREATION, action=Kind.MEETING_CHANGE, order="<change@talkcycle>", files=())
HALF = Found(id="AAMk1", changekey="a", entry=CREATION.uid)
WHOLE = replace(
    HALF,
    order=CREATION.order,
    attendees=frozenset({"anna@norrsken.example"}),
    rooms=frozenset({"tarnan@norrsken.example"}),
    files=("agenda.pdf", "notes.pdf"),
)


def test_what_is_not_there_is_made_with_its_files_before_anybody_is_told() -> None:
    assert remaining(CREATION, None) == Steps(
        create=True,
        attach=(AGENDA, NOTES),
        update=("required_attendees", "resources", ORDER),
        tell=True,
    )


def test_what_stands_alone_tells_nobody() -> None:
    alone = replace(CREATION, attendee=None, room=None)

    assert remaining(alone, None) == Steps(create=True, attach=(AGENDA, NOTES), update=(ORDER,), tell=False)


def test_a_creation_that_got_half_way_goes_on_where_it_stopped() -> None:
    steps = remaining(CREATION, replace(HALF, files=("agenda.pdf",)))

    assert (steps.create, steps.attach, steps.tell) == (False, (NOTES,), True)
    assert steps.update == ("required_attendees", "resources", ORDER)


@pytest.mark.parametrize(
    "found",
    [
        WHOLE,
        replace(WHOLE, order=""),  # attendees come with the last step
        replace(WHOLE, order=CHANGE.order),  # a later order was carried out since
        replace(WHOLE, files=()),  # the manager took the files away
    ],
)
def test_a_creation_that_was_carried_out_is_done(found: Found) -> None:
    assert remaining(CREATION, found) == Steps()


def test_a_creation_for_nobody_is_done_when_its_order_says_so() -> None:
    alone = replace(CREATION, attendee=None, room=None)

    assert remaining(alone, replace(HALF, order=alone.order)) == Steps()
    assert remaining(alone, HALF).update == (ORDER,)


def test_a_change_names_what_it_says_and_leaves_those_alone_who_stay() -> None:
    steps = remaining(CHANGE, WHOLE)

    assert steps == Steps(update=(*WRITTEN, ORDER), tell=True)


def test_a_change_of_the_room_names_rooms() -> None:
    assert remaining(replace(CHANGE, room=OTHER), WHOLE).update == (*WRITTEN, "resources", ORDER)
    assert remaining(replace(CHANGE, room=None), WHOLE).update == (*WRITTEN, "resources", ORDER)


def test_whoever_is_taken_out_is_told() -> None:
    assert remaining(replace(CHANGE, room=None, attendee=None), WHOLE).tell


def test_a_change_that_was_carried_out_is_done() -> None:
    assert remaining(CHANGE, replace(WHOLE, order=CHANGE.order)) == Steps()


def test_an_entry_that_is_replaced_becomes_the_new_one_by_one_update() -> None:
    adopting = replace(CREATION, uid="2@talkcycle", replaces=CREATION.uid, order="<adopt@talkcycle>")

    steps = remaining(adopting, WHOLE)

    assert steps == Steps(update=(*WRITTEN, ENTRY, ORDER), tell=True)
    assert remaining(adopting, replace(WHOLE, entry="2@talkcycle", order="<adopt@talkcycle>")) == Steps()


def test_an_entry_that_is_replaced_gets_the_files_it_lacks() -> None:
    adopting = replace(CREATION, uid="2@talkcycle", replaces=CREATION.uid, order="<adopt@talkcycle>")

    assert remaining(adopting, replace(WHOLE, files=("agenda.pdf",))).attach == (NOTES,)


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abcd")))
def test_files_that_are_there_and_those_that_are_missing_make_up_what_is_wanted(
    wanted: list[str], there: list[str]
) -> None:
    files = tuple(OrderFile(name=name, mime_type="text/plain", data=b"") for name in wanted)

    lacking = [file.name for file in missing(files, tuple(there))]

    for name in "abc":
        assert lacking.count(name) == max(0, wanted.count(name) - there.count(name))
