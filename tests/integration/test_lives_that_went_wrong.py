"""What lives at random found, each told once more by itself."""

from collections.abc import Iterator

import pytest

from life_begins import ROUTING
from life_of_a_talk import DAY, HOUR, Life, Trouble
from talkcycle.domain.messages import OPTED_OUT, Kind, OutboxState
from talkcycle.domain.talks import TalkState
from talkcycle.rounds.change import cancel_talk, move_talk


@pytest.fixture
def life() -> Iterator[Life]:
    life = Life()
    yield life
    life.end()


def reminded(life: Life, talk: str) -> None:
    """Live until the reminder of *talk* waits in the outbox."""
    start = life.talks()[talk].start
    assert start is not None
    life.pass_time(start - 2 * DAY - 6 * HOUR)
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


def test_where_one_of_the_two_is_invited_first_their_entry_is_not_in_the_way_of_the_others_invitation() -> None:
    life = Life.after(30)
    talks = life.talks().values()
    life.end()
    assert {talk.revision for talk in talks} == {0}, "nobody is busy, so nothing moves"


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


def test_an_invitation_that_failed_does_not_go_when_hr_tries_it_again_after_the_talk_was_called_off(life: Life) -> None:
    invited = invitation_refused(life)
    life.doing(lambda: cancel_talk(life.store, life.round_id, "anna", why="", who="hr", now=life.clock.now()))
    life.work()
    life.decide([invited], OutboxState.QUEUED)
    life.dispatcher.dispatch_due()
    life.work()
    assert {row.id: row for row in life.rows()}[invited].state is OutboxState.WITHDRAWN


def test_an_invitation_that_failed_does_not_go_after_the_one_for_the_new_time(life: Life) -> None:
    invited = invitation_refused(life)
    life.doing(lambda: life.choose("anna", 0, hosted=False))
    life.work()
    life.decide([invited], OutboxState.QUEUED)
    life.dispatcher.dispatch_due()
    life.work()
    assert {row.id: row for row in life.rows()}[invited].state is OutboxState.WITHDRAWN
    life.settle()


def invitation_refused(life: Life) -> int:
    """The number of Anna's, which the server refuses."""
    talk = life.talks()["anna"]
    assert talk.start is not None
    life.pass_time(talk.start - 21 * DAY - 6 * HOUR)
    life.trouble.extend([Trouble.REFUSED] * 100)
    life.pass_time(talk.start - 20 * DAY)
    life.trouble.clear()
    [row] = [row for row in life.rows(subject=talk.subject, recipient="person:anna") if row.kind is Kind.MEETING_CREATE]
    assert row.state is OutboxState.FAILED
    return row.id


def test_a_new_time_that_passed_while_the_service_was_away_still_takes_the_old_one_out_of_calendars() -> None:
    away = Life.after(30)
    start, tomorrow = away.talks()["eva"].start, away.clock.now().replace(hour=13) + DAY
    assert start is not None
    move_talk(
        away.store,
        away.round_id,
        "eva",
        start=tomorrow,
        place=None,
        who="hr",
        routing=ROUTING,
        now=away.clock.now(),
        short_notice=True,
    )
    away.clock.instant = tomorrow + DAY
    assert away.clock.now() < start
    away.settle()
    starts = {itip.start for itip in away.attendees["eva@norrsken.example"].live().values()}
    away.end()
    assert start not in starts
