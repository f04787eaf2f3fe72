from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from builders import a_cycle, a_person, a_round, a_step, a_talk, at
from dispatching import NOON, SENDER, JumpingClock, Log, PlainTexts, an_empty_store, queue, rows, states
from talkcycle.daemon.tick import LEASE, SILENCE, Ticker
from talkcycle.domain.cycle import Digests, Recipients
from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.holds import ALWAYS_PLAUSIBLE
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.people import Roster
from talkcycle.domain.routes import Routing
from talkcycle.domain.talks import Entry
from talkcycle.rounds.advance import HORIZON, Advance
from talkcycle.rounds.hold import hold_all, release_all
from talkcycle.store import tables
from talkcycle.store.open import SqlStore

CYCLE = a_cycle(
    steps=(a_step("invitation", -21, calendar=True), a_step("reminder", -2, Recipients.EMPLOYEE)),
    digests=Digests(managers=False, hr=False),
)
ROUND = a_round(cycle=CYCLE)
INVITATION, REMINDER = at(2027, 2, 17, 8), at(2027, 3, 8, 8)
"""9:00 in Stockholm, 21 and 2 days before the talk of ``a_talk``."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
QUEUED, SENDING, UNKNOWN, HELD = OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.HELD


@dataclass(slots=True)
class Service:
    """A database with a round, and the ticker of a daemon on it."""

    folder: Path
    clock: JumpingClock
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    log: Log = field(default_factory=Log)
    store: SqlStore = field(init=False)
    ticker: Ticker = field(init=False)

    def __post_init__(self) -> None:
        self.store = an_empty_store(self.folder)
        self.ticker = Ticker(
            store=self.store,
            shelf=PlainTexts(self.store),
            clock=self.clock,
            policy=self.policy,
            routing=Routing(sender=SENDER),
            mark=self.folder / "mark",
            log=self.log.logger,
        )

    def add_round(self, employees: Sequence[str] = ("anna",), *, next_due: datetime = INVITATION) -> None:
        """A talk of each of *employees* with ``bo``, to be looked at when *next_due* says."""
        people = tuple(a_person(each) for each in employees)
        talks = [a_talk(each) for each in employees]
        entries = [
            Entry(
                round=ROUND.id,
                talk=each.id,
                number=1,
                uid=f"{each.id}@talkcycle.example",
                sequence=0,
                transport="smtp",
                organizer=SENDER,
            )
            for each in talks
        ]
        with self.store.write() as session:
            session.rosters.save(Roster(version=ROUND.roster, people=(*people, a_person("bo", manager=None))), at=NOON)
            session.rounds.add(ROUND, {})
            session.talks.add(talks, entries)
            session.schedule.put(ROUND.id, {each.subject: next_due for each in talks})

    @property
    def next_due(self) -> datetime | None:
        with self.store.read() as session:
            return session.schedule.next()

    @property
    def hold(self) -> str:
        with self.store.read() as session:
            return session.ledger.hold() or ""

    def claim(self, owner: str, limit: int = 10) -> list[int]:
        with self.store.write() as session:
            now = self.clock.now()
            return [each.id for each in session.outbox.claim(owner=owner, transport="smtp", now=now, limit=limit)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path, JumpingClock(INVITATION - 2 * HOUR))
    yield service
    service.store.close()


def test_with_nothing_due_nothing_is_touched_but_the_mark(service: Service) -> None:
    service.add_round()

    assert [service.ticker.tick(), service.ticker.tick()] == [Advance(), Advance()]

    assert (rows(service.store), service.next_due, service.log.events) == ([], INVITATION, [])
    assert (service.folder / "mark").read_text() == "2"
    with service.store.read() as session:
        assert (session.ledger.mark(), session.ledger.last_tick()) == (2, service.clock.now())


def test_what_is_due_within_the_hour_is_rendered_and_queued_for_its_instant(service: Service) -> None:
    service.add_round()
    service.clock.jump(2 * HOUR - HORIZON + MINUTE)

    assert service.ticker.tick() == Advance(queued=2)

    assert [(row.key.step, row.key.recipient, row.state, row.due_at) for row in rows(service.store)] == [
        ("invitation", "person:anna", QUEUED, INVITATION),
        ("invitation", "person:bo", QUEUED, INVITATION),
    ]
    assert (service.next_due, service.log.events) == (REMINDER, ["tick"])


def test_a_tick_repeated_makes_nothing_twice(service: Service) -> None:
    service.add_round()
    service.clock.jump(2 * HOUR)
    service.ticker.tick()
    with service.store.write() as session:  # as if the first tick had died before it could say when to look next
        session.schedule.put(ROUND.id, {"talk:anna": INVITATION})

    assert service.ticker.tick() == Advance()
    assert states(service.store) == [QUEUED, QUEUED]


def test_more_subjects_than_a_batch_are_done_in_one_tick(service: Service) -> None:
    service.add_round([f"p{number:03d}" for number in range(60)])
    service.clock.jump(2 * HOUR - MINUTE)

    assert service.ticker.tick() == Advance(queued=120)
    assert Counter(row.key.recipient for row in rows(service.store))["person:bo"] == 60


def test_what_a_dead_daemon_had_taken_is_looked_at_again_after_the_lease(service: Service) -> None:
    service.add_round()
    service.clock.jump(2 * HOUR)
    now = service.clock.now()
    with service.store.write() as session:
        session.schedule.claim(before=now + HORIZON, until=now + HORIZON + LEASE, limit=50)

    service.clock.jump(LEASE)
    assert service.ticker.tick() == Advance()
    service.clock.jump(MINUTE)
    assert service.ticker.tick() == Advance(queued=2)


def test_one_broken_text_keeps_nobody_else_waiting_and_is_tried_again_an_hour_later(service: Service) -> None:
    service.add_round(["anna", "cecilia"])
    texts = service.ticker.shelf
    assert isinstance(texts, PlainTexts)
    texts.broken = frozenset({"talk:anna"})
    service.clock.jump(2 * HOUR)

    assert service.ticker.tick() == Advance(queued=2, broken=(("talk:anna", "invitation: ZeroDivisionError"),))
    assert {row.key.subject for row in rows(service.store)} == {"talk:cecilia"}
    assert service.log.events == ["tick", "a text could not be made"]
    assert "the name of somebody" not in str(service.log.capture.entries)

    texts.broken = frozenset()
    service.clock.jump(HOUR)
    assert service.ticker.tick() == Advance()
    service.clock.jump(MINUTE)
    assert service.ticker.tick() == Advance(queued=2)


def test_a_restart_settles_what_the_dead_daemon_held(service: Service) -> None:
    service.add_round()
    service.clock.jump(2 * HOUR)
    ids = queue(service.store, ["one", "two", "three"], due_at=service.clock.now())
    assert service.claim("dead") == ids

    service.ticker.start(alone=True)

    assert [(row.state, row.uncertain, row.attempts) for row in rows(service.store)] == [
        (UNKNOWN, True, 1),
        (QUEUED, False, 0),
        (QUEUED, False, 0),
    ]
    assert rows(service.store)[0].not_before == service.clock.now() + 15 * MINUTE
    assert service.log.events == ["settled messages of a dead worker"]


def test_by_policy_what_a_dead_daemon_may_have_sent_is_held(tmp_path: Path) -> None:
    service = Service(tmp_path, JumpingClock(INVITATION), policy=RetryPolicy(hold_unknown=True))
    service.add_round()
    queue(service.store, ["one", "two"], due_at=INVITATION)
    service.claim("dead")

    service.ticker.start(alone=True)

    assert states(service.store) == [HELD, QUEUED]
    service.store.close()


def test_beside_other_daemons_only_who_has_been_silent_for_long_is_dead(service: Service) -> None:
    service.add_round(next_due=REMINDER)
    queue(service.store, ["one", "two"], due_at=service.clock.now())
    service.claim("alive", 1)
    service.claim("silent", 1)

    service.ticker.start(alone=False)
    assert states(service.store) == [SENDING, SENDING]

    service.clock.jump(SILENCE + MINUTE)
    with service.store.write() as session:
        session.outbox.beat("alive", now=service.clock.now())
    service.ticker.tick()
    assert states(service.store) == [SENDING, UNKNOWN]


def test_what_may_have_arrived_is_queued_again_by_the_first_tick_after_its_pause(service: Service) -> None:
    service.add_round(next_due=REMINDER)
    queue(service.store, ["one"], due_at=service.clock.now())
    service.claim("dead")
    service.ticker.start(alone=True)

    service.clock.jump(15 * MINUTE - timedelta(seconds=1))
    service.ticker.tick()
    assert states(service.store) == [UNKNOWN]
    service.clock.jump(timedelta(seconds=1))
    service.ticker.tick()
    assert [(row.state, row.uncertain) for row in rows(service.store)] == [(QUEUED, True)]


def test_a_restored_backup_is_held_until_a_person_releases_it(service: Service) -> None:
    service.add_round()
    service.ticker.tick()
    (service.folder / "mark").write_text("4711")
    service.clock.jump(2 * HOUR)

    assert service.ticker.tick() == Advance()

    assert "restored backup" in service.hold
    assert (rows(service.store), service.next_due) == ([], INVITATION)
    assert service.log.events == ["the outbox is on hold"]
    with service.store.read() as session:
        assert [(entry.who, entry.action, entry.detail) for entry in session.ledger.trail(9)] == [
            ("service", "hold", service.hold)
        ]

    release_all(service.store, who="hr", now=service.clock.now())
    assert service.ticker.tick() == Advance(queued=2)


@pytest.mark.parametrize(
    ("jump", "reason"),
    [
        pytest.param(DAY + MINUTE, "over a day ago", id="away for more than a day"),
        pytest.param(-6 * MINUTE, "The clock shows", id="a clock set back"),
        pytest.param(400 * DAY, "over a day ago", id="a clock a year ahead"),
    ],
)
def test_after_a_jump_of_the_clock_nothing_is_decided_before_a_person_has_looked(
    service: Service, jump: timedelta, reason: str
) -> None:
    service.add_round()
    service.ticker.tick()
    service.clock.jump(jump)

    assert [service.ticker.tick(), service.ticker.tick()] == [Advance(), Advance()]

    assert reason in service.hold
    assert (rows(service.store), service.next_due) == ([], INVITATION)


def test_less_than_a_days_absence_needs_nobody(service: Service) -> None:
    service.add_round([f"p{number:03d}" for number in range(ALWAYS_PLAUSIBLE + 10)])
    service.ticker.tick()
    service.clock.jump(DAY)

    assert service.ticker.tick() == Advance(queued=2 * (ALWAYS_PLAUSIBLE + 10))
    assert service.hold == ""


def test_far_more_due_than_the_plan_foresaw_is_held(service: Service) -> None:
    service.add_round([f"p{number:03d}" for number in range(ALWAYS_PLAUSIBLE + 1)])
    service.ticker.tick()
    long_ago = {f"talk:p{number:03d}": INVITATION - 9 * DAY for number in range(ALWAYS_PLAUSIBLE + 1)}
    with service.store.write() as session:
        session.schedule.put(ROUND.id, dict(long_ago))

    assert service.ticker.tick() == Advance()
    assert "Far more is due than the plan foresaw: 51, not 0." in service.hold


def test_a_released_outbox_stays_released_however_much_has_fallen_due_meanwhile(service: Service) -> None:
    service.add_round([f"p{number:03d}" for number in range(ALWAYS_PLAUSIBLE + 10)])
    service.ticker.tick()
    service.clock.jump(2 * DAY)
    for _ in range(3):
        assert service.ticker.tick() == Advance()
        service.clock.jump(MINUTE)
    assert "over a day ago" in service.hold

    release_all(service.store, who="hr", now=service.clock.now())

    assert service.ticker.tick() == Advance(queued=2 * (ALWAYS_PLAUSIBLE + 10))
    assert service.hold == ""


def test_a_hold_by_a_person_keeps_the_tick_from_deciding_and_the_marks_moving(service: Service) -> None:
    service.add_round()
    hold_all(service.store, reason="HR asked", who="hr", now=service.clock.now())
    service.clock.jump(2 * HOUR)

    assert service.ticker.tick() == Advance()

    assert (rows(service.store), service.hold) == ([], "HR asked")
    assert (service.folder / "mark").read_text() == "1"
    with service.store.read() as session:
        assert session.ledger.last_tick() == service.clock.now()


def test_a_service_without_a_round_is_never_held(service: Service) -> None:
    service.ticker.tick()
    service.clock.jump(30 * DAY)

    assert (service.ticker.tick(), service.hold) == (Advance(), "")


def spoil(service: Service, *employees: str) -> None:
    """Their talks are somewhere that there is not: they cannot even be read."""
    with service.store.engine.begin() as connection:
        connection.execute(update(tables.talks).where(tables.talks.c.id.in_(employees)).values(place_kind="moon"))


def test_one_subject_that_cannot_be_looked_at_does_not_keep_the_others_waiting(service: Service) -> None:
    service.add_round(("anna", "bea", "carl"))
    spoil(service, "bea")
    service.clock.jump(2 * HOUR)

    assert service.ticker.tick().queued == 4

    assert {row.key.subject for row in rows(service.store)} == {"talk:anna", "talk:carl"}
    together, alone, _ = service.log.capture.entries
    assert (together["log_level"], together["subjects"], together["error"]) == ("warning", 3, "ValueError")
    assert (alone["log_level"], alone["subject"], alone["error"]) == ("error", "talk:bea", "ValueError")
    assert service.ticker.tick().queued == 0, "it is left alone until its lease is over"
    assert service.next_due == INVITATION + HORIZON + LEASE


def test_where_nothing_can_be_looked_at_the_tick_fails(service: Service) -> None:
    service.add_round(("anna", "bea"))
    spoil(service, "anna", "bea")
    service.clock.jump(2 * HOUR)

    with pytest.raises(ValueError, match="moon"):
        service.ticker.tick()

    assert rows(service.store) == []
