"""Whatever happens in the life of talks that are kept by mail, what people have in their calendars is what we know.

A machine does what people, servers, clocks and kills do, in any order; after each step it looks at what must always hold.
``TALKCYCLE_LIVES`` and ``TALKCYCLE_STEPS`` in the environment have it look at more and longer lives, others each time.
"""

import os
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from harness.imip_calendar import Itip
from life_begins import DOMAIN, ROUTING
from life_of_a_talk import BEGINNINGS, Life, Trouble
from mail_samples import SHAPES
from talkcycle.domain.agreements import Progress
from talkcycle.domain.messages import KnownMessage, OutboxState
from talkcycle.domain.people import OFFICE_WEEK, Absence, Person
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.hold import hold_all, release_all
from talkcycle.rounds.proposals import keep_time
from talkcycle.rounds.reassign import exclude_talk

LESS: Mapping[str, Callable[[date], dict[str, Any]]] = {
    "away": lambda first: {"absences": (Absence(first=first, last=first + timedelta(days=6)),)},
    "part time": lambda _: {"hours": ((), *OFFICE_WEEK[1:4], (), (), ())},
    "ends": lambda last: {"ends": last},
    "excluded": lambda _: {"excluded": "so"},
    "as before": lambda _: {"absences": (), "hours": OFFICE_WEEK, "ends": None, "excluded": None},
}
"""What becomes different of somebody in the roster, from some day on."""
STOCKHOLM = ZoneInfo("Europe/Stockholm")
TALKS = st.sampled_from(["anna", "bo", "dan", "eva", "pia"])
PEOPLE = st.sampled_from(["anna", "bo", "cem", "dan", "eva", "karin", "pia"])
HOSTS = st.sampled_from(["bo", "cem", "eva", "karin"])
WHICH = st.integers(0, 30)
"""Of however many there are."""
PARTSTATS = st.sampled_from(["ACCEPTED", "DECLINED", "TENTATIVE"])
VOUCHED = st.sampled_from([True, True, False])
THEN = st.sampled_from(["work", "a day", "dispatch", "tick", "nothing", "work"])
"""What the service comes to do next: a dispatch without a tick before it is what happens within the minute."""


