"""Harness for Exchange on-premises played by gromox, a real EWS server: people act through their own mailboxes."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

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
from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.meetings import Party
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import WeekHours
from talkcycle.domain.ports import Parcel, Roles

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

    Args:
        plain: Address of the server without TLS, for people; the service takes the one with.
        passwords: By address.
        queue: The server's folder of mails on their way.
    """

    name = "gromox"
    lacks: Mapping[Trait, str] = MappingProxyType(
        {
            Trait.EXACT_BYTES: "gromox makes the mail anew out of its parts",
            Trait.REMOVED_ATTENDEES: "gromox tells removed attendees nothing",
            Trait.CANCELLATION_TEXT: "gromox loses the text of a cancellation",
            Trait.OTHER_SERVERS: "one gromox stands alone",
            Trait.WORKING_HOURS: "gromox tells none",
            Trait.NEWCOMERS: "mailboxes are made before gromox starts",
            Trait.DETAILS: "nobody has entered any",
            Trait.FORGETS_STATES: "gromox takes a broken state for a new one",
            Trait.PROPOSALS: "exchangelib cannot send one",
        }
    )

    def __init__(self, *, roles: Roles, plain: str, passwords: dict[str, str], service: str, queue: Path) -> None:
        self.roles, self.sender = roles, service
        self._plain, self._passwords, self._queue = plain, passwords, queue
        self._numbers = count()
        self._domain = service.rpartition("@")[2]

    def new_cast(self) -> Cast:
        """One of a few, whose calendars and inboxes are emptied."""
        number = next(self._numbers) % CASTS + 1

        def party(name: str) -> Party:
            address = f"{name}@{self._domain}"
            if address in self._passwords:
                self._empty(address)
            return Party(name=name, address=address)

        rooms = party(f"room{2 * number - 1}"), party(f"room{2 * number}")
        return Cast(
            manager=party(f"m{number}"),
            employee=party(f"e{2 * number - 1}"),
            colleague=party(f"e{2 * number}"),
            elsewhere=party("einar"),
            unknown=party("ingen"),
            rooms=rooms,
            room_list=f"rooms@{self._domain}",
        )

    def order(self, meeting: Meeting, action: Kind, /, *, tried: bool = False) -> tuple[Parcel, ...]:
        return (order_parcel(meeting, action, tried=tried),)

    def calendar_of(self, address: str, /) -> tuple[CalendarEntry, ...]:
        self._settle()
        items = [item for item in self._account(address).calendar.all() if not item.is_cancelled]
        return tuple(_entry(item) for item in sorted(items, key=lambda item: (item.start, item.id)))

    def told(self, address: str, /) -> tuple[Notice, ...]:
        self._settle()
        known: set[bytes] = set()
        found: list[Notice] = []
        for item in self._account(address).inbox.all().order_by("datetime_received"):
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
        self._settle()
        mails = self._account(address).inbox.all().order_by("datetime_received")
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
        self._settle()

    def move_by_hand(self, address: str, entry: CalendarEntry, start: datetime, /) -> None:
        item = self._item(address, entry)
        item.start, item.end = _ews(start), _ews(start + (entry.end - entry.start))
        item.save(update_fields=["start", "end"], send_meeting_invitations=SEND_TO_ALL_AND_SAVE_COPY)
        self._settle()

    def delete_by_hand(self, address: str, entry: CalendarEntry, /) -> None:
        self._item(address, entry).delete(send_meeting_cancellations=SEND_TO_ALL_AND_SAVE_COPY)
        self._settle()

    def occupy(self, address: str, span: Span, /, *, kind: BusyKind | None = BusyKind.BUSY, subject: str = "") -> None:
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
        return self._account(address).calendar.get(id=entry.id)

    def _empty(self, address: str) -> None:
        self._settle()
        account = self._account(address)
        account.calendar.all().delete(send_meeting_cancellations=SEND_TO_NONE)
        account.inbox.all().delete()

    @cache  # noqa: B019  # one harness a session
    def _account(self, address: str) -> Account:
        """Of a person with their own password; of a room, as which nobody can log in, through the service."""
        is_room = address.startswith("room")
        user = self.sender if is_room else address
        configuration = Configuration(
            service_endpoint=self._plain,
            credentials=Credentials(user, self._passwords[user]),
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

    def _settle(self) -> None:
        """Wait until nothing is on its way: a mail leaves the queue when all that follows from it has been queued."""
        give_up = time.monotonic() + PATIENCE
        while any((self._queue / "mess").iterdir()):
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
