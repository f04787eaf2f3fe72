from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from builders import a_cycle, a_person, a_round, a_step, a_talk, at
from outbox_model import a_row
from talkcycle.domain.cycle import Place, Recipients
from talkcycle.domain.derive import talk_messages
from talkcycle.domain.messages import DueMessage, Kind, KnownMessage, OutboxState
from talkcycle.domain.reconcile import LOOK_AGAIN, NOT_INVITED, NOTICE_LOST, TOO_LATE, Reconciliation, reconcile
from talkcycle.domain.talks import Talk, cancelled, moved

NOTHING = Reconciliation(render=(), skip=(), withdraw=(), next_due=None)
ANNA, BO = a_person(), a_person("bo", manager=None)
ROUND = a_round(
    cycle=a_cycle(
        steps=(
            a_step("invitation", -21, Recipients.EMPLOYEE, calendar=True),
            a_step("aid", -14, Recipients.EMPLOYEE),
            a_step("reminder", -2, Recipients.EMPLOYEE, again_when_moved=True),
        )
    )
)
TALK = a_talk()
MOVED_AT = at(2027, 2, 26, 9)
MOVED = moved(TALK, start=at(2027, 3, 17, 9), place=Place(), at=MOVED_AT)
CANCELLED_AT = at(2027, 2, 27, 9)
CANCELLED = cancelled(TALK, why="x", at=CANCELLED_AT)

QUEUED, HELD, UNKNOWN, SENDING = OutboxState.QUEUED, OutboxState.HELD, OutboxState.UNKNOWN, OutboxState.SENDING
SENT, FAILED, WITHDRAWN, SKIPPED = OutboxState.SENT, OutboxState.FAILED, OutboxState.WITHDRAWN, OutboxState.SKIPPED

OVERTAKEN = "the talk has changed since; a newer version takes its place"
GONE = "it no longer applies: the talk was cancelled or the step removed"


def due(talk: Talk, step: str) -> DueMessage:
    [message] = [each for each in talk_messages(ROUND, talk, ANNA, BO) if each.key.step == step]
    return message


INVITATION, AID, REMINDER = due(TALK, "invitation"), due(TALK, "aid"), due(TALK, "reminder")
MOVED_INVITATION, MOVED_AID, MOVED_REMINDER = due(MOVED, "invitation"), due(MOVED, "aid"), due(MOVED, "reminder")
CANCELLATION = due(CANCELLED, "cancellation")


def decide(desired: Iterable[DueMessage], known: Iterable[KnownMessage], now: datetime) -> Reconciliation:
    return reconcile(desired, known, now=now, horizon=now + timedelta(hours=1))


def as_change(message: DueMessage) -> DueMessage:
    assert message.change is not None
    change = message.change
    return replace(
        message,
        kind=change.kind,
        template=change.template,
        due_at=change.due_at,
        expires_at=change.expires_at,
        why=change.why,
    )


# Nothing known yet


def test_nothing_meant_and_nothing_known_is_nothing_to_do() -> None:
    assert decide([], [], at(2027, 2, 1)) == NOTHING


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(
            INVITATION.due_at - timedelta(hours=1),
            replace(NOTHING, next_due=INVITATION.due_at),
            id="in an hour: waits",
        ),
        pytest.param(
            INVITATION.due_at - timedelta(minutes=59), replace(NOTHING, render=(INVITATION,)), id="within the hour"
        ),
        pytest.param(INVITATION.due_at, replace(NOTHING, render=(INVITATION,)), id="now"),
        pytest.param(at(2027, 2, 24, 22, 59), replace(NOTHING, render=(INVITATION,)), id="with the notice just kept"),
        pytest.param(at(2027, 2, 24, 23), replace(NOTHING, skip=((INVITATION, NOTICE_LOST),)), id="too late for it"),
    ],
)
def test_a_message_is_made_when_due_within_the_hour_and_skipped_when_expired(
    now: datetime, expected: Reconciliation
) -> None:
    assert decide([INVITATION], [], now) == expected


def test_the_next_look_is_at_the_earliest_message_ahead() -> None:
    invited = a_row(INVITATION, SENT)
    assert decide([REMINDER, INVITATION, AID], [invited], at(2027, 2, 20)) == replace(NOTHING, next_due=AID.due_at)


def test_a_late_reminder_is_skipped_not_sent() -> None:
    invited = a_row(INVITATION, SENT)
    assert decide([INVITATION, REMINDER], [invited], at(2027, 3, 10, 9)) == replace(NOTHING, skip=((REMINDER, TOO_LATE),))


