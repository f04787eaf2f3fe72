"""Whatever a file holds, reading it gives a value or faults."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.people import Interval, Person, Roster
from talkcycle.domain.service import ServiceSettings
from talkcycle.intake.addresses import mail_address
from talkcycle.intake.columns import NAMES
from talkcycle.intake.cycle_file import read_cycle
from talkcycle.intake.cycle_model import CycleSettings
from talkcycle.intake.hr_files import read_cycle_and_roster
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.roster_file import read_roster
from talkcycle.intake.service_file import read_service
from talkcycle.intake.service_model import ServiceFile
from talkcycle.intake.shipped_cycle import shipped_steps
from talkcycle.intake.steps_grammar import parse_days, parse_repeat, parse_when
from talkcycle.intake.unusable import Unusable
from talkcycle.intake.working_week import clock_time, working_week
from talkcycle.intake.written_days import written_absences, written_day, written_moment
from talkcycle.resources import shipped

DEFAULTS = PersonDefaults(language="sv", zone="Europe/Stockholm", country="SE", languages=frozenset({"sv", "en"}))
TEMPLATES = {"sv": {"invitation", "reminder"}, "en": {"invitation"}}

SHIPPED_TEMPLATES = {"sv": set(shipped_steps(21))}

CYCLE = (shipped("config") / "cycle.yaml").read_text(encoding="utf-8")
SERVICE = (shipped("config") / "service.yaml").read_text(encoding="utf-8")
ROSTER = (shipped("config") / "roster.csv").read_text(encoding="utf-8")


def cycle(path: Path) -> Cycle:
    return read_cycle(path, templates=TEMPLATES, default_contact="talks@example.com")[0]


def service(path: Path) -> ServiceSettings:
    return read_service(path, {"X": "y"})


def roster(path: Path) -> Roster:
    return read_roster(path, defaults=DEFAULTS)


def read(reader: Callable[[Path], Any], data: bytes) -> Any:
    """What *reader* makes of *data*; None for faults, each of which says something about this file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(data)
        try:
            return reader(path)
        except FaultyInput as error:
            check_faults(error, path)
            return None


def check_faults(error: FaultyInput, path: Path) -> None:
    assert error.faults
    for fault in error.faults:
        assert fault.file == str(path)
        assert fault.problem
        assert fault.mend
        assert (fault.place + fault.problem + fault.mend).isprintable()


def damaged(text: str) -> st.SearchStrategy[bytes]:
    """*text* with a piece of it replaced."""
    return st.builds(
        lambda start, length, piece: (text[:start] + piece + text[start + length :]).encode("utf-8", "replace"),
        st.integers(0, len(text)),
        st.integers(0, 40),
        st.text(max_size=20) | st.sampled_from(["\n", ": ", "- ", "[", "{", "&a ", "*a", "!!x ", '"', ",", ";", "\t"]),
    )


