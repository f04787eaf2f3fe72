"""What every directory owes: everybody with a mailbox once, with their manager, and nobody else."""

from collections.abc import Iterator

import pytest

from harness.contract import Harness, Trait
from harness.playing import KEEPS_CALENDARS, needs, opened
from talkcycle.domain.mailboxes import DirectoryPerson


@pytest.fixture(params=KEEPS_CALENDARS)
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """With nobody in it whom the test has not hired, but the service itself."""
    with opened(request.param) as made:
        yield made


def people(harness: Harness) -> dict[str, DirectoryPerson]:
    """By address."""
    assert harness.roles.directory is not None
    found = list(harness.roles.directory.people(lambda _done, _all: None))
    assert len({person.id for person in found}) == len(found)
    return {person.email: person for person in found if person.email is not None}


def test_everybody_with_a_mailbox_is_told_once_with_name_and_address(harness: Harness) -> None:
    cast = harness.new_cast()

    told = people(harness)

    for party in (cast.manager, cast.employee, cast.colleague):
        assert told[party.address].name
    assert cast.unknown.address not in told


def test_rooms_are_left_out(harness: Harness) -> None:
    cast = harness.new_cast()

    assert people(harness).keys().isdisjoint(room.address for room in cast.rooms)


def test_managers_are_told_by_the_ids_of_their_people(harness: Harness) -> None:
    needs(harness, Trait.NEWCOMERS, Trait.DETAILS)
    harness.hire("vd@norrsken.example", name="Valborg Dahl")
    harness.hire("bo@norrsken.example", name="Bo Ek", manager="vd@norrsken.example")
    harness.hire("anna@norrsken.example", name="Anna Alm", manager="bo@norrsken.example")

    told = people(harness)

    top, middle, bottom = (told[f"{who}@norrsken.example"] for who in ("vd", "bo", "anna"))
    assert (top.manager, middle.manager, bottom.manager) == (None, top.id, middle.id)


def test_departments_sites_and_what_else_is_known_are_told(harness: Harness) -> None:
    needs(harness, Trait.NEWCOMERS, Trait.DETAILS)
    harness.hire("anna@norrsken.example", name="Åsa Öman", department="Drift", site="Kiruna", country="SE")

    told = people(harness)["anna@norrsken.example"]

    assert (told.name, told.department, told.site) == ("Åsa Öman", "Drift", "Kiruna")


def test_who_is_disabled_is_left_out(harness: Harness) -> None:
    needs(harness, Trait.NEWCOMERS)
    harness.hire("anna@norrsken.example", name="Anna")
    harness.hire("borta@norrsken.example", name="Borta", enabled=False)

    told = people(harness)

    assert "anna@norrsken.example" in told
    assert "borta@norrsken.example" not in told


def test_more_people_than_fit_on_a_page_are_all_told(harness: Harness) -> None:
    needs(harness, Trait.NEWCOMERS)
    everybody = {f"person{number}@norrsken.example": f"Person {number}" for number in range(520)}
    for address, name in everybody.items():
        harness.hire(address, name=name)

    told = people(harness)

    assert {address: told[address].name for address in everybody} == everybody


def test_progress_goes_up_to_the_end(harness: Harness) -> None:
    harness.new_cast()
    assert harness.roles.directory is not None
    seen: list[tuple[int, int]] = []

    found = list(harness.roles.directory.people(lambda done, of: seen.append((done, of))))

    done = [each for each, _ in seen]
    assert done == sorted(done)
    assert done[-1] >= len(found)
    assert all(of == 0 or each <= of for each, of in seen)
