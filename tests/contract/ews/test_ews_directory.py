"""Free/busy times, rooms and people at the fake of Exchange."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from exchangelib import EWSDateTime
from exchangelib.errors import ErrorMailboxDataArrayTooBig, ErrorTimeIntervalTooBig

from ews_office import ANNA, BO, OLLE, ROOM, ROOMS, START, STOCKHOLM
from servers.ews_client import Client
from servers.organisation import Busy, Organisation, Where


def free_busy(client: Client, *addresses: str, start: EWSDateTime = START, days: int = 1) -> list[Any]:
    asked = [(address, "Required", False) for address in addresses]
    return list(client.protocol.get_free_busy_info(asked, start, start + timedelta(days=days), requested_view="FreeBusy"))


def test_busy_times_are_local_across_a_change_of_clocks_and_carry_no_subjects(
    client: Client, organisation: Organisation
) -> None:
    winter, summer = datetime(2027, 3, 27, 8, tzinfo=UTC), datetime(2027, 3, 29, 8, tzinfo=UTC)
    for start in (winter, summer):
        organisation.occupy(ANNA, start, start + timedelta(hours=1), Busy.AWAY)
    from_ = EWSDateTime(2027, 3, 25, tzinfo=STOCKHOLM)
    (anna,) = free_busy(client, ANNA, start=from_, days=14)

    assert [event.start for event in anna.calendar_events] == [winter, summer]
    assert {(event.busy_type, event.details) for event in anna.calendar_events} == {("OOF", None)}
    (hours,) = anna.working_hours
    assert (hours.weekdays, hours.start.hour, hours.end.hour) == ([1, 2, 3, 4, 5], 8, 17)
    assert anna.working_hours_timezone.bias == -60


def test_an_unknown_mailbox_keeps_no_other_from_being_told(client: Client) -> None:
    anna, unknown, moved = free_busy(client, ANNA, "ingen@norrsken.example", OLLE)
    assert anna.calendar_events == []
    assert all("Unable to resolve e-mail address" in str(each) for each in (unknown, moved))


def test_too_many_mailboxes_and_too_long_a_time_are_refused(client: Client) -> None:
    from exchangelib.services import GetUserAvailability  # noqa: PLC0415  # only here

    chunk, GetUserAvailability.CHUNK_SIZE = GetUserAvailability.CHUNK_SIZE, 200
    try:
        with pytest.raises(ErrorMailboxDataArrayTooBig):
            free_busy(client, *[ANNA] * 101)
    finally:
        GetUserAvailability.CHUNK_SIZE = chunk
    assert free_busy(client, ANNA, days=62)
    with pytest.raises(ErrorTimeIntervalTooBig):
        free_busy(client, ANNA, days=63)


def test_rooms_are_listed(client: Client) -> None:
    (listed,) = client.protocol.get_roomlists()
    assert (listed.name, listed.email_address) == ("Rum i Umeå", ROOMS)
    assert [(room.name, room.email_address) for room in client.protocol.get_rooms(ROOMS)] == [("Måsen", ROOM)]


def test_people_are_found_by_the_beginning_of_their_names_with_their_managers(client: Client) -> None:
    ((mailbox, contact),) = client.protocol.resolve_names(["al"], return_full_contact_data=True, shape="AllProperties")
    assert (mailbox.email_address, contact.department, contact.office) == (ANNA, "Hamnen", "Umeå")
    assert contact.manager_mailbox.email_address == BO
    ((_, brief),) = client.protocol.resolve_names(["al"], return_full_contact_data=True)
    assert brief.manager_mailbox is None


def test_no_more_than_a_hundred_are_found_and_there_is_no_next_page(client: Client, organisation: Organisation) -> None:
    for number in range(101):
        organisation.add(f"u{number}@norrsken.example", where=Where.ON_PREMISES)
    with pytest.warns(UserWarning, match="at most 100 candidates"):
        assert len(client.protocol.resolve_names(["smtp:u"])) == 100
