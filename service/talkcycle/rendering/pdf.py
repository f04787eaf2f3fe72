"""Typst source and data to a tagged PDF (PDF/UA-1) with embedded fonts; made once for the same content."""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from talkcycle.rendering.template_files import TEMPLATES
from talkcycle.resources import shipped

if TYPE_CHECKING:
    from typst import Compiler

_MOST_KEPT = 64
_Key = tuple[bytes, str, datetime]


class _Thread(threading.local):
    """A compiler belongs to one thread, and so do its fonts."""

    def __init__(self) -> None:
        self.compilers: dict[bool, Compiler] = {}


_thread = _Thread()
_lock = threading.Lock()
_kept: OrderedDict[_Key, bytes] = OrderedDict()


def pdf(source: bytes, data: Mapping[str, Any], *, created: datetime) -> bytes:
    """The document of *source* with *data* in ``sys.inputs.data`` as JSON, never as source.

    Employee and manager who share a language share one PDF, so the same input gives the same bytes.

    Args:
        created: Aware; the document's date, so that two compilations are the same.

    Raises:
        typst.TypstError: The source is wrong.
    """
    key = (source, json.dumps(data, ensure_ascii=False, sort_keys=True), created)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = _compile(*key)
    with _lock:
        _kept[key] = made
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _compile(source: bytes, data: str, created: datetime) -> bytes:
    import typst  # noqa: PLC0415  # only when a document is made

    arguments: dict[str, Any] = {
        "input": source,
        "format": "pdf",
        "sys_inputs": {"data": data},
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
