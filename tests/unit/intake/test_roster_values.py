"""What a roster means, in every form it comes in."""

import io
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.people import OFFICE_WEEK, Absence, Person, Roster
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.roster_file import read_roster, roster_version

MORNING = ((480, 720),)
OFF: tuple[tuple[int, int], ...] = ()

ENGLISH = """id,name,email,manager,language,time zone,country,site,days,hours,start,end,absences,excluded
1,Åsa Öberg,asa.oberg@x.example,,,,,,,,,,,
2,Bo Ek,bo@x.example,1,English,Europe/London,gb-eng,London,mon-thu,08:00-12:00,2020-05-04,2027-12-31,\
2027-03-01..2027-03-14; 2027-04-02,
3,Cy Li,,BO@x.example,sv,,,,,,,,,on leave
"""
SWEDISH = (
    "Anställningsnr;Namn;E-post;Närmaste chef;Språk;Tidszon;Land;Kontor;Arbetsdagar;Arbetstid;Anställd från;"
    "Anställd till;Frånvaro;Undantagen\r\n"
    "1;Åsa Öberg;asa.oberg@x.example;;;;;;;;;;;nej\r\n"
    "2;Bo Ek;bo@x.example;1;engelska;europe/london;GB-ENG;London;mån–tors;8-12;4.5.2020;31/12/2027;"
    "2027-03-01 – 2027-03-14, 2027-04-02;\r\n"
    "3;Cy Li;;bo@x.example;svenska;;sverige;;;;;;;on leave\r\n"
)
PEOPLE = (
    Person(
        id="1",
        name="Åsa Öberg",
        email="asa.oberg@x.example",
        manager=None,
        language="sv",
        zone="Europe/Stockholm",
        country="SE",
    ),
    Person(
        id="2",
        name="Bo Ek",
        email="bo@x.example",
        manager="1",
        language="en",
        zone="Europe/London",
        country="GB-ENG",
        site="London",
        hours=(MORNING,) * 4 + (OFF,) * 3,
        starts=date(2020, 5, 4),
        ends=date(2027, 12, 31),
        absences=(
            Absence(first=date(2027, 3, 1), last=date(2027, 3, 14)),
            Absence(first=date(2027, 4, 2), last=date(2027, 4, 2)),
        ),
    ),
    Person(
        id="3",
        name="Cy Li",
        email=None,
        manager="2",
        language="sv",
        zone="Europe/Stockholm",
        country="SE",
        excluded="on leave",
    ),
)


def read(folder: Path, data: bytes, defaults: PersonDefaults, name: str = "roster.csv") -> Roster:
    path = folder / name
    path.write_bytes(data)
    return read_roster(path, defaults=defaults)


def workbook(*rows: Sequence[object]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(ENGLISH.encode(), id="UTF-8"),
        pytest.param(ENGLISH.encode("utf-8-sig"), id="UTF-8 with a mark"),
        pytest.param(ENGLISH.encode("cp1252"), id="Windows-1252"),
        pytest.param(ENGLISH.encode("utf-16"), id="UTF-16"),
        pytest.param(ENGLISH.replace(",", "\t").encode(), id="tabs"),
        pytest.param(SWEDISH.encode("cp1252"), id="Swedish Excel"),
        pytest.param(SWEDISH.encode("utf-8-sig"), id="Swedish Excel as UTF-8"),
        pytest.param(("\r\n;;;\r\n" + SWEDISH).encode(), id="blank rows above"),
    ],
)
def test_a_csv_file_is_read_however_it_was_saved(tmp_path: Path, defaults: PersonDefaults, data: bytes) -> None:
    assert read(tmp_path, data, defaults).people == PEOPLE


def test_a_workbook_is_read_with_its_numbers_dates_and_times(tmp_path: Path, defaults: PersonDefaults) -> None:
    data = workbook(
        ["ID", "Namn", "Mejl", "Chef", "Start", "Slut", "Dagar", "Frånvaro"],
        [1001, "Åsa Öberg", "asa@x.example", None, datetime(2020, 5, 4), date(2027, 12, 31), None, date(2027, 4, 2)],
        [],
        [1002.0, "Bo Ek", "bo@x.example", 1001, None, None, "ons", None],
    )
    assert read(tmp_path, data, defaults, "roster.xlsx").people == (
        Person(
            id="1001",
            name="Åsa Öberg",
            email="asa@x.example",
            manager=None,
            starts=date(2020, 5, 4),
            ends=date(2027, 12, 31),
            absences=(Absence(first=date(2027, 4, 2), last=date(2027, 4, 2)),),
            language="sv",
            zone="Europe/Stockholm",
            country="SE",
        ),
        Person(
            id="1002",
            name="Bo Ek",
            email="bo@x.example",
            manager="1001",
            hours=(OFF, OFF, OFFICE_WEEK[0], OFF, OFF, OFF, OFF),
            language="sv",
            zone="Europe/Stockholm",
            country="SE",
        ),
    )


@pytest.mark.parametrize(
    ("days", "hours", "week"),
    [
        ("", "", OFFICE_WEEK),
        ("tue-thu", "", (OFF, *[OFFICE_WEEK[0]] * 3, OFF, OFF, OFF)),
        ("mon, wed and fri", "08:00-12:00", (MORNING, OFF, MORNING, OFF, MORNING, OFF, OFF)),
        ("", "13-17, 8-12", (((480, 720), (780, 1020)),) * 5 + (OFF, OFF)),
        ("mån", "08:00-10:00; 10:00-12:00", (MORNING, *[OFF] * 6)),
        ("", "mon 08:00-12:00; tors-fre: 9-12, 13-15", (MORNING, OFF, OFF, *[((540, 720), (780, 900))] * 2, OFF, OFF)),
        ("sat-mon", "18-24", (((1080, 1440),), *[OFF] * 4, ((1080, 1440),), ((1080, 1440),))),
    ],
)
def test_working_days_and_hours_are_written_in_many_ways(
    tmp_path: Path, defaults: PersonDefaults, days: str, hours: str, week: object
) -> None:
    text = f'id,name,email,manager,days,hours\n1,A,,,"{days}","{hours}"\n'
    assert read(tmp_path, text.encode(), defaults).people[0].hours == week


