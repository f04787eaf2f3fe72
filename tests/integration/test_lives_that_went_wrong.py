"""What lives at random found, each told once more by itself."""

from collections.abc import Iterator

import pytest

from life_of_a_talk import DAY, HOUR, Life
from talkcycle.domain.messages import OPTED_OUT, OutboxState
from talkcycle.domain.talks import TalkState


@pytest.fixture
def life() -> Iterator[Life]:
    life = Life()
    yield life
    life.end()


def reminded(life: Life, talk: str) -> None:
    """Live until half an hour before the reminder of *talk* is due: it waits in the outbox."""
    start = life.talks()[talk].start
    assert start is not None
    life.pass_time(start - 4 * DAY)
    while not any(row.state is OutboxState.QUEUED for row in life.rows(subject=f"talk:{talk}")):
        life.pass_time(life.clock.now() + HOUR / 2)


def test_who_abstains_in_the_last_second_gets_no_reminder_though_no_tick_has_looked_since(life: Life) -> None:
    reminded(life, "anna")
    [waiting] = [row for row in life.rows(subject="talk:anna") if row.state is OutboxState.QUEUED]
    life.clock.instant = waiting.due_at
    life.opt_out("anna")
    life.dispatcher.dispatch_due()
    life.work()

    assert life.talks()["anna"].state is TalkState.ABSTAINED
    after = {row.id: row for row in life.rows(subject="talk:anna")}
    assert after[waiting.id].state is OutboxState.WITHDRAWN
    assert [row.state for row in after.values() if row.key.step == OPTED_OUT] == [OutboxState.SENT]


def test_a_roster_that_is_broken_off_as_it_begins_to_be_applied_lets_nothing_go_to_who_has_left(life: Life) -> None:
    reminded(life, "anna")
    [waiting] = [row for row in life.rows(subject="talk:anna") if row.state is OutboxState.QUEUED]
    life.leave("anna")
    life.die_at(0, kept=True)
    assert not life.doing(life.apply_roster)
    life.clock.instant = waiting.due_at
    life.dispatcher.dispatch_due()
    life.work()
    assert {row.id: row for row in life.rows()}[waiting.id].state is OutboxState.WITHDRAWN
    assert life.talks()["anna"].state is TalkState.PLACED, "HR has not been told that it is done"

    assert life.doing(life.apply_roster)
    life.settle()
    assert life.talks()["anna"].state is TalkState.CANCELLED
