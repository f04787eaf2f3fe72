"""Whether what travels to and from Exchange is what Microsoft's schemas allow."""

import threading
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from lxml.etree import _Element

FOLDER = Path(__file__).parents[3] / "shared" / "schemas" / "ews"
"""Beside the clone; too large, and not ours, to be part of it."""
WHY_ABSENT = f"Microsoft's schemas of EWS are not in {FOLDER}"
_one_at_a_time = threading.Lock()  # the log of errors belongs to the schema, not to the call


def schemas_are_here() -> bool:
    return (FOLDER / "messages.xsd").is_file()


def violation(element: _Element) -> str | None:
    """What is wrong with an operation's element or a header's, with its line; None: nothing, or there are no schemas."""
    schema = _schema()
    if schema is None:
        return None
    with _one_at_a_time:
        if schema.validate(element):
            return None
        log: Any = schema.error_log  # the stubs do not know that it can be gone through
        return "; ".join(f"line {entry.line}: {entry.message}" for entry in log)


@cache
def _schema() -> etree.XMLSchema | None:
    """Compiled once a process: 0.2 s."""
    return etree.XMLSchema(file=str(FOLDER / "messages.xsd")) if schemas_are_here() else None
