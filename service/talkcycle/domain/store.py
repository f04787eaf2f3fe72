"""What the service remembers: the contract of the store. One suite in ``tests/contract`` holds every database to it.

All instants are aware and UTC, in and out. A session belongs to one thread. Texts, payloads and reasons of messages are
sealed at rest; keys, states and instants are not.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from talkcycle.domain.agreements import Agreement
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.links import Link
from talkcycle.domain.messages import DueMessage, Kind, KnownMessage, MessageKey, OutboxState, RenderedMessage
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.plan import Draft
from talkcycle.domain.talks import Entry, Round, Talk, TalkAnswer


class Rosters(Protocol):
    """Roster versions are kept; a version is a hash of its content."""

    def save(self, roster: Roster, *, at: datetime) -> None:
        """Keep *roster*; a version that is known stays as it is."""
        ...

    def people(self, version: str, ids: Iterable[str] | None = None) -> dict[str, Person]:
        """People of *version* by id, in roster order: all, or those of *ids* that exist. An empty *ids* is nobody."""
        ...


class Drafts(Protocol):
    def save(self, draft: Draft) -> None: ...

    def latest(self, cycle: str) -> Draft | None:
        """The newest draft of the cycle with that id."""
        ...


class Rounds(Protocol):
    def add(self, round_: Round, files: Mapping[str, bytes]) -> None:
        """Store an approved round, its key and the files frozen with it. ValueError when the id is taken."""
        ...

    def get(self, id_: str) -> Round | None:
        """The round; in a writing session it and what hangs on it then change for nobody else until that one ends."""
        ...

    def all(self) -> list[Round]:
        """Every round, newest approval first."""
        ...

    def files(self, id_: str) -> dict[str, bytes]:
        """The frozen files: ``templates/<language>/<name>`` and ``attachments/<name>``."""
        ...

    def update(self, round_: Round) -> None: ...


class Talks(Protocol):
    def add(self, talks: Iterable[Talk], entries: Iterable[Entry]) -> None: ...

    def of_round(self, round_: str, ids: Iterable[str] | None = None) -> list[Talk]:
        """Talks ordered by start, the unplaced last: all, or those of *ids* that exist. An empty *ids* is none."""
        ...

    def of_person(self, round_: str, person: str) -> list[Talk]:
        """Talks in which *person* takes part, as employee or as manager."""
        ...

    def update(self, talk: Talk) -> None:
        """Replace a talk by its next revision. LookupError unless the stored revision is exactly one less."""
        ...

    def entries(self, round_: str, talks: Iterable[str]) -> dict[str, Entry]:
        """The newest entry of each talk."""
        ...

    def all_entries(self, round_: str, talks: Iterable[str]) -> dict[str, list[Entry]]:
        """Every entry of each talk, oldest first; a talk without one is not in it."""
        ...

    def live_entries(self, transport: str, organizer: str | None = None) -> list[Entry]:
        """Those of every round that is not closed which are live and known by a remote id, by organizer.

        *organizer*: only those in that calendar; None: in any.
        """
        ...

    def entry_with_uid(self, uid: str) -> Entry | None:
        """The entry with that UID, of whatever round; also where only capitals differ, since some programs write them."""
        ...

    def entry_is_at(self, uid: str, remote_id: str) -> None:
        """Note what the server calls the entry with that UID."""
        ...

    def put_answers(self, entry: Entry, answers: Iterable[TalkAnswer], *, seen_at: datetime) -> None:
        """What attendees of *entry* have answered, each in place of what they answered before.

        An answer that is not verified takes the place of such a one only, and stands beside a verified one.
        """
        ...

    def answers(self, round_: str, talks: Iterable[str]) -> dict[str, list[TalkAnswer]]:
        """What attendees of each talk's newest entry have answered; of one party first what is verified."""
        ...

    def put_entry(self, entry: Entry) -> None:
        """Insert or replace (round, talk, number). The database refuses a second live entry of a talk."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSubject:
    """A subject (``talk:<id>``, ``person:<id>``, ``round``) and the instant to look at it next."""

    round: str
    subject: str
    at: datetime


class Watches(Protocol):
    """Up to where each organizer's calendar was read. The state is the server's; it means nothing to anybody else."""

    def state(self, transport: str, organizer: str) -> str | None: ...

    def put(self, transport: str, organizer: str, state: str, *, at: datetime) -> None: ...

    def drop_others(self, transport: str, organizers: Iterable[str]) -> None:
        """Forget calendars in which nothing of ours is any more."""
        ...


class Links(Protocol):
    """Links to pages. They are made from the round's key whenever one is needed, and kept nowhere."""

    def token(self, link: Link) -> str:
        """*link* as a text for an address: the same for the same link, and nothing in it can be read.

        LookupError when the round was purged or never was.
        """
        ...

    def open(self, token: str) -> Link | None:
        """The link that *token* stands for; None for everything else: forged, revoked, or of a round that is gone.

        Whether its time is over is not looked at: ``domain.links.link_ends``.
        """
        ...

    def epoch(self, round_: str, person: str) -> int:
        """How often this person's links were revoked."""
        ...

    def current(self, link: Link) -> Link:
        """*link* as it opens now, whatever was revoked before."""
        ...

    def revoke(self, round_: str, person: str) -> int:
        """Have none of this person's links open anything from now on; the new epoch."""
        ...

    def form_key(self, round_: str) -> bytes:
        """A secret for the forms of this round's pages. LookupError as ``token``."""
        ...