@pytest.mark.parametrize("word", ["no", "Nej", "FALSE", "0", "-", ""])
def test_a_no_in_the_column_of_exclusions_excludes_nobody(tmp_path: Path, defaults: PersonDefaults, word: str) -> None:
    text = f"id,name,email,manager,excluded\n1,A,,,{word}\n"
    assert read(tmp_path, text.encode(), defaults).people[0].excluded is None


def test_names_are_stripped_and_composed(tmp_path: Path, defaults: PersonDefaults) -> None:
    text = "id,name,email,manager\n1,\u00a0 A\u030asa\u00a0O\u0308berg ,,\n"
    assert read(tmp_path, text.encode(), defaults).people[0].name == "Åsa Öberg"


def test_internationalised_addresses_are_welcome(tmp_path: Path, defaults: PersonDefaults) -> None:
    text = "id,name,email,manager\n1,A,åsa@öberg.example,\n"
    assert read(tmp_path, text.encode(), defaults).people[0].email == "åsa@öberg.example"


def test_columns_nobody_knows_are_left_alone(tmp_path: Path, defaults: PersonDefaults) -> None:
    text = "id,name,salary,email,manager,shoe size,\n1,A,9,,,44,\n"
    assert [person.id for person in read(tmp_path, text.encode(), defaults).people] == ["1"]


def test_the_version_depends_on_the_people_alone(tmp_path: Path, defaults: PersonDefaults) -> None:
    english = read(tmp_path, ENGLISH.encode(), defaults)
    swedish = read(tmp_path, SWEDISH.encode("cp1252"), defaults)
    assert english.version == swedish.version == roster_version(reversed(PEOPLE))
    changed = read(tmp_path, ENGLISH.replace("Bo Ek", "Bo Eek").encode(), defaults)
    assert changed.version != english.version


def test_a_date_cell_with_a_time_of_day_is_not_a_day(tmp_path: Path, defaults: PersonDefaults) -> None:
    moment = datetime.combine(date(2020, 5, 4), time(12, 30))
    data = workbook(["id", "name", "email", "manager", "start"], [1, "A", "", "", moment])
    with pytest.raises(FaultyInput) as raised:
        read(tmp_path, data, defaults, "roster.xlsx")
    assert [(fault.line, fault.place, fault.problem) for fault in raised.value.faults] == [
        (2, "E2", '"2020-05-04 12:30:00" is not a date.')
    ]


def test_a_manager_may_have_preferred_hours_and_a_limit_of_their_own(tmp_path: Path, defaults: PersonDefaults) -> None:
    english = 'id,name,email,manager,preferred hours,most per day\n1,A,,,"13-15, 9:00-11:30",3\n2,B,,1,,\n'
    swedish = "id;namn;e-post;chef;Önskade tider;Högst per dag\r\n1;A;;;09.00-11.30, 13-15;3,0\r\n2;B;;1;;\r\n"
    for text in (english, swedish):
        first, second = read(tmp_path, text.encode(), defaults).people
        assert (first.preferred, first.most_per_day) == (((540, 690), (780, 900)), 3)
        assert (second.preferred, second.most_per_day) == ((), None)


@pytest.mark.parametrize(
    ("cell", "transport"),
    [
        ("SMTP", "smtp"),
        ("mail", "smtp"),
        ("Exchange", "exchange"),
        ("On-Premises", "exchange"),
        ("graph", "graph"),
        ("Office  365", "graph"),
        ("online", "graph"),
        ("", None),
    ],
)
@pytest.mark.parametrize("column", ["mailbox", "Served by", "Postlåda"])
def test_the_roster_may_say_who_serves_a_mailbox(
    tmp_path: Path, defaults: PersonDefaults, column: str, cell: str, transport: str | None
) -> None:
    (person,) = read(tmp_path, f"id,name,email,manager,{column}\n1,A,a@x.example,,{cell}\n".encode(), defaults).people
    assert person.mailbox == transport


def test_the_version_knows_who_serves_a_mailbox_but_nothing_of_an_empty_column(
    tmp_path: Path, defaults: PersonDefaults
) -> None:
    head = "id,name,email,manager,mailbox\n1,A,a@x.example,,"
    without = read(tmp_path, b"id,name,email,manager\n1,A,a@x.example,\n", defaults).version
    assert read(tmp_path, f"{head}\n".encode(), defaults).version == without
    versions = {read(tmp_path, f"{head}{cell}\n".encode(), defaults).version for cell in ("smtp", "graph")}
    assert len(versions | {without}) == 3


def test_the_version_knows_preferred_hours_and_limits_but_nothing_of_columns_that_say_nothing(
    tmp_path: Path, defaults: PersonDefaults
) -> None:
    head = "id,name,email,manager,preferred hours,most per day\n1,A,,,"
    without = read(tmp_path, b"id,name,email,manager\n1,A,,\n", defaults).version
    assert read(tmp_path, f"{head},\n".encode(), defaults).version == without
    versions = {read(tmp_path, f"{head}{cells}\n".encode(), defaults).version for cells in ("9-12,", ",2", "9-12,2")}
    assert len(versions | {without}) == 4
