"""The service's own memory in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from talkcycle.domain.store import AuditEntry
from talkcycle.store import tables

HOLD = select(tables.service.c.hold)
"""Made once: it is asked after every message."""


class SqlLedger:
    """Implements ``domain.store.Ledger``: one row, and the audit trail."""

    def __init__(self, connection: Connection, *, lock: bool) -> None:
        self.connection = connection
        self.lock = lock

    def hold(self) -> str | None:
        reason: str | None = self.connection.execute(HOLD).scalar_one()
        return reason

    def set_hold(self, reason: str | None) -> None:
        self._set(hold=reason)

    def last_tick(self) -> datetime | None:
        at: datetime | None = self._get(tables.service.c.last_tick)
        return at

    def set_last_tick(self, at: datetime | None) -> None:
        self._set(last_tick=at)

    def mark(self) -> int:
        query = select(tables.service.c.mark)
        if self.lock:  # or two ticks at once would count as one
            query = query.with_for_update()
        return int(self.connection.execute(query).scalar_one())

    def set_mark(self, value: int) -> None:
        self._set(mark=value)

    def record(self, entry: AuditEntry) -> None:
        self.connection.execute(
            tables.audit.insert().values(
                at=entry.at, who=entry.who, action=entry.action, subject=entry.subject, detail=entry.detail
            )
        )

    def trail(self, limit: int) -> list[AuditEntry]:
        table = tables.audit
        rows = self.connection.execute(select(table).order_by(table.c.id.desc()).limit(limit))
        return [
            AuditEntry(at=row.at, who=row.who, action=row.action, subject=row.subject, detail=row.detail) for row in rows
        ]

    def _get(self, column: Any) -> Any:
        return self.connection.execute(select(column)).scalar_one()

    def _set(self, **values: Any) -> None:
        self.connection.execute(update(tables.service).values(**values))
