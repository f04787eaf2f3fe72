"""The cycle and its roster are checked together."""

from pathlib import Path

import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.hr_files import read_cycle_and_roster

WINDOW = "window: {first: 2027-03-01, last: 2027-03-26}\n"
ROSTER = "id,name,email,manager,site\n1,Anna,anna@x.example,,Stockholm\n2,Bo,bo@x.example,1,Stockholm\n"


def faults(folder: Path, cycle: str, roster: str, templates: dict[str, set[str]]) -> list[str]:
    (folder / "cycle.yaml").write_text(cycle, encoding="utf-8")
    (folder / "roster.csv").write_text(roster, encoding="utf-8")
    with pytest.raises(FaultyInput) as raised:
        read_cycle_and_roster(folder / "cycle.yaml", templates=templates, default_contact="talks@example.com")
    return [str(fault).removeprefix(f"{folder}/") for fault in raised.value.faults]


def test_the_faults_of_both_files_are_named_at_once(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    cycle = WINDOW + "roster: roster.csv\nnotice: 3\n"
    assert faults(tmp_path, cycle, ROSTER.replace("2,Bo", "2,"), templates) == [
        "cycle.yaml:3: notice 3 days are under the least notice. Write at least 7 days: people need time to prepare.",
        "roster.csv:3: name is empty. Everybody needs a name.",
    ]


def test_a_roster_that_is_not_there_is_one_fault_more(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    cycle = WINDOW + "roster: people.csv\nnotice: 3\n"
    assert faults(tmp_path, cycle, ROSTER, templates) == [
        "cycle.yaml:3: notice 3 days are under the least notice. Write at least 7 days: people need time to prepare.",
        "people.csv: does not exist. Put the roster there, or change `roster` in the cycle file.",
    ]


def test_a_mailbox_served_by_nobody_is_a_fault_in_its_row(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    (tmp_path / "cycle.yaml").write_text(WINDOW + "roster: roster.csv\n", encoding="utf-8")
    (tmp_path / "roster.csv").write_text(
        "id,name,email,manager,mailbox\n1,A,a@x.example,,graph\n2,B,b@x.example,1,on-prem\n3,C,c@x.example,1,grpah\n",
        encoding="utf-8",
    )
    with pytest.raises(FaultyInput) as raised:
        read_cycle_and_roster(
            tmp_path / "cycle.yaml",
            templates=templates,
            default_contact="talks@example.com",
            transports={"smtp", "graph"},
        )
    assert [str(fault).removeprefix(f"{tmp_path}/") for fault in raised.value.faults] == [
        (
            "roster.csv:3: mailbox service.yaml has no exchange. "
            "Leave it empty, so that the rules of service.yaml hold, or let IT configure it there."
        ),
        'roster.csv:4: mailbox "grpah" is no way to reach a mailbox. Did you mean "graph"?',
    ]


def test_a_site_that_is_nearly_somebodys_is_a_fault(tmp_path: Path, templates: dict[str, set[str]]) -> None:
    cycle = (
        WINDOW
        + "roster: roster.csv\nplace: {Stockolm: online, Oslo: online}\nsteps:\n"
        + "  add:\n    - {id: x, when: 1 day after, to: hr, template: reminder, applies: {sites: [Stokholm]}}\n"
    )
    assert faults(tmp_path, cycle, ROSTER, templates) == [
        'cycle.yaml:3: place.Stockolm nobody in the roster is at "Stockolm". Did you mean "Stockholm"?',
        'cycle.yaml:6: steps.add[1].applies.sites[1] nobody in the roster is at "Stokholm". Did you mean "Stockholm"?',
    ]
