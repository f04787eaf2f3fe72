"""A small round from HR's files to the talks of its plan, across a change of clocks, held against what was asked for."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from talkcycle.domain.busy import BusyKind, BusyTimes, Span
from talkcycle.domain.cycle import Place, PlaceKind
from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft, PlannedTalk
from talkcycle.intake.hr_files import read_cycle_and_roster
from talkcycle.intake.public_holidays import public_holidays
from talkcycle.rounds.plan import Inputs, draft_of

NOW = datetime(2027, 2, 15, 9, 0, tzinfo=UTC)
CYCLE = """window: {first: 2027-03-22, last: 2027-04-02}
roster: roster.csv
place: {New York: online, others: to be agreed}
rooms:
  Malmö: [{name: Boken, seats: 4}, {name: Eken, seats: 2}, {name: Chefens rum, seats: 3, neutral: false}]
planning: {cascade: hard, lunch: 11:30-12:30, preferred_hours: 09:00-12:00}
wishes:
  pin:
    - {employee: 3, at: 2027-03-30 16:30, room: Eken}
    - {employee: 9, at: 2027-04-01 10:00}
  forbid:
    - {who: everybody, days: 2027-03-22..2027-04-02, weekdays: fri, hours: 12:00-24:00}
    - {who: [Malmö], days: 2027-03-22..2027-03-23}
    - {who: 10, days: 2027-03-22..2027-04-01, hours: 00:00-15:00}
  exclude:
    - {employee: 7, manager: 2, reason: they talked in January}
"""
ROSTER = """id,name,email,manager,site,time zone,country,preferred hours,most per day
1,Anna,anna@x.example,,Malmö,,,,
2,Bo,bo@x.example,1,Malmö,,,13:00-16:00,1
3,Cy,cy@x.example,2,Malmö,,,,
4,Di,di@x.example,2,Malmö,,,,
5,Ed,ed@x.example,2,Malmö,,,,
6,Fi,fi@x.example,2,Malmö,,,,
7,Gun,gun@x.example,2,Malmö,,,,
8,Hal,hal@x.example,1,New York,America/New_York,US,,
9,Ida,ida@x.example,8,New York,America/New_York,US,,
10,Jo,jo@x.example,8,New York,America/New_York,US,,
"""


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type,misc]


BUSY = BusyTimes(
    people={
        "4": {BusyKind.BUSY: ((utc(2027, 3, 22, 0), utc(2027, 3, 29, 22)),)},
        "5": {BusyKind.ELSEWHERE: ((utc(2027, 3, 1), utc(2027, 4, 20)),)},
    },
    rooms={("Malmö", "Boken"): {BusyKind.TENTATIVE: ((utc(2027, 3, 24, 0), utc(2027, 3, 25, 23)),)}},
)
TEMPLATES = {
    "sv": {
        *("announcement", "invitation", "preparation-employee", "preparation-manager"),
        *("reminder", "follow-up", "check-in"),
    }
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    folder = tmp_path_factory.mktemp("round")
    (folder / "cycle.yaml").write_text(CYCLE)
    (folder / "roster.csv").write_text(ROSTER)
    return _read(folder)


def _read(folder: Path) -> Inputs:
    cycle, roster = read_cycle_and_roster(folder / "cycle.yaml", templates=TEMPLATES, default_contact="hr@x.example")
    holidays = {country: public_holidays(country, range(2026, 2029)) for country in ("SE", "US")}
    return Inputs(cycle=cycle, roster=roster, holidays=holidays, files={})


@pytest.fixture(scope="module")
def draft(inputs: Inputs) -> Draft:
    return draft_of(inputs, "round", [], now=NOW, busy=BUSY, limit=5)


@pytest.fixture
def talks(draft: Draft) -> dict[str, PlannedTalk]:
    return {talk.employee: talk for talk in draft.talks}


@pytest.fixture
def people(inputs: Inputs) -> dict[str, Person]:
    return {person.id: person for person in inputs.roster.people}


def local(talk: PlannedTalk, zone: str | None = None) -> datetime:
    return talk.start.astimezone(ZoneInfo(zone or talk.zone))


def span(talk: PlannedTalk, *, with_buffer: bool = False) -> Span:
    return talk.start, talk.start + timedelta(minutes=talk.minutes + talk.buffer_minutes * with_buffer)


def meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def test_every_talk_but_the_excluded_pairs_has_a_time(draft: Draft, talks: dict[str, PlannedTalk]) -> None:
    assert set(talks) == {"2", "3", "4", "5", "6", "8", "9", "10"}
    assert draft.unplaced == ()
    assert draft.left_out == {
        "1": "has no manager in the roster",
        "7": "excluded in the cycle file: they talked in January",
    }


def test_pinned_talks_are_where_hr_put_them_in_local_time_after_the_clocks_changed(
    draft: Draft, talks: dict[str, PlannedTalk]
) -> None:
    """16:30 lies outside the hours for talks: a pin is HR's word."""
    assert talks["3"].start == utc(2027, 3, 30, 14, 30)
    assert talks["3"].place == Place(kind=PlaceKind.NAMED, name="Eken")
    assert talks["9"].start == utc(2027, 4, 1, 14, 0)
    assert draft.pinned_against == {
        "3": "Neither of the two works then; it is outside the days and hours for talks.",
    }


