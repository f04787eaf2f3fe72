"""What follows from answers that people give in their calendars: of a whole company, and of a small one."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from builders import START, a_talk, at
from mixed_company import Company, address, mixed_company, rows, talks
from round_in_calendars import INVITED, Round
from round_in_calendars import address as address_of
from servers.organisation import Response, Where
from talkcycle.bootstrap import Application
from talkcycle.domain.cycle import Digests
from talkcycle.domain.derive import person_messages
from talkcycle.domain.digests import ManagerDigest, Need
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import (
    ABOUT_ANSWERS,
    HR_HELP,
    MANAGER_DIGEST,
    NUDGE,
    PROPOSAL,
    TIME_DECLINED,
    TIME_KEPT,
    KnownMessage,
    OutboxState,
)
from talkcycle.domain.people import Role
from talkcycle.domain.talks import Talk, TalkAnswer, TalkState
from talkcycle.rounds.answered import keep_answers
from talkcycle.rounds.change import abstain, move_talk
from talkcycle.rounds.digest_facts import digest_of
from talkcycle.rounds.orders import Facts
from talkcycle.rounds.proposals import keep_time
from talkcycle.rounds.timeline import timeline

MIDST = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
OVER = datetime(2027, 6, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANNA = "anna@example.com"
SENT = OutboxState.SENT
STOCKHOLM = ZoneInfo("Europe/Stockholm")
MONTHS = {"mars": 3, "april": 4}
OFFERED = re.compile(r"(?m)^- \w+ (\d+) (\w+) kl\. (\d+)\.(\d+)")


# In the calendars of a whole company


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Company]:
    with mixed_company(tmp_path) as company:
        yield company


def test_who_declines_the_time_gets_three_others_by_mail_of_which_each_is_really_free(company: Company) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    talk = upcoming(company, app, draft.round, Where.ONLINE)
    [item] = company.hosted(talk)
    company.organisation.answer(address(talk.employee), item.uid, Response.DECLINED)
    busy = datetime(2027, 3, 22, 7, 0, tzinfo=UTC)
    for day in range(3):  # the manager has less time than when it was planned
        company.organisation.occupy(address(talk.manager), busy + day * DAY, busy + day * DAY + 8 * HOUR)
    company.run(daemon, MIDST + HOUR)

    [mail] = of_step(app, draft.round, TIME_DECLINED)
    assert (mail.key.recipient, mail.state) == (f"person:{talk.employee}", SENT)
    offered = offered_in(app, mail)
    assert len(offered) == len({start.date() for start in offered}) == 3
    for start in offered:
        assert start != talk.start
        for who in (talk.employee, talk.manager):
            assert company.organisation.busy_times(address(who), start, start + HOUR) == []
            assert not any(begins < start + HOUR and start < ends for begins, ends in others_of(app, who, talk))

    company.run(daemon, OVER)
    [help_] = of_step(app, draft.round, HR_HELP)
    assert (help_.key.recipient, help_.key.subject, help_.state) == ("hr", talk.subject, SENT)
    assert len(of_step(app, draft.round, TIME_DECLINED)) == 1
    assert company.mails_with(mail.message_id) == company.mails_with(help_.message_id) == 1


def upcoming(company: Company, app: Application, round_: str, where: Where) -> Talk:
    """One in its host's calendar, at least eight days away."""
    soon = company.clock.now() + 8 * DAY
    theirs = (each for each in talks(app, round_).values() if company.where[each.manager] is where)
    return next(each for each in theirs if company.hosted(each) and each.start and each.start > soon)


def of_step(app: Application, round_: str, step: str) -> list[KnownMessage]:
    return [row for row in rows(app, round_) if row.key.step == step]


def mail_of(app: Application, row: KnownMessage) -> EmailMessage:
    with app.store.read() as session:
        payload = session.outbox.payload(row.id)
    assert payload is not None
    return message_from_bytes(payload, policy=policy.default)


def offered_in(app: Application, row: KnownMessage) -> list[datetime]:
    part = mail_of(app, row).get_body(("plain",))
    assert part is not None
    return [
        datetime(2027, MONTHS[month], int(day), int(hour), int(minute), tzinfo=STOCKHOLM).astimezone(UTC)
        for day, month, hour, minute in OFFERED.findall(part.get_content())
    ]


