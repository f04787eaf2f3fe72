"""A refused login is the answer for everybody, for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatching import JumpingClock
from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.transports.exchange.sign_in import LOGIN_PAUSE, Gate

NOW = datetime(2027, 2, 12, 8, 0, tzinfo=UTC)


def test_a_gate_is_open_at_first() -> None:
    Gate(JumpingClock(NOW).now).check()


@pytest.mark.parametrize(
    ("asked", "pause"),
    [(None, LOGIN_PAUSE), (timedelta(minutes=1), LOGIN_PAUSE), (timedelta(hours=1), timedelta(hours=1))],
)
def test_a_refusal_closes_it_for_a_quarter_of_an_hour_or_as_long_as_the_server_wants(
    asked: timedelta | None, pause: timedelta
) -> None:
    clock = JumpingClock(NOW)
    gate = Gate(clock.now)
    refusal = gate.close("the login was refused", asked)
    clock.jump(timedelta(minutes=5))

    with pytest.raises(TransientDeliveryError, match="the login was refused") as again:
        gate.check()

    assert (refusal.connection_wide, refusal.retry_after) == (True, pause)
    assert (again.value.connection_wide, again.value.retry_after) == (True, pause - timedelta(minutes=5))
    clock.jump(pause)
    gate.check()
