"""Every fault a roster can have: where it is, what is wrong, how to mend it."""

import io
from pathlib import Path

import openpyxl
import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.roster_file import read_roster

HEAD = "id,name,email,manager,language,time zone,country,days,hours,start,end,absences\n"
TOP = "1,Anna,anna@x.example,,,,,,,,,\n"

FAULTS = [
    pytest.param(
        "id,name,e-mail\n1,Anna,anna@x.example\n",
        [':1: the column "manager" is missing. Add it; it may be called närmaste chef too.'],
        id="a missing column",
    ),
    pytest.param(
        "id,name,email,manager,chef\n1,Anna,anna@x.example,,\n",
        [':1: chef "chef" means the same as "manager": manager. Keep one of the two columns.'],
        id="two columns for one thing",
    ),
    pytest.param(
        "id,name,email,manager,languag\n1,Anna,anna@x.example,,sv\n",
        [(':1: languag "languag" is nearly a known column. Call it "language", or something else if it is not meant.')],
        id="a column that is nearly known",
    ),
    pytest.param(
        "id,name,email,manager\n",
        [": names nobody. Write a row for each person below the names of the columns."],
        id="nobody",
    ),
    pytest.param("", [": is empty. The first row names the columns: id, name, email, manager."], id="nothing"),
    pytest.param(HEAD + ",Anna,,,,,,,,,,\n", [":2: id is empty. Everybody needs an id."], id="no id"),
    pytest.param(HEAD + "1,,,,,,,,,,,\n", [":2: name is empty. Everybody needs a name."], id="no name"),
    pytest.param(
        HEAD + "A 1,Anna,,,,,,,,,,\n",
        [':2: id "A 1" cannot be an id. Use letters, digits and . _ - @ +, at most 64.'],
        id="an id with a space",
    ),
    pytest.param(
        HEAD + TOP + "2,Bo,,99,,,,,,,,\n",
        [(':3: manager the manager "99" is not in the roster. Write a manager\'s id or address as in their own row.')],
        id="an unknown manager",
    ),
    pytest.param(
        HEAD + TOP + "2,Bo,,anna,,,,,,,,\n",
        [':3: manager the manager "anna" is not in the roster. Write the manager\'s id, "1".'],
        id="a manager by name",
    ),
    pytest.param(
        HEAD + TOP + "2,Bo,,2,,,,,,,,\n",
        [":3: manager is their own manager. Write somebody else, or leave it empty at the top."],
        id="one's own manager",
    ),
    pytest.param(
        HEAD + "a,Anna,anna@x.example,,,,,,,,,\nA,Bo,,,,,,,,,,\n",
        [
            (
                ':3: id "A" is the id of two people; the first is on line 2. Give each person an id of '
                "their own, or remove the row that is there twice."
            )
        ],
        id="two people with one id",
    ),
    pytest.param(
        HEAD + TOP + "2,Bo,ANNA@X.example,1,,,,,,,,\n",
        [
            (
                ':3: email "ANNA@X.example" is the address of two people; the first is on line 2. Give '
                "each person an address of their own, or remove the row that is there twice."
            )
        ],
        id="two people with one address",
    ),
    pytest.param(
        HEAD + TOP + "2,Bo,,4,,,,,,,,\n3,Cy,,2,,,,,,,,\n4,Di,,3,,,,,,,,\n5,Ed,,4,,,,,,,,\n",
        [(":3: manager reports in a loop: 2 > 4 > 3 > 2. Leave the manager empty for whoever is at the top.")],
        id="a loop",
    ),
    pytest.param(
        HEAD + "1,A,,2,,,,,,,,\n2,B,,1,,,,,,,,\n3,C,,4,,,,,,,,\n4,D,,3,,,,,,,,\n",
        [
            (":2: manager reports in a loop: 1 > 2 > 1. Leave the manager empty for whoever is at the top."),
            (":4: manager reports in a loop: 3 > 4 > 3. Leave the manager empty for whoever is at the top."),
        ],
        id="two loops",
    ),
    pytest.param(
        HEAD + "1,Anna,anna.x.example,,,,,,,,,\n",
        [
            (
                ':2: email "anna.x.example" is not an address: it needs exactly one @. Write one address '
                "such as anna.berg@example.com."
            )
        ],
        id="an address without an at sign",
    ),
    pytest.param(
        HEAD + "1,Anna,anna@b@x.example,,,,,,,,,\n",
        [
            (
                ':2: email "anna@b@x.example" is not an address: it needs exactly one @. Write one '
                "address such as anna.berg@example.com."
            )
        ],
        id="an address with two",
    ),
    pytest.param(
        HEAD + '1,Anna,"anna@x.example, bo@x.example",,,,,,,,,\n',
        [
            (
                ':2: email "anna@x.example, bo@x.example" is not an address: it needs exactly one @. '
                "Write one address such as anna.berg@example.com."
            )
        ],
        id="two addresses",
    ),
    pytest.param(
        HEAD + '1,Anna,"anna@x.example\nBcc: bo",,,,,,,,,\n',
        [
            (
                ':2: email "anna@x.example\\nBcc: bo" is not an address: it has a space or a control '
                "character in it. Write one address such as anna.berg@example.com."
            )
        ],
        id="an address with a line break",
    ),
    pytest.param(
        HEAD + "1,Anna,anna..b@x.example,,,,,,,,,\n",
        [
            (
                ':2: email "anna..b@x.example" is not an address: "anna..b" cannot stand before the @. '
                "Write one address such as anna.berg@example.com."
            )
        ],
        id="an address with two dots",
    ),
    pytest.param(
        HEAD + "1,Anna,anna@intranet,,,,,,,,,\n",
        [
            (
                ':2: email "anna@intranet" is not an address: "intranet" is not a domain. Write one '
                "address such as anna.berg@example.com."
            )
        ],
        id="an address at no domain",
    ),
    pytest.param(
        HEAD + "1,Anna,anna@-x.example,,,,,,,,,\n",
        [
            (
                ':2: email "anna@-x.example" is not an address: "-x.example" is not a domain. Write one '
                "address such as anna.berg@example.com."
            )
        ],
        id="an address at a bad domain",
    ),
    pytest.param(
        HEAD + "1,Anna,<anna@x.example>,,,,,,,,,\n",
        [
            (
                ':2: email "<anna@x.example>" is not an address: "<anna" cannot stand before the @. '
                "Write one address such as anna.berg@example.com."
            )
        ],
        id="an address in brackets",
    ),
    pytest.param(
        HEAD + '1,"Anna\nBerg",,,,,,,,,,\n2,Bo,,9,,,,,,,,\n',
        [
            (":2: name the name has a line break or a control character in it. Delete it and type the text again."),
            (':4: manager the manager "9" is not in the roster. Write a manager\'s id or address as in their own row.'),
        ],
        id="a line break in a name",
    ),
    pytest.param(
        HEAD + "1,Anna\x1b[2J,,,,,,,,,,\n",
        [(":2: name the name has a line break or a control character in it. Delete it and type the text again.")],
        id="a control character in a name",
    ),
    pytest.param(
        HEAD + "1,Anna\u202egreB,,,,,,,,,,\n",
        [(":2: name the name has a line break or a control character in it. Delete it and type the text again.")],
        id="a name that turns the text around",
    ),
    pytest.param(
        HEAD + "1," + "A" * 201 + ",,,,,,,,,,\n",
        [(":2: name the name is longer than 200 characters. Check that the columns are in their places.")],
        id="a name without an end",
    ),
    pytest.param(
        HEAD + "1,Anna,,,klingon,,,,,,,\n",
        [(':2: language "klingon" is not a language there are texts in. There are texts in en or sv.')],
        id="an unknown language",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,Europe/Stokholm,,,,,,\n",
        [':2: time zone "Europe/Stokholm" is not a time zone. Did you mean "Europe/Stockholm"?'],
        id="an unknown zone",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,Atlantis,,,,,\n",
        [
            (
                ':2: country "Atlantis" is not a country whose holidays are known. Write the country\'s '
                "two letters, and its part where holidays differ: SE, FI, GB-ENG."
            )
        ],
        id="an unknown country",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,,,2027-03-05,2027-03-01,\n",
        [":2: end 2027-03-01 comes before the first day, 2027-03-05. Exchange the two dates."],
        id="reversed dates",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,,,03/04/2027,,\n",
        [':2: start "03/04/2027" may be read as two different days. Write it as 2027-03-01.'],
        id="a date with two meanings",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,,,soon,,\n",
        [':2: start "soon" is not a date. Write it as 2027-03-01.'],
        id="a date that is none",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,,,,,2027-03-05..2027-03-01\n",
        [':2: absences "2027-03-05..2027-03-01" ends before it begins. Write the first day first.'],
        id="a reversed absence",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,,,,,2027-03-05..2027-03-06..2027-03-07\n",
        [
            (
                ':2: absences "2027-03-05..2027-03-06..2027-03-07" is not one day or one span of days. '
                "Separate absences with semicolons: 2027-03-01..2027-03-14; 2027-04-02."
            )
        ],
        id="an absence of three days",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,mon-xyz,25-26,,,\n",
        [
            (
                ':2: days "xyz" is not a day of the week. Write days such as mon-thu or mon, wed, fri '
                "(mån-tors, mån, ons, fre)."
            ),
            (
                ':2: hours "25-26" has a time that no clock shows. Write hours such as 08:00-17:00, or '
                "08:00-12:00, 13:00-17:00."
            ),
        ],
        id="days and hours nobody knows",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,mon,mon 8-12,,,\n",
        [":2: hours names days, and so does the column of days. Say which days in one of the two."],
        id="days named twice",
    ),
    pytest.param(
        HEAD + '1,Anna,,,,,,,"8-12, 11-13",,,\n',
        [
            (
                ':2: hours "8-12, 11-13" has hours that overlap. Write hours such as 08:00-17:00, or '
                "08:00-12:00, 13:00-17:00."
            )
        ],
        id="hours that overlap",
    ),
    pytest.param(
        "id,name,email,manager,preferred hours,most per day\n1,Anna,,,mornings,none\n2,Bo,,1,17-9,13\n",
        [
            (
                ':2: most per day "none" is not a number of talks. '
                "Write a number from 1 to 12, or leave it empty for the cycle's."
            ),
            (
                ':2: preferred hours "mornings" is not a span of hours. Write hours such as 08:00-17:00, or '
                "08:00-12:00, 13:00-17:00."
            ),
            (
                ':3: most per day "13" is not a number of talks. '
                "Write a number from 1 to 12, or leave it empty for the cycle's."
            ),
            ':3: preferred hours "17-9" ends before it begins. Write hours past midnight as two days\' hours.',
        ],
        id="preferences nobody can read",
    ),
    pytest.param(
        HEAD + "1,Anna,,,,,,,,,,,Berg\n",
        [
            (
                ":2: column 13 the row has more values than there are columns. Put quotation marks "
                "around a value that has the separator in it."
            )
        ],
        id="a separator in a value",
    ),
    pytest.param(
        HEAD + "1,Anna,anna@@x,7,xx,yy,zz,mon,,2027,,\n1,,,,,,,,,,,\n",
        [
            (
                ':2: country "zz" is not a country whose holidays are known. Write the country\'s two '
                "letters, and its part where holidays differ: SE, FI, GB-ENG."
            ),
            (
                ':2: email "anna@@x" is not an address: it needs exactly one @. Write one address such '
                "as anna.berg@example.com."
            ),
            ':2: language "xx" is not a language there are texts in. There are texts in en or sv.',
            (':2: manager the manager "7" is not in the roster. Write a manager\'s id or address as in their own row.'),
            ':2: start "2027" is not a date. Write it as 2027-03-01.',
            ':2: time zone "yy" is not a time zone. Write a name such as Europe/Stockholm.',
            (
                ':3: id "1" is the id of two people; the first is on line 2. Give each person an id of '
                "their own, or remove the row that is there twice."
            ),
            ":3: name is empty. Everybody needs a name.",
        ],
        id="several at once",
    ),
]