def others_of(app: Application, who: str, talk: Talk) -> list[tuple[datetime, datetime]]:
    """When the other talks of *who* are."""
    with app.store.read() as session:
        others = [each for each in session.talks.of_person(talk.round, who) if each.id != talk.id]
    return [(each.start, each.end) for each in others if each.start and each.end]


def test_a_proposed_time_that_is_free_becomes_the_talks_and_one_that_is_not_is_the_managers_to_decide(
    company: Company,
) -> None:
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    fits, clashes = (upcoming(company, app, draft.round, where) for where in (Where.ONLINE, Where.ON_PREMISES))
    told = {talk.id: company.organisation.told_to(address(talk.employee)) for talk in (fits, clashes)}
    wanted = free_span(company, app, fits)
    propose(company, fits, wanted)
    busy = free_span(company, app, clashes)
    company.organisation.occupy(address(clashes.manager), *busy)
    propose(company, clashes, busy)
    company.run(daemon, MIDST + HOUR)

    after = talks(app, draft.round)
    assert (after[fits.id].start, after[fits.id].end) == wanted
    assert company.entries(after[fits.id]) == [wanted]
    since = company.organisation.told_to(address(fits.employee))[len(told[fits.id]) :]
    assert [each.what for each in since] == ["update"], "both calendars are updated, and nothing else is said"
    assert after[clashes.id] == clashes
    assert company.entries(clashes) == [(clashes.start, clashes.end)]
    [mail] = of_step(app, draft.round, PROPOSAL)
    assert (mail.key.subject, mail.key.recipient) == (clashes.subject, f"person:{clashes.manager}")

    keep_time(app.store, draft.round, clashes.id, who="hr", now=company.clock.now())
    company.run(daemon, MIDST + 10 * DAY)
    assert len(of_step(app, draft.round, PROPOSAL)) == 1
    assert of_step(app, draft.round, TIME_KEPT) == []
    since = company.organisation.told_to(address(clashes.employee), "update", "invitation", "cancellation")
    assert since == [each for each in told[clashes.id] if each.what != "mail"]


def test_by_mail_who_proposed_a_time_that_is_not_taken_up_gets_their_counter_declined(company: Company) -> None:
    """Nobody can ask the manager's calendar, so the manager is asked; what they get there is one plain mail."""
    app = company.open()
    draft = company.approve(app)
    daemon = company.start(app)
    company.run(daemon, MIDST)
    theirs = (each for each in talks(app, draft.round).values() if company.where[each.manager] is Where.ELSEWHERE)
    talk = next(each for each in theirs if company.entries(each) and each.start and each.start > MIDST + 8 * DAY)
    assert talk.start is not None
    other = TalkAnswer(
        party=f"person:{talk.employee}",
        answer="tentative",
        at=company.clock.now(),
        proposed=(talk.start + DAY, talk.start + DAY + HOUR),
    )
    with app.store.write() as session:
        entry = session.talks.entries(talk.round, [talk.id])[talk.id]
        keep_answers(session, entry, [other], now=company.clock.now())
    company.run(daemon, MIDST + HOUR)
    [asked] = of_step(app, draft.round, PROPOSAL)
    assert (asked.key.recipient, company.mails_with(asked.message_id)) == (f"person:{talk.manager}", 1)
    assert of_step(app, draft.round, TIME_KEPT) == []

    company.run(daemon, MIDST + 7 * DAY)
    [kept] = of_step(app, draft.round, TIME_KEPT)
    assert (kept.key.recipient, kept.state) == (f"person:{talk.employee}", SENT)
    parts = {part.get_content_type(): part for part in mail_of(app, kept).walk()}
    calendar = str(parts["text/calendar"].get_content()).replace("\r\n", "\n")
    assert parts["text/calendar"].get_param("method") == "DECLINECOUNTER"
    assert f"UID:{entry.uid}" in calendar.replace("\n ", "")
    assert f"SEQUENCE:{entry.sequence}" in calendar
    assert company.entries(talk) == [(talk.start, talk.end)]


def propose(company: Company, talk: Talk, span: tuple[datetime, datetime]) -> None:
    [item] = company.hosted(talk)
    company.organisation.answer(address(talk.employee), item.uid, Response.TENTATIVE, proposed=span)


