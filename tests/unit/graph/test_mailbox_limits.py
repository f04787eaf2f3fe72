"""What is spared of a mailbox, with time that passes only when somebody waits."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.delivery import TransientDeliveryError
from talkcycle.domain.service import GraphSettings, Limits
from talkcycle.transports.graph.limits import MailboxLimits, Window

BEGINS = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.at = BEGINS
        self.waited = timedelta(0)

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.at += timedelta(seconds=seconds)
        self.waited += timedelta(seconds=seconds)


def limits(time: Time, **settings: int) -> MailboxLimits:
    chosen = {"requests_per_10_minutes": 5, "upload_bytes_per_5_minutes": 100, "recipients_per_day": 2} | settings
    known = GraphSettings(tenant="t", client_id="c", secret="s", **chosen)  # type: ignore[arg-type]  # by name
    return MailboxLimits(known, clock=time, wait=time.wait)


def spend(spared: MailboxLimits, mailbox: str | None, *, size: int = 0, parts: int = 1) -> None:
    with spared.request(mailbox, size=size, parts=parts):
        pass


@given(
    most=st.integers(1, 20),
    amounts=st.lists(st.tuples(st.integers(1, 25), st.integers(0, 40)), max_size=60),
)
def test_no_span_ever_holds_more_than_is_allowed(most: int, amounts: list[tuple[int, int]]) -> None:
    """Except for what is larger than everything: it goes alone."""
    span = timedelta(seconds=30)
    window, now = Window(most, span), BEGINS
    taken: list[tuple[datetime, int]] = []
    for amount, later in amounts:
        now = max(now + timedelta(seconds=later), window.room_at(amount, now + timedelta(seconds=later)))
        assert window.room_at(amount, now) == now
        window.take(amount, now)
        taken.append((now, amount))

    for end, _ in taken:
        within = [amount for at, amount in taken if end - span < at <= end]
        assert sum(within) <= most or len(within) == 1


def test_nobody_waits_below_the_limit_and_everybody_is_counted_by_themselves() -> None:
    time = Time()
    spared = limits(time)
    for mailbox in ("a@x.example", "b@x.example"):
        for _ in range(5):
            spend(spared, mailbox)

    assert time.waited == timedelta(0)


def test_whoever_is_over_the_limit_waits_until_the_first_request_is_ten_minutes_old() -> None:
    time = Time()
    spared = limits(time)
    for _ in range(6):
        spend(spared, "a@x.example")

    assert timedelta(minutes=10) < time.waited < timedelta(minutes=10, seconds=5)


def test_a_mailbox_is_the_same_however_its_address_is_written() -> None:
    time = Time()
    spared = limits(time)
    for mailbox in ["a@x.example", "A@X.example"] * 3:
        spend(spared, mailbox)

    assert time.waited > timedelta(0)


def test_each_part_of_a_batch_counts() -> None:
    time = Time()
    spared = limits(time)
    spend(spared, "a@x.example", parts=5)
    spend(spared, "a@x.example")

    assert time.waited > timedelta(minutes=10)


def test_uploads_wait_for_their_own_window() -> None:
    time = Time()
    spared = limits(time)
    for _ in range(3):
        spend(spared, "a@x.example", size=50)

    assert timedelta(minutes=5) < time.waited < timedelta(minutes=5, seconds=5)


def test_what_is_no_mailboxs_waits_for_nothing() -> None:
    time = Time()
    spared = limits(time)
    for _ in range(20):
        spend(spared, None, size=1000)

    assert time.waited == timedelta(0)


def test_a_days_recipients_are_refused_until_there_is_room_again() -> None:
    time = Time()
    spared = limits(time)
    for _ in range(2):
        spared.recipient("a@x.example")
        time.at += timedelta(hours=1)

    with pytest.raises(TransientDeliveryError) as refusal:
        spared.recipient("a@x.example")

    assert refusal.value.mailbox_wide
    assert refusal.value.retry_after is not None
    time.at += refusal.value.retry_after
    spared.recipient("a@x.example")


def test_no_more_lines_than_allowed_are_in_one_mailbox_at_once() -> None:
    time = Time()
    known = GraphSettings(tenant="t", client_id="c", secret="s", limits=Limits(per_mailbox=2))
    spared = MailboxLimits(known, clock=time, wait=time.wait)
    inside, most, together = [0], [0], Barrier(2)

    def work(*, meets: bool) -> None:
        with spared.request("a@x.example"):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if meets:
                together.wait(5)
            inside[0] -= 1

    threads = [Thread(target=work, kwargs={"meets": number < 2}) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most[0] == 2
