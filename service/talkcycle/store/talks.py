"""Talks, entries and the schedule in SQL."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, true, update

from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.store import DueSubject
from talkcycle.domain.talks import Entry, RoundState, Talk, TalkAnswer, TalkState
from talkcycle.store import tables
from talkcycle.store.chunks import chunks
from talkcycle.store.dialect import upsert
from talkcycle.store.keys import Keys


class SqlTalks:
    """Implements ``domain.store.Talks``."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        self.connection = connection
        self.keys = keys

    def add(self, talks: Iterable[Talk], entries: Iterable[Entry]) -> None:
        rows = [self._row(talk) for talk in talks]
        if rows:
            self._drop_unplaced(rows)
            self.connection.execute(tables.talks.insert(), rows)
        for entry in entries:
            self.put_entry(entry)

    def _drop_unplaced(self, rows: list[dict[str, Any]]) -> None:
        """A talk that had no time when the round was approved may get one with a later approval."""
        table = tables.talks
        for chunk in chunks(row["id"] for row in rows):
            self.connection.execute(
                table.delete().where(
                    table.c.round == rows[0]["round"],
                    table.c.id.in_(chunk),
                    table.c.state == TalkState.UNPLACED.value,
                    table.c.revision == 0,
                )
            )

    def of_round(self, round_: str, ids: Iterable[str] | None = None) -> list[Talk]:
        query = select(tables.talks).where(tables.talks.c.round == round_)
        if ids is None:
            rows = list(self.connection.execute(query))
        else:
            rows = [
                row for chunk in chunks(ids) for row in self.connection.execute(query.where(tables.talks.c.id.in_(chunk)))
            ]
        return self._talks(rows)

    def of_person(self, round_: str, person: str) -> list[Talk]:
        table = tables.talks
        query = select(table).where(table.c.round == round_, or_(table.c.employee == person, table.c.manager == person))
        return self._talks(self.connection.execute(query))

    def _talks(self, rows: Iterable[Row[Any]]) -> list[Talk]:
        talks = [self._talk(row) for row in rows]
        return sorted(talks, key=lambda talk: (talk.start is None, talk.start or talk.changed_at, talk.id))

    def update(self, talk: Talk) -> None:
        table = tables.talks
        statement = (
            update(table)
            .where(table.c.round == talk.round, table.c.id == talk.id, table.c.revision == talk.revision - 1)
            .values(self._row(talk))
        )
        if self.connection.execute(statement).rowcount != 1:
            raise LookupError(f"talk {talk.id} is not at revision {talk.revision - 1}")

    def entries(self, round_: str, talks: Iterable[str]) -> dict[str, Entry]:
        table = tables.entries
        newest: dict[str, Entry] = {}
        for chunk in chunks(talks):
            query = select(table).where(table.c.round == round_, table.c.talk.in_(chunk)).order_by(table.c.number)
            newest |= {row.talk: Entry(**row._mapping) for row in self.connection.execute(query)}  # noqa: SLF001
        return newest

    def all_entries(self, round_: str, talks: Iterable[str]) -> dict[str, list[Entry]]:
        table = tables.entries
        found: dict[str, list[Entry]] = {}
        for chunk in chunks(talks):
            query = select(table).where(table.c.round == round_, table.c.talk.in_(chunk)).order_by(table.c.number)
            for row in self.connection.execute(query):
                found.setdefault(row.talk, []).append(Entry(**row._mapping))  # noqa: SLF001
        return found

    def live_entries(self, transport: str, organizer: str | None = None) -> list[Entry]:
        table, rounds = tables.entries, tables.rounds
        query = (
            select(table)
            .join(rounds, rounds.c.id == table.c.round)
            .where(rounds.c.state == RoundState.APPROVED.value)
            .where(table.c.live, table.c.transport == transport, table.c.remote_id.is_not(None))
            .where(true() if organizer is None else table.c.organizer == organizer)
            .order_by(table.c.organizer, table.c.round, table.c.talk)
        )
        return [Entry(**row._mapping) for row in self.connection.execute(query)]  # noqa: SLF001

    def entry_with_uid(self, uid: str) -> Entry | None:
        table = tables.entries
        query = select(table).where(table.c.uid.in_({uid, uid.lower()}))
        row = self.connection.execute(query).first()
        return None if row is None else Entry(**row._mapping)  # noqa: SLF001

    def entry_is_at(self, uid: str, remote_id: str) -> None:
        table = tables.entries
        self.connection.execute(update(table).where(table.c.uid == uid).values(remote_id=remote_id))

    def put_answers(self, entry: Entry, answers: Iterable[TalkAnswer], *, seen_at: datetime) -> None:
        for answer in answers:
            start, end = answer.proposed or (None, None)
            row = {
                "round": entry.round,
                "talk": entry.talk,
                "number": entry.number,
                "party": answer.party,
                "verified": answer.verified,
                "answer": answer.answer,
                "at": answer.at,
                "proposed_start": start,
                "proposed_end": end,
                "seen_at": seen_at,
            }
            key = ["round", "talk", "number", "party", "verified"]
            if answer.verified:  # which says more than what nobody vouches for
                self._drop_unverified(entry, answer.party)
            statement = upsert(self.connection, tables.answers).values(row)
            self.connection.execute(statement.on_conflict_do_update(index_elements=key, set_=row))

    def _drop_unverified(self, entry: Entry, party: str) -> None:
        table = tables.answers
        of_entry = (table.c.round == entry.round, table.c.talk == entry.talk, table.c.number == entry.number)
        self.connection.execute(table.delete().where(*of_entry, table.c.party == party, table.c.verified.is_(False)))

    def answers(self, round_: str, talks: Iterable[str]) -> dict[str, list[TalkAnswer]]:
        table = tables.answers
        newest = self.entries(round_, talks)
        found: dict[str, list[TalkAnswer]] = {}
        for chunk in chunks(newest):
            query = select(table).where(table.c.round == round_, table.c.talk.in_(chunk))
            query = query.order_by(table.c.party, table.c.verified.desc())
            for row in self.connection.execute(query):
                if row.number == newest[row.talk].number:
                    found.setdefault(row.talk, []).append(_answer(row))
        return found

    def put_entry(self, entry: Entry) -> None:
        row = {
            "round": entry.round,
            "talk": entry.talk,
            "number": entry.number,
            "uid": entry.uid,
            "sequence": entry.sequence,
            "transport": entry.transport,
            "organizer": entry.organizer,
            "live": entry.live,
            "remote_id": entry.remote_id,
            "opened": entry.opened,
            "closed": entry.closed,
            "host": entry.host,
        }
        statement = upsert(self.connection, tables.entries).values(row)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["round", "talk", "number"], set_=row))

    def _row(self, talk: Talk) -> dict[str, Any]:
        return {
            "round": talk.round,
            "id": talk.id,
            "employee": talk.employee,
            "manager": talk.manager,
            "start": talk.start,
            "minutes": talk.minutes,
            "buffer_minutes": talk.buffer_minutes,
            "zone": talk.zone,
            "place_kind": talk.place.kind.value,
            "place_name": talk.place.name,
            "state": talk.state.value,
            "revision": talk.revision,
            "changed_at": talk.changed_at,
            "approved_at": talk.approved_at,
            "former_start": talk.former_start,
            "note": self.keys.of(talk.round).seal_text(talk.note),
        }

    def _talk(self, row: Row[Any]) -> Talk:
        return Talk(
            round=row.round,
            id=row.id,
            employee=row.employee,
            manager=row.manager,
            start=row.start,
            minutes=row.minutes,
            buffer_minutes=row.buffer_minutes,
            zone=row.zone,
            place=Place(kind=PlaceKind(row.place_kind), name=row.place_name),
            state=TalkState(row.state),
            revision=row.revision,
            changed_at=row.changed_at,
            approved_at=row.approved_at,
            former_start=row.former_start,
            note=self.keys.of(row.round).open_text(row.note),
        )


