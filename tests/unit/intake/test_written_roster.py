"""A roster as it is written: nothing in it is lost."""

from pathlib import Path

import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.written_roster import read_written_roster

ROSTER = (
    "Anst.nr;Namn;E-post;Chef;Arbetstid;Kostnadsställe\r\n1;Bo Ek;bo@x.example;;8-12; 42 \r\n2;Cy Li;;bo@x.example\r\n"
)


def test_cells_go_by_the_english_name_of_a_known_column_and_by_their_own_of_another(
    tmp_path: Path, defaults: PersonDefaults
) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    bo, cy = read_written_roster(path, defaults=defaults)
    assert bo.cells == {
        "id": "1",
        "name": "Bo Ek",
        "email": "bo@x.example",
        "manager": "",
        "hours": "8-12",
        "Kostnadsställe": "42",
    }
    assert (cy.cells["hours"], cy.cells["Kostnadsställe"]) == ("", "")
    assert cy.person.manager == "1"


def test_a_faulty_one_is_refused_with_its_faults(tmp_path: Path, defaults: PersonDefaults) -> None:
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER.replace("2;", "1;"), encoding="utf-8")
    with pytest.raises(FaultyInput, match="is the id of two people"):
        read_written_roster(path, defaults=defaults)
