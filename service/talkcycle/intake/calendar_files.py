"""Whose calendar a file in the folder is: it is named after a roster id, a mailbox or a room."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path

from talkcycle.domain.busy import Owner
from talkcycle.domain.faults import Fault
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import SiteRoom
from talkcycle.intake.nearest import did_you_mean
from talkcycle.intake.unusable import quoted

ENDINGS = frozenset({".ics", ".ifb", ".vfb"})
LEFT_BEHIND = frozenset({"thumbs.db", "desktop.ini", "addresses.csv"})
"""What systems leave there, and the list of addresses that is read apart."""
FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
MOST_STRANGERS = 20
"""Looking for the nearest name costs; whoever has mended twenty files sees what the others want."""


def calendar_files(
    folder: Path, people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]]
) -> tuple[Mapping[Owner, Path], tuple[Fault, ...]]:
    """The file of each owner that has one, and what is wrong with the other files.

    Args:
        folder: Has files named after people and rooms, and folders named after sites with files of their rooms.
            Hidden files and README files are left alone. A character that no file name may have is written as ``_``.
        rooms: By site.
    """
    names = owners_by_name(people, rooms)
    found: dict[Owner, Path] = {}
    faults: list[Fault] = []
    strangers = 0
    for path, name in _files(folder):
        owners: AbstractSet[Owner] = names.get(folded(name), frozenset())
        if path.suffix.casefold() not in ENDINGS:
            faults.append(_fault(path, "This is no calendar file.", "Calendars end in .ics, .ifb or .vfb; move it away."))
        elif not path.is_file():
            faults.append(_fault(path, "This is no file.", "Put the calendar itself here."))
        elif len(owners) != 1:
            strangers += 1
            if strangers <= MOST_STRANGERS:
                faults.append(_nobody(path, name, names) if not owners else _several(path, name))
        else:
            (owner,) = owners
            if owner in found:
                faults.append(_fault(path, f"{found[owner].name} is a calendar of the same owner.", "Keep one of them."))
            found.setdefault(owner, path)
    if strangers > MOST_STRANGERS:
        problem = f"{strangers - MOST_STRANGERS} more files belong to nobody."
        faults.append(_fault(folder, problem, "Name each after a roster id, a mailbox or a room."))
    return found, tuple(faults)


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file with the name it goes by: its own without the ending, its folder's before it."""
    for path in sorted(folder.iterdir()):
        if _left_alone(path):
            continue
        if path.is_dir() and path.suffix.casefold() not in ENDINGS:
            inside = (each for each in sorted(path.iterdir()) if not _left_alone(each))
            yield from ((each, f"{path.name}/{each.stem}") for each in inside)
        else:
            yield path, path.stem


def _left_alone(path: Path) -> bool:
    name = path.name.casefold()
    return name.startswith((".", "~", "readme")) or name in LEFT_BEHIND


def owners_by_name(people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]]) -> Mapping[str, set[Owner]]:
    """All that people and rooms go by, folded: roster ids, mailboxes, rooms with and without their site and a slash."""
    names: dict[str, set[Owner]] = defaultdict(set)
    for person in people:
        for name in (person.id, person.email):
            if name:
                names[folded(_as_file(name))].add(person.id)
    for site, those in rooms.items():
        for room in those:
            names[folded(_as_file(room.name))].add((site, room.name))
            names[folded(f"{_as_file(site)}/{_as_file(room.name)}")].add((site, room.name))
    return names


def _as_file(name: str) -> str:
    return FORBIDDEN.sub("_", name)


def folded(name: str) -> str:
    """However the disk writes capitals and accents."""
    return unicodedata.normalize("NFC", name).casefold()


def _nobody(path: Path, name: str, names: Mapping[str, set[Owner]]) -> Fault:
    otherwise = "Name it after a roster id, a mailbox or a room."
    return _fault(path, f"Nobody and no room is called {quoted(name)}.", did_you_mean(name, names, otherwise))


def _several(path: Path, name: str) -> Fault:
    mend = "Put a room's calendar in a folder named after its site, and name a person's after the roster id."
    return _fault(path, f"{quoted(name)} is the name of several people or rooms.", mend)


def _fault(path: Path, problem: str, mend: str) -> Fault:
    return Fault(file=str(path), problem=problem, mend=mend)