class Agreements(Protocol):
    """What pairs have agreed. Sealed as a whole; it outlives its round, and ends with a retention of its own."""

    def of_talks(self, round_: str, talks: Iterable[str] | None = None) -> dict[str, Agreement]:
        """By talk: of every talk of the round, or of *talks*. An empty *talks* is none."""
        ...

    def before(self, starts: Mapping[str, datetime], *, cycle: str) -> dict[str, Agreement]:
        """By employee: of their last talk in that cycle that was held and began before the instant in *starts* (UTC)."""
        ...

    def last_due(self, round_: str) -> date | None:
        """The last day by which anything agreed in the round is to be done."""
        ...

    def put(self, agreement: Agreement, *, keep_until: datetime | None = None) -> None:
        """Insert it, or replace its revision before. LookupError unless that is exactly one less.

        Args:
            keep_until: UTC; None: as long as it was to be kept already.
        """
        ...


class Schedule(Protocol):
    """The next due instant of each subject, so that a tick with nothing due reads one index."""

    def put(self, round_: str, instants: Mapping[str, datetime | None]) -> None:
        """Set when to look at each subject next; None: never."""
        ...

    def due(self, *, before: datetime, limit: int) -> list[DueSubject]:
        """Subjects to look at, earliest first."""
        ...

    def claim(self, *, before: datetime, until: datetime, limit: int) -> list[DueSubject]:
        """Like ``due``, and set their next instant to *until*, so that no other worker takes them meanwhile.

        Whoever dies holding some leaves them to be taken again at *until*. *at* is the instant before the claim.
        """
        ...

    def release(self, round_: str, instants: Mapping[str, datetime | None], *, lease: datetime) -> None:
        """End a claim until *lease*: set when to look at each subject next, as ``put`` does.

        What was put or claimed by others meanwhile stays: they know of something the look came too early for.
        """
        ...

    def next(self) -> datetime | None:
        """The earliest instant of all."""
        ...

    def count(self, *, before: datetime) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """A message a worker holds; nobody else gets it until its outcome is recorded or its owner is dead.

    Attributes:
        tried: An attempt failed once. A person who lets it be tried anew makes *attempts* 0, and not that undone: what
            an attempt got done of a meeting stands there still.
    """

    id: int
    address: str
    mailbox: str
    message_id: str
    payload: bytes
    attempts: int
    uncertain: bool
    tried: bool
    key: MessageKey
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Messages of one mailbox over one transport: they share its limits."""

    transport: str
    mailbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFilter:
    """Which messages to list; None: any."""

    round: str | None = None
    states: frozenset[OutboxState] | None = None
    recipient: str | None = None
    subject: str | None = None
    step: str | None = None
    limit: int = 200


class Outbox(Protocol):
    """The durable ledger: what is to be sent and what became of it. A natural key exists at most once."""

    def of_subjects(self, round_: str, subjects: Sequence[str]) -> list[KnownMessage]: ...

    def add(self, message: RenderedMessage, due: DueMessage, *, now: datetime, held: str | None = None) -> bool:
        """Queue *message* for ``due.due_at`` unless its key is known; say whether it was new.

        *held*: a person is to decide about it first, and why; None: it goes.
        """
        ...

    def skip(self, due: DueMessage, reason: str, *, now: datetime) -> bool:
        """Record that *due* is not sent and why, unless its key is known; say whether it was new."""
        ...

    def withdraw(self, ids: Mapping[int, str], *, now: datetime) -> int:
        """Take back messages that still wait (queued, held, unknown), each with a reason; say how many were."""
        ...

    def lanes(self, *, now: datetime) -> list[Lane]:
        """Where queued messages wait that can be claimed, the most of them first. Nothing while on hold."""
        ...

    def claim(
        self, *, owner: str, transport: str, now: datetime, limit: int, mailbox: str | None = None
    ) -> list[ClaimedMessage]:
        """Take up to *limit* queued messages whose instant has come, longest waiting first, in the order to send.

        *mailbox*: only those of that lane; None: any of the transport.

        One transaction; two owners never get the same row. A message whose expiry has passed is not claimed but
        skipped with that reason. Returns nothing while the outbox is on hold. Messages about a subject that is to be
        looked at now wait for that, since they may not apply any more: whoever has abstained a second ago gets nothing.
        """
        ...

    def record_sent(self, id_: int, *, owner: str, reply: str, now: datetime) -> bool:
        """Commit that the server took it; false when *owner* no longer holds it."""
        ...

    def record_failure(self, id_: int, verdict: Verdict, *, owner: str, now: datetime) -> bool:
        """Commit a failed attempt and its verdict; false when *owner* no longer holds it."""
        ...

    def give_back(self, ids: Iterable[int], *, owner: str, now: datetime) -> int:
        """Return claimed messages that were never tried to the queue."""
        ...

    def beat(self, owner: str, *, now: datetime) -> bool:
        """Say that *owner* is alive; false when it had been taken for dead: what it had claimed is no longer its own."""
        ...

    def bury(self, *, silent_since: datetime | None, now: datetime, unknown_pause_until: datetime | None) -> int:
        """Settle what dead owners held, and return how many messages that were.

        Of each dead owner the first message without an outcome becomes unknown (held when *unknown_pause_until* is
        None, else due again then), the rest go back to the queue. *silent_since*: owners whose last beat is older are
        dead; None: every owner is (there is one daemon and it has just started).
        """
        ...

    def in_hand(self, transport: str, mailbox: str) -> bool:
        """Whether a message of that lane is being sent, or may have arrived and nobody knows what became of it."""
        ...

    def wake_unknown(self, *, now: datetime) -> int:
        """Queue again the unknown messages whose pause is over."""
        ...

    def find(self, filter_: OutboxFilter) -> list[KnownMessage]:
        """Newest due instant last."""
        ...

    def get(self, id_: int) -> KnownMessage | None: ...

    def payload(self, id_: int) -> bytes | None:
        """The sealed bytes, opened; None when dropped, or never rendered."""
        ...

    def attempts(self, id_: int) -> list[tuple[datetime, str]]:
        """Failed attempts: when, and what was said."""
        ...

    def counts(self, round_: str) -> dict[tuple[str, OutboxState], int]:
        """How many messages of each step are in each state."""
        ...

    def count_since(self, recipient: str, begins: datetime) -> int:
        """How many messages of any round went to *recipient* from *begins* on, fell due since, or are about to go."""
        ...

    def record_bounce(self, message_id: str, said: str, *, permanent: bool, now: datetime) -> KnownMessage | None:
        """Note that a mail came back, or is late: the message as it is then; None: no mail of ours has that Message-ID.

        One that never will arrive has failed, and did not arrive; one that is late stays as it is, with a note. One that
        is being sent stays as it is: whoever has it in hand says what became of it, and then the report can be noted.
        """
        ...

    def move(self, ids: Iterable[int], *, to: OutboxState, reason: str, now: datetime) -> int:
        """A person's decision: hold (queued, unknown), release (held) or retry (failed, held); others stay. Count."""
        ...

    def reroute_mails(self, transport: str) -> int:
        """Have mails that wait go by *transport* from now on; a MIME message is the same for all. Count."""
        ...

    def drop_payloads(self, *, settled_before: datetime) -> int:
        """Forget the bytes of messages settled long ago; hash and envelope stay."""
        ...

    def next_due(self) -> datetime | None:
        """When the earliest queued or unknown message may be tried."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what and why. *subject* and *detail* carry ids, never names or texts."""

    at: datetime
    who: str
    action: str
    subject: str
    detail: str


