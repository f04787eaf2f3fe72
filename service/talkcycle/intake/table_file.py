"""Reads a table from a file: CSV as programs write it, or a workbook."""

import codecs
import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.intake.tables import Table, table_of, unreadable
from talkcycle.intake.workbook import read_workbook

LARGEST_PACKED = 5_000_000
LARGEST_TEXT = 20_000_000
DELIMITERS = (",", ";", "\t")


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
