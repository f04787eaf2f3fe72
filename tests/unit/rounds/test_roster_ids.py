"""By which roster id somebody from the directory goes."""

from builders import a_person
from talkcycle.domain.mailboxes import DirectoryPerson
from talkcycle.rounds.roster_ids import roster_ids


def somebody(name: str, number: str | None = None, **more: str) -> DirectoryPerson:
    return DirectoryPerson(
        **({"id": f"object-{name}", "name": name, "email": f"{name}@example.com"} | more), employee_id=number
    )


def test_an_employee_number_is_the_id() -> None:
    assert roster_ids([somebody("anna", "0042"), somebody("bo", "A-7")], []) == {
        "object-anna": "0042",
        "object-bo": "A-7",
    }


def test_without_a_number_the_id_is_short_and_the_same_every_time() -> None:
    ids = roster_ids([somebody("anna"), somebody("bo")], [])
    assert ids == roster_ids([somebody("bo"), somebody("anna")], [])
    assert ids["object-anna"] == "d-8c877acaaebc"


def test_a_number_that_cannot_be_an_id_or_is_two_peoples_is_none() -> None:
    people = [
        somebody("anna", "7"),
        somebody("bo", "7"),
        somebody("cy", "no number"),
        somebody("di", "=1+1"),
        somebody("ed", "-7"),
    ]
    assert all(id_.startswith("d-") for id_ in roster_ids(people, []).values())


def test_who_is_in_the_roster_keeps_the_id_whatever_the_directory_says() -> None:
    former = [a_person("1002", email="Anna@Example.com"), a_person("1003", email=None)]
    assert roster_ids([somebody("anna", "77")], former) == {"object-anna": "1002"}


def test_an_id_of_the_roster_goes_to_nobody_else() -> None:
    former = [a_person("77", email="gone@example.com")]
    assert roster_ids([somebody("anna", "77")], former)["object-anna"].startswith("d-")


def test_where_ids_are_employee_numbers_another_address_is_the_same_person() -> None:
    former = [a_person("1"), a_person("2"), a_person("3", email="cy.berg@example.com"), a_person("4", email=None)]
    people = [somebody("1", "1"), somebody("2", "2"), somebody("cy", "3"), somebody("di", "4")]
    assert list(roster_ids(people, former).values()) == ["1", "2", "3", "4"]


def test_where_they_are_not_a_number_proves_nothing() -> None:
    former = [a_person("1"), a_person("2"), a_person("3", email="cy.berg@example.com")]
    people = [somebody("1", "71"), somebody("2", "72"), somebody("cy", "3")]
    ids = list(roster_ids(people, former).values())
    assert ids[:2] == ["1", "2"]
    assert ids[2].startswith("d-")
