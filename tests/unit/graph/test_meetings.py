"""What a meeting order asks of Graph, and what is left of one that was interrupted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from talkcycle.domain.meetings import MeetingOrder, OrderFile, Party
from talkcycle.domain.messages import Kind
from talkcycle.transports.graph.files import missing
from talkcycle.transports.graph.meetings import Found, Remaining, change, creation, found_in, remaining
from talkcycle.transports.graph.online_link import body_with_link
from talkcycle.transports.graph.properties import ENTRY, ORDER

AGENDA = OrderFile(name="agenda.pdf", mime_type="application/pdf", data=b"%PDF agenda")
NOTES = OrderFile(name="notes.pdf", mime_type="application/pdf", data=b"%PDF notes")
ORDERED = MeetingOrder(
    action=Kind.MEETING_CREATE,
    order="<1@talkcycle.example>",
    uid="u1",
    organizer="bo@norrsken.example",
    start=datetime(2027, 3, 29, 7, 0, tzinfo=UTC),
    end=datetime(2027, 3, 29, 8, 0, tzinfo=UTC),
    zone="Europe/Stockholm",
    subject="Samtal",
    html="<p>Hej</p>",
    text="Hej",
    location="Tärnan",
    attendee=Party(name="Anna", address="anna@norrsken.example"),
    files=(AGENDA, NOTES),
)
ROOM = Party(name="Rum Tärnan", address="tarnan@norrsken.example")
_LINE = "_" * 60
BLOB = (
    f'<div class="me-email-text"><span>{_LINE}</span><div><a href="https://teams.example/j">Join</a></div>'
    f"<div>{_LINE}</div></div>"
)


def steps(order: MeetingOrder, found: Found | None) -> Remaining:
    return remaining(order, found, online_meetings=True)


def there(**fields: Any) -> Found:
    return Found(**({"id": "AAMk1", "entry": "u1", "order": ""} | fields))


def attendees(content: Any) -> list[tuple[str, str]]:
    return [(each["emailAddress"]["address"], each["type"]) for each in content.get("attendees", ())]


def properties(content: Any) -> dict[str, str]:
    return {each["id"]: each["value"] for each in content["singleValueExtendedProperties"]}


def test_what_is_not_there_is_made_gets_its_files_and_then_its_attendees() -> None:
    left = steps(ORDERED, None)

    assert (left.create, left.attach) == (True, (AGENDA, NOTES))
    assert attendees(left.update) == [("anna@norrsken.example", "required")]
    assert properties(left.update) == {ORDER: "<1@talkcycle.example>"}


def test_the_request_that_makes_it_tells_nobody_and_can_be_found_again() -> None:
    content = creation(ORDERED, online_meetings=True)

    assert "attendees" not in content
    assert "attachments" not in content
    assert properties(content) == {ENTRY: "u1"}
    assert content["transactionId"] == creation(replace(ORDERED, subject="x"), online_meetings=True)["transactionId"]
    assert content["transactionId"] != creation(replace(ORDERED, order="<2@x>"), online_meetings=True)["transactionId"]


def test_times_are_written_as_the_clocks_of_the_zone_show_them() -> None:
    content = creation(ORDERED, online_meetings=True)

    assert content["start"] == {"dateTime": "2027-03-29T09:00:00", "timeZone": "Europe/Stockholm"}
    assert content["end"] == {"dateTime": "2027-03-29T10:00:00", "timeZone": "Europe/Stockholm"}


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ((), (AGENDA, NOTES)),
        ((("agenda.pdf", 300),), (NOTES,)),
        ((("notes.pdf", 11), ("agenda.pdf", 11)), ()),
        ((("agenda.pdf", 3),), (AGENDA, NOTES)),
    ],
)
def test_files_that_an_earlier_try_has_added_are_not_added_again(
    files: tuple[tuple[str, int], ...], left: tuple[OrderFile, ...]
) -> None:
    found = steps(ORDERED, there(files=files))

    assert (found.create, found.attach) == (False, left)
    assert attendees(found.update) == [("anna@norrsken.example", "required")]


def test_of_two_files_with_one_name_both_are_added() -> None:
    longer = replace(AGENDA, data=AGENDA.data * 2)

    assert missing((AGENDA, longer), [("agenda.pdf", len(longer.data))]) == (longer,)
    assert missing((AGENDA, longer), [("agenda.pdf", 11), ("agenda.pdf", 22)]) == ()


@pytest.mark.parametrize("last", ["<1@talkcycle.example>", "<2-a-later-change@talkcycle.example>"])
def test_a_meeting_that_bears_an_orders_name_is_done(last: str) -> None:
    assert steps(ORDERED, there(order=last, attended=True)) == Remaining()


def test_an_entry_that_is_taken_over_gets_everything_in_one_request() -> None:
    order = replace(ORDERED, replaces="u0", room=ROOM)

    left = steps(order, there(entry="u0", order="<0@talkcycle.example>", attended=True, files=(("agenda.pdf", 500),)))

    assert (left.create, left.attach) == (False, (NOTES,))
    assert properties(left.update) == {ENTRY: "u1", ORDER: "<1@talkcycle.example>"}
    assert {"start", "end", "location", "body", "subject", "attendees"} <= left.update.keys()
    assert attendees(left.update) == [("anna@norrsken.example", "required"), ("tarnan@norrsken.example", "resource")]


def test_without_a_mailbox_to_invite_nobody_is_named() -> None:
    left = steps(replace(ORDERED, attendee=None), None)

    assert left.update.keys() == {"singleValueExtendedProperties"}


def test_a_change_that_takes_the_last_attendee_out_says_so() -> None:
    assert change(replace(ORDERED, attendee=None), there(), online_meetings=True)["attendees"] == []


def test_a_room_is_a_resource_and_the_place() -> None:
    content = change(replace(ORDERED, room=ROOM), there(), online_meetings=True)

    assert attendees(content)[1] == ("tarnan@norrsken.example", "resource")
    assert content["location"] == {
        "displayName": "Tärnan",
        "locationEmailAddress": "tarnan@norrsken.example",
        "locationType": "conferenceRoom",
    }


@pytest.mark.parametrize(
    ("wanted", "setting", "expected"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_teams_link_is_asked_for_where_the_talk_is_online_and_it_is_wanted(
    *, wanted: bool, setting: bool, expected: bool
) -> None:
    order = replace(ORDERED, online=wanted)

    assert ("isOnlineMeeting" in creation(order, online_meetings=setting)) is expected
    assert ("isOnlineMeeting" in change(order, there(), online_meetings=setting)) is expected


def test_a_change_of_an_online_meeting_keeps_its_link() -> None:
    old = f"<html><body><p>Gammal text</p>{BLOB}</body></html>"

    content = change(ORDERED, there(online=True, join_url="https://teams.example/j", html=old), online_meetings=True)

    assert content["body"]["content"] == f"<p>Hej</p>{BLOB}"
    assert "isOnlineMeeting" not in content


def test_the_link_goes_into_the_body_of_a_whole_page_and_a_strange_one_is_written_anew() -> None:
    page = "<html><body><p>Ny</p></body></html>"

    assert body_with_link(page, BLOB, "") == f"<html><body><p>Ny</p>{BLOB}</body></html>"
    assert body_with_link(page, f"<html><body><div><p>Gammal</p>{BLOB}</div></body></html>", "").count(BLOB) == 1
    assert body_with_link(page, "<p>Utan</p>", "") == page
    assert body_with_link("<p>Ny</p>", "<p>Annat</p>", "https://t.example/?a=1&b=2") == (
        '<p>Ny</p><p><a href="https://t.example/?a=1&amp;b=2">https://t.example/?a=1&amp;b=2</a></p>'
    )


def test_an_event_is_read_whatever_the_case_of_its_properties() -> None:
    event = {
        "id": "AAMk1",
        "attendees": [{}],
        "isOnlineMeeting": False,
        "onlineMeeting": None,
        "singleValueExtendedProperties": [
            {"id": ENTRY.upper().replace("STRING", "String").replace("NAME", "Name"), "value": "u1"},
        ],
    }

    assert found_in(event) == there(attended=True)


def test_a_reminder_and_privacy_are_set() -> None:
    content = creation(replace(ORDERED, remind_minutes=30), online_meetings=False)

    assert (content["sensitivity"], content["showAs"], content["responseRequested"]) == ("private", "busy", True)
    assert (content["isReminderOn"], content["reminderMinutesBeforeStart"]) == (True, 30)
    assert ORDERED.end - ORDERED.start == timedelta(hours=1)
