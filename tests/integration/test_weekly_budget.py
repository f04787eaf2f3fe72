"""Nobody is drowned: what comes beyond a week's mails waits for the summary or for the next week, and nothing is lost."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from after_the_talk import BO, DAY, AfterTheTalk, a_draft, a_round_of, after, plain, reopened, reports
from builders import a_cycle, a_person, a_round, a_step, a_talk, at, shipped_steps
from talkcycle.domain.agreements import ActionDraft
from talkcycle.domain.budget import IN_THE_SUMMARY
from talkcycle.domain.cycle import Digests, Recipients
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.talks import Round
from talkcycle.rounds.choices import Outcome

TUESDAY, NEXT_MONDAY = date(2027, 3, 9), date(2027, 3, 15)
WEEK = at(2027, 3, 7, 23)
"""Monday's midnight in Stockholm."""
STEPS = tuple(each for each in shipped_steps() if each.id not in {"preparation-employee", "preparation-manager"})
LINK = re.compile(r"https://talks\.norrsken\.example/[\w-]+")


def eight_talks(office: AfterTheTalk) -> Round:
    """Bo's, on one Tuesday, so that eight follow-up mails were due on Wednesday."""
    people = reports(8)
    talks = [a_talk(each.id, start=at(2027, 3, 9, 6 + place)) for place, each in enumerate(people)]
    round_ = office.add_round(a_round_of(*talks, steps=STEPS), talks, [*people, BO])
    office.until(at(2027, 3, 11))
    return round_


@pytest.fixture
def eight(tmp_path: Path) -> Iterator[tuple[AfterTheTalk, Round]]:
    """The day after."""
    office, round_ = after(eight_talks, tmp_path)
    yield office, round_
    office.store.close()


def to_bo(office: AfterTheTalk, since: datetime, until: datetime) -> Counter[str]:
    return Counter(office.sent("bo", since=since, until=until))


def test_a_manager_of_eight_gets_five_mails_in_a_week_and_the_rest_in_the_summary(
    eight: tuple[AfterTheTalk, Round],
) -> None:
    office, _ = eight
    office.until(at(2027, 3, 14, 22))

    assert to_bo(office, WEEK, WEEK + 7 * DAY) == {"digest-manager": 1, "follow-up": 4}
    waited = [row for row in office.rows("follow-up", "bo") if row.state is OutboxState.SKIPPED]
    assert len(waited) == 4
    assert {row.reason for row in waited} == {IN_THE_SUMMARY}


def test_the_next_summary_names_those_with_a_link_to_each_and_none_of_the_others(
    eight: tuple[AfterTheTalk, Round],
) -> None:
    office, _ = eight
    office.until(at(2027, 3, 15, 12))

    waited = {
        row.key.subject.removeprefix("talk:")
        for row in office.rows("follow-up", "bo")
        if row.state is OutboxState.SKIPPED
    }
    *_, digest = office.mails("digest-manager", "bo")
    text = plain(digest)
    named = set(re.findall(r"Report-\d", text))
    assert {each.casefold() for each in named} == waited
    assert len(set(LINK.findall(text))) >= 4


def test_what_an_employee_writes_meanwhile_stands_there_too_and_asks_nobody_by_mail(
    eight: tuple[AfterTheTalk, Round],
) -> None:
    office, round_ = eight
    office.until(at(2027, 3, 11, 12))
    assert office.write("report-1", "report-1", round_, a_draft(who="report-1")) is Outcome.DONE
    office.until(at(2027, 3, 12, 12))

    [row] = office.rows("to-confirm", "bo")
    assert (row.state, row.reason) == (OutboxState.SKIPPED, IN_THE_SUMMARY)
    office.until(at(2027, 3, 15, 12))
    *_, digest = office.mails("digest-manager", "bo")
    assert "Report-1" in plain(digest)