class LifeOfATalk(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.life: Life

    @initialize(days=st.sampled_from([16, 30, *BEGINNINGS]))
    def begin(self, days: int) -> None:
        self.life = Life.after(days) if days else Life()

    # Time and the machine

    @rule(hours=st.sampled_from([1, 4, 24, 72, 168, 400]))
    def pass_time(self, hours: int) -> None:
        until = self.life.clock.now() + timedelta(hours=hours)
        if self.life.doing(lambda: self.life.pass_time(until)) and not self.life.on_hold():
            self.life.check_calendars()

    @rule(minutes=st.sampled_from([-90, -4, -2, 20, 60]), then=THEN)
    def turn_the_clock(self, minutes: int, then: str) -> None:
        self.life.clock.jump(timedelta(minutes=minutes))
        self.life.turned_back |= minutes < 0
        self.then(then)

    @rule(hours=st.sampled_from([0, 6, 23, 60, 240]), then=THEN)
    def be_away(self, hours: int, then: str) -> None:
        self.life.clock.jump(timedelta(hours=hours))
        self.life.doing(self.life.restart)
        self.then(then)

    @rule(kinds=st.lists(st.sampled_from(Trouble), min_size=1, max_size=3))
    def have_trouble(self, kinds: list[Trouble]) -> None:
        self.life.trouble.extend(kinds)

    @rule(commit=st.integers(0, 6), kept=st.booleans())
    def die_soon(self, *, commit: int, kept: bool) -> None:
        self.life.die_at(commit, kept=kept)

    @rule(
        down=st.booleans(),
        who=st.sampled_from(["bo", "dan", "eva"]),
        days=st.integers(1, 40),
        hours=st.sampled_from([0, 1, 8, 100]),
    )
    def get_busy(self, *, down: bool, who: str, days: int, hours: int) -> None:
        """Those whose calendars can be asked, while they can."""
        self.life.calendars_down = down
        begins = datetime.combine(self.today() + timedelta(days=days), time(9), STOCKHOLM)
        self.life.busy[who].append((begins, begins + timedelta(hours=hours)))

    # Those who were invited

    @rule(
        who=PEOPLE,
        which=WHICH,
        partstat=PARTSTATS,
        shape=st.sampled_from(sorted(SHAPES)),
        vouched=VOUCHED,
        times=st.sampled_from([1, 1, 2]),
        then=THEN,
    )
    def answer(self, *, who: str, which: int, partstat: str, shape: str, vouched: bool, times: int, then: str) -> None:
        request = self.request_to(who, which)
        if request is not None:
            attendee = self.life.attendees[request[0]]
            mail = attendee.answer(request[1], partstat, shape=shape, at=self.life.clock.now(), vouched=vouched)
            self.life.mails.extend([mail] * times)
            self.read_mails(then)

    @rule(
        who=PEOPLE,
        which=WHICH,
        partstat=PARTSTATS,
        shape=st.sampled_from(["outlook", "gmail"]),
        vouched=VOUCHED,
        days=st.integers(-3, 9),
        hour=st.integers(9, 15),
        then=THEN,
    )
    def propose(
        self, *, who: str, which: int, partstat: str, shape: str, vouched: bool, days: int, hour: int, then: str
    ) -> None:
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
            self.read_mails(then)

    @rule(talk=TALKS, suits=st.booleans(), then=THEN)
    def say_that_it_suits(self, *, talk: str, suits: bool, then: str) -> None:
        self.life.doing(lambda: self.life.say_that_it_suits(talk, suits=suits))
        self.then(then)

    @rule(talk=TALKS, how=st.sampled_from(["opt out", "call off", "cancel", "exclude"]), then=THEN)
    def end(self, talk: str, how: str, then: str) -> None:
        life, now = self.life, self.life.clock.now()
        match how:
            case "opt out":
                life.doing(lambda: life.opt_out(talk))
            case "call off":
                life.doing(lambda: life.host(talk, how))
            case "cancel":
                life.doing(lambda: cancel_talk(life.store, life.round_id, talk, why="so", who="hr", now=now))
            case _:
                life.doing(lambda: exclude_talk(life.store, life.round_id, talk, reason="so", who="hr", now=now))
        self.then(then)

    @rule(talk=TALKS, how=st.sampled_from(["keep", "take up", "keep for HR"]), then=THEN)
    def decide_about_a_proposal(self, talk: str, how: str, then: str) -> None:
        life, now = self.life, self.life.clock.now()
        if how == "keep for HR":
            life.doing(lambda: keep_time(life.store, life.round_id, talk, who="hr", now=now))
        else:
            life.doing(lambda: life.host(talk, how))
        self.then(then)

    @rule(talk=TALKS, which=WHICH, hosted=st.booleans(), then=THEN)
    def choose(self, *, talk: str, which: int, hosted: bool, then: str) -> None:
        """Also what was off by one's own choice comes back like this."""
        self.life.doing(lambda: self.life.choose(talk, which, hosted=hosted))
        self.then(then)

    # After the talk

    @rule(
        talk=TALKS,
        hosted=st.booleans(),
        held=st.sampled_from([True, True, False]),
        days=st.lists(st.integers(0, 60), max_size=4),
        confirmed=st.booleans(),
        then=THEN,
    )
    def write_down(self, *, talk: str, hosted: bool, held: bool, days: list[int], confirmed: bool, then: str) -> None:
        self.life.doing(lambda: self.life.write_down(talk, hosted=hosted, held=held, days=days))
        if confirmed:
            self.life.doing(lambda: self.life.confirm(talk, hosted=not hosted))
        self.then(then)

    @rule(who=PEOPLE, which=WHICH, to=st.sampled_from(Progress), then=THEN)
    def go_on(self, who: str, which: int, to: Progress, then: str) -> None:
        self.life.doing(lambda: self.life.go_on(who, which, to))
        self.then(then)

    # HR

    @rule(
        talk=TALKS,
        days=st.sampled_from([22, 15, 14, 13, 8, 3, 1, 30]),
        hour=st.integers(8, 16),
        short_notice=VOUCHED,
        then=THEN,
    )
    def move(self, *, talk: str, days: int, hour: int, short_notice: bool, then: str) -> None:
        """To a day on either side of the notice and of the invitation."""
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
        self.then(then)

    @rule(talk=TALKS, manager=HOSTS, then=THEN)
    def reassign(self, talk: str, manager: str, then: str) -> None:
        self.life.doing(lambda: self.life.reassign(talk, manager))
        self.then(then)

    @rule(holds=st.sampled_from([False, False, True]), then=THEN)
    def hold_or_release(self, *, holds: bool, then: str) -> None:
        life, now = self.life, self.life.clock.now()
        if holds:
            life.doing(lambda: hold_all(life.store, reason="wait", who="hr", now=now))
        else:
            life.doing(lambda: release_all(life.store, who="hr", now=now))
        self.then(then)

    @rule(which=WHICH, to=st.sampled_from([OutboxState.QUEUED, OutboxState.QUEUED, OutboxState.HELD]), then=THEN)
    def hold_or_release_one(self, which: int, to: OutboxState, then: str) -> None:
        rows = [row for row in self.life.rows() if may_go(row, to)]
        if rows:
            row = rows[which % len(rows)]
            self.life.doing(lambda: self.life.decide([row.id], to))
            self.then(then)

    @rule(
        who=st.sampled_from(["anna", "bo", "cem", "dan", "eva", "pia", "nils"]),
        what=st.sampled_from(["manager", "address", "leave", "join", *LESS]),
        host=HOSTS,
        days=st.integers(0, 40),
        then=THEN,
    )
    def change_the_roster(self, *, who: str, what: str, host: str, days: int, then: str) -> None:
        people = self.life.people
        if what == "join":
            self.life.join(a_colleague(who, host))
        elif who not in people:
            return
        elif what == "leave":
            self.life.leave(who)
        elif what == "manager":
            if host in people and who not in self.above(host):
                self.life.change(who, manager=host)
        elif what == "address":
            self.life.change(who, email=f"{who}.{days % 2}@{DOMAIN}")
        else:
            self.life.change(who, **LESS[what](self.today() + timedelta(days=days)))
        self.life.doing(self.life.apply_roster)
        self.then(then)

    # What comes of it

    def then(self, what: str) -> None:
        match what:
            case "work":
                if self.life.doing(self.life.work) and not self.life.on_hold():
                    self.life.check_calendars()
            case "a day":
                self.pass_time(24)
            case "tick":
                self.life.doing(self.life.tick)
            case "dispatch":
                self.life.doing(self.life.dispatcher.dispatch_due)

    def read_mails(self, then: str) -> None:
        if then == "nothing":
            return
        self.life.report_bounces()
        if self.life.doing(self.life.read_mails):
            self.life.check_answers()
        self.then(then)

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


def a_colleague(who: str, host: str) -> Person:
    return Person(
        id=who,
        name=who.capitalize(),
        email=f"{who}@{DOMAIN}",
        manager=host,
        language="sv",
        zone="Europe/Stockholm",
        country="SE",
    )


def may_go(row: KnownMessage, to: OutboxState) -> bool:
    waits = {OutboxState.QUEUED, OutboxState.UNKNOWN}
    return row.state in (waits if to is OutboxState.HELD else {OutboxState.HELD, OutboxState.FAILED})


TestLifeOfATalk = LifeOfATalk.TestCase
LIVES, STEPS = os.environ.get("TALKCYCLE_LIVES"), os.environ.get("TALKCYCLE_STEPS")
TestLifeOfATalk.settings = settings(
    max_examples=int(LIVES or 32),
    stateful_step_count=int(STEPS or 20),
    derandomize=LIVES is None,
    phases=(Phase.generate,),  # lives are too long to be made shorter in a reasonable time
)
