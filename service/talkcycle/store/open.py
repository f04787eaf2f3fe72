"""Open the database: engine, migration, secret, and the sessions everything else works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from threading import Lock

from sqlalchemy import Connection, Engine, select

from talkcycle.store import tables
from talkcycle.store.agreements import SqlAgreements
from talkcycle.store.dialect import upsert
from talkcycle.store.engine import PATIENCE, is_sqlite, make_engine, reading, writing
from talkcycle.store.keys import Keys
from talkcycle.store.ledger import SqlLedger
from talkcycle.store.links import SqlLinks
from talkcycle.store.migrate import migrate
from talkcycle.store.outbox import SqlOutbox
from talkcycle.store.purge import purge, purge_agreements
from talkcycle.store.rounds import SqlDrafts, SqlRosters, SqlRounds
from talkcycle.store.sealing import CHECK, Seal, master
from talkcycle.store.talks import SqlSchedule, SqlTalks, SqlWatches


class SqlSession:
    """One transaction's view of everything. Implements ``domain.store.Session``.

    Attributes:
        _lock: It writes: what it reads in order to change it waits for others who do so, and keeps them waiting.
    """

    def __init__(self, connection: Connection, seal: Seal, *, lock: bool) -> None:
        self._connection = connection
        self._seal = seal
        self._lock = lock

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
        return SqlRounds(self._connection, self._seal, lock=self._lock)

    @cached_property
    def talks(self) -> SqlTalks:
        return SqlTalks(self._connection, self._keys)

    @cached_property
    def watches(self) -> SqlWatches:
        return SqlWatches(self._connection)

    @cached_property
    def links(self) -> SqlLinks:
        return SqlLinks(self._connection, self._keys)

    @cached_property
    def agreements(self) -> SqlAgreements:
        return SqlAgreements(self._connection, self._seal)

    @cached_property
    def schedule(self) -> SqlSchedule:
        return SqlSchedule(self._connection)

    @cached_property
    def outbox(self) -> SqlOutbox:
        return SqlOutbox(self._connection, self._keys)

    @cached_property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self._connection, lock=self._lock)


class SqlStore:
    """Implements ``domain.store.Store`` on SQLite and PostgreSQL. Safe to share between threads."""

    def __init__(self, engine: Engine, seal: Seal) -> None:
        self.engine = engine
        self._seal = seal
        # SQLite lets one writer in at a time and has the others sleep and ask again; here they queue instead.
        self._turn = Lock() if is_sqlite(engine) else None

    @contextmanager
    def read(self) -> Iterator[SqlSession]:
        with reading(self.engine) as connection:
            yield SqlSession(connection, self._seal, lock=False)

    @contextmanager
    def write(self) -> Iterator[SqlSession]:
        with self._my_turn(), writing(self.engine) as connection:
            yield SqlSession(connection, self._seal, lock=True)

    def purge_round(self, round_: str) -> None:
        """Raises TracesRemain."""
        with self._my_turn():
            purge(self.engine, round_)

    def drop_agreements(self, *, before: datetime) -> int:
        """Raises TracesRemain."""
        with self._my_turn():
            return purge_agreements(self.engine, self._seal, before=before)

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=PATIENCE):
            raise TimeoutError(f"another thread has been writing for {PATIENCE} s")
        try:
            yield
        finally:
            self._turn.release()


def open_store(url: str, *, secret: bytes, create: bool = True) -> SqlStore:
    """Open the database at the SQLAlchemy *url* and bring its schema up to date.

    Raises:
        SchemaTooNew: A newer talkcycle has migrated this database.
        WrongSecret: It was made with another secret.
        FileNotFoundError: There is no database and *create* is false.
    """
    engine = make_engine(url, create=create)
    try:
        migrate(engine)
        seal = master(secret)
        _check_secret(engine, seal)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine, seal)


def _check_secret(engine: Engine, seal: Seal) -> None:
    """The first to open a database seals something known with its secret; everybody else has to open that."""
    query = select(tables.service.c.secret_check)
    with reading(engine) as connection:
        check = connection.execute(query).scalar_one_or_none()
    if check is None:
        with writing(engine) as connection:
            first = upsert(connection, tables.service).values(id=1, mark=0, secret_check=seal.seal(CHECK))
            connection.execute(first.on_conflict_do_nothing())
            check = connection.execute(query).scalar_one()
    seal.open(check)
