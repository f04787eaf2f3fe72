"""A small round whose talks stand in calendars: a store, the parts of the daemon, and servers without a network."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from builders import a_cycle, a_person, a_round, a_step, at
from dispatching import JumpingClock, Log, an_empty_store
from organisation_calendars import ENTRY, CalendarsOf
from organisation_roles import FreeBusyOf
from rendering_round import mini_templates
from servers.organisation import Item, Organisation, Told, Where
from talkcycle.daemon.dispatch import Dispatcher, DispatchSummary
from talkcycle.daemon.tick import Ticker
from talkcycle.domain.cycle import Cycle, Digests, Place, PlaceKind, Recipients
from talkcycle.domain.delivery import RetryPolicy
from talkcycle.domain.messages import KnownMessage
from talkcycle.domain.people import Roster
from talkcycle.domain.routes import RouteRule, Routing, Transport
from talkcycle.domain.service import Limits
from talkcycle.domain.store import AuditEntry, OutboxFilter
from talkcycle.domain.talks import Entry, Talk
from talkcycle.domain.wishes import PlanningRules, SiteRoom
from talkcycle.rounds.advance import Advance
from talkcycle.rounds.approve import entry_of
from talkcycle.rounds.calendars_now import CalendarsNow
from talkcycle.rounds.mailbox_times import Mailboxes
from talkcycle.rounds.room_instead import room_instead
from talkcycle.rounds.texts import TextShelf
from talkcycle.rounds.watch import AnotherRoom, Watched, watch
from talkcycle.store.open import SqlStore

SENDER = "talks@example.com"
BEGINS = at(2027, 2, 1, 9)
INVITED = at(2027, 2, 17, 12)
"""By then the talks of 10 March are invited to."""
ROOMS = tuple(
    SiteRoom(name=name, seats=seats, address=f"{name.lower()}@example.com")
    for name, seats in (("Sund", 2), ("Bro", 4), ("Klippan", 6))
)
LONGEST = timedelta(hours=23)
"""Between two ticks; after a day the service would wonder."""
CYCLE = a_cycle(
    steps=(
        a_step("invitation", -21, calendar=True),
        a_step("reminder", -2, Recipients.EMPLOYEE, again_when_moved=True),
        a_step("follow-up", 1),
    ),
    digests=Digests(managers=False, hr=False),
    rooms={"Malmö": ROOMS},
    planning=PlanningRules(lunch=None),
)
IN_SUND, IN_BRO, IN_KLIPPAN = (Place(kind=PlaceKind.NAMED, name=room.name) for room in ROOMS)
PEOPLE = (
    a_person("bo", manager=None, site="Malmö"),
    a_person("anna", site="Malmö"),
    a_person("cilla", site="Malmö"),
    a_person("dag", manager=None, site="Malmö", email="dag@shop.example.com"),
    a_person("erik", manager="dag", site="Malmö"),
)
RULES = (RouteRule(address="*@shop.example.com", transport=Transport.EXCHANGE),)


def routing(*rules: RouteRule) -> Routing:
    """Graph serves all whom no rule names."""
    return Routing(
        sender=SENDER,
        rules=(*rules, *RULES),
        otherwise=Transport.GRAPH,
        available=frozenset({Transport.EXCHANGE, Transport.GRAPH}),
    )


@dataclass(slots=True)
class Round:
    """Bo hosts Anna and Cilla, online; Dag hosts Erik, on premises. Whoever is asked for times tells them.

    Attributes:
        free_busy: By which times are told, by transport.
    """

    folder: Path
    talks: tuple[Talk, ...]
    cycle: Cycle = CYCLE
    clock: JumpingClock = field(default_factory=lambda: JumpingClock(BEGINS))
    log: Log = field(default_factory=Log)
    organisation: Organisation = field(default_factory=Organisation)
    routing: Routing = field(default_factory=routing)
    store: SqlStore = field(init=False)
    exchange: CalendarsOf = field(init=False)
    graph: CalendarsOf = field(init=False)
    free_busy: dict[str, FreeBusyOf] = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    ticker: Ticker = field(init=False)

    def __post_init__(self) -> None:
        self.organisation.now = self.clock.now
        for person in PEOPLE:
            assert person.email is not None
            there = Where.ON_PREMISES if "shop" in person.email else Where.ONLINE
            self.organisation.add(person.email, where=there, name=person.name)
        self.organisation.add(SENDER, where=Where.ONLINE)
        self.organisation.add_room_list("rooms@example.com", "Rooms")
        for room in ROOMS:
            assert room.address is not None
            self.organisation.add(room.address, where=Where.ONLINE, name=room.name, room_list="rooms@example.com")
        self.exchange = CalendarsOf("exchange", self.organisation, Where.ON_PREMISES)
        self.graph = CalendarsOf("graph", self.organisation, Where.ONLINE)
        self.free_busy = {
            "exchange": FreeBusyOf(self.organisation, Where.ON_PREMISES),
            "graph": FreeBusyOf(self.organisation, Where.ONLINE),
        }
        self.store = an_empty_store(self.folder)
        self._approve()
        self.start()

    def start(self) -> None:
        """The daemon starts, with the rules as they are."""
        servers = {each.name: each for each in (self.exchange, self.graph)}
        self.dispatcher = Dispatcher(
            store=self.store,
            transports=servers,
            clock=self.clock,
            policy=RetryPolicy(),
            limits=dict.fromkeys(servers, Limits(per_minute=None, connections=1, per_mailbox=1)),
            jitter=lambda: 0.0,
            log=self.log.logger,
        )
        self.ticker = Ticker(
            store=self.store,
            shelf=TextShelf(self.store),
            clock=self.clock,
            policy=RetryPolicy(),
            routing=self.routing,
            mark=self.folder / "mark",
            log=self.log.logger,
            calendars=self.calendars,
        )
        self.ticker.start(alone=True)

    def _approve(self) -> None:
        round_ = a_round(cycle=self.cycle)
        hosts = {person.id: person for person in PEOPLE}
        entries = [entry_of(round_, talk, hosts[talk.manager], number=1, routing=self.routing) for talk in self.talks]
        with self.store.write() as session:
            session.rosters.save(Roster(version=round_.roster, people=PEOPLE), at=BEGINS)
            session.rounds.add(round_, mini_templates())
            session.talks.add(self.talks, entries)
            session.schedule.put(round_.id, {talk.subject: BEGINS for talk in self.talks})

    @property
    def id(self) -> str:
        return a_round().id

    @property
    def calendars(self) -> CalendarsNow:
        mailboxes = Mailboxes(routing=self.routing, free_busy=self.free_busy)
        return CalendarsNow(mailboxes=mailboxes, fetch=lambda _: {}, config=self.folder)

    # What time brings

    def work(self) -> None:
        """What falls due by now is made and sent."""
        done = True
        while done:  # what waits for another message goes with a later tick
            ticked, sent = self.ticker.tick(), self.dispatcher.dispatch_due()
            assert ticked.broken == ()
            done = ticked != Advance() or sent != DispatchSummary()

    def until(self, instant: datetime) -> None:
        """Work whenever something is due; calendars are not read."""
        while True:
            self.work()
            with self.store.read() as session:
                assert session.ledger.hold() is None
                due = [at for at in (session.schedule.next(), session.outbox.next_due()) if at is not None]
            now = self.clock.now()
            if now >= instant:
                return
            step = min([each for each in due if each > now], default=instant)
            self.clock.instant = min(step, now + LONGEST, instant)

    def watch(self, another_room: AnotherRoom | None = None) -> Watched:
        return watch(
            self.store,
            {each.name: each for each in (self.exchange, self.graph)},
            another_room=another_room or room_instead(self.store, self.calendars),
            now=self.clock.now(),
        )

    # What can be looked at

    def talk(self, id_: str = "anna") -> Talk:
        with self.store.read() as session:
            [talk] = session.talks.of_round(self.id, [id_])
        return talk

    def entry(self, id_: str = "anna") -> Entry:
        with self.store.read() as session:
            return session.talks.entries(self.id, [id_])[id_]

    def answers(self, id_: str = "anna") -> dict[str, str]:
        with self.store.read() as session:
            return {each.party: each.answer for each in session.talks.answers(self.id, [id_]).get(id_, [])}

    def rows(self, id_: str = "anna") -> list[KnownMessage]:
        with self.store.read() as session:
            return session.outbox.find(OutboxFilter(round=self.id, subject=f"talk:{id_}", limit=1000))

    def trail(self, id_: str = "anna") -> list[str]:
        """What was done to a talk, oldest first."""
        with self.store.read() as session:
            found: list[AuditEntry] = session.ledger.trail(1000)
        return [each.action for each in reversed(found) if each.subject == f"{self.id}/talk:{id_}"]

    def item(self, id_: str = "anna") -> Item:
        """The one meeting of a talk in its host's calendar."""
        [item] = self.items(id_)
        return item

    def items(self, id_: str = "anna") -> list[Item]:
        host = address(self.talk(id_).manager)
        with self.store.read() as session:
            uids = {each.uid for each in session.talks.all_entries(self.id, [id_])[id_]}
        return [each for each in self.organisation.mailbox(host).calendar.values() if each.properties.get(ENTRY) in uids]

    def told(self, id_: str = "anna") -> list[Told]:
        """What reached the employee about the meeting."""
        return self.organisation.told_to(address(id_), "invitation", "update", "cancellation")


def address(id_: str) -> str:
    return next(person.email for person in PEOPLE if person.id == id_ and person.email is not None)
