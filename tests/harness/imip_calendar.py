"""A calendar that lives on the mails its owner gets, as RFC 5546 has it: requests and cancellations by UID, the newest by
SEQUENCE and then DTSTAMP; what is older, the same again, or from somebody else than the organizer changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar

from harness.seen import CalendarEntry, Notice, SeenFile, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Itip:
    """A mail about a meeting (RFC 5546). *text*: of the mail. *attendees*, *organizer*: addresses, folded."""

    method: str
    uid: str
    sequence: int
    stamp: datetime
    start: datetime
    end: datetime
    subject: str
    place: str
    private: bool
    organizer: str
    attendees: frozenset[str]
    sender: str
    text: str
    files: tuple[SeenFile, ...]

    @property
    def age(self) -> tuple[int, datetime]:
        return (self.sequence, self.stamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a calendar knows of one UID. A cancelled one is remembered, or an old request would bring it back."""

    newest: Itip
    cancelled: bool = False


def itip_of(mail: bytes) -> Itip | None:
    """What *mail* says about a meeting; None: nothing."""
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = next((each for each in message.walk() if each.get_content_type() == "text/calendar"), None)
    if part is None:
        return None
    content: Any = part.get_payload(decode=True)
    calendar: Any = Calendar.from_ical(content)
    (event,) = calendar.walk("VEVENT")
    attendees = event.get("attendee", [])
    body: Any = message.get_body(("plain",))
    return Itip(
        method=str(calendar["method"]),
        uid=str(event["uid"]),
        sequence=int(event["sequence"]),
        stamp=event["dtstamp"].dt,
        start=event["dtstart"].dt.astimezone(UTC),
        end=event["dtend"].dt.astimezone(UTC),
        subject=str(event["summary"]),
        place=str(event["location"]),
        private=event["class"] == "PRIVATE",
        organizer=_address(event["organizer"]),
        attendees=frozenset(map(_address, attendees if isinstance(attendees, list) else [attendees])),
        sender=message["From"].addresses[0].addr_spec.casefold(),
        text=body.get_content(),
        files=files_of(message),
    )


def files_of(message: EmailMessage) -> tuple[SeenFile, ...]:
    """Files that came with a mail; the calendar's copy is none of the meeting's."""
    parts: Iterator[Any] = message.iter_attachments()
    return tuple(
        SeenFile(name=part.get_filename() or "", data=part.get_payload(decode=True))
        for part in parts
        if part.get_content_type() != "application/ics"
    )


def after(kept: Kept | None, itip: Itip) -> tuple[Kept | None, What | None]:
    """What stands in the calendar after *itip*, and what its owner is told of it; None: nothing.

    Source:
        RFC 5546 sections 2.1.4 and 2.1.5 (SEQUENCE, then DTSTAMP), 3.2.2 and 3.2.5.
    """
    if itip.sender != itip.organizer or (kept is not None and kept.newest.organizer != itip.organizer):
        return kept, None
    if itip.method == "CANCEL":
        if kept is None or kept.cancelled or itip.age < kept.newest.age:
            return kept, None
        return Kept(newest=itip, cancelled=True), What.CANCELLATION
    if itip.method != "REQUEST" or (kept is not None and itip.age <= kept.newest.age):
        return kept, None
    return Kept(newest=itip), What.UPDATE if kept is not None and not kept.cancelled else What.INVITATION


@dataclass(slots=True, kw_only=True)
class ImipCalendar:
    """Somebody's calendar and what they were told."""

    owner: str
    kept: dict[str, Kept] = field(default_factory=dict)
    told: list[Notice] = field(default_factory=list)

    def receive(self, mail: bytes) -> bool:
        """Take in a mail; say whether it was about a meeting of the owner's."""
        itip = itip_of(mail)
        if itip is None or self.owner.casefold() not in itip.attendees:
            return False
        kept, what = after(self.kept.get(itip.uid), itip)
        if kept is not None:
            self.kept[itip.uid] = kept
        if what is not None:
            self.told.append(Notice(what=what, text=itip.text, files=tuple(file.name for file in itip.files)))
        return True

    def entries(self) -> tuple[CalendarEntry, ...]:
        """By start."""
        live = [kept.newest for kept in self.kept.values() if not kept.cancelled]
        return tuple(_entry(each) for each in sorted(live, key=lambda each: (each.start, each.uid)))

    def forget(self, uid: str) -> None:
        """The owner deletes an entry by hand."""
        self.kept[uid] = replace(self.kept[uid], cancelled=True)


def _entry(itip: Itip) -> CalendarEntry:
    return CalendarEntry(
        id=itip.uid,
        start=itip.start,
        end=itip.end,
        subject=itip.subject,
        place=itip.place,
        text=itip.text,
        private=itip.private,
        files=itip.files,
        attendees=itip.attendees,
    )


def _address(value: str) -> str:
    return str(value).removeprefix("mailto:").casefold()
