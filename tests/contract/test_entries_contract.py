"""What the store promises about entries in people's calendars, answers and lanes of messages, on every database."""

import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from builders import START, a_round, a_talk
from databases import Database
from stored_messages import LATER, NOON, ROUND, a_due, a_mail, row, states
from talkcycle.domain.delivery import Verdict
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.store import ClaimedMessage
from talkcycle.domain.talks import Entry, RoundState, Talk, TalkAnswer
from talkcycle.store.open import SqlStore

BO, CILLA, SERVICE = "bo@example.com", "cilla@example.com", "talks@example.com"
SECOND = timedelta(seconds=1)
YES = TalkAnswer(party="person:anna", answer="accepted", at=NOON)
NO = TalkAnswer(party="person:anna", answer="declined", at=LATER, proposed=(START, START + timedelta(hours=1)))
ROOM = TalkAnswer(party="room:sund@example.com", answer="accepted")


def an_entry(talk: str = "anna", number: int = 1, **fields: Any) -> Entry:
    defaults: dict[str, Any] = {
        "round": ROUND.id,
        "uid": f"{talk}-{number}@example.com",
        "sequence": 0,
        "transport": "graph",
        "organizer": BO,
        "remote_id": f"AAMk-{talk}-{number}",
    }
    return Entry(talk=talk, number=number, **(defaults | fields))


def put(store: SqlStore, *entries: Entry, talks: tuple[Talk, ...] = (a_talk(),)) -> None:
    """Store the round with *talks* and *entries*."""
    with store.write() as session:
        session.rounds.add(ROUND, {})
        session.talks.add(talks, entries)


# Entries


def test_an_entry_remembers_with_which_revision_it_began_and_ended(store: SqlStore) -> None:
    ended = an_entry(live=False, sequence=1, closed=3)
    second = an_entry(number=2, transport="exchange", remote_id=None, opened=3)
    put(store, ended, second)
    with store.read() as session:
        assert session.talks.all_entries(ROUND.id, ["anna"]) == {"anna": [ended, second]}
        assert session.talks.entries(ROUND.id, ["anna"]) == {"anna": second}


def test_all_entries_come_oldest_first_and_a_talk_without_one_is_left_out(store: SqlStore) -> None:
    first, second, third = (an_entry(number=number, live=number == 3, opened=number - 1) for number in (1, 2, 3))
    other = an_entry("bea")
    put(store, third, first, other, second, talks=(a_talk(), a_talk("bea"), a_talk("dag")))
    with store.read() as session:
        found = session.talks.all_entries(ROUND.id, ["dag", "bea", "anna", "nobody"])
        assert found == {"anna": [first, second, third], "bea": [other]}
        assert session.talks.all_entries(ROUND.id, []) == {}
        assert session.talks.all_entries("another", ["anna"]) == {}


def test_entries_of_more_talks_than_a_statement_may_name(store: SqlStore) -> None:
    ids = [f"p{number:04d}" for number in range(1100)]
    put(store, *(an_entry(id_) for id_ in ids), talks=tuple(a_talk(id_) for id_ in ids))
    with store.read() as session:
        assert set(session.talks.all_entries(ROUND.id, ids)) == set(ids)


def test_live_entries_are_those_that_stand_in_a_calendar_of_the_transport_by_organizer(store: SqlStore) -> None:
    names = ("anna", "bea", "cleo", "dag", "eva", "filip")
    of_cilla, of_bo = an_entry("anna", organizer=CILLA), an_entry("bea")
    ended, not_there_yet = an_entry("cleo", live=False, closed=1), an_entry("dag", remote_id=None)
    by_mail, on_premises = an_entry("eva", transport="smtp", organizer=SERVICE), an_entry("filip", transport="exchange")
    entries = (of_cilla, of_bo, ended, not_there_yet, by_mail, on_premises)
    put(store, *entries, talks=tuple(map(a_talk, names)))
    with store.read() as session:
        assert session.talks.live_entries("graph") == [of_bo, of_cilla]
        assert session.talks.live_entries("exchange") == [on_premises]
        assert session.talks.live_entries("graph", CILLA) == [of_cilla]
        assert session.talks.live_entries("exchange", CILLA) == []


