"""Values of the domain as JSON and back."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_cycle, a_person, a_round
from talkcycle.domain.busy import Blocks, BusyKind
from talkcycle.domain.cycle import AgendaPoint, Applies, Cycle, Leads, Place, PlaceKind, Recipients, Step, When
from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft, PlannedTalk
from talkcycle.domain.talks import Round
from talkcycle.domain.wishes import (
    Cascade,
    ExcludedPair,
    ForbiddenTime,
    PinnedTalk,
    PlanningRules,
    SiteRoom,
    Wishes,
)
from talkcycle.rounds.fingerprint import fingerprint
from talkcycle.store.codec import decode, encode

POINT = AgendaPoint(
    id="goals",
    minutes=20,
    leads=Leads.BOTH,
    title={"sv": "Mål & medel", "en": 'Goals "and" means'},
    questions={"sv": ("Vad?", "När?"), "en": ()},
)


def test_a_cycle_with_everything_in_it_comes_back_whole() -> None:
    step = Step(
        id="invitation",
        when=When(days=-21),
        to=Recipients.BOTH,
        template="invitation",
        at=time(7, 45),
        attach=("agenda", "policy.pdf"),
        calendar=True,
        latest=None,
        applies=Applies(sites=frozenset({"a", "b"}), places=frozenset({PlaceKind.ONLINE}), new_employees=False),
    )
    cycle = a_cycle(
        agenda=(POINT,), steps=(step,), places={"*": Place(kind=PlaceKind.NAMED, name="Rum 1"), "Umeå": Place()}
    )
    back = decode(Cycle, encode(cycle))
    assert back == cycle
    assert type(back.steps[0].to) is Recipients
    assert type(back.steps[0].applies.places) is frozenset


def test_what_hr_said_to_the_planner_comes_back_whole() -> None:
    rules = PlanningRules(
        cascade=Cascade.SOFT, blocks={BusyKind.TENTATIVE: Blocks.HARD}, lunch=None, preferred=((540, 720),)
    )
    wishes = Wishes(
        pinned=(PinnedTalk(employee="anna", at=datetime(2027, 3, 28, 2, 30), room="Vättern"),),
        forbidden=(
            ForbiddenTime(
                who=frozenset({"*"}),
                first=date(2027, 3, 1),
                last=date(2027, 3, 31),
                hours=(720, 1020),
                weekdays=frozenset({4}),
            ),
        ),
        excluded=(ExcludedPair(employee="bo", manager="eva", reason="Möttes i januari."),),
    )
    cycle = a_cycle(rooms={"Malmö": (SiteRoom(name="Vättern", seats=4, neutral=False),)}, planning=rules, wishes=wishes)
    back = decode(Cycle, encode(cycle))
    assert back == cycle
    assert [type(kind) for kind in back.planning.blocks] == [BusyKind]
    assert fingerprint(back) == fingerprint(cycle)


def test_a_plan_stored_before_there_were_rooms_is_still_read() -> None:
    start = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
    draft = Draft(
        hash="0" * 64,
        round="development-2027-03",
        cycle=a_cycle(),
        roster="roster-1",
        holidays={"SE": frozenset({date(2027, 3, 26)})},
        today=date(2027, 2, 1),
        made_at=start,
        approve_by=date(2027, 2, 6),
        talks=(
            PlannedTalk(
                employee="anna",
                manager="bo",
                start=start,
                minutes=60,
                buffer_minutes=30,
                zone="Europe/Stockholm",
                place=Place(),
            ),
        ),
        unplaced=(),
        left_out={},
        files={},
    )
    stored = json.loads(encode(draft))
    del stored["without_room"], stored["pinned_against"]
    for setting in ("rooms", "planning", "wishes"):
        del stored["cycle"][setting]
    assert decode(Draft, json.dumps(stored)) == draft


@given(st.builds(Person, hours=st.just(a_person().hours)))
@settings(max_examples=50)
def test_every_person_comes_back_whole(person: Person) -> None:
    assert decode(Person, encode(person)) == person


@given(st.dictionaries(st.text(), st.frozensets(st.dates())))
@settings(max_examples=50)
def test_every_calendar_of_holidays_comes_back_whole(holidays: dict[str, frozenset[date]]) -> None:
    assert decode(Round, encode(a_round(holidays=holidays))).holidays == holidays


def test_the_same_value_gives_the_same_text() -> None:
    days = [date(2027, 3, day) for day in range(1, 20)]
    one, other = a_round(holidays={"SE": frozenset(days)}), a_round(holidays={"SE": frozenset(reversed(days))})
    assert encode(one) == encode(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    at: datetime
    dropped: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    at: datetime
    added: tuple[str, ...] = ("default",)


def test_what_an_older_version_stored_is_read_with_the_defaults_of_this_one() -> None:
    instant = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    assert decode(After, encode(Before(at=instant))) == After(at=instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    value: int | str | None


def test_a_type_that_could_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot read"):
        decode(Odd, '{"value": 1}')
