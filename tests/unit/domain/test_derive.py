from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from builders import APPROVED_AT, START, a_cycle, a_person, a_round, a_step, a_talk, at, shipped_steps
from talkcycle.domain.cycle import Anchor, Applies, Digests, Place, PlaceKind, Recipients, Window
from talkcycle.domain.derive import (
    NO_MAILBOX,
    hr_messages,
    invitation_instant,
    person_messages,
    person_recipient,
    round_ends,
    talk_messages,
)
from talkcycle.domain.messages import Change, DueMessage, Kind, MessageKey
from talkcycle.domain.people import Person, Role
from talkcycle.domain.talks import Round, Talk, TalkState, cancelled, moved

ANNA = a_person()
BO = a_person("bo", manager=None)
INVITATION = a_step("invitation", -21, calendar=True)


def messages(
    *, talk: Talk | None = None, round_: Round | None = None, employee: Person = ANNA, manager: Person = BO
) -> list[DueMessage]:
    return talk_messages(round_ or a_round(), talk or a_talk(), employee, manager)


def only(step: str, role: Role, found: list[DueMessage]) -> DueMessage:
    [message] = [each for each in found if (each.key.step, each.role) == (step, role)]
    return message


def with_steps(*steps: object, **fields: object) -> Round:
    return a_round(cycle=a_cycle(steps=steps, **fields.pop("cycle", {})), **fields)  # type: ignore[arg-type]


def dues(found: list[DueMessage]) -> list[tuple[str, str, datetime]]:
    return [(each.key.step, each.key.recipient, each.due_at) for each in found]


def test_a_talk_has_its_messages_in_the_order_they_go_out() -> None:
    assert dues(messages()) == [
        ("invitation", "person:anna", at(2027, 2, 17, 8)),
        ("invitation", "person:bo", at(2027, 2, 17, 8)),
        ("preparation-employee", "person:anna", at(2027, 2, 24, 8)),
        ("preparation-manager", "person:bo", at(2027, 2, 24, 8)),
        ("reminder", "person:anna", at(2027, 3, 8, 8)),
        ("follow-up", "person:anna", at(2027, 3, 11, 8)),
        ("follow-up", "person:bo", at(2027, 3, 11, 8)),
        ("check-in", "person:anna", at(2027, 4, 9, 7)),
    ]


def test_an_invitation_is_derived_whole() -> None:
    assert only("invitation", Role.EMPLOYEE, messages()) == DueMessage(
        key=MessageKey(
            round="development-2027-03",
            subject="talk:anna",
            step="invitation",
            occasion="",
            recipient="person:anna",
            version=0,
        ),
        kind=Kind.MEETING_CREATE,
        role=Role.EMPLOYEE,
        template="invitation",
        due_at=at(2027, 2, 17, 8),
        expires_at=at(2027, 2, 24, 23),
        why="21 days before the talk",
        attach=("agenda",),
        repeats=True,
        change=Change(
            kind=Kind.MEETING_CHANGE, template="moved", due_at=APPROVED_AT, expires_at=START, why="the talk changed"
        ),
    )


def test_the_same_round_and_talk_give_the_same_messages() -> None:
    assert messages() == messages()


def test_an_unplaced_talk_has_no_messages() -> None:
    assert messages(talk=a_talk(state=TalkState.UNPLACED, start=None)) == []


def test_a_cancelled_talk_that_never_had_a_time_has_no_messages() -> None:
    assert messages(talk=cancelled(a_talk(start=None), why="x", at=at(2027, 2, 20))) == []


def test_a_step_of_hr_about_a_talk_goes_to_hrs_mailbox() -> None:
    [_, _, message] = messages(round_=with_steps(INVITATION, a_step("hr-note", -3, Recipients.HR)))
    assert (message.key.recipient, message.role, message.due_at) == ("hr", Role.HR, at(2027, 3, 5, 8))


# Approval, announcement and notice


