"""Read the templates there are: the shipped ones, overlaid by HR's own."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from talkcycle.resources import shipped

TEMPLATES = "templates"
PAGES = "pages"
"""The folder of the pages that ``simulate`` and ``preview`` write: part of the software, like the fonts."""
SUFFIXES = frozenset({".md", ".yaml", ".html", ".typ"})
"""What is frozen with a round. Fonts are part of the software, not of a round."""
_REGION = re.compile(r"(?<=[a-z])_[A-Z0-9]+(?=/)")


def shipped_files(own: Path | None) -> dict[str, bytes]:
    """Every template as ``templates/<path>`` to its bytes; a file in *own* takes the place of the shipped one.

    One for a language also that of a shipped region's, or HR's ``sv/reminder.md`` would not reach readers of ``sv_FI``.

    Args:
        own: HR's templates folder, laid out like the shipped one; None: only the shipped ones.
    """
    files = _shipped()
    theirs = {} if own is None else _read(own)
    return {path: data for path, data in files.items() if _REGION.sub("", path) not in theirs} | theirs


@cache
def _shipped() -> Mapping[str, bytes]:
    """Two hundred files that stay as they are while we run, asked for at every round and preview."""
    return _read(shipped(TEMPLATES))


def _read(folder: Path) -> dict[str, bytes]:
    return {
        f"{TEMPLATES}/{path.relative_to(folder).as_posix()}": path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES and path.relative_to(folder).parts[0] != PAGES and path.is_file()
    }
