"""How a database is opened: made, migrated once, and refused with a reason."""

import re
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from databases import Database
from stored_messages import ROUND, queue
from talkcycle.store import tables
from talkcycle.store.migrate import HEAD, SchemaTooNew
from talkcycle.store.open import SqlStore, open_store
from talkcycle.store.sealing import WrongSecret

VERSIONS = Path(tables.__file__).with_name("migrations") / "versions"


def test_the_migrated_schema_is_the_one_the_code_knows(empty_database: Database) -> None:
    empty_database.open().close()
    engine = empty_database.engine()
    with engine.connect() as connection:
        differences: Any = compare_metadata(MigrationContext.configure(connection), tables.metadata)
    engine.dispose()
    assert differences == []


def test_the_head_is_the_newest_migration() -> None:
    revisions = [re.search(r'^revision = "(\d{4})"$', each.read_text(), re.MULTILINE) for each in VERSIONS.glob("v*.py")]
    assert max(match.group(1) for match in revisions if match) == HEAD


def test_partial_indexes_are_partial(empty_database: Database) -> None:
    """A full one would do for the tests, and be read from end to end once a round is over."""
    empty_database.open().close()
    if empty_database.url.startswith("sqlite"):
        definitions = empty_database.query("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'")
    else:
        definitions = empty_database.query("SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%WHERE%'")
    partial = [re.search(r"INDEX (\w+) ON", definition[0]) for definition in definitions]
    assert sorted(match.group(1) for match in partial if match) == [
        "one_live_entry",
        "outbox_queued",
        "outbox_sending",
        "outbox_unknown",
    ]


def test_whatever_is_in_the_natural_key_is_never_null() -> None:
    (key,) = [each for each in tables.outbox.constraints if each.name == "natural_key"]
    columns = list(getattr(key, "columns", []))
    assert [column.name for column in columns] == ["round", "subject", "step", "occasion", "recipient", "version"]
    assert [column.nullable for column in columns] == [False] * 6


def test_opening_at_once_migrates_once(empty_database: Database) -> None:
    stores: list[SqlStore] = []
    failures: list[BaseException] = []
    gun = threading.Barrier(4)

    def run() -> None:
        gun.wait()
        try:
            stores.append(empty_database.open())
        except BaseException as failure:  # noqa: BLE001  # shown below, in the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert failures == []
    assert empty_database.query("SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert empty_database.query("SELECT count(*) FROM service") == [(1,)]


def test_what_is_stored_is_there_when_opened_again(database: Database) -> None:
    store = database.open()
    with store.write() as session:
        session.rounds.add(ROUND, {"a": b"1"})
    store.close()
    again = database.open()
    with again.read() as session:
        assert (session.rounds.get(ROUND.id), session.rounds.files(ROUND.id)) == (ROUND, {"a": b"1"})
    again.close()


def test_opening_waits_for_no_writer(database: Database) -> None:
    """A command that only looks answers while the daemon writes."""
    store = database.open()
    with store.write() as session:
        session.ledger.set_mark(1)
        other = database.open()
        with other.read() as reader:
            assert reader.ledger.mark() == 0
        other.close()
    store.close()


def test_a_newer_schema_is_refused_and_stays_as_it_is(database: Database) -> None:
    database.query("UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(SchemaTooNew, match=r"schema 0999.*Install the newer talkcycle"):
        database.open()
    assert database.query("SELECT version_num FROM alembic_version") == [("0999",)]


def test_another_secret_is_refused(database: Database) -> None:
    with pytest.raises(WrongSecret, match="Restore the file `secret`"):
        database.open(secret=b"another")
    database.open().close()


def test_no_database_is_made_where_none_was_meant(tmp_path: Path) -> None:
    path = tmp_path / "none" / "talkcycle.db"
    with pytest.raises(FileNotFoundError):
        open_store(f"sqlite:///{path}", secret=b"x", create=False)
    assert not path.parent.exists()


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "talkcycle.db"
    store = open_store(f"sqlite:///{path}", secret=b"x")
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    store.close()
    assert modes == {"talkcycle.db": 0o600, "talkcycle.db-shm": 0o600, "talkcycle.db-wal": 0o600}


def test_sqlite_keeps_every_commit_and_wipes_what_it_deletes(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'talkcycle.db'}", secret=b"x")

    def settings(connection: Connection) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names}

    with store.read() as one, store.read() as other:
        assert settings(one.outbox.connection) == settings(other.outbox.connection)
        assert settings(one.outbox.connection) == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "secure_delete": 1,
            "busy_timeout": 30_000,
        }
    store.close()


def test_a_claim_reads_the_index_of_what_is_queued(tmp_path: Path) -> None:
    """With any other index a claim takes longer with every message that was ever sent."""
    store = open_store(f"sqlite:///{tmp_path / 'talkcycle.db'}", secret=b"x")
    with store.write() as session:
        session.rounds.add(ROUND, {})
    queue(store, "anna")
    asked: list[str] = []
    with store.write() as session:
        raw = session.outbox.connection.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(asked.append)
        session.outbox.lanes(now=ROUND.approved_at.replace(year=2030))
        session.outbox.claim(owner="w", transport="smtp", now=ROUND.approved_at.replace(year=2030), limit=50)
        session.outbox.wake_unknown(now=ROUND.approved_at)
        session.outbox.next_due()
        session.outbox.bury(silent_since=None, now=ROUND.approved_at, unknown_pause_until=None)
        raw.set_trace_callback(None)
        searched = [statement for statement in asked if "state = '" in statement and "outbox.id = " not in statement]
        plans = [" ".join(str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {each}")) for each in searched]
    store.close()
    assert len(plans) >= 6
    assert [plan for plan in plans if "USING INDEX outbox_" not in plan.replace("COVERING ", "")] == []


def test_processes_wait_for_each_other(database: Database) -> None:
    """Two stores as in two processes: neither overwrites what the other has read."""
    stores = [database.open(), database.open()]

    def count(store: SqlStore) -> None:
        for _ in range(25):
            with store.write() as session:
                session.ledger.set_mark(session.ledger.mark() + 1)

    threads = [threading.Thread(target=count, args=(store,)) for store in stores * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as session:
        assert session.ledger.mark() == 100
    for store in stores:
        store.close()
