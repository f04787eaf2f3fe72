"""Answers that calendars told, before there were any by mail."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from databases import Database
from talkcycle.store import tables

BEFORE = (
    "INSERT INTO rounds (id, state, roster, approved_at, data, wrapped_key) VALUES ('r', 'approved', 'v1', 0, '{}', '')",
    (
        "INSERT INTO talks (round, id, employee, manager, minutes, buffer_minutes, zone, place_kind, state, revision, "
        "changed_at, note) VALUES ('r', 'anna', 'anna', 'bo', 60, 30, 'UTC', 'agree', 'placed', 0, 0, '')"
    ),
    (
        "INSERT INTO entries (round, talk, number, uid, sequence, transport, organizer, live) "
        "VALUES ('r', 'anna', 1, 'u', 0, 'graph', 'bo@example.com', true)"
    ),
    (
        "INSERT INTO answers (round, talk, number, party, answer, at, proposed_start, proposed_end, seen_at) "
        "VALUES ('r', 'anna', 1, 'person:anna', 'declined', 1, 2, 3, 4)"
    ),
)


def upgrade(database: Database, to: str) -> None:
    engine, config = database.engine(), Config()
    config.set_main_option("script_location", str(Path(tables.__file__).with_name("migrations")))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
    engine.dispose()


def test_answers_from_before_are_all_there_and_vouched_for(empty_database: Database) -> None:
    upgrade(empty_database, "0002")
    for statement in BEFORE:
        empty_database.query(statement)
    upgrade(empty_database, "0003")

    columns = "party, verified, answer, at, proposed_start, proposed_end, seen_at"
    assert empty_database.query(f"SELECT {columns} FROM answers") == [("person:anna", True, "declined", 1, 2, 3, 4)]
