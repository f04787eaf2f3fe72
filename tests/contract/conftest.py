"""Every test of the store's contract runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from databases import SECRET, Database, sqlite_files
from servers.postgresql import PostgreSQL, postgresql_server
from talkcycle.store.open import SqlStore, open_store

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgresql: PostgreSQL) -> str:
    """A database to copy, since migrating one takes ten times as long."""
    name = postgresql.new_database()
    open_store(postgresql.url(name), secret=SECRET).close()
    return name


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database nobody has opened yet."""
    if request.param == "sqlite":
        return _sqlite(tmp_path)
    server = request.getfixturevalue("postgresql")
    return _postgresql(server, server.new_database())


@pytest.fixture(params=BOTH)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A database that ``SECRET`` opens, with nothing in it."""
    if request.param == "sqlite":
        made = _sqlite(tmp_path)
        (tmp_path / "talkcycle.db").write_bytes(_migrated_file())
        return made
    server = request.getfixturevalue("postgresql")
    return _postgresql(server, server.new_database(template=request.getfixturevalue("migrated")))


@pytest.fixture
def store(database: Database) -> Iterator[SqlStore]:
    opened = database.open()
    yield opened
    opened.close()


def _sqlite(folder: Path) -> Database:
    path = folder / "talkcycle.db"
    return Database(url=f"sqlite:///{path}", files=lambda: sqlite_files(path))


@cache
def _migrated_file() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "talkcycle.db"
        open_store(f"sqlite:///{path}", secret=SECRET).close()
        return path.read_bytes()


def _postgresql(server: PostgreSQL, name: str) -> Database:
    def files() -> bytes:
        """Of every table, as far as they are written out; the write-ahead log is the server's business."""
        with server.administrator(name) as connection:
            connection.execute("CHECKPOINT")
            rows = connection.execute(
                "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class "
                "WHERE relkind IN ('r', 'i', 't') AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
            )
            return b"".join(bytes(row[0]) for row in rows)

    return Database(url=server.url(name), files=files)