def test_what_would_be_due_only_after_its_expiry_is_skipped() -> None:
    hopeless = replace(REMINDER, due_at=at(2027, 3, 10, 9, 30), follows=None)
    assert decide([hopeless], [], at(2027, 3, 10, 8, 45)) == replace(NOTHING, skip=((hopeless, TOO_LATE),))


def test_what_must_not_be_sent_is_recorded_with_its_reason_when_due() -> None:
    message = replace(INVITATION, not_sent="has no mailbox")
    assert decide([message], [], at(2027, 2, 10)) == replace(NOTHING, next_due=INVITATION.due_at)
    assert decide([message], [], INVITATION.due_at) == replace(NOTHING, skip=((message, "has no mailbox"),))


def test_of_what_is_due_at_once_the_invitation_goes_first() -> None:
    aid = replace(AID, due_at=INVITATION.due_at)
    reminder = replace(REMINDER, due_at=INVITATION.due_at)
    assert decide([reminder, aid, INVITATION], [], INVITATION.due_at).render == (INVITATION, aid, reminder)


# The same key is known


@pytest.mark.parametrize("state", list(OutboxState))
def test_a_key_that_is_known_is_never_made_again(state: OutboxState) -> None:
    for message in (INVITATION, AID, REMINDER, CANCELLATION):
        lead = [a_row(INVITATION, SENT, id_=2)] if message is CANCELLATION else []
        assert decide([message], [a_row(message, state), *lead], message.due_at) == NOTHING


# A newer version


@pytest.mark.parametrize("state", [QUEUED, HELD])
def test_an_invitation_that_has_not_left_is_taken_back_before_the_new_one_is_made(state: OutboxState) -> None:
    old = a_row(INVITATION, state)
    now = MOVED_INVITATION.due_at
    assert decide([MOVED_INVITATION], [old], now) == replace(NOTHING, withdraw=((1, OVERTAKEN),), next_due=now)
    taken_back = replace(old, state=WITHDRAWN)
    assert decide([MOVED_INVITATION], [taken_back], now) == replace(NOTHING, render=(MOVED_INVITATION,))


def test_an_invitation_that_left_while_it_was_taken_back_makes_the_new_one_a_change() -> None:
    left = a_row(INVITATION, SENT)
    assert decide([MOVED_INVITATION], [left], MOVED_AT) == replace(NOTHING, render=(as_change(MOVED_INVITATION),))


@pytest.mark.parametrize(
    "row",
    [
        a_row(INVITATION, SENT),
        a_row(INVITATION, WITHDRAWN, uncertain=True),
        a_row(INVITATION, FAILED, uncertain=True),
        a_row(INVITATION, SKIPPED, uncertain=True),
    ],
    ids=lambda row: row.state,
)
def test_a_change_of_what_may_have_arrived_goes_at_once(row: KnownMessage) -> None:
    far = moved(TALK, start=at(2027, 6, 16, 9), place=Place(), at=MOVED_AT)
    change = as_change(due(far, "invitation"))
    assert (change.kind, change.due_at) == (Kind.MEETING_CHANGE, MOVED_AT)
    assert decide([due(far, "invitation")], [row], MOVED_AT) == replace(NOTHING, render=(change,))


@pytest.mark.parametrize("state", [FAILED, WITHDRAWN, SKIPPED])
def test_who_certainly_has_no_invitation_gets_a_first_one(state: OutboxState) -> None:
    rows = [a_row(INVITATION, state)]
    assert decide([MOVED_INVITATION], rows, MOVED_AT) == replace(NOTHING, render=(MOVED_INVITATION,))


def test_what_is_on_its_way_is_settled_first() -> None:
    rows = [a_row(INVITATION, SENDING)]
    expected = replace(NOTHING, next_due=MOVED_AT + timedelta(hours=1))
    assert decide([MOVED_INVITATION], rows, MOVED_AT) == expected
    assert decide([CANCELLATION], rows, MOVED_AT) == expected
    assert decide([MOVED_AID], [a_row(AID, SENDING)], MOVED_AID.due_at) == replace(
        NOTHING, next_due=MOVED_AID.due_at + timedelta(hours=1)
    )


def test_an_unknown_invitation_is_taken_back_and_followed_by_a_change() -> None:
    rows = [a_row(INVITATION, UNKNOWN)]
    assert decide([MOVED_INVITATION], rows, MOVED_AT) == replace(NOTHING, withdraw=((1, OVERTAKEN),), next_due=MOVED_AT)
    rows = [replace(rows[0], state=WITHDRAWN)]
    assert decide([MOVED_INVITATION], rows, MOVED_AT).render == (as_change(MOVED_INVITATION),)


