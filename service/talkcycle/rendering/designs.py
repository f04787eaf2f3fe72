"""The designs of the PDFs, tried with a sample before a round uses them."""

import re
from datetime import UTC, datetime
from typing import Any

from talkcycle.rendering.pdf import pdf

_COMMON: dict[str, Any] = {
    "language": "en",
    "region": None,
    "organisation": "x",
    "cycle": "x",
    "title": "x",
    "footer": "x",
}
DESIGNS: dict[str, dict[str, Any]] = {
    "agenda.typ": _COMMON
    | {
        "employee": {"label": "x", "name": "x"},
        "manager": {"label": "x", "name": "x"},
        "when": {"label": "x", "lines": ["x", "x"]},
        "where": {"label": "x", "text": "x"},
        "minutes": "min",
        "speaks_first": "x",
        "points": [{"title": "x", "minutes": 5, "leads": "x", "questions": ["x"]}],
        "strategy": {"heading": "x", "paragraphs": ["x"], "link": "https://example.org"},
        "before": {"heading": "x", "lines": [{"what": "x", "about": "x"}]},
        "ground_rules": "x",
        "confidentiality": "x",
    },
    "self-review.typ": _COMMON | {"intro": "x", "note": "x", "prompts": [{"title": "x", "help": "x"}] * 3},
}
"""Each design with a sample of the data it gets."""
NOBODYS = {key: DESIGNS["agenda.typ"][key] for key in ("employee", "manager", "when", "where")}
"""Stands for what is one talk's own."""


def nobodys_opening(lines: int) -> dict[str, Any]:
    """Stands for that many lines of what one pair has agreed."""
    return {"heading": "x", "lines": [{"what": "x", "about": "x"}] * lines}


def design_fault(name: str, source: bytes) -> tuple[int, str] | None:
    """What is wrong with the design *name*: its line (0 where unknown) and a sentence; None when it works."""
    import typst  # noqa: PLC0415  # only when a document is made

    package = re.search(rb'"@\w', source)
    if package:
        return source.count(b"\n", 0, package.start()) + 1, "it uses a package, which would have to be fetched."
    try:
        pdf(source, DESIGNS[name], sample=DESIGNS[name], created=datetime(2000, 1, 1, tzinfo=UTC))
    except typst.TypstError as error:
        where = re.search(r":(\d+):\d+", error.diagnostic)
        return int(where[1]) if where else 0, f"a mistake in the design: {error.message}."
    return None
