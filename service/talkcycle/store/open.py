"""Open the database: engine, pragmas, migration, and the sessions everything else works with."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.engine import make_url

from talkcycle.store import tables
from talkcycle.store.keys import Keys
from talkcycle.store.ledger import SqlLedger
from talkcycle.store.migrate import migrate
from talkcycle.store.outbox import SqlOutbox
from talkcycle.store.rounds import SqlDrafts, SqlRosters, SqlRounds
from talkcycle.store.sealing import CHECK, Seal, master
from talkcycle.store.talks import SqlSchedule, SqlTalks

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    # NORMAL can lose the last commits at power loss: a message recorded as sent would go again.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA busy_timeout=30000",
)


class SqlSession:
    """One transaction's view of everything. Implements ``domain.store.Session``."""

    def __init__(self, connection: Connection, seal: Seal) -> None:
        self._connection = connection
        self._seal = seal

    @cached_property
    def _keys(self) -> Keys:
        return Keys(self._connection, self._seal)

    @cached_property
    def rosters(self) -> SqlRosters:
        return SqlRosters(self._connection)

    @cached_property
    def drafts(self) -> SqlDrafts:
        return SqlDrafts(self._connection, self._seal)

    @cached_property
    def rounds(self) -> SqlRounds:
        return SqlRounds(self._connection, self._seal)

    @cached_property
    def talks(self) -> SqlTalks:
        return SqlTalks(self._connection, self._keys)

    @cached_property
    def schedule(self) -> SqlSchedule:
        return SqlSchedule(self._connection)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._connection, self._keys)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self._connection)


class SqlStore:
    """Implements ``domain.store.Store`` on SQLite and PostgreSQL. Safe to share between threads."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        self.engine = engine
        self._seal = seal
        self._lite = engine.dialect.name == "sqlite"
        # SQLite lets one writer in at a time and has the others sleep and ask again; here they queue instead.
        self._turn: AbstractContextManager[Any] = Lock() if self._lite else nullcontext()

    @contextmanager
    def read(self) -> Iterator[SqlSession]:
        with self.engine.connect() as connection:
            if self._lite:
                connection = connection.execution_options(talkcycle_begin="BEGIN")  # noqa: PLW2901
            else:
                connection = connection.execution_options(  # noqa: PLW2901
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                if self._lite:
                    connection.exec_driver_sql("PRAGMA query_only=ON")
                try:
                    yield SqlSession(connection, self._seal)
                finally:
                    if self._lite:
                        connection.exec_driver_sql("PRAGMA query_only=OFF")

    @contextmanager
    def write(self) -> Iterator[SqlSession]:
        with self._turn, self.engine.connect() as connection:
            if self._lite:
                connection = connection.execution_options(talkcycle_begin="BEGIN IMMEDIATE")  # noqa: PLW2901
            with connection.begin():
                yield SqlSession(connection, self._seal)

    def purge_round(self, round_: str) -> None:
        with self.engine.connect() as connection, connection.begin():
            # The key first: were the rest interrupted, what is left is unreadable.
            connection.execute(tables.rounds.delete().where(tables.rounds.c.id == round_))
            self._drop_unused(connection)
        if self._lite:
            raw = self.engine.raw_connection()  # VACUUM runs outside any transaction
            try:
                for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    raw.cursor().execute(statement)
            finally:
                raw.close()

    def _drop_unused(self, connection: Connection) -> None:
        """Files and rosters that no round uses any more; the roster of the newest draft stays for the next plan."""
        kept = select(tables.round_files.c.sha256)
        connection.execute(tables.blobs.delete().where(tables.blobs.c.sha256.not_in(kept)))

    def close(self) -> None:
        self.engine.dispose()


def open_store(url: str, *, secret: bytes, create: bool = True) -> SqlStore:
    """Open the database at the SQLAlchemy *url* and bring its schema up to date.

    Raises:
        SchemaTooNew: A newer talkcycle has migrated this database.
        WrongSecret: It was made with another secret.
        FileNotFoundError: There is no database and *create* is false.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        path = Path(parsed.database)
        if not create and not path.exists():
            raise FileNotFoundError(path)
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, pool_size=8, max_overflow=8, pool_reset_on_return="rollback")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    try:
        migrate(engine)
        seal = master(secret)
        _check_secret(engine, seal)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, seal)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours: the driver's own comes too late for IMMEDIATE
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("talkcycle_begin", "BEGIN IMMEDIATE"))


def _check_secret(engine: Engine, seal: Seal) -> None:
    with engine.connect() as connection, connection.begin():
        check = connection.execute(select(tables.service.c.secret_check)).scalar_one_or_none()
        if check is None:
            connection.execute(insert(tables.service).values(id=1, mark=0, secret_check=seal.seal(CHECK)))
        else:
            seal.open(check)