@pytest.mark.parametrize(
    ("approved", "due"),
    [
        pytest.param(at(2027, 2, 1, 9), at(2027, 2, 17, 8), id="long before: when the step says"),
        pytest.param(at(2027, 2, 18, 9), at(2027, 2, 18, 9), id="in office hours: at once"),
        pytest.param(at(2027, 2, 18, 20), at(2027, 2, 19, 8), id="in the evening: the next morning"),
        pytest.param(at(2027, 2, 20, 9), at(2027, 2, 22, 8), id="on Saturday: on Monday"),
    ],
)
def test_an_invitation_waits_for_the_approval(approved: datetime, due: datetime) -> None:
    round_ = with_steps(INVITATION, approved_at=approved)
    assert [each.due_at for each in messages(round_=round_)] == [due, due]


def test_a_talk_approved_after_the_round_counts_from_its_own_approval() -> None:
    late = a_talk(approved_at=at(2027, 2, 19, 12))
    assert only("invitation", Role.EMPLOYEE, messages(talk=late, round_=with_steps(INVITATION))).due_at == at(
        2027, 2, 19, 12
    )


def test_an_invitation_stands_behind_the_announcement() -> None:
    round_ = a_round(approved_at=at(2027, 2, 18, 9))
    [announcement] = [
        each for each in person_messages(round_, ANNA, frozenset({Role.EMPLOYEE})) if each.key.step == "announcement"
    ]
    invitation = only("invitation", Role.EMPLOYEE, messages(round_=round_))
    assert (announcement.due_at, invitation.due_at) == (at(2027, 2, 18, 9), at(2027, 2, 18, 9, 1))


def test_an_invitation_waits_for_an_announcement_later_in_the_day() -> None:
    announcement = a_step("announcement", 0, anchor=Anchor.APPROVAL, at=time(13))
    round_ = with_steps(INVITATION, announcement, approved_at=at(2027, 2, 18, 7))
    assert only("invitation", Role.MANAGER, messages(round_=round_)).due_at == at(2027, 2, 18, 12, 1)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(a_step("later", 30, anchor=Anchor.APPROVAL), id="a later step of the round"),
        pytest.param(a_step("other", 0, Recipients.HR, anchor=Anchor.APPROVAL), id="an announcement to others"),
    ],
)
def test_an_invitation_waits_for_no_other_step(step: object) -> None:
    approved_at = at(2027, 2, 18, 9)
    found = messages(round_=with_steps(INVITATION, step, approved_at=approved_at))
    assert only("invitation", Role.EMPLOYEE, found).due_at == approved_at


def test_what_falls_before_the_invitation_waits_for_it() -> None:
    round_ = with_steps(INVITATION, a_step("early", -40), a_step("preparation", -21, at=time(7)))
    found = messages(round_=round_)
    assert {each.due_at for each in found} == {at(2027, 2, 17, 8)}
    assert only("early", Role.EMPLOYEE, found).why == "40 days before the talk; not before the invitation"


def test_what_waits_for_the_invitation_keeps_its_own_time_of_day() -> None:
    round_ = with_steps(INVITATION, a_step("preparation", -21, at=time(14)), approved_at=at(2027, 2, 22, 9))
    assert only("preparation", Role.EMPLOYEE, messages(round_=round_)).due_at == at(2027, 2, 22, 13)


def test_a_shift_over_holidays_does_not_pass_the_invitation() -> None:
    closed = frozenset(date(2027, 2, 1) + timedelta(days=days) for days in range(37))
    round_ = with_steps(INVITATION, a_step("reminder", -2), holidays={"SE": closed}, approved_at=at(2027, 1, 29, 15))
    found = [each for each in messages(round_=round_) if each.role is Role.EMPLOYEE]
    assert dues(found) == [
        ("invitation", "person:anna", at(2027, 1, 29, 15)),
        ("reminder", "person:anna", at(2027, 1, 29, 15)),
    ]


@pytest.mark.parametrize(
    ("zone", "expires"),
    [
        pytest.param("Europe/Stockholm", at(2027, 2, 24, 23), id="Stockholm"),
        pytest.param("America/New_York", at(2027, 2, 25, 5), id="New York"),
        pytest.param("Asia/Tokyo", at(2027, 2, 24, 15), id="Tokyo"),
    ],
)
def test_a_first_invitation_expires_with_the_notice(zone: str, expires: datetime) -> None:
    found = messages(manager=replace(BO, zone=zone))
    assert only("invitation", Role.MANAGER, found).expires_at == expires


