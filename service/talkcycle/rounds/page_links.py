"""What links to people's own pages look like, and how they are revoked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.faults import Refused
from talkcycle.domain.links import Link
from talkcycle.domain.store import AuditEntry, Store

EXAMPLE = "example-of-a-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLinks:
    """Makes the address of each link; the same for the same person, purpose and round, until somebody revokes it.

    Attributes:
        url: What links begin with.
    """

    store: Store
    url: str

    def __call__(self, link: Link) -> str:
        with self.store.read() as session:
            return address(self.url, session.links.token(session.links.current(link)))


def example_links(url: str) -> Callable[[Link], str]:
    """Addresses that look like those of ``PageLinks`` and lead nowhere: for texts that are only looked at."""
    return lambda _: address(url, EXAMPLE)


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
