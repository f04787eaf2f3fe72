"""The pages' own templates: part of the software, not of a round, so HR's folder cannot replace them."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from talkcycle.rendering.pages.plain_words import day, long_day, span
from talkcycle.rendering.template_files import PAGES, TEMPLATES
from talkcycle.resources import shipped

SIGN = '<meta name="generator" content="talkcycle">'
"""In the head of every index page: the folder around it is ours to write again."""


def environment() -> Environment:
    """Finds the pages' templates; whatever is put into them is escaped."""
    folder = pages_folder()
    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"day": day, "long_day": long_day, "span": span}
    return made


def pages_folder() -> Path:
    return shipped(TEMPLATES) / PAGES


_kept = cache(environment)


def html(name: str, **values: Any) -> str:
    """The page *name*, such as ``round``, with *values*, every one of them escaped."""
    return _kept().get_template(f"{name}.html").render(values)
