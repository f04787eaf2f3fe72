"""Harness for Exchange on-premises played by gromox, a real EWS server: people act through their own mailboxes."""

import atexit
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, TypeVar

from exchangelib import (
    BASIC,
    DELEGATE,
    IMPERSONATION,
    Account,
    Build,
    CalendarItem,
    Configuration,
    Credentials,
    EWSDateTime,
    EWSTimeZone,
    ExtendedProperty,
    FailFast,
    Message,
    Version,
)
from exchangelib.errors import EWSError
from exchangelib.items import (
    SEND_TO_ALL_AND_SAVE_COPY,
    SEND_TO_NONE,
    MeetingCancellation,
    MeetingRequest,
)

from harness.contract import Cast, Trait
from harness.meeting import Meeting, order_parcel
from harness.seen import CalendarEntry, Notice, ReceivedMail, SeenFile, What
from harness.smtp import received
from servers.gromox import Gromox, gromox
from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import WeekHours
from talkcycle.domain.ports import Parcel
from talkcycle.transports.exchange.roles import exchange_roles

STATUS = {
    None: "Free",
    BusyKind.BUSY: "Busy",
    BusyKind.AWAY: "OOF",
    BusyKind.TENTATIVE: "Tentative",
    BusyKind.ELSEWHERE: "WorkingElsewhere",
}
CASTS = 8
"""What the largest test needs at once."""
MANAGERS, EMPLOYEES, ROOMS = CASTS, 2 * CASTS, 2 * CASTS
PATIENCE = 20.0
"""Seconds until what is on its way has arrived."""
CALM = 0.4
"""Seconds that the server takes at most to write down an entry (see ``servers.gromox``)."""
WORDS = ("One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", *map(str, range(10, 17)))
"""As the server's starter names people and rooms."""
SHOWN = (
    *("start", "end", "subject", "location", "body", "sensitivity", "attachments", "is_cancelled"),
    *("required_attendees", "optional_attendees", "resources"),
)
LOOKS = 5
Found = TypeVar("Found")
NOT_HERE = "not to be had of gromox"


class _Which(ExtendedProperty):  # type: ignore[misc]  # exchangelib has no types
    """PidLidCleanGlobalObjectId: which meeting a mail is about; EWS's own UID is not there in exchangelib's mails."""

    distinguished_property_set_id = "Meeting"
    property_id = 0x23
    property_type = "Binary"


for _mail in (MeetingRequest, MeetingCancellation):
    _mail.register("which", _Which)


