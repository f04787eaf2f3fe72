"""What stops a round until HR confirms: a roster that is not what the last one lets expect. Pure."""

from talkcycle.domain.cycle import Guards
from talkcycle.domain.people import Roster


def roster_faults(
    before: Roster | None, after: Roster, guards: Guards, *, round_: str = "the last round"
) -> tuple[str, ...]:
    """Say in sentences how *after* differs from *before* beyond the thresholds. Counts and ids only, no names.

    People who are gone count, whoever came instead: half a file, or another company's, must not pass. A share that
    equals its threshold passes. Without an earlier roster there is nothing to compare.

    Args:
        round_: Whose roster *before* is, in words.
    """
    if before is None or not before.people:
        return ()
    managers = {person.id: person.manager for person in after.people}
    gone = [person.id for person in before.people if person.id not in managers]
    stayed = [person for person in before.people if person.id in managers]
    changed = [person.id for person in stayed if person.manager != managers[person.id]]
    faults = []
    if len(gone) > guards.roster_shrinks * len(before.people):
        faults.append(
            f"{len(gone)} of {len(before.people)} people of {round_}'s roster are not in this one ({_some(gone)})."
        )
    if len(changed) > guards.managers_change * len(stayed):
        faults.append(f"{len(changed)} of {len(stayed)} people have another manager than in {round_} ({_some(changed)}).")
    return tuple(faults)


def _some(ids: list[str], most: int = 5) -> str:
    shown = ", ".join(ids[:most])
    return f"{shown} and {len(ids) - most} more" if len(ids) > most else shown
