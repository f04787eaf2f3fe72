"""What is said after a talk: to whom, when, how often, and what is left out since it has nothing to ask."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

import pytest

from builders import START, a_cycle, a_person, a_round, a_step, a_talk, at, shipped_steps
from outbox_model import ModelOutbox
from talkcycle.domain.agreements import ActionDraft, Agreement, Progress, confirmed, progressed, written
from talkcycle.domain.cycle import Applies, Place, PlaceKind
from talkcycle.domain.derive import person_messages, talk_messages
from talkcycle.domain.follow_ups import NEXT_STEPS, STALE_AFTER, follow_up_instant, follow_up_messages, heeding, nudged_at
from talkcycle.domain.localtime import instant_of
from talkcycle.domain.messages import DueMessage, OutboxState
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Round, Talk, TalkState, abstained, cancelled, moved, reassigned

STOCKHOLM = "Europe/Stockholm"
ANNA, BO, CEM = a_person(), a_person("bo", manager=None), a_person("cem", manager=None)
TALK, ROUND = a_talk(), a_round()
INVITED = at(2027, 2, 10)
"""Before the invitation, so that it goes."""
WRITTEN = at(2027, 3, 11, 13)
"""The day after the talk, in office hours."""
CONFIRMED = at(2027, 3, 12, 9)
AFTER = {"follow-up": "follow-up", "check-in": "check-in"}


def local(day: date, at_: time = time(9, 0), zone: str = STOCKHOLM) -> datetime:
    return instant_of(day, at_, zone)


def a_draft(what: str = "Try it", who: str = "anna", due: date = date(2027, 4, 9)) -> ActionDraft:
    return ActionDraft(what=what, responsible=who, due=due)


def write(
    *drafts: ActionDraft,
    by: str = "bo",
    held: bool = True,
    before: Agreement | None = None,
    when: datetime = WRITTEN,
    talk: Talk = TALK,
) -> Agreement:
    return written(before, talk, cycle="development", by=by, held=held, drafts=drafts or [a_draft()], at=when)


def settled(*drafts: ActionDraft, by: str = "bo", when: datetime = CONFIRMED) -> Agreement:
    return confirmed(write(*drafts, by=by), at=when)


def messages(
    agreement: Agreement | None = None,
    *,
    talk: Talk = TALK,
    round_: Round = ROUND,
    employee: Person = ANNA,
    manager: Person = BO,
    pages: bool = True,
) -> list[DueMessage]:
    return follow_up_messages(round_, talk, employee, manager, agreement=agreement, pages=pages)


def of(step: str, *args: Agreement | None, **kwargs: object) -> list[DueMessage]:
    return [each for each in messages(*args, **kwargs) if each.key.step == step]  # type: ignore[arg-type]  # as messages


def to(those: list[DueMessage]) -> list[str]:
    return [each.key.recipient.removeprefix("person:") for each in those]


@dataclass(slots=True)
class Life:
    """A talk from its invitation on, with what is written down about it; the clock goes by hours."""

    round: Round = ROUND
    talk: Talk = TALK
    employee: Person = ANNA
    manager: Person = BO
    agreement: Agreement | None = None
    now: datetime = INVITED
    outbox: ModelOutbox = field(default_factory=ModelOutbox)

    def __post_init__(self) -> None:
        self._look()

    def until(self, now: datetime) -> "Life":
        while self.now < now:
            self.now = min(now, self.now + timedelta(hours=1))
            self.outbox.tick(self.now)
        return self

    def write(self, *drafts: ActionDraft, by: str = "bo", held: bool = True) -> "Life":
        self.agreement = write(*drafts, by=by, held=held, before=self.agreement, when=self.now, talk=self.talk)
        self._look()
        return self

    def confirm(self) -> "Life":
        assert self.agreement is not None
        self.agreement = confirmed(self.agreement, at=self.now)
        self._look()
        return self

    def go_on(self, number: int, progress: Progress, due: date | None = None) -> "Life":
        assert self.agreement is not None
        self.agreement = progressed(self.agreement, number, to=progress, due=due, at=self.now)
        self._look()
        return self

    def change(self, talk: Talk, manager: Person | None = None) -> "Life":
        self.talk, self.manager = talk, manager or self.manager
        self._look()
        return self

    def sent(self, since: datetime = START) -> list[tuple[str, str]]:
        """Steps after the talk that left from *since* on, with whom they went to, in order."""
        return [
            (row.key.step, row.key.recipient.removeprefix("person:"))
            for when, row in self.outbox.sent
            if when >= since and row.key.step != "invitation"
        ]

    def when(self, step: str) -> list[datetime]:
        return [when for when, row in self.outbox.sent if row.key.step == step]

    def _look(self) -> None:
        usual = talk_messages(self.round, self.talk, self.employee, self.manager)
        told = follow_up_messages(
            self.round, self.talk, self.employee, self.manager, agreement=self.agreement, pages=True
        )
        self.outbox.change([*heeding(usual, self.agreement, self.talk, AFTER), *told], self.now)


def test_nothing_is_asked_where_there_are_no_pages_no_time_or_no_talk() -> None:
    off = cancelled(TALK, why="x", at=WRITTEN)
    opted_out = abstained(TALK, reason="", at=WRITTEN)
    unplaced = replace(TALK, start=None, state=TalkState.UNPLACED)

    assert messages() != []
    assert messages(settled(), pages=False) == []
    assert [messages(settled(), talk=talk) for talk in (off, opted_out, unplaced)] == [[], [], []]


def test_where_nothing_is_heard_the_employee_alone_is_nudged_five_working_days_after_the_follow_up_mail() -> None:
    [nudge] = messages()

    assert (nudge.key.step, nudge.key.recipient, nudge.role) == ("follow-up-nudge", "person:anna", Role.EMPLOYEE)
    assert nudge.due_at == local(date(2027, 3, 18))
    assert nudge.expires_at == nudge.due_at + STALE_AFTER


def test_it_is_nine_oclock_at_theirs_on_both_sides_of_the_clock_change() -> None:
    talk = a_talk(start=at(2027, 3, 25, 9))
    assert follow_up_instant(ROUND, talk, ANNA) == at(2027, 3, 26, 8)

    [nudge] = messages(talk=talk)
    assert nudge.due_at == at(2027, 4, 2, 7)


def test_days_are_those_of_whoever_gets_it_with_their_own_holidays_and_zone() -> None:
    london = replace(ANNA, zone="Europe/London", country="GB-ENG")
    round_ = a_round(holidays={"GB-ENG": frozenset({date(2027, 3, 15)}), "SE": frozenset({date(2027, 3, 16)})})

    [nudge] = messages(round_=round_, employee=london)
    assert nudge.due_at == local(date(2027, 3, 19), zone="Europe/London")
    soon = of("due-soon", settled(a_draft(due=date(2027, 3, 17)), by="anna"), round_=round_, employee=london)
    assert [each.due_at for each in soon] == [local(date(2027, 3, 12), zone="Europe/London")]


def test_a_cycle_that_asks_nobody_nudges_nobody() -> None:
    silent = a_round(cycle=a_cycle(steps=tuple(each for each in shipped_steps() if each.template != "follow-up")))

    assert messages(round_=silent) == []
    assert nudged_at(silent, TALK, ANNA, None) is None


def test_whom_the_step_does_not_apply_to_is_not_nudged_about_it() -> None:
    other = a_step("follow-up-london", 3, template="follow-up", applies=Applies(sites=frozenset({"London"})))
    steps = (*(each for each in shipped_steps() if each.template != "follow-up"), other)
    round_ = a_round(cycle=a_cycle(steps=steps))

    assert messages(round_=round_) == []
    [nudge] = messages(round_=round_, employee=replace(ANNA, site="London"))
    assert nudge.due_at == local(date(2027, 3, 22))


def test_who_was_not_invited_is_not_nudged() -> None:
    life = Life(now=START + timedelta(hours=1))  # the invitation would be too late
    life.until(at(2027, 4, 1))

    assert life.sent() == []


def test_the_other_is_asked_to_confirm_at_once_in_office_hours_and_else_the_next_working_morning() -> None:
    [mail] = of("to-confirm", write(by="bo"))
    assert (mail.key.recipient, mail.role, mail.due_at) == ("person:anna", Role.EMPLOYEE, WRITTEN)
    [mail] = of("to-confirm", write(by="anna", when=at(2027, 3, 12, 21)))
    assert (mail.key.recipient, mail.role) == ("person:bo", Role.MANAGER)
    assert mail.due_at == local(date(2027, 3, 15), time(8, 0))


def test_what_the_employee_is_to_confirm_is_nudged_about_and_what_the_manager_is_to_is_not() -> None:
    [nudge] = of("follow-up-nudge", write(by="bo", when=WRITTEN))

    assert nudge.due_at == WRITTEN + timedelta(days=7)
    assert of("follow-up-nudge", write(by="anna")) == []
    assert nudged_at(ROUND, TALK, ANNA, write(by="anna")) == WRITTEN + timedelta(days=7)
    assert nudged_at(ROUND, TALK, ANNA, settled()) is None


def test_once_both_have_confirmed_both_get_it_with_its_days_as_a_file() -> None:
    mails = of("agreed", settled())

    assert sorted(to(mails)) == ["anna", "bo"]
    assert {each.attach for each in mails} == {(NEXT_STEPS,)}
    assert {each.due_at for each in mails} == {CONFIRMED}
    assert of("to-confirm", settled()) == of("follow-up-nudge", settled()) == []


def test_an_agreement_without_next_steps_comes_without_a_file() -> None:
    without = confirmed(write(ActionDraft(what="", responsible="", due=None)), at=CONFIRMED)

    assert {each.attach for each in of("agreed", without)} == {()}


def test_whoever_is_responsible_hears_once_of_all_that_is_due_on_a_day_two_working_days_before() -> None:
    monday = date(2027, 4, 12)
    agreement = settled(a_draft(due=monday), a_draft("Read", due=monday), a_draft("Ask", "bo", date(2027, 4, 9)))
    soon = of("due-soon", agreement)

    assert [(each.key.recipient, each.key.occasion, each.due_at) for each in soon] == [
        ("person:anna", "2027-04-12", local(date(2027, 4, 8))),
        ("person:bo", "2027-04-09", local(date(2027, 4, 7))),
    ]
    assert soon[0].expires_at == local(date(2027, 4, 13), time(0))
    assert soon[0].why == "2 working days before next steps of theirs are due on 2027-04-12", "HR reads it: not how many"


def test_nothing_is_due_soon_of_what_is_done_or_dropped_or_waits_for_the_other() -> None:
    agreement = settled(a_draft(), a_draft("Read", due=date(2027, 4, 12)))
    agreement = progressed(agreement, 1, to=Progress.DONE, at=CONFIRMED)
    agreement = progressed(agreement, 2, to=Progress.DROPPED, at=CONFIRMED)

    assert of("due-soon", agreement) == []
    assert of("due-soon", write()) == []


def test_what_was_agreed_only_just_before_its_day_is_not_reminded_of() -> None:
    friday = date(2027, 3, 12)
    [mail] = of("due-soon", settled(a_draft(due=friday)))
    assert mail.not_sent == "it was agreed only just before its day"

    [mail] = of("due-soon", settled(a_draft(due=friday), when=local(date(2027, 3, 10)) - timedelta(minutes=1)))
    assert mail.not_sent is None


def test_nor_is_a_day_that_whoever_is_responsible_chose_just_before() -> None:
    agreement = settled()
    soon = at(2027, 4, 6, 12)
    moved_on = progressed(agreement, 1, to=Progress.OPEN, due=date(2027, 4, 8), at=soon)
    [mail] = of("due-soon", moved_on)
    assert mail.not_sent is not None

    [mail] = of("due-soon", progressed(agreement, 1, to=Progress.OPEN, due=date(2027, 4, 30), at=soon))
    assert (mail.not_sent, mail.key.occasion) == (None, "2027-04-30")


def test_a_mail_for_a_day_goes_if_anything_of_it_was_known_before() -> None:
    agreement = settled(a_draft(), a_draft("Read", due=date(2027, 5, 7)))
    both = progressed(agreement, 2, to=Progress.OPEN, due=date(2027, 4, 9), at=at(2027, 4, 8, 9))

    [mail] = of("due-soon", both)
    assert mail.not_sent is None


def test_who_has_no_mailbox_or_has_left_is_sent_nothing_and_the_reason_is_kept() -> None:
    nowhere, gone = replace(ANNA, email=None), replace(ANNA, left=True)

    for employee in (nowhere, gone):
        theirs = [
            each
            for agreement in (None, write(by="bo"), settled())
            for each in messages(agreement, employee=employee)
            if each.key.recipient == "person:anna"
        ]
        assert len(theirs) == 5
        assert all(each.not_sent for each in theirs)
        assert all(
            each.not_sent is None for each in of("agreed", settled(), employee=employee) if each.role is Role.MANAGER
        )


def test_who_leaves_hears_of_nothing_that_is_due_after_their_last_day() -> None:
    leaving = replace(ANNA, ends=date(2027, 3, 31))
    soon = of("due-soon", settled(a_draft(due=date(2027, 3, 30)), a_draft("Read")), employee=leaving)

    assert [each.not_sent is None for each in soon] == [True, False]


def test_a_talk_that_nobody_says_anything_about_costs_each_one_mail_and_the_employee_one_nudge() -> None:
    life = Life().until(at(2027, 5, 10))

    assert life.sent() == [
        ("follow-up", "anna"),
        ("follow-up", "bo"),
        ("follow-up-nudge", "anna"),
        ("check-in", "anna"),
    ]


def test_the_whole_course_of_an_agreement_is_told_once_each() -> None:
    life = Life().until(WRITTEN).write(a_draft(), a_draft("Ask", "bo")).until(CONFIRMED).confirm()
    life.until(at(2027, 5, 10))

    assert life.sent() == [
        ("follow-up", "anna"),
        ("follow-up", "bo"),
        ("to-confirm", "anna"),
        ("agreed", "anna"),
        ("agreed", "bo"),
        ("due-soon", "anna"),
        ("due-soon", "bo"),
        ("check-in", "anna"),
    ]


def test_whoever_writes_before_the_follow_up_mail_keeps_it_from_coming() -> None:
    life = Life().until(START + timedelta(hours=3)).write().until(at(2027, 3, 12))

    assert life.sent() == [("to-confirm", "anna")]
    assert (
        sorted(row.reason for row in life.outbox.rows.values() if row.key.step == "follow-up")
        == ["what was agreed is written down already"] * 2
    )


def test_a_follow_up_mail_that_waits_is_withdrawn_once_something_is_written_down() -> None:
    life = Life().until(local(date(2027, 3, 11)) - timedelta(minutes=30))
    waiting = [row for row in life.outbox.rows.values() if row.key.step == "follow-up"]
    assert [row.state for row in waiting] == [OutboxState.QUEUED] * 2

    life.write().until(at(2027, 3, 12))
    rows = [row for row in life.outbox.rows.values() if row.key.step == "follow-up"]
    assert [row.state for row in rows] == [OutboxState.WITHDRAWN] * 2
    assert {row.reason for row in rows} == {"what was agreed is written down already"}


def test_each_change_asks_the_other_anew_and_what_both_got_before_comes_again_when_both_have_confirmed_it() -> None:
    life = Life().until(WRITTEN).write().until(CONFIRMED).confirm().until(at(2027, 3, 15, 9))
    life.write(a_draft("Other"), by="anna").until(at(2027, 3, 15, 12))
    life.write(a_draft("Third"), by="bo").until(at(2027, 3, 16, 9)).confirm().until(at(2027, 3, 17))

    assert life.sent(since=at(2027, 3, 11, 12)) == [
        ("to-confirm", "anna"),
        ("agreed", "anna"),
        ("agreed", "bo"),
        ("to-confirm", "bo"),
        ("to-confirm", "anna"),
        ("agreed", "anna"),
        ("agreed", "bo"),
    ]


def test_who_writes_three_times_in_an_evening_has_the_other_asked_once() -> None:
    life = Life().until(at(2027, 3, 11, 19)).write(a_draft("One"))
    life.until(at(2027, 3, 11, 20)).write(a_draft("Two")).until(at(2027, 3, 11, 21)).write(a_draft("Three"))

    assert life.until(at(2027, 3, 13)).when("to-confirm") == [local(date(2027, 3, 12), time(8, 0))]


def test_the_nudge_comes_once_even_where_it_could_be_about_two_things() -> None:
    life = Life().until(local(date(2027, 3, 18), time(12, 0)))
    assert life.when("follow-up-nudge") == [local(date(2027, 3, 18))]

    life.write(by="bo").until(at(2027, 5, 1))
    assert len(life.when("follow-up-nudge")) == 1


def test_nor_does_another_change_of_the_talk_afterwards_bring_anything_again() -> None:
    life = Life().until(local(date(2027, 3, 19)))
    sent = life.sent()
    changed = replace(TALK, place=Place(kind=PlaceKind.ONLINE), revision=1, changed_at=life.now)

    assert life.change(changed).until(at(2027, 4, 5)).sent() == sent
    assert ("follow-up-nudge", "anna") in sent


def test_a_check_in_is_left_out_where_nothing_of_the_recipients_own_is_open() -> None:
    life = Life().until(WRITTEN).write(a_draft("Ask", "bo")).until(CONFIRMED).confirm().until(at(2027, 5, 10))
    assert ("check-in", "anna") not in life.sent()

    life = Life().until(WRITTEN).write().until(CONFIRMED).confirm().go_on(1, Progress.DONE).until(at(2027, 5, 10))
    assert ("check-in", "anna") not in life.sent()
    assert ("due-soon", "anna") not in life.sent()


def test_of_a_talk_that_was_not_held_nothing_more_is_said_and_no_reminder_of_it_goes() -> None:
    life = Life().until(WRITTEN).write(by="anna", held=False).until(at(2027, 5, 10))

    assert life.sent(since=WRITTEN) == []
    assert {row.reason for row in life.outbox.rows.values() if row.key.step == "check-in"} == {
        "the talk did not take place"
    }


def test_what_comes_before_a_talk_is_not_withheld_by_what_is_written_about_it() -> None:
    steps = talk_messages(ROUND, TALK, ANNA, BO)
    heeded = list(heeding(steps, write(held=False), TALK, AFTER))

    assert [each.key for each in heeded] == [each.key for each in steps]
    assert {each.key.step for each in heeded if each.not_sent} == {"follow-up", "check-in"}


def test_a_talk_that_gets_another_time_since_it_was_not_held_is_followed_up_anew_exactly_once() -> None:
    life = Life().until(at(2027, 3, 19)).write(by="anna", held=False).until(at(2027, 3, 19, 12))
    assert life.when("follow-up-nudge") == [local(date(2027, 3, 18))]

    again = moved(TALK, start=at(2027, 3, 23, 9), place=Place(), at=life.now)
    life.change(again).until(at(2027, 5, 10))
    assert life.sent(since=at(2027, 3, 23, 9)) == [
        ("follow-up", "anna"),
        ("follow-up", "bo"),
        ("follow-up-nudge", "anna"),
        ("check-in", "anna"),
    ]
    assert life.when("follow-up-nudge")[1] == local(date(2027, 3, 31))


def test_it_is_followed_up_once_when_it_moved_before_it_was_to_be_held() -> None:
    life = Life().until(at(2027, 3, 9, 9))
    life.change(moved(TALK, start=at(2027, 3, 16, 9), place=Place(), at=life.now)).until(at(2027, 3, 20))

    assert life.when("follow-up") == [local(date(2027, 3, 17))] * 2


def test_who_hosts_it_from_then_on_is_asked_and_who_did_before_is_not() -> None:
    life = Life().until(at(2027, 3, 9, 9))
    other = reassigned(TALK, manager="cem", start=START, place=Place(), at=life.now)
    life.change(other, CEM).until(WRITTEN)
    assert sorted(life.sent()) == [("follow-up", "anna"), ("follow-up", "cem")]

    life.write(by="anna").until(CONFIRMED)
    assert life.sent(since=WRITTEN) == [("to-confirm", "cem")]


def test_what_was_agreed_with_an_earlier_host_is_told_to_the_employee_alone() -> None:
    agreement = settled(a_draft(), a_draft("Ask", "bo"))
    handed_over = reassigned(TALK, manager="cem", start=START, place=Place(), at=CONFIRMED)

    assert set(to(messages(agreement, talk=handed_over, manager=CEM))) == {"anna"}
    assert messages(write(by="anna"), talk=handed_over, manager=CEM) == []


def test_the_round_of_a_talk_ends_with_its_last_step_or_two_weeks_after_the_last_day_agreed() -> None:
    def last(last_due: date | None) -> date:
        weeks = [each for each in person_messages(ROUND, BO, {Role.MANAGER}, last_due=last_due) if each.key.occasion]
        return max(each.due_at.date() for each in weeks)

    assert last(None) == last(date(2027, 4, 9)) == date(2027, 5, 10)
    assert last(date(2027, 9, 1)) == date(2027, 9, 13)


@pytest.mark.parametrize(("changed_at", "again"), [(at(2027, 3, 10, 15), True), (at(2027, 3, 12, 9), False)])
def test_a_step_after_the_talk_goes_again_only_if_it_comes_after_the_change(changed_at: datetime, *, again: bool) -> None:
    talk = replace(TALK, revision=1, changed_at=changed_at)
    steps = [each for each in talk_messages(ROUND, talk, ANNA, BO) if each.key.step == "follow-up"]

    assert [each.repeats for each in steps] == [again, again]


def test_steps_before_the_talk_go_again_only_where_the_cycle_says_so() -> None:
    talk = moved(TALK, start=at(2027, 3, 30, 9), place=Place(), at=at(2027, 3, 9, 9))
    repeated = {each.key.step: each.repeats for each in talk_messages(ROUND, talk, ANNA, BO)}

    assert repeated == {
        "invitation": True,
        "preparation-employee": False,
        "preparation-manager": False,
        "reminder": True,
        "follow-up": True,
        "check-in": True,
    }
