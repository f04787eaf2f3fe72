"""Forgetting for good: rows, keys, and what they leave in the database's files."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, exists, select, text, union

from talkcycle.store import tables
from talkcycle.store.agreements import SqlAgreements
from talkcycle.store.engine import is_sqlite, writing
from talkcycle.store.sealing import Seal


class TracesRemain(Exception):
    """A round is gone, but somebody read the database for so long that traces of it stay in its write-ahead log."""


def purge(engine: Engine, round_: str) -> None:
    """Delete the round with its key, and what no other needs, then the traces. Another call goes on where one broke off.

    Raises:
        TracesRemain: On SQLite; they go when the last process closes the database.
    """
    with writing(engine) as connection:
        rounds, blobs = tables.rounds, tables.blobs
        # Its key, and by cascade talks, entries, schedule, files, messages, payloads and attempts.
        gone = delete(rounds).where(rounds.c.id == round_).returning(rounds.c.roster, rounds.c.roster_before)
        rosters = {each for row in connection.execute(gone) for each in row if each is not None}
        drop_drafts(connection, tables.drafts.c.round == round_)
        drop_rosters(connection, rosters)
        connection.execute(delete(blobs).where(blobs.c.sha256.not_in(select(tables.round_files.c.sha256))))
        _drop_watches(connection)
    _drop_traces(engine)


def purge_agreements(engine: Engine, seal: Seal, *, before: datetime) -> int:
    """Delete what pairs agreed that is kept until *before* (UTC) or less, then the traces; say of how many.

    Raises:
        TracesRemain: As ``purge``.
    """
    with writing(engine) as connection:
        count = SqlAgreements(connection, seal).drop(before=before)
    if count:
        _drop_traces(engine)
    return count


def _drop_traces(engine: Engine) -> None:
    if is_sqlite(engine):
        _rewrite_file(engine)
    else:
        _rewrite_tables(engine)


def drop_drafts(connection: Connection, *which: ColumnElement[bool]) -> None:
    """Delete drafts, with the rosters nothing else was made from."""
    gone = connection.execute(delete(tables.drafts).where(*which).returning(tables.drafts.c.roster)).scalars().all()
    drop_rosters(connection, gone)


def drop_rosters(connection: Connection, versions: Iterable[str]) -> None:
    """Delete those of *versions* that neither a round nor a draft needs."""
    rounds = tables.rounds
    used = union(
        select(rounds.c.roster),
        select(rounds.c.roster_before).where(rounds.c.roster_before.is_not(None)),
        select(tables.drafts.c.roster),
    )
    version = tables.rosters.c.version
    connection.execute(delete(tables.rosters).where(version.in_([*versions]), version.not_in(used)))


def _drop_watches(connection: Connection) -> None:
    """A watch names its calendar's owner; one in which nothing of ours stands any more is not read again."""
    watches, entries = tables.watches, tables.entries
    theirs = (entries.c.transport == watches.c.transport, entries.c.organizer == watches.c.organizer)
    connection.execute(delete(watches).where(~exists().where(*theirs)))


def _rewrite_file(engine: Engine) -> None:
    """VACUUM writes the file anew; the write-ahead log would keep the old pages until they are overwritten."""
    raw = engine.raw_connection()  # outside any transaction
    try:
        cursor = raw.cursor()
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((busy, *_),) = cursor.fetchall()
    finally:
        raw.close()
    if busy:
        raise TracesRemain(
            "Somebody reads the database; the traces go when the service, and whoever reads, have stopped."
        )


def _rewrite_tables(engine: Engine) -> None:
    """A plain VACUUM leaves the deleted rows' bytes in the files."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(text(f"VACUUM FULL {table.name}"))