def test_entries_of_a_round_that_is_closed_are_watched_no_more(store: SqlStore) -> None:
    later = a_round(id="development-2028-03")
    entry = an_entry(round=later.id, uid="later@example.com")
    put(store, an_entry())
    with store.write() as session:
        session.rounds.add(later, {})
        session.talks.add([a_talk(round=later.id)], [entry])
        assert session.talks.live_entries("graph") == [an_entry(), entry]
        session.rounds.update(replace(ROUND, state=RoundState.CLOSED))
        assert session.talks.live_entries("graph") == [entry]


def test_what_a_server_calls_an_entry_is_noted_by_its_uid_alone(store: SqlStore) -> None:
    put(store, an_entry(remote_id=None), an_entry("bea"), talks=(a_talk(), a_talk("bea")))
    with store.write() as session:
        session.talks.entry_is_at("anna-1@example.com", "AAMk/new+id==")
        session.talks.entry_is_at("a meeting of nobody's", "AAMk-0")
    with store.read() as session:
        found = session.talks.entries(ROUND.id, ["anna", "bea"])
    assert found == {"anna": an_entry(remote_id="AAMk/new+id=="), "bea": an_entry("bea")}


def test_no_second_entry_is_live_whatever_calendar_keeps_it(store: SqlStore) -> None:
    put(store, an_entry())
    with pytest.raises(IntegrityError), store.write() as session:
        session.talks.put_entry(an_entry(number=2, transport="exchange", organizer=CILLA, opened=1))
    with store.read() as session:
        assert session.talks.all_entries(ROUND.id, ["anna"]) == {"anna": [an_entry()]}


# Answers


def test_an_answer_comes_back_whole_and_takes_the_place_of_the_one_before(store: SqlStore) -> None:
    put(store, an_entry())
    with store.write() as session:
        session.talks.put_answers(an_entry(), [YES, ROOM], seen_at=NOON)
        session.talks.put_answers(an_entry(), [NO], seen_at=LATER)
        session.talks.put_answers(an_entry(), [], seen_at=LATER)
    with store.read() as session:
        assert session.talks.answers(ROUND.id, ["anna", "nobody"]) == {"anna": [NO, ROOM]}
        assert session.talks.answers(ROUND.id, []) == {}
    with store.write() as session:  # a new time asks everybody again
        session.talks.put_answers(an_entry(), [TalkAnswer(party="person:anna", answer="none")], seen_at=LATER)
        assert session.talks.answers(ROUND.id, ["anna"])["anna"][0] == TalkAnswer(party="person:anna", answer="none")


def test_answers_are_those_to_the_newest_entry_alone(store: SqlStore) -> None:
    old, new = an_entry(live=False, closed=1), an_entry(number=2, transport="exchange", opened=1)
    other = an_entry("bea")
    put(store, old, other, talks=(a_talk(), a_talk("bea")))
    with store.write() as session:
        session.talks.put_answers(old, [NO, ROOM], seen_at=NOON)
        session.talks.put_answers(other, [YES], seen_at=NOON)
        session.talks.put_entry(new)
        assert session.talks.answers(ROUND.id, ["anna", "bea"]) == {"bea": [YES]}
        session.talks.put_answers(new, [YES], seen_at=LATER)
        assert session.talks.answers(ROUND.id, ["anna", "bea"]) == {"anna": [YES], "bea": [YES]}


def test_an_answer_to_no_entry_of_ours_is_refused(store: SqlStore) -> None:
    put(store, an_entry())
    with pytest.raises(IntegrityError), store.write() as session:
        session.talks.put_answers(an_entry(number=2), [YES], seen_at=NOON)


def test_a_purge_takes_the_answers_and_leaves_those_of_others(store: SqlStore, database: Database) -> None:
    other = a_round(id="development-2028-03")
    kept = an_entry(round=other.id, uid="kept@example.com")
    put(store, an_entry())
    with store.write() as session:
        session.rounds.add(other, {})
        session.talks.add([a_talk(round=other.id)], [kept])
        for entry in (an_entry(), kept):
            session.talks.put_answers(entry, [YES], seen_at=NOON)
    store.purge_round(ROUND.id)
    assert database.query("SELECT round FROM answers") == [(other.id,)]
    with store.read() as session:
        assert session.talks.answers(other.id, ["anna"]) == {"anna": [YES]}


