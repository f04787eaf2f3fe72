from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import at
from talkcycle.domain.delivery import (
    DeliveryError,
    PermanentDeliveryError,
    RetryPolicy,
    TransientDeliveryError,
    UnknownDeliveryError,
    Verdict,
    after_failure,
)
from talkcycle.domain.messages import OutboxState

NOW = at(2027, 3, 1, 8)
MINUTE = timedelta(minutes=1)


def verdict(
    error: DeliveryError,
    *,
    attempts: int = 1,
    uncertain: bool = False,
    policy: RetryPolicy | None = None,
    jitter: float = 0.0,
) -> Verdict:
    return after_failure(
        error, attempts=attempts, uncertain=uncertain, now=NOW, policy=policy or RetryPolicy(), jitter=jitter
    )


def test_a_permanent_refusal_fails_at_once_and_is_never_retried() -> None:
    assert verdict(PermanentDeliveryError("550 no such user")) == Verdict(
        state=OutboxState.FAILED, not_before=None, reason="refused for good: 550 no such user"
    )


def test_a_refusal_after_an_unknown_attempt_stays_uncertain() -> None:
    assert verdict(PermanentDeliveryError("550 no"), attempts=2, uncertain=True) == Verdict(
        state=OutboxState.FAILED, not_before=None, reason="refused for good: 550 no", uncertain=True
    )


def test_a_transient_failure_queues_the_message_again() -> None:
    assert verdict(TransientDeliveryError("451 greylisted")) == Verdict(
        state=OutboxState.QUEUED, not_before=NOW + MINUTE, reason="not delivered, will try again: 451 greylisted"
    )


def test_a_transient_failure_after_an_unknown_attempt_stays_uncertain() -> None:
    assert verdict(TransientDeliveryError("451 later"), attempts=2, uncertain=True).uncertain is True


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 32), (7, 64), (8, 120), (11, 120)]
)
def test_the_pause_doubles_up_to_the_longest(attempts: int, minutes: int) -> None:
    assert verdict(TransientDeliveryError("451"), attempts=attempts).not_before == NOW + minutes * MINUTE


@pytest.mark.parametrize(("asked", "minutes"), [(30, 30), (0, 1)])
def test_the_servers_own_pause_is_honoured_where_it_is_longer(asked: int, minutes: int) -> None:
    error = TransientDeliveryError("421 busy", retry_after=timedelta(minutes=asked))
    assert verdict(error).not_before == NOW + minutes * MINUTE


def test_jitter_lengthens_a_pause_by_up_to_a_quarter() -> None:
    assert verdict(TransientDeliveryError("451"), attempts=3, jitter=1.0).not_before == NOW + 5 * MINUTE
    assert verdict(UnknownDeliveryError("cut off"), jitter=1.0).not_before == NOW + 18.75 * MINUTE


def test_a_cut_off_answer_is_unknown_and_the_same_bytes_go_again_after_a_pause() -> None:
    assert verdict(UnknownDeliveryError("cut off")) == Verdict(
        state=OutboxState.UNKNOWN,
        not_before=NOW + 15 * MINUTE,
        reason="may have arrived; the same bytes go again: cut off",
        uncertain=True,
    )


def test_where_hr_wants_it_a_cut_off_answer_is_held() -> None:
    assert verdict(UnknownDeliveryError("cut off"), policy=RetryPolicy(hold_unknown=True)) == Verdict(
        state=OutboxState.HELD, not_before=None, reason="may have arrived; held: cut off", uncertain=True
    )


def test_after_the_most_attempts_a_person_decides() -> None:
    assert verdict(TransientDeliveryError("451 full"), attempts=12) == Verdict(
        state=OutboxState.HELD, not_before=None, reason="given up after 12 attempts; retry or leave it: 451 full"
    )
    assert verdict(TransientDeliveryError("451 full"), attempts=11).state is OutboxState.QUEUED


@pytest.mark.parametrize(
    ("error", "before", "after"),
    [
        (TransientDeliveryError("451"), False, False),
        (TransientDeliveryError("451"), True, True),
        (UnknownDeliveryError("cut off"), False, True),
    ],
)
def test_giving_up_does_not_forget_that_it_may_have_arrived(*, error: DeliveryError, before: bool, after: bool) -> None:
    assert verdict(error, attempts=12, uncertain=before).uncertain is after


def test_a_server_that_is_down_for_days_makes_nobody_give_up() -> None:
    down = TransientDeliveryError("connection refused", connection_wide=True)
    assert verdict(down, attempts=100) == Verdict(
        state=OutboxState.QUEUED,
        not_before=NOW + timedelta(hours=2),
        reason="not delivered, will try again: connection refused",
    )


@given(
    attempts=st.integers(1, 10_000),
    uncertain=st.booleans(),
    jitter=st.floats(0, 1),
    first=st.timedeltas(timedelta(seconds=1), timedelta(hours=1)),
    longest=st.timedeltas(timedelta(hours=1), timedelta(days=1)),
    kind=st.sampled_from([TransientDeliveryError, UnknownDeliveryError, PermanentDeliveryError]),
)
def test_any_failure_has_a_verdict_with_a_next_try_within_bounds(
    *,
    attempts: int,
    uncertain: bool,
    jitter: float,
    first: timedelta,
    longest: timedelta,
    kind: type[DeliveryError],
) -> None:
    policy = RetryPolicy(first_pause=first, longest_pause=longest, most_attempts=20_000)
    result = verdict(kind("x"), attempts=attempts, uncertain=uncertain, policy=policy, jitter=jitter)
    assert (result.not_before is None) == (result.state is OutboxState.FAILED)
    if result.not_before is not None:
        assert NOW < result.not_before <= NOW + longest * 1.25
    assert result.uncertain is (uncertain or kind is UnknownDeliveryError)
