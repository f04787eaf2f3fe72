"""People as the roster describes them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

Interval = tuple[int, int]
"""Half-open ``[from, to)`` in minutes of a local day, 0 to 1440."""

WeekHours = tuple[tuple[Interval, ...], ...]
"""Seven tuples, Monday to Sunday; a day without work is empty. Intervals are sorted and do not touch."""

OFFICE_WEEK: WeekHours = (((8 * 60, 17 * 60),),) * 5 + ((),) * 2


class Role(StrEnum):
    """In whose shoes somebody receives a message."""

    EMPLOYEE = "employee"
    MANAGER = "manager"
    HR = "hr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Days off, both included, in the person's own zone."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody in the roster.

    Attributes:
        id: Never reused, never changed; an address may change, an id does not.
        email: None for a person without a mailbox: their manager gets the agenda to print.
        manager: The id of their manager, None at the top of the tree.
        language: A Babel tag such as ``sv``, ``en`` or ``sv_FI``.
        zone: IANA, such as ``Europe/Stockholm``.
        country: Key of the holiday calendar: ``SE``, ``FI``, ``GB-ENG``.
        starts: First day employed, None when long ago.
        ends: Last day employed, None when open.
        preferred: Hours in which they prefer to hold talks; empty: the cycle's.
        most_per_day: Talks they hold a day at most; None: the cycle's.
        excluded: Why HR left this person out of the round; None when they take part. They may still host.
        mailbox: Which transport serves their mailbox (``domain.routes.Transport``); None: as service.yaml says.
        left: Not in HR's roster any more, and kept for what a running round still has to know of them.
    """

    id: str
    name: str
    email: str | None
    manager: str | None
    language: str
    zone: str
    country: str
    site: str | None = None
    hours: WeekHours = OFFICE_WEEK
    starts: date | None = None
    ends: date | None = None
    absences: tuple[Absence, ...] = ()
    excluded: str | None = None
    preferred: tuple[Interval, ...] = ()
    most_per_day: int | None = None
    mailbox: str | None = None
    left: bool = False

    def works_on(self, day: date) -> bool:
        """Say whether the roster has them employed and not absent on *day*; weekly hours and holidays aside."""
        if (self.starts and day < self.starts) or (self.ends and day > self.ends):
            return False
        return not any(absence.first <= day <= absence.last for absence in self.absences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All people of the organisation at one moment; ids and addresses are unique, the tree has no loop.

    Attributes:
        version: A hash of the content: the same people give the same version.
    """

    version: str
    people: tuple[Person, ...]
