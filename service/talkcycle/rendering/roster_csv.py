"""A roster as CSV: UTF-8 with a byte order mark so that Excel reads it, else as RFC 4180 says."""

import csv
import io
from collections.abc import Mapping, Sequence

from talkcycle.rendering.plan_csv import BYTE_ORDER_MARK


def roster_csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """*rows* by the names of *columns*; a cell that is missing is empty.

    Cells are written as they are: HR's words must come back as they were. Those from elsewhere are made harmless before
    (``rendering.harmless_cells``).
    """
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return (BYTE_ORDER_MARK + out.getvalue()).encode()
