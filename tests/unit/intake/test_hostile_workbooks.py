"""A small workbook can stand for gigabytes: it is measured before it is opened."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.person_defaults import PersonDefaults
from talkcycle.intake.roster_file import read_roster

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def plain() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "name", "email", "manager"])
    sheet.append(["1", "Anna", None, None])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def changed(old: str, new: str, extra: dict[str, str] | None = None) -> bytes:
    """A plain workbook with another text in its sheet, and with *extra* parts."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain())) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            content = source.read(name).decode()
            if name == SHEET:
                assert old in content
                content = content.replace(old, new)
            target.writestr(name, content)
        for name, content in (extra or {}).items():
            target.writestr(name, content)
    return packed.getvalue()


def with_shared_text(text: str, *, rows: int) -> bytes:
    """A workbook in which *text* is the name of so many people, held once as Excel holds it."""
    cells = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}" t="s"><v>0</v></c></row>'
        for row in range(3, rows + 3)
    )
    strings = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>{text}</t></si></sst>'
    return changed("</sheetData>", cells + "</sheetData>", extra={STRINGS: strings})


def with_entry(name: str, content: bytes) -> bytes:
    packed = io.BytesIO(plain())
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, content)
    return packed.getvalue()


def lying_about_its_size() -> bytes:
    """The zip directory says that a part is a tenth of what it is."""
    data = bytearray(with_entry("xl/extra.xml", b"x" * 1_000_000))
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (100_000).to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(
            with_entry("xl/extra.xml", b"x" * 51_000_000),
            "unpacks to more than a roster can be.",
            id="a part of 51 MB",
        ),
        pytest.param(lying_about_its_size(), "is not a workbook that can be read.", id="a lying directory"),
        pytest.param(
            changed('r="A2"', 'r="A1048576"'),
            "has something in a cell beyond 20,000 rows or 100 columns.",
            id="a cell far down",
        ),
        pytest.param(
            changed('r="B2"', 'r="XFD2"'),
            "has something in a cell beyond 20,000 rows or 100 columns.",
            id="a cell far to the right",
        ),
        pytest.param(
            changed('<c r="A2"', "<c"), "is written in an unusual way.", id="a cell that does not say where"
        ),
        pytest.param(
            changed('<c r="A2"', "<c x='r=\"A2\"' r='XFD1048576'"),
            "is written in an unusual way.",
            id="a cell that hides where",
        ),
        pytest.param(
            with_shared_text("A" * 200_000, rows=1000),
            "has more text in it than a roster can have.",
            id="one long text in a thousand cells",
        ),
        pytest.param(changed("<sheetData>", "<sheetData"), "is not a workbook that can be read.", id="not XML"),
    ],
)  # fmt: skip
def test_a_workbook_that_would_take_too_much_is_refused(
    tmp_path: Path, defaults: PersonDefaults, data: bytes, problem: str
) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(data)
    with pytest.raises(FaultyInput) as raised:
        read_roster(path, defaults=defaults)
    assert [fault.problem for fault in raised.value.faults] == [problem]


def test_a_zip_that_is_no_workbook_says_so(tmp_path: Path, defaults: PersonDefaults) -> None:
    path = tmp_path / "roster.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("content.xml", "<x/>")
    with pytest.raises(FaultyInput) as raised:
        read_roster(path, defaults=defaults)
    assert [fault.problem for fault in raised.value.faults] == ["is not an Excel workbook."]


def test_texts_that_a_workbook_holds_once_are_read_in_every_cell(tmp_path: Path, defaults: PersonDefaults) -> None:
    path = tmp_path / "roster.xlsx"
    path.write_bytes(with_shared_text("Bo Ek", rows=3))
    people = read_roster(path, defaults=defaults).people
    assert [(person.id, person.name) for person in people] == [
        ("1", "Anna"),
        ("3", "Bo Ek"),
        ("4", "Bo Ek"),
        ("5", "Bo Ek"),
    ]
