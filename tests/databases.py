"""The databases a store may live in, each fresh, each reached by its URL."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Engine

from talkcycle.store.open import SqlStore, open_store

SECRET = b"of the test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """One database of a test.

    Attributes:
        files: The bytes of everything it keeps on disk.
    """

    url: str
    files: Callable[[], bytes]

    def open(self, *, secret: bytes = SECRET) -> SqlStore:
        return open_store(self.url, secret=secret)

    def engine(self) -> Engine:
        """A connection of our own, to look at what is stored behind the store's back."""
        return create_engine(self.url)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What *statement* answers."""
        engine = self.engine()
        with engine.begin() as connection:
            result = connection.execute(text(statement))
            rows = [tuple(row) for row in result] if result.returns_rows else []
        engine.dispose()
        return rows


def sqlite_files(path: Path) -> bytes:
    """The database and what SQLite keeps beside it."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))
