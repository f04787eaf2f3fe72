"""A roster as it is written: its people, and what stands in every column, those of HR's own too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from talkcycle.domain.people import Person
from talkcycle.intake.columns import find_columns, known_columns
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.roster_file import roster_of
from talkcycle.intake.table_file import read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPerson:
    """A row. *cells*: as written, by the English name of a known column, and by its own of another one."""

    person: Person
    cells: Mapping[str, str]


def read_written_roster(path: Path, *, defaults: PersonDefaults) -> tuple[WrittenPerson, ...]:
    """Everybody in the roster *path*, in its order. Raises FaultyInput, with every fault."""
    table = read_table(path, known=known_columns)
    people = roster_of(table, defaults=defaults).people
    known = {place: column.value for column, place in find_columns(table)[0].items()}
    names = {place: known.get(place, name) for place, name in enumerate(table.header) if name}
    return tuple(
        WrittenPerson(
            person=person,
            cells={name: row[place].strip() if place < len(row) else "" for place, name in names.items()},
        )
        for person, row in zip(people, table.rows, strict=True)
    )