def test_employees_get_theirs_whatever_their_manager_gets(eight: tuple[AfterTheTalk, Round]) -> None:
    office, _ = eight
    office.until(at(2027, 3, 14, 22))

    for number in range(1, 9):
        assert office.sent(f"report-{number}", since=WEEK, until=WEEK + 7 * DAY).count("follow-up") == 1


def test_what_both_agreed_comes_at_once_however_many_mails_there_were(eight: tuple[AfterTheTalk, Round]) -> None:
    office, round_ = eight
    office.until(at(2027, 3, 11, 12))
    office.write("bo", "report-1", round_, a_draft(who="report-1"))
    office.until(at(2027, 3, 11, 18))
    assert office.confirm("report-1", "report-1", round_) is Outcome.DONE
    office.until(at(2027, 3, 14, 22))

    assert to_bo(office, WEEK, WEEK + 7 * DAY) == {"digest-manager": 1, "follow-up": 4, "agreed": 1}


def test_without_pages_nothing_stands_in_the_summary_so_the_rest_comes_in_the_next_weeks(tmp_path: Path) -> None:
    office, people = AfterTheTalk(tmp_path, pages=False), reports(8)
    talks = [a_talk(each.id, start=at(2027, 3, 9, 6 + place)) for place, each in enumerate(people)]
    office.add_round(a_round_of(*talks, steps=STEPS), talks, [*people, BO])
    office.until(at(2027, 3, 31))

    rows = office.rows("follow-up", "bo")
    assert [row.state for row in rows] == [OutboxState.SENT] * 8
    weeks = Counter(row.settled_at.isocalendar().week for row in rows if row.settled_at)
    assert weeks == {10: 4, 11: 4}
    office.store.close()


