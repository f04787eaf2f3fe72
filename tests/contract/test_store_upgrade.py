"""A database that an earlier talkcycle made, brought up to date with a round in it that runs on."""

import json
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import select

from builders import START, a_cycle, a_person, a_round, a_talk
from databases import SECRET, Database
from stored_messages import NOON, ROUND, a_due, a_mail
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.people import Roster
from talkcycle.domain.store import Lane
from talkcycle.domain.talks import Entry, Round, TalkAnswer, TalkState
from talkcycle.domain.wishes import SiteRoom
from talkcycle.store import tables
from talkcycle.store.codec import decode, encode
from talkcycle.store.keys import Keys
from talkcycle.store.outbox import SqlOutbox
from talkcycle.store.rounds import SqlRosters, SqlRounds
from talkcycle.store.sealing import CHECK, master
from talkcycle.store.talks import SqlTalks

MIGRATIONS = Path(tables.__file__).with_name("migrations")
SENDER = "samtal@norrsken.example"
ENTRY = "('{round}', '{talk}', 1, '{talk}@norrsken.example', {sequence}, 'smtp', '{by}', {live}, NULL)"
UNKNOWN_THEN = {"room_lists", "address", "listed", "address_listed", "outside_hours", "mailbox"} | {
    *("left", "applied", "roster_before")
}
"""Fields of rounds and people that came with the mailboxes, and with rosters that are applied."""


def at_first_schema(database: Database) -> None:
    """*database* as the first schema had it: one talk that both were invited to, and one that was called off."""
    engine = database.engine()
    config, seal = Config(), master(SECRET)
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(tables.service.insert().values(id=1, mark=7, secret_check=seal.seal(CHECK)))
        people = (a_person("anna"), a_person("bea"), a_person("bo", manager=None))
        SqlRosters(connection).save(Roster(version=ROUND.roster, people=people), at=NOON)
        SqlRounds(connection, seal, lock=True).add(ROUND, {"templates/sv/words.yaml": b"x"})
        keys = Keys(connection, seal)
        called_off = a_talk("bea", state=TalkState.CANCELLED, revision=1, note="bea leaves")
        SqlTalks(connection, keys).add([a_talk(), called_off], [])
        due = a_due("anna", step="invitation", kind=Kind.MEETING_CREATE)
        assert SqlOutbox(connection, keys).add(a_mail(due), due, now=NOON)
        for table, column in ((tables.rounds, "data"), (tables.people, "data")):
            for row in connection.execute(select(*table.primary_key, table.c[column])).mappings().all():
                kept = json.dumps(as_then(json.loads(row[column])))
                connection.execute(
                    table.update().where(*(key == row[key.name] for key in table.primary_key)).values({column: kept})
                )
    engine.dispose()
    for talk, sequence, live in (("anna", 0, True), ("bea", 1, False)):
        entry = ENTRY.format(round=ROUND.id, talk=talk, sequence=sequence, live=live, by=SENDER)
        database.query(f"INSERT INTO entries VALUES {entry}")


def as_then(value: Any) -> Any:
    """JSON without what nobody had thought of yet."""
    if isinstance(value, dict):
        return {key: as_then(each) for key, each in value.items() if key not in UNKNOWN_THEN}
    return [as_then(each) for each in value] if isinstance(value, list) else value


def an_entry(talk: str, **fields: Any) -> Entry:
    defaults: dict[str, Any] = {"sequence": 0, "transport": "smtp", "organizer": SENDER, "host": "bo"}
    return Entry(round=ROUND.id, talk=talk, number=1, uid=f"{talk}@norrsken.example", **(defaults | fields))


def test_what_the_first_schema_held_is_all_there_and_means_the_same(empty_database: Database) -> None:
    at_first_schema(empty_database)
    store = empty_database.open()
    with store.read() as session:
        assert session.ledger.mark() == 7
        assert session.rounds.get(ROUND.id) == ROUND
        assert [talk.note for talk in session.talks.of_round(ROUND.id)] == ["", "bea leaves"]
        assert [person.mailbox for person in session.rosters.people(ROUND.roster).values()] == [None] * 3
        assert session.talks.all_entries(ROUND.id, ["anna", "bea"]) == {
            "anna": [an_entry("anna")],
            "bea": [an_entry("bea", sequence=1, live=False)],
        }
        assert session.outbox.lanes(now=NOON) == [Lane(transport="smtp", mailbox=SENDER)]
        assert [row.state for row in session.outbox.of_subjects(ROUND.id, ["talk:anna"])] == [OutboxState.QUEUED]
    store.close()


def test_a_talk_of_the_first_schema_can_go_into_a_calendar_and_be_answered(empty_database: Database) -> None:
    at_first_schema(empty_database)
    store = empty_database.open()
    taken_over = an_entry("anna", sequence=1, live=False, closed=1)
    new = Entry(
        round=ROUND.id,
        talk="anna",
        number=2,
        uid="anna-2@norrsken.example",
        sequence=0,
        transport="graph",
        organizer="bo@example.com",
        remote_id="AAMk",
        opened=1,
    )
    answer = TalkAnswer(party="person:anna", answer="accepted", at=START)
    with store.write() as session:
        session.talks.put_entry(taken_over)
        session.talks.put_entry(new)
        session.talks.put_answers(new, [answer], seen_at=NOON)
        session.watches.put("graph", new.organizer, "1", at=NOON)
    with store.read() as session:
        assert session.talks.all_entries(ROUND.id, ["anna"]) == {"anna": [taken_over, new]}
        assert session.talks.live_entries("graph") == [new]
        assert session.talks.answers(ROUND.id, ["anna"]) == {"anna": [answer]}
        assert session.watches.state("graph", new.organizer) == "1"
    store.close()


def test_a_round_from_before_mailboxes_has_rooms_without_them() -> None:
    room = SiteRoom(name="Sund", seats=4)
    round_ = a_round(cycle=a_cycle(rooms={"Malmö": (room,)}))
    then = json.dumps(as_then(json.loads(encode(round_))))
    assert "address" not in then
    assert decode(Round, then) == round_