def test_a_talk_moved_with_notice_before_anybody_knew_keeps_the_notice() -> None:
    talk = moved(a_talk(), start=at(2027, 3, 24, 9), place=Place(), at=at(2027, 2, 3))
    assert only("invitation", Role.EMPLOYEE, messages(talk=talk)).expires_at == at(2027, 3, 10, 23)


def test_a_time_hr_gave_at_short_notice_may_be_told_until_the_talk_begins() -> None:
    talk = moved(a_talk(), start=at(2027, 2, 10, 9), place=Place(), at=at(2027, 2, 3, 9))
    found = messages(talk=talk, round_=with_steps(INVITATION))
    assert dues(found) == [
        ("invitation", "person:anna", at(2027, 2, 3, 9)),
        ("invitation", "person:bo", at(2027, 2, 3, 9)),
    ]
    assert {each.expires_at for each in found} == {at(2027, 2, 10, 9)}


# Weekends, holidays, zones, daylight saving


@pytest.mark.parametrize(
    ("days", "due", "why"),
    [
        (
            -4,
            at(2027, 3, 5, 8),
            "4 days before the talk, earlier since 2027-03-06 is a weekend or holiday",
        ),
        (-5, at(2027, 3, 5, 8), "5 days before the talk"),
        (-1, at(2027, 3, 9, 8), "1 day before the talk"),
        (1, at(2027, 3, 11, 8), "1 day after the talk"),
        (2, at(2027, 3, 15, 8), "2 days after the talk, later since 2027-03-12 is a weekend or holiday"),
        (3, at(2027, 3, 15, 8), "3 days after the talk, later since 2027-03-13 is a weekend or holiday"),
    ],
)
def test_a_step_is_shifted_earlier_before_the_talk_and_later_after_it(days: int, due: datetime, why: str) -> None:
    round_ = with_steps(INVITATION, a_step("step", days), holidays={"SE": frozenset({date(2027, 3, 12)})})
    message = only("step", Role.EMPLOYEE, messages(round_=round_))
    assert (message.due_at, message.why) == (due, why)


def test_each_side_has_its_own_holidays() -> None:
    finland = a_person("bo", manager=None, country="FI", zone="Europe/Helsinki")
    round_ = with_steps(INVITATION, a_step("step", 1), holidays={"SE": frozenset({date(2027, 3, 11)})})
    found = messages(round_=round_, manager=finland)
    assert only("step", Role.EMPLOYEE, found).due_at == at(2027, 3, 12, 8)
    assert only("step", Role.MANAGER, found).due_at == at(2027, 3, 11, 7)


def test_days_are_counted_on_the_recipients_own_calendar() -> None:
    talk = a_talk(start=at(2027, 3, 10, 15, 30))
    round_ = with_steps(INVITATION, a_step("before", -1), a_step("after", 1))
    found = messages(talk=talk, round_=round_, manager=replace(BO, zone="Asia/Tokyo"))
    assert only("before", Role.EMPLOYEE, found).due_at == at(2027, 3, 9, 8)
    assert only("before", Role.MANAGER, found).due_at == at(2027, 3, 10, 0)
    assert only("after", Role.EMPLOYEE, found).due_at == at(2027, 3, 11, 8)
    assert only("after", Role.MANAGER, found).due_at == at(2027, 3, 12, 0)


def test_nine_oclock_stays_nine_oclock_across_daylight_saving() -> None:
    talk = a_talk(start=at(2027, 3, 30, 8))
    round_ = with_steps(INVITATION, a_step("before", -4), a_step("after", 1, at=time(16)))
    found = messages(talk=talk, round_=round_, manager=replace(BO, zone="America/New_York"))
    assert only("before", Role.EMPLOYEE, found).due_at == at(2027, 3, 26, 8)
    assert only("after", Role.EMPLOYEE, found).due_at == at(2027, 3, 31, 14)
    assert only("invitation", Role.EMPLOYEE, found).due_at == at(2027, 3, 9, 8)
    assert only("invitation", Role.MANAGER, found).due_at == at(2027, 3, 9, 14)
    assert only("before", Role.MANAGER, found).due_at == at(2027, 3, 26, 13)


