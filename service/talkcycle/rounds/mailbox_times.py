"""When people and rooms are busy, as their mailboxes tell: who is asked, by which transport, and what is made of it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from talkcycle.domain.busy import BusyKind, Owner, Span
from talkcycle.domain.faults import Fault
from talkcycle.domain.localtime import day_of
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.domain.outside_hours import outside_hours
from talkcycle.domain.people import OFFICE_WEEK, Person
from talkcycle.domain.ports import FreeBusy
from talkcycle.domain.routes import Routing
from talkcycle.domain.wishes import SiteRoom

AT_A_TIME = 200
"""Mailboxes asked for in one call, so that progress can be told: ten requests of Graph's, two of Exchange's."""
NAMED = 3
"""Owners that a fault names; the rest it counts, for when a server is down every mailbox has the same fault."""
UNANSWERED = Untold(problem="The server left this mailbox out of its answer.", mend="Try again.")

Busy = Mapping[BusyKind, tuple[Span, ...]]
Progress = Callable[[int, int], None]


class Mailbox(NamedTuple):
    """*transport*: a name of ``domain.routes.Transport``."""

    transport: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailboxes:
    """Which mailboxes can be asked for their times.

    Attributes:
        routing: Which transport serves which.
        free_busy: Who tells times, by transport; a mailbox of any other transport is not asked.
    """

    routing: Routing
    free_busy: Mapping[str, FreeBusy] = field(default_factory=dict)

    def of(self, people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]]) -> dict[Owner, Mailbox]:
        """The mailboxes among those of *people* and *rooms* (by site) that can be asked."""
        addresses: list[tuple[Owner, str | None, str | None]] = [(each.id, each.email, each.mailbox) for each in people]
        for site, those in rooms.items():
            addresses.extend(((site, room.name), room.address, None) for room in those)
        found: dict[Owner, Mailbox] = {}
        for owner, address, named in addresses:
            transport = self.routing.serving(address, named) if address else ""
            if address and transport in self.free_busy:
                found[owner] = Mailbox(transport, address)
        return found

    def times(
        self, mailboxes: Mapping[Owner, Mailbox], window: Span, progress: Progress | None = None
    ) -> dict[Owner, MailboxTimes | Untold]:
        """What each of *mailboxes* tells. *progress*: how many of how many have been asked."""
        by_transport: dict[str, dict[str, None]] = defaultdict(dict)
        for transport, address in mailboxes.values():
            by_transport[transport][address] = None
        total, asked = sum(map(len, by_transport.values())), 0
        told: dict[Mailbox, MailboxTimes | Untold] = {}
        for transport, addresses in by_transport.items():
            left = iter(addresses)
            while batch := list(islice(left, AT_A_TIME)):
                answers = self.free_busy[transport].busy_times(batch, window)
                told.update({Mailbox(transport, each): answers.get(each, UNANSWERED) for each in batch})
                asked += len(batch)
                if progress:
                    progress(asked, total)
        return {owner: told[mailbox] for owner, mailbox in mailboxes.items()}


def taking_part(people: Iterable[Person], window: Span) -> list[Person]:
    """Who has a talk in a round within *window* or holds one, as far as the roster says: nobody else is asked for."""
    people = tuple(people)
    known = {person.id for person in people}
    employees = [each for each in people if each.manager in known and each.excluded is None and _employed(each, window)]
    hosts = {each.manager for each in employees}
    having = {each.id for each in employees}
    return [each for each in people if each.id in having or each.id in hosts]


def busy_as_told(told: MailboxTimes, owner: Person | None, window: Span) -> Busy:
    """The busy times of a mailbox, and time outside its hours where the roster gives no hours of its own.

    Args:
        owner: None for a room, which has no working hours.
        window: As it was asked for.
    """
    if owner is None or told.hours is None or owner.hours != OFFICE_WEEK:
        return told.busy
    outside = outside_hours(owner.hours, owner.zone, told.hours, told.zone or owner.zone, window)
    return {**told.busy, BusyKind.OUTSIDE: outside} if outside else told.busy


def untold_faults(untold: Mapping[Owner, Untold]) -> Iterator[Fault]:
    """What to tell HR and IT about mailboxes whose times cannot be told, a fault for each cause."""
    by_cause: dict[Untold, list[str]] = defaultdict(list)
    for owner, why in untold.items():
        by_cause[why].append(owner if isinstance(owner, str) else " ".join(owner))
    for why, owners in by_cause.items():
        more = f" and {len(owners) - NAMED} more" if len(owners) > NAMED else ""
        whose = f"mailbox{'es' if len(owners) > 1 else ''} of {', '.join(owners[:NAMED])}{more}"
        yield Fault(
            file=whose,
            problem=why.problem,
            mend=f"{why.mend} Or put a calendar file of theirs into the folder with calendars: it is read instead.",
        )


def _employed(person: Person, window: Span) -> bool:
    first, last = (day_of(each, person.zone) for each in window)
    return not ((person.starts and person.starts > last) or (person.ends and person.ends < first))