class Ledger(Protocol):
    """The service's own memory: holds, marks and the audit trail."""

    def hold(self) -> str | None:
        """Why the whole outbox is on hold; None when it is not."""
        ...

    def set_hold(self, reason: str | None) -> None: ...

    def last_tick(self) -> datetime | None:
        """None: never, or not since a person released the outbox: there is nothing to compare the next tick with."""
        ...

    def set_last_tick(self, at: datetime | None) -> None: ...

    def mark(self) -> int:
        """A counter that rises with every tick; a copy beside the database tells a restored backup."""
        ...

    def set_mark(self, value: int) -> None: ...

    def record(self, entry: AuditEntry) -> None: ...

    def trail(self, limit: int) -> list[AuditEntry]:
        """Newest first."""
        ...


class Session(Protocol):
    """One transaction's view of everything."""

    @property
    def rosters(self) -> Rosters: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def rounds(self) -> Rounds: ...
    @property
    def talks(self) -> Talks: ...
    @property
    def watches(self) -> Watches: ...
    @property
    def links(self) -> Links: ...
    @property
    def agreements(self) -> Agreements: ...
    @property
    def schedule(self) -> Schedule: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def ledger(self) -> Ledger: ...


class Store(Protocol):
    """Opens transactions. Safe to share between threads."""

    def read(self) -> AbstractContextManager[Session]:
        """A consistent view; writing in it is an error."""
        ...

    def write(self) -> AbstractContextManager[Session]:
        """Commits when left, rolls back on an exception. Waits for other writers, at most 30 s."""
        ...

    def purge_round(self, round_: str) -> None:
        """Forget a round for good: its key first, then its rows and their traces in the database's files."""
        ...

    def drop_agreements(self, *, before: datetime) -> int:
        """Forget for good what pairs agreed that was to be kept until *before* (UTC) at the most; say of how many."""
        ...