def test_a_step_after_the_talk_waits_for_its_end_even_at_midnight() -> None:
    talk = a_talk(start=at(2027, 3, 10, 15, 30), minutes=120)
    round_ = with_steps(INVITATION, a_step("after", 1, at=time(0, 30)))
    found = messages(talk=talk, round_=round_, manager=replace(BO, zone="Asia/Kolkata"))
    assert only("after", Role.MANAGER, found).due_at == at(2027, 3, 10, 19)
    found = messages(
        talk=replace(talk, start=at(2027, 3, 10, 18, 15)), round_=round_, manager=replace(BO, zone="Asia/Kolkata")
    )
    assert only("after", Role.MANAGER, found).due_at == at(2027, 3, 10, 20, 15)


@pytest.mark.parametrize(
    ("step", "expires"),
    [
        pytest.param(a_step("step", -2), START, id="before the talk: as it begins"),
        pytest.param(a_step("step", -14, latest=3), at(2027, 3, 7, 23), id="at latest 3 days before: as that day ends"),
        pytest.param(a_step("step", -14, latest=0), START, id="at latest on the day: as the talk begins"),
        pytest.param(a_step("step", 1), at(2027, 3, 25, 8), id="after the talk: two weeks later"),
    ],
)
def test_a_step_expires_when_its_purpose_has_passed(step: object, expires: datetime) -> None:
    assert only("step", Role.EMPLOYEE, messages(round_=with_steps(INVITATION, step))).expires_at == expires


# Changes


def test_every_message_of_a_changed_talk_carries_its_revision() -> None:
    talk = moved(a_talk(), start=at(2027, 3, 17, 9), place=Place(), at=at(2027, 2, 3))
    assert {each.key.version for each in messages(talk=talk)} == {1}


def test_a_change_goes_at_once_however_far_ahead_the_new_time_is() -> None:
    changed_at = at(2027, 2, 20, 22)
    talk = moved(a_talk(), start=at(2027, 4, 28, 8), place=Place(), at=changed_at)
    invitation = only("invitation", Role.EMPLOYEE, messages(talk=talk))
    assert invitation.due_at == at(2027, 4, 7, 7)
    assert invitation.change == Change(
        kind=Kind.MEETING_CHANGE,
        template="moved",
        due_at=changed_at,
        expires_at=at(2027, 4, 28, 8),
        why="the talk changed",
    )


def test_no_step_comes_before_the_news_of_a_change() -> None:
    talk = moved(a_talk(), start=at(2027, 3, 5, 9), place=Place(), at=at(2027, 2, 25, 10))
    assert dues(messages(talk=talk))[:4] == [
        ("invitation", "person:anna", at(2027, 2, 25, 10)),
        ("invitation", "person:bo", at(2027, 2, 25, 10)),
        ("preparation-employee", "person:anna", at(2027, 2, 25, 10)),
        ("preparation-manager", "person:bo", at(2027, 2, 25, 10)),
    ]


def test_what_is_overdue_after_a_change_on_a_weekend_waits_for_monday() -> None:
    talk = moved(a_talk(), start=at(2027, 3, 5, 9), place=Place(), at=at(2027, 2, 20, 10))
    found = messages(talk=talk)
    assert only("invitation", Role.EMPLOYEE, found).due_at == at(2027, 2, 20, 10)
    assert only("preparation-employee", Role.EMPLOYEE, found).due_at == at(2027, 2, 22, 8)


@pytest.mark.parametrize(
    ("changed_at", "again"),
    [
        pytest.param(at(2027, 3, 5, 9), True, id="its new time is ahead"),
        pytest.param(at(2027, 3, 12, 9), False, id="its new time is past: the change itself tells"),
    ],
)
def test_a_reminder_is_repeated_only_when_it_is_still_ahead(changed_at: datetime, *, again: bool) -> None:
    talk = moved(a_talk(), start=at(2027, 3, 12, 14), place=Place(), at=changed_at)
    found = messages(talk=talk)
    assert only("reminder", Role.EMPLOYEE, found).repeats is again
    assert only("preparation-employee", Role.EMPLOYEE, found).repeats is False


# Cancellations


