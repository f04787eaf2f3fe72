"""A new roster for a running round, over every pairing of Exchange, Microsoft Graph and plain mail."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from mixed_company import Company, address, mixed_company, rows, talks, the_roster
from servers.organisation import Where
from talkcycle.bootstrap import Application
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import HANDED_OVER, Kind, OutboxState
from talkcycle.domain.people import Roster
from talkcycle.domain.roster_changes import Because, Course
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.rounds.roster_apply import Applied, roster_apply
from talkcycle.rounds.roster_diff import RosterDiff, roster_diff

MIDST = datetime(2027, 3, 12, 12, 0, tzinfo=UTC)
OVER = datetime(2027, 6, 1, tzinfo=UTC)
FROM = {Where.ON_PREMISES: "m1", Where.ONLINE: "m3", Where.ELSEWHERE: "m5"}
TO = {Where.ON_PREMISES: "m2", Where.ONLINE: "m4", Where.ELSEWHERE: "e9"}


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with mixed_company(tmp_path) as company:
        company.where["e9"] = Where.ELSEWHERE
        company.organisation.migrate(address("e9"), Where.ELSEWHERE)
        company.write_service()
        yield company


def write(company: Company, people: list[dict[str, str]]) -> None:
    """HR's roster with *people*."""
    columns = ["id", "name", "email", "manager", "site", "absences", "end", "excluded"]
    with (company.folder / "roster.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(people)


def compared(company: Company, app: Application, round_: str, roster: Roster | None = None) -> RosterDiff:
    inputs = app.inputs("cycle.yaml")
    return roster_diff(
        app.store,
        round_,
        roster or inputs.roster,
        inputs.holidays,
        app.calendars_now(),
        routing=app.settings.routing,
        now=company.clock.now(),
    )


def applied(company: Company, app: Application, diff: RosterDiff, *, confirm: bool = True) -> Applied:
    return roster_apply(app.store, diff, who="hr", routing=app.settings.routing, now=company.clock.now(), confirm=confirm)


def in_calendar(company: Company, whose: str, other: str) -> int:
    """How many entries *whose* (an address) has with *other*, in a calendar of their own or by mail."""
    mailbox = company.organisation.mailbox(whose)
    own = sum(
        any(each.address == other for each in item.attendees) if item.mine else item.organizer == other
        for item in mailbox.calendar.values()
    )
    by_mail = company.calendars.get(whose)
    return own + sum(other in each.attendees for each in (by_mail.entries() if by_mail else ()))


def coming(company: Company, app: Application, round_: str) -> list[Talk]:
    """Invited to, and at least a day ahead."""
    invited = {row.key.subject for row in rows(app, round_) if row.kind is Kind.MEETING_CREATE}
    return [
        talk
        for talk in talks(app, round_).values()
        if talk.subject in invited and talk.start and talk.start > company.clock.now() + timedelta(days=1)
    ]


def test_new_managers_over_every_pairing_leave_each_talk_once_in_each_calendar(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    found = [talk for talk in coming(company, app, draft.round) if talk.employee != "e9"]
    cases: dict[str, tuple[Talk, str]] = {}
    for before, after in product(Where, Where):
        talk = next(each for each in found if each.manager == FROM[before] and each.id not in cases)
        cases[talk.id] = (talk, TO[after])
    untouched = {id_: talk for id_, talk in talks(app, draft.round).items() if id_ not in cases}
    write(company, [each | ({"manager": cases[each["id"]][1]} if each["id"] in cases else {}) for each in the_roster()])

    diff = compared(company, app, draft.round)
    assert [each.change.course for each in diff.talks] == [Course.HAND_OVER] * 9
    assert {each.change.talk for each in diff.talks} == cases.keys()
    assert diff.faults, "nine of forty have another manager"
    with pytest.raises(Refused, match="--confirm-roster"):
        applied(company, app, diff, confirm=False)
    assert talks(app, draft.round) == untouched | {id_: talk for id_, (talk, _) in cases.items()}, "nothing happened"

    assert applied(company, app, diff) == Applied(done={Course.HAND_OVER: 9})
    assert {id_: talk for id_, talk in talks(app, draft.round).items() if id_ not in cases} == untouched
    company.run(daemon, MIDST + timedelta(days=2))
    for talk, manager in cases.values():
        employee, former, host = address(talk.employee), address(talk.manager), address(manager)
        pairing = (company.where[talk.manager], company.where[manager])
        assert in_calendar(company, employee, host) == 1, pairing
        assert in_calendar(company, host, employee) == 1, pairing
        assert in_calendar(company, employee, former) == in_calendar(company, former, employee) == 0, pairing
        own = company.where[talk.manager] is not Where.ELSEWHERE
        [note] = [
            row
            for row in rows(app, draft.round)
            if (row.key.subject, row.key.recipient) == (talk.subject, f"person:{talk.manager}")
            and row.state is OutboxState.SENT
            and row.due_at >= MIDST
        ]
        assert note.key.step == (HANDED_OVER if own else "cancellation")

    again = compared(company, app, draft.round)
    assert again.is_applied
    assert (again.talks, applied(company, app, again)) == ((), Applied(done={}))
    with app.store.read() as session:
        trail = [each for each in session.ledger.trail(1000) if "roster" in each.action]
    assert [each.action for each in trail] == ["apply roster", *["roster: hand over"] * 9]
    assert {each.who for each in trail} == {"hr"}
    assert not any("Namn" in each.detail for each in trail)


def test_who_comes_goes_or_is_away_changes_their_own_talk_alone(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    found = [talk for talk in coming(company, app, draft.round) if talk.manager in {"m1", "m3", "m5"}]
    by_host = {host: [talk for talk in found if talk.manager == host] for host in ("m1", "m3", "m5")}
    gone, away, excluded = by_host["m1"][0], by_host["m3"][0], by_host["m5"][0]
    moves = [talks_of[1] for talks_of in by_host.values()]
    assert away.start is not None
    untouched = talks(app, draft.round)
    day = away.start.date()
    new = []
    for each in the_roster():
        if each["id"] == gone.id:
            continue
        if each["id"] == away.id:
            each["absences"] = f"{day}..{day}"
        if each["id"] == excluded.id:
            each["excluded"] = "a CANARY"
        if each["id"] in {talk.id for talk in moves}:
            each["email"] = f"new-{each['email']}"
            company.organisation.add(each["email"], where=company.where[each["id"]], name=each["name"])
            company.where[f"new-{each['id']}"] = company.where[each["id"]]
        new.append(each)
    new.append({"id": "n1", "name": "Namn n1", "email": address("n1"), "manager": "m1", "site": "Stockholm"})
    company.organisation.add(address("n1"), where=Where.ON_PREMISES, name="Namn n1")
    company.where["n1"] = Where.ON_PREMISES
    company.write_service()
    write(company, new)
    app.store.close()
    app = company.open()
    daemon = company.start(app)

    diff = compared(company, app, draft.round)
    assert {each.change.talk: (each.change.course, each.change.because) for each in diff.talks} == {
        gone.id: (Course.CALL_OFF, (Because.LEFT,)),
        excluded.id: (Course.CALL_OFF, (Because.EXCLUDED,)),
        away.id: (Course.MOVE, (Because.HOURS,)),
        "n1": (Course.PLAN, (Because.JOINED,)),
        **{talk.id: (Course.RENEW, (Because.ADDRESS,)) for talk in moves},
    }
    assert diff.faults == ()
    assert applied(company, app, diff).left_over == ()
    concerned = {each.change.talk for each in diff.talks}
    now = talks(app, draft.round)
    assert {id_: talk for id_, talk in now.items() if id_ not in concerned} == {
        id_: talk for id_, talk in untouched.items() if id_ not in concerned
    }
    company.run(daemon, MIDST + timedelta(days=3))

    for off in (gone, excluded):
        assert now[off.id].state is TalkState.CANCELLED
        assert in_calendar(company, address(off.employee), address(off.manager)) == 0
        assert in_calendar(company, address(off.manager), address(off.employee)) == 0
    assert now[excluded.id].note == "a CANARY"
    assert now[away.id].start not in {away.start, None}
    assert company.entries(now[away.id]) == [(now[away.id].start, now[away.id].end)]
    for talk in moves:
        host = address(talk.manager)
        assert in_calendar(company, address(talk.employee), host) == 0, talk.manager
        assert in_calendar(company, f"new-{address(talk.employee)}", host) == 1, talk.manager
        assert in_calendar(company, host, f"new-{address(talk.employee)}") == 1, talk.manager
        assert in_calendar(company, host, address(talk.employee)) == 0, talk.manager
    assert now["n1"].state is TalkState.PLACED
    told = len(company.organisation.told_to(address(gone.employee)))
    company.run(daemon, OVER)
    assert len(company.organisation.told_to(address(gone.employee))) == told, "who has left hears nothing more"
    assert company.entries(now["n1"]) == [(now["n1"].start, now["n1"].end)]
    broken = {OutboxState.FAILED, OutboxState.HELD, OutboxState.UNKNOWN, OutboxState.QUEUED}
    assert not [row for row in rows(app, draft.round) if row.state in broken]
    assert "CANARY" not in repr(company.organisation.told) + repr(company.mails) + repr(rows(app, draft.round))


def test_what_broke_off_is_gone_on_with_and_an_edited_file_alone_changes_nothing(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    two = coming(company, app, draft.round)[:2]
    write(company, [each for each in the_roster() if each["id"] not in {talk.id for talk in two}])
    before = talks(app, draft.round)
    company.run(daemon, MIDST + timedelta(hours=6))
    assert talks(app, draft.round) == before

    diff = compared(company, app, draft.round)
    half = replace(diff, talks=(*diff.talks[:1], replace(diff.talks[1], later=True)))
    assert applied(company, app, half).left_over == (diff.talks[1].change.talk,)
    rest = compared(company, app, draft.round)
    assert not rest.is_applied
    assert [each.change.talk for each in rest.talks] == [diff.talks[1].change.talk]
    assert applied(company, app, rest) == Applied(done={Course.CALL_OFF: 1})
    assert compared(company, app, draft.round).is_applied
    with app.store.read() as session:
        round_ = session.rounds.get(draft.round)
        assert round_ is not None
        people = session.rosters.people(round_.roster)
        assert session.rosters.people(draft.roster).keys() >= {talk.id for talk in two}, "the draft still needs it"
    assert {id_ for id_, person in people.items() if person.left} == {talk.id for talk in two}
    with pytest.raises(Refused, match="another roster by now"):
        applied(company, app, diff)
