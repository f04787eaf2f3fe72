"""Read a roster: every fault at once, or people with unique ids and addresses in a tree without loops."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.people import Person, Roster
from talkcycle.intake.columns import REQUIRED, find_columns, known_columns
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.person_row import RowReader
from talkcycle.intake.reporting_lines import resolved
from talkcycle.intake.table_file import read_table
from talkcycle.intake.tables import Table, unreadable


def read_roster(path: Path, *, defaults: PersonDefaults) -> Roster:
    """The people of *path*, a CSV or XLSX file.

    Raises:
        FaultyInput: With every fault.
    """
    return roster_of(read_table(path, known=known_columns), defaults=defaults)


def roster_of(table: Table, *, defaults: PersonDefaults) -> Roster:
    """The people of *table*. Raises FaultyInput."""
    columns, faults = find_columns(table)
    if any(column not in columns for column in REQUIRED):
        raise FaultyInput(faults)
    if not table.rows:
        raise unreadable(table.file, "names nobody.", "Write a row for each person below the names of the columns.")
    reader = RowReader(table, columns, defaults, faults)
    people = resolved(reader, [reader.person(number) for number in range(len(table.rows))])
    if reader.faults:
        raise FaultyInput(reader.faults)
    return Roster(version=roster_version(people), people=people)


def roster_version(people: Iterable[Person]) -> str:
    """A hash of *people*: the same whatever the order of the rows, the columns' names or the file's format."""
    lines = sorted(
        repr(
            (
                person.id,
                person.name,
                person.email,
                person.manager,
                person.language,
                person.zone,
                person.country,
                person.site,
                person.hours,
                person.starts and person.starts.isoformat(),
                person.ends and person.ends.isoformat(),
                [(absence.first.isoformat(), absence.last.isoformat()) for absence in person.absences],
                person.excluded,
                *_as_host(person),
                *_served(person),
            )
        )
        for person in people
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _as_host(person: Person) -> tuple[object, ...]:
    """Nothing for most people, so that versions from before these columns stay what they were."""
    return (person.preferred, person.most_per_day) if person.preferred or person.most_per_day else ()


def _served(person: Person) -> tuple[object, ...]:
    return (("mailbox", person.mailbox),) if person.mailbox else ()