# Watches


def test_how_far_a_calendar_was_read_is_remembered_for_each_transport(store: SqlStore) -> None:
    long = "https://graph.example/delta?token=" + "å" * 5000
    with store.write() as session:
        assert session.watches.state("graph", BO) is None
        session.watches.put("graph", BO, "1", at=NOON)
        session.watches.put("exchange", BO, "2", at=NOON)
        session.watches.put("graph", CILLA, "3", at=NOON)
        session.watches.put("graph", BO, long, at=LATER)
    with store.read() as session:
        known = [session.watches.state(*key) for key in (("graph", BO), ("exchange", BO), ("graph", CILLA))]
    assert known == [long, "2", "3"]


def test_calendars_without_anything_of_ours_are_forgotten_on_their_transport_alone(store: SqlStore) -> None:
    with store.write() as session:
        for transport, organizer in (("graph", BO), ("graph", CILLA), ("exchange", CILLA)):
            session.watches.put(transport, organizer, "1", at=NOON)
        session.watches.drop_others("graph", {BO, "somebody new"})
        assert session.watches.state("graph", BO) == "1"
        assert session.watches.state("graph", CILLA) is None
        assert session.watches.state("exchange", CILLA) == "1"
        session.watches.drop_others("graph", ())
        assert session.watches.state("graph", BO) is None
        assert session.watches.state("exchange", CILLA) == "1"


def test_a_purge_forgets_calendars_in_which_nothing_else_of_ours_stands(store: SqlStore, database: Database) -> None:
    other = a_round(id="development-2028-03")
    put(store, an_entry(), an_entry("bea", organizer=CILLA), talks=(a_talk(), a_talk("bea")))
    with store.write() as session:
        session.rounds.add(other, {})
        session.talks.add([a_talk(round=other.id)], [an_entry(round=other.id, uid="kept@example.com")])
        session.watches.put("graph", BO, "1", at=NOON)
        session.watches.put("graph", CILLA, "2", at=NOON)
    assert CILLA.encode() in database.files()
    store.purge_round(ROUND.id)
    with store.read() as session:
        assert session.watches.state("graph", BO) == "1"
    assert CILLA.encode() not in database.files()


# Lanes, and messages that wait for a person


def queue_for(store: SqlStore, mailbox: str, *names: str, transport: str = "graph", **fields: Any) -> None:
    """A meeting order into *mailbox* for each of *names*; *fields* as of a due message."""
    with store.write() as session:
        for name in names:
            due = a_due(name, step="invitation", kind=Kind.MEETING_CREATE, **fields)
            assert session.outbox.add(a_mail(due, transport=transport, mailbox=mailbox), due, now=NOON)


def claim(store: SqlStore, mailbox: str | None, *, transport: str = "graph", limit: int = 50) -> list[ClaimedMessage]:
    with store.write() as session:
        return session.outbox.claim(owner="w", transport=transport, mailbox=mailbox, now=NOON, limit=limit)


@pytest.fixture
def with_round(store: SqlStore) -> SqlStore:
    with store.write() as session:
        session.rounds.add(ROUND, {})
    return store


def lanes(store: SqlStore) -> list[tuple[str, str]]:
    with store.read() as session:
        return [(lane.transport, lane.mailbox) for lane in session.outbox.lanes(now=NOON)]


def test_lanes_are_where_something_is_due_the_most_first_and_then_longest_waiting(with_round: SqlStore) -> None:
    queue_for(with_round, CILLA, "anna", due_at=NOON - SECOND)
    queue_for(with_round, BO, "bea", "cleo", due_at=NOON)
    queue_for(with_round, BO, "dag", transport="exchange", due_at=NOON - 2 * SECOND)
    queue_for(with_round, SERVICE, "eva", due_at=LATER)
    assert lanes(with_round) == [("graph", BO), ("exchange", BO), ("graph", CILLA)]


