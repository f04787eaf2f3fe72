"""What a mail in the service's own mailbox says, as far as the service understands mails. Never its text."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from talkcycle.domain.mailboxes import Answer


class Method(StrEnum):
    """What an attendee's program does about a meeting (RFC 5546): answers, proposes another time, asks for it anew."""

    REPLY = "reply"
    COUNTER = "counter"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendeeAnswer:
    """What the calendar part says of one attendee. *address*: as it is written there."""

    address: str
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ItipReply:
    """A calendar part that answers a meeting. Nothing in it is believed before ``domain.replies`` has judged it.

    Attributes:
        sequence: Of the meeting as the attendee's program knew it; 0 where it does not say.
        made_at: DTSTAMP, UTC; None where it does not say.
        about: The meeting's start as that program knew it: UTC, or naive in the talk's own zone; None: it does not say.
        proposed: Of a counter-proposal: start and end, each as *about*; no end: it lasts as long as the talk.
    """

    method: Method
    uid: str
    sequence: int
    made_at: datetime | None
    attendees: tuple[AttendeeAnswer, ...]
    about: datetime | None = None
    proposed: tuple[datetime, datetime | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a server reports about a mail of ours (RFC 3464).

    Attributes:
        message_ids: Message-IDs it may be about, with their brackets.
        permanent: It did not arrive and never will; else it is only late.
        said: The status and the server's words, without addresses.
    """

    message_ids: tuple[str, ...]
    permanent: bool
    said: str


class MailKind(StrEnum):
    """``automatic``: a program sent it by itself. ``letter``: everything else, which is for people to read."""

    ANSWER = "answer"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"
    LETTER = "letter"


class Verification(StrEnum):
    """Whether our own mail server vouches for the sender; ``not-said``: it says nothing of it."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    NOT_SAID = "not-said"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMail:
    """A mail that could be read.

    Attributes:
        sender: The one address of its From; None when it names none, or several.
        replies: Of an answer: each once, however often it stands in the mail.
        bounce: Of a bounce.
    """

    kind: MailKind
    sender: str | None
    verification: Verification
    replies: tuple[ItipReply, ...] = ()
    bounce: Bounce | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadableMail:
    """A mail that is, or may be, for us, and cannot be read. *why*: for people; nothing of the mail is in it."""

    why: str


class Tray(StrEnum):
    """Where a mail that was dealt with is put."""

    PROCESSED = "processed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail of the inbox.

    Attributes:
        id: The server's name for it, as long as ``Inbox.letters`` goes on.
        state: How far the inbox has been read once this one is dealt with. Means nothing to anybody else.
    """

    id: int
    mail: ReadMail | UnreadableMail
    state: str
