"""Long lists in queries: SQLite's old limit is 999 variables, PostgreSQL's 65,535."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

CHUNK = 500

T = TypeVar("T")


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """*items* in lists a query can take."""
    everything = list(items)
    return (everything[start : start + CHUNK] for start in range(0, len(everything), CHUNK))