def test_a_mail_that_went_out_is_not_sent_again_when_the_talk_moves() -> None:
    rows = [a_row(INVITATION, SENT), a_row(MOVED_INVITATION, SENT, id_=2), a_row(AID, SENT, id_=3)]
    assert decide([MOVED_INVITATION, MOVED_AID], rows, MOVED_AID.due_at) == NOTHING


@pytest.mark.parametrize(
    "row",
    [
        a_row(AID, FAILED),
        a_row(AID, WITHDRAWN),
        a_row(AID, SKIPPED),
        a_row(AID, WITHDRAWN, uncertain=True),
    ],
    ids=["failed", "withdrawn", "skipped", "perhaps arrived"],
)
def test_a_mail_that_is_not_known_to_have_arrived_goes_out_for_the_new_time(row: KnownMessage) -> None:
    rows = [a_row(INVITATION, SENT, id_=2), a_row(MOVED_INVITATION, SENT, id_=3), row]
    assert decide([MOVED_INVITATION, MOVED_AID], rows, MOVED_AID.due_at) == replace(NOTHING, render=(MOVED_AID,))


def test_a_step_that_wants_it_is_sent_again_for_the_new_time() -> None:
    rows = [a_row(INVITATION, SENT), a_row(MOVED_INVITATION, SENT, id_=2), a_row(REMINDER, SENT, id_=3)]
    assert decide([MOVED_INVITATION, MOVED_REMINDER], rows, MOVED_REMINDER.due_at) == replace(
        NOTHING, render=(MOVED_REMINDER,)
    )


def test_a_step_does_not_overtake_the_change_of_its_invitation() -> None:
    rows = [a_row(INVITATION, SENDING)]
    assert decide([MOVED_INVITATION, MOVED_AID], rows, MOVED_AID.due_at) == replace(
        NOTHING, next_due=MOVED_AID.due_at + timedelta(hours=1)
    )


def test_a_talk_moved_twice_before_anything_went_out_is_invited_to_once() -> None:
    twice = moved(MOVED, start=at(2027, 3, 18, 9), place=Place(), at=MOVED_AT)
    message = due(twice, "invitation")
    rows = [a_row(INVITATION, WITHDRAWN), a_row(MOVED_INVITATION, WITHDRAWN, id_=2)]
    assert decide([message], rows, MOVED_AT) == replace(NOTHING, render=(message,))


# Cancellations and removed steps


@pytest.mark.parametrize(
    "row",
    [
        a_row(INVITATION, SENT),
        a_row(INVITATION, WITHDRAWN, uncertain=True),
        a_row(INVITATION, FAILED, uncertain=True),
        a_row(INVITATION, SKIPPED, uncertain=True),
    ],
    ids=lambda row: row.state,
)
def test_what_may_have_arrived_is_cancelled(row: KnownMessage) -> None:
    assert decide([CANCELLATION], [row], CANCELLED_AT) == replace(NOTHING, render=(CANCELLATION,))


@pytest.mark.parametrize("rows", [[], *([a_row(INVITATION, state)] for state in (FAILED, WITHDRAWN, SKIPPED))])
def test_what_certainly_did_not_arrive_is_not_cancelled(rows: list[KnownMessage]) -> None:
    assert decide([CANCELLATION], rows, CANCELLED_AT) == NOTHING


@pytest.mark.parametrize("state", [QUEUED, HELD, UNKNOWN])
def test_an_invitation_that_waits_is_taken_back_before_it_is_known_what_to_cancel(state: OutboxState) -> None:
    old = a_row(INVITATION, state)
    assert decide([CANCELLATION], [old], CANCELLED_AT) == replace(NOTHING, withdraw=((1, GONE),), next_due=CANCELLED_AT)


def test_an_invitation_to_somebody_else_is_no_reason_to_cancel() -> None:
    other = replace(INVITATION, key=replace(INVITATION.key, recipient="person:bo"))
    assert decide([CANCELLATION], [a_row(other, SENT)], CANCELLED_AT) == NOTHING


def test_everything_else_that_waits_is_taken_back_from_a_cancelled_talk() -> None:
    rows = [a_row(INVITATION, SENT), a_row(AID, QUEUED, id_=2), a_row(REMINDER, HELD, id_=3)]
    assert decide([CANCELLATION], rows, CANCELLED_AT) == replace(
        NOTHING, render=(CANCELLATION,), withdraw=((2, GONE), (3, GONE)), next_due=CANCELLED_AT
    )


def test_a_mail_on_its_way_is_watched_until_it_can_be_taken_back() -> None:
    rows = [a_row(INVITATION, SENT), a_row(CANCELLATION, SENT, id_=2), a_row(AID, SENDING, id_=3)]
    assert decide([CANCELLATION], rows, CANCELLED_AT) == replace(NOTHING, next_due=CANCELLED_AT + timedelta(hours=1))
    rows[2] = replace(rows[2], state=QUEUED)
    assert decide([CANCELLATION], rows, CANCELLED_AT).withdraw == ((3, GONE),)