def _answer(row: Row[Any]) -> TalkAnswer:
    proposed = None if row.proposed_start is None else (row.proposed_start, row.proposed_end)
    return TalkAnswer(party=row.party, answer=row.answer, at=row.at, proposed=proposed, verified=row.verified)


class SqlWatches:
    """Implements ``domain.store.Watches``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def state(self, transport: str, organizer: str) -> str | None:
        table = tables.watches
        query = select(table.c.state).where(table.c.transport == transport, table.c.organizer == organizer)
        state: str | None = self.connection.execute(query).scalar_one_or_none()
        return state

    def put(self, transport: str, organizer: str, state: str, *, at: datetime) -> None:
        row = {"transport": transport, "organizer": organizer, "state": state, "read_at": at}
        statement = upsert(self.connection, tables.watches).values(row)
        self.connection.execute(statement.on_conflict_do_update(index_elements=["transport", "organizer"], set_=row))

    def drop_others(self, transport: str, organizers: Iterable[str]) -> None:
        table = tables.watches
        known = set(self.connection.execute(select(table.c.organizer).where(table.c.transport == transport)).scalars())
        for organizer in known - set(organizers):
            self.connection.execute(table.delete().where(table.c.transport == transport, table.c.organizer == organizer))


class SqlSchedule:
    """Implements ``domain.store.Schedule``."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def put(self, round_: str, instants: Mapping[str, datetime | None]) -> None:
        rows = [{"round": round_, "subject": subject, "next_due": at, "taken": False} for subject, at in instants.items()]
        if rows:
            statement = upsert(self.connection, tables.schedule)
            self.connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["round", "subject"],
                    set_={"next_due": statement.excluded.next_due, "taken": statement.excluded.taken},
                ),
                rows,
            )

    def due(self, *, before: datetime, limit: int) -> list[DueSubject]:
        return self._due(before, limit, lock=False)

    def claim(self, *, before: datetime, until: datetime, limit: int) -> list[DueSubject]:
        taken = self._due(before, limit, lock=True)
        table = tables.schedule
        for subject in taken:
            where = (table.c.round == subject.round, table.c.subject == subject.subject)
            self.connection.execute(update(table).where(*where).values(next_due=until, taken=True))
        return taken

    def release(self, round_: str, instants: Mapping[str, datetime | None], *, lease: datetime) -> None:
        table = tables.schedule
        held = (table.c.round == round_, table.c.subject == bindparam("the_subject"), table.c.next_due == lease)
        rows = [{"the_subject": subject, "the_instant": at} for subject, at in instants.items()]
        if rows:
            released = update(table).where(*held).values(next_due=bindparam("the_instant"), taken=False)
            self.connection.execute(released, rows)

    def _due(self, before: datetime, limit: int, *, lock: bool) -> list[DueSubject]:
        table = tables.schedule
        query = select(table).where(table.c.next_due < before).order_by(table.c.next_due, table.c.subject).limit(limit)
        if lock:
            query = query.with_for_update(skip_locked=True)
        return [
            DueSubject(round=row.round, subject=row.subject, at=row.next_due) for row in self.connection.execute(query)
        ]

    def next(self) -> datetime | None:
        instant: datetime | None = self.connection.execute(select(func.min(tables.schedule.c.next_due))).scalar()
        return instant

    def count(self, *, before: datetime) -> int:
        table = tables.schedule
        query = select(func.count()).select_from(table).where(table.c.next_due < before)
        return int(self.connection.execute(query).scalar_one())