def test_what_waited_counts_in_the_week_in_which_it_comes(tmp_path: Path) -> None:
    office, people = AfterTheTalk(tmp_path, pages=False), reports(16)
    talks = [a_talk(each.id, start=at(2027, 3, 9 + 7 * (place // 8), 6 + place % 8)) for place, each in enumerate(people)]
    office.add_round(a_round_of(*talks, steps=STEPS), talks, [*people, BO])
    office.until(at(2027, 4, 12))

    rows = office.rows("follow-up", "bo")
    assert [row.state for row in rows] == [OutboxState.SENT] * 16
    weeks = Counter(row.settled_at.isocalendar().week for row in rows if row.settled_at)
    assert weeks == {10: 4, 11: 4, 12: 5, 13: 3}, "with a summary in the first two and the last"
    office.store.close()


def a_crowded_week(office: AfterTheTalk) -> Round:
    """Anna gets a reminder and one of HR's own mails in the week of her talk, so that what can wait does; its Tuesday."""
    talk = a_talk(start=at(2027, 3, 9, 9))
    more = [
        a_step(f"note-{days}", -days, Recipients.EMPLOYEE, template="reminder", at=a_step("x", 1).at) for days in (1,)
    ]
    steps = (*(each for each in STEPS if each.id != "check-in"), *more)
    steps = tuple(replace(each, when=replace(each.when, days=-1)) if each.id == "reminder" else each for each in steps)
    round_ = a_round_of(talk, steps=steps, digests=Digests(managers=False, hr=False, most_mails=2))
    office.add_round(round_, [talk], [a_person(), BO])
    office.until(at(2027, 3, 9, 12))
    return round_


def test_the_mail_of_an_employee_waits_for_monday_and_comes_exactly_once(tmp_path: Path) -> None:
    office, _ = after(a_crowded_week, tmp_path)
    office.until(at(2027, 3, 14, 22))
    assert office.sent("anna", since=WEEK) == ["note-1", "reminder"]
    assert office.rows("follow-up", "anna") == [], "it is not made before its week"

    office.until(at(2027, 4, 20))
    assert office.sent("anna", since=WEEK) == ["note-1", "reminder", "follow-up", "follow-up-nudge"]
    [row] = office.rows("follow-up", "anna")
    assert row.settled_at is not None
    assert at(2027, 3, 15, 7) <= row.settled_at < at(2027, 3, 15, 13)
    office.store.close()


def test_a_restart_in_between_neither_loses_nor_repeats_it(tmp_path: Path) -> None:
    office, _ = after(a_crowded_week, tmp_path)
    office.until(at(2027, 3, 10, 18))
    for day in range(11, 18):
        office.restart(reopened)
        office.until(at(2027, 3, day, 6))
        office.tick()
    office.until(at(2027, 4, 20))

    assert office.sent("anna", since=WEEK).count("follow-up") == 1
    office.store.close()


def test_somebody_looking_at_the_talk_meanwhile_does_not_bring_it_sooner(tmp_path: Path) -> None:
    office, round_ = after(a_crowded_week, tmp_path)
    office.until(at(2027, 3, 11, 12))
    with office.store.write() as session:
        session.schedule.put(round_.id, {"talk:anna": office.clock.now()})
    office.until(at(2027, 3, 14, 22))
    assert office.sent("anna", since=WEEK) == ["note-1", "reminder"]

    office.until(at(2027, 3, 16))
    assert office.sent("anna", since=WEEK) == ["note-1", "reminder", "follow-up"]
    office.store.close()


def test_what_has_nothing_to_ask_by_monday_does_not_come_at_all(tmp_path: Path) -> None:
    office, round_ = after(a_crowded_week, tmp_path)
    office.until(at(2027, 3, 11, 12))
    assert office.write("anna", "anna", round_, a_draft()) is Outcome.DONE
    office.until(at(2027, 3, 20))

    assert "follow-up" not in office.sent("anna", since=WEEK)
    office.store.close()


def test_what_would_have_lost_its_purpose_by_then_goes_out_all_the_same(tmp_path: Path) -> None:
    office, round_ = after(a_crowded_week, tmp_path)
    friday = ActionDraft(what="Ring", responsible="anna", due=date(2027, 3, 12))
    assert office.write("bo", "anna", round_, friday) is Outcome.DONE
    assert office.confirm("anna", "anna", round_) is Outcome.DONE
    office.until(at(2027, 3, 14, 22))

    # To confirm it can wait, and was withdrawn by Anna's confirming it at once; what is due on Friday cannot.
    assert office.sent("anna", since=WEEK) == ["note-1", "reminder", "agreed", "due-soon"]
    office.store.close()


def test_mails_of_every_round_count_together(tmp_path: Path) -> None:
    office = AfterTheTalk(tmp_path)
    one = a_talk(start=at(2027, 3, 9, 9))
    other = a_talk(start=at(2027, 3, 9, 12), round="second-2027-03")
    steps = tuple(each for each in STEPS if each.id != "check-in")
    rules = Digests(managers=False, hr=False, most_mails=2)
    first = a_round_of(one, steps=steps, digests=rules)
    second = replace(a_round(cycle=a_cycle(id="second", steps=steps, digests=rules)), id=other.round, seed="other")
    for round_, talk in ((first, one), (second, other)):
        office.add_round(round_, [talk], [a_person(), BO])
    office.until(at(2027, 3, 14, 22))

    # Both reminders went on Friday of the week before; two follow-ups are all there may be.
    assert Counter(office.sent("anna", since=WEEK)) == {"follow-up": 2}
    office.until(at(2027, 3, 15, 1))
    office.store.close()


def test_hr_and_what_cannot_wait_are_never_kept_back(tmp_path: Path) -> None:
    office, talk = AfterTheTalk(tmp_path), a_talk()
    rules = Digests(most_mails=0)
    office.add_round(a_round_of(talk, digests=rules), [talk], [a_person(), BO])
    office.until(at(2027, 5, 20))

    sent = Counter(office.sent("anna", since=at(2027, 2, 1)))
    assert sent["announcement"] == sent["invitation"] == sent["preparation-employee"] == sent["reminder"] == 1
    assert office.sent("hr", since=at(2027, 2, 1)) != []
    # At none a week, what can wait still goes once it would lose its purpose.
    assert sent["follow-up"] == 1
    office.store.close()
