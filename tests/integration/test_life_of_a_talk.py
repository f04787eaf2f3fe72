"""Whatever happens in the life of talks that are kept by mail, what people have in their calendars is what we know.

A machine does what people, servers, clocks and kills do, in any order; after each step it looks at what must always hold.
``TALKCYCLE_LIVES`` and ``TALKCYCLE_STEPS`` in the environment have it look at more and longer lives, others each time.
"""

import os
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.imip_calendar import Itip
from life_of_a_talk import DOMAIN, ROUTING, Life, Trouble
from mail_samples import SHAPES
from talkcycle.domain.agreements import Progress
from talkcycle.domain.messages import KnownMessage, OutboxState
from talkcycle.domain.people import OFFICE_WEEK, Absence, Person
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.hold import hold_all, release_all
from talkcycle.rounds.proposals import keep_time
from talkcycle.rounds.reassign import exclude_talk

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TALKS = st.sampled_from(["anna", "bo", "dan", "eva", "pia"])
PEOPLE = st.sampled_from(["anna", "bo", "cem", "dan", "eva", "pia"])
HOSTS = st.sampled_from(["karin", "bo", "cem", "eva"])
ADDRESSES = st.sampled_from(["anna", "bo", "cem", "dan", "eva", "karin"])
WHICH = st.integers(0, 30)
"""Of however many there are."""
DAYS = st.sampled_from([1, 3, 8, 13, 14, 15, 20, 22, 30])
"""How far ahead a talk is moved: on either side of the notice and of the invitation."""
PARTSTATS = st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"])