def tree(keys: list[str]) -> st.SearchStrategy[str]:
    """Known keys with values of every kind, as YAML (which has JSON in it)."""
    scalar = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(WORDS)
    value = st.recursive(
        scalar,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*keys, "sv", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
    return st.dictionaries(st.sampled_from(keys), value, max_size=8).map(_as_yaml)


WORDS = ["2027-03-01", "09:00", "mon-fri", "1 day after", "at approval", "employee", "online", "sv", "invitation", "60"]


def _as_yaml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {_as_yaml(each)}' for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_yaml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(each):08x}" for each in value) + '"'
    return {None: "~", True: "true", False: "false"}.get(value, str(value))


WISHES = """window: {first: 2027-03-08, last: 2027-04-09}
roster: people.csv
rooms: {Malmö: [{name: Öresund, seats: 4}, {name: Ada, seats: 9, neutral: false}]}
planning: {cascade: hard, busy_times: {tentative: free}, lunch: none, preferred_hours: [09:00-12:00]}
wishes:
  pin: [{employee: 2, at: 2027-03-10 10:00, room: Öresund}, {employee: 3, at: 2027-03-11T10:00}]
  forbid: [{who: [Malmö, 1], days: 2027-03-15..2027-03-19, hours: 13:00-17:00, weekdays: [mon, fri]}]
  exclude: [{employee: 4, manager: 1, reason: they talked}]
"""
PEOPLE = "id,name,email,manager,site\n1,A,,,Malmö\n2,B,,1,Malmö\n3,C,,2,Malmö\n4,D,,1,\n"

STEP_KEYS = ["id", "when", "to", "template", "at", "attach", "calendar", "latest", "applies", "sites", "change", "remove"]


@pytest.mark.parametrize("reader", [cycle, service, roster])
@given(data=st.binary(max_size=200))
@settings(max_examples=30)
def test_bytes_of_any_kind(reader: Callable[[Path], Any], data: bytes) -> None:
    assert read(reader, data) is None


@given(data=damaged(CYCLE))
@settings(max_examples=12)
def test_a_damaged_cycle(data: bytes) -> None:
    assert isinstance(read(cycle, data), Cycle | None)


@given(data=damaged(WISHES))
@settings(max_examples=30)
def test_damaged_rooms_rules_and_wishes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cycle.yaml"
        path.write_bytes(data)
        (path.parent / "people.csv").write_text(PEOPLE, encoding="utf-8")
        faults: list[Fault] = []
        try:
            read_cycle_and_roster(path, templates=SHIPPED_TEMPLATES, default_contact="talks@example.com")
        except FaultyInput as error:
            faults.extend(error.faults)
    assert all((fault.place + fault.problem + fault.mend).isprintable() for fault in faults)


@given(data=damaged(SERVICE))
@settings(max_examples=20)
def test_damaged_settings(data: bytes) -> None:
    assert isinstance(read(service, data), ServiceSettings | None)


@given(text=tree([*CycleSettings.model_fields, *STEP_KEYS]))
@settings(max_examples=40)
def test_known_keys_with_any_values_in_a_cycle(text: str) -> None:
    assert isinstance(read(cycle, text.encode()), Cycle | None)


@given(text=tree([*ServiceFile.model_fields, "host", "user", "password_env"]))
@settings(max_examples=30)
def test_known_keys_with_any_values_in_settings(text: str) -> None:
    assert isinstance(read(service, text.encode()), ServiceSettings | None)


@given(data=damaged(ROSTER))
@settings(max_examples=30)
def test_a_damaged_roster_is_faulty_or_a_sound_tree(data: bytes) -> None:
    found = read(roster, data)
    if found is not None:
        _check_tree(found)


cell = st.text(max_size=12) | st.sampled_from(["1", "2", "3", "a@x.example", "", *WORDS])


@given(rows=st.lists(st.lists(cell, min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=5))
@settings(max_examples=30)
def test_any_cells_are_faulty_or_a_sound_tree(rows: list[list[str]]) -> None:
    header = ";".join(NAMES)
    lines = (";".join('"' + value.replace('"', '""') + '"' for value in row) for row in rows)
    found = read(roster, "\n".join([header, *lines]).encode("utf-8", "replace"))
    if found is not None:
        _check_tree(found)


@given(managers=st.lists(st.integers(0, 7), min_size=1, max_size=8))
@settings(max_examples=40)
def test_a_roster_is_accepted_exactly_when_nobody_is_their_own_superior(managers: list[int]) -> None:
    """Person n has manager ``managers[n]``; a number beyond the last person is nobody's."""
    above = {n: manager for n, manager in enumerate(managers) if manager < len(managers)}
    text = "id,name,email,manager\n" + "".join(f"{n},P,,{above.get(n, '')}\n" for n in range(len(managers)))
    assert (read(roster, text.encode()) is not None) == all(_reaches_the_top(n, above) for n in range(len(managers)))


def _reaches_the_top(person: int, above: dict[int, int]) -> bool:
    for _ in above:
        if person not in above:
            return True
        person = above[person]
    return person not in above


def _check_tree(found: Roster) -> None:
    people = {person.id: person for person in found.people}
    assert len(people) == len(found.people)
    for person in found.people:
        assert person.manager is None or person.manager in people
        assert person.name.strip()
        assert person.name.replace("\u00a0", " ") == person.name
        for day in person.hours:
            assert list(day) == sorted(day)
            assert all(_is_interval(each) for each in day)
    top = {person.id for person in found.people if person.manager is None}
    assert top, "somebody is at the top"


def _is_interval(each: Interval) -> bool:
    return 0 <= each[0] < each[1] <= 1440


@given(data=st.binary(max_size=40), place=st.integers(0, 10_000))
@settings(max_examples=20)
def test_a_damaged_workbook(data: bytes, place: int) -> None:
    whole = _workbook()
    place %= len(whole)
    found = read(roster, whole[:place] + data + whole[place + len(data) :])
    assert isinstance(found, Roster | None)


@given(content=st.text(max_size=60))
@settings(max_examples=30)
def test_a_workbook_with_any_sheet_in_it(content: str) -> None:
    packed = io.BytesIO(_workbook())
    changed = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            sheet = name.startswith("xl/worksheets/")
            target.writestr(name, content.encode("utf-8", "replace") if sheet else source.read(name))
    assert read(roster, changed.getvalue()) is None


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in ROSTER.splitlines()[:6]:
        sheet.append(line.split(","))
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


PARSERS: list[Callable[[str], Any]] = [
    mail_address,
    parse_when,
    parse_repeat,
    parse_days,
    clock_time,
    written_day,
    written_absences,
    written_moment,
    lambda text: working_week(text, ""),
    lambda text: working_week("", text),
]


@given(text=st.text(max_size=30) | st.text("0123456789-.:;,/ @daysbefortkmn", max_size=20))
@settings(max_examples=80)
def test_no_grammar_fails_in_another_way(text: str) -> None:
    for parse in PARSERS:
        try:
            parse(text)
        except Unusable as error:
            check_words(error)


def check_words(error: Unusable) -> None:
    assert error.problem.isprintable()
    assert error.mend


def test_a_person_survives_being_written_and_read_again() -> None:
    first = read(roster, ROSTER.encode())
    assert isinstance(first, Roster)
    again = read(roster, ("\n".join(_line(person) for person in first.people)).join([("id,name,email,manager,language,"
        "time zone,country,site,hours,start,end,absences,excluded\n"), "\n"]).encode())  # fmt: skip
    assert again == first


def _line(person: Person) -> str:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = "; ".join(
        f"{name} " + ", ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in day)
        for name, day in zip(names, person.hours, strict=True)
        if day
    )
    absences = "; ".join(f"{each.first}..{each.last}" for each in person.absences)
    cells = (
        person.id,
        person.name,
        person.email,
        person.manager,
        person.language,
        person.zone,
        person.country,
        person.site,
        f'"{hours}"',
        person.starts,
        person.ends,
        absences,
        person.excluded,
    )
    return ",".join("" if value is None else str(value) for value in cells)
