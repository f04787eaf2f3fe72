"""Rosters, drafts and rounds in SQL."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from talkcycle.domain.people import Person, Roster
from talkcycle.domain.plan import Draft
from talkcycle.domain.talks import Round
from talkcycle.store import tables
from talkcycle.store.chunks import chunks
from talkcycle.store.codec import decode, encode
from talkcycle.store.dialect import upsert
from talkcycle.store.purge import drop_drafts, drop_rosters
from talkcycle.store.sealing import Seal, new_key


class SqlRosters:
    """Implements ``domain.store.Rosters``: one row a person, so that one of ten thousand is read alone."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def save(self, roster: Roster, *, at: datetime) -> None:
        statement = upsert(self.connection, tables.rosters).values(version=roster.version, saved_at=at)
        # RETURNING, since PostgreSQL's driver does not count the rows of an INSERT.
        new = self.connection.execute(statement.on_conflict_do_nothing().returning(tables.rosters.c.version)).all()
        if new and roster.people:
            self.connection.execute(
                tables.people.insert(),
                [
                    {"roster": roster.version, "id": person.id, "position": position, "data": encode(person)}
                    for position, person in enumerate(roster.people)
                ],
            )

    def people(self, version: str, ids: Iterable[str] | None = None) -> dict[str, Person]:
        table = tables.people
        query = select(table.c.id, table.c.position, table.c.data).where(table.c.roster == version)
        if ids is None:
            rows = list(self.connection.execute(query))
        else:
            rows = [row for chunk in chunks(ids) for row in self.connection.execute(query.where(table.c.id.in_(chunk)))]
        return {row.id: decode(Person, row.data) for row in sorted(rows, key=lambda row: row.position)}


class SqlDrafts:
    """Implements ``domain.store.Drafts``; a draft is sealed as a whole, and goes when the next one comes."""

    def __init__(self, connection: Connection, master: Seal) -> None:
        self.connection = connection
        self.master = master

    def save(self, draft: Draft) -> None:
        sealed = self.master.seal(encode(draft).encode())
        row = {
            "hash": draft.hash,
            "cycle": draft.cycle.id,
            "round": draft.round,
            "roster": draft.roster,
            "made_at": draft.made_at,
            "sealed": sealed,
        }
        table = tables.drafts
        statement = upsert(self.connection, table).values(row)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["hash"], set_=row))
        older = (table.c.hash != draft.hash, table.c.made_at <= draft.made_at)  # of two of one instant the later counts
        drop_drafts(self.connection, table.c.cycle == draft.cycle.id, *older)

    def latest(self, cycle: str) -> Draft | None:
        table = tables.drafts
        query = select(table.c.sealed).where(table.c.cycle == cycle).order_by(table.c.made_at.desc()).limit(1)
        sealed = self.connection.execute(query).scalar_one_or_none()
        return None if sealed is None else decode(Draft, self.master.open(sealed).decode())


class SqlRounds:
    """Implements ``domain.store.Rounds``. Files are kept once, however many rounds froze the same content."""

    def __init__(self, connection: Connection, master: Seal, *, lock: bool) -> None:
        self.connection = connection
        self.master = master
        self.lock = lock

    def add(self, round_: Round, files: Mapping[str, bytes]) -> None:
        try:
            self.connection.execute(
                tables.rounds.insert().values(
                    id=round_.id,
                    state=round_.state.value,
                    roster=round_.roster,
                    approved_at=round_.approved_at,
                    data=encode(round_),
                    wrapped_key=self.master.seal(new_key()),
                )
            )
        except IntegrityError as taken:
            raise ValueError(f"there is a round {round_.id} already") from taken
        for path, data in files.items():
            digest = sha256(data).hexdigest()
            blob = upsert(self.connection, tables.blobs).values(sha256=digest, data=data)
            self.connection.execute(blob.on_conflict_do_nothing())
            self.connection.execute(tables.round_files.insert().values(round=round_.id, path=path, sha256=digest))

    def get(self, id_: str) -> Round | None:
        query = select(tables.rounds.c.data).where(tables.rounds.c.id == id_)
        if self.lock:
            query = query.with_for_update(key_share=True)  # rows that refer to the round may still be added
        data = self.connection.execute(query).scalar_one_or_none()
        return None if data is None else decode(Round, data)

    def all(self) -> list[Round]:
        table = tables.rounds
        query = select(table.c.data).order_by(table.c.approved_at.desc(), table.c.id)
        return [decode(Round, data) for data in self.connection.execute(query).scalars()]

    def files(self, id_: str) -> dict[str, bytes]:
        files, blobs = tables.round_files, tables.blobs
        query = (
            select(files.c.path, blobs.c.data)
            .join_from(files, blobs, files.c.sha256 == blobs.c.sha256)
            .where(files.c.round == id_)
            .order_by(files.c.path)
        )
        return {row.path: row.data for row in self.connection.execute(query)}

    def update(self, round_: Round) -> None:
        table = tables.rounds
        versions = select(table.c.roster, table.c.roster_before).where(table.c.id == round_.id)
        former = {each for row in self.connection.execute(versions) for each in row if each is not None}
        statement = (
            update(table)
            .where(table.c.id == round_.id)
            .values(
                state=round_.state.value,
                roster=round_.roster,
                roster_before=round_.roster_before,
                data=encode(round_),
            )
        )
        if self.connection.execute(statement).rowcount != 1:
            raise LookupError(f"there is no round {round_.id}")
        drop_rosters(self.connection, former)
