"""Rooms of a site from a room list, together with those that HR wrote."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import a_cycle, a_person
from organisation_roles import RoomListsOf
from servers.organisation import Organisation, Where
from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.mailboxes import ListedRoom, Untold
from talkcycle.domain.routes import Routing, Transport
from talkcycle.domain.wishes import PinnedTalk, RoomList, SiteRoom, Wishes
from talkcycle.rounds.room_lists import RoomListing, as_written, with_listed_rooms
from talkcycle.store.codec import decode, encode

GRAPH = Routing(sender="hr@example.com", otherwise=Transport.GRAPH, available=frozenset(Transport))
MALMO = RoomList(address="malmo@example.com", seats=3)
PEOPLE = (a_person("bo", manager=None, site="Malmö"), a_person("anna", site="Malmö"))


class Given:
    """A ``RoomLists`` with these."""

    def __init__(self, *rooms: ListedRoom) -> None:
        self.listed = rooms

    def rooms(self, _room_list: str, /) -> tuple[ListedRoom, ...] | Untold:
        return self.listed


def a_room(name: str, address: str | None = None, seats: int | None = 6) -> ListedRoom:
    return ListedRoom(name=name, address=address or f"{name.casefold()}@example.com", seats=seats)


def cycle_with(*own: SiteRoom, lists: Mapping[str, RoomList] | None = None, pinned: tuple[PinnedTalk, ...] = ()) -> Cycle:
    lists = {"Malmö": MALMO} if lists is None else lists
    return a_cycle(rooms={"Malmö": own} if own else {}, room_lists=lists, wishes=Wishes(pinned=pinned))


def resolved(cycle: Cycle, *listed: ListedRoom) -> tuple[SiteRoom, ...]:
    listing = RoomListing(routing=GRAPH, knowing={Transport.GRAPH: Given(*listed)})
    return with_listed_rooms(cycle, PEOPLE, listing).rooms["Malmö"]


def faults(cycle: Cycle, listing: RoomListing) -> list[str]:
    with pytest.raises(FaultyInput) as caught:
        with_listed_rooms(cycle, PEOPLE, listing)
    return [str(fault) for fault in caught.value.faults]


def test_a_list_of_the_server_gives_a_site_its_rooms() -> None:
    servers = Organisation()
    servers.add_room_list(MALMO.address, "Malmö")
    servers.add("sund@example.com", where=Where.ONLINE, name="Sund", room_list=MALMO.address, seats=8)
    servers.add("bro@example.com", where=Where.ONLINE, name="Bro", room_list=MALMO.address)
    lists = RoomListsOf(servers)

    cycle = with_listed_rooms(cycle_with(), PEOPLE, RoomListing(routing=GRAPH, knowing={Transport.GRAPH: lists}))

    assert cycle.rooms["Malmö"] == (
        SiteRoom(name="Bro", seats=3, address="bro@example.com", listed=True),
        SiteRoom(name="Sund", seats=8, address="sund@example.com", listed=True),
    )
    assert lists.asked == [MALMO.address]


def test_rooms_stand_behind_those_that_hr_wrote_and_hrs_word_counts() -> None:
    office = SiteRoom(name="sund", seats=2, neutral=False)
    renamed = SiteRoom(name="The Bridge", seats=4, address="BRO@example.com")
    other = SiteRoom(name="Öre", seats=4, address="another@example.com")
    listed = (a_room("Alnö"), a_room("Bro"), a_room("Sund"), a_room("Öre"))

    assert resolved(cycle_with(office, renamed, other), *listed) == (
        replace(office, address="sund@example.com", address_listed=True),
        renamed,
        other,
        SiteRoom(name="Alnö", seats=6, address="alnö@example.com", listed=True),
    )


def test_two_rooms_of_one_name_are_told_apart_and_one_listed_twice_is_one() -> None:
    rooms = resolved(
        cycle_with(), a_room("Sund", "s1@example.com"), a_room("SUND", "s2@example.com"), a_room("Sund", "S1@example.com")
    )
    assert [room.name for room in rooms] == ["Sund", "SUND (s2)"]


def test_every_list_that_cannot_be_told_is_a_fault() -> None:
    servers = Organisation()
    servers.add_room_list("empty@example.com", "Lund")
    lists = {"Malmö": MALMO, "Lund": RoomList(address="empty@example.com"), "Ystad": RoomList(address="y@example.com")}
    routing = replace(GRAPH, otherwise=Transport.SMTP)
    knowing = {str(Transport.GRAPH): RoomListsOf(servers)}
    assert [
        each.partition(":")[0] for each in faults(cycle_with(lists=lists), RoomListing(routing=GRAPH, knowing=knowing))
    ] == [
        "room list of Lund",
        "room list of Malmö",
        "room list of Ystad",
    ]
    assert faults(cycle_with(), RoomListing(routing=GRAPH, knowing=knowing)) == [
        "room list of Malmö: There is no such room list. Make it: New-DistributionGroup -RoomList."
    ]
    assert "served by smtp" in faults(cycle_with(), RoomListing(routing=routing, knowing=knowing))[0]


def test_a_pin_names_a_room_of_the_list_or_is_a_fault() -> None:
    at = datetime(2027, 3, 10, 10, 0)
    listing = RoomListing(routing=GRAPH, knowing={Transport.GRAPH: Given(a_room("Sund"), a_room("Booth", seats=1))})
    right = PinnedTalk(employee="anna", at=at, room="Sund")
    assert with_listed_rooms(cycle_with(pinned=(right,)), PEOPLE, listing).rooms["Malmö"]
    for wrong in ("Sand", "Booth"):
        pin = PinnedTalk(employee="anna", at=at, room=wrong)
        assert faults(cycle_with(pinned=(pin,)), listing) == [
            (
                f'wishes: pin: The talk of anna is pinned to the room "{wrong}", and Malmö has no such room. '
                "Rooms for talks there are Sund."
            )
        ]


own_rooms = st.lists(
    st.builds(
        SiteRoom,
        name=st.sampled_from(["Sund", "Bro", "Öre"]),
        seats=st.integers(1, 9),
        neutral=st.booleans(),
        address=st.sampled_from([None, "sund@example.com", "x@example.com"]),
    ),
    max_size=3,
    unique_by=(lambda room: room.name, lambda room: room.address or room.name),
)
listed_rooms = st.lists(
    st.builds(
        ListedRoom,
        name=st.sampled_from(["Sund", "BRO", "Öre", "Alnö"]),
        address=st.sampled_from(["sund@example.com", "bro@example.com", "X@example.com", "y@example.com"]),
        seats=st.none() | st.integers(0, 9),
    ),
    min_size=1,
    max_size=5,
)


@given(own_rooms, listed_rooms)
def test_what_came_from_a_list_can_be_taken_away_again_and_no_two_rooms_are_one(
    own: list[SiteRoom], listed: list[ListedRoom]
) -> None:
    """Approval compares a plan's cycle with the files by it."""
    written = cycle_with(*own)
    rooms = resolved(written, *listed)
    found = replace(written, rooms={"Malmö": rooms})
    assert as_written(found) == written
    assert as_written(written) == written
    assert as_written(decode(Cycle, encode(found))) == written
    assert len({room.name.casefold() for room in rooms}) == len(rooms)
    addresses = [room.address.casefold() for room in rooms if room.address]
    assert len(set(addresses)) == len(addresses)
