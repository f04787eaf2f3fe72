"""How a database is reached, and how transactions on it begin."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

PATIENCE = 30
"""Seconds a writer waits for others."""
A_MOMENT = 0.01
PRIMARY = 0xFF
"""The part of an error code that says what kind it is (sqlite.org/rescode.html)."""
PRAGMAS = (
    f"PRAGMA busy_timeout={PATIENCE * 1000}",  # first: the others may have to wait already
    # NORMAL can lose the last commits at power loss: a message recorded as sent would go again.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
)


def is_sqlite(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite"


def make_engine(url: str, *, create: bool) -> Engine:
    """An engine for the SQLAlchemy *url*; a SQLite file that is not there is made, for its owner alone to read.

    Raises:
        FileNotFoundError: There is no such file and *create* is false.
    """
    parsed = make_url(url)
    lite = parsed.get_backend_name() == "sqlite"
    if lite and parsed.database:
        _make_file(Path(parsed.database), create=create)
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=not lite,  # a server may have been restarted since
        hide_parameters=True,  # errors are logged, and parameters are names and addresses
    )
    if lite:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database throughout, and in which writing is an error."""
    with engine.connect() as connection:
        if not is_sqlite(engine):
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection
            return
        connection.execution_options(talkcycle_begin="BEGIN")
        with connection.begin():
            connection.exec_driver_sql("PRAGMA query_only=ON")
            try:
                yield connection
            finally:
                connection.exec_driver_sql("PRAGMA query_only=OFF")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that commits when left. SQLite's has the database to itself from the start."""
    with engine.connect() as connection, connection.begin():
        yield connection


def _make_file(path: Path, *, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise FileNotFoundError(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late for IMMEDIATE
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    _write_ahead(cursor)
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Have the file keep a write-ahead log; it stays so.

    SQLite lets nobody wait to change that in a new file: who does it while another has just begun is refused at once.
    """
    patience = time.monotonic() + PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as refused:
            if refused.sqlite_errorcode & PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > patience:
                raise
            time.sleep(A_MOMENT)
        else:
            return


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("talkcycle_begin", "BEGIN IMMEDIATE"))