def test_of_a_cancelled_talk_only_the_cancellation_remains() -> None:
    talk = cancelled(a_talk(), why="left", at=at(2027, 2, 28, 22))
    [to_anna, to_bo] = messages(talk=talk)
    assert to_anna == DueMessage(
        key=MessageKey(
            round="development-2027-03",
            subject="talk:anna",
            step="cancellation",
            occasion="",
            recipient="person:anna",
            version=1,
        ),
        kind=Kind.MEETING_CANCEL,
        role=Role.EMPLOYEE,
        template="cancellation",
        due_at=at(2027, 2, 28, 22),
        expires_at=START,
        why="the talk does not take place",
        repeats=True,
        only_after="invitation",
    )
    assert to_bo.key == replace(to_anna.key, recipient="person:bo")


def test_a_cancellation_lives_as_long_as_the_old_time_stands_in_a_calendar() -> None:
    earlier = moved(a_talk(), start=at(2027, 3, 8, 9), place=Place(), at=at(2027, 3, 1))
    found = messages(talk=cancelled(earlier, why="x", at=at(2027, 3, 8, 8)))
    assert {each.expires_at for each in found} == {START}


def test_who_was_not_to_be_invited_gets_no_cancellation() -> None:
    round_ = with_steps(a_step("invitation", -21, Recipients.EMPLOYEE, calendar=True))
    found = messages(talk=cancelled(a_talk(), why="x", at=at(2027, 2, 28)), round_=round_)
    assert [each.key.recipient for each in found] == ["person:anna"]


# Who


def test_a_person_without_a_mailbox_gets_nothing_and_the_reason_is_kept() -> None:
    found = messages(employee=replace(ANNA, email=None))
    assert {each.key.recipient: each.not_sent for each in found} == {"person:anna": NO_MAILBOX, "person:bo": None}


@pytest.mark.parametrize(
    ("applies", "not_sent"),
    [
        (Applies(), None),
        (Applies(sites=frozenset({"north"})), None),
        (Applies(sites=frozenset({"south"})), "the step does not apply to this site"),
        (Applies(countries=frozenset({"SE"})), None),
        (Applies(countries=frozenset({"FI"})), "the step does not apply to this country"),
        (Applies(languages=frozenset({"sv"})), None),
        (Applies(languages=frozenset({"en"})), "the step does not apply to this language"),
        (Applies(places=frozenset({PlaceKind.AGREE})), None),
        (Applies(places=frozenset({PlaceKind.ONLINE})), "the step does not apply to this kind of place"),
        (Applies(new_employees=True), None),
        (Applies(new_employees=False), "the step does not apply to how long they are employed"),
        (
            Applies(sites=frozenset({"north"}), languages=frozenset({"en"})),
            "the step does not apply to this language",
        ),
    ],
)
def test_a_condition_is_about_the_employee_and_all_of_it_must_hold(applies: Applies, not_sent: str | None) -> None:
    employee = replace(ANNA, site="north", starts=date(2026, 3, 11))
    manager = replace(BO, site="south", language="en", country="FI")
    found = messages(
        round_=with_steps(INVITATION, a_step("step", -1, applies=applies)), employee=employee, manager=manager
    )
    assert [each.not_sent for each in found if each.key.step == "step"] == [not_sent, not_sent]


@pytest.mark.parametrize(
    ("starts", "new"), [(date(2026, 3, 11), True), (date(2026, 3, 10), False), (None, False), (date(2027, 3, 1), True)]
)
def test_somebody_is_new_for_a_year_before_the_talk(starts: date | None, *, new: bool) -> None:
    round_ = with_steps(INVITATION, a_step("step", -1, Recipients.EMPLOYEE, applies=Applies(new_employees=True)))
    [message] = [
        each for each in messages(round_=round_, employee=replace(ANNA, starts=starts)) if each.key.step == "step"
    ]
    assert (message.not_sent is None) is new


def test_steps_build_on_the_invitation_of_whoever_is_invited() -> None:
    round_ = with_steps(
        a_step("invitation", -21, Recipients.EMPLOYEE, calendar=True),
        a_step("step", -1),
        a_step("note", -1, Recipients.HR),
    )
    assert [(each.key.recipient, each.follows) for each in messages(round_=round_) if each.key.step != "invitation"] == [
        ("hr", None),
        ("person:anna", "invitation"),
        ("person:bo", None),
    ]


# The round itself


