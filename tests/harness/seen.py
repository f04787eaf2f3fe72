"""What somebody finds in their calendar and their inbox, in the words of no server."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenFile:
    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """An entry as its owner sees it.

    Attributes:
        id: What the server calls it in this calendar.
        start, end: UTC.
        attendees: Addresses, folded.
        text: As far as the server shows it, tags and all.
    """

    id: str
    start: datetime
    end: datetime
    subject: str
    place: str
    text: str
    private: bool
    files: tuple[SeenFile, ...]
    attendees: frozenset[str] = frozenset()


class What(StrEnum):
    """What reached somebody about a meeting. What their calendar folds away unseen did not."""

    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that reached somebody about a meeting. *files*: by name."""

    what: What
    text: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """A mail as it arrived.

    Attributes:
        raw: Its bytes, as far as the server gives them.
    """

    message_id: str
    sender: str
    subject: str
    text: str
    files: tuple[SeenFile, ...]
    raw: bytes
