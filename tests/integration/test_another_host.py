"""Talks that change hosts, over every pairing of Exchange, Microsoft Graph and plain mail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from mixed_company import Company, address, mixed_company, rows, talks
from servers.organisation import Busy, Where
from talkcycle.bootstrap import Application
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import HANDED_OVER, NEW_HOST, Kind, OutboxState
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.rounds.reassign import exclude_talk, reassign_talk, time_with
from talkcycle.rounds.rebooking import NoOtherTime, Rebooked
from talkcycle.rounds.timeline import timeline

MIDST = datetime(2027, 3, 12, 12, 0, tzinfo=UTC)
OVER = datetime(2027, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FROM = {Where.ON_PREMISES: "m1", Where.ONLINE: "m3", Where.ELSEWHERE: "m5"}
TO = {Where.ON_PREMISES: "m2", Where.ONLINE: "m4", Where.ELSEWHERE: "e9"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with mixed_company(tmp_path) as company:
        yield company


def reassigned(company: Company, app: Application, talk: Talk, manager: str) -> Rebooked:
    _, time = time_with(app.store, app.calendars_now(), talk.round, talk.id, manager, now=company.clock.now())
    assert isinstance(time, Rebooked), time
    reassign_talk(
        app.store,
        talk.round,
        talk.id,
        manager,
        start=time.start,
        place=time.place,
        who="hr",
        routing=app.settings.routing,
        now=company.clock.now(),
    )
    return time


def in_calendar(company: Company, employee: str, manager: str) -> int:
    """How many entries the employee has with the manager."""
    mailbox = company.organisation.mailbox(address(employee))
    theirs = sum(not item.mine and item.organizer == address(manager) for item in mailbox.calendar.values())
    by_mail = company.calendars.get(address(employee))
    return theirs + sum(address(manager) in each.attendees for each in (by_mail.entries() if by_mail else ()))


def hosts(company: Company, employee: str, manager: str) -> int:
    """How many entries the manager has with the employee, in their own calendar or by mail."""
    mailbox = company.organisation.mailbox(address(manager))
    own = sum(
        item.mine and any(each.address == address(employee) for each in item.attendees)
        for item in mailbox.calendar.values()
    )
    by_mail = company.calendars.get(address(manager))
    return own + sum(address(employee) in each.attendees for each in (by_mail.entries() if by_mail else ()))


def test_whoever_hosts_a_talk_next_it_stands_once_in_each_calendar_and_in_none_of_the_former_hosts(
    company: Company,
) -> None:
    company.where["e9"] = Where.ELSEWHERE
    company.organisation.migrate(address("e9"), Where.ELSEWHERE)
    company.write_service()
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    invited = {row.key.subject for row in rows(app, draft.round) if row.kind is Kind.MEETING_CREATE}
    coming = [
        talk
        for talk in talks(app, draft.round).values()
        if talk.subject in invited and talk.employee != "e9" and talk.start and talk.start > MIDST + timedelta(days=1)
    ]
    cases: list[tuple[Talk, str]] = []
    for before, after in product(Where, Where):
        chosen = next(
            talk for talk in coming if talk.manager == FROM[before] and all(talk is not each for each, _ in cases)
        )
        cases.append((chosen, TO[after]))
    times = {talk.id: reassigned(company, app, talk, manager) for talk, manager in cases}
    company.run(daemon, MIDST + timedelta(days=2))

    found = talks(app, draft.round)
    for talk, manager in cases:
        now = found[talk.id]
        assert (now.manager, now.start) == (manager, times[talk.id].start)
        assert in_calendar(company, talk.employee, manager) == 1, (talk.manager, manager)
        assert in_calendar(company, talk.employee, talk.manager) == 0, (talk.manager, manager)
        assert hosts(company, talk.employee, manager) == 1, (talk.manager, manager)
        assert hosts(company, talk.employee, talk.manager) == 0, (talk.manager, manager)
        of_talk = [row for row in rows(app, draft.round) if row.key.subject == talk.subject]
        assert {row.state for row in of_talk} <= {OutboxState.SENT, OutboxState.SKIPPED, OutboxState.WITHDRAWN}
        sent = [row for row in of_talk if row.state is OutboxState.SENT and row.due_at >= MIDST]
        to_former = [row for row in sent if row.key.recipient == f"person:{talk.manager}"]
        assert [row.key.step for row in to_former] == [HANDED_OVER if now_own(company, talk) else "cancellation"]
        to_new = {row.key.step for row in sent if row.key.recipient == f"person:{manager}"}
        assert (NEW_HOST if now_own(company, now) else "invitation") in to_new
        lines = timeline(app.store, talk.manager, now=company.clock.now()).lines
        assert talk.subject in {line.subject for line in lines}, "what a former host got can still be looked at"
    kept = [talk for talk, _ in cases if times[talk.id].start == talk.start]
    assert len(kept) > 3, "most keep their time"

    company.run(daemon, OVER)
    for talk, manager in cases:
        assert in_calendar(company, talk.employee, manager) == 1
        since = [
            row for row in rows(app, draft.round) if row.key.subject == talk.subject and row.due_at > MIDST + 48 * HOUR
        ]
        assert f"person:{talk.manager}" not in {row.key.recipient for row in since if row.state is OutboxState.SENT}


def now_own(company: Company, talk: Talk) -> bool:
    """Whether the host keeps the talk in their own calendar."""
    return company.where[talk.manager] is not Where.ELSEWHERE


def test_a_new_host_who_is_busy_then_gets_another_time_and_one_who_cannot_be_told_is_said_so(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    later = MIDST + timedelta(days=6)
    first, second = [
        talk for talk in talks(app, draft.round).values() if talk.manager == "m1" and talk.start and talk.start > later
    ][:2]
    assert first.start is not None
    company.organisation.occupy(address("m3"), first.start, first.start + HOUR, Busy.BUSY)

    time = reassigned(company, app, first, "m3")
    assert time.start != first.start
    company.where["m4"] = Where.ONLINE
    company.organisation.migrate(address("m4"), Where.ON_PREMISES)
    _, untold = time_with(app.store, app.calendars_now(), draft.round, second.id, "m4", now=company.clock.now())
    assert isinstance(untold, NoOtherTime)
    assert untold.wait


def test_what_cannot_be_reassigned_is_refused_and_what_is_left_out_is_off_with_neutral_words(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    invited = {row.key.subject for row in rows(app, draft.round) if row.kind is Kind.MEETING_CREATE}
    talk = next(
        each
        for each in talks(app, draft.round).values()
        if each.subject in invited and each.start and each.start > MIDST + timedelta(days=1)
    )
    for manager, said in {
        talk.manager: "already",
        talk.employee: "with themselves",
        "nobody": "talkcycle roster apply",
    }.items():
        with pytest.raises(Refused, match=said):
            time_with(app.store, None, draft.round, talk.id, manager, now=company.clock.now())

    exclude_talk(app.store, draft.round, talk.id, reason="a CANARY", who="hr", now=company.clock.now())
    company.run(daemon, OVER)

    off = talks(app, draft.round)[talk.id]
    assert (off.state, off.note) == (TalkState.CANCELLED, "a CANARY")
    assert in_calendar(company, talk.employee, talk.manager) == hosts(company, talk.employee, talk.manager) == 0
    with app.store.read() as session:
        trail = [each for each in session.ledger.trail(1000) if each.subject.endswith(f"/{talk.subject}")]
    assert [(each.action, each.who) for each in trail] == [("exclude", "hr")]
    assert "CANARY" not in repr(trail) + repr(rows(app, draft.round)) + repr(company.organisation.told) + repr(
        company.mails
    )
    other = "m2" if talk.manager != "m2" else "m1"
    with pytest.raises(Refused, match="is off"):
        time_with(app.store, None, draft.round, talk.id, other, now=company.clock.now())
