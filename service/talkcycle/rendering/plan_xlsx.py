"""A plan as an Excel workbook: a sheet each for talks, talks without a time, rooms, weeks, managers and changes."""

import io
from datetime import date, time
from typing import TYPE_CHECKING, Any

from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.rendering.harmless_cells import harmless
from talkcycle.rendering.plan_tables import Cell, Table, tables_of

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MAKER = "talkcycle"
"""The workbook's author, by which it is known as ours."""
SHARES = frozenset({"Share"})
LONGEST = 32_000
"""Characters of a cell; Excel takes 32,767, and the writer leaves out what is longer."""


def plan_xlsx(facts: PlanFacts) -> bytes:
    """Dates, times and numbers are real ones; texts are texts, and none can run. The same facts give the same bytes."""
    from xlsxwriter import Workbook  # noqa: PLC0415  # only when somebody wants a workbook

    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties(
        {"author": MAKER, "title": facts.draft.round, "created": facts.draft.made_at.replace(tzinfo=None)}
    )
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#E9F2EF", "text_wrap": True, "valign": "top"}),
        "text": book.add_format({"valign": "top", "text_wrap": True, "quote_prefix": True}),
        "day": book.add_format({"valign": "top", "num_format": "yyyy-mm-dd", "align": "left"}),
        "clock": book.add_format({"valign": "top", "num_format": "hh:mm", "align": "left"}),
        "share": book.add_format({"valign": "top", "num_format": "0 %"}),
        "number": book.add_format({"valign": "top"}),
    }
    for table in tables_of(facts):
        _fill(book.add_worksheet(table.name), table, formats)
    book.close()
    return out.getvalue()


def _fill(sheet: "Worksheet", table: Table, formats: dict[str, Any]) -> None:
    for number, (name, width) in enumerate(table.columns.items()):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, name, formats["head"])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    for line, row in enumerate(table.rows, start=1):
        for number, (name, cell) in enumerate(zip(table.columns, row, strict=True)):
            _write(sheet, line, number, cell, formats, share=name in SHARES)


def _write(sheet: "Worksheet", line: int, column: int, cell: Cell, formats: dict[str, Any], *, share: bool) -> None:
    """Each kind by its own method: ``write`` would guess from what a text looks like."""
    if isinstance(cell, str):
        sheet.write_string(line, column, harmless(cell)[:LONGEST], formats["text"])
    elif isinstance(cell, time):
        sheet.write_datetime(line, column, cell, formats["clock"])
    elif isinstance(cell, date):
        sheet.write_datetime(line, column, cell, formats["day"])
    elif cell is not None:
        sheet.write_number(line, column, cell, formats["share" if share else "number"])
