"""Rooms of sites from the room lists of mail servers, beside those that the cycle file names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.mailboxes import ListedRoom, Untold
from talkcycle.domain.people import Person
from talkcycle.domain.ports import RoomLists
from talkcycle.domain.routes import Routing
from talkcycle.domain.wishes import RoomList, SiteRoom
from talkcycle.intake.nearest import choices
from talkcycle.intake.unusable import quoted

EMPTY = Untold(
    problem="There are no rooms in this list.",
    mend="Add them (Exchange: Add-DistributionGroupMember), or write the rooms themselves into the cycle file.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomListing:
    """Who is asked for the rooms of a list. *knowing*: by transport; no other one knows lists."""

    routing: Routing
    knowing: Mapping[str, RoomLists] = field(default_factory=dict)

    def rooms(self, address: str) -> tuple[ListedRoom, ...] | Untold:
        transport = self.routing.serving(address)
        if transport not in self.knowing:
            return Untold(
                problem=f"This list is served by {transport} (service.yaml), which knows no room lists.",
                mend="Let IT route its address to exchange or graph, or write the rooms themselves into the cycle file.",
            )
        return self.knowing[transport].rooms(address) or EMPTY


def with_listed_rooms(cycle: Cycle, people: Iterable[Person], listing: RoomListing) -> Cycle:
    """*cycle* with the rooms of its room lists behind those that HR wrote.

    A room that HR wrote, by the same name or address, is as HR wrote it; only an address it lacks comes from the list.

    Args:
        people: Of the roster: a pin may name a room that only the list has.

    Raises:
        FaultyInput: With every list that cannot be told or is empty, and every pinned talk whose room is nowhere.
    """
    faults: list[Fault] = []
    rooms = dict(cycle.rooms)
    for site, list_ in cycle.room_lists.items():
        listed = listing.rooms(list_.address)
        if isinstance(listed, Untold):
            faults.append(Fault(file=f"room list of {site}", problem=listed.problem, mend=listed.mend))
        else:
            rooms[site] = _together(cycle.rooms.get(site, ()), listed, list_)
    found = replace(cycle, rooms=rooms)
    if not faults:
        faults.extend(_rooms_of_pins(found, people))
    if faults:
        raise FaultyInput(faults)
    return found


def as_written(cycle: Cycle) -> Cycle:
    """*cycle* as the cycle file has it, without what came from room lists."""
    kept = {site: tuple(_as_written(room) for room in rooms if not room.listed) for site, rooms in cycle.rooms.items()}
    return replace(cycle, rooms={site: rooms for site, rooms in kept.items() if rooms or site not in cycle.room_lists})


def _as_written(room: SiteRoom) -> SiteRoom:
    return replace(room, address=None, address_listed=False) if room.address_listed else room


def _together(own: tuple[SiteRoom, ...], listed: Iterable[ListedRoom], list_: RoomList) -> tuple[SiteRoom, ...]:
    rooms = {room.name.casefold(): room for room in own}
    known = {room.address.casefold() for room in own if room.address}
    for each in listed:
        if each.address.casefold() in known:
            continue
        known.add(each.address.casefold())
        name = each.name
        same = rooms.get(name.casefold())
        if same is not None and not same.listed:
            if same.address is None:
                rooms[name.casefold()] = replace(same, address=each.address, address_listed=True)
            continue
        if same is not None:  # directories let two rooms have one name; a plan could not tell them apart
            name = f"{name} ({each.address.partition('@')[0]})"
        seats = each.seats or list_.seats  # a directory that does not know says 0, too
        rooms[name.casefold()] = SiteRoom(name=name, seats=seats, address=each.address, listed=True)
    return tuple(rooms.values())


def _rooms_of_pins(cycle: Cycle, people: Iterable[Person]) -> Iterator[Fault]:
    sites = {person.id: person.site for person in people}
    for pin in cycle.wishes.pinned:
        site = sites.get(pin.employee)
        if pin.room is None or site is None or site not in cycle.room_lists:
            continue
        there = [room.name for room in cycle.rooms[site] if room.holds_talks]
        if pin.room not in there:
            problem = f"The talk of {pin.employee} is pinned to the room {quoted(pin.room)}, and {site} has no such room."
            mend = f"Rooms for talks there are {choices(there)}." if there else "Take the room away."
            yield Fault(file="wishes: pin", problem=problem, mend=mend)
