"""Columns of a roster, under the names people give them in English and Swedish."""

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum

from talkcycle.domain.faults import Fault
from talkcycle.intake.nearest import nearest
from talkcycle.intake.tables import Table
from talkcycle.intake.unusable import quoted


class Column(StrEnum):
    """What a column is about, by its English name."""

    ID = "id"
    NAME = "name"
    EMAIL = "email"
    MANAGER = "manager"
    LANGUAGE = "language"
    ZONE = "time zone"
    COUNTRY = "country"
    SITE = "site"
    DAYS = "days"
    HOURS = "hours"
    START = "start"
    END = "end"
    ABSENCES = "absences"
    PREFERRED = "preferred hours"
    MOST_PER_DAY = "most per day"
    MAILBOX = "mailbox"
    EXCLUDED = "excluded"


REQUIRED = (Column.ID, Column.NAME, Column.EMAIL, Column.MANAGER)

NAMES = {
    Column.ID: "id, employee id, employee number, person id, anställningsnummer, anställningsnr, anst.nr, personalnummer",
    Column.NAME: "name, full name, namn, fullständigt namn",
    Column.EMAIL: "email, email address, mail, e-post, e-postadress, epost, mejl, mejladress, mailadress",
    Column.MANAGER: "manager, manager id, manager email, reports to, supervisor, chef, chef-id, närmaste chef",
    Column.LANGUAGE: "language, lang, språk",
    Column.ZONE: "time zone, timezone, zone, tz, tidszon",
    Column.COUNTRY: "country, land",
    Column.SITE: "site, office, location, kontor, ort, arbetsplats, arbetsställe",
    Column.DAYS: "days, working days, workdays, dagar, arbetsdagar",
    Column.HOURS: "hours, working hours, work hours, tider, arbetstid, arbetstider",
    Column.START: "start, start date, first day, hired, startdatum, anställd från, anställningsdatum, första dag, börjar",
    Column.END: "end, end date, last day, slut, slutdatum, anställd till, sista dag, slutar",
    Column.ABSENCES: "absences, absence, leave, away, frånvaro, ledighet, borta",
    Column.PREFERRED: "preferred hours, preferred times, önskade tider, önskade samtalstider",
    Column.MOST_PER_DAY: "most per day, most talks per day, talks a day, talks per day, max per day, högst per dag, "
    "högst samtal per dag, samtal per dag",
    Column.MAILBOX: "mailbox, served by, transport, postlåda, brevlåda",
    Column.EXCLUDED: "excluded, exclude, exclusion, exclusion reason, undantagen, undantag, undantas, utesluten",
}
"""Names of each column; case, spaces, dots, hyphens and underscores do not matter."""


def folded(name: str) -> str:
    """*name* without what does not matter."""
    return re.sub(r"[\s._\-:]+", "", unicodedata.normalize("NFC", name).casefold())


BY_NAME = {folded(name): column for column, names in NAMES.items() for name in names.split(",")}


def known_columns(header: Sequence[str]) -> int:
    """How many names of *header* are known: tells which of several readings of a file is the right one."""
    return len({BY_NAME[folded(name)] for name in header if folded(name) in BY_NAME})


def find_columns(table: Table) -> tuple[dict[Column, int], list[Fault]]:
    """Where in a row each column stands, and what is wrong with the header.

    A column nobody knows is left alone, unless its name is nearly a known one.
    """
    found: dict[Column, int] = {}
    faults = []
    for place, name in enumerate(table.header):
        column = BY_NAME.get(folded(name))
        if column in found:
            problem = f"{quoted(name)} means the same as {quoted(table.header[found[column]])}: {column}."
            faults.append(table.header_fault(place, problem, "Keep one of the two columns."))
        elif column is not None:
            found[column] = place
    for place, name in enumerate(table.header):
        meant = _nearly(name, found)
        if meant is not None:
            mend = f"Call it {quoted(meant)}, or something else if it is not meant."
            faults.append(table.header_fault(place, f"{quoted(name)} is nearly a known column.", mend))
    missing = [column for column in REQUIRED if column not in found]
    faults.extend(
        table.header_fault(
            None,
            f"the column {quoted(column)} is missing.",
            f"Add it; it may be called {NAMES[column].split(', ')[-1]} too.",
        )
        for column in missing
    )
    return found, faults


def _nearly(name: str, found: dict[Column, int]) -> str | None:
    plain = folded(name)
    if len(plain) < 4 or plain in BY_NAME:
        return None
    near = nearest(
        plain, (each for each, column in BY_NAME.items() if column not in found and len(each) >= 4), cutoff=0.85
    )
    return None if near is None else BY_NAME[near].value