def faults(path: Path, data: bytes, defaults: PersonDefaults) -> list[str]:
    path.write_bytes(data)
    with pytest.raises(FaultyInput) as raised:
        read_roster(path, defaults=defaults)
    return [str(fault).removeprefix(str(path)) for fault in raised.value.faults]


@pytest.mark.parametrize(("text", "expected"), FAULTS)
def test_a_fault_is_located_and_says_how_to_mend_it(
    tmp_path: Path, defaults: PersonDefaults, text: str, expected: list[str]
) -> None:
    assert faults(tmp_path / "roster.csv", text.encode(), defaults) == expected


def test_in_a_workbook_a_fault_names_its_cell(tmp_path: Path, defaults: PersonDefaults) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["Nr", "ID", "Namn", "Mejl", "Chef"], [], [1, 7, "Anna", "anna@x", None], [2, 7, "Bo", None, 9]):
        sheet.append(row)
    packed = io.BytesIO()
    book.save(packed)
    assert faults(tmp_path / "roster.xlsx", packed.getvalue(), defaults) == [
        (':3: D3 "anna@x" is not an address: "x" is not a domain. Write one address such as anna.berg@example.com.'),
        (
            ':4: B4 "7" is the id of two people; the first is on row 3. '
            "Give each person an id of their own, or remove the row that is there twice."
        ),
        ':4: E4 the manager "9" is not in the roster. Write a manager\'s id or address as in their own row.',
    ]


