"""What of an order is still to be done, given what stands in the calendar. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from talkcycle.domain.meetings import MeetingOrder, OrderFile
from talkcycle.domain.messages import Kind
from talkcycle.transports.exchange.names import ENTRY, ORDER

WRITTEN = (
    "subject",
    "body",
    "start",
    "end",
    "location",
    "sensitivity",
    "reminder_is_set",
    "reminder_minutes_before_start",
)
"""What an order says of an entry, by exchangelib's names; its parties and our properties aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An entry of ours as it stands in the organizer's calendar.

    Attributes:
        id, changekey: The server's.
        entry, order: Our properties; empty: not set.
        attendees, rooms: Addresses, casefolded.
        files: Names.
    """

    id: str
    changekey: str
    entry: str
    order: str = ""
    attendees: frozenset[str] = frozenset()
    rooms: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()

    @property
    def has_parties(self) -> bool:
        return bool(self.attendees or self.rooms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What remains, in this order.

    Attributes:
        create: Without attendees, so that nobody is told of an entry without its files.
        attach: Files that are not there.
        update: Fields of the one update at the end, which tells everybody; empty: nothing remains.
        tell: The update is told to the attendees.
    """

    create: bool = False
    attach: tuple[OrderFile, ...] = ()
    update: tuple[str, ...] = ()
    tell: bool = False


def remaining(order: MeetingOrder, found: Found | None) -> Steps:
    """Of a creation or a change.

    Args:
        found: The order's own entry, or the one it replaces. None: there is none, and the order is a creation.
    """
    parties = _parties(order)
    tell = any(parties.values()) or (found is not None and found.has_parties)
    if found is None:
        named = tuple(name for name, addresses in parties.items() if addresses)
        return Steps(create=True, attach=order.files, update=(*named, ORDER), tell=tell)
    if is_done(order, found):
        return Steps()
    named = tuple(name for name, addresses in parties.items() if addresses != _present(found)[name])
    attach = missing(order.files, found.files)
    if order.action is Kind.MEETING_CREATE and found.entry == order.uid != order.replaces:
        return Steps(attach=attach, update=(*named, ORDER), tell=tell)
    adopted = (ENTRY,) if found.entry != order.uid else ()
    return Steps(attach=attach, update=(*WRITTEN, *named, *adopted, ORDER), tell=tell)


def is_done(order: MeetingOrder, found: Found) -> bool:
    """Whether *found* shows that the order was carried out to its end.

    An entry of a creation gets its attendees and its order in one update, its last: either of them says that it was made.
    Whatever order stands there then, this creation came before it; unless it is to write over what may be there.
    """
    if found.entry != order.uid:
        return False
    if found.order == order.order:
        return True
    made = bool(found.order) or found.has_parties
    return order.action is Kind.MEETING_CREATE and made and order.replaces != order.uid


def missing(files: tuple[OrderFile, ...], there: tuple[str, ...]) -> tuple[OrderFile, ...]:
    """Of *files*, those that are not *there* by name, as often as they are wanted."""
    left = Counter(there)
    wanted = []
    for file in files:
        if left[file.name] > 0:
            left[file.name] -= 1
        else:
            wanted.append(file)
    return tuple(wanted)


def _parties(order: MeetingOrder) -> Mapping[str, frozenset[str]]:
    return {
        "required_attendees": frozenset() if order.attendee is None else frozenset({order.attendee.address.casefold()}),
        "resources": frozenset() if order.room is None else frozenset({order.room.address.casefold()}),
    }


def _present(found: Found) -> Mapping[str, frozenset[str]]:
    return {"required_attendees": found.attendees, "resources": found.rooms}
