"""A small organisation whose round lives: the real service around a clock that jumps, and people who do as they please.

Everything is real but time, the mail server and the mailboxes. The server fails when it is told to, and the process dies
at any commit or any message; what every message must be is looked at as it arrives.
"""

import hashlib
import shutil
import sqlite3
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from attendee_calendar import Attendee
from dispatching import JumpingClock, Log
from harness.imip_calendar import Itip, itip_of
from life_begins import APPROVED, DATABASE, ROUTING, SECRET, approved
from mail_samples import bounce, utc
from mortal_store import Killed, MortalStore, ServiceMailbox
from talkcycle.daemon.dispatch import Dispatcher, DispatchSummary
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.agreements import ActionDraft, Progress
from talkcycle.domain.busy import Owner, Unfetched
from talkcycle.domain.delivery import (
    PermanentDeliveryError,
    Receipt,
    RetryPolicy,
    TransientDeliveryError,
    UnknownDeliveryError,
)
from talkcycle.domain.faults import Refused
from talkcycle.domain.links import Link, Purpose
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import OPTED_OUT, Kind, KnownMessage, OutboxState
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.ports import Parcel
from talkcycle.domain.service import Limits
from talkcycle.domain.store import OutboxFilter
from talkcycle.domain.talks import Entry, Round, Talk, TalkState
from talkcycle.rounds.advance import Advance
from talkcycle.rounds.calendars_now import CalendarsNow
from talkcycle.rounds.chosen_time import choose_time, offers
from talkcycle.rounds.follow_up import FollowUp, OwnActions, confirm, go_on, problems_of, write_down
from talkcycle.rounds.hold import decide, release_all
from talkcycle.rounds.hosted_talk import call_off, keep, take_up
from talkcycle.rounds.inbox import read_inbox
from talkcycle.rounds.mailbox_times import Mailboxes
from talkcycle.rounds.own_pages import Opened, TalkPage, open_page
from talkcycle.rounds.own_talk import answer_time, opt_out
from talkcycle.rounds.page_links import PageLinks
from talkcycle.rounds.reassign import reassign_talk, time_with
from talkcycle.rounds.rebooking import Rebooked
from talkcycle.rounds.roster_apply import roster_apply
from talkcycle.rounds.roster_diff import roster_diff
from talkcycle.rounds.texts import TextShelf
from talkcycle.store.open import open_store

MEMORY = Path("/dev/shm")
"""A life commits thousands of times, and a disk makes each of them wait; the database is the same."""
PAGES = "https://talks.norrsken.example"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST = timedelta(hours=23)
"""Between two ticks of a service that runs; after a day it would wonder."""
BEGINNINGS = (0, 9, 16, 30, 45)
"""Days after the approval: nobody is invited, some are, all are, and most talks are over."""
TOLD = ("bo", "dan", "eva")
"""Whose calendars can be asked at an address."""
ASKED = "for,address\n" + "".join(f"{id_},https://calendars.example/{id_}\n" for id_ in TOLD)
TEXTS: dict[str, Any] = {}
"""The round's texts are frozen: read once for all lives."""
NEVER_ASKED = frozenset({"ulf"})
"""Not of the round, and nobody's host."""
PUTS = frozenset({Kind.MEETING_CREATE, Kind.MEETING_CHANGE})
IN_CALENDARS = PUTS | {Kind.MEETING_CANCEL}
UNSETTLED = frozenset(
    {OutboxState.QUEUED, OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.HELD, OutboxState.FAILED}
)
NEEDS_REASON = frozenset(
    {OutboxState.WITHDRAWN, OutboxState.SKIPPED, OutboxState.HELD, OutboxState.FAILED, OutboxState.UNKNOWN}
)


class Trouble(StrEnum):
    """What becomes of a message instead of arriving. ``cut``: the line dies after the content, which arrived or was lost.

    ``bounced``: the server takes it, and later reports that it did not arrive.
    """

    BUSY = "busy"
    DOWN = "down"
    REFUSED = "refused"
    CUT_ARRIVED = "cut, arrived"
    CUT_LOST = "cut, lost"
    BOUNCED = "bounced"
    KILLED_BEFORE = "killed before"
    KILLED_AFTER = "killed after"