def test_a_roster_that_is_not_there_says_so(tmp_path: Path, defaults: PersonDefaults) -> None:
    path = tmp_path / "roster.csv"
    with pytest.raises(FaultyInput) as raised:
        read_roster(path, defaults=defaults)
    assert str(raised.value) == (f"{path}: does not exist. Put the roster there, or change `roster` in the cycle file.")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"\x00\x01\x02", "is not a table of text.", id="bytes"),
        pytest.param(b"id,name\n1,\x81\n", "is not text.", id="no encoding"),
        pytest.param(b"\xff\xfei\x00d", "is not a table of text.", id="half a character"),
        pytest.param(b"\xd0\xcf\x11\xe0old", "is a workbook of the old kind, or one with a password.", id="xls"),
        pytest.param(b"PK\x03\x04nothing", "is not a workbook that can be read.", id="a broken workbook"),
        pytest.param(b"id,name,email,manager\n1," + b"a" * 200_000, "cannot be read as CSV.", id="a huge field"),
        pytest.param(b"id,name,email,manager\n" + b"1,A,,\n" * 20_001, "has more than 20,000 rows.", id="too many rows"),
        pytest.param(b"a," * 101, "has more than 100 columns.", id="too many columns"),
    ],
)
def test_a_file_that_is_no_roster_says_what_it_is(
    tmp_path: Path, defaults: PersonDefaults, data: bytes, problem: str
) -> None:
    path = tmp_path / "roster"
    path.write_bytes(data)
    with pytest.raises(FaultyInput) as raised:
        read_roster(path, defaults=defaults)
    assert raised.value.faults[0].problem == problem
