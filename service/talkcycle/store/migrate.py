"""Bring a database's schema up to date, under a lock, and refuse one from the future."""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from talkcycle.domain.faults import Refused
from talkcycle.store.engine import is_sqlite, reading, writing

HEAD = "0007"
"""The newest migration; a test holds it to what is in ``migrations/versions``."""
LOCK = 7_214_120
"""PostgreSQL's advisory lock for migrations; any number nobody else uses."""


class SchemaTooNew(Refused):
    """A newer talkcycle has migrated this database; this one would not know what it does."""


def migrate(engine: Engine) -> None:
    """Run the migrations that are missing; with none missing this is one SELECT and Alembic is not even imported.

    Raises:
        SchemaTooNew: The database is ahead of this code.
    """
    with reading(engine) as connection:
        if _is_current(connection):
            return
    with writing(engine) as connection:
        if not is_sqlite(engine):
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        if not _is_current(connection):  # nobody else did it while we waited
            _upgrade(connection)


def _is_current(connection: Connection) -> bool:
    version = schema_version(connection)
    if version is not None and version > HEAD:
        raise SchemaTooNew(
            f"The database has schema {version}, this talkcycle knows {HEAD}. Install the newer talkcycle again, or "
            "restore the backup made before the upgrade."
        )
    return version == HEAD


def schema_version(connection: Connection) -> str | None:
    """The newest migration that has run; None: none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return version


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
