"""What ``doctor`` finds on this machine: the data folder, the secret, the database. Makes and changes nothing."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from talkcycle.domain.mailboxes import Finding, Grade
from talkcycle.store import tables
from talkcycle.store.engine import make_engine, reading
from talkcycle.store.migrate import HEAD, schema_version
from talkcycle.store.sealing import WrongSecret, master

LABEL = "service"
"""Stands where other findings name their transport."""
ENOUGH_SPACE = 500_000_000
"""Bytes. A round takes less; on a fuller disk than that something else goes wrong soon."""
PATIENCE = "10"
"""Seconds for a line to PostgreSQL, whose driver would wait for minutes."""
TOLERANCE = timedelta(minutes=1)
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """Where the service keeps what it knows.

    Attributes:
        database: SQLAlchemy URL.
        secret: That IT gave; None: the file ``secret`` in *data*.
        private: Other files that hold secrets, such as a certificate's key.
    """

    data: Path
    database: str
    secret: str | None = None
    private: tuple[Path, ...] = ()

    def examine(self, now: datetime) -> Iterator[Finding]:
        """Each thing as it is found. *now*: by this machine's clock, UTC. Never raises for what it finds."""
        yield self._folder()
        yield self._secret()
        for path in (*self.private, *self._database_files()):
            if _others_read(path):
                says = f"others on this machine can read {path}"
                yield _finding("permissions", Grade.WARNING, says, f"chmod 600 {path}")
        yield from self._database(now)

    def _folder(self) -> Finding:
        folder = next(each for each in (self.data, *self.data.parents) if each.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            says = f"this user cannot write to {folder}"
            return _finding("data", Grade.BAD, says, f"chown -R <the service's user> {folder}; chmod 700 {folder}")
        free = shutil.disk_usage(folder).free
        if free < ENOUGH_SPACE:
            says = f"{folder} has {free / 1e6:.0f} MB left"
            return _finding("data", Grade.WARNING, says, "Make room, or name another folder: data in service.yaml")
        made = "" if folder == self.data else f"; {self.data.name} is made on first start"
        return _finding("data", Grade.GOOD, f"{folder} can be written{made}")

    def _secret(self) -> Finding:
        path = self.data / "secret"
        if self.secret is not None:
            return _finding("secret", Grade.GOOD, "IT gives the secret that wraps the keys")
        if not path.exists():
            return _finding("secret", Grade.GOOD, f"{path} is made on first start")
        if not os.access(path, os.R_OK):
            return _finding("secret", Grade.BAD, f"this user cannot read {path}", f"chown <the service's user> {path}")
        if not path.read_bytes().strip():
            return _finding("secret", Grade.BAD, f"{path} is empty", "Restore it from the backup of the data folder.")
        if _others_read(path):
            says = f"others on this machine can read {path}, which opens everything that is sealed"
            return _finding("secret", Grade.WARNING, says, f"chmod 600 {path}")
        return _finding("secret", Grade.GOOD, f"{path} is readable by its owner alone")

    def _database_files(self) -> list[Path]:
        url = make_url(self.database)
        return [Path(url.database)] if url.get_backend_name() == "sqlite" and url.database else []

    def _database(self, now: datetime) -> Iterator[Finding]:
        files = self._database_files()
        if files and not files[0].exists():
            yield _finding("database", Grade.GOOD, f"{files[0]} is made on first start")
            yield _clock(now, None)
            return
        try:
            engine = make_engine(_impatient(self.database), create=False)
        except ImportError as missing:
            mend = "Install the driver: pip install 'talkcycle[postgresql]'"
            yield _finding("database", Grade.BAD, f"{missing.name} is not installed", mend)
            return
        try:
            with reading(engine) as connection:
                yield _finding("database", Grade.GOOD, f"{_where(self.database)} answers")
                yield from self._content(connection, now)
        except (SQLAlchemyError, OSError) as failure:
            says = f"{_where(self.database)} cannot be used: {type(failure).__name__}"
            yield _finding("database", Grade.BAD, says, _reach(self.database))
        finally:
            engine.dispose()

    def _content(self, connection: Connection, now: datetime) -> Iterator[Finding]:
        version = schema_version(connection)
        if version is not None and version > HEAD:
            says = f"the database has schema {version}, this talkcycle knows {HEAD}"
            yield _finding("schema", Grade.BAD, says, "Install the newer talkcycle again, or restore the older backup.")
            return
        if version is None:
            yield _finding("schema", Grade.GOOD, "the database is empty; its tables are made on first start")
            yield _clock(now, None)
            return
        later = "" if version == HEAD else f", and becomes {HEAD} on the next start: back it up before"
        yield _finding("schema", Grade.GOOD, f"the schema is {version}{later}")
        row = connection.execute(select(tables.service.c.secret_check, tables.service.c.last_tick)).one_or_none()
        if row is not None:
            yield from self._seal(row.secret_check)
        yield _clock(now, row and row.last_tick)

    def _seal(self, check: bytes) -> Iterator[Finding]:
        """Whether the secret opens what is sealed; silent about a good one, which has been spoken of."""
        path = self.data / "secret"
        if self.secret is not None:
            secret = self.secret.encode()
        elif not path.exists():
            secret = b""
        elif os.access(path, os.R_OK):
            secret = path.read_bytes().strip()
        else:
            return  # said already
        try:
            master(secret).open(check)
        except WrongSecret:
            mend = f"Restore {path} from the backup that belongs to this database, or the value IT gave."
            yield _finding("seal", Grade.BAD, "the secret is not the one this database was made with", mend)


def _clock(now: datetime, last_tick: datetime | None) -> Finding:
    """The only clock this machine's own can be compared with here is what it said earlier; servers tell theirs."""
    says = f"this machine says it is {now:%Y-%m-%d %H:%M:%S} UTC"
    if last_tick is not None and last_tick - now > TOLERANCE:
        says += f", but the service ticked at {last_tick:%Y-%m-%d %H:%M} UTC"
        return _finding("clock", Grade.BAD, says, "Set the clock: timedatectl set-ntp true")
    return _finding("clock", Grade.GOOD, says)


def _others_read(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & OTHERS)


def _impatient(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" or "connect_timeout" in parsed.query:
        return url
    return parsed.update_query_dict({"connect_timeout": PATIENCE}).render_as_string(hide_password=False)


def _where(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _reach(url: str) -> str:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return f"sqlite3 {parsed.database} 'PRAGMA integrity_check'; restore the backup where that is not ok."
    plain = URL.create("postgresql", parsed.username, None, parsed.host, parsed.port, parsed.database).render_as_string()
    return f"Try: psql {plain} -c 'select 1'; then check `database` and its password in service.yaml."


def _finding(check: str, grade: Grade, says: str, mend: str = "") -> Finding:
    return Finding(transport=LABEL, check=check, grade=grade, says=says, mend=mend)