def of_round(round_: Round, person: Person, *roles: Role, **joined: datetime) -> list[tuple[str, datetime, Role]]:
    found = person_messages(round_, person, frozenset(roles), **joined)
    return [(each.key.step, each.due_at, each.role) for each in found if not each.key.occasion]


@pytest.mark.parametrize(
    ("step", "approved", "due", "why"),
    [
        pytest.param(
            a_step("step", 0, anchor=Anchor.APPROVAL),
            APPROVED_AT,
            APPROVED_AT,
            "when the round is approved",
            id="at once",
        ),
        pytest.param(
            a_step("step", 0, anchor=Anchor.APPROVAL),
            at(2027, 2, 6, 9),
            at(2027, 2, 8, 8),
            "when the round is approved, later since 2027-02-06 is a weekend or holiday",
            id="approved on a Saturday",
        ),
        pytest.param(
            a_step("step", 5, anchor=Anchor.APPROVAL),
            APPROVED_AT,
            at(2027, 2, 8, 8),
            "5 days after the round is approved, later since 2027-02-06 is a weekend or holiday",
            id="after it",
        ),
        pytest.param(
            a_step("step", -7, anchor=Anchor.WINDOW_START),
            APPROVED_AT,
            at(2027, 2, 22, 8),
            "7 days before the window opens",
            id="before the window",
        ),
        pytest.param(
            a_step("step", -7, anchor=Anchor.WINDOW_START),
            at(2027, 2, 24, 18),
            at(2027, 2, 25, 8),
            "7 days before the window opens; not before it is approved",
            id="approved later than that",
        ),
        pytest.param(
            a_step("step", 3, anchor=Anchor.WINDOW_END),
            APPROVED_AT,
            at(2027, 4, 5, 7),
            "3 days after the window closes, later since 2027-04-03 is a weekend or holiday",
            id="after the window",
        ),
    ],
)
def test_a_step_about_the_round_is_due_once_per_person(
    *, step: object, approved: datetime, due: datetime, why: str
) -> None:
    round_ = with_steps(INVITATION, step, approved_at=approved, cycle={"digests": Digests(managers=False)})
    [message] = person_messages(round_, ANNA, frozenset({Role.EMPLOYEE}))
    assert (message.due_at, message.why, message.expires_at) == (due, why, due + timedelta(days=14))
    assert message.key == MessageKey(
        round="development-2027-03",
        subject="person:anna",
        step="step",
        occasion="",
        recipient="person:anna",
        version=0,
    )


def test_who_is_both_employee_and_manager_is_reached_once() -> None:
    assert of_round(a_round(), BO, Role.EMPLOYEE, Role.MANAGER) == [("announcement", APPROVED_AT, Role.EMPLOYEE)]
    assert of_round(a_round(), BO, Role.MANAGER) == [("announcement", APPROVED_AT, Role.MANAGER)]
    assert of_round(a_round(), BO) == []


def test_who_joins_after_a_pilot_hears_of_the_round_then() -> None:
    joined = at(2027, 3, 20, 12)
    [message] = [
        each
        for each in person_messages(a_round(), ANNA, frozenset({Role.EMPLOYEE}), joined_at=joined)
        if each.key.step == "announcement"
    ]
    assert (message.due_at, message.expires_at) == (at(2027, 3, 22, 8), at(2027, 4, 5, 8))


@pytest.mark.parametrize(
    ("applies", "not_sent"),
    [
        (Applies(sites=frozenset({"north"})), None),
        (Applies(sites=frozenset({"south"})), "the step does not apply to this site"),
        (Applies(places=frozenset({PlaceKind.ONLINE})), None),
        (Applies(places=frozenset({PlaceKind.AGREE})), "the step does not apply to this kind of place"),
        (Applies(new_employees=False), "the step does not apply to how long they are employed"),
    ],
)
def test_a_step_about_the_round_has_its_condition_too(applies: Applies, not_sent: str | None) -> None:
    announcement = a_step("announcement", 0, anchor=Anchor.APPROVAL, applies=applies)
    places = {"north": Place(kind=PlaceKind.ONLINE)}
    round_ = with_steps(INVITATION, announcement, cycle={"places": places})
    person = replace(ANNA, site="north", starts=date(2026, 6, 1))
    [message] = person_messages(round_, person, frozenset({Role.EMPLOYEE}))
    assert message.not_sent == not_sent


