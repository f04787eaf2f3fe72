"""A mailbox that another server has from now on: its coming talks are handed over when the service starts, once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from builders import START, a_talk, at
from organisation_calendars import ENTRY
from round_in_calendars import IN_BRO, IN_SUND, INVITED, Round, address, routing
from servers.organisation import Response, Telling, Where
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.routes import RouteRule, Transport
from talkcycle.domain.talks import Entry, TalkState
from talkcycle.rounds.change import cancel_talk
from talkcycle.rounds.takeover import take_over

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAG, ERIK = "dag@shop.example.com", "erik@example.com"
DAG_MOVED = routing(RouteRule(address=DAG, transport=Transport.GRAPH))
ERIKS = a_talk("erik", manager="dag", place=IN_SUND)
OVER = at(2027, 4, 1)


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Round]:
    made = Round(tmp_path, (ERIKS, a_talk("anna", place=IN_BRO)))
    made.until(INVITED)
    made.watch()
    yield made
    made.store.close()


def move_mailbox(round_: Round) -> None:
    """IT has moved Dag's mailbox with everything in it, says so in service.yaml, and starts the service."""
    round_.organisation.migrate(DAG, Where.ONLINE)
    round_.routing = DAG_MOVED
    round_.start()


def all_entries(round_: Round, id_: str) -> list[Entry]:
    with round_.store.read() as session:
        return session.talks.all_entries(round_.id, [id_]).get(id_, [])


def test_a_talk_moves_with_its_hosts_mailbox_by_one_update_and_no_second_entry(round_: Round) -> None:
    [before] = round_.told("erik")
    move_mailbox(round_)
    round_.until(INVITED + DAY)

    assert [each.what for each in round_.told("erik")] == ["invitation", "update"]
    assert round_.told("erik")[1].uid == before.uid, "to everybody's calendar it is the same meeting"
    old, new = all_entries(round_, "erik")
    assert (old.transport, old.live, old.closed) == ("exchange", False, 1)
    assert (new.transport, new.live, new.opened, new.organizer) == ("graph", True, 1, DAG)
    item = round_.item("erik")
    assert (item.properties[ENTRY], item.id) == (new.uid, new.remote_id)
    assert (round_.talk("erik").start, round_.talk("erik").place, round_.talk("erik").revision) == (START, IN_SUND, 1)
    assert round_.entry("anna").number == 1
    ends = [row for row in round_.rows("erik") if row.kind is Kind.MEETING_CANCEL]
    assert [(row.transport, row.state) for row in ends] == [("exchange", OutboxState.SENT)]


def test_after_a_takeover_answers_and_moves_are_noticed_as_before(round_: Round) -> None:
    move_mailbox(round_)
    round_.until(INVITED + DAY)
    round_.watch()
    item = round_.item("erik")
    round_.organisation.answer(ERIK, item.uid, Response.ACCEPTED)
    round_.organisation.update(DAG, item.id, start=item.start + HOUR, end=item.end + HOUR, tell=Telling.NOBODY)

    assert round_.watch().moved == 1
    assert round_.talk("erik").start == START + HOUR
    assert round_.answers("erik")["person:erik"] == "accepted"
    round_.organisation.cancel(DAG, round_.item("erik").id)
    assert round_.watch().deleted == 1


def test_what_is_answered_while_the_old_entry_is_about_to_end_is_not_lost(round_: Round) -> None:
    move_mailbox(round_)
    round_.ticker.tick()
    round_.dispatcher.dispatch_due()
    round_.clock.jump(timedelta(minutes=1))
    round_.ticker.tick()
    waits = [row.state for row in round_.rows("erik") if row.kind is Kind.MEETING_CANCEL]
    assert waits == [OutboxState.QUEUED]
    round_.organisation.answer(ERIK, round_.item("erik").uid, Response.DECLINED)

    round_.watch()
    assert round_.answers("erik")["person:erik"] == "declined"


def test_only_what_is_still_to_come_is_handed_over_and_only_once(tmp_path: Path) -> None:
    coming, past = a_talk("erik", manager="dag", start=START + DAY), a_talk("anna", manager="dag", start=START)
    off = a_talk("cilla", manager="dag", start=START + 2 * DAY)
    unplaced = a_talk("bo", manager="dag", start=None, state=TalkState.UNPLACED)
    round_ = Round(tmp_path, (coming, past, off))
    with round_.store.write() as session:
        session.talks.add([unplaced], [])
    round_.until(START - DAY)
    cancel_talk(round_.store, round_.id, "cilla", why="", who="eva", now=round_.clock.now())
    round_.until(START)
    before = {id_: (round_.talk(id_), all_entries(round_, id_)) for id_ in ("anna", "cilla")}

    assert take_over(round_.store, DAG_MOVED, now=round_.clock.now()) == 1
    assert take_over(round_.store, DAG_MOVED, now=round_.clock.now() + HOUR) == 0

    assert {id_: (round_.talk(id_), all_entries(round_, id_)) for id_ in before} == before
    assert [entry.transport for entry in all_entries(round_, "erik")] == ["exchange", "graph"]
    assert round_.talk("bo").state is TalkState.UNPLACED
    with round_.store.read() as session:
        trail = [each for each in session.ledger.trail(100) if each.action == "take over"]
    assert [each.detail for each in trail] == ["1 talks are kept by another calendar from now on"]
    round_.store.close()


def test_nothing_is_handed_over_while_the_rules_say_the_same(round_: Round) -> None:
    assert take_over(round_.store, round_.routing, now=INVITED) == 0
    assert round_.talk("erik").revision == round_.talk("anna").revision == 0


def test_what_was_not_sent_yet_goes_by_the_new_way_as_an_ordinary_invitation(tmp_path: Path) -> None:
    round_ = Round(tmp_path, (ERIKS,))
    round_.until(at(2027, 2, 17, 7, 30))
    assert {row.state for row in round_.rows("erik") if row.transport == "exchange"} == {OutboxState.QUEUED}
    move_mailbox(round_)
    round_.until(OVER)

    assert [each.what for each in round_.told("erik")] == ["invitation"]
    assert round_.entry("erik").transport == "graph"
    states = {
        (row.transport, row.state) for row in round_.rows("erik") if row.kind is Kind.MEETING_CREATE and row.transport
    }
    assert states == {("exchange", OutboxState.WITHDRAWN), ("graph", OutboxState.SENT)}
    assert not [row for row in round_.rows("erik") if row.kind is Kind.MEETING_CANCEL and row.state is OutboxState.SENT]
    assert len(round_.organisation.with_uid(address("erik"), round_.told("erik")[0].uid)) == 1
    round_.store.close()