class LifeOfATalk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.life: Life

    @initialize(days=st.sampled_from([0, 9, 16, 30, 45]))
    def begin(self, days: int) -> None:
        """As the round is approved, or when nobody, some or all are invited, or most talks are over."""
        self.life = Life.after(days) if days else Life()

    # Time and the machine

    @rule()
    def work(self) -> None:
        if self.life.doing(self.life.work) and not self.life.on_hold():
            self.life.check_calendars()

    @rule(hours=st.sampled_from([1, 4, 20, 24, 72, 168, 400]))
    def pass_time(self, hours: int) -> None:
        until = self.life.clock.now() + timedelta(hours=hours)
        if self.life.doing(lambda: self.life.pass_time(until)) and not self.life.on_hold():
            self.life.check_calendars()

    @rule()
    def tick(self) -> None:
        self.life.doing(self.life.tick)

    @rule()
    def dispatch(self) -> None:
        self.life.doing(self.life.dispatcher.dispatch_due)

    @rule(minutes=st.sampled_from([-90, -4, -2, 3, 20, 60]))
    def turn_the_clock(self, minutes: int) -> None:
        self.life.clock.jump(timedelta(minutes=minutes))

    @rule(hours=st.sampled_from([0, 6, 23, 60, 240]))
    def be_away(self, hours: int) -> None:
        self.life.clock.jump(timedelta(hours=hours))
        self.life.doing(self.life.restart)

    @rule(commit=st.integers(0, 8), kept=st.booleans())
    def die_soon(self, *, commit: int, kept: bool) -> None:
        self.life.die_at(commit, kept=kept)

    @rule(kinds=st.lists(st.sampled_from(Trouble), min_size=1, max_size=3))
    def have_trouble(self, kinds: list[Trouble]) -> None:
        self.life.trouble.extend(kinds)

    @rule()
    def report_bounces(self) -> None:
        self.life.report_bounces()
        self.life.doing(self.life.read_mails)

    @rule(down=st.booleans())
    def lose_calendars(self, *, down: bool) -> None:
        self.life.calendars_down = down

    # Those who were invited

    @rule(
        who=ADDRESSES,
        which=WHICH,
        partstat=PARTSTATS,
        shape=st.sampled_from(sorted(SHAPES)),
        vouched=st.sampled_from([True, True, False]),
        times=st.sampled_from([1, 1, 2]),
    )
    def answer(self, *, who: str, which: int, partstat: str, shape: str, vouched: bool, times: int) -> None:
        request = self.request_to(who, which)
        if request is not None:
            attendee = self.life.attendees[request[0]]
            mail = attendee.answer(request[1], partstat, shape=shape, at=self.life.clock.now(), vouched=vouched)
            self.life.mails.extend([mail] * times)

    @rule(
        who=ADDRESSES,
        which=WHICH,
        partstat=PARTSTATS,
        shape=st.sampled_from(["outlook", "gmail"]),
        vouched=st.sampled_from([True, True, False]),
        days=st.integers(-3, 9),
        hour=st.integers(9, 15),
    )
    def propose(self, *, who: str, which: int, partstat: str, shape: str, vouched: bool, days: int, hour: int) -> None:
        request = self.request_to(who, which)
        if request is not None:
            day = request[1].start.astimezone(STOCKHOLM).date() + timedelta(days=days)
            self.life.mails.append(
                self.life.attendees[request[0]].answer(
                    request[1],
                    partstat,
                    shape=shape,
                    at=self.life.clock.now(),
                    vouched=vouched,
                    proposing=datetime.combine(day, time(hour), STOCKHOLM),
                )
            )

    @rule()
    def read_mails(self) -> None:
        if self.life.doing(self.life.read_mails):
            self.life.check_answers()

    @rule(talk=TALKS)
    def opt_out(self, talk: str) -> None:
        self.life.doing(lambda: self.life.opt_out(talk))

    @rule(talk=TALKS, which=WHICH, hosted=st.booleans())
    def choose(self, *, talk: str, which: int, hosted: bool) -> None:
        self.life.doing(lambda: self.life.choose(talk, which, hosted=hosted))

    @rule(talk=TALKS, suits=st.booleans())
    def say_that_it_suits(self, *, talk: str, suits: bool) -> None:
        self.life.doing(lambda: self.life.say_that_it_suits(talk, suits=suits))

    @rule(talk=TALKS, how=st.sampled_from(["call off", "keep", "take up"]))
    def host(self, talk: str, how: str) -> None:
        self.life.doing(lambda: self.life.host(talk, how))

    @rule(who=st.sampled_from(["bo", "dan", "eva"]), days=st.integers(1, 40), hours=st.sampled_from([1, 8, 100]))
    def get_busy(self, who: str, days: int, hours: int) -> None:
        begins = datetime.combine(self.today() + timedelta(days=days), time(9), STOCKHOLM)
        self.life.busy[who].append((begins, begins + timedelta(hours=hours)))

    # After the talk

    @rule(
        talk=TALKS,
        hosted=st.booleans(),
        held=st.sampled_from([True, True, False]),
        days=st.lists(st.integers(0, 60), max_size=4),
    )
    def write_down(self, *, talk: str, hosted: bool, held: bool, days: list[int]) -> None:
        self.life.doing(lambda: self.life.write_down(talk, hosted=hosted, held=held, days=days))

    @rule(talk=TALKS, hosted=st.booleans())
    def confirm(self, *, talk: str, hosted: bool) -> None:
        self.life.doing(lambda: self.life.confirm(talk, hosted=hosted))

    @rule(who=ADDRESSES, which=WHICH, to=st.sampled_from(Progress))
    def go_on(self, who: str, which: int, to: Progress) -> None:
        self.life.doing(lambda: self.life.go_on(who, which, to))

    # HR

    @rule(talk=TALKS, days=DAYS, hour=st.integers(8, 16), short_notice=st.booleans())
    def move(self, *, talk: str, days: int, hour: int, short_notice: bool) -> None:
        start = datetime.combine(self.today() + timedelta(days=days), time(hour), STOCKHOLM)
        self.life.doing(
            lambda: move_talk(
                self.life.store,
                self.life.round_id,
                talk,
                start=start,
                place=None,
                who="hr",
                routing=ROUTING,
                now=self.life.clock.now(),
                short_notice=short_notice,
            )
        )

    @rule(talk=TALKS, how=st.sampled_from(["cancel", "exclude", "keep"]))
    def decide_about(self, talk: str, how: str) -> None:
        life, now = self.life, self.life.clock.now()
        match how:
            case "cancel":
                life.doing(lambda: cancel_talk(life.store, life.round_id, talk, why="so", who="hr", now=now))
            case "exclude":
                life.doing(lambda: exclude_talk(life.store, life.round_id, talk, reason="so", who="hr", now=now))
            case _:
                life.doing(lambda: keep_time(life.store, life.round_id, talk, who="hr", now=now))

    @rule(talk=TALKS, manager=HOSTS)
    def reassign(self, talk: str, manager: str) -> None:
        self.life.doing(lambda: self.life.reassign(talk, manager))

    @rule(holds=st.booleans())
    def hold_or_release(self, *, holds: bool) -> None:
        life, now = self.life, self.life.clock.now()
        if holds:
            life.doing(lambda: hold_all(life.store, reason="wait", who="hr", now=now))
        else:
            life.doing(lambda: release_all(life.store, who="hr", now=now))

    @rule(which=WHICH, to=st.sampled_from([OutboxState.HELD, OutboxState.QUEUED, OutboxState.QUEUED]))
    def hold_or_release_one(self, which: int, to: OutboxState) -> None:
        rows = [row for row in self.life.rows() if may_go(row, to)]
        if rows:
            row = rows[which % len(rows)]
            self.life.doing(lambda: self.life.decide([row.id], to))

    # The roster

    @rule(who=PEOPLE)
    def leave(self, who: str) -> None:
        if who in self.life.people:
            self.life.leave(who)
            self.apply_roster()

    @rule(who=st.sampled_from(["anna", "bo", "dan", "nils"]), manager=HOSTS)
    def join(self, who: str, manager: str) -> None:
        self.life.join(
            Person(
                id=who,
                name=who.capitalize(),
                email=f"{who}@{DOMAIN}",
                manager=manager,
                language="sv",
                zone="Europe/Stockholm",
                country="SE",
            )
        )
        self.apply_roster()

    @rule(who=PEOPLE, manager=HOSTS)
    def get_another_manager(self, who: str, manager: str) -> None:
        people = self.life.people
        if who in people and manager in people and who not in self.above(manager):
            self.life.change(who, manager=manager)
            self.apply_roster()

    @rule(who=PEOPLE, number=st.integers(1, 2))
    def get_another_address(self, who: str, number: int) -> None:
        if who in self.life.people:
            self.life.change(who, email=f"{who}.{number}@{DOMAIN}")
            self.apply_roster()

    @rule(who=PEOPLE, what=st.sampled_from(["away", "part time", "ends", "excluded", "back"]), days=st.integers(0, 40))
    def be_there_less(self, who: str, what: str, days: int) -> None:
        if who not in self.life.people:
            return
        first = self.today() + timedelta(days=days)
        less: dict[str, dict[str, object]] = {
            "away": {"absences": (Absence(first=first, last=first + timedelta(days=6)),)},
            "part time": {"hours": ((), *OFFICE_WEEK[1:4], (), (), ())},
            "ends": {"ends": first},
            "excluded": {"excluded": "so"},
            "back": {"absences": (), "hours": OFFICE_WEEK, "ends": None, "excluded": None},
        }
        self.life.change(who, **less[what])
        self.apply_roster()

    @rule()
    def apply_roster(self) -> None:
        self.life.doing(self.life.apply_roster)

    # What always holds

    @invariant()
    def entries_are_in_order_and_messages_have_reasons(self) -> None:
        self.life.check_entries()
        self.life.check_reasons()

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        try:
            self.life.settle()
        finally:
            self.life.end()

    def request_to(self, who: str, which: int) -> tuple[str, Itip] | None:
        """Something that reached one of the addresses of *who*: the newest of it more often than what is older."""
        found = [
            (address, request)
            for address, attendee in sorted(self.life.attendees.items())
            if self.life.known_as.get(address) == who
            for those in attendee.seen.values()
            for request in (*those, *those[-1:] * len(those))
        ]
        return found[which % len(found)] if found else None

    def today(self) -> date:
        return self.life.clock.now().astimezone(STOCKHOLM).date()

    def above(self, who: str | None) -> set[str]:
        """*who* and their managers up to the top."""
        found: set[str] = set()
        while who is not None and who not in found:
            found.add(who)
            who = self.life.people[who].manager
        return found


def may_go(row: KnownMessage, to: OutboxState) -> bool:
    waits = {OutboxState.QUEUED, OutboxState.UNKNOWN}
    return row.state in (waits if to is OutboxState.HELD else {OutboxState.HELD, OutboxState.FAILED})


TestLifeOfATalk = LifeOfATalk.TestCase
LIVES, STEPS = os.environ.get("TALKCYCLE_LIVES"), os.environ.get("TALKCYCLE_STEPS")
TestLifeOfATalk.settings = settings(
    max_examples=int(LIVES or 25),
    stateful_step_count=int(STEPS or 30),
    derandomize=LIVES is None,
    phases=(Phase.generate,),  # lives are too long to be made shorter in a reasonable time
)
