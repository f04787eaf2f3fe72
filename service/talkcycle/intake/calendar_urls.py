"""Where calendars are fetched: ``addresses.csv`` in the folder with calendars, one line for each person or room."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from talkcycle.domain.busy import Owner
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import SiteRoom
from talkcycle.intake.calendar_files import folded, owners_by_name
from talkcycle.intake.nearest import did_you_mean
from talkcycle.intake.table_file import decoded
from talkcycle.intake.unusable import quoted

ADDRESSES = "addresses.csv"
COLUMNS = ("for", "address")
MOST_BYTES = 20_000_000


def read_calendar_urls(
    folder: Path, people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]]
) -> Mapping[Owner, str]:
    """The address of everybody who has one; nobody's if there is no such file.

    Addresses may hold secrets: no fault shows one.

    Raises:
        FaultyInput: With every fault.
    """
    path = folder / ADDRESSES
    if not path.is_file():
        return {}
    names = owners_by_name(people, rooms)
    found: dict[Owner, str] = {}
    faults: list[Fault] = []

    def fault(line: int, place: str, problem: str, mend: str) -> None:
        faults.append(Fault(file=str(path), line=line, place=place, problem=problem, mend=mend))

    for line, name, address in _lines(path):
        owners = names.get(folded(name), set())
        if not address:
            fault(line, "address", "There is no address.", "Write where the calendar is, or take the line out.")
        if len(owners) != 1:
            problem = (
                f"{quoted(name)} is the name of several." if owners else f"Nobody and no room is called {quoted(name)}."
            )
            mend = "Write a roster id, a mailbox, or a room as SITE/ROOM."
            fault(line, "for", problem, mend if owners else did_you_mean(name, names, mend))
            continue
        (owner,) = owners
        if owner in found:
            fault(line, "for", f"{quoted(name)} has an address already.", "Keep one of the lines.")
        found[owner] = address
    if faults:
        raise FaultyInput(faults)
    return found


def urls_of(folder: Path, people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]]) -> Mapping[Owner, str]:
    """The address of each of these that has one, whatever single other lines hold: a plan was made from the file.

    Raises:
        FaultyInput: The file cannot be read.
    """
    path = folder / ADDRESSES
    names = owners_by_name(people, rooms)
    found: dict[Owner, str] = {}
    for _, name, address in _lines(path) if path.is_file() else ():
        owners = names.get(folded(name), set())
        if address and len(owners) == 1:
            found.update(dict.fromkeys(owners, address))
    return found


def _lines(path: Path) -> Iterator[tuple[int, str, str]]:
    """Number, name and address of each line that is not empty. Raises FaultyInput."""
    lines = csv.reader(_text(path).splitlines())
    header = [cell.strip().casefold() for cell in next(lines, [])]
    if header[:2] != list(COLUMNS):
        problem, mend = "The columns are not for and address.", f"Begin the file with the line: {','.join(COLUMNS)}"
        raise FaultyInput([Fault(file=str(path), line=1, problem=problem, mend=mend)])
    for row in lines:
        cells = [cell.strip() for cell in row]
        if any(cells):
            name, address = (*cells, "", "")[:2]
            yield lines.line_num, name, address


def _text(path: Path) -> str:
    mend = "Let the service read it."
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        problem = f"The file cannot be read: {error.strerror}."
        raise FaultyInput([Fault(file=str(path), problem=problem, mend=mend)]) from None
    if len(data) > MOST_BYTES:
        raise FaultyInput([Fault(file=str(path), problem="The file is far too large.", mend="Write a line for each.")])
    return decoded(str(path), data)
