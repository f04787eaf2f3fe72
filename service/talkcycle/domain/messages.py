"""Messages by stage: due (meant), rendered (exact bytes), and what is known of them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from talkcycle.domain.people import Role

HR = "hr"
"""HR as a recipient. People are ``person:<roster id>``, so no roster id can collide."""

CANCELLATION = "cancellation"
"""Built-in step: takes the talk out of calendars."""
OPTED_OUT = "opted-out"
"""Built-in step: tells an employee who abstains that it is noted. Nothing comes after it."""
NEW_HOST, HANDED_OVER = "new-host", "handed-over"
"""Built-in steps, and texts: somebody else hosts the talk from now on. The first tells who, the second ends what was."""
TIME_DECLINED, HR_HELP = "time-declined", "hr-help"
"""Built-in steps: somebody has declined the time and gets others; HR is asked to help the two find one."""
PROPOSAL, TIME_KEPT = "proposal", "time-kept"
"""Built-in steps: a proposed time does not simply fit, and the manager decides; who proposed it hears that it stays."""
NUDGE = "nudge"
"""Built-in step: nobody has heard from the employee yet."""
FOLLOW_UP, CHECK_IN = "follow-up", "check-in"
"""Texts of a cycle's own steps that know what the two wrote down: they are not sent where they have nothing to ask."""
FOLLOW_UP_NUDGE = "follow-up-nudge"
"""Built-in step: nothing has been written down yet, or it waits for the employee's word; once a talk."""
TO_CONFIRM, AGREED = "to-confirm", "agreed"
"""Built-in steps: one of the two has written down what they agreed; both have, and here it is."""
DUE_SOON = "due-soon"
"""Built-in step: next steps of the recipient's own are due in a few days."""
MANAGER_DIGEST = "digest-manager"
HR_DIGEST = "digest-hr"
ABOUT_ANSWERS = frozenset({TIME_DECLINED, HR_HELP, PROPOSAL, TIME_KEPT, NUDGE})
ABOUT_AGREEMENTS = frozenset({FOLLOW_UP_NUDGE, TO_CONFIRM, AGREED, DUE_SOON})
BUILT_IN_STEPS = (
    frozenset({CANCELLATION, OPTED_OUT, NEW_HOST, HANDED_OVER, MANAGER_DIGEST, HR_DIGEST})
    | ABOUT_ANSWERS
    | ABOUT_AGREEMENTS
)
MOVED_TEMPLATE = "moved"
NEW_ENTRY_TEMPLATE, OLD_ENTRY_TEMPLATE = "new-entry", "old-entry"
"""Another calendar keeps the talk from now on: what comes with its new entry, and what ends the old one."""

Versions = tuple[int, int | None]
"""Half-open ``[from, to)`` revisions of a talk; None: and all that follow."""


