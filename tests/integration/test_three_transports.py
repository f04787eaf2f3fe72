"""A whole round of forty people over Exchange, Microsoft Graph and plain mail at once, with all that happens to it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mixed_company import Company, address, mixed_company, rows, talks
from servers.organisation import Busy, Response, Telling, Where
from talkcycle.bootstrap import Application
from talkcycle.domain.cycle import PlaceKind
from talkcycle.domain.messages import Kind, OutboxState
from talkcycle.domain.talks import DELETED, Talk, TalkState

MIDST = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
"""By then some are invited and some are not yet."""
OVER = datetime(2027, 6, 1, tzinfo=UTC)
EXCHANGE, GRAPH, MAIL = Where.ON_PREMISES, Where.ONLINE, Where.ELSEWHERE
MOVES = {"m1": GRAPH, "m3": EXCHANGE, "m5": GRAPH, "m4": MAIL, "e6": GRAPH}
"""Whose mailboxes move, and where to: four managers and somebody of a team."""


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with mixed_company(tmp_path) as company:
        yield company


def holds(company: Company, app: Application, round_: str) -> None:
    """What has to be true whatever happened: no talk twice in a calendar, none missing, no mail twice, none lost."""
    for talk in talks(app, round_).values():
        expected = [(talk.start, talk.end)] if talk.state is TalkState.PLACED else []
        assert company.entries(talk) == expected, talk.id
    for row in rows(app, round_):
        assert row.state in {OutboxState.SENT, OutboxState.SKIPPED, OutboxState.WITHDRAWN}, (row.key, row.reason)
        if row.kind is Kind.MAIL and row.state is OutboxState.SENT:
            assert company.mails_with(row.message_id) == 1


def test_a_round_whose_mailboxes_move_amid_it_leaves_everybody_with_each_talk_once(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    company.run(company.start(app), MIDST)
    invited = {row.key.subject for row in rows(app, draft.round) if row.kind is Kind.MEETING_CREATE}
    assert 0 < len(invited) < 39, "the moves come amid the round"

    for id_, where in MOVES.items():
        company.where[id_] = where
        if where is not MAIL:  # who leaves for mail alone is moved by the rules first, so that meetings can be called off
            company.organisation.migrate(address(id_), where)
    app.store.close()
    company.write_service()
    app = company.open()
    company.run(company.start(app), OVER)

    holds(company, app, draft.round)
    found = talks(app, draft.round)
    assert Counter(talk.state for talk in found.values()) == {TalkState.PLACED: 39}
    for talk in found.values():
        keeps_calendar = company.where[talk.manager] is not MAIL
        assert len(company.hosted(talk)) == int(keeps_calendar), talk.id
    handed = [talk for talk in found.values() if talk.manager in MOVES]
    for talk in handed:
        assert talk.revision >= 1
        told = [each.what for each in company.organisation.told_to(address(talk.employee)) if each.what != "mail"]
        if company.where[talk.manager] is not MAIL and talk.manager in {"m1", "m3"}:
            assert "cancellation" not in told, "the meeting moved with its mailbox: one update, no second entry"


def test_what_people_do_in_their_calendars_is_noticed_and_heeded(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    theirs = _by_host(company, app, draft.round)
    exchange, graph = theirs[EXCHANGE], theirs[GRAPH]

    accepted, declined, moved, deleted, proposed = (graph[0], exchange[0], exchange[1], graph[1], exchange[2])
    company.organisation.answer(address(accepted.employee), _uid(company, accepted), Response.ACCEPTED)
    company.organisation.answer(address(declined.employee), _uid(company, declined), Response.DECLINED)
    assert proposed.start is not None
    assert proposed.end is not None
    other = (proposed.start + timedelta(days=1), proposed.end + timedelta(days=1))
    company.organisation.answer(address(proposed.employee), _uid(company, proposed), Response.TENTATIVE, proposed=other)
    assert moved.start is not None
    assert moved.end is not None
    [item] = company.hosted(moved)
    later = (moved.start + timedelta(hours=2), moved.end + timedelta(hours=2))
    company.organisation.update(address(moved.manager), item.id, start=later[0], end=later[1], tell=Telling.ALL)
    [item] = company.hosted(deleted)
    company.organisation.cancel(address(deleted.manager), item.id)
    told_before = len(company.organisation.told_to(address(moved.employee)))
    company.clock.at += timedelta(minutes=5)
    seen = daemon.watch()

    assert (seen.moved, seen.deleted, seen.unread) == (1, 1, ())
    with app.store.read() as session:
        answers = session.talks.answers(draft.round, [each.id for each in (accepted, declined, proposed)])
    of = {id_: next(each for each in those if each.party == f"person:{id_}") for id_, those in answers.items()}
    assert of[accepted.id].answer == "accepted"
    assert of[declined.id].answer == "declined"
    assert (of[proposed.id].answer, of[proposed.id].proposed) == ("tentative", other)
    assert talks(app, draft.round)[moved.id].start == later[0], "where it stands in the calendar is where it is"
    assert talks(app, draft.round)[deleted.id].note == DELETED

    company.run(daemon, OVER)
    holds(company, app, draft.round)
    calendar = [
        each for each in company.organisation.told_to(address(moved.employee))[told_before:] if each.what != "mail"
    ]
    assert calendar == [], "the calendar has told the new time; the service does not tell it again"
    after = rows(app, draft.round)
    [reminder] = [row for row in after if row.key.subject == moved.subject and row.key.step == "reminder"]
    assert reminder.state is OutboxState.SENT
    assert timedelta(days=2) <= later[0] - reminder.due_at < timedelta(days=5), "by the new time, never at a weekend"
    since = [row for row in after if row.key.subject == deleted.subject and row.settled_at and row.settled_at > MIDST]
    assert {row.state for row in since} <= {OutboxState.SKIPPED, OutboxState.WITHDRAWN}


def test_a_time_that_has_become_busy_is_planned_anew_and_a_room_that_declines_is_replaced(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    with_room = [each for each in draft.talks if each.place.kind is PlaceKind.NAMED]
    assert len(with_room) > 10, "rooms of the list are given to talks"
    taken = max((each for each in draft.talks if company.where[each.manager] is EXCHANGE), key=lambda each: each.start)
    private = company.organisation.occupy(
        address(taken.manager), taken.start, taken.start + timedelta(hours=1), Busy.BUSY, private=True
    )
    company.run(daemon, MIDST)
    in_rooms = [each for each in _by_host(company, app, draft.round)[GRAPH] if each.place.kind is PlaceKind.NAMED]
    roomless = in_rooms[0]
    [item] = company.hosted(roomless)
    [room] = [each.address for each in item.attendees if each.room]
    company.organisation.answer(room, item.uid, Response.DECLINED)
    company.run(daemon, OVER)

    holds(company, app, draft.round)
    found = talks(app, draft.round)
    assert found[taken.employee].start != taken.start, "never booked over silently"
    with app.store.read() as session:
        trail = session.ledger.trail(1000)
    assert [each.action for each in trail if each.subject.endswith(f"/talk:{taken.employee}")] == ["replan"]
    assert found[roomless.id].place != roomless.place
    assert found[roomless.id].start == roomless.start
    assert not any("CANARY" in str(row) for row in rows(app, draft.round)), private


def _by_host(company: Company, app: Application, round_: str) -> dict[Where, list[Talk]]:
    """Talks that are in a calendar of their host's and still to come, by where that is."""
    found: dict[Where, list[Talk]] = {where: [] for where in Where}
    for talk in talks(app, round_).values():
        if company.hosted(talk) and talk.start and talk.start > company.clock.now() + timedelta(days=8):
            found[company.where[talk.manager]].append(talk)
    return found


def _uid(company: Company, talk: Talk) -> str:
    [item] = company.hosted(talk)
    return item.uid