def test_a_step_of_hr_about_the_round_goes_to_hr_alone() -> None:
    round_ = with_steps(
        INVITATION, a_step("closing", 1, Recipients.HR, anchor=Anchor.WINDOW_END), cycle={"digests": Digests(hr=False)}
    )
    assert [(each.key.subject, each.key.recipient, each.due_at) for each in hr_messages(round_)] == [
        ("round", "hr", at(2027, 4, 1, 7))
    ]
    assert person_messages(round_, ANNA, frozenset({Role.EMPLOYEE})) == []


# Digests


def digests(round_: Round, person: Person = BO) -> list[tuple[str, datetime]]:
    found = person_messages(round_, person, frozenset({Role.MANAGER}))
    return [(each.key.occasion, each.due_at) for each in found if each.key.step == "digest-manager"]


def test_a_manager_gets_a_digest_every_week_from_the_approval_to_the_rounds_end() -> None:
    round_ = with_steps(INVITATION, cycle={"window": Window(first=date(2027, 3, 1), last=date(2027, 3, 5))})
    assert round_ends(round_.cycle) == date(2027, 3, 19)
    assert digests(round_) == [
        ("2027-W06", at(2027, 2, 8, 7)),
        ("2027-W07", at(2027, 2, 15, 7)),
        ("2027-W08", at(2027, 2, 22, 7)),
        ("2027-W09", at(2027, 3, 1, 7)),
        ("2027-W10", at(2027, 3, 8, 7)),
        ("2027-W11", at(2027, 3, 15, 7)),
    ]


def test_an_employee_gets_no_digest_and_hr_gets_its_own() -> None:
    assert [each for each in person_messages(a_round(), ANNA, frozenset({Role.EMPLOYEE})) if each.key.occasion] == []
    found = hr_messages(a_round())
    assert {(each.key.step, each.key.subject, each.key.recipient) for each in found} == {("digest-hr", "round", "hr")}


def test_digests_can_be_switched_off() -> None:
    round_ = with_steps(INVITATION, cycle={"digests": Digests(managers=False, hr=False)})
    assert (digests(round_), hr_messages(round_)) == ([], [])


def test_a_digest_due_on_a_holiday_goes_the_next_working_day_and_stays_the_one_of_its_week() -> None:
    round_ = a_round(holidays={"SE": frozenset({date(2027, 3, 26), date(2027, 3, 29)})})
    found = [each for each in person_messages(round_, BO, frozenset({Role.MANAGER})) if each.key.occasion == "2027-W13"]
    assert [(each.due_at, each.expires_at, each.why) for each in found] == [
        (
            at(2027, 3, 30, 6),
            at(2027, 4, 1, 6),
            "the summary of week 2027-W13, later since 2027-03-29 is a weekend or holiday",
        )
    ]


def test_a_digest_never_slips_into_the_week_after_its_own() -> None:
    easter = frozenset({date(2027, 3, 26), date(2027, 3, 29)})
    round_ = with_steps(INVITATION, cycle={"digests": Digests(day=4)}, holidays={"SE": easter})
    assert [each for each in digests(round_) if each[0] in {"2027-W12", "2027-W13"}] == [
        ("2027-W12", at(2027, 3, 25, 7)),
        ("2027-W13", at(2027, 4, 2, 6)),
    ]


def test_no_digest_is_due_before_the_approval() -> None:
    saturday = at(2027, 2, 6, 12)
    round_ = with_steps(INVITATION, cycle={"digests": Digests(day=6)}, approved_at=saturday)
    assert digests(round_)[0] == ("2027-W06", at(2027, 2, 12, 7))


def test_the_round_ends_two_weeks_after_the_last_step_of_the_last_talk() -> None:
    assert round_ends(a_cycle()) == date(2027, 5, 14)
    assert round_ends(a_cycle(steps=shipped_steps()[:2])) == date(2027, 4, 14)


# Recipients


def test_the_invitations_instant_is_reckoned_for_each_recipient() -> None:
    tokyo = person_recipient(replace(BO, zone="Asia/Tokyo"), Role.MANAGER, {})
    assert invitation_instant(a_round(), a_talk(), tokyo) == at(2027, 2, 17, 0)
