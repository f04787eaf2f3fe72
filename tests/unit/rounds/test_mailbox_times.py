"""Busy times from mailboxes on several servers at once, beside calendars as files."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import a_person
from organisation_roles import FreeBusyOf
from servers.organisation import Busy, Organisation, Where
from talkcycle.domain.busy import BusyKind, BusyTimes, Owner, Span
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.mailboxes import MailboxTimes, Untold
from talkcycle.domain.people import Person
from talkcycle.domain.routes import RouteRule, Routing, Transport
from talkcycle.domain.wishes import SiteRoom
from talkcycle.rounds.busy_times import read_busy_times
from talkcycle.rounds.mailbox_times import AT_A_TIME, Mailboxes, Progress

WINDOW = (datetime(2027, 3, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC))
NINE, TEN = datetime(2027, 3, 2, 9, tzinfo=UTC), datetime(2027, 3, 2, 10, tzinfo=UTC)
EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270302T090000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"
SPAN = ((NINE, TEN),)
ROUTING = Routing(
    sender="hr@example.com",
    rules=(RouteRule(address="*@shop.example.com", transport=Transport.EXCHANGE),),
    otherwise=Transport.GRAPH,
    available=frozenset(Transport),
)
BO = a_person("bo", manager=None)
ANNA = a_person("anna")
CILLA = a_person("cilla", email="cilla@shop.example.com")


class Company:
    """Two servers with the mailboxes of *people* and *rooms* on the one that the rules name."""

    def __init__(self, *people: Person, rooms: Mapping[str, tuple[SiteRoom, ...]] | None = None) -> None:
        self.people, self.rooms = people, rooms or {}
        self.servers = Organisation()
        self.free_busy = {
            str(Transport.EXCHANGE): FreeBusyOf(self.servers, Where.ON_PREMISES),
            str(Transport.GRAPH): FreeBusyOf(self.servers, Where.ONLINE),
        }
        rooms_of_all = [room for those in self.rooms.values() for room in those]
        for address in (*(each.email for each in people), *(room.address for room in rooms_of_all)):
            if address is not None:
                there = ROUTING.serving(address) is Transport.EXCHANGE
                self.servers.add(address, where=Where.ON_PREMISES if there else Where.ONLINE)

    def occupy(self, address: str, busy: Busy = Busy.BUSY) -> None:
        """From nine to ten, UTC."""
        self.servers.occupy(address, NINE, TEN, busy)

    def read(self, folder: Path, progress: Progress | None = None) -> BusyTimes:
        return read_busy_times(
            folder,
            self.people,
            self.rooms,
            urls={},
            fetch=lambda _urls: {},
            mailboxes=Mailboxes(routing=ROUTING, free_busy=self.free_busy),
            window=WINDOW,
            zone="Europe/Stockholm",
            progress=progress,
        )

    def asked(self) -> set[str]:
        return {each for told_by in self.free_busy.values() for addresses, _ in told_by.asked for each in addresses}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "calendars"
    path.mkdir()
    return path


def test_each_mailbox_is_asked_of_the_server_that_has_it(folder: Path) -> None:
    rooms = {"Malmö": (SiteRoom(name="Sund", seats=4, address="sund@shop.example.com"), SiteRoom(name="Öre", seats=2))}
    company = Company(BO, ANNA, CILLA, rooms=rooms)
    company.occupy("anna@example.com", Busy.AWAY)
    company.occupy("cilla@shop.example.com", Busy.TENTATIVE)
    company.occupy("sund@shop.example.com")

    assert company.read(folder) == BusyTimes(
        people={"bo": {}, "anna": {BusyKind.AWAY: SPAN}, "cilla": {BusyKind.TENTATIVE: SPAN}},
        rooms={("Malmö", "Sund"): {BusyKind.BUSY: SPAN}},
    )
    assert [window for each in company.free_busy.values() for _, window in each.asked] == [WINDOW, WINDOW]


def test_the_roster_may_name_another_server_than_the_rules(folder: Path) -> None:
    company = Company(BO, a_person("anna", mailbox="exchange"), CILLA)
    company.servers.migrate("anna@example.com", Where.ON_PREMISES)
    assert set(company.read(folder).people) == {"bo", "anna", "cilla"}


def test_who_is_reached_by_mail_alone_is_planned_by_hours_alone(folder: Path) -> None:
    company = Company(BO, a_person("anna", mailbox="smtp"), a_person("dag", email=None))
    assert set(company.read(folder).people) == {"bo"}


def test_only_who_has_a_talk_or_holds_one_is_asked_for_and_no_room_that_holds_none(folder: Path) -> None:
    company = Company(
        a_person("top", manager=None),
        a_person("bo", manager="top", excluded="on leave"),
        ANNA,
        a_person("eva", manager="anna", excluded="external"),
        a_person("gone", ends=datetime(2027, 1, 31, tzinfo=UTC).date()),
        a_person("late", starts=datetime(2027, 6, 1, tzinfo=UTC).date()),
        a_person("orphan", manager="nobody"),
        rooms={"Malmö": (SiteRoom(name="Office", seats=4, neutral=False, address="office@example.com"),)},
    )
    company.read(folder)
    assert company.asked() == {"bo@example.com", "anna@example.com"}


def test_a_file_counts_instead_of_the_mailbox(folder: Path) -> None:
    company = Company(BO, ANNA, rooms={"Malmö": (SiteRoom(name="Sund", seats=4, address="sund@example.com"),)})
    for each in ("anna@example.com", "sund@example.com"):
        company.occupy(each, Busy.AWAY)
    (folder / "anna.ics").write_text(EVENT)
    (folder / "Sund.ics").write_text(EVENT)
    assert company.read(folder) == BusyTimes(
        people={"bo": {}, "anna": {BusyKind.BUSY: SPAN}}, rooms={("Malmö", "Sund"): {BusyKind.BUSY: SPAN}}
    )
    assert company.asked() == {"bo@example.com"}


def test_hours_of_a_mailbox_count_where_the_roster_has_none_of_its_own(folder: Path) -> None:
    own = (((9 * 60, 12 * 60),),) * 7
    company = Company(BO, ANNA, a_person("eva", hours=own))
    mornings = tuple((day, 8 * 60, 12 * 60) for day in range(5))
    for each in ("anna", "eva"):
        company.servers.mailbox(f"{each}@example.com").hours = mornings

    found = company.read(folder).people

    assert found["bo"] == found["eva"] == {}
    outside = found["anna"][BusyKind.OUTSIDE]
    tuesday = datetime(2027, 3, 2, 11, tzinfo=UTC)
    tuesday_in_summer_time = datetime(2027, 3, 30, 10, tzinfo=UTC)
    for noon in (tuesday, tuesday_in_summer_time):
        assert (noon, noon + timedelta(hours=5)) in outside


def test_a_mailbox_that_cannot_be_told_stops_the_plan_and_all_are_named_by_cause(folder: Path) -> None:
    company = Company(BO, ANNA, CILLA, *(a_person(f"p{n}") for n in range(9)))
    company.free_busy[Transport.EXCHANGE].down = True
    for n in range(1, 9):
        del company.servers.mailboxes[f"p{n}@example.com"]
    (folder / "9999.ics").write_text(EVENT)
    with pytest.raises(FaultyInput) as caught:
        company.read(folder)
    instead = "Or put a calendar file of theirs into the folder with calendars: it is read instead."
    said = [str(fault) for fault in caught.value.faults]
    assert "9999" in said[0]
    assert said[1:] == [
        f"mailbox of cilla: The server does not answer. Try again later. {instead}",
        f"mailboxes of p1, p2, p3 and 5 more: There is no such mailbox here. Correct the address. {instead}",
    ]


def test_a_server_that_leaves_a_mailbox_out_has_not_told_it(folder: Path) -> None:
    class Forgetful(FreeBusyOf):
        def busy_times(self, mailboxes: Sequence[str], window: Span, /) -> Mapping[str, MailboxTimes | Untold]:
            return {address: told for address, told in super().busy_times(mailboxes, window).items() if "bo" in address}

    company = Company(BO, ANNA)
    company.free_busy[Transport.GRAPH] = Forgetful(company.servers, Where.ONLINE)
    with pytest.raises(FaultyInput, match="mailbox of anna: The server left this mailbox out"):
        company.read(folder)


def test_many_are_asked_in_a_few_calls_and_progress_counts_files_and_mailboxes(folder: Path) -> None:
    company = Company(BO, *(a_person(f"p{n}") for n in range(2 * AT_A_TIME)))
    (folder / "bo.ics").write_text(EVENT)
    seen: list[tuple[int, int]] = []
    company.read(folder, progress=lambda done, total: seen.append((done, total)))
    total = 2 * AT_A_TIME + 1
    assert seen == [(1, total), (AT_A_TIME + 1, total), (total, total)]
    assert [len(addresses) for addresses, _ in company.free_busy[Transport.GRAPH].asked] == [AT_A_TIME, AT_A_TIME]


def test_two_owners_of_one_address_are_asked_for_once(folder: Path) -> None:
    room = SiteRoom(name="Sund", seats=4, address="sund@example.com")
    company = Company(BO, ANNA, rooms={"Malmö": (room,), "Lund": (room,)})
    company.occupy("sund@example.com")
    owners: list[Owner] = [("Malmö", "Sund"), ("Lund", "Sund")]
    assert company.read(folder).rooms == {owner: {BusyKind.BUSY: SPAN} for owner in owners}
    ((asked, _),) = company.free_busy[Transport.GRAPH].asked
    assert sorted(asked) == ["anna@example.com", "bo@example.com", "sund@example.com"]
