"""What pairs have agreed, in SQL. Each agreement is sealed as a whole under a key of its own, which the secret wraps."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from talkcycle.domain.agreements import Agreement
from talkcycle.store import tables
from talkcycle.store.chunks import chunks
from talkcycle.store.codec import decode, encode
from talkcycle.store.dialect import upsert
from talkcycle.store.sealing import Seal, new_key, seal_of


class SqlAgreements:
    """Implements ``domain.store.Agreements``."""

    def __init__(self, connection: Connection, master: Seal) -> None:
        self.connection = connection
        self.master = master

    def of_talks(self, round_: str, talks: Iterable[str] | None = None) -> dict[str, Agreement]:
        table = tables.agreements
        query = select(table).where(table.c.round == round_)
        if talks is None:
            return {row.talk: self._open(row) for row in self.connection.execute(query)}
        return {
            row.talk: self._open(row)
            for chunk in chunks(talks)
            for row in self.connection.execute(query.where(table.c.talk.in_(chunk)))
        }

    def before(self, starts: Mapping[str, datetime], *, cycle: str) -> dict[str, Agreement]:
        table = tables.agreements
        found: dict[str, Agreement] = {}
        for chunk in chunks(starts):
            query = select(table).where(table.c.employee.in_(chunk), table.c.cycle == cycle)
            for row in self.connection.execute(query.order_by(table.c.start.desc())):
                if row.employee not in found and row.start < starts[row.employee]:
                    opened = self._open(row)
                    found |= {row.employee: opened} if opened.held else {}
        return found

    def last_due(self, round_: str) -> date | None:
        table = tables.agreements
        found = self.connection.execute(select(func.max(table.c.last_due)).where(table.c.round == round_)).scalar()
        return None if found is None else date.fromisoformat(found)

    def put(self, agreement: Agreement, *, keep_until: datetime | None = None) -> None:
        table = tables.agreements
        here = (table.c.round == agreement.round, table.c.talk == agreement.talk)
        row: dict[str, Any] = {
            "employee": agreement.employee,
            "cycle": agreement.cycle,
            "start": agreement.start,
            "revision": agreement.revision,
            "last_due": None if agreement.last_due is None else agreement.last_due.isoformat(),
        }
        if keep_until is not None:
            row["keep_until"] = keep_until
        if agreement.revision == 1:
            key = new_key()
            row |= {"round": agreement.round, "talk": agreement.talk, "wrapped_key": self.master.seal(key)}
            first = upsert(self.connection, table).values(row | {"sealed": _sealed(agreement, key)})
            put = first.on_conflict_do_nothing().returning(table.c.talk)
            if self.connection.execute(put).scalar_one_or_none() is None:
                raise LookupError(f"something is agreed in talk {agreement.talk} already")
            return
        there = (*here, table.c.revision == agreement.revision - 1)
        wrapped = self.connection.execute(select(table.c.wrapped_key).where(*there)).scalar_one_or_none()
        if wrapped is None:
            raise LookupError(f"what was agreed in talk {agreement.talk} is not at revision {agreement.revision - 1}")
        row["sealed"] = _sealed(agreement, self.master.open(wrapped))
        if self.connection.execute(update(table).where(*there).values(row)).rowcount != 1:
            raise LookupError(f"what was agreed in talk {agreement.talk} has changed meanwhile")

    def drop(self, *, before: datetime) -> int:
        table = tables.agreements
        return self.connection.execute(delete(table).where(table.c.keep_until <= before)).rowcount

    def _open(self, row: Row[Any]) -> Agreement:
        return decode(Agreement, seal_of(self.master.open(row.wrapped_key)).open_text(row.sealed))


def _sealed(agreement: Agreement, key: bytes) -> bytes:
    return seal_of(key).seal_text(encode(agreement))
