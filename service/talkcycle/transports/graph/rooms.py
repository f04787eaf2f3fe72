"""The rooms of a site, as the organisation's places have them."""

from urllib.parse import quote

from talkcycle.domain.delivery import DeliveryError, PermanentDeliveryError
from talkcycle.domain.mailboxes import ListedRoom, Untold
from talkcycle.transports.graph.client import Graph


class GraphRoomLists:
    """Implements ``domain.ports.RoomLists``. Safe to share between threads."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def rooms(self, room_list: str, /) -> tuple[ListedRoom, ...] | Untold:
        """See ``domain.ports.RoomLists``."""
        path = f"/places/{quote(room_list, safe='@')}/microsoft.graph.roomList/rooms"
        query = {"$select": "displayName,emailAddress,capacity", "$top": "100"}
        try:
            with self._graph.line() as client:
                listed = [
                    ListedRoom(name=str(each["displayName"]), address=str(each["emailAddress"]), seats=_seats(each))
                    for page in client.pages(path, mailbox=None, query=query)
                    for each in page.get("value", ())
                    if each.get("emailAddress") and each.get("displayName")
                ]
        except PermanentDeliveryError as failure:
            return Untold(
                problem=f"Exchange Online knows no such room list: {failure}.",
                mend="See its address with `Get-DistributionGroup -RecipientTypeDetails RoomList`; "
                "a new list takes up to a day to appear.",
            )
        except DeliveryError as failure:
            return Untold(
                problem=f"Exchange Online did not tell the rooms: {failure}.",
                mend="Grant the application Place.Read.All, then run `talkcycle doctor`.",
            )
        return tuple(sorted(listed, key=lambda room: (room.name, room.address)))


def _seats(room: dict[str, object]) -> int | None:
    """Exchange says nothing, or 0, where nobody has said how many seats there are."""
    capacity = room.get("capacity")
    return capacity if isinstance(capacity, int) and capacity > 0 else None