def free_span(company: Company, app: Application, talk: Talk) -> tuple[datetime, datetime]:
    """An hour of some working morning in which neither has anything, and of which the manager has no other talk."""
    for day in range(15, 25):  # before Easter
        start = datetime(2027, 3, day, 8, 30, tzinfo=UTC)
        pair = [address(each) for each in (talk.employee, talk.manager)]
        that_day = any(begins.date() == start.date() for begins, _ in others_of(app, talk.manager, talk))
        busy = any(company.organisation.busy_times(each, start, start + 2 * HOUR) for each in pair)
        if start.weekday() < 4 and not that_day and not busy:
            return start, start + HOUR
    raise AssertionError("no free morning")


# In those of a small one


@pytest.fixture
def round_(tmp_path: Path) -> Iterator[Round]:
    """Everybody is invited, and the calendars have been read since."""
    made = Round(tmp_path, (a_talk("anna"), a_talk("cilla", start=START + 3 * HOUR)))
    made.until(INVITED)
    made.watch()
    yield made
    made.store.close()


def told(round_: Round) -> list[tuple[str, str]]:
    """What was sent about Anna's answers, in the order it went."""
    about = [row for row in round_.rows() if row.key.step in ABOUT_ANSWERS and row.state is SENT]
    return [(row.key.step, row.key.recipient) for row in sorted(about, key=lambda row: (row.settled_at, row.id))]


def answers(round_: Round, response: Response) -> None:
    round_.organisation.answer(ANNA, round_.item().uid, response)
    round_.watch()
    round_.work()


def test_the_mail_goes_with_the_next_tick_after_the_answer_was_read_and_a_restart_repeats_nothing(round_: Round) -> None:
    answers(round_, Response.DECLINED)
    assert told(round_) == [(TIME_DECLINED, "person:anna")]

    round_.start()
    round_.watch()
    round_.work()
    assert told(round_) == [(TIME_DECLINED, "person:anna")]


def test_a_decline_that_is_told_again_and_again_asks_hr_once(round_: Round) -> None:
    answers(round_, Response.DECLINED)
    for _ in range(8):
        round_.clock.jump(DAY)
        answers(round_, Response.DECLINED)
    round_.until(START + 10 * DAY)

    assert told(round_).count((TIME_DECLINED, "person:anna")) == 1
    assert told(round_).count((HR_HELP, "hr")) <= 1


def test_what_was_said_and_why_is_in_the_timeline(round_: Round) -> None:
    answers(round_, Response.DECLINED)

    found = {line.step: (line.state, line.why) for line in timeline(round_.store, "anna", now=round_.clock.now()).lines}
    assert found[TIME_DECLINED] == ("sent", "the time was declined")


def test_a_new_time_leaves_hr_in_peace_and_is_answered_anew(round_: Round) -> None:
    answers(round_, Response.DECLINED)
    round_.clock.jump(DAY)
    move_talk(
        round_.store,
        round_.id,
        "anna",
        start=START + 7 * DAY,
        place=None,
        who="eva",
        routing=round_.routing,
        now=round_.clock.now(),
    )
    round_.work()
    round_.watch()
    round_.until(START - 2 * DAY)
    assert told(round_) == [(TIME_DECLINED, "person:anna")]

    answers(round_, Response.DECLINED)
    assert told(round_) == [(TIME_DECLINED, "person:anna")] * 2


def test_who_abstains_after_declining_gets_nothing_more(round_: Round) -> None:
    answers(round_, Response.DECLINED)
    abstain(round_.store, round_.id, "anna", reason="", who="eva", now=round_.clock.now())
    round_.until(START + 10 * DAY)

    assert round_.talk().state is TalkState.ABSTAINED
    assert told(round_) == [(TIME_DECLINED, "person:anna")]


def test_who_has_not_answered_is_asked_once_and_then_the_managers_summary_says_so(round_: Round) -> None:
    round_.organisation.answer(address_of("cilla"), round_.item("cilla").uid, Response.ACCEPTED)
    round_.watch()
    assert needs(round_) == []
    round_.until(START - 4 * DAY)

    assert told(round_) == [(NUDGE, "person:anna")]
    assert [row for row in round_.rows("cilla") if row.key.step == NUDGE] == []
    assert needs(round_) == [("Anna", Need.UNCONFIRMED)]

    answers(round_, Response.ACCEPTED)
    assert needs(round_) == []


