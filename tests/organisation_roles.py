"""The roles of an organisation's servers without a network between: what a transport gives when all goes well."""

from collections.abc import Mapping, Sequence

from servers.organisation import Busy, Mailbox, NoMailbox, Organisation, Where
from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import ListedRoom, MailboxTimes, Untold
from talkcycle.domain.people import WeekHours
from talkcycle.intake.busy_times import merged

KINDS = {
    Busy.BUSY: BusyKind.BUSY,
    Busy.AWAY: BusyKind.AWAY,
    Busy.TENTATIVE: BusyKind.TENTATIVE,
    Busy.ELSEWHERE: BusyKind.ELSEWHERE,
}
NOT_HERE = Untold(problem="There is no such mailbox here.", mend="Correct the address.")
DOWN = Untold(problem="The server does not answer.", mend="Try again later.")


class FreeBusyOf:
    """A ``FreeBusy``. *where*: the server it asks; *down*: none of its answers comes back.

    Attributes:
        asked: The mailboxes and the window of each call.
    """

    def __init__(self, organisation: Organisation, where: Where) -> None:
        self.organisation = organisation
        self.where = where
        self.down = False
        self.asked: list[tuple[tuple[str, ...], Span]] = []

    def busy_times(self, mailboxes: Sequence[str], window: Span, /) -> Mapping[str, MailboxTimes | Untold]:
        self.asked.append((tuple(mailboxes), window))
        return {address: DOWN if self.down else self._times(address, window) for address in mailboxes}

    def _times(self, address: str, window: Span) -> MailboxTimes | Untold:
        try:
            mailbox = self.organisation.mailbox(address, self.where)
        except NoMailbox:
            return NOT_HERE
        spans = self.organisation.busy_times(address, *window)
        busy = merged(((KINDS[kind], (start, end)) for kind, start, end in spans), window)
        return MailboxTimes(busy=busy, hours=None if mailbox.is_room else week_of(mailbox), zone=mailbox.zone)


class RoomListsOf:
    """A ``RoomLists``."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation
        self.asked: list[str] = []

    def rooms(self, room_list: str, /) -> tuple[ListedRoom, ...] | Untold:
        self.asked.append(room_list)
        if room_list.casefold() not in self.organisation.room_lists:
            return Untold(problem="There is no such room list.", mend="Make it: New-DistributionGroup -RoomList.")
        rooms = (
            ListedRoom(name=each.name, address=each.address, seats=each.seats)
            for each in self.organisation.rooms_in(room_list)
        )
        return tuple(sorted(rooms, key=lambda room: room.name))


def week_of(mailbox: Mailbox) -> WeekHours:
    """Its working hours, a tuple for each day of the week."""
    return tuple(
        tuple(sorted((begins, ends) for day, begins, ends in mailbox.hours if day == weekday)) for weekday in range(7)
    )
