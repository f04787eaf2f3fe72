"""HR's files read together, so that the faults of all are reported at once."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.people import Roster
from talkcycle.intake.cycle_file import ATTACHMENT_LIMIT, examine_cycle
from talkcycle.intake.roster_file import read_roster


def read_cycle_and_roster(
    path: Path,
    *,
    templates: Mapping[str, AbstractSet[str]],
    default_contact: str,
    attachment_limit: int = ATTACHMENT_LIMIT,
) -> tuple[Cycle, Roster]:
    """The cycle of *path* and the people of the roster it names. Arguments as of ``read_cycle``.

    Raises:
        FaultyInput: With every fault of both.
    """
    found = examine_cycle(path, templates=templates, default_contact=default_contact, attachment_limit=attachment_limit)
    faults: list[Fault] = list(found.faults)
    roster = None
    if found.roster is not None:
        try:
            roster = read_roster(found.roster, defaults=found.defaults)
        except FaultyInput as error:
            faults.extend(error.faults)
    if found.cycle is None or roster is None:
        raise FaultyInput(faults)
    return found.cycle, roster