class Kind(StrEnum):
    """What a transport has to do. Over SMTP all are mails; Exchange and Graph carry out those called a meeting's."""

    MAIL = "mail"
    MEETING_CREATE = "meeting-create"
    MEETING_CHANGE = "meeting-change"
    MEETING_CANCEL = "meeting-cancel"
    COUNTER_DECLINED = "counter-declined"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class MessageKey:
    """The natural key: the same for the same intent, for ever; unique in the database.

    Attributes:
        subject: ``talk:<id>``, ``person:<id>`` or ``round``.
        occasion: An ISO week for a digest, a day for what is due then, a wording for what was agreed; else empty.
        recipient: ``person:<id>`` or ``hr``.
        version: The talk's revision for what is about a talk; 0 elsewhere.
    """

    round: str
    subject: str
    step: str
    occasion: str
    recipient: str
    version: int

    @property
    def slot(self) -> tuple[str, str, str, str]:
        """The key without round and version: versions of one slot replace each other."""
        return (self.subject, self.step, self.occasion, self.recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a message goes to somebody whom an earlier version may have reached. *due_at*, *expires_at*: UTC."""

    kind: Kind
    template: str
    due_at: datetime
    expires_at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMessage:
    """A message we mean to send; nothing has been rendered or stored yet.

    Attributes:
        role: In whose shoes the recipient gets it.
        due_at: Aware, UTC.
        expires_at: From this instant on its purpose has passed: skipped, not sent late. UTC; None: never.
        why: For people: what made it due, with the shifts applied. Carries no names.
        not_sent: Why it must not be sent although the step names this recipient; None: send it.
        repeats: Sent anew under a new version although an earlier version went out.
        change: What it becomes where an earlier version may have arrived; None: it stays as it is.
        only_after: Only if this step's message went to the same recipient (a cancellation after an invitation).
        follows: Not if this step's message to the same recipient was to go and did not (no step without invitation).
        carrier: Whose message counts in *only_after* and *follows* instead of the recipient's own: on Exchange the pair
            has one meeting, and one message carries it.
        versions: Those that are about the same calendar entry as this message.
        takeover: What it becomes where an earlier entry may have reached somebody.
        sure: It becomes a change only of what was certainly sent. A calendar server cannot change what is not there, and
            can be asked: what only may be there is created by a message that *looks_first*.
        looks_first: An earlier version may have made the entry: it is looked for, and written over where it is.
        replaced_at: It ends an entry that another took over with this version: not before that one is in place.
        entry: The number of the talk's entry it is about; None: the newest.
        former: Roster id of who hosted the talk before, where the message is about that.
    """

    key: MessageKey
    kind: Kind
    role: Role
    template: str
    due_at: datetime
    expires_at: datetime | None
    why: str
    attach: tuple[str, ...] = ()
    not_sent: str | None = None
    repeats: bool = False
    change: Change | None = None
    only_after: str | None = None
    follows: str | None = None
    carrier: str | None = None
    versions: Versions = (0, None)
    takeover: Change | None = None
    sure: bool = False
    looks_first: bool = False
    replaced_at: int | None = None
    entry: int | None = None
    former: str | None = None


def changed_by(message: DueMessage, change: Change) -> DueMessage:
    """*message* as it goes to somebody whom an earlier version may have reached."""
    return replace(
        message,
        kind=change.kind,
        template=change.template,
        due_at=change.due_at,
        expires_at=change.expires_at,
        why=change.why,
    )


class OutboxState(StrEnum):
    """What became of a message.

    ``queued``: waits for its instant or its next try. ``sending``: a worker has it. ``sent``: the server said yes.
    ``unknown``: the line died after the content was handed over. ``held``: a person decides. ``failed``: the server
    said no for good. ``withdrawn``: overtaken before it left. ``skipped``: never meant to leave; the reason says why.
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    HELD = "held"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"


MAY_HAVE_ARRIVED = frozenset({OutboxState.SENT, OutboxState.SENDING, OutboxState.UNKNOWN})
STILL_HERE = frozenset({OutboxState.QUEUED, OutboxState.HELD, OutboxState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedMessage:
    """The exact bytes for one recipient. Never changes; a retry is the same message.

    Attributes:
        transport: Which transport carries it; with *mailbox* its route, fixed here.
        mailbox: The sending mailbox, also the envelope sender; of a meeting order the organizer's.
        address: The recipient's address as the envelope has it.
        payload: A MIME message with CRLF line ends; or a meeting order, for Exchange and Graph to carry out.
    """

    key: MessageKey
    kind: Kind
    transport: str
    mailbox: str
    address: str
    message_id: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMessage:
    """What the outbox remembers of one message, without its text.

    Attributes:
        uncertain: It may have arrived once already: some attempt ended in ``unknown``.
        reason: Why it is in its state, for people. Carries no names.
        reply: The server's last words.
        size: Bytes of the payload, 0 when never rendered.
        digest: SHA-256 of the payload, hexadecimal; empty when never rendered.
    """

    id: int
    key: MessageKey
    kind: Kind
    state: OutboxState
    due_at: datetime
    expires_at: datetime | None
    not_before: datetime
    why: str
    reason: str
    attempts: int = 0
    uncertain: bool = False
    transport: str = ""
    mailbox: str = ""
    address: str = ""
    message_id: str = ""
    settled_at: datetime | None = None
    reply: str = ""
    size: int = 0
    digest: str = ""
