"""The tables. Invariants live here: natural keys are unique, and a talk has at most one live entry.

The migrations make them. They also say which indexes are partial on PostgreSQL: naming that here would load its dialect
at every start, which costs 35 ms where SQLite is used.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from talkcycle.store.instants import Instant

metadata = MetaData()
Number = BigInteger().with_variant(Integer, "sqlite")

service = Table(
    "service",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hold", Text),
    Column("last_tick", Instant),
    Column("mark", Number, nullable=False),
    Column("secret_check", LargeBinary, nullable=False),
)
rosters = Table(
    "rosters", metadata, Column("version", String(64), primary_key=True), Column("saved_at", Instant, nullable=False)
)
people = Table(
    "people",
    metadata,
    Column("roster", String(64), nullable=False),
    Column("id", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    Column("data", Text, nullable=False),
    PrimaryKeyConstraint("roster", "id"),
    ForeignKeyConstraint(["roster"], ["rosters.version"], ondelete="CASCADE"),
)
drafts = Table(
    "drafts",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("cycle", String(200), nullable=False),
    Column("round", String(200), nullable=False),
    Column("roster", String(64), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("drafts_newest", "cycle", "made_at"),
)
blobs = Table(
    "blobs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
rounds = Table(
    "rounds",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("roster", String(64), nullable=False),
    Column("roster_before", String(64)),
    Column("approved_at", Instant, nullable=False),
    Column("data", Text, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
)
round_files = Table(
    "round_files",
    metadata,
    Column("round", String(200), nullable=False),
    Column("path", String(400), nullable=False),
    Column("sha256", String(64), nullable=False),
    PrimaryKeyConstraint("round", "path"),
    ForeignKeyConstraint(["round"], ["rounds.id"], ondelete="CASCADE"),
)
talks = Table(
    "talks",
    metadata,
    Column("round", String(200), nullable=False),
    Column("id", String(200), nullable=False),
    Column("employee", String(200), nullable=False),
    Column("manager", String(200), nullable=False),
    Column("start", Instant),
    Column("minutes", Integer, nullable=False),
    Column("buffer_minutes", Integer, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("place_kind", String(20), nullable=False),
    Column("place_name", Text),
    Column("state", String(20), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("approved_at", Instant),
    Column("former_start", Instant),
    Column("note", LargeBinary, nullable=False),
    PrimaryKeyConstraint("round", "id"),
    ForeignKeyConstraint(["round"], ["rounds.id"], ondelete="CASCADE"),
    Index("talks_of_manager", "round", "manager"),
    Index("talks_of_employee", "round", "employee"),
)
entries = Table(
    "entries",
    metadata,
    Column("round", String(200), nullable=False),
    Column("talk", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("uid", String(255), nullable=False, unique=True),
    Column("sequence", Integer, nullable=False),
    Column("transport", String(20), nullable=False),
    Column("organizer", String(320), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("remote_id", Text),
    Column("opened", Integer, nullable=False, server_default="0"),
    Column("closed", Integer),
    Column("host", String(200), nullable=False, server_default=""),
    PrimaryKeyConstraint("round", "talk", "number"),
    ForeignKeyConstraint(["round", "talk"], ["talks.round", "talks.id"], ondelete="CASCADE"),
)
Index(
    "one_live_entry",
    entries.c.round,
    entries.c.talk,
    unique=True,
    sqlite_where=text("live = 1"),
)
answers = Table(
    "answers",
    metadata,
    Column("round", String(200), nullable=False),
    Column("talk", String(200), nullable=False),
    Column("number", Integer, nullable=False),
    Column("party", String(400), nullable=False),
    Column("verified", Boolean, nullable=False, server_default=true()),
    Column("answer", String(20), nullable=False),
    Column("at", Instant),
    Column("proposed_start", Instant),
    Column("proposed_end", Instant),
    Column("seen_at", Instant, nullable=False),
    PrimaryKeyConstraint("round", "talk", "number", "party", "verified"),
    ForeignKeyConstraint(
        ["round", "talk", "number"], ["entries.round", "entries.talk", "entries.number"], ondelete="CASCADE"
    ),
)
watches = Table(
    "watches",
    metadata,
    Column("transport", String(20), nullable=False),
    Column("organizer", String(320), nullable=False),
    Column("state", Text, nullable=False),
    Column("read_at", Instant, nullable=False),
    PrimaryKeyConstraint("transport", "organizer"),
)
schedule = Table(
    "schedule",
    metadata,
    Column("round", String(200), nullable=False),
    Column("subject", String(210), nullable=False),
    Column("next_due", Instant),
    Column("taken", Boolean, nullable=False, server_default=false()),
    PrimaryKeyConstraint("round", "subject"),
    ForeignKeyConstraint(["round"], ["rounds.id"], ondelete="CASCADE"),
    Index("schedule_next", "next_due"),
)
link_epochs = Table(
    "link_epochs",
    metadata,
    Column("round", String(200), nullable=False),
    Column("person", String(200), nullable=False),
    Column("epoch", Integer, nullable=False),
    PrimaryKeyConstraint("round", "person"),
    ForeignKeyConstraint(["round"], ["rounds.id"], ondelete="CASCADE"),
)
# No foreign key to its round: what a pair agreed outlives it, under its own key and its own retention.
agreements = Table(
    "agreements",
    metadata,
    Column("round", String(200), nullable=False),
    Column("talk", String(200), nullable=False),
    Column("employee", String(200), nullable=False),
    Column("cycle", String(200), nullable=False),
    Column("start", Instant, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("last_due", String(10)),
    Column("keep_until", Instant, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    PrimaryKeyConstraint("round", "talk"),
    Index("agreements_of_employee", "employee", "cycle", "start"),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("round", String(200), nullable=False),
    Column("subject", String(210), nullable=False),
    Column("step", String(100), nullable=False),
    Column("occasion", String(20), nullable=False),
    Column("recipient", String(210), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("not_before", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("uncertain", Boolean, nullable=False),
    Column("transport", String(20), nullable=False),
    Column("mailbox", String(320), nullable=False),
    Column("address", String(320), nullable=False),
    Column("message_id", String(320), nullable=False),
    Column("settled_at", Instant),
    Column("reply", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("owner", String(64)),
    Column("position", Integer),
    UniqueConstraint("round", "subject", "step", "occasion", "recipient", "version", name="natural_key"),
    ForeignKeyConstraint(["round"], ["rounds.id"], ondelete="CASCADE"),
    Index("outbox_of_recipient", "round", "recipient"),
    Index("outbox_of_message_id", "message_id"),
    sqlite_autoincrement=True,
)
# A partial index must read exactly like the query, or SQLite does not use it (measured: 1.4 ms a claim otherwise).
for _state, _column in (("queued", outbox.c.not_before), ("unknown", outbox.c.not_before), ("sending", outbox.c.owner)):
    Index(f"outbox_{_state}", _column, sqlite_where=text(f"state = '{_state}'"))
# Apart from their rows: SQLite writes a row anew with every change of its state, 56 KB of payload included.
payloads = Table(
    "payloads",
    metadata,
    Column("message", Number, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    ForeignKeyConstraint(["message"], ["outbox.id"], ondelete="CASCADE"),
)
attempts = Table(
    "attempts",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("message", Number, nullable=False),
    Column("at", Instant, nullable=False),
    Column("said", LargeBinary, nullable=False),
    ForeignKeyConstraint(["message"], ["outbox.id"], ondelete="CASCADE"),
    Index("attempts_of_message", "message"),
)
owners = Table(
    "owners", metadata, Column("owner", String(64), primary_key=True), Column("beat_at", Instant, nullable=False)
)
audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("action", String(100), nullable=False),
    Column("subject", String(420), nullable=False),
    Column("detail", Text, nullable=False),
)
