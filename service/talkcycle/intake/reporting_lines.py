"""Who reports to whom: managers found by id or address, and the tree checked for loops."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from talkcycle.domain.people import Person
from talkcycle.intake.columns import Column
from talkcycle.intake.person_row import RowReader
from talkcycle.intake.unusable import quoted, shown

SHOWN_IN_A_LOOP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Rows by what names a person, whatever its case; ids by the name, for whoever wrote that."""

    by_id: dict[str, int]
    by_address: dict[str, int]
    by_name: dict[str, str]


def resolved(reader: RowReader, people: Sequence[Person]) -> tuple[Person, ...]:
    """*people* (a row each) with their managers' ids; what is wrong with ids, addresses and managers goes to *reader*."""
    known = _Known(
        by_id=_unique(reader, people, Column.ID),
        by_address=_unique(reader, people, Column.EMAIL),
        by_name=_by_name(people),
    )
    managers = [_manager(reader, number, person, known) for number, person in enumerate(people)]
    for loop in loops(managers):
        chain = " > ".join(shown(people[number].id) for number in [*loop[:SHOWN_IN_A_LOOP], loop[0]])
        more = f" (and {len(loop) - SHOWN_IN_A_LOOP} more)" if len(loop) > SHOWN_IN_A_LOOP else ""
        problem = f"reports in a loop: {chain}{more}."
        _fault(reader, loop[0], Column.MANAGER, problem, "Leave the manager empty for whoever is at the top.")
    return tuple(
        person if manager is None and person.manager is None
        else replace(person, manager=None if manager is None else people[manager].id)
        for person, manager in zip(people, managers, strict=True)
    )  # fmt: skip


def _unique(reader: RowReader, people: Sequence[Person], column: Column) -> dict[str, int]:
    """The row of each id or address, whatever its case. Two people with one are a fault, at the second."""
    found: dict[str, int] = {}
    for number, person in enumerate(people):
        value = person.id if column is Column.ID else person.email
        if value:
            first = found.setdefault(value.casefold(), number)
            if first != number:
                what = "id" if column is Column.ID else "address"
                where = f"{'row' if reader.table.cells else 'line'} {reader.table.lines[first]}"
                mend = f"Give each person an {what} of their own, or remove the row that is there twice."
                _fault(
                    reader, number, column, f"{quoted(value)} is the {what} of two people; the first is on {where}.", mend
                )
    return found


def _by_name(people: Sequence[Person]) -> dict[str, str]:
    """Ids by the name, of those who alone have it."""
    count = Counter(person.name.casefold() for person in people)
    return {person.name.casefold(): person.id for person in people if count[person.name.casefold()] == 1}


def _manager(reader: RowReader, number: int, person: Person, known: _Known) -> int | None:
    """The row of *person*'s manager; None when there is none."""
    if person.manager is None:
        return None
    wanted = person.manager.casefold()
    found = known.by_id.get(wanted, known.by_address.get(wanted))
    if found is None:
        named = known.by_name.get(wanted)
        mend = (
            f"Write the manager's id, {quoted(named)}."
            if named
            else "Write a manager's id or address as in their own row."
        )
        _fault(reader, number, Column.MANAGER, f"the manager {quoted(person.manager)} is not in the roster.", mend)
    elif found == number:
        _fault(
            reader, number, Column.MANAGER, "is their own manager.", "Write somebody else, or leave it empty at the top."
        )
        return None
    return found


def loops(managers: Sequence[int | None]) -> list[list[int]]:
    """Every loop once, beginning with its first row. *managers*: of each row, the row of its manager."""
    found, seen = [], [0] * len(managers)
    for start in range(len(managers)):
        walk, here = [], start
        while not seen[here]:
            seen[here] = start + 1
            walk.append(here)
            above = managers[here]
            if above is None:
                break
            here = above
            if seen[here] == start + 1:
                loop = walk[walk.index(here) :]
                first = loop.index(min(loop))
                found.append(loop[first:] + loop[:first])
    return found


def _fault(reader: RowReader, number: int, column: Column, problem: str, mend: str) -> None:
    reader.faults.append(reader.table.fault(number, reader.columns[column], problem, mend))
