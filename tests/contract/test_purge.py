"""A purged round is gone: from the tables, from the files, and from what others still need nothing is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from builders import a_person, a_round, a_talk
from databases import SECRET, Database
from stored_messages import NOON, ROUND, a_due, a_mail, claim, queue, states
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.people import Roster
from talkcycle.domain.talks import Entry, TalkAnswer
from talkcycle.store import tables
from talkcycle.store.open import SqlStore, open_store
from talkcycle.store.purge import TracesRemain

OTHER = a_round(id="development-2028-03", roster="kept")
NOTE = "anna asked for another day"
SUBJECT = "Ditt medarbetarsamtal"


def fill(store: SqlStore) -> None:
    """Two rounds; the first has something in every table."""
    with store.write() as session:
        session.rosters.save(Roster(version="roster-1", people=(a_person("purgedperson"),)), at=NOON)
        session.rosters.save(Roster(version="kept", people=(a_person("keptperson"),)), at=NOON)
        session.rounds.add(ROUND, {"a": b"file of both", "b": b"file of the purged"})
        session.rounds.add(OTHER, {"a": b"file of both"})
        entry = Entry(
            round=ROUND.id,
            talk="anna",
            number=1,
            uid="purged-uid@norrsken.example",
            sequence=0,
            transport="smtp",
            organizer="samtal@norrsken.example",
        )
        session.talks.add([a_talk(note=NOTE)], [entry])
        session.talks.put_answers(entry, [TalkAnswer(party="person:anna", answer="accepted", at=NOON)], seen_at=NOON)
        session.watches.put(entry.transport, entry.organizer, "of the server", at=NOON)
        session.talks.add([a_talk(round=OTHER.id)], [])
        session.links.revoke(ROUND.id, "purgedperson")
        session.schedule.put(ROUND.id, {"talk:anna": NOON})
        session.schedule.put(OTHER.id, {"talk:anna": NOON})
        for due in (a_due("anna"), a_due("bo", round=OTHER.id)):
            session.outbox.add(a_mail(due, payload=SUBJECT.encode() * 2000), due, now=NOON)
    verdict = Verdict(state=OutboxState.QUEUED, not_before=NOON, reason="anna is unknown here")
    for message in claim(store, "w"):
        with store.write() as session:
            session.outbox.record_failure(message.id, verdict, owner="w", now=NOON)


def rows(database: Database) -> dict[str, int]:
    return {
        table.name: int(database.query(f"SELECT count(*) FROM {table.name}")[0][0])
        for table in tables.metadata.sorted_tables
        if table.name not in {"service", "owners", "audit", "drafts"}
    }


def test_a_purge_takes_the_round_and_leaves_the_others(store: SqlStore, database: Database) -> None:
    fill(store)
    store.purge_round(ROUND.id)
    assert rows(database) == {
        "rosters": 1,
        "people": 1,
        "blobs": 1,
        "rounds": 1,
        "round_files": 1,
        "talks": 1,
        "entries": 0,
        "answers": 0,
        "watches": 0,
        "link_epochs": 0,
        "agreements": 0,
        "schedule": 1,
        "outbox": 1,
        "payloads": 1,
        "attempts": 1,
    }
    with store.read() as session:
        assert session.rounds.all() == [OTHER]
        assert session.rounds.files(OTHER.id) == {"a": b"file of both"}
        assert list(session.rosters.people("kept")) == ["keptperson"]
        assert session.rosters.people("roster-1") == {}
    assert [message.payload for message in claim(store, "w")] == [SUBJECT.encode() * 2000]
    store.purge_round(ROUND.id)
    assert states(store) == {"bo": OutboxState.SENDING}


def test_texts_payloads_and_reasons_are_never_readable_in_the_files(store: SqlStore, database: Database) -> None:
    fill(store)
    stored = database.files()
    assert b"purgedperson" in stored  # the roster is not sealed, so this looks in the right place
    for clear in (NOTE, SUBJECT, "anna is unknown here"):
        assert clear.encode() not in stored


def test_nothing_of_a_purged_round_is_left_in_the_files(store: SqlStore, database: Database) -> None:
    fill(store)
    with store.read() as session:
        connection = session.outbox.connection
        key = connection.execute(text(f"SELECT wrapped_key FROM rounds WHERE id = '{ROUND.id}'")).scalar_one()
    traces = [bytes(key), b"purged-uid", b"purgedperson", b"file of the purged", b"anna@norrsken", ROUND.id.encode()]
    before = database.files()
    assert [trace for trace in traces if trace not in before] == []
    store.purge_round(ROUND.id)
    after = database.files()
    assert [trace for trace in traces if trace in after] == []
    assert b"keptperson" in after


def test_an_outcome_that_comes_after_the_purge_is_refused(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
    (id_,) = queue(store, "anna")
    claim(store, "w")
    store.purge_round(ROUND.id)
    verdict = Verdict(state=OutboxState.FAILED, not_before=None, reason="no such user")
    with store.write() as session:
        assert session.outbox.record_sent(id_, owner="w", reply="250 OK", now=NOON) is False
        assert session.outbox.record_failure(id_, verdict, owner="w", now=NOON) is False
        assert session.outbox.withdraw({id_: "gone"}, now=NOON) == 0
        assert session.outbox.bury(silent_since=None, now=NOON, unknown_pause_until=NOON) == 0


def test_a_purged_round_takes_no_new_messages(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
    store.purge_round(ROUND.id)
    due = a_due()
    with pytest.raises(LookupError), store.write() as session:
        session.outbox.skip(due, "too late", now=NOON)


def test_ids_of_purged_messages_are_not_given_again(store: SqlStore) -> None:
    """A worker may still hold one."""
    with store.write() as session:
        session.rounds.add(ROUND, {})
    (id_,) = queue(store, "anna")
    store.purge_round(ROUND.id)
    with store.write() as session:
        session.rounds.add(replace(ROUND, seed="new"), {})
    (again,) = queue(store, "anna")
    assert again > id_


def test_who_reads_on_and_on_leaves_traces_and_we_are_told(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'talkcycle.db'}", secret=SECRET)
    event.listen(store.engine, "connect", _be_impatient)
    store.engine.dispose()  # so that every connection is a new one
    fill(store)
    with store.read() as reader:
        assert len(reader.rounds.all()) == 2
        with pytest.raises(TracesRemain):
            store.purge_round(ROUND.id)
    store.purge_round(ROUND.id)
    with store.read() as session:
        assert session.rounds.all() == [OTHER]
    store.close()


def _be_impatient(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA busy_timeout=0")
