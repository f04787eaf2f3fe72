"""What mailboxes, calendars and directories tell: times, rooms, answers, people. Never a subject, never a text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from talkcycle.domain.busy import BusyKind, Span
from talkcycle.domain.people import WeekHours


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxTimes:
    """When a mailbox is busy, and the week its owner works.

    Attributes:
        busy: Spans of a kind are sorted and do not touch.
        hours: None when the server does not say. Local to *zone*.
        zone: IANA; None when the server does not say or says one nobody knows.
    """

    busy: Mapping[BusyKind, tuple[Span, ...]]
    hours: WeekHours | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """Why a mailbox's times or a list's rooms cannot be told, and how to mend it. Carries no names or addresses."""

    problem: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRoom:
    """A room of a room list. *seats*: None when the server does not know."""

    name: str
    address: str
    seats: int | None = None


class Answer(StrEnum):
    """What an attendee has answered, as the organizer's calendar knows it."""

    NONE = "none"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAnswer:
    """One attendee's answer.

    Attributes:
        at: When it was given, UTC; None when the server does not say.
        proposed: The time they propose instead, UTC.
        room: It is a room's.
    """

    address: str
    answer: Answer
    at: datetime | None = None
    proposed: Span | None = None
    room: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """A talk's entry as it stands in the organizer's calendar.

    Attributes:
        uid: The entry's UID, kept there by our own property.
        remote_id: What the server calls it now.
        order: Message-ID of the last order that was carried out on it.
        gone: Deleted or cancelled, by whomever; then nothing else is known but *uid* and *remote_id*.
    """

    uid: str
    remote_id: str
    order: str = ""
    gone: bool = False
    start: datetime | None = None
    end: datetime | None = None
    answers: tuple[SeenAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has changed in one calendar among the entries asked for.

    Attributes:
        state: Hand it back the next time, and only what changes until then is told.
    """

    entries: tuple[SeenEntry, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPerson:
    """Somebody as the organisation's directory knows them.

    Attributes:
        id: The directory's own, which never changes (Graph: the object's id; Exchange: alias or address).
        manager: *id* of their manager; None at the top, or where the directory has none.
        employee_id: The number HR knows them by, where the directory has it.
        language: As the directory writes it, such as ``sv-SE``.
    """

    id: str
    name: str
    email: str | None
    manager: str | None = None
    employee_id: str | None = None
    department: str | None = None
    site: str | None = None
    country: str | None = None
    language: str | None = None


class Grade(StrEnum):
    """How a check ended. ``untold``: it could not be made; says why."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing ``doctor`` looked at.

    Attributes:
        check: Such as ``tls``, ``login``, ``impersonation``: stable, for machines.
        says: What was found, for people; no secrets.
        mend: The exact command or setting that mends it; empty when there is nothing to mend.
    """

    transport: str
    check: str
    grade: Grade
    says: str
    mend: str = ""
    about: Mapping[str, str] = field(default_factory=dict)