def test_talks_of_one_site_have_its_neutral_rooms_one_at_a_time_and_the_others_have_their_place(
    draft: Draft, talks: dict[str, PlannedTalk]
) -> None:
    in_malmo = [talks[id_] for id_ in ("2", "3", "4", "5", "6")]
    assert {talk.place.name for talk in in_malmo} <= {"Boken", "Eken"}
    assert draft.without_room == {}
    for one, other in combinations(in_malmo, 2):
        if one.place == other.place:
            assert not meet(span(one, with_buffer=True), span(other, with_buffer=True))
    assert {talks[id_].place.kind for id_ in ("8", "9", "10")} == {PlaceKind.ONLINE}


def test_busy_times_block_as_the_cycle_says_and_always_in_a_room(talks: dict[str, PlannedTalk]) -> None:
    assert local(talks["4"]).date() >= date(2027, 3, 30)
    assert "5" in talks, "working elsewhere is free"
    booked = BUSY.rooms["Malmö", "Boken"][BusyKind.TENTATIVE][0]
    for talk in talks.values():
        assert talk.place.name != "Boken" or not meet(span(talk, with_buffer=True), booked)


def test_forbidden_times_are_kept_clear_for_those_they_are_for(
    talks: dict[str, PlannedTalk], people: dict[str, Person]
) -> None:
    for talk in talks.values():
        for zone in (people[talk.employee].zone, people[talk.manager].zone):
            ends = local(talk, zone) + timedelta(minutes=talk.minutes)
            assert ends.weekday() != 4 or (ends.hour, ends.minute) <= (12, 0)
        if "Malmö" in {people[talk.employee].site, people[talk.manager].site}:
            assert local(talk, "Europe/Stockholm").date() >= date(2027, 3, 24)
    assert local(talks["10"]).hour >= 15 or local(talks["10"]).date() > date(2027, 4, 1)


def test_managers_have_their_own_talk_first_and_no_more_a_day_than_the_roster_says(
    talks: dict[str, PlannedTalk],
) -> None:
    for talk in talks.values():
        own = talks.get(talk.manager)
        assert own is None or span(own)[1] <= talk.start
    days = [local(talk).date() for talk in talks.values() if talk.manager == "2"]
    assert len(days) == len(set(days))


def test_preferred_hours_of_the_roster_come_before_the_cycles(talks: dict[str, PlannedTalk]) -> None:
    """Bo's talks lie in the afternoon, but for the pinned one; Anna's lie before noon."""
    for id_ in ("4", "5", "6"):
        assert 13 <= local(talks[id_]).hour <= 15
    assert local(talks["2"]).hour < 12


def test_other_wishes_or_rooms_make_another_plan(draft: Draft, tmp_path: Path) -> None:
    (tmp_path / "roster.csv").write_text(ROSTER)
    hashes = {draft.hash}
    for before, after in (("16:30", "16:45"), ("January", "February"), ("seats: 4", "seats: 5")):
        (tmp_path / "cycle.yaml").write_text(CYCLE.replace(before, after))
        hashes.add(draft_of(_read(tmp_path), "round", [], now=NOW, busy=BUSY, limit=5).hash)
    assert len(hashes) == 4


def test_the_same_files_and_busy_times_make_the_same_plan(inputs: Inputs, draft: Draft) -> None:
    assert draft_of(inputs, "round", [], now=NOW, busy=BUSY, limit=5) == draft
