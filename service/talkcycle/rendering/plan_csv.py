"""Every talk of a plan as CSV: UTF-8 with a byte order mark so that Excel reads it, else as RFC 4180 says."""

import csv
import io
from datetime import date, time

from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.rendering.harmless_cells import harmless_field
from talkcycle.rendering.plan_tables import MISSING, TALKS, Cell, tables_of

COLUMNS = (*TALKS, "Why there is no time")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
FIRST_WORDS = f'{BYTE_ORDER_MARK}"Employee id","Employee",'.encode()
"""How every such file begins, by which it is known as ours."""


def plan_csv(facts: PlanFacts) -> bytes:
    """Talks with a time, then those without, in the same columns. No field can run in a spreadsheet."""
    out = io.StringIO(newline="")
    # Numbers too are quoted: a field that is not, ends where some program's separator is another than the comma.
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    talks, missing, *_ = tables_of(facts)
    gap = ("",) * (len(TALKS) - len(MISSING) + 1)
    for row in talks.rows:
        writer.writerow([*(_written(cell) for cell in row), ""])
    for row in missing.rows:
        *who, reason = (_written(cell) for cell in row)
        writer.writerow([*who, *gap, reason])
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless_field(cell)
    if isinstance(cell, time):
        return f"{cell:%H:%M}"
    return cell.isoformat() if isinstance(cell, date) else str(cell)
