"""What pairs have agreed, as the store keeps it: sealed, changed by one writer at a time, longer than its round."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from alembic import command
from alembic.config import Config

from builders import a_person, a_round, a_talk, at
from databases import SECRET, Database
from stored_messages import NOON, ROUND
from talkcycle.domain.agreements import ActionDraft, Agreement, Progress, confirmed, progressed, shared, written
from talkcycle.domain.people import Roster
from talkcycle.store import tables
from talkcycle.store.open import SqlStore
from talkcycle.store.sealing import CHECK, WrongSecret, master

OTHER = a_round(id="development-2028-03")
WORDS, SUPPORT = "Säg ifrån när det blir för mycket", "En kurs i Umeå"
WRITTEN, KEEP = at(2027, 3, 11, 13), at(2029, 3, 10)
DUE = date(2027, 4, 9)


def an_agreement(
    talk: str = "anna", *, round_: str = ROUND.id, held: bool = True, start: datetime | None = None
) -> Agreement:
    draft = ActionDraft(what=WORDS, support=SUPPORT, responsible="bo", due=DUE)
    its = a_talk(talk, round=round_, **({} if start is None else {"start": start}))
    return written(None, its, cycle="development", by="bo", held=held, drafts=[draft], at=WRITTEN)


def put(store: SqlStore, *agreements: Agreement, until: datetime | None = KEEP) -> None:
    with store.write() as session:
        for each in agreements:
            session.agreements.put(each, keep_until=until)


def kept(store: SqlStore, round_: str = ROUND.id) -> dict[str, Agreement]:
    with store.read() as session:
        return session.agreements.of_talks(round_)


def before(store: SqlStore, start: datetime, employee: str = "anna", cycle: str = "development") -> Agreement | None:
    with store.read() as session:
        return session.agreements.before({employee: start}, cycle=cycle).get(employee)


def test_what_is_put_comes_back_whole(store: SqlStore) -> None:
    agreement = an_agreement()
    put(store, agreement)
    changed = shared(confirmed(agreement, at=WRITTEN), "cem", yes=True)
    changed = progressed(changed, 1, to=Progress.OPEN, due=DUE + timedelta(days=7), at=WRITTEN)
    for each in (replace(agreement, revision=2), replace(agreement, revision=3), changed):
        put(store, each)

    assert changed.revision == 4
    assert kept(store) == {"anna": changed}


def test_talks_are_looked_up_by_id_and_none_is_none(store: SqlStore) -> None:
    put(store, an_agreement(), an_agreement("cem"), an_agreement("dan"), an_agreement(round_=OTHER.id))

    assert sorted(kept(store)) == ["anna", "cem", "dan"]
    with store.read() as session:
        assert session.agreements.of_talks(ROUND.id, []) == {}
        assert sorted(session.agreements.of_talks(ROUND.id, ["dan", "eva", "anna"])) == ["anna", "dan"]


@pytest.mark.parametrize("revision", [2, 3, 5, 6])
def test_only_the_next_revision_is_taken(store: SqlStore, revision: int) -> None:
    first = an_agreement()
    put(store, first, *(replace(first, revision=each) for each in (2, 3)))
    next_one = replace(first, revision=revision, shared_with=frozenset({"cem"}))

    with pytest.raises(LookupError):
        put(store, next_one)
    assert kept(store)["anna"].revision == 3


def test_nothing_is_written_first_twice_nor_changed_before_it_is_there(store: SqlStore) -> None:
    with pytest.raises(LookupError):
        put(store, replace(an_agreement(), revision=2))
    put(store, an_agreement())
    with pytest.raises(LookupError):
        put(store, an_agreement())


@pytest.mark.parametrize("there", [True, False])
def test_of_two_who_write_at_the_same_time_one_comes_too_late(
    store: SqlStore, database: Database, *, there: bool
) -> None:
    first = an_agreement()
    if there:
        put(store, first)
        first = replace(first, revision=2)
    outcomes: list[str] = []
    other = database.open()

    def write_too() -> None:
        try:
            put(other, replace(first, written_by="anna"))
            outcomes.append("written")
        except LookupError:
            outcomes.append("too late")

    late = Thread(target=write_too)
    with store.write() as session:
        session.agreements.put(first, keep_until=KEEP)
        late.start()
        late.join(timeout=0.2)  # it waits, for the other to be done
        assert late.is_alive()
    late.join(timeout=30)
    other.close()

    assert outcomes == ["too late"]
    assert kept(store)["anna"].written_by == "bo"


def test_it_stays_as_long_as_it_was_to_be_kept_unless_told_otherwise(store: SqlStore) -> None:
    first = an_agreement()
    put(store, first)
    put(store, replace(first, revision=2), until=None)

    assert store.drop_agreements(before=KEEP - timedelta(seconds=1)) == 0
    assert store.drop_agreements(before=KEEP) == 1


def test_the_last_day_of_a_round_is_that_of_all_its_talks(store: SqlStore) -> None:
    def last(round_: str = ROUND.id) -> date | None:
        with store.read() as session:
            return session.agreements.last_due(round_)

    assert last() is None
    put(store, an_agreement(held=False))
    assert last() is None
    later = an_agreement("cem")
    put(store, an_agreement("dan"), later)
    later = progressed(later, 1, to=Progress.OPEN, due=date(2027, 10, 1), at=WRITTEN)
    put(store, later)
    assert last() == date(2027, 10, 1)
    put(store, progressed(later, 1, to=Progress.DROPPED, at=WRITTEN))
    assert last() == DUE
    assert last(OTHER.id) is None


def test_the_last_talk_that_was_held_before_is_found_and_no_other(store: SqlStore) -> None:
    years = {year: at(year, 3, 10, 9) for year in (2025, 2026, 2027)}
    put(
        store,
        an_agreement(round_="development-2025-03", start=years[2025]),
        an_agreement(round_="development-2026-03", start=years[2026]),
        an_agreement(round_="development-2027-03", start=years[2027], held=False),
        an_agreement("bea", round_="development-2027-03", start=years[2027]),
        replace(an_agreement(round_="other-2027-01", start=at(2027, 1, 1)), cycle="other"),
    )

    found = before(store, at(2028, 3, 10))
    assert found is not None
    assert found.start == years[2026]
    assert before(store, years[2026]) == kept(store, "development-2025-03")["anna"]
    assert before(store, years[2025]) is None
    assert before(store, at(2028, 3, 10), employee="bo") is None


def test_they_are_found_for_many_at_once_each_before_their_own_talk(store: SqlStore) -> None:
    first, second = at(2026, 3, 10), at(2027, 3, 10)
    people = [f"report-{number}" for number in range(1200)]
    put(store, *(an_agreement(each, round_="development-2026-03", start=first) for each in people[:3]))
    put(store, *(an_agreement(each, round_="development-2027-03", start=second) for each in people[:2]))

    with store.read() as session:
        starts = dict.fromkeys(people, at(2028, 3, 10)) | {people[1]: second}
        found = session.agreements.before(starts, cycle="development")
        assert session.agreements.before({}, cycle="development") == {}
    assert {employee: each.start for employee, each in found.items()} == {
        people[0]: second,
        people[1]: first,
        people[2]: first,
    }


@pytest.fixture
def rounds(store: SqlStore) -> SqlStore:
    with store.write() as session:
        session.rosters.save(Roster(version="roster-1", people=(a_person("anna"),)), at=NOON)
        session.rounds.add(ROUND, {})
        session.talks.add([a_talk()], [])
    put(store, an_agreement())
    return store


def test_its_words_stand_in_no_file_of_the_database_not_while_they_are_written_either(
    rounds: SqlStore, database: Database
) -> None:
    put(rounds, replace(an_agreement(), revision=2))
    stored = database.files()

    assert b"development" in stored  # its cycle stands beside it: this looks in the right place
    for words in (WORDS, SUPPORT):
        for each in (words, words.encode("unicode_escape").decode(), words[:8]):
            assert each.encode() not in stored


def test_it_outlives_its_round(rounds: SqlStore) -> None:
    rounds.purge_round(ROUND.id)

    assert kept(rounds) == {"anna": an_agreement()}
    assert before(rounds, at(2028, 3, 10)) == an_agreement()


def test_it_opens_with_the_services_secret_and_no_other(rounds: SqlStore, database: Database) -> None:
    assert kept(rounds) == {"anna": an_agreement()}
    [(wrapped,)] = database.query("SELECT wrapped_key FROM agreements")
    with pytest.raises(WrongSecret):
        master(b"another").open(bytes(wrapped))
    master(SECRET).open(bytes(wrapped))


def test_each_has_a_key_of_its_own_that_a_change_keeps(rounds: SqlStore, database: Database) -> None:
    put(rounds, an_agreement("cem"))

    def keys() -> list[bytes]:
        found = database.query("SELECT wrapped_key FROM agreements ORDER BY talk")
        return [master(SECRET).open(bytes(row[0])) for row in found]

    first = keys()
    assert len(set(first)) == 2
    put(rounds, replace(an_agreement(), revision=2))
    assert keys() == first


def test_what_is_dropped_leaves_no_trace_in_the_files(rounds: SqlStore, database: Database) -> None:
    put(rounds, replace(an_agreement(round_="dropped-round"), employee="dropped-employee"), an_agreement("cem"))
    [(sealed, wrapped)] = database.query("SELECT sealed, wrapped_key FROM agreements WHERE round = 'dropped-round'")
    put(rounds, replace(an_agreement(), revision=2), until=KEEP + timedelta(days=1))
    traces = [b"dropped-round", b"dropped-employee", bytes(sealed), bytes(wrapped)]
    stored = database.files()
    assert [each for each in traces if each not in stored] == []

    assert rounds.drop_agreements(before=KEEP) == 2
    stored = database.files()
    assert [each for each in traces if each in stored] == []
    assert list(kept(rounds)) == ["anna"]
    assert rounds.drop_agreements(before=KEEP) == 0


def test_a_database_from_before_there_were_any_holds_its_round_and_takes_them(empty_database: Database) -> None:
    config, engine = Config(), empty_database.engine()
    config.set_main_option("script_location", str(Path(tables.__file__).with_name("migrations")))
    with ExitStack() as stack:
        connection = stack.enter_context(engine.begin())
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.execute(tables.service.insert().values(id=1, mark=7, secret_check=master(SECRET).seal(CHECK)))
    engine.dispose()
    empty_database.query(
        "INSERT INTO rounds (id, state, roster, approved_at, data, wrapped_key) "
        "VALUES ('r', 'approved', 'v1', 0, '{}', '')"
    )

    opened = empty_database.open()
    assert empty_database.query("SELECT id FROM rounds") == [("r",)]
    assert kept(opened) == {}
    put(opened, an_agreement())
    assert kept(opened) == {"anna": an_agreement()}
    with opened.read() as session:
        assert session.ledger.mark() == 7
    opened.close()
