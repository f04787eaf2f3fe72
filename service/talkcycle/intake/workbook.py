"""Rows of the first sheet of an XLSX workbook.

What the file claims is measured before a library reads it: two kilobytes can stand for gigabytes, as a long zip entry,
as one cell far down and right (a sheet is held as a full rectangle), or as one long text in many cells.
"""

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import Any

from talkcycle.domain.faults import FaultyInput
from talkcycle.intake.tables import MOST_COLUMNS, MOST_ROWS, Table, table_of, unreadable

LARGEST_UNPACKED = 50_000_000
MOST_FILES = 1000
LARGEST_TEXTS = 100_000_000
"""Characters of all cells together."""

_ATTRIBUTES = rb'(?:\s+(?!r=)[\w:.-]+="[^"<>]*")*'
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACED_CELL = re.compile(rb"<(?:\w+:)?c" + _ATTRIBUTES + rb'\s+r="([A-Z]{1,3})([1-9][0-9]{0,6})"')
_SHARED_CELL = re.compile(rb'\st="s"[^<>]*>\s*<(?:\w+:)?v>(\d{1,9})<')
_SHARED_TEXT = re.compile(rb"<(?:\w+:)?si[\s>/]")

_UNUSUAL = "Open it in Excel, save it again as .xlsx, or save it as CSV UTF-8."


def read_workbook(file: str, data: bytes) -> Table:
    """The table on the first visible sheet. Raises FaultyInput: it is no workbook, or too large."""
    import python_calamine as calamine  # noqa: PLC0415

    _check(file, data)
    try:
        with calamine.load_workbook(io.BytesIO(data)) as workbook:
            visible = calamine.SheetVisibleEnum.Visible
            sheets = [each.name for each in workbook.sheets_metadata if each.visible == visible]
            if not sheets:
                raise unreadable(file, "has no sheet.", "Put the roster on the first sheet.")
            values = workbook.get_sheet_by_name(sheets[0]).to_python(skip_empty_area=False)
    except FaultyInput:
        raise
    except (calamine.CalamineError, ValueError, OSError) as error:
        raise unreadable(file, "is not a workbook that can be read.", _UNUSUAL) from error
    rows, lines = [], []
    for line, cells in enumerate(values, 1):
        row = [_text(cell) for cell in cells]
        if any(row):
            rows.append(row)
            lines.append(line)
    return table_of(file, rows, lines, cells=True)


def _check(file: str, data: bytes) -> None:
    """Refuse what would take too much memory or time. Raises FaultyInput."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            entries = packed.infolist()
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST_UNPACKED:
                raise unreadable(file, "unpacks to more than a roster can be.", "Save only the sheet with the roster.")
            if "xl/workbook.xml" not in packed.namelist():
                raise unreadable(file, "is not an Excel workbook.", "Save the roster as .xlsx or as CSV UTF-8.")
            # Reading checks each entry's length and checksum: a directory that lies about sizes is found here.
            contents = [packed.read(entry) for entry in entries]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise unreadable(file, "is not a workbook that can be read.", _UNUSUAL) from error
    shared = [_text_lengths(content) for content in contents if b"<sst" in content or b":sst" in content]
    lengths = max(shared, key=len, default=[])
    for content in contents:
        if b"sheetData" in content:
            _check_sheet(file, content, lengths)


def _check_sheet(file: str, content: bytes, lengths: list[int]) -> None:
    placed = _PLACED_CELL.findall(content)
    if len(placed) != len(_CELL.findall(content)) or b"\x00" in content:
        raise unreadable(file, "is written in an unusual way.", _UNUSUAL)
    rows = max((int(row) for _, row in placed), default=0)
    columns = max((_number(letters) for letters in {letters for letters, _ in placed}), default=0)
    if rows > MOST_ROWS + 1 or columns > MOST_COLUMNS:
        problem = f"has something in a cell beyond {MOST_ROWS:,} rows or {MOST_COLUMNS} columns."
        raise unreadable(file, problem, "Delete the rows below and the columns beside the roster, then save again.")
    texts = sum(lengths[number] for number in map(int, _SHARED_CELL.findall(content)) if number < len(lengths))
    if texts > LARGEST_TEXTS:
        raise unreadable(file, "has more text in it than a roster can have.", "Save only the sheet with the roster.")


def _text_lengths(content: bytes) -> list[int]:
    starts = [match.start() for match in _SHARED_TEXT.finditer(content)]
    return [end - start for start, end in zip(starts, [*starts[1:], len(content)], strict=True)]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _text(cell: Any) -> str:
    """What somebody sees in the cell; a date is written as in ISO 8601."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return cell.isoformat() if isinstance(cell, date) else str(cell) if isinstance(cell, int | timedelta) else ""
