"""HR's files read together, so that the faults of all are reported at once."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.people import Roster
from talkcycle.intake.cycle_file import ATTACHMENT_LIMIT, examine_cycle
from talkcycle.intake.nearest import nearest
from talkcycle.intake.pins_together import clashes
from talkcycle.intake.roster_file import read_roster
from talkcycle.intake.served_by import TRANSPORTS
from talkcycle.intake.unusable import quoted
from talkcycle.intake.wishes_and_people import misnamed, roomless
from talkcycle.intake.yaml_lines import Document, KeyPath


def read_cycle_and_roster(
    path: Path,
    *,
    templates: Mapping[str, AbstractSet[str]],
    default_contact: str,
    attachment_limit: int = ATTACHMENT_LIMIT,
    transports: AbstractSet[str] = frozenset(TRANSPORTS),
) -> tuple[Cycle, Roster]:
    """The cycle of *path* and the people of the roster it names. Arguments as of ``read_cycle``.

    Raises:
        FaultyInput: With every fault of both.
    """
    found = examine_cycle(
        path,
        templates=templates,
        default_contact=default_contact,
        attachment_limit=attachment_limit,
        transports=transports,
    )
    faults: list[Fault] = list(found.faults)
    roster = None
    if found.roster is not None:
        try:
            roster = read_roster(found.roster, defaults=found.defaults)
        except FaultyInput as error:
            faults.extend(error.faults)
    if roster is not None:
        faults.extend(_misspelt_sites(found.document, roster))
        faults.extend(misnamed(found.document, found.wishes, found.rooms, roster))
    if roster is not None and found.cycle is not None:
        faults.extend(roomless(found.document, found.wishes, found.cycle, roster))
        faults.extend(clashes(found.document, found.wishes, found.cycle, roster))
    if found.cycle is None or roster is None or faults:
        raise FaultyInput(faults)
    return found.cycle, roster


def _misspelt_sites(document: Document, roster: Roster) -> Iterator[Fault]:
    """A site nobody sits at may be to come; one that is nearly somebody's would hold what is meant for that one."""
    sites = {person.site for person in roster.people if person.site is not None}
    for path, site in _named_sites(document):
        meant = nearest(site, sites, cutoff=0.8) if site not in sites else None
        if meant is not None:
            mend = f'Did you mean "{meant}"?'
            yield document.fault(path, f"nobody in the roster is at {quoted(site)}.", mend)


def _named_sites(document: Document) -> Iterator[tuple[KeyPath, str]]:
    for path in document.lines:
        match path:
            case ("place" | "rooms", str(site)):
                yield path, site
            case ("steps", *_, "applies", "sites") | ("steps", *_, "applies", "sites", int()):
                value = document.at(path)
                if isinstance(value, str):
                    yield path, value
