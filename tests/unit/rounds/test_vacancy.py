"""Whether times are still free when invitations are about to leave: mailboxes and addresses are asked once more."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import START, a_cycle, a_person, a_round, a_talk, at
from organisation_roles import FreeBusyOf
from servers.organisation import Busy, Organisation, Where
from talkcycle.domain.busy import Blocks, BusyKind, Owner, Unfetched
from talkcycle.domain.cycle import Cycle, Place, PlaceKind
from talkcycle.domain.people import Person
from talkcycle.domain.routes import RouteRule, Routing, Transport
from talkcycle.domain.talks import Talk
from talkcycle.domain.wishes import PinnedTalk, PlanningRules, SiteRoom, Wishes
from talkcycle.rounds.calendars_now import CalendarsNow
from talkcycle.rounds.mailbox_times import Mailboxes
from talkcycle.rounds.vacancy import Clash, ClashKind, Whose, known_times, taken

NOW = at(2027, 2, 17, 8)
HOUR = timedelta(hours=1)
SUND, BRO = SiteRoom(name="Sund", seats=4, address="sund@example.com"), SiteRoom(name="Bro", seats=2)
OFFICE = SiteRoom(name="Office", seats=3, neutral=False, address="office@example.com")
IN_SUND = Place(kind=PlaceKind.NAMED, name="Sund")
CYCLE = a_cycle(rooms={"Malmö": (SUND, BRO, OFFICE)})
PEOPLE: Mapping[str, Person] = {
    each.id: each
    for each in (
        a_person("bo", manager=None, site="Malmö", email="bo@shop.example.com"),
        a_person("anna", site="Malmö"),
        a_person("cilla", site="Malmö"),
        a_person("dag", site="Malmö", mailbox="smtp"),
    )
}
ROUTING = Routing(
    sender="hr@example.com",
    rules=(RouteRule(address="*@shop.example.com", transport=Transport.EXCHANGE),),
    otherwise=Transport.GRAPH,
    available=frozenset(Transport),
)
LIST = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270310T093000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"
"""Half an hour into the talk."""


class Company:
    """Bo on premises, the others and the rooms online; addresses serve what they were given."""

    def __init__(self, config: Path) -> None:
        self.servers = Organisation()
        for address in ("anna@example.com", "cilla@example.com", "sund@example.com", "office@example.com"):
            self.servers.add(address, where=Where.ONLINE)
        self.servers.add("bo@shop.example.com", where=Where.ON_PREMISES)
        self.exchange = FreeBusyOf(self.servers, Where.ON_PREMISES)
        self.graph = FreeBusyOf(self.servers, Where.ONLINE)
        self.served: dict[str, bytes | Unfetched] = {}
        self.config = config
        mailboxes = Mailboxes(routing=ROUTING, free_busy={Transport.EXCHANGE: self.exchange, Transport.GRAPH: self.graph})
        self.calendars = CalendarsNow(mailboxes=mailboxes, fetch=self.fetch, config=config)

    def fetch(self, urls: Mapping[Owner, str], /) -> Mapping[Owner, bytes | Unfetched]:
        return {owner: self.served[url] for owner, url in urls.items()}

    def occupy(self, whose: str, start: datetime, end: datetime, busy: Busy = Busy.BUSY) -> None:
        self.servers.occupy("bo@shop.example.com" if whose == "bo" else f"{whose}@example.com", start, end, busy)

    def taken(self, *talks: Talk, cycle: Cycle = CYCLE, people: Mapping[str, Person] = PEOPLE) -> dict[str, Clash]:
        return taken(talks, a_round(cycle=cycle), people, self.calendars, now=NOW)

    def give(self, name: str, text: str) -> None:
        folder = self.config / "calendars"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


def test_a_time_that_is_free_still_is_no_clash(company: Company) -> None:
    company.occupy("anna", START - HOUR, START)
    company.occupy("anna", START + HOUR, START + 2 * HOUR)
    assert company.taken(a_talk(place=IN_SUND)) == {}


def test_who_is_busy_is_said_by_role(company: Company) -> None:
    for whose in ("anna", "bo", "sund"):
        company.occupy(whose, START, START + HOUR)
    found = company.taken(a_talk(place=IN_SUND), a_talk("cilla", start=START + 2 * HOUR))
    assert found == {
        "anna": Clash(
            kind=ClashKind.BUSY,
            whose=(Whose.EMPLOYEE, Whose.MANAGER, Whose.ROOM),
            why="The employee, the manager and the room are busy then.",
        )
    }


@pytest.mark.parametrize(("whose", "clashes"), [("anna", False), ("bo", True), ("sund", True)])
def test_the_buffer_binds_the_manager_and_the_room(company: Company, whose: str, *, clashes: bool) -> None:
    company.occupy(whose, START + HOUR, START + HOUR + timedelta(minutes=15))
    assert bool(company.taken(a_talk(place=IN_SUND))) is clashes


def test_only_what_blocks_by_the_cycle_clashes_and_everything_does_in_a_room(company: Company) -> None:
    strict = replace(CYCLE, planning=PlanningRules(blocks={**CYCLE.planning.blocks, BusyKind.TENTATIVE: Blocks.HARD}))
    company.occupy("anna", START, START + HOUR, Busy.TENTATIVE)
    assert company.taken(a_talk()) == {}
    assert company.taken(a_talk(), cycle=strict)["anna"].whose == (Whose.EMPLOYEE,)
    company.occupy("sund", START, START + HOUR, Busy.TENTATIVE)
    found = company.taken(a_talk(place=IN_SUND))["anna"]
    assert (found.whose, found.room_alone) == ((Whose.ROOM,), True)


def test_hours_of_a_mailbox_that_have_changed_clash_only_if_hr_forbids_talks_outside_them(company: Company) -> None:
    company.servers.mailbox("anna@example.com").hours = ((0, 480, 1020),)
    assert company.taken(a_talk()) == {}
    strict = replace(CYCLE, planning=PlanningRules(outside_hours=Blocks.HARD))
    assert company.taken(a_talk(), cycle=strict)["anna"].whose == (Whose.EMPLOYEE,)


def test_all_talks_are_asked_about_in_one_call_of_each_server(company: Company) -> None:
    later = START + timedelta(days=9)
    company.taken(a_talk(place=IN_SUND), a_talk("cilla", start=later), a_talk("dag", start=later + 2 * HOUR))
    ((online, span),), ((on_premises, _),) = company.graph.asked, company.exchange.asked
    assert sorted(online) == ["anna@example.com", "cilla@example.com", "sund@example.com"]
    assert on_premises == ("bo@shop.example.com",)
    assert span[0] <= START < later + HOUR <= span[1]


def test_nothing_is_asked_about_talks_without_a_time_or_in_the_past(company: Company) -> None:
    assert company.taken(a_talk(start=None), a_talk("cilla", start=NOW - HOUR)) == {}
    assert company.graph.asked == []


def test_a_calendar_that_cannot_be_told_is_not_free(company: Company) -> None:
    company.exchange.down = True
    assert company.taken(a_talk()) == {
        "anna": Clash(
            kind=ClashKind.UNTOLD,
            whose=(Whose.MANAGER,),
            why="Whether the manager can make it cannot be told. The server does not answer. Try again later.",
        )
    }


def test_who_is_busy_for_certain_comes_before_who_cannot_be_told(company: Company) -> None:
    company.exchange.down = True
    company.occupy("anna", START, START + HOUR)
    found = company.taken(a_talk())["anna"]
    assert (found.kind, found.whose) == (ClashKind.BUSY, (Whose.EMPLOYEE,))


def test_calendars_at_addresses_are_fetched_again_and_files_are_not_read_again(company: Company) -> None:
    company.give("addresses.csv", "for,address\ndag,https://a/\nMalmö/Bro,https://b/\nnobody we know,https://c/\n")
    company.served = {"https://a/": LIST.encode(), "https://b/": Unfetched(host="b", problem="It is gone.", mend="Mend.")}
    in_bro = Place(kind=PlaceKind.NAMED, name="Bro")
    found = company.taken(a_talk("dag"), a_talk("cilla", place=in_bro, manager="anna"))
    assert {id_: (clash.kind, clash.whose) for id_, clash in found.items()} == {
        "dag": (ClashKind.BUSY, (Whose.EMPLOYEE,)),
        "cilla": (ClashKind.UNTOLD, (Whose.ROOM,)),
    }


def test_a_file_that_hr_gave_counts_instead_of_the_mailbox_here_too(company: Company) -> None:
    company.give("anna.ics", LIST)
    company.occupy("anna", START, START + HOUR)
    assert company.taken(a_talk()) == {}
    assert company.graph.asked == []


def test_a_list_of_addresses_that_cannot_be_read_makes_nobody_free(company: Company) -> None:
    company.give("addresses.csv", "who;where\n")
    found = company.taken(a_talk("anna"), a_talk("dag"))
    assert {id_: (clash.kind, clash.whose) for id_, clash in found.items()} == {
        "dag": (ClashKind.UNTOLD, (Whose.EMPLOYEE,))
    }


def test_a_talk_that_hr_pinned_is_said_to_be_so(company: Company) -> None:
    pin = PinnedTalk(employee="anna", at=datetime(2027, 3, 10, 10, 0))
    pinned = replace(CYCLE, wishes=Wishes(pinned=(pin,)))
    company.occupy("bo", START, START + 9 * HOUR)
    found = company.taken(a_talk(), a_talk("cilla", start=START + 4 * HOUR), cycle=pinned)
    assert {id_: clash.decided for id_, clash in found.items()} == {"anna": True, "cilla": False}
    moved = company.taken(a_talk(start=START + 2 * HOUR), cycle=pinned)
    assert not moved["anna"].decided


def test_a_stand_in_is_asked_and_not_the_manager_of_the_roster(company: Company) -> None:
    company.occupy("bo", START, START + HOUR)
    assert company.taken(a_talk(manager="cilla")) == {}


def test_known_times_are_those_of_the_pair_and_of_the_rooms_for_talks_at_the_site(company: Company) -> None:
    window = (START, START + timedelta(days=20))
    company.occupy("anna", START, START + HOUR, Busy.AWAY)
    company.occupy("sund", START + HOUR, START + 2 * HOUR)
    known = known_times([a_talk()], a_round(cycle=CYCLE), PEOPLE, company.calendars, window)
    assert known.busy.people == {"anna": {BusyKind.AWAY: ((START, START + HOUR),)}, "bo": {}}
    assert known.busy.rooms == {("Malmö", "Sund"): {BusyKind.BUSY: ((START + HOUR, START + 2 * HOUR),)}}
    assert known.untold == {}


def test_a_room_that_cannot_be_told_is_taken_by_nobody_and_a_person_is_named(company: Company) -> None:
    window = (START, START + timedelta(days=20))
    company.graph.down = True
    known = known_times([a_talk()], a_round(cycle=CYCLE), PEOPLE, company.calendars, window)
    assert known.busy.rooms == {("Malmö", "Sund"): {BusyKind.BUSY: (window,)}}
    assert set(known.untold) == {"anna"}
    assert set(known.busy.people) == {"bo"}
    assert known_times([], a_round(cycle=CYCLE), PEOPLE, company.calendars, window).busy.rooms == {}