class GromoxHarness:
    """Implements ``harness.contract.Harness``.

    People take the address without TLS, the service the one with.
    """

    name = "gromox"
    lacks: Mapping[Trait, str] = MappingProxyType(
        {
            Trait.EXACT_BYTES: "gromox makes the mail anew out of its parts",
            Trait.WHOLE_UPDATES: "gromox writes an older copy over what is set together with attendees soon after a file",
            Trait.REMOVED_ATTENDEES: "gromox tells removed attendees nothing",
            Trait.CANCELLATION_TEXT: "gromox loses the text of a cancellation",
            Trait.OTHER_SERVERS: "one gromox stands alone",
            Trait.WORKING_HOURS: "gromox tells none",
            Trait.SEATS: "EWS does not tell them",
            Trait.ROOM_LISTS: "gromox tells all rooms, whatever list it is asked for",
            Trait.NEWCOMERS: "mailboxes are made before gromox starts",
            Trait.DETAILS: "nobody has entered any",
            Trait.FORGETS_STATES: "gromox takes a broken state for a new one",
            Trait.PROPOSALS: "exchangelib cannot send one",
        }
    )

    def __init__(self, server: Gromox) -> None:
        self.server = server
        self.sender = server.service
        self.roles = exchange_roles(server.settings(), sender=server.service)
        self._numbers = count()
        self._used = set(server.passwords)
        self._ordered = 0.0
        self._domain = server.service.rpartition("@")[2]

    def new_cast(self) -> Cast:
        """One of a few, whose calendars and inboxes are emptied."""
        number = next(self._numbers) % CASTS

        def party(name: str, user: str) -> Party:
            address = f"{user}@{self._domain}"
            self._empty(address)
            return Party(name=name, address=address)

        first, second = 2 * number, 2 * number + 1
        rooms = tuple(party(f"Room {WORDS[each]}", f"room{each + 1}") for each in (first, second))
        return Cast(
            manager=party(f"Manager {WORDS[number]}", f"m{number + 1}"),
            employee=party(f"Employee {WORDS[first]}", f"e{first + 1}"),
            colleague=party(f"Employee {WORDS[second]}", f"e{second + 1}"),
            elsewhere=party("Einar", "einar"),
            unknown=party("Ingen", "ingen"),
            rooms=rooms,
            room_list=self.server.room_list,
        )

    def order(self, meeting: Meeting, action: Kind, /, *, tried: bool = False) -> tuple[Parcel, ...]:
        parties = {each.address for each in (meeting.manager, meeting.employee, meeting.room) if each is not None}
        self._used |= parties & self.server.passwords.keys()
        if action is not Kind.MEETING_CREATE:
            self._calm_down()
        self._ordered = time.monotonic()
        return (order_parcel(meeting, action, tried=tried),)

    def calendar_of(self, address: str, /) -> tuple[CalendarEntry, ...]:
        self.let_arrive()
        calendar = self._account(address).calendar
        entries = self._read(lambda: [_entry(item) for item in calendar.all().only(*SHOWN) if not item.is_cancelled])
        return tuple(sorted(entries, key=lambda entry: (entry.start, entry.id)))

    def told(self, address: str, /) -> tuple[Notice, ...]:
        self.let_arrive()
        known: set[bytes] = set()
        found: list[Notice] = []
        inbox = self._account(address).inbox
        for item in self._read(lambda: list(inbox.all().only("body", "attachments", "which"))):
            if isinstance(item, MeetingRequest):
                what = What.UPDATE if item.which in known else What.INVITATION
                known.add(item.which)
            elif isinstance(item, MeetingCancellation):
                what = What.CANCELLATION
                known.discard(item.which)
            else:
                continue
            files = tuple(file.name for file in item.attachments or ())
            found.append(Notice(what=what, text=str(item.body), files=files))
        return tuple(found)

    def inbox(self, address: str, /) -> tuple[ReceivedMail, ...]:
        self.let_arrive()
        self._used.add(address)
        inbox = self._account(address).inbox
        mails = self._read(lambda: list(inbox.all().only("mime_content")))
        return tuple(received(mail.mime_content) for mail in mails if isinstance(mail, Message))

    def answer(self, address: str, entry: CalendarEntry, answer: Answer, /, *, proposed: Span | None = None) -> None:
        assert proposed is None, self.lacks[Trait.PROPOSALS]
        item = self._item(address, entry)
        match answer:
            case Answer.ACCEPTED:
                item.accept()
            case Answer.TENTATIVE:
                item.tentatively_accept()
            case Answer.DECLINED:
                item.decline()
            case Answer.NONE:
                raise ValueError("nobody answers that")
        self.let_arrive()

    def move_by_hand(self, address: str, entry: CalendarEntry, start: datetime, /) -> None:
        self._calm_down()
        item = self._item(address, entry)
        item.start, item.end = _ews(start), _ews(start + (entry.end - entry.start))
        item.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        self.let_arrive()

    def delete_by_hand(self, address: str, entry: CalendarEntry, /) -> None:
        self._calm_down()
        self._item(address, entry).delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
        self.let_arrive()

    def occupy(self, address: str, span: Span, /, *, kind: BusyKind | None = BusyKind.BUSY, subject: str = "") -> None:
        self._used.add(address)
        account = self._account(address)
        CalendarItem(
            account=account,
            folder=account.calendar,
            subject=subject,
            start=_ews(span[0]),
            end=_ews(span[1]),
            sensitivity="Private",
            legacy_free_busy_status=STATUS[kind],
        ).save(send_meeting_invitations=SEND_TO_NONE)

    def works(self, address: str, hours: WeekHours, zone: str, /) -> None:
        raise NotImplementedError(NOT_HERE)

    def hire(self, address: str, /, **details: Any) -> None:
        raise NotImplementedError(NOT_HERE)

    def move_away(self, address: str, /) -> None:
        raise NotImplementedError(NOT_HERE)

    def move_back(self, address: str, /) -> None:
        raise NotImplementedError(NOT_HERE)

    def forget_states(self, address: str, /) -> None:
        raise NotImplementedError(NOT_HERE)

    def _item(self, address: str, entry: CalendarEntry) -> Any:
        calendar = self._account(address).calendar
        return self._read(lambda: calendar.get(id=entry.id))

    def _read(self, ask: Callable[[], Found]) -> Found:
        """Whoever meets the server while it writes what is asked for looks again; the service has to fail then."""
        for _ in range(LOOKS):
            try:
                return ask()
            except EWSError:
                time.sleep(CALM)
        return ask()

    def _empty(self, address: str) -> None:
        if address not in self._used:
            return
        self._used.remove(address)
        self.let_arrive()
        account = self._account(address)
        self._read(lambda: account.calendar.all().delete(send_meeting_cancellations=SEND_TO_NONE))
        self._read(lambda: account.inbox.all().delete())

    def _calm_down(self) -> None:
        """Let the server write what it has: what comes sooner is lost under an older copy."""
        self.let_arrive()
        time.sleep(max(0.0, self._ordered + CALM - time.monotonic()))

    @cache  # noqa: B019  # one harness a session
    def _account(self, address: str) -> Account:
        """Of a person with their own password; of a room, as which nobody can log in, through the service."""
        is_room = address.startswith("room")
        user = self.sender if is_room else address
        configuration = Configuration(
            service_endpoint=self.server.plain,
            credentials=Credentials(user, self.server.passwords[user]),
            auth_type=BASIC,
            version=Version(Build(15, 1)),
            retry_policy=FailFast(),
        )
        return Account(
            address,
            config=configuration,
            autodiscover=False,
            access_type=IMPERSONATION if is_room else DELEGATE,
            default_timezone=EWSTimeZone("UTC"),
        )

    def let_arrive(self) -> None:
        """Wait until nothing is on its way: a mail leaves the queue when all that follows from it has been queued."""
        give_up = time.monotonic() + PATIENCE
        while any((self.server.queue / "mess").iterdir()):
            if time.monotonic() > give_up:
                raise TimeoutError("gromox does not deliver")
            time.sleep(0.005)


def _entry(item: CalendarItem) -> CalendarEntry:
    attendees = [*(item.required_attendees or ()), *(item.optional_attendees or ()), *(item.resources or ())]
    return CalendarEntry(
        id=item.id,
        start=_plain(item.start),
        end=_plain(item.end),
        subject=item.subject,
        place=item.location or "",
        text=str(item.body or ""),
        private=item.sensitivity == "Private",
        files=tuple(SeenFile(name=file.name, data=file.content) for file in item.attachments or ()),
        attendees=frozenset(attendee.mailbox.email_address.casefold() for attendee in attendees),
    )


def _ews(instant: datetime) -> EWSDateTime:
    return EWSDateTime.from_datetime(instant.astimezone(UTC))


def _plain(instant: EWSDateTime) -> datetime:
    return datetime.fromtimestamp(instant.timestamp(), UTC)


@cache
def _running() -> Gromox:
    """One a process, since it takes seconds to start; ended with the process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(gromox(managers=MANAGERS, employees=EMPLOYEES, rooms=ROOMS))


@contextmanager
def gromox_harness() -> Iterator[GromoxHarness]:
    yield GromoxHarness(_running())
