"""Typst source and data to a tagged PDF (PDF/UA-1) with embedded fonts; made once for the same content."""

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from talkcycle.rendering.template_files import TEMPLATES
from talkcycle.resources import shipped

if TYPE_CHECKING:
    from typst import Compiler

STEPS = 15
"""How many sizes a design may have: ``sys.inputs.step`` is 0 (roomy) to 14 (tight)."""
MOST_KEPT = 64
_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count (\d+)")
_Key = tuple[bytes, str, str, datetime]


class _Thread(threading.local):
    """A compiler belongs to one thread, and so do its fonts."""

    def __init__(self) -> None:
        self.compilers: dict[bool, Compiler] = {}


_thread = _Thread()
_lock = threading.Lock()


class _Kept:
    """Documents made lately, the least used dropped first. Used under ``_lock``."""

    def __init__(self) -> None:
        self.documents: OrderedDict[_Key, bytes] = OrderedDict()
        self.most = MOST_KEPT

    def shrink(self) -> None:
        while len(self.documents) > self.most:
            self.documents.popitem(last=False)


_kept = _Kept()


@contextmanager
def keeping(most: int) -> Iterator[None]:
    """Keep up to *most* documents meanwhile, 25 kB each: for a whole round in one go, where each comes four times."""
    with _lock:
        before, _kept.most = _kept.most, max(most, _kept.most)
    try:
        yield
    finally:
        with _lock:
            _kept.most = before
            _kept.shrink()


def pdf(source: bytes, data: Mapping[str, Any], *, sample: Mapping[str, Any], created: datetime) -> bytes:
    """The document of *source* with *data* in ``sys.inputs.data`` as JSON, never as source, on one page if it fits.

    Employee and manager who share a language share one PDF: it is kept for a while by all it depends on.

    Args:
        sample: *data* without what is this talk's own: the size that fits it is where the search for a fitting size
            begins, so that one compilation is enough for nearly every talk of a round.
        created: Aware; the document's date, so that two compilations are the same.

    Raises:
        typst.TypstError: The source is wrong.
    """
    key = (source, _json(data), _json(sample), created)
    with _lock:
        if key in _kept.documents:
            _kept.documents.move_to_end(key)
            return _kept.documents[key]
    made = _fitting(*key)
    with _lock:
        _kept.documents[key] = made
        _kept.shrink()
    return made


def page_count(document: bytes) -> int:
    """How many pages a PDF of ours has."""
    found = _PAGES.search(document)
    if found is None:
        raise ValueError("a PDF whose pages cannot be counted")
    return int(found[1])


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def _fitting(source: bytes, data: str, sample: str, created: datetime) -> bytes:
    made = b""
    for step in range(_first_step(source, sample, created), STEPS):
        made = _compile(source, data, step, created)
        if page_count(made) == 1:
            break
    return made


@lru_cache(maxsize=64)
def _first_step(source: bytes, sample: str, created: datetime) -> int:
    steps = range(STEPS)
    return next((step for step in steps if page_count(_compile(source, sample, step, created)) == 1), STEPS - 1)


def _compile(source: bytes, data: str, step: int, created: datetime) -> bytes:
    import typst  # noqa: PLC0415  # only when a document is made

    arguments: dict[str, Any] = {
        "input": source,
        "format": "pdf",
        "sys_inputs": {"data": data, "step": str(step)},
        "timestamp": int(created.timestamp()),
    }
    try:
        made = _compiler(system_fonts=False).compile(pdf_standards="ua-1", **arguments)
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
        # A name in a script our fonts lack: tagged all the same, with the machine's fonts where it has some.
        made = _compiler(system_fonts=True).compile(**arguments)
    assert isinstance(made, bytes)
    return made


def _compiler(*, system_fonts: bool) -> "Compiler":
    if system_fonts not in _thread.compilers:
        import typst  # noqa: PLC0415

        folder = shipped(TEMPLATES) / "fonts"
        fonts = typst.Fonts(
            include_system_fonts=system_fonts, include_embedded_fonts=system_fonts, font_paths=[str(folder)]
        )
        # The root is a folder where nothing but fonts can be read.
        _thread.compilers[system_fonts] = typst.Compiler(root=str(folder), font_paths=fonts)
    return _thread.compilers[system_fonts]