def test_what_is_in_hand_settled_or_waits_makes_no_lane(with_round: SqlStore) -> None:
    assert lanes(with_round) == []
    queue_for(with_round, BO, "anna", "bea")
    queue_for(with_round, CILLA, "cleo", due_at=LATER)
    first, second = claim(with_round, BO)
    assert lanes(with_round) == []
    unknown = Verdict(state=OutboxState.UNKNOWN, not_before=LATER, reason="the line died", uncertain=True)
    with with_round.write() as session:
        assert session.outbox.record_sent(first.id, owner="w", reply="done", now=NOON)
        assert session.outbox.record_failure(second.id, unknown, owner="w", now=NOON)
    assert lanes(with_round) == []


def test_what_is_given_back_makes_a_lane_again(with_round: SqlStore) -> None:
    queue_for(with_round, BO, "anna")
    [claimed] = claim(with_round, BO)
    with with_round.write() as session:
        assert session.outbox.give_back([claimed.id], owner="w", now=NOON) == 1
    assert lanes(with_round) == [("graph", BO)]


def test_on_hold_there_are_no_lanes(with_round: SqlStore) -> None:
    queue_for(with_round, BO, "anna")
    with with_round.write() as session:
        session.ledger.set_hold("HR asked")
    assert lanes(with_round) == []
    assert claim(with_round, BO) == []


def test_a_claim_of_one_mailbox_leaves_the_others_and_other_transports(with_round: SqlStore) -> None:
    queue_for(with_round, BO, "anna", "bea", "cleo")
    queue_for(with_round, CILLA, "dag", due_at=NOON - SECOND)
    queue_for(with_round, BO, "eva", transport="exchange", due_at=NOON - SECOND)
    claimed = claim(with_round, BO, limit=2)
    assert [(each.address, each.mailbox, each.kind) for each in claimed] == [
        ("anna@norrsken.example", BO, Kind.MEETING_CREATE),
        ("bea@norrsken.example", BO, Kind.MEETING_CREATE),
    ]
    assert [each.address for each in claim(with_round, None)] == ["dag@norrsken.example", "cleo@norrsken.example"]
    assert [each.address for each in claim(with_round, BO, transport="exchange")] == ["eva@norrsken.example"]


def test_what_failed_once_counts_as_tried_whatever_a_person_decides_since(with_round: SqlStore) -> None:
    queue_for(with_round, BO, "anna", "bea")
    first, second = claim(with_round, BO)
    assert (first.tried, second.tried) == (False, False)
    held = Verdict(state=OutboxState.HELD, not_before=None, reason="given up")
    with with_round.write() as session:
        session.outbox.record_failure(first.id, held, owner="w", now=NOON)
        session.outbox.give_back([second.id], owner="w", now=NOON)
        session.outbox.move([first.id], to=OutboxState.QUEUED, reason="released by eva", now=NOON)
    again = {each.id: (each.tried, each.attempts) for each in claim(with_round, BO)}
    assert again == {first.id: (True, 0), second.id: (False, 0)}


def test_what_a_dead_worker_had_first_counts_as_tried_and_the_rest_does_not(with_round: SqlStore) -> None:
    queue_for(with_round, BO, "anna", "bea")
    first, second = claim(with_round, BO)
    with with_round.write() as session:
        assert session.outbox.bury(silent_since=None, now=NOON, unknown_pause_until=NOON) == 2
        session.outbox.wake_unknown(now=NOON)
    assert {each.id: each.tried for each in claim(with_round, BO)} == {first.id: True, second.id: False}