def needs(round_: Round) -> list[tuple[str | None, Need]]:
    """What Bo's summary of this week asks for, preparing aside."""
    with round_.store.read() as session:
        there = session.rounds.get(round_.id)
        assert there is not None
        bo = session.rosters.people(there.roster, ["bo"])["bo"]
    now = round_.clock.now()
    with_digests = replace(there, cycle=replace(there.cycle, digests=Digests()))
    messages = person_messages(with_digests, bo, {Role.MANAGER})
    due = next(each for each in messages if each.key.step == MANAGER_DIGEST and each.due_at > now - 7 * DAY)
    digest = digest_of(round_.store, Facts(round=there, person=bo), due, now=now)
    assert isinstance(digest, ManagerDigest)
    return [(line.person, line.need) for line in digest.lines if line.need is not Need.PREPARE]


# Proposals


def proposes(round_: Round, start: datetime, *, lasts: timedelta = HOUR) -> None:
    uid = round_.item().uid
    round_.organisation.answer(ANNA, uid, Response.TENTATIVE, proposed=(start, start + lasts))
    round_.watch()
    round_.work()
    round_.clock.jump(HOUR / 60)
    round_.work()


@pytest.mark.parametrize(
    "start",
    [START + DAY, START + 2 * DAY + HOUR / 6, START + HOUR / 2, at(2027, 3, 2, 9)],
    ids=["another day", "ten past", "half an hour later, over its own entry", "sooner than the notice"],
)
def test_a_talk_simply_moves_where_both_are_free(round_: Round, start: datetime) -> None:
    round_.organisation.answer(address_of("cilla"), round_.item("cilla").uid, Response.ACCEPTED)
    proposes(round_, start)

    assert (round_.talk().start, told(round_)) == (start, [])
    assert round_.item().start == start
    assert [each.what for each in round_.told()] == ["invitation", "update"]
    assert round_.trail() == ["move"]
    round_.watch()
    round_.work()
    assert round_.talk().start == start


@pytest.mark.parametrize(
    ("start", "lasts"),
    [
        (START + 3 * HOUR, HOUR),
        (START + 8 * HOUR, HOUR),
        (at(2027, 3, 13, 9), HOUR),
        (at(2027, 4, 8, 9), HOUR),
        (at(2027, 2, 17, 15), HOUR),
        (START + DAY, 2 * HOUR),
    ],
    ids=["another talk", "evening", "Saturday", "after the window", "today", "longer"],
)
def test_what_does_not_simply_fit_moves_nothing_and_is_the_managers_to_decide(
    round_: Round, start: datetime, lasts: timedelta
) -> None:
    proposes(round_, start, lasts=lasts)
    round_.work()

    assert told(round_) == [(PROPOSAL, "person:bo")]
    assert (round_.talk().start, round_.talk().revision, round_.trail()) == (START, 0, [])


def test_nobody_is_put_into_a_time_that_their_calendar_did_not_tell(round_: Round) -> None:
    round_.free_busy["graph"].down = True
    proposes(round_, START + DAY)

    assert told(round_) == [(PROPOSAL, "person:bo")]
    assert round_.talk().start == START


def test_a_time_that_becomes_free_after_the_manager_was_asked_is_left_to_the_manager(round_: Round) -> None:
    item = round_.organisation.occupy("bo@example.com", START + DAY, START + DAY + HOUR)
    proposes(round_, START + DAY)
    assert told(round_) == [(PROPOSAL, "person:bo")]
    round_.organisation.cancel("bo@example.com", item.id)
    round_.until(START - DAY)

    assert round_.talk().start == START
    assert told(round_) == [(PROPOSAL, "person:bo")]


def test_nothing_can_be_kept_that_nobody_wants_otherwise(round_: Round) -> None:
    with pytest.raises(Refused, match="Nobody proposes another time"):
        keep_time(round_.store, round_.id, "anna", who="eva", now=round_.clock.now())
    with pytest.raises(Refused, match="There is no talk nobody"):
        keep_time(round_.store, round_.id, "nobody", who="eva", now=round_.clock.now())
