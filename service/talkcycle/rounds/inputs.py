"""Read HR's files together, so that every fault in any of them is reported at once."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path

from talkcycle.domain.cycle import Anchor, Cycle
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.people import Roster
from talkcycle.intake.attachments import attached_files
from talkcycle.intake.cycle_file import examine_cycle
from talkcycle.intake.hr_files import read_cycle_and_roster
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.public_holidays import public_holidays
from talkcycle.rendering.library import Library
from talkcycle.rendering.template_files import shipped_files
from talkcycle.rounds.plan import Inputs
from talkcycle.rounds.texts import ATTACHMENTS

YEARS_AHEAD = 2
"""Holidays are frozen from the year before the window to this many years after it: the last steps fall there."""


def read_inputs(
    cycle_file: Path,
    *,
    templates: Path | None,
    default_contact: str,
    attachment_limit: int,
    transports: AbstractSet[str],
    today: date,
) -> Inputs:
    """The cycle of *cycle_file* with its roster, holidays, texts and attachments.

    Args:
        templates: HR's own templates folder.
        default_contact: HR's address where the cycle names none.
        attachment_limit: Bytes one message's own files may take together.
        transports: Those service.yaml has; a roster that names another one is at fault.
        today: Holidays are looked up from this day's year on, for a repeated cycle whose first window is long past.

    Raises:
        FaultyInput: With every fault of all of them.
    """
    from talkcycle.rendering.template_faults import faults_of  # noqa: PLC0415  # tries the designs: loads typst

    files = shipped_files(templates)
    library = Library(files, default_language="en")
    faults = list(faults_of(library))
    try:
        cycle, roster = read_cycle_and_roster(
            cycle_file,
            templates={language: library.names_for(language) for language in library.languages},
            default_contact=default_contact,
            attachment_limit=attachment_limit,
            transports=transports,
        )
    except FaultyInput as faulty:
        raise FaultyInput([*faults, *faulty.faults]) from None
    faults.extend(_steps_without_a_talk(cycle_file, cycle, library))
    if faults:
        raise FaultyInput(faults)
    own = {f"{ATTACHMENTS}{name}": (cycle_file.parent / name).read_bytes() for name in attached_files(cycle)}
    return Inputs(cycle=cycle, roster=roster, holidays=holidays_of(cycle, roster, today=today), files=files | own)


def roster_of_cycle(
    cycle_file: Path, *, templates: Path | None, default_contact: str, transports: AbstractSet[str]
) -> tuple[Path | None, PersonDefaults]:
    """The roster that *cycle_file* names, and what people get of whom it says nothing. Arguments as of ``read_inputs``.

    Faults of the cycle do not matter here; where there is no such file, there is no roster, and the usual defaults hold.

    Raises:
        FaultyInput: The file cannot be read at all.
    """
    library = Library(shipped_files(templates), default_language="en")
    texts = {language: library.names_for(language) for language in library.languages}
    if not cycle_file.exists():
        usual = {"language": "sv", "zone": "Europe/Stockholm", "country": "SE"}
        return None, PersonDefaults(**usual, languages=texts.keys(), transports=transports)
    found = examine_cycle(cycle_file, templates=texts, default_contact=default_contact, transports=transports)
    return found.roster, found.defaults


def holidays_of(cycle: Cycle, roster: Roster, *, today: date) -> dict[str, frozenset[date]]:
    """Public holidays of every country in *roster* and of the cycle's own."""
    first = max(cycle.window.first.year, today.year) - 1
    last = max(cycle.window.last.year, today.year) + YEARS_AHEAD
    years: Iterable[int] = range(first, last + 1)
    countries = {person.country for person in roster.people} | {cycle.country}
    return {country: public_holidays(country, years) for country in sorted(countries)}


def _steps_without_a_talk(cycle_file: Path, cycle: Cycle, library: Library) -> Iterator[Fault]:
    for step in cycle.steps:
        if step.when.anchor is not Anchor.TALK and library.needs_a_talk(step.template):
            yield Fault(
                file=str(cycle_file),
                place=f"steps.{step.id}",
                problem=f"The text {step.template} is about a talk, and this step is about the round.",
                mend="Count the step from the talk (such as: 3 days before), or give it another text.",
            )
