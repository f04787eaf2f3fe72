"""Rooms and the planner's rules in a cycle file."""

from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.wishes import PlanningRules, SiteRoom
from talkcycle.intake.cycle_model import CycleSettings
from talkcycle.intake.findings import Findings
from talkcycle.intake.planning_model import Effect, PlanningSettings, RoomSettings
from talkcycle.intake.setting_faults import NOT_A_GROUP
from talkcycle.intake.setting_types import ELSEWHERE, one_line
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.yaml_lines import Value

ROOMS = "rooms"
BLOCKS = {Effect.BLOCKS: Blocks.HARD, Effect.AVOID: Blocks.SOFT, Effect.FREE: Blocks.FREE}


def planning_rules(settings: PlanningSettings) -> PlanningRules:
    """The rules as the planner takes them."""
    busy = settings.busy_times
    return PlanningRules(
        cascade=settings.cascade,
        blocks={
            BusyKind.BUSY: BLOCKS[busy.busy],
            BusyKind.AWAY: BLOCKS[busy.away],
            BusyKind.TENTATIVE: BLOCKS[busy.tentative],
            BusyKind.ELSEWHERE: BLOCKS[busy.working_elsewhere],
        },
        lunch=settings.lunch,
        preferred=settings.preferred_hours,
        calendars=settings.calendars,
    )


def read_rooms(findings: Findings, value: Value, settings: CycleSettings) -> dict[str, tuple[SiteRoom, ...]]:
    """Each site's rooms, checked. *value*: as written; None: there are none."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        findings.fault((ROOMS,), NOT_A_GROUP[0], "Write each site with its rooms below, indented.")
        return {}
    return {site: _rooms_of(findings, site, each, settings) for site, each in value.items()}


def _rooms_of(findings: Findings, site: str, value: Value, settings: CycleSettings) -> tuple[SiteRoom, ...]:
    _check_site(findings, site, settings)
    if not isinstance(value, list):
        mend = "Write each room on a line of its own, such as `- {name: Vättern, seats: 4}`."
        findings.fault((ROOMS, site), "must be a list of rooms.", mend)
        return ()
    found: dict[str, SiteRoom] = {}
    for place, item in enumerate(value):
        path = (ROOMS, site, place)
        room = findings.section(RoomSettings, item, path)
        if not findings.sound(path):
            continue
        if room.name.casefold() in found:
            problem = f"{quoted(room.name)} is the name of two rooms of {site}."
            findings.fault((*path, "name"), problem, "Give one of them another name.")
        found[room.name.casefold()] = SiteRoom(name=room.name, seats=room.seats, neutral=room.neutral)
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
