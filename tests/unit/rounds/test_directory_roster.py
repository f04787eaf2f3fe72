"""What becomes of a directory's people in a roster, and what HR is told of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkcycle.domain.mailboxes import DirectoryPerson
from talkcycle.domain.people import Person, Roster
from talkcycle.intake.columns import known_columns
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.roster_file import roster_of
from talkcycle.intake.table_file import decoded, read_csv
from talkcycle.intake.written_roster import WrittenPerson, read_written_roster
from talkcycle.rendering.roster_csv import roster_csv
from talkcycle.rounds.directory_roster import Changed, DirectoryRoster, LeftEmpty, roster_from

DEFAULTS = PersonDefaults(language="sv", zone="Europe/Stockholm", country="SE", languages=frozenset({"sv", "en"}))
FORMER = """id,name,email,manager,language,site,hours,excluded,Kostnadsställe
1,Anna Ek,anna@example.com,,,Malmö,,,10
2,Bo Ask,bo@example.com,1,en,Malmö,8-12,-,20
3,Cy Li,cy@example.com,1,,,,on leave,30
4,Di Alm,,2,,,,,40
"""


def somebody(number: str, name: str, manager: str | None = None, **more: Any) -> DirectoryPerson:
    fields: dict[str, Any] = {"email": f"{name.split(maxsplit=1)[0].casefold()}@example.com", "employee_id": number}
    return DirectoryPerson(id=f"object-{number}", name=name, manager=manager and f"object-{manager}", **(fields | more))


ANNA, BO, CY = somebody("1", "Anna Ek"), somebody("2", "Bo Ask", "1"), somebody("3", "Cy Li", "1")


def made(people: Sequence[DirectoryPerson], former: Sequence[WrittenPerson] | None = None) -> DirectoryRoster:
    return roster_from(people, former, languages={"sv", "en"})


def read_back(roster: DirectoryRoster) -> Roster:
    text = decoded("x.csv", roster_csv(roster.columns, roster.rows))
    return roster_of(read_csv("x.csv", text, known=known_columns), defaults=DEFAULTS)


@pytest.fixture
def former(tmp_path: Path) -> tuple[WrittenPerson, ...]:
    path = tmp_path / "roster.csv"
    path.write_text(FORMER, encoding="utf-8")
    return read_written_roster(path, defaults=DEFAULTS)


def test_everybody_gets_a_row_with_what_the_directory_knows() -> None:
    bo = somebody("2", "Bo Ask", "1", site="London", department="Sales", language="en-GB", country="gb-eng")
    roster = made([bo, ANNA])
    assert read_back(roster).people == (
        Person(
            id="1",
            name="Anna Ek",
            email="anna@example.com",
            manager=None,
            language="sv",
            zone="Europe/Stockholm",
            country="SE",
        ),
        Person(
            id="2",
            name="Bo Ask",
            email="bo@example.com",
            manager="1",
            language="en_GB",
            zone="Europe/Stockholm",
            country="GB-ENG",
            site="London",
        ),
    )
    assert [row["department"] for row in roster.rows] == ["", "Sales"]
    assert (roster.without_manager, roster.strangers, roster.loops, roster.differences) == (("1",), (), (), None)
    assert not roster.needs_a_look


def test_a_manager_who_is_not_among_the_people_is_left_empty_and_told() -> None:
    roster = made([ANNA, somebody("2", "Bo Ask", "99")])
    assert [person.manager for person in read_back(roster).people] == [None, None]
    assert (roster.strangers, roster.without_manager) == (("2",), ("1", "2"))
    assert roster.needs_a_look


def test_who_manages_themselves_is_at_the_top() -> None:
    roster = made([somebody("1", "Anna Ek", "1"), BO])
    assert [person.manager for person in read_back(roster).people] == [None, "1"]
    assert not roster.needs_a_look


def test_a_loop_is_broken_at_whoever_has_most_reports() -> None:
    people = [somebody("1", "Anna Ek", "2"), BO, somebody("3", "Cy Li", "2"), somebody("4", "Di Alm", "3")]
    roster = made([*people[:1], somebody("2", "Bo Ask", "1"), *people[2:]])
    assert roster.loops == (("2", "1"),)
    assert {person.id: person.manager for person in read_back(roster).people} == {"1": "2", "2": None, "3": "2", "4": "3"}
    assert roster.needs_a_look


def test_what_a_roster_cannot_have_is_left_empty_and_told() -> None:
    people = [
        somebody("1", "Anna Ek", language="fr-FR", country="GB"),
        somebody("2", "Bo Ask", "1", email="Anna@example.com"),
        somebody("3", "Cy Li", "1", email="=cmd|calc@example.com"),
        somebody("4", "Di\nAlm", "1", email="di@example.com"),
    ]
    roster = made(people)
    assert [(each.id, each.column, each.value) for each in roster.left_empty] == [
        ("1", "language", "fr-FR"),
        ("1", "country", "GB"),
        ("2", "email", "Anna@example.com"),
        ("3", "email", "=cmd|calc@example.com"),
        ("4", "name", "Di\nAlm"),
    ]
    assert roster.without_mailbox == ("2", "3")
    assert [person.name for person in read_back(roster).people] == ["Anna Ek", "Bo Ask", "Cy Li", "di@example.com"]


def test_no_cell_of_the_directory_runs_in_a_spreadsheet() -> None:
    roster = made([somebody("1", "=HYPERLINK(1)", email="a@example.com", department="+1", site="@x; =1")])
    (row,) = roster.rows
    assert (row["name"], row["department"], row["site"]) == ("'=HYPERLINK(1)", "'+1", "'@x; '=1")


def test_ids_order_and_hrs_own_columns_stay_as_they_were(former: tuple[WrittenPerson, ...]) -> None:
    zed, eva = somebody("9", "Zed Ny", "2"), somebody("8", "Eva Ny", "2")
    roster = made([zed, CY, somebody("2", "Bo Ask-Berg", "1"), eva, ANNA], former)
    assert roster.columns[-3:] == ("hours", "excluded", "Kostnadsställe")
    assert [row["id"] for row in roster.rows] == ["1", "2", "3", "4", "8", "9"]
    bo = roster.rows[1]
    assert (bo["name"], bo["hours"], bo["excluded"], bo["Kostnadsställe"]) == ("Bo Ask-Berg", "8-12", "-", "20")
    people = {person.id: person for person in read_back(roster).people}
    assert (people["2"].excluded, people["3"].excluded) == (None, "on leave")


def test_hrs_language_and_site_stay_and_the_directory_fills_in_the_others(former: tuple[WrittenPerson, ...]) -> None:
    bo = somebody("2", "Bo Ask", "1", language="sv-SE", site="Lund")
    cy = somebody("3", "Cy Li", "1", language="en-US", site="Malmö")
    roster = made([ANNA, bo, cy], former)
    assert [(row["language"], row["site"]) for row in roster.rows[1:3]] == [("en", "Malmö"), ("en_US", "Malmö")]
    assert roster.differences is not None
    assert roster.differences.sites == (Changed(id="2", before="Malmö", after="Lund"),)


def test_the_same_people_make_no_difference(former: tuple[WrittenPerson, ...]) -> None:
    found = made([ANNA, BO, CY], former).differences
    assert found is not None
    assert (found.new, found.gone, found.managers, found.addresses, found.sites) == ((), (), (), (), ())
    assert found.kept == ("4",)


def test_who_is_new_gone_or_has_another_manager_or_address_is_told(former: tuple[WrittenPerson, ...]) -> None:
    people = [ANNA, somebody("3", "Cy Li", "8"), somebody("8", "Eva Ny", "1")]
    people.append(somebody("2", "Bo Ask", "1", email="bo.ask@example.com"))
    found = made(people, former).differences
    assert found is not None
    assert found.new == ("8",)
    assert found.gone == ()
    assert found.managers == (Changed(id="3", before="1", after="8"),)
    assert found.addresses == (Changed(id="2", before="bo@example.com", after="bo.ask@example.com"),)
    gone = made([ANNA, CY], former).differences
    assert gone is not None
    assert gone.gone == ("2",)


def test_where_the_directory_names_no_manager_hrs_word_stays(former: tuple[WrittenPerson, ...]) -> None:
    roster = made([ANNA, BO, somebody("3", "Cy Li")], former)
    assert roster.rows[2]["manager"] == "1"


def test_hrs_word_gives_way_where_it_would_close_a_loop(former: tuple[WrittenPerson, ...]) -> None:
    people = [somebody("1", "Anna Ek", "3"), BO, somebody("3", "Cy Li"), somebody("5", "Ed Ros", "1")]
    roster = made(people, former)
    assert roster.loops == (("3", "1"),)
    assert [row["manager"] for row in roster.rows[:3]] == ["3", "1", ""]


def test_who_cannot_be_in_the_directory_stays_and_loses_only_a_manager_who_is_gone(
    former: tuple[WrittenPerson, ...],
) -> None:
    roster = made([ANNA, CY], former)
    assert roster.rows[-1]["id"] == "4"
    assert roster.rows[-1]["manager"] == ""
    assert roster.strangers == ("4",)
    elsewhere = roster_from([ANNA, CY], former, languages={"sv"}, knows=lambda person: person.id in {"1", "3"})
    assert [row["id"] for row in elsewhere.rows] == ["1", "2", "3", "4"]
    assert elsewhere.differences is not None
    assert (elsewhere.differences.kept, elsewhere.differences.gone) == (("2", "4"), ())


def test_a_value_that_hr_has_written_itself_is_no_fault_of_the_directory(former: tuple[WrittenPerson, ...]) -> None:
    roster = made([ANNA, somebody("2", "Bo Ask", "1", language="fr"), somebody("3", "Cy Li", "1", language="fr")], former)
    problem = '"fr" is not a language there are texts in.'
    assert roster.left_empty == (LeftEmpty(id="3", column="language", value="fr", problem=problem),)


texts = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["sv-SE", "=1+1", "GB", "Malmö", "a@b.example", "7"]))


@given(
    st.lists(
        st.builds(
            DirectoryPerson,
            id=st.sampled_from("abcdefgh"),
            name=st.text(max_size=8),
            email=texts,
            manager=st.one_of(st.none(), st.sampled_from("abcdefghxyz")),
            employee_id=texts,
            department=texts,
            site=texts,
            country=texts,
            language=texts,
        ),
        min_size=1,
        max_size=8,
        unique_by=lambda person: person.id,
    )
)
def test_whatever_a_directory_says_the_roster_can_be_read(people: list[DirectoryPerson]) -> None:
    roster = made(people)
    assert len(read_back(roster).people) == len(people)