CERTAINLY_NOT = frozenset({Trouble.BUSY, Trouble.DOWN, Trouble.REFUSED})
LOSES = frozenset({Trouble.CUT_LOST, Trouble.BOUNCED})
COMES_AGAIN = frozenset({Trouble.CUT_ARRIVED, Trouble.CUT_LOST, Trouble.KILLED_AFTER, Trouble.BOUNCED})


@dataclass(slots=True)
class Sent:
    """What is known of one message on the wire. *arrived*: how often. *excused*: it may rightly come once more."""

    payload: bytes
    arrived: int = 0
    excused: bool = False


class Life:
    """A round under way, in a folder of its own; it is the mail server, too: a ``domain.ports.Sending`` and its line.

    Attributes:
        people: HR's roster as it is in HR's hands, applied or not, by id.
        invited: Talks, by whether the last message about it that may have arrived puts it into a calendar.
        known_as: Every address somebody ever had, to whose it is.
        trouble: What becomes of the next messages.
        busy: When those whose calendars can be asked are busy besides their talks, by id.
        bounced: Message-IDs of mails that the server took and did not deliver; what it reports is still to come.
        kills: How often the process has died.
    """

    name = "smtp"

    def __init__(self) -> None:
        database, self.round_id, people, self.holidays = approved()
        self.folder = Path(mkdtemp(prefix="life-", dir=MEMORY if MEMORY.is_dir() else None))
        (self.folder / DATABASE).write_bytes(database)
        (self.folder / "calendars").mkdir()
        (self.folder / "calendars" / "addresses.csv").write_text(ASKED)
        self.clock = JumpingClock(APPROVED)
        self.people = {person.id: person for person in people}
        self.known_as = {person.email: person.id for person in people if person.email}
        self.attendees: dict[str, Attendee] = {}
        self.mails: list[bytes] = []
        self.away: set[int] = set()
        self.trouble: deque[Trouble] = deque()
        self.wire: dict[str, Sent] = {}
        self.sequences: dict[str, int] = {}
        self.invited: dict[str, bool] = {}
        self.bounced: list[str] = []
        self.busy: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        self.calendars_down = False
        self.turned_back = False
        self.not_told_at = APPROVED
        self.log = Log()
        self.kills = 0
        self.known_entries: dict[tuple[str, int], Entry] = {}
        self.start()

    @classmethod
    def after(cls, days: int) -> "Life":
        """So many days after the approval, in which nothing went wrong: lived once, then taken from there."""
        database, mark, kept, clock = lived(days)
        life = cls()
        life.store.inner.close()
        (life.folder / DATABASE).write_bytes(database)
        (life.folder / "mark").write_bytes(mark)
        for name, value in deepcopy(kept).items():
            setattr(life, name, value)
        life.clock.instant = clock
        life.start()
        return life

    # The process

    def start(self) -> None:
        """A process begins with what the last one left."""
        self.store = MortalStore(open_store(f"sqlite:///{self.folder / DATABASE}", secret=SECRET))
        self.inbox = ServiceMailbox(self.store, self.mails, self.away)
        self.ticker = Ticker(
            store=self.store,
            shelf=TextShelf(self.store, TEXTS),
            clock=self.clock,
            policy=RetryPolicy(),
            routing=ROUTING,
            mark=self.folder / "mark",
            log=self.log.logger,
            calendars=self.calendars(),
            page_link=PageLinks(store=self.store, url=PAGES),
        )
        self.dispatcher = Dispatcher(
            store=self.store,
            transports={self.name: self},
            clock=self.clock,
            policy=RetryPolicy(),
            limits={self.name: Limits(per_minute=None, connections=1, per_mailbox=1)},
            jitter=lambda: 0.0,
            log=self.log.logger,
        )
        self.ticker.start(alone=True)

    def die_at(self, commit: int, *, kept: bool) -> None:
        """The process dies at its next but *commit* transactions; *kept*: that one is durable."""
        self.store.left, self.store.kept = commit, kept

    def restart(self) -> None:
        self.store.inner.close()
        self.start()

    def end(self) -> None:
        self.store.inner.close()
        shutil.rmtree(self.folder)

    def doing(self, work: Callable[[], object]) -> bool:
        """Do *work*; false if it was refused, or cut off by the death of the process, after which another begins."""
        try:
            work()
        except Refused:
            return False
        except Killed:
            self.kills += 1
            self.restart()
            return False
        return True

    def tick(self) -> Advance:
        ticked = self.ticker.tick()
        assert ticked.broken == (), "a text could not be made"
        return ticked

    def work(self, *, looks: int = 2) -> None:
        """All that is due now is made and sent, in some seconds; so often has to be looked in vain."""
        quiet = 0
        for _ in range(40):
            done = (self.tick(), self.dispatcher.dispatch_due()) != (Advance(), DispatchSummary())
            quiet = 0 if done else quiet + 1
            if quiet == looks:  # what waits for another message goes with a later tick
                return
            self.clock.jump(timedelta(seconds=1))
        raise AssertionError("the service does not come to rest")

    def pass_time(self, until: datetime) -> None:
        """Live until then: whenever something is due it is done. On hold only time passes."""
        while self.clock.now() < until:
            self.work(looks=1)
            now = self.clock.now()
            with self.store.inner.read() as session:
                due = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None and at > now]
            self.clock.instant = max(now, min([*due, now + LONGEST, until]))
        self.work()

    def calendars(self) -> CalendarsNow:
        return CalendarsNow(mailboxes=Mailboxes(routing=ROUTING, free_busy={}), fetch=self.fetch, config=self.folder)

    def fetch(self, urls: Mapping[Owner, str], /) -> Mapping[Owner, bytes | Unfetched]:
        """Each one's calendar with what they have besides and what stands in it by mail."""
        if self.calendars_down:
            self.not_told_at = self.clock.now()
            return {owner: Unfetched(host="calendars.example", problem="Down.", mend="Wait.") for owner in urls}
        return {owner: self._calendar(str(owner)) for owner in urls}

    def _calendar(self, id_: str) -> bytes:
        email = self.people[id_].email if id_ in self.people else None
        live = self.attendees[email].live().values() if email in self.attendees else ()
        spans = [*self.busy[id_], *((each.start, each.end) for each in live)]
        events = "".join(
            f"BEGIN:VEVENT\nUID:{number}\nDTSTAMP:{utc(APPROVED)}\nDTSTART:{utc(begins)}\nDTEND:{utc(ends)}\nEND:VEVENT\n"
            for number, (begins, ends) in enumerate(spans)
        )
        return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//EN\n{events}END:VCALENDAR\n".encode()

    # What the service has in its database, whether it lives or not

    @property
    def round(self) -> Round:
        with self.store.inner.read() as session:
            found = session.rounds.get(self.round_id)
        assert found is not None
        return found

    def talks(self) -> dict[str, Talk]:
        with self.store.inner.read() as session:
            return {talk.id: talk for talk in session.talks.of_round(self.round_id)}

    def talk(self, id_: str) -> Talk | None:
        return self.talks().get(id_)

    def entries(self) -> dict[str, list[Entry]]:
        with self.store.inner.read() as session:
            talks = [talk.id for talk in session.talks.of_round(self.round_id)]
            return session.talks.all_entries(self.round_id, talks)

    def service_people(self) -> dict[str, Person]:
        """As the round runs with them."""
        with self.store.inner.read() as session:
            round_ = session.rounds.get(self.round_id)
            assert round_ is not None
            return session.rosters.people(round_.roster)

    def rows(self, **wanted: Any) -> list[KnownMessage]:
        with self.store.inner.read() as session:
            return session.outbox.find(OutboxFilter(limit=10_000, **wanted))

    def on_hold(self) -> bool:
        with self.store.inner.read() as session:
            return session.ledger.hold() is not None

    # What people do

    def opened(self, person: str, purpose: Purpose, talk: str | None) -> Opened | None:
        """What somebody's link opens; None: nothing."""
        link = Link(round=self.round_id, person=person, purpose=purpose, talk=talk)
        with self.store.inner.read() as session:
            token = session.links.token(session.links.current(link))
        return open_page(self.store, token, now=self.clock.now())

    def page(self, talk: str, *, hosted: bool = False) -> TalkPage | None:
        """Of its employee, or of its host."""
        there = self.talks().get(talk)
        if there is None:
            return None
        person, purpose = (there.manager, Purpose.HOSTED) if hosted else (there.employee, Purpose.TALK)
        page = self.opened(person, purpose, talk)
        assert page is None or isinstance(page, TalkPage)
        return page

    def follow_up(self, talk: str, *, hosted: bool) -> FollowUp | None:
        there = self.talks().get(talk)
        if there is None:
            return None
        page = self.opened(there.manager if hosted else there.employee, Purpose.FOLLOW_UP, talk)
        assert page is None or isinstance(page, FollowUp)
        return page

    def write_down(self, talk: str, *, hosted: bool, held: bool, days: Sequence[int]) -> None:
        """One of the two says whether it was held, and what is to be done by which days from now."""
        page = self.follow_up(talk, hosted=hosted)
        if page is None:
            return
        now, pair = self.clock.now(), page.pair
        drafts = [
            ActionDraft(what=f"Number {number}", responsible=pair[number % 2], due=now.date() + timedelta(days=ahead))
            for number, ahead in enumerate(days)
        ]
        if not problems_of(page, drafts, now=now):
            revision = page.agreement.revision if page.agreement else 0
            write_down(self.store, page, drafts, held=held, revision=revision, now=now)

    def confirm(self, talk: str, *, hosted: bool) -> None:
        page = self.follow_up(talk, hosted=hosted)
        if page is not None and page.agreement is not None:
            confirm(self.store, page, wording=page.agreement.wording, now=self.clock.now())

    def go_on(self, person: str, which: int, to: Progress) -> None:
        """How it goes with one of somebody's own next steps."""
        page = self.opened(person, Purpose.ACTIONS, None)
        if isinstance(page, OwnActions) and page.actions:
            own = page.actions[which % len(page.actions)]
            number, now = own.action.number, self.clock.now()
            go_on(self.store, page, own.talk, number, to=to, due=None, wording=own.wording, now=now)

    def opt_out(self, talk: str) -> None:
        page = self.page(talk)
        if page is not None:
            opt_out(self.store, page, "mine alone", revision=page.talk.revision, now=self.clock.now())

    def say_that_it_suits(self, talk: str, *, suits: bool) -> None:
        page = self.page(talk)
        if page is not None:
            if page.reader.email in self.attendees:  # what they say here is newer than what they answered by mail
                self.attendees[page.reader.email].given.clear()
            answer_time(self.store, page, suits=suits, revision=page.talk.revision, now=self.clock.now())

    def choose(self, talk: str, which: int, *, hosted: bool) -> None:
        """Another of the times that are offered."""
        page = self.page(talk, hosted=hosted)
        if page is None:
            return
        calendars, now = self.calendars(), self.clock.now()
        open_ = offers(self.store, page, calendars, now=now).offers
        if open_:
            start = open_[which % len(open_)].start
            choose_time(self.store, page, start, calendars, revision=page.talk.revision, routing=ROUTING, now=now)

    def host(self, talk: str, how: str) -> None:
        """What a host decides on the page of a talk: to call it off, or about a time that is proposed."""
        page = self.page(talk, hosted=True)
        if page is None:
            return
        revision, now = page.talk.revision, self.clock.now()
        if how == "call off":
            call_off(self.store, page, revision=revision, now=now)
        elif how == "keep":
            keep(self.store, page, revision=revision, now=now)
        elif page.proposal is not None:
            start, calendars = page.proposal.span[0], self.calendars()
            take_up(self.store, page, start, calendars, revision=revision, routing=ROUTING, now=now)

    def reassign(self, talk: str, manager: str) -> None:
        now = self.clock.now()
        _, time = time_with(self.store, self.calendars(), self.round_id, talk, manager, now=now)
        if isinstance(time, Rebooked):
            reassign_talk(
                self.store,
                self.round_id,
                talk,
                manager,
                start=time.start,
                place=time.place,
                who="hr",
                routing=ROUTING,
                now=now,
            )

    def apply_roster(self) -> None:
        """HR applies the roster it has."""
        people = tuple(self.people.values())
        roster = Roster(version=hashlib.sha256(repr(people).encode()).hexdigest(), people=people)
        now = self.clock.now()
        diff = roster_diff(self.store, self.round_id, roster, self.holidays, self.calendars(), routing=ROUTING, now=now)
        roster_apply(self.store, diff, who="hr", routing=ROUTING, now=now, confirm=True)

    def change(self, id_: str, **fields: Any) -> None:
        """Of somebody in HR's roster something is different."""
        self.people[id_] = person = replace(self.people[id_], **fields)
        if person.email is not None:
            self.known_as[person.email] = id_

    def leave(self, id_: str) -> None:
        """Somebody is not in HR's roster any more; their people have their manager's manager from now on."""
        gone = self.people.pop(id_)
        self.people = {
            each.id: replace(each, manager=gone.manager) if each.manager == id_ else each for each in self.people.values()
        }

    def join(self, person: Person) -> None:
        if person.manager in self.people and person.id not in self.people:
            self.people[person.id] = person
            self.change(person.id)

    def read_mails(self) -> None:
        read_inbox(self.store, self.inbox, clock=self.clock)

    # The mail server

    @contextmanager
    def connect(self) -> Iterator["Life"]:
        yield self

    def send(self, parcel: Parcel, /) -> Receipt:
        self._must_be_right(parcel)
        sent = self.wire[parcel.message_id]
        trouble = self.trouble.popleft() if self.trouble else None
        row = self.row_of(parcel)
        if row.kind in IN_CALENDARS and trouble not in CERTAINLY_NOT:
            self.invited[row.key.subject.removeprefix("talk:")] = row.kind in PUTS
        match trouble:
            case Trouble.BUSY:
                raise TransientDeliveryError("451 try again later")
            case Trouble.DOWN:
                raise TransientDeliveryError("no route to host", connection_wide=True)
            case Trouble.REFUSED:
                raise PermanentDeliveryError("550 no such user")
            case Trouble.KILLED_BEFORE:
                self.store.die()
        if trouble not in LOSES:
            assert sent.arrived == 0 or sent.excused, "sent twice without need"
            sent.arrived += 1
            sent.excused = False
            self.attendees.setdefault(parcel.address, Attendee(address=parcel.address)).receive(parcel.payload)
        # Whatever dies before the outcome is written down may rightly come again.
        sent.excused = trouble in COMES_AGAIN or self.store.left is not None
        match trouble:
            case Trouble.CUT_ARRIVED | Trouble.CUT_LOST:
                raise UnknownDeliveryError("the line died")
            case Trouble.KILLED_AFTER:
                self.store.die()
            case Trouble.BOUNCED:
                self.bounced.append(parcel.message_id)
        return Receipt(reply="250 OK")

    keep = send

    def _must_be_right(self, parcel: Parcel) -> None:
        """What holds for every message at the instant it is handed over."""
        known = self.wire.setdefault(parcel.message_id, Sent(parcel.payload))
        assert known.payload == parcel.payload, "one message, several texts"
        row = self.row_of(parcel)
        assert (row.address, row.state) == (parcel.address, OutboxState.SENDING)
        hr = self.round.cycle.hr.email
        to = None if parcel.address == hr else self.known_as[parcel.address]
        assert row.key.recipient == ("hr" if to is None else f"person:{to}")
        assert to not in NEVER_ASKED, "somebody outside the round gets something"
        self._nobody_who_is_out(row, to)
        if row.kind in IN_CALENDARS:
            itip = itip_of(parcel.payload)
            assert itip is not None
            self._in_order(row, itip)
            if row.kind is Kind.MEETING_CREATE:
                self._with_notice(row, itip)

    def row_of(self, parcel: Parcel) -> KnownMessage:
        [row] = [each for each in self.rows() if each.message_id == parcel.message_id]
        return row

    def _nobody_who_is_out(self, row: KnownMessage, to: str | None) -> None:
        """Who abstains, leaves or is removed gets nothing more but the end of what stands in their calendar.

        Who abstains is told once besides that it is noted; HR is told nothing about a talk that is off.
        """
        is_end = row.kind is Kind.MEETING_CANCEL
        if to is not None and not is_end:
            assert not self.service_people()[to].left, f"{row.key} goes to somebody who has left"
        about, _, id_ = row.key.subject.partition(":")
        talks = self.talks()
        if about == "talk":
            talk = talks[id_]
            noted = talk.state is TalkState.ABSTAINED and row.key.step == OPTED_OUT and to == talk.employee
            assert not talk.is_off or is_end or noted, f"{row.key} is about a talk that is off"
            assert to in {None, talk.employee, talk.manager} or is_end, f"{row.key} goes to a former host"
        elif about == "person":
            mine = [talk for talk in talks.values() if to in {talk.employee, talk.manager}]
            assert any(not talk.is_off for talk in mine), f"{row.key} goes to somebody without a talk"

    def _in_order(self, row: KnownMessage, itip: Itip) -> None:
        assert itip.sequence >= self.sequences.get(itip.uid, 0), f"the SEQUENCE fell: {row.key}"
        self.sequences[itip.uid] = itip.sequence
        assert itip.method == ("CANCEL" if row.kind is Kind.MEETING_CANCEL else "REQUEST")
        assert itip.uid in {entry.uid for entry in self.entries()[row.key.subject.removeprefix("talk:")]}

    def _with_notice(self, row: KnownMessage, itip: Itip) -> None:
        """A talk that is in no calendar yet is invited to in good time, or somebody gave it that time knowingly.

        What is in one and changes hosts is told at once, however close it is by then.
        """
        talk = self.talks()[row.key.subject.removeprefix("talk:")]
        if self.invited.get(talk.id, False):
            return
        notice = self.round.cycle.notice_days

        def days(since: datetime) -> int:
            return (day_of(itip.start, talk.zone) - day_of(since, talk.zone)).days

        known = talk.revision > 0 and days(talk.changed_at) < notice
        assert days(self.clock.now()) >= notice or known, f"{row.key} comes too late"

    # What must hold

    def check_entries(self) -> None:
        """At most one live entry a talk, and one just where the talk takes place; a UID for life, SEQUENCE only rises."""
        with closing(sqlite3.connect(self.folder / DATABASE)) as database:
            twice = database.execute("SELECT talk FROM entries WHERE live GROUP BY round, talk HAVING count(*) > 1")
            assert twice.fetchall() == []
        talks, entries = self.talks(), self.entries()
        for id_, talk in talks.items():
            those = entries.get(id_, [])
            assert [each.live for each in those[:-1]] == [False] * len(those[:-1])
            assert (bool(those) and those[-1].live) == (talk.state is TalkState.PLACED), talk
            for each in those:
                before = self.known_entries.get((id_, each.number), each)
                assert each.uid == before.uid
                assert each.sequence >= before.sequence
                assert before.live or (not each.live and each.sequence == before.sequence), "an entry ends for good"
                self.known_entries[id_, each.number] = each
        uids = [each.uid for those in entries.values() for each in those]
        assert len(uids) == len(set(uids))

    def check_reasons(self) -> None:
        """Every message says why it is there, and where it did not go why so."""
        for row in self.rows():
            assert row.why, row.key
            assert row.reason or row.state not in NEEDS_REASON, (row.key, row.state)

    def check_calendars(self, *, to_the_end: bool = False) -> None:
        """What people have in their calendars is what the database says, of talks none of whose messages is under way.

        Args:
            to_the_end: None is; else this raises as well.
        """
        now, entries = self.clock.now(), self.entries()
        rows: dict[str, list[KnownMessage]] = defaultdict(list)
        for row in self.rows():
            rows[row.key.subject].append(row)
        lost = {row.key.subject for row in self.rows() if row.message_id in self.bounced}
        for id_, talk in self.talks().items():
            about = [row for row in rows[talk.subject] if row.kind in IN_CALENDARS]
            if talk.changed_at > now:  # the clock was turned back since: nothing of it is due
                continue
            if any(row.state in UNSETTLED for row in about) or talk.subject in lost:
                assert not to_the_end, [(row.key, row.state) for row in about if row.state in UNSETTLED]
                continue
            uids = {entry.uid for entry in entries.get(id_, ())}
            found = {
                (address, uid, itip.sequence, itip.start)
                for address, attendee in self.attendees.items()
                for uid, itip in attendee.live().items()
                if uid in uids and itip.start > now
            }
            expected = self._expected(talk, entries.get(id_, ()), about, now=now)
            possible = self._expected(talk, entries.get(id_, ()), about, now=now, uncertain=True)
            if any(row.key.version == talk.revision and row.state is OutboxState.SKIPPED for row in about):
                # The new time passed before anybody could be told: only the one before it is looked after.
                found = {each for each in found if each in possible or each[3] == talk.former_start}
            assert expected <= found <= possible, f"in calendars {found}, not {expected} as of {talk}: {as_told(about)}"

    def _expected(
        self,
        talk: Talk,
        entries: Sequence[Entry],
        about: Iterable[KnownMessage],
        *,
        now: datetime,
        uncertain: bool = False,
    ) -> set[tuple[str, str, int, datetime]]:
        """Address, UID, SEQUENCE and start of what should stand there; *uncertain*: and of what may."""
        if talk.state is not TalkState.PLACED or talk.start is None or talk.start <= now:
            return set()
        of_now = {row.key.recipient: row for row in about if row.key.version == talk.revision and row.kind in PUTS}
        people = self.service_people()
        expected = set()
        for id_ in (talk.employee, talk.manager):
            row = of_now.get(f"person:{id_}")
            if row is not None and (row.state is OutboxState.SENT or (uncertain and row.uncertain)):
                assert row.address == people[id_].email, "it stands at an address that is theirs no more"
                expected.add((row.address, entries[-1].uid, entries[-1].sequence, talk.start))
            elif row is None:
                self._not_due(talk, now)
        return expected

    def _not_due(self, talk: Talk, now: datetime) -> None:
        """Nobody is forgotten: within 17 days every talk has been invited to, or it is recorded why not.

        What changed within the last days waits for working hours, what no calendar could be asked about for that.
        """
        assert talk.start is not None
        waits = now - self.not_told_at < 2 * DAY or now - talk.changed_at < 6 * DAY
        assert talk.start - now > 17 * DAY or waits, f"nothing is known of an invitation to {talk}"

    def check_answers(self) -> None:
        """What somebody whom their server vouches for answered last to what stands in their calendar is known.

        Not where the clock was turned back: then the newer of two answers cannot be told.
        """
        if self.turned_back:
            return
        people, talks = self.service_people(), self.talks()
        for id_, those in self.entries().items():
            entry, talk = those[-1], talks[id_]
            with self.store.inner.read() as session:
                answers = session.talks.answers(self.round_id, [id_]).get(id_, [])
            known = {each.party: each.answer.upper() for each in answers if each.verified}
            for person in (talk.employee, talk.manager):
                attendee = self.attendees.get(people[person].email or "")
                sequence, partstat = attendee.given.get(entry.uid, (-1, "")) if attendee else (-1, "")
                if entry.live and sequence == entry.sequence:
                    assert known.get(f"person:{person}") == partstat, (talk, answers)

    def settle(self) -> None:
        """Everything is well again: what failed is tried once more, what was held goes, and a few days pass."""
        self.trouble.clear()
        self.restart()
        self.calendars_down = False
        self.clock.instant = max([self.clock.now(), *(talk.changed_at for talk in self.talks().values())])
        for _ in range(8):
            self.doing(self.report_bounces)
            self.doing(self.read_mails)
            self.doing(lambda: release_all(self.store, who="hr", now=self.clock.now()))
            stuck = [row.id for row in self.rows() if row.state in {OutboxState.HELD, OutboxState.FAILED}]
            if stuck:
                self.doing(partial(self.decide, stuck, OutboxState.QUEUED))
            self.work()
            if not self.on_hold() and not any(row.state in UNSETTLED for row in self.rows()):
                break
            self.clock.jump(3 * HOUR)
        self.check_calendars(to_the_end=True)

    def decide(self, ids: Sequence[int], to: OutboxState) -> None:
        action = "released" if to is OutboxState.QUEUED else "held"
        decide(self.store, ids, to=to, action=action, who="hr", now=self.clock.now())

    def report_bounces(self) -> None:
        self.mails.extend(bounce(message_id) for message_id in self.bounced)
        self.bounced.clear()


@cache
def lived(days: int) -> tuple[bytes, bytes, Mapping[str, Any], datetime]:
    """Database, mark, what is remembered of the world, and the instant."""
    earlier = max((each for each in BEGINNINGS if each < days), default=0)
    life = Life.after(earlier) if earlier else Life()
    life.pass_time(APPROVED + days * DAY)
    kept = {name: getattr(life, name) for name in ("attendees", "wire", "sequences", "invited", "known_entries")}
    life.store.inner.close()
    database, mark = (life.folder / DATABASE).read_bytes(), (life.folder / "mark").read_bytes()
    life.end()
    return database, mark, kept, life.clock.instant


def as_told(rows: Iterable[KnownMessage]) -> str:
    """For whoever looks for the fault."""
    return "; ".join(
        f"{row.id} {row.kind} {row.key.step} {row.key.recipient} v{row.key.version} {row.state} {row.due_at:%m-%d %H:%M}"
        f" until {row.expires_at:%m-%d %H:%M} {row.reason}"
        for row in rows
    )
