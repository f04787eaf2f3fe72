"""Rooms of sites in a cycle file: listed there, or known to a mail server by their list."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.routes import Transport
from talkcycle.domain.wishes import RoomList, SiteRoom
from talkcycle.intake.cycle_model import CycleSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.planning_model import RoomSettings, SiteRoomsSettings
from talkcycle.intake.setting_faults import NOT_A_GROUP
from talkcycle.intake.setting_types import ELSEWHERE, one_line
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.yaml_lines import KeyPath, Value

ROOMS = "rooms"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRooms:
    """Those that are well written, by site. A site with a list alone is not in *rooms*."""

    rooms: Mapping[str, tuple[SiteRoom, ...]] = field(default_factory=dict)
    lists: Mapping[str, RoomList] = field(default_factory=dict)


def read_rooms(findings: Findings, value: Value, settings: CycleSettings, transports: AbstractSet[str]) -> WrittenRooms:
    """Each site's rooms, checked.

    Args:
        value: As written; None: there are none.
        transports: Those service.yaml has: not all know lists of rooms.
    """
    if value is None:
        return WrittenRooms()
    if not isinstance(value, dict):
        findings.fault((ROOMS,), NOT_A_GROUP[0], "Write each site with its rooms below, indented.")
        return WrittenRooms()
    rooms: dict[str, tuple[SiteRoom, ...]] = {}
    lists: dict[str, RoomList] = {}
    for site, each in value.items():
        _check_site(findings, site, settings)
        if _has_list(each):
            lists |= _list_of(findings, site, each, transports)
        path, named = _named(site, each)
        found = _rooms_of(findings, path, site, named)
        if found or not _has_list(each):
            rooms[site] = found
    _check_addresses(findings, value)
    return WrittenRooms(rooms=rooms, lists=lists)


def _list_of(findings: Findings, site: str, value: Value, transports: AbstractSet[str]) -> dict[str, RoomList]:
    path = (ROOMS, site)
    section = findings.section(SiteRoomsSettings, value, path, apart=frozenset({ROOMS}))
    if not any(Transport(each).keeps_calendars for each in transports):
        mend = "Write the rooms themselves, as `- {name: Vättern, seats: 4}`, or let IT configure Exchange or Graph."
        findings.fault((*path, "list"), "service.yaml has neither exchange nor graph, who know lists of rooms.", mend)
    if not findings.sound((*path, "list"), (*path, "seats")):
        return {}
    return {site: RoomList(address=section.list, seats=section.seats)}


def _rooms_of(findings: Findings, where: KeyPath, site: str, value: Value) -> tuple[SiteRoom, ...]:
    if not isinstance(value, list):
        mend = "Write each room on a line of its own, such as `- {name: Vättern, seats: 4}`."
        findings.fault(where, "must be a list of rooms.", mend)
        return ()
    found: dict[str, SiteRoom] = {}
    for place, item in enumerate(value):
        path = (*where, place)
        room = findings.section(RoomSettings, item, path)
        if not findings.sound(path):
            continue
        if room.name.casefold() in found:
            problem = f"{quoted(room.name)} is the name of two rooms of {site}."
            findings.fault((*path, "name"), problem, "Give one of them another name.")
        found[room.name.casefold()] = SiteRoom(
            name=room.name, seats=room.seats, neutral=room.neutral, address=room.address
        )
    return tuple(found.values())


def _check_site(findings: Findings, site: str, settings: CycleSettings) -> None:
    """The site can be one, and its talks are somewhere where they can have a room."""
    path = (ROOMS, site)
    try:
        one_line(site)
    except Unusable as error:
        findings.unusable(path, error)
        return
    if findings.sound(("place",)):
        place = settings.place.get(site, settings.place.get(ELSEWHERE, Place()))
        if place.kind is PlaceKind.ONLINE:
            mend = f"Write `place: {{{site}: to be agreed}}`, or take its rooms away."
            findings.fault(path, f"talks of {site} are online, so they take no room.", mend)


def _check_addresses(findings: Findings, value: Mapping[str, Value]) -> None:
    """No mailbox is two rooms', and no list two sites': each room holds one talk at a time."""
    first: dict[str, KeyPath] = {}
    for path, address in _addresses(value):
        before = first.setdefault(address.casefold(), path)
        if before != path and findings.sound(path):
            line = findings.document.line_of(before)
            findings.fault(path, f"{quoted(address)} stands here for the second time; first on line {line}.", "Keep one.")


def _addresses(value: Mapping[str, Value]) -> Iterable[tuple[KeyPath, str]]:
    for site, each in value.items():
        address = each.get("list") if isinstance(each, dict) else None
        if isinstance(address, str):
            yield (ROOMS, site, "list"), address
        path, named = _named(site, each)
        for place, room in enumerate(named if isinstance(named, list) else ()):
            address = room.get("address") if isinstance(room, dict) else None
            if isinstance(address, str):
                yield (*path, place, "address"), address


def _has_list(value: Value) -> bool:
    """Whether what stands at a site is a group with a room list; one with a name is a room that wants its dash."""
    return isinstance(value, dict) and "name" not in value


def _named(site: str, value: Value) -> tuple[KeyPath, Value]:
    """The rooms that the file itself names, and where they stand."""
    if isinstance(value, dict) and _has_list(value):
        return (ROOMS, site, ROOMS), value.get(ROOMS, [])
    return (ROOMS, site), value
