"""The organisation's people and their managers, from Microsoft Entra."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.faults import Refused
from talkcycle.domain.mailboxes import DirectoryPerson
from talkcycle.transports.graph.client import Graph

SELECTED = (
    "id,displayName,mail,userType,accountEnabled,employeeId,department,officeLocation,country,usageLocation,"
    "preferredLanguage"
)


class GraphDirectory:
    """Implements ``domain.ports.Directory``. Safe to share between threads."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def people(self, progress: Callable[[int, int], None], /) -> Iterator[DirectoryPerson]:
        """See ``domain.ports.Directory``. Guests are left out."""
        query = {
            "$select": SELECTED,
            "$expand": "manager($select=id)",
            "$filter": "accountEnabled eq true",
            "$top": "500",
        }
        seen: set[str] = set()
        count = 0
        try:
            with self._graph.line() as client:
                for page in client.pages("/users", mailbox=None, query=query):
                    for user in page.get("value", ()):
                        count += 1
                        if _belongs(user) and user["id"] not in seen:
                            seen.add(user["id"])
                            yield _person(user)
                    progress(count, 0)
        except DeliveryError as failure:
            raise Refused(
                f"Microsoft Entra does not give the people: {failure}. "
                "Grant it User.Read.All; "
                "`talkcycle doctor` says how."
            ) from failure


def _belongs(user: Mapping[str, Any]) -> bool:
    """Enabled, with a mailbox, and no guest. Accounts older than 2014 have no type."""
    return bool(user.get("accountEnabled", True) and user.get("mail") and user.get("userType") != "Guest")


def _person(user: Mapping[str, Any]) -> DirectoryPerson:
    return DirectoryPerson(
        id=str(user["id"]),
        name=str(user.get("displayName") or user["mail"]),
        email=str(user["mail"]),
        manager=(user.get("manager") or {}).get("id"),
        employee_id=user.get("employeeId") or None,
        department=user.get("department") or None,
        site=user.get("officeLocation") or None,
        country=user.get("usageLocation") or user.get("country") or None,
        language=user.get("preferredLanguage") or None,
    )
