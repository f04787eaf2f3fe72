"""What everybody who knows the rooms of a site owes: their names, addresses and seats."""

from collections.abc import Iterator

import pytest

from harness.contract import Cast, Harness, Trait
from harness.playing import KEEPS_CALENDARS, needs, opened
from talkcycle.domain.mailboxes import ListedRoom, Untold


@pytest.fixture(scope="module", params=KEEPS_CALENDARS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    with opened(request.param) as made:
        yield made


@pytest.fixture
def cast(harness: Harness) -> Cast:
    return harness.new_cast()


def rooms(harness: Harness, room_list: str) -> tuple[ListedRoom, ...] | Untold:
    assert harness.roles.rooms is not None
    return harness.roles.rooms.rooms(room_list)


def test_the_rooms_of_a_list_are_told_by_name_with_their_addresses(harness: Harness, cast: Cast) -> None:
    told = rooms(harness, cast.room_list)

    assert not isinstance(told, Untold)
    names = {party.address: party.name for party in cast.rooms}
    assert {room.address: room.name for room in told if room.address in names} == names
    assert [room.name for room in told] == sorted(room.name for room in told)


def test_a_room_of_another_list_is_not_told(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.ROOM_LISTS)
    other = harness.new_cast()

    told = rooms(harness, cast.room_list)

    assert not isinstance(told, Untold)
    assert {room.address for room in told} == {party.address for party in cast.rooms}
    assert {room.address for room in told}.isdisjoint(party.address for party in other.rooms)


def test_seats_are_told_where_they_are_known(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.SEATS)

    told = rooms(harness, cast.room_list)

    assert not isinstance(told, Untold)
    assert {room.name: room.seats for room in told} == {"Tärnan": 4, "Måsen": 8}


def test_a_list_that_nobody_knows_says_how_to_mend_it(harness: Harness, cast: Cast) -> None:
    needs(harness, Trait.ROOM_LISTS)
    told = rooms(harness, cast.unknown.address)

    assert isinstance(told, Untold)
    assert told.problem
    assert told.mend
