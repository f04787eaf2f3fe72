"""The rooms of a room list. EWS tells their names and addresses and nothing else."""

from typing import Any

from exchangelib.errors import EWSError
from exchangelib.properties import RoomList

from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.mailboxes import ListedRoom, Untold
from talkcycle.transports.exchange.replies import code_of
from talkcycle.transports.exchange.server import Server
from talkcycle.transports.exchange.services import RoomListsThere, Rooms
from talkcycle.transports.exchange.untold import UNKNOWN, untold

NO_LIST = Untold(
    problem="The server knows no room list with this address.",
    mend='Make one: New-DistributionGroup -Name "<name>" -RoomList -Members <room>,<room>',
)


class ExchangeRooms:
    """Implements ``domain.ports.RoomLists``. Seats are in Exchange's ResourceCapacity, which EWS does not give."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def rooms(self, room_list: str, /) -> tuple[ListedRoom, ...] | Untold:
        try:
            with self._server.speaking():
                found = self._asked(room_list)
        except DeliveryError as failure:
            return untold(failure)
        if isinstance(found, Untold):
            return found
        listed = [ListedRoom(name=each.name or each.email_address, address=each.email_address) for each in found]
        return tuple(sorted(listed, key=lambda room: (room.name.casefold(), room.address)))

    def lists(self) -> list[str]:
        """Addresses of all room lists.

        Raises:
            DeliveryError: They are not told.
        """
        with self._server.speaking():
            return [each.email_address for each in RoomListsThere(self._server.line).call()]

    def _asked(self, room_list: str) -> list[Any] | Untold:
        try:
            answers = list(Rooms(self._server.line).call(room_list=RoomList(email_address=room_list)))
        except EWSError as failure:
            if code_of(failure) in UNKNOWN:
                return NO_LIST
            raise
        refused = next((each for each in answers if isinstance(each, Exception)), None)
        if refused is not None:
            return NO_LIST if code_of(refused) in UNKNOWN else untold(refused)
        return answers
