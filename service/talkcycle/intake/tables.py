"""A table of text, from CSV or a workbook, that knows where each cell came from."""

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.intake.unusable import shown

LARGEST_PACKED = 5_000_000
LARGEST_TEXT = 20_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 100
DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a header; blank rows are left out.

    Attributes:
        lines: The line each row begins on; in a workbook its row. One-based.
        cells: Rows come from a workbook: a place is a cell such as ``C14``, else the column's name.
    """

    file: str
    header: tuple[str, ...]
    header_line: int
    rows: list[list[str]]
    lines: list[int]
    cells: bool = False

    def fault(self, row: int, column: int | None, problem: str, mend: str) -> Fault:
        """A fault in cell *column* of the row with that number in ``rows``; None: in the row as a whole."""
        return self._fault(self.lines[row], column, problem, mend)

    def header_fault(self, column: int | None, problem: str, mend: str) -> Fault:
        return self._fault(self.header_line, column, problem, mend)

    def _fault(self, line: int, column: int | None, problem: str, mend: str) -> Fault:
        place = ""
        if column is not None:
            named = self.header[column] if column < len(self.header) else ""
            place = f"{column_letters(column)}{line}" if self.cells else shown(named) or f"column {column + 1}"
        return Fault(file=self.file, line=line, place=place, problem=problem, mend=mend)


def column_letters(place: int) -> str:
    """``A`` of 0, ``AA`` of 26."""
    letters = ""
    while place >= 0:
        letters = chr(ord("A") + place % 26) + letters
        place = place // 26 - 1
    return letters


def read_table(path: Path, *, known: Callable[[Sequence[str]], int]) -> Table:
    """The table of *path*: a workbook if it begins like one, else CSV.

    Args:
        known: How many names of a header are known; finds the delimiter.

    Raises:
        FaultyInput: It is neither, or too large.
    """
    file = str(path)
    data = _bytes(path, file)
    if data.startswith(b"PK\x03\x04"):
        from talkcycle.intake.workbook import read_workbook  # noqa: PLC0415

        return read_workbook(file, data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise unreadable(
            file, "is a workbook of the old kind, or one with a password.", "Save it as .xlsx without a password."
        )
    return read_csv(file, decoded(file, data), known=known)


def read_csv(file: str, text: str, *, known: Callable[[Sequence[str]], int]) -> Table:
    """The table of CSV *text* with comma, semicolon or tab; rows keep the line they begin on. Raises FaultyInput."""
    if "\x00" in text:
        raise unreadable(file, "is not a table of text.", "Save it from Excel as CSV UTF-8 or as .xlsx.")
    best = max(DELIMITERS, key=lambda delimiter: _score(text, delimiter, known))
    rows, lines, begins = [], [], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=best)
    try:
        for row in reader:
            if any(cell and not cell.isspace() for cell in row):
                rows.append(row)
                lines.append(begins)
            begins = reader.line_num + 1
    except csv.Error as error:
        mend = "Look for a quotation mark that is not closed."
        raise FaultyInput([Fault(file=file, line=begins, problem="cannot be read as CSV.", mend=mend)]) from error
    return table_of(file, rows, lines)


def table_of(file: str, rows: list[list[str]], lines: list[int], *, cells: bool = False) -> Table:
    """The first of *rows* is the header. Raises FaultyInput: there is none, or there are too many."""
    if not rows:
        raise unreadable(file, "is empty.", "The first row names the columns: id, name, email, manager.")
    if len(rows) - 1 > MOST_ROWS:
        raise unreadable(file, f"has more than {MOST_ROWS:,} rows.", "Split the organisation into several cycles.")
    header = tuple(name.strip() for name in rows[0])
    if len(header) > MOST_COLUMNS:
        raise unreadable(file, f"has more than {MOST_COLUMNS} columns.", "Remove those that are not needed.")
    return Table(file=file, header=header, header_line=lines[0], rows=rows[1:], lines=lines[1:], cells=cells)


def decoded(file: str, data: bytes) -> str:
    """*data* as text: UTF-8 with or without mark, UTF-16 with one, or else Windows-1252 as Excel writes it."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise unreadable(file, "is not text.", "Save it from Excel as CSV UTF-8 or as .xlsx.") from None


def unreadable(file: str, problem: str, mend: str) -> FaultyInput:
    return FaultyInput([Fault(file=file, problem=problem, mend=mend)])


def _bytes(path: Path, file: str) -> bytes:
    try:
        size = path.stat().st_size
        if size <= LARGEST_TEXT:
            data = path.read_bytes()
    except FileNotFoundError:
        raise unreadable(file, "does not exist.", "Put the roster there, or change `roster` in the cycle file.") from None
    except (OSError, ValueError) as error:
        raise unreadable(file, "cannot be read.", "Check that it is a file and who may read it.") from error
    if size > LARGEST_TEXT or (data.startswith(b"PK") and size > LARGEST_PACKED):
        raise unreadable(file, "is too large for a roster.", "Remove what is not needed; 20,000 people take about 3 MB.")
    return data


def _score(text: str, delimiter: str, known: Callable[[Sequence[str]], int]) -> tuple[int, int]:
    """How well *delimiter* splits the first line that has anything in it."""
    try:
        row = next((row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if any(row)), [])
    except csv.Error:
        return (0, 0)
    return known(row), len(row)
