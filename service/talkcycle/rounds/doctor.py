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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Mailboxes to look at.

    Attributes:
        served: By transport that is configured: those it has to serve, each once.
        told: By transport: those whose busy times alone are needed.
        outside: Those that no transport must be able to open.
    """

    served: Mapping[Transport, tuple[str, ...]]
    told: Mapping[Transport, tuple[str, ...]]
    outside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """One mailbox of a sample. *hosts*: its calendar keeps talks, or may. *mailed*: it gets mails; rooms do not."""

    address: str
    by: Transport
    hosts: bool = True
    mailed: bool = True


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

    Exchange and Graph have to serve the calendars of managers, and to be told the busy times of employees and rooms.
    Where mails go out by SMTP, its server is asked about everybody but rooms: HR and all others get mails through it,
    whoever keeps their calendar.

    Args:
        cycle: None while HR's files cannot be read.
        few: Managers, employees and rooms of each transport, so many of each.
        named: Mailboxes that somebody asked for besides.
    """
    chosen = [
        _Chosen(address=routing.sender, by=routing.mail),
        *_named(routing, people, named),
        *_few_people(routing, people, few),
        *_few_rooms(routing, cycle, few),
    ]
    configured = [each for each in Transport if each in routing.available]
    served = {by: [each.address for each in chosen if each.by is by and each.hosts] for by in configured}
    told = {by: [each.address for each in chosen if each.by is by and not each.hosts] for by in configured}
    if Transport.SMTP in served:  # which opens nobody's calendar, and mails whoever has a mailbox
        mails = routing.mail is Transport.SMTP
        hr = [cycle.hr.email] if cycle is not None and mails else []
        mailed = [each.address for each in chosen if each.mailed and (mails or each.by is Transport.SMTP)]
        served[Transport.SMTP], told[Transport.SMTP] = [*hr, *mailed], []
    return Sample(served=_once(served), told=_once(told), outside=tuple(outside))


def transport_findings(
    doctors: Mapping[Transport, Doctor | None], sample: Sample
) -> list[tuple[Transport, Iterator[Finding]]]:
    """What each transport's doctor finds about its mailboxes; nothing is looked at before it is asked for."""
    return [(transport, _findings(transport, doctors.get(transport), sample)) for transport in sample.served]


def _findings(transport: Transport, doctor: Doctor | None, sample: Sample) -> Iterator[Finding]:
    if doctor is None:
        says = "nothing looks at this transport in this version"
        yield Finding(transport=transport, check="doctor", grade=Grade.UNTOLD, says=says)
    else:
        yield from doctor.examine(sample.served[transport], sample.outside, told=sample.told[transport])


def spread(values: Sequence[Value], few: int) -> list[Value]:
    """At most *few* of *values*, at even distances, the first among them."""
    if len(values) <= few:
        return list(values)
    return [values[number * len(values) // few] for number in range(few)]


def _named(routing: Routing, people: Sequence[Person], named: Iterable[str]) -> Iterator[_Chosen]:
    """Somebody nobody knows may be a manager."""
    hosts = {person.manager for person in people}
    known = {person.email.casefold(): person for person in people if person.email is not None}
    for address in named:
        person = known.get(address.casefold())
        by = routing.serving(address, None if person is None else person.mailbox)
        yield _Chosen(address=address, by=by, hosts=person is None or person.id in hosts)


def _few_people(routing: Routing, people: Sequence[Person], few: int) -> Iterator[_Chosen]:
    """Of each transport *few* who hold talks, and *few* who do not."""
    hosts = {person.manager for person in people}
    reached = [
        _Chosen(address=person.email, by=routing.serving(person.email, person.mailbox), hosts=person.id in hosts)
        for person in people
        if person.email is not None and (person.excluded is None or person.id in hosts)
    ]
    for transport in Transport:
        for hosting in (True, False):
            yield from spread([each for each in reached if each.by is transport and each.hosts is hosting], few)


def _few_rooms(routing: Routing, cycle: Cycle | None, few: int) -> Iterator[_Chosen]:
    rooms = [] if cycle is None else [room.address for those in cycle.rooms.values() for room in those if room.address]
    for transport in Transport:
        theirs = [address for address in rooms if routing.serving(address) is transport]
        for address in spread(theirs, few):
            yield _Chosen(address=address, by=transport, hosts=False, mailed=False)


def _once(addresses: Mapping[Transport, Iterable[str]]) -> dict[Transport, tuple[str, ...]]:
    return {transport: tuple(dict.fromkeys(those)) for transport, those in addresses.items()}
