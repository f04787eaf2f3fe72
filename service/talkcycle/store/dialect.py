"""The one thing SQLite and PostgreSQL spell in different modules."""

from typing import Any

from sqlalchemy import Connection, Table


def upsert(dialect: Connection | str, table: Table) -> Any:
    """An INSERT of *table* that knows ON CONFLICT, for the dialect of that name or of that connection."""
    name = dialect if isinstance(dialect, str) else dialect.dialect.name
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert  # noqa: PLC0415

        return sqlite_insert(table)
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # noqa: PLC0415

    return postgresql_insert(table)
