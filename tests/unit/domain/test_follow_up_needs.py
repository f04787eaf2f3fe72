"""What of a talk's follow-up stands in its manager's weekly summary, and what HR may count."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from builders import START, a_cycle, a_person, a_round, a_talk, at, shipped_steps
from talkcycle.domain.agreements import ActionDraft, Agreement, Progress, confirmed, progressed, shared, written
from talkcycle.domain.digests import Need, follow_up_counts, hr_digest, manager_digest
from talkcycle.domain.follow_up_needs import follow_up_needs
from talkcycle.domain.links import Purpose
from talkcycle.domain.localtime import instant_of
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Talk, TalkState, cancelled

ANNA, TALK, ROUND = a_person(), a_talk(), a_round()
WRITTEN = at(2027, 3, 11, 13)
HEARD_OF = at(2027, 3, 22, 8)
"""Seven working days after the follow-up mail of Thursday 11 March, 9:00 in Stockholm."""
DUE = date(2027, 4, 9)


def a_draft(who: str = "anna", due: date = DUE) -> ActionDraft:
    return ActionDraft(what="Try it", responsible=who, due=due)


def write(*drafts: ActionDraft, by: str = "bo", held: bool = True, talk: Talk = TALK) -> Agreement:
    return written(None, talk, cycle="development", by=by, held=held, drafts=drafts or [a_draft()], at=WRITTEN)


def settled(*drafts: ActionDraft) -> Agreement:
    return confirmed(write(*drafts), at=WRITTEN)


def needs(
    agreement: Agreement | None,
    now: datetime,
    *,
    waited: frozenset[str] = frozenset(),
    talk: Talk = TALK,
    employee: Person = ANNA,
) -> list[Need]:
    return list(follow_up_needs(ROUND, talk, employee, agreement, waited=waited, now=now))


def test_nothing_of_a_talk_to_come_nor_of_one_that_is_off() -> None:
    later = frozenset({"follow-up"})

    assert needs(None, START - timedelta(minutes=1), waited=later) == []
    assert needs(None, at(2027, 4, 30), talk=cancelled(TALK, why="x", at=WRITTEN), waited=later) == []
    assert needs(None, at(2027, 4, 30), talk=replace(TALK, start=None, state=TalkState.UNPLACED)) == []


def test_a_talk_that_nothing_is_written_about_stands_there_two_working_days_after_the_nudge_and_not_before() -> None:
    assert needs(None, HEARD_OF - timedelta(minutes=1)) == []
    assert needs(None, HEARD_OF) == [Need.FOLLOW_UP]


def test_where_the_mail_waited_for_the_summary_it_says_so_at_once() -> None:
    assert needs(None, at(2027, 3, 11, 9), waited=frozenset({"follow-up"})) == [Need.FOLLOW_UP]
    assert needs(write(by="anna"), WRITTEN, waited=frozenset({"to-confirm"})) == [Need.NOT_SETTLED]
    assert needs(write(by="bo"), WRITTEN, waited=frozenset({"to-confirm"})) == []


def test_a_talk_that_was_not_held_stands_there_until_it_has_another_time() -> None:
    not_held = write(held=False)

    assert needs(not_held, WRITTEN) == needs(not_held, at(2027, 4, 30)) == [Need.NOT_HELD]
    moved = replace(TALK, start=at(2027, 3, 24, 9))
    assert needs(not_held, at(2027, 3, 24, 8), talk=moved) == []
    assert needs(not_held, at(2027, 4, 30), talk=moved) == [Need.FOLLOW_UP]


def test_what_waits_for_either_to_confirm_is_treated_alike() -> None:
    late = at(2027, 3, 22, 13)
    for by in ("anna", "bo"):
        assert needs(write(by=by), late - timedelta(minutes=1)) == []
        assert needs(write(by=by), late) == [Need.NOT_SETTLED]
    assert needs(settled(), late) == []


def test_a_day_has_passed_when_it_is_over_where_the_employee_is() -> None:
    midnight = instant_of(DUE + timedelta(days=1), time(0), "Europe/Stockholm")

    assert needs(settled(), midnight - timedelta(minutes=1)) == []
    assert needs(settled(), midnight) == [Need.OVERDUE]
    done = progressed(settled(), 1, to=Progress.DONE, at=WRITTEN)
    assert needs(done, midnight) == []


def test_something_of_the_managers_own_stands_there_if_its_mail_waited_and_it_is_due_before_the_next_summary() -> None:
    agreement, waited = settled(a_draft("bo"), a_draft("anna")), frozenset({"due-soon"})

    monday, friday, friday_before = at(2027, 4, 5, 7), at(2027, 4, 9, 7), at(2027, 4, 2, 7)
    assert [needs(agreement, now, waited=waited) for now in (monday, friday)] == [[Need.OWN_DUE]] * 2
    assert needs(agreement, monday) == []
    assert needs(agreement, friday_before, waited=waited) == []
    over_a_weekend = settled(a_draft("bo", date(2027, 4, 6)))
    assert needs(over_a_weekend, friday_before, waited=waited) == [Need.OWN_DUE], "where summaries come on Fridays"
    assert needs(settled(a_draft("anna")), monday, waited=waited) == []


def test_of_what_was_agreed_with_another_manager_nothing_stands_there_unless_the_employee_shares_it() -> None:
    theirs = replace(TALK, manager="cem")
    overdue = at(2027, 4, 30)

    assert needs(settled(), overdue, talk=theirs) == []
    assert needs(shared(settled(), "cem", yes=True), overdue, talk=theirs) == [Need.OVERDUE]


def test_an_employee_without_a_mailbox_is_not_asked_and_the_manager_hears_all_the_same() -> None:
    assert needs(None, HEARD_OF, employee=replace(ANNA, email=None)) == [Need.FOLLOW_UP]


def test_a_cycle_that_asks_nothing_after_the_talk_names_nothing_that_is_not_written_down() -> None:
    silent = a_round(cycle=a_cycle(steps=tuple(each for each in shipped_steps() if each.template != "follow-up")))
    nothing = follow_up_needs(silent, TALK, ANNA, None, waited=frozenset(), now=at(2027, 4, 30))

    assert list(nothing) == []


def test_each_line_leads_where_something_can_be_done_about_it() -> None:
    follow_ups = {"anna": (Need.FOLLOW_UP, Need.NOT_SETTLED, Need.OVERDUE, Need.NOT_HELD, Need.OWN_DUE)}
    digest = manager_digest(
        "bo",
        [TALK],
        {"anna": "Anna"},
        troubles={},
        without_mailbox=frozenset(),
        follow_ups=follow_ups,
        monday=date(2027, 4, 26),
        zone="Europe/Stockholm",
    )

    assert [(line.need, line.person, line.leads_to) for line in digest.lines] == [
        (Need.NOT_HELD, "Anna", Purpose.HOSTED),
        (Need.FOLLOW_UP, "Anna", Purpose.FOLLOW_UP),
        (Need.NOT_SETTLED, "Anna", Purpose.FOLLOW_UP),
        (Need.OVERDUE, "Anna", Purpose.FOLLOW_UP),
        (Need.OWN_DUE, "Anna", Purpose.ACTIONS),
    ]


def test_hr_counts_and_reads_nothing() -> None:
    talks = [a_talk(id_) for id_ in ("anna", "cem", "dan", "eva", "fia")]
    talks[4] = cancelled(talks[4], why="x", at=WRITTEN)
    agreements = [
        confirmed(write(a_draft(), a_draft(due=date(2027, 3, 12))), at=WRITTEN),
        replace(write(), talk="cem"),
        replace(write(held=False), talk="dan"),
        replace(confirmed(write(), at=WRITTEN), talk="fia"),
    ]
    counts = {"held": 2, "not-held": 1, "followed-up": 1, "open": 3, "overdue": 1}

    assert follow_up_counts(talks, agreements, today=date(2027, 3, 15)) == counts
    assert follow_up_counts(talks, agreements, today=date(2027, 3, 12))["overdue"] == 0
    digest = hr_digest(
        talks,
        troubles={},
        invited=5,
        next_window=None,
        agreements=agreements,
        today=date(2027, 3, 15),
        monday=date(2027, 3, 15),
        zone="Europe/Stockholm",
    )
    assert {key: digest.counts[key] for key in counts} == counts
    assert digest.lines == ()


def test_what_was_not_held_is_not_counted_once_the_talk_has_another_time_and_dropped_steps_never_are() -> None:
    moved = replace(TALK, start=START + timedelta(days=7))
    dropped = progressed(settled(), 1, to=Progress.DROPPED, at=WRITTEN)

    assert follow_up_counts([moved], [write(held=False)], today=DUE)["not-held"] == 0
    assert follow_up_counts([TALK], [dropped], today=date(2027, 5, 1)) == {
        "held": 1,
        "not-held": 0,
        "followed-up": 1,
        "open": 0,
        "overdue": 0,
    }
