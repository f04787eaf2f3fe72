"""Whose page a message leads to, and what the link looks like."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.faults import Refused
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.messages import DueMessage
from talkcycle.domain.people import Role
from talkcycle.domain.store import AuditEntry, Store
from talkcycle.rounds.orders import Facts

EXAMPLE = "example-of-a-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Makes the link of each message; the same for the same person, purpose and round, until somebody revokes it.

    Attributes:
        url: What links begin with.
    """

    store: Store
    url: str

    def __call__(self, due: DueMessage, facts: Facts) -> str:
        """The address of the recipient's own page; empty when they have none."""
        found = link_of(due, facts)
        if found is None:
            return ""
        with self.store.read() as session:
            return address(self.url, session.links.token(session.links.current(found)))


def example_links(url: str) -> Callable[[DueMessage, Facts], str]:
    """Addresses that look like those of ``PageLinks`` and lead nowhere: for texts that are only looked at."""
    return lambda due, facts: "" if link_of(due, facts) is None else address(url, EXAMPLE)


def link_of(due: DueMessage, facts: Facts) -> Link | None:
    """Whose page *due* leads to: the employee's about the talk, a manager's about all they hold; the recipient's own."""
    round_, talk = facts.round.id, facts.talk
    if due.role is Role.HR:
        return None
    person = due.key.recipient.removeprefix("person:")
    if due.role is Role.MANAGER:
        return Link(round=round_, person=person, purpose=Purpose.TALKS)
    if talk is None or person != talk.employee:
        return None
    return Link(round=round_, person=person, purpose=Purpose.TALK, talk=talk.id)


def address(url: str, token: str) -> str:
    return f"{url}/{token}"


def revoke_links(store: Store, person: str, *, round_: str | None, who: str, now: datetime) -> int:
    """Have none of the links of *person* open anything from now on; say of how many rounds. Later mails carry new ones.

    Args:
        round_: None: in every round.

    Raises:
        Refused: There is no such round, or nobody of that id in any.
    """
    with store.write() as session:
        rounds = [each for each in session.rounds.all() if round_ in {None, each.id}]
        theirs = [each.id for each in rounds if session.rosters.people(each.roster, [person])]
        if not theirs:
            raise Refused(f"There is nobody with the roster id {person} in {round_ or 'any round'}.")
        for each in theirs:
            session.links.revoke(each, person)
            subject = f"{each}/person:{person}"
            session.ledger.record(AuditEntry(at=now, who=who, action="revoke-links", subject=subject, detail=""))
    return len(theirs)
