"""A table of text, from CSV or a workbook, that knows where each cell came from."""

from dataclasses import dataclass

from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.intake.unusable import shown

MOST_ROWS = 20_000
MOST_COLUMNS = 100


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


def unreadable(file: str, problem: str, mend: str) -> FaultyInput:
    return FaultyInput([Fault(file=file, problem=problem, mend=mend)])
