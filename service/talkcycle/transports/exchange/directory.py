"""People and their managers from the organisation's address list.

ResolveNames, not FindPeople: only the former tells managers and departments of people whom nobody has in their contacts,
and exchangelib's FindPeople cannot ask an address list, nor page through its answer. It tells 100 at a time and cannot be
paged, so the list is gone through by the beginnings of names.
"""

from collections.abc import Callable, Iterator
from typing import Any

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.faults import Refused
from talkcycle.domain.mailboxes import DirectoryPerson
from talkcycle.transports.exchange.prefixes import Prefixes
from talkcycle.transports.exchange.replies import code_of
from talkcycle.transports.exchange.rooms import ExchangeRooms
from talkcycle.transports.exchange.server import Server
from talkcycle.transports.exchange.services import Names
from talkcycle.transports.exchange.untold import UNKNOWN


class ExchangeDirectory:
    """Implements ``domain.ports.Directory``. An id is an address: EWS tells nothing of a person that lasts longer."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def people(self, progress: Callable[[int, int], None], /) -> Iterator[DirectoryPerson]:
        try:
            found = self._everybody(progress)
        except DeliveryError as failure:
            raise Refused(f"The server does not give its address list: {failure}.") from failure
        named = _by_unique_name(found)
        for person in found.values():
            yield _person(person, named)

    def _everybody(self, progress: Callable[[int, int], None]) -> dict[str, Any]:
        """By address, casefolded: mailbox and contact. Rooms are left out."""
        rooms = self._rooms()
        found: dict[str, Any] = {}
        prefixes = Prefixes()
        for prefix in prefixes:
            whole, entries = self._asked(prefix)
            if not whole:
                prefixes.cut(prefix)
            for mailbox, contact in entries:
                address = (mailbox.email_address or "").casefold()
                if mailbox.mailbox_type == "Mailbox" and "@" in address and address not in rooms:
                    found.setdefault(address, (mailbox, contact))
            progress(len(found), 0)
        return found

    def _asked(self, prefix: str) -> tuple[bool, list[Any]]:
        """Whether all that begin with *prefix* are told, and those that are."""
        with self._server.speaking():
            names = Names(self._server.line)
            answers = list(
                names.call(
                    unresolved_entries=[prefix],
                    return_full_contact_data=True,
                    search_scope="ActiveDirectory",
                    contact_data_shape="AllProperties",
                )
            )
            for answer in answers:
                if isinstance(answer, Exception) and code_of(answer) not in UNKNOWN:
                    raise answer
        return names.complete, [answer for answer in answers if isinstance(answer, tuple) and answer[0] is not None]

    def _rooms(self) -> frozenset[str]:
        """Addresses of all rooms on lists; the address list shows rooms as it shows people."""
        rooms = ExchangeRooms(self._server)
        found: set[str] = set()
        for address in rooms.lists():
            listed = rooms.rooms(address)
            found |= {room.address.casefold() for room in listed} if isinstance(listed, tuple) else set()
        return frozenset(found)


def _by_unique_name(found: dict[str, Any]) -> dict[str, str]:
    """Addresses by display name, where only one bears it: servers before 2010 SP2 tell a manager's name alone."""
    named: dict[str, str] = {}
    twice: set[str] = set()
    for address, (mailbox, _) in found.items():
        if mailbox.name in named:
            twice.add(mailbox.name)
        named[mailbox.name] = address
    return {name: address for name, address in named.items() if name and name not in twice}


def _person(entry: Any, named: dict[str, str]) -> DirectoryPerson:
    mailbox, contact = entry
    address = mailbox.email_address
    return DirectoryPerson(
        id=address.casefold(),
        name=mailbox.name or (contact and contact.display_name) or address,
        email=address,
        manager=_manager(contact, named) if contact else None,
        department=contact.department if contact else None,
        site=contact.office if contact else None,
        country=_country(contact) if contact else None,
        language=contact.culture if contact else None,
    )


def _manager(contact: Any, named: dict[str, str]) -> str | None:
    told = contact.manager_mailbox
    if told is not None and "@" in (told.email_address or ""):
        address: str = told.email_address.casefold()
        return address
    return named.get(contact.manager) if contact.manager else None


def _country(contact: Any) -> str | None:
    business = next((each for each in contact.physical_addresses or () if each.label == "Business"), None)
    return business.country if business is not None else None
