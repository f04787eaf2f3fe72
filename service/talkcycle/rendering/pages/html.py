"""The pages' own templates: part of the software, not of a round, so HR's folder cannot replace them."""

from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from talkcycle.rendering.pages.steps import label_of
from talkcycle.rendering.template_files import PAGES, TEMPLATES
from talkcycle.resources import shipped


@cache
def _environment() -> Environment:
    folder = shipped(TEMPLATES) / PAGES
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"label": label_of, "day": _day, "long": _long, "span": _span}
    return environment


def html(name: str, **values: Any) -> str:
    """The page *name* (``round``, ``mail``, ``texts``) with *values*, every one of them escaped."""
    return _environment().get_template(f"{name}.html").render(values)


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _span(first: date, last: date) -> str:
    """Such as ``8 Mar \N{EN DASH} 9 Apr``."""
    return f"{first.day} {first:%b} \N{EN DASH} {last.day} {last:%b}"