@pytest.mark.parametrize("state", [SENT, FAILED, WITHDRAWN, SKIPPED])
def test_what_is_settled_stays_as_it_is_when_its_step_is_removed(state: OutboxState) -> None:
    assert decide([], [a_row(AID, state)], at(2027, 3, 1)) == NOTHING


@pytest.mark.parametrize("state", [QUEUED, HELD, UNKNOWN])
def test_what_waits_is_taken_back_when_its_step_is_removed(state: OutboxState) -> None:
    now = at(2027, 3, 1)
    assert decide([], [a_row(AID, state)], now) == replace(NOTHING, withdraw=((1, GONE),), next_due=now)


# Steps without an invitation


@pytest.mark.parametrize("state", [FAILED, SKIPPED])
def test_no_step_goes_to_somebody_whose_invitation_did_not_go_out(state: OutboxState) -> None:
    rows = [a_row(INVITATION, state)]
    assert decide([INVITATION, AID], rows, AID.due_at) == replace(NOTHING, skip=((AID, NOT_INVITED),))


def test_an_invitation_and_a_step_that_come_too_late_together_are_both_skipped() -> None:
    now = at(2027, 3, 1)
    assert decide([AID, INVITATION], [], now) == replace(NOTHING, skip=((INVITATION, NOTICE_LOST), (AID, NOT_INVITED)))


def test_a_step_waits_while_a_person_decides_about_the_invitation() -> None:
    rows = [a_row(INVITATION, HELD)]
    assert decide([INVITATION, AID], rows, AID.due_at) == replace(NOTHING, next_due=AID.due_at + LOOK_AGAIN)


@pytest.mark.parametrize("state", [QUEUED, SENDING, UNKNOWN, SENT])
def test_a_step_does_not_wait_for_the_server_to_take_the_invitation(state: OutboxState) -> None:
    rows = [a_row(INVITATION, state)]
    assert decide([INVITATION, AID], rows, AID.due_at) == replace(NOTHING, render=(AID,))


def test_an_invitation_that_was_never_to_go_stops_no_other_step() -> None:
    lead = replace(INVITATION, not_sent="the step does not apply to this site")
    assert decide([lead, AID], [a_row(lead, SKIPPED)], AID.due_at) == replace(NOTHING, render=(AID,))


def test_a_failed_change_leaves_the_steps_of_an_invited_person_alone() -> None:
    rows = [a_row(INVITATION, SENT), a_row(MOVED_INVITATION, FAILED, id_=2)]
    assert decide([MOVED_INVITATION, MOVED_AID], rows, MOVED_AID.due_at) == replace(NOTHING, render=(MOVED_AID,))


def test_a_new_time_brings_back_what_the_lost_notice_took() -> None:
    rows = [a_row(INVITATION, SKIPPED), a_row(AID, SKIPPED, id_=2)]
    assert decide([MOVED_INVITATION, MOVED_AID], rows, MOVED_AT) == replace(
        NOTHING, render=(MOVED_INVITATION,), next_due=MOVED_AID.due_at
    )


def test_a_horizon_without_end_shows_all_that_is_planned() -> None:
    forever = datetime.max.replace(tzinfo=MOVED_AT.tzinfo)
    plan = reconcile([INVITATION, AID, REMINDER], [a_row(INVITATION, HELD)], now=AID.due_at, horizon=forever)
    assert plan == replace(NOTHING, next_due=forever)
    plan = reconcile([INVITATION, AID, REMINDER], [], now=at(2027, 2, 1), horizon=forever)
    assert plan == replace(NOTHING, render=(INVITATION, AID, REMINDER))


@pytest.mark.parametrize("state", [QUEUED, HELD, UNKNOWN])
def test_what_waits_and_must_not_be_sent_any_more_is_withdrawn_with_the_reason(state: OutboxState) -> None:
    needless = replace(AID, not_sent="it has nothing to ask any more")
    decision = decide([needless], [a_row(AID, state, id_=7)], AID.due_at)

    assert decision.withdraw == ((7, "it has nothing to ask any more"),)
    assert (decision.render, decision.skip) == ((), ())


@pytest.mark.parametrize("state", [SENDING, SENT, FAILED, WITHDRAWN, SKIPPED])
def test_what_has_left_or_never_will_stays_as_it_is_whatever_is_meant_now(state: OutboxState) -> None:
    needless = replace(AID, not_sent="it has nothing to ask any more")

    assert decide([needless], [a_row(AID, state)], AID.due_at).withdraw == ()
