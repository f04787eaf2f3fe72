"""Whether a step applies to somebody. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta

from talkcycle.domain.cycle import Applies, Cycle, Place
from talkcycle.domain.localtime import day_of
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk


def does_not_apply(applies: Applies, talk: Talk, employee: Person) -> str | None:
    """Why the condition of a step does not hold for *talk*; None when it does."""
    day = day_of(talk.start, employee.zone) if talk.start else None
    return _unmet(applies, employee, talk.place, day)


def does_not_apply_to(applies: Applies, cycle: Cycle, person: Person) -> str | None:
    """The same for a step about the round: its place and day are those a talk of *person* would have."""
    return _unmet(applies, person, cycle.place_for(person.site), cycle.window.first)


def _unmet(applies: Applies, person: Person, place: Place, day: date | None) -> str | None:
    checks: Iterable[tuple[bool, str]] = (
        (not applies.sites or person.site in applies.sites, "this site"),
        (not applies.countries or person.country in applies.countries, "this country"),
        (not applies.languages or person.language in applies.languages, "this language"),
        (not applies.places or place.kind in applies.places, "this kind of place"),
        (
            applies.new_employees is None or applies.new_employees == _is_new(person, day),
            "how long they are employed",
        ),
    )
    return next((f"the step does not apply to {what}" for holds, what in checks if not holds), None)


def _is_new(person: Person, day: date | None) -> bool:
    return person.starts is not None and day is not None and day - person.starts < timedelta(days=365)
