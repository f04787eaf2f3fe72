"""Which mailboxes ``doctor`` looks at, and what every transport finds about those it serves."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.domain.people import Person
from talkcycle.domain.ports import Doctor
from talkcycle.domain.routes import Routing, Transport

Value = TypeVar("Value")
_Reached = tuple[str, Transport]
"""An address, and who serves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Mailboxes to look at.

    Attributes:
        served: By transport that is configured: those it has to serve, each once.
        outside: Those that no transport must be able to open.
    """

    served: Mapping[Transport, tuple[str, ...]]
    outside: tuple[str, ...] = ()


def sample_of(
    routing: Routing,
    cycle: Cycle | None,
    people: Sequence[Person],
    *,
    few: int,
    named: Iterable[str] = (),
    outside: Iterable[str] = (),
) -> Sample:
    """A few mailboxes of each transport: the same for the same files, and spread over the whole roster.

    A transport looks at the managers, employees and rooms it serves. Where mails go out by SMTP, its server is asked
    about everybody but rooms: HR and all others get mails through it, whoever keeps their calendar.

    Args:
        cycle: None while HR's files cannot be read.
        few: Managers, employees and rooms of each transport, so many of each.
        named: Mailboxes that somebody asked for besides.
    """
    columns = {person.email.casefold(): person.mailbox for person in people if person.email is not None}
    mailed: list[_Reached] = [(routing.sender, routing.mail)]
    mailed += [(address, routing.serving(address, columns.get(address.casefold()))) for address in named]
    mailed += _few_people(routing, people, few)
    looked_at = [*mailed, *_few_rooms(routing, cycle, few)]
    served = {
        each: [address for address, by in looked_at if by is each] for each in Transport if each in routing.available
    }
    if routing.mail is Transport.SMTP and Transport.SMTP in served:
        hr = [cycle.hr.email] if cycle is not None else []
        served[Transport.SMTP] = [*hr, *(address for address, _ in mailed)]
    return Sample(
        served={each: tuple(dict.fromkeys(addresses)) for each, addresses in served.items()}, outside=tuple(outside)
    )


def transport_findings(
    doctors: Mapping[Transport, Doctor | None], sample: Sample
) -> list[tuple[Transport, Iterator[Finding]]]:
    """What each transport's doctor finds about its mailboxes; nothing is looked at before it is asked for."""
    return [
        (transport, _findings(transport, doctors.get(transport), addresses, sample.outside))
        for transport, addresses in sample.served.items()
    ]


def _findings(
    transport: Transport, doctor: Doctor | None, addresses: Sequence[str], outside: Sequence[str]
) -> Iterator[Finding]:
    if doctor is None:
        says = "nothing looks at this transport in this version"
        yield Finding(transport=transport, check="doctor", grade=Grade.UNTOLD, says=says)
    else:
        yield from doctor.examine(addresses, outside)


def spread(values: Sequence[Value], few: int) -> list[Value]:
    """At most *few* of *values*, at even distances, the first among them."""
    if len(values) <= few:
        return list(values)
    return [values[number * len(values) // few] for number in range(few)]


def _few_people(routing: Routing, people: Sequence[Person], few: int) -> Iterator[_Reached]:
    """Of each transport *few* who hold talks, and *few* who do not."""
    hosts = {person.manager for person in people}
    reached = [
        (person.email, routing.serving(person.email, person.mailbox), person.id in hosts)
        for person in people
        if person.email is not None and (person.excluded is None or person.id in hosts)
    ]
    for transport in Transport:
        for hosting in (True, False):
            theirs = [address for address, by, hosts_talks in reached if (by, hosts_talks) == (transport, hosting)]
            yield from ((address, transport) for address in spread(theirs, few))


def _few_rooms(routing: Routing, cycle: Cycle | None, few: int) -> Iterator[_Reached]:
    rooms = [] if cycle is None else [room.address for those in cycle.rooms.values() for room in those if room.address]
    for transport in Transport:
        theirs = [address for address in rooms if routing.serving(address) is transport]
        yield from ((address, transport) for address in spread(theirs, few))
