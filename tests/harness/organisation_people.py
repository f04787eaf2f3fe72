"""Harness for a fake server over ``servers.organisation``: people act in the model itself, past the server."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from types import MappingProxyType
from typing import Any

from harness.contract import Cast, Trait
from harness.meeting import Meeting, order_parcel
from harness.seen import CalendarEntry, Notice, ReceivedMail, SeenFile, What
from harness.smtp import received
from servers.organisation import Busy, Organisation, Response, Telling, Where
from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import WeekHours
from talkcycle.domain.ports import Parcel, Roles

DOMAIN = "norrsken.example"
SENDER = f"samtal@{DOMAIN}"
KINDS = {
    None: Busy.FREE,
    BusyKind.BUSY: Busy.BUSY,
    BusyKind.AWAY: Busy.AWAY,
    BusyKind.TENTATIVE: Busy.TENTATIVE,
    BusyKind.ELSEWHERE: Busy.ELSEWHERE,
}


class OrganisationHarness:
    """Implements ``harness.contract.Harness``, once it is given *roles*.

    Args:
        where: Which server of the organisation is spoken to.
    """

    sender = SENDER
    lacks: Mapping[Trait, str] = MappingProxyType({})
    roles: Roles

    def __init__(self, name: str, organisation: Organisation, where: Where) -> None:
        self.name, self.organisation, self.where = name, organisation, where
        self._numbers = count(1)
        organisation.add(SENDER, where=where, name="HR")

    def new_cast(self) -> Cast:
        number = next(self._numbers)
        room_list = f"rum{number}@{DOMAIN}"
        self.organisation.add_room_list(room_list, f"Plan {number}")

        def person(name: str, where: Where) -> Party:
            address = f"{name.casefold()}{number}@{DOMAIN}"
            self.organisation.add(address, where=where, name=name)
            return Party(name=name, address=address)

        def room(name: str, address: str, seats: int | None) -> Party:
            address = f"{address}{number}@{DOMAIN}"
            self.organisation.add(address, where=self.where, name=name, room_list=room_list, seats=seats)
            return Party(name=name, address=address)

        return Cast(
            manager=person("Bo", self.where),
            employee=person("Anna", self.where),
            colleague=person("Cecilia", self.where),
            elsewhere=person("Einar", Where.ELSEWHERE),
            unknown=Party(name="Ingen", address=f"ingen{number}@{DOMAIN}"),
            rooms=(room("Tärnan", "tarnan", 4), room("Måsen", "masen", 8)),
            room_list=room_list,
        )

    def order(self, meeting: Meeting, action: Kind, /, *, tried: bool = False) -> tuple[Parcel, ...]:
        return (order_parcel(meeting, action, tried=tried),)

    def let_arrive(self) -> None:
        """Everything is there at once."""

    def calendar_of(self, address: str, /) -> tuple[CalendarEntry, ...]:
        with self.organisation.lock:
            items = list(self.organisation.mailbox(address).calendar.values())
            return tuple(
                CalendarEntry(
                    id=item.id,
                    start=item.start,
                    end=item.end,
                    subject=item.subject,
                    place=item.location,
                    text=item.body,
                    private=item.private,
                    files=tuple(SeenFile(name=file.name, data=file.data) for file in item.files),
                    attendees=frozenset(each.address.casefold() for each in item.attendees),
                )
                for item in sorted(items, key=lambda item: (item.start, item.id))
                if not item.cancelled
            )

    def told(self, address: str, /) -> tuple[Notice, ...]:
        return tuple(
            Notice(what=What(told.what), text=told.text, files=told.files)
            for told in self.organisation.told_to(address, *What)
        )

    def inbox(self, address: str, /) -> tuple[ReceivedMail, ...]:
        with self.organisation.lock:
            mails = list(self.organisation.mailbox(address).mails.values())
        return tuple(received(mail.mime) for mail in mails if mail.received)

    def answer(self, address: str, entry: CalendarEntry, answer: Answer, /, *, proposed: Span | None = None) -> None:
        uid = self.organisation.item(address, entry.id).uid
        self.organisation.answer(address, uid, Response(answer.value), proposed=proposed)

    def move_by_hand(self, address: str, entry: CalendarEntry, start: datetime, /) -> None:
        end = start + (entry.end - entry.start)
        self.organisation.update(address, entry.id, tell=Telling.ALL, start=start, end=end)

    def delete_by_hand(self, address: str, entry: CalendarEntry, /) -> None:
        self.organisation.cancel(address, entry.id)

    def occupy(self, address: str, span: Span, /, *, kind: BusyKind | None = BusyKind.BUSY, subject: str = "") -> None:
        self.organisation.occupy(address, *span, KINDS[kind], subject=subject, private=True)

    def works(self, address: str, hours: WeekHours, zone: str, /) -> None:
        mailbox = self.organisation.mailbox(address)
        mailbox.zone = zone
        mailbox.hours = tuple((day, *interval) for day, intervals in enumerate(hours) for interval in intervals)

    def hire(self, address: str, /, **details: Any) -> None:
        self.organisation.add(address, **({"where": self.where} | details))

    def move_away(self, address: str, /) -> None:
        to = Where.ONLINE if self.where is Where.ON_PREMISES else Where.ON_PREMISES
        self.organisation.migrate(address, to)

    def move_back(self, address: str, /) -> None:
        self.organisation.migrate(address, self.where)

    def forget_states(self, address: str, /) -> None:
        raise NotImplementedError
