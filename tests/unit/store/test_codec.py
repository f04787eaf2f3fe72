"""Values of the domain as JSON and back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_cycle, a_person, a_round
from talkcycle.domain.cycle import AgendaPoint, Applies, Cycle, Leads, Place, PlaceKind, Recipients, Step, When
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round
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
