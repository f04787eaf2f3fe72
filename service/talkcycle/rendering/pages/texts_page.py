"""Every text as an inbox would list it, with a file each to open."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.people import Role
from talkcycle.rendering.message import Composed
from talkcycle.rendering.pages.html import html
from talkcycle.rendering.pages.steps import label_of, looks

UNFIT = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """One text for one recipient. *name*: the step's id, or what is built in; *when*: in words, from the cycle."""

    name: str
    language: str
    role: Role
    when: str
    composed: Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the list. *files*: name and path."""

    text: ShownText
    label: str
    tone: int
    page: str
    plain: str
    files: tuple[tuple[str, str], ...]


def texts_pages(texts: Iterable[ShownText], cycle: Cycle, language_names: Mapping[str, str]) -> dict[str, bytes]:
    """Every file of the preview by its path; ``index.html`` is over them all.

    Args:
        language_names: What each language calls itself.
    """
    texts = list(texts)
    tones = looks(dict.fromkeys(text.name for text in texts))
    pages: dict[str, bytes] = {}
    lines: dict[str, list[Line]] = {}
    for text in texts:
        stem = f"{text.language}/{UNFIT.sub('-', text.name)}-{text.role.value}"
        pages[f"{stem}.html"] = text.composed.html.encode()
        pages[f"{stem}.txt"] = text.composed.text.encode()
        files = []
        for name, _, data in text.composed.files:
            path = f"files/{sha256(data).hexdigest()[:8]}-{UNFIT.sub('-', name)}"
            pages[path] = data
            files.append((name, path))
        line = Line(
            text=text,
            label=label_of(text.name),
            tone=tones[text.name].tone,
            page=f"{stem}.html",
            plain=f"{stem}.txt",
            files=tuple(files),
        )
        lines.setdefault(text.language, []).append(line)
    pages["index.html"] = html("texts", cycle=cycle, lines=lines, names=language_names).encode()
    return pages
