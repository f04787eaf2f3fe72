"""What the store promises about people, plans, rounds, talks, the schedule and itself, on every database."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from builders import APPROVED_AT, START, a_cycle, a_person, a_round, a_talk
from databases import Database
from stored_messages import LATER, NOON, ROUND
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.people import OFFICE_WEEK, Absence, Roster
from talkcycle.domain.plan import Draft, PlannedTalk, UnplacedTalk
from talkcycle.domain.store import AuditEntry
from talkcycle.domain.talks import Entry, RoundState, Talk, TalkState, moved
from talkcycle.store.open import SqlStore

PART_TIME = (*OFFICE_WEEK[:3], (), (), (), ())
PEOPLE = (
    a_person("bo", manager=None, site="Umeå"),
    a_person("anna", hours=PART_TIME, starts=date(2020, 1, 1), ends=date(2028, 1, 1)),
    a_person("åsa", email=None, absences=(Absence(first=date(2027, 3, 1), last=date(2027, 3, 5)),), excluded="on leave"),
)
ROSTER = Roster(version="v1", people=PEOPLE)


def a_draft(hash_: str = "plan-1", **fields: Any) -> Draft:
    defaults: dict[str, Any] = {
        "hash": hash_,
        "round": ROUND.id,
        "cycle": a_cycle(places={"*": Place(kind=PlaceKind.ONLINE, name="https://meet.example/1")}),
        "roster": "v1",
        "holidays": {"SE": frozenset({date(2027, 3, 26), date(2027, 3, 29)})},
        "today": date(2027, 2, 1),
        "made_at": NOON,
        "approve_by": date(2027, 2, 10),
        "talks": (
            PlannedTalk(
                employee="anna",
                manager="bo",
                start=START,
                minutes=60,
                buffer_minutes=30,
                zone="Europe/Stockholm",
                place=Place(),
            ),
        ),
        "unplaced": (UnplacedTalk(employee="åsa", manager="bo", reason="away throughout the window"),),
        "left_out": {"bo": "nobody to talk with"},
        "files": {"templates/sv/invitation.md": "ab12"},
    }
    return Draft(**(defaults | fields))


def an_entry(talk: str = "anna", **fields: Any) -> Entry:
    defaults: dict[str, Any] = {
        "round": ROUND.id,
        "talk": talk,
        "number": 1,
        "uid": f"{talk}-1@norrsken.example",
        "sequence": 0,
        "transport": "smtp",
        "organizer": "samtal@norrsken.example",
    }
    return Entry(**(defaults | fields))


def with_round(store: SqlStore, *talks: Talk, entries: tuple[Entry, ...] = ()) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.talks.add(talks, entries)


# Sessions


def test_what_fails_leaves_nothing_behind(store: SqlStore) -> None:
    def broken() -> None:
        with store.write() as session:
            session.rounds.add(ROUND, {"a": b"1"})
            session.rounds.update(replace(ROUND, id="another"))

    with pytest.raises(LookupError):
        broken()
    with store.read() as session:
        assert session.rounds.all() == []


def test_a_reader_cannot_write_and_the_next_writer_can(store: SqlStore) -> None:
    with pytest.raises(DBAPIError), store.read() as session:
        session.ledger.set_hold("x")
    with store.write() as session:
        session.ledger.set_hold("y")
    with store.read() as session:
        assert session.ledger.hold() == "y"


def test_a_reader_sees_one_state_throughout(store: SqlStore) -> None:
    with store.read() as reader:
        assert reader.ledger.mark() == 0
        with store.write() as writer:
            writer.ledger.set_mark(1)
        assert reader.ledger.mark() == 0
    with store.read() as reader:
        assert reader.ledger.mark() == 1


def test_errors_do_not_name_people(store: SqlStore) -> None:
    with_round(store, a_talk())
    with pytest.raises(IntegrityError) as caught, store.write() as session:
        session.talks.add([a_talk(manager="Bo Andersson")], [])
    assert "INSERT INTO talks" in str(caught.value)
    assert "Andersson" not in str(caught.value)


# Rosters


def test_people_come_back_whole_and_in_order(store: SqlStore) -> None:
    with store.write() as session:
        session.rosters.save(ROSTER, at=NOON)
    with store.read() as session:
        assert list(session.rosters.people("v1").items()) == [(person.id, person) for person in PEOPLE]
        assert list(session.rosters.people("v1", ["åsa", "nobody", "bo"])) == ["bo", "åsa"]
        assert session.rosters.people("v1", []) == {}
        assert session.rosters.people("another") == {}


def test_a_version_that_is_known_stays_as_it_is(store: SqlStore) -> None:
    with store.write() as session:
        session.rosters.save(ROSTER, at=NOON)
        session.rosters.save(Roster(version="v1", people=PEOPLE[:1]), at=LATER)
    with store.write() as session:
        session.rosters.save(Roster(version="v2", people=(a_person("bo", name="Bo B"),)), at=LATER)
    with store.read() as session:
        assert len(session.rosters.people("v1")) == 3
        assert session.rosters.people("v2")["bo"].name == "Bo B"


# Drafts


def test_a_draft_comes_back_whole(store: SqlStore) -> None:
    with store.write() as session:
        session.drafts.save(a_draft())
    with store.read() as session:
        assert session.drafts.latest("development") == a_draft()
        assert session.drafts.latest("another") is None


def test_of_two_drafts_of_one_instant_the_later_is_the_one_there_is(store: SqlStore) -> None:
    for hash_ in ("plan-2", "plan-1", "plan-3"):
        with store.write() as session:
            session.drafts.save(a_draft(hash_))
            latest = session.drafts.latest("development")
        assert latest is not None
        assert latest.hash == hash_


def test_the_newest_draft_of_a_cycle_is_the_one_there_is(store: SqlStore) -> None:
    other = a_draft("plan-9", cycle=a_cycle(id="another"), roster="v0")
    with store.write() as session:
        for version in ("v0", "v1", "v2", "v3"):
            session.rosters.save(Roster(version=version, people=PEOPLE), at=NOON)
        session.rounds.add(a_round(roster="v3"), {})
        session.drafts.save(a_draft("plan-0", roster="v3", made_at=NOON - timedelta(hours=1)))
        session.drafts.save(a_draft("plan-1", roster="v1"))
        session.drafts.save(other)
        session.drafts.save(a_draft("plan-2", roster="v2", made_at=LATER))
    with store.read() as session:
        assert session.drafts.latest("development") == a_draft("plan-2", roster="v2", made_at=LATER)
        assert session.drafts.latest("another") == other
        known = {version: len(session.rosters.people(version)) for version in ("v0", "v1", "v2", "v3")}
        assert known == {"v0": 3, "v1": 0, "v2": 3, "v3": 3}


def test_the_same_plan_made_again_is_the_newest(store: SqlStore) -> None:
    with store.write() as session:
        session.drafts.save(a_draft("plan-1"))
        session.drafts.save(a_draft("plan-2", made_at=LATER))
        session.drafts.save(a_draft("plan-1", made_at=LATER + timedelta(hours=1)))
    with store.read() as session:
        assert session.drafts.latest("development") == a_draft("plan-1", made_at=LATER + timedelta(hours=1))


# Rounds


def test_a_round_and_its_files_come_back_whole(store: SqlStore) -> None:
    round_ = a_round(holidays={"SE": frozenset({date(2027, 3, 26)}), "FI": frozenset()})
    files = {
        "templates/sv/invitation.md": b"Hej",
        "attachments/policy.pdf": b"\x00\xff",
        "attachments/same.pdf": b"\x00\xff",
    }
    with store.write() as session:
        session.rounds.add(round_, files)
    with store.read() as session:
        assert session.rounds.get(round_.id) == round_
        assert session.rounds.files(round_.id) == files
        assert session.rounds.get("another") is None
        assert session.rounds.files("another") == {}


def test_rounds_are_listed_newest_first_and_share_their_files(store: SqlStore, database: Database) -> None:
    later = a_round(id="development-2028-03", approved_at=APPROVED_AT + timedelta(days=365))
    with store.write() as session:
        session.rounds.add(ROUND, {"a": b"same"})
        session.rounds.add(later, {"a": b"same", "b": b"other"})
        assert session.rounds.all() == [later, ROUND]
    assert database.query("SELECT count(*) FROM blobs") == [(2,)]


def test_an_id_is_taken_once(store: SqlStore) -> None:
    with store.write() as session:
        session.rounds.add(ROUND, {})
    with pytest.raises(ValueError, match="already"), store.write() as session:
        session.rounds.add(replace(ROUND, seed="other"), {})
    with store.read() as session:
        assert session.rounds.all() == [ROUND]


def test_a_round_is_replaced_as_a_whole(store: SqlStore) -> None:
    closed = replace(ROUND, state=RoundState.CLOSED, roster="v2")
    with store.write() as session:
        session.rounds.add(ROUND, {"a": b"1"})
        session.rounds.update(closed)
        assert session.rounds.get(ROUND.id) == closed
        assert session.rounds.files(ROUND.id) == {"a": b"1"}
    with pytest.raises(LookupError), store.write() as session:
        session.rounds.update(replace(ROUND, id="another"))


def test_a_roster_is_kept_while_a_round_needs_it_and_forgotten_when_another_took_its_place(store: SqlStore) -> None:
    first, second = (Roster(version=version, people=(a_person(version),)) for version in ("roster-1", "roster-2"))
    with store.write() as session:
        session.rosters.save(first, at=NOON)
        session.rounds.add(ROUND, {})
    half = replace(ROUND, roster="roster-2", roster_before="roster-1")
    with store.write() as session:
        session.rosters.save(second, at=NOON)
        session.rounds.update(half)
    with store.read() as session:
        assert session.rounds.get(ROUND.id) == half
        assert [*session.rosters.people("roster-1")] == ["roster-1"]
    with store.write() as session:
        session.rounds.update(replace(half, roster_before=None, applied="roster-2"))
    with store.read() as session:
        assert session.rosters.people("roster-1") == {}
        assert [*session.rosters.people("roster-2")] == ["roster-2"]
    with store.write() as session:
        session.rosters.save(first, at=NOON)
        session.rounds.update(replace(half, roster="roster-1", roster_before="roster-2"))
    store.purge_round(ROUND.id)
    with store.read() as session:
        assert session.rosters.people("roster-1") == session.rosters.people("roster-2") == {}


# Talks and entries


def test_talks_come_back_whole_ordered_by_start_the_unplaced_last(store: SqlStore) -> None:
    anna = a_talk("anna", note="moved by HR", former_start=START - timedelta(days=1), approved_at=LATER)
    bea = a_talk("bea", start=START - timedelta(hours=1), place=Place(kind=PlaceKind.NAMED, name="Room 1"))
    cleo = a_talk("cleo", start=None, state=TalkState.UNPLACED, note="no common hours")
    with_round(store, cleo, anna, bea)
    with store.read() as session:
        assert session.talks.of_round(ROUND.id) == [bea, anna, cleo]
        assert session.talks.of_round(ROUND.id, ["cleo", "nobody", "anna"]) == [anna, cleo]
        assert session.talks.of_round(ROUND.id, []) == []
        assert session.talks.of_round("another") == []


def test_a_person_finds_their_talks_in_either_role(store: SqlStore) -> None:
    own = a_talk("bo", manager="chief", start=START + timedelta(days=1))
    host = a_talk("anna", manager="bo")
    with_round(store, own, host, a_talk("cleo", manager="chief"))
    with store.read() as session:
        assert session.talks.of_person(ROUND.id, "bo") == [host, own]
        assert session.talks.of_person(ROUND.id, "nobody") == []


def test_a_talk_changes_one_revision_at_a_time(store: SqlStore) -> None:
    talk = a_talk()
    with_round(store, talk)
    first = moved(talk, start=START + timedelta(hours=2), place=Place(), at=LATER)
    with store.write() as session:
        session.talks.update(first)
    for stale in (talk, first, replace(first, revision=3), replace(first, id="nobody", revision=2)):
        with pytest.raises(LookupError), store.write() as session:
            session.talks.update(stale)
    with store.read() as session:
        assert session.talks.of_round(ROUND.id) == [first]


def test_of_two_who_change_a_talk_at_once_one_is_refused(store: SqlStore) -> None:
    talk = a_talk()
    with_round(store, talk)
    outcomes: list[str] = []
    gun = threading.Barrier(2)

    def change(hours: int) -> None:
        gun.wait()
        try:
            with store.write() as session:
                session.talks.update(moved(talk, start=START + timedelta(hours=hours), place=Place(), at=LATER))
            outcomes.append("changed")
        except LookupError:
            outcomes.append("refused")

    threads = [threading.Thread(target=change, args=(hours,)) for hours in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["changed", "refused"]


def test_a_talk_without_a_time_may_get_one_with_a_later_approval(store: SqlStore) -> None:
    with_round(store, a_talk(start=None, state=TalkState.UNPLACED, note="no common hours"))
    placed = a_talk(approved_at=LATER)
    with store.write() as session:
        session.talks.add([placed], [an_entry()])
    with store.read() as session:
        assert session.talks.of_round(ROUND.id) == [placed]
    with pytest.raises(IntegrityError), store.write() as session:
        session.talks.add([placed], [])


def test_a_talk_has_at_most_one_live_entry(store: SqlStore) -> None:
    with_round(store, a_talk(), a_talk("bea"), entries=(an_entry(), an_entry("bea")))
    second = an_entry(number=2, uid="anna-2@norrsken.example")
    with pytest.raises(IntegrityError), store.write() as session:
        session.talks.put_entry(second)
    ended = an_entry(sequence=1, live=False)
    with store.write() as session:
        session.talks.put_entry(ended)
        assert session.talks.entries(ROUND.id, ["anna"]) == {"anna": ended}
        session.talks.put_entry(second)
    with store.read() as session:
        assert session.talks.entries(ROUND.id, ["anna", "bea", "cleo"]) == {"anna": second, "bea": an_entry("bea")}
        assert session.talks.entries(ROUND.id, []) == {}


def test_an_identifier_belongs_to_one_entry(store: SqlStore) -> None:
    with_round(store, a_talk(), a_talk("bea"), entries=(an_entry(),))
    with pytest.raises(IntegrityError), store.write() as session:
        session.talks.put_entry(an_entry("bea", uid=an_entry().uid))


# The ledger


def test_the_service_remembers_its_hold_its_tick_and_its_mark(store: SqlStore) -> None:
    with store.write() as session:
        ledger = session.ledger
        assert (ledger.hold(), ledger.last_tick(), ledger.mark()) == (None, None, 0)
        ledger.set_hold("the clock ran backwards")
        ledger.set_last_tick(NOON)
        ledger.set_mark(2**40)
    with store.write() as session:
        ledger = session.ledger
        assert (ledger.hold(), ledger.last_tick(), ledger.mark()) == ("the clock ran backwards", NOON, 2**40)
        ledger.set_hold(None)
        ledger.set_last_tick(None)
    with store.read() as session:
        assert (session.ledger.hold(), session.ledger.last_tick()) == (None, None)


def test_the_trail_is_kept_newest_first(store: SqlStore) -> None:
    entries = [AuditEntry(at=NOON, who="hanna", action="hold", subject=f"message:{n}", detail="") for n in range(3)]
    with store.write() as session:
        for entry in entries:
            session.ledger.record(entry)
    with store.read() as session:
        assert session.ledger.trail(2) == [entries[2], entries[1]]


# Instants


def test_instants_come_back_in_utc_to_the_microsecond(store: SqlStore) -> None:
    instant = NOON.replace(microsecond=123_456)
    with store.write() as session:
        session.ledger.set_last_tick(instant.astimezone(ZoneInfo("Asia/Kolkata")))
    with store.read() as session:
        back = session.ledger.last_tick()
    assert back is not None
    assert back.isoformat() == instant.isoformat()


def test_a_naive_instant_is_refused_everywhere(store: SqlStore) -> None:
    naive = NOON.replace(tzinfo=None)
    with store.write() as session:
        session.rounds.add(ROUND, {})
    with pytest.raises(StatementError, match="naive"), store.write() as session:
        session.ledger.set_last_tick(naive)
    with pytest.raises(StatementError, match="naive"), store.write() as session:
        session.schedule.put(ROUND.id, {"talk:a": naive})
    with pytest.raises(StatementError, match="naive"), store.write() as session:
        session.talks.add([a_talk(start=naive)], [])
    with pytest.raises(StatementError, match="naive"), store.read() as session:
        session.schedule.due(before=naive, limit=1)
