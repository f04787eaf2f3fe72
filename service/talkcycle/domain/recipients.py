"""Who gets a message, and how days are reckoned for them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date

from talkcycle.domain.cycle import Contact, Recipients
from talkcycle.domain.messages import HR
from talkcycle.domain.people import Person, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who gets a message and how days are reckoned for them.

    Attributes:
        key: ``person:<id>`` or ``hr``.
        email: None: cannot be reached.
        holidays: Public holidays of their country, in their own zone.
        last_day: After it they get nothing more but the end of what stands in their calendar; None: nobody knows one.
    """

    key: str
    role: Role
    name: str
    email: str | None
    language: str
    zone: str
    holidays: AbstractSet[date]
    last_day: date | None = None


def person_recipient(person: Person, role: Role, holidays: Mapping[str, AbstractSet[date]]) -> Recipient:
    """*person* in the shoes of *role*."""
    return Recipient(
        key=f"person:{person.id}",
        role=role,
        name=person.name,
        email=person.email,
        language=person.language,
        zone=person.zone,
        holidays=holidays.get(person.country, frozenset()),
        last_day=date.min if person.left else person.ends,
    )


def hr_recipient(contact: Contact, country: str, holidays: Mapping[str, AbstractSet[date]]) -> Recipient:
    """HR's own mailbox."""
    return Recipient(
        key=HR,
        role=Role.HR,
        name=contact.name,
        email=contact.email,
        language=contact.language,
        zone=contact.zone,
        holidays=holidays.get(country, frozenset()),
    )


def roles_of(to: Recipients) -> tuple[Role, ...]:
    """The roles a step goes to."""
    match to:
        case Recipients.BOTH:
            return (Role.EMPLOYEE, Role.MANAGER)
        case Recipients.EMPLOYEE:
            return (Role.EMPLOYEE,)
        case Recipients.MANAGER:
            return (Role.MANAGER,)
        case Recipients.HR:
            return (Role.HR,)