def test_a_mailbox_is_in_hand_while_something_may_have_happened_there_that_nobody_knows_of(with_round: SqlStore) -> None:
    def in_hand(transport: str = "graph", mailbox: str = BO) -> bool:
        with with_round.read() as session:
            return session.outbox.in_hand(transport, mailbox)

    queue_for(with_round, BO, "anna")
    assert not in_hand(), "what waits for its first try has done nothing"
    [claimed] = claim(with_round, BO)
    assert in_hand()
    assert not in_hand("exchange")
    assert not in_hand(mailbox=CILLA)
    unknown = Verdict(state=OutboxState.UNKNOWN, not_before=NOON, reason="the line died", uncertain=True)
    with with_round.write() as session:
        session.outbox.record_failure(claimed.id, unknown, owner="w", now=NOON)
    assert in_hand()
    with with_round.write() as session:
        session.outbox.move([claimed.id], to=OutboxState.HELD, reason="held by eva", now=NOON)
    assert in_hand(), "held, and it may stand there all the same"
    with with_round.write() as session:
        session.outbox.move([claimed.id], to=OutboxState.QUEUED, reason="released by eva", now=NOON)
    assert in_hand()
    [again] = claim(with_round, BO)
    with with_round.write() as session:
        session.outbox.record_sent(again.id, owner="w", reply="was done before", now=NOON)
    assert not in_hand()


def test_what_was_certainly_not_delivered_is_not_in_hand(with_round: SqlStore) -> None:
    queue_for(with_round, BO, "anna", "bea")
    first, second = claim(with_round, BO)
    later = Verdict(state=OutboxState.QUEUED, not_before=LATER, reason="not now")
    never = Verdict(state=OutboxState.FAILED, not_before=None, reason="no")
    with with_round.write() as session:
        session.outbox.record_failure(first.id, later, owner="w", now=NOON)
        session.outbox.record_failure(second.id, never, owner="w", now=NOON)
        assert not session.outbox.in_hand("graph", BO)


def test_lines_that_claim_different_mailboxes_at_once_get_their_own(with_round: SqlStore) -> None:
    mailboxes = [f"m{number}@example.com" for number in range(4)]
    for mailbox in mailboxes:
        queue_for(with_round, mailbox, *(f"{mailbox[:2]}-{number}" for number in range(5)))
    gun, got = threading.Barrier(4), dict[str, list[str]]()

    def work(mailbox: str) -> None:
        gun.wait()
        with with_round.write() as session:
            claimed = session.outbox.claim(owner=mailbox, transport="graph", mailbox=mailbox, now=NOON, limit=50)
        got[mailbox] = [each.mailbox for each in claimed]

    threads = [threading.Thread(target=work, args=(mailbox,)) for mailbox in mailboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {mailbox: [mailbox] * 5 for mailbox in mailboxes}


def test_what_a_person_is_to_decide_about_is_not_claimed_and_says_why(with_round: SqlStore, database: Database) -> None:
    why = "The manager is busy then."
    due = a_due("anna", kind=Kind.MEETING_CREATE)
    with with_round.write() as session:
        mail = a_mail(due, transport="graph", mailbox=BO)
        assert session.outbox.add(mail, due, now=NOON, held=why)
        assert not session.outbox.add(mail, due, now=NOON), "its key is known"
        [known] = session.outbox.of_subjects(ROUND.id, ["talk:anna"])
    assert (known.state, known.reason) == (OutboxState.HELD, why)
    assert (lanes(with_round), claim(with_round, None)) == ([], [])
    assert why.encode() not in database.files()
    with with_round.write() as session:
        assert session.outbox.next_due() is None
        assert session.outbox.move([known.id], to=OutboxState.QUEUED, reason="released by eva", now=NOON) == 1
    assert row(with_round, known.id).reason == "released by eva"
    [claimed] = claim(with_round, BO)
    assert claimed.payload == mail.payload
    assert states(with_round) == {"anna": OutboxState.SENDING}


def test_mails_that_wait_go_another_way_when_the_service_moves_and_meetings_stay(with_round: SqlStore) -> None:
    with with_round.write() as session:
        for id_, kind in (("anna", Kind.MAIL), ("bea", Kind.MEETING_CREATE)):
            due = a_due(id_, kind=kind)
            session.outbox.add(a_mail(due, transport="graph", mailbox=BO), due, now=NOON)
        assert session.outbox.reroute_mails("smtp") == 1
        assert session.outbox.reroute_mails("smtp") == 0

    assert sorted(lanes(with_round)) == [("graph", BO), ("smtp", BO)]
