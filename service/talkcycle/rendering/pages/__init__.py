"""Pages for people who look at a round: self-contained HTML, no network."""

from functools import cache
from pathlib import Path
from typing import Any


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=False
    )


def render_page(name: str, **values: Any) -> str:
    """The page template *name* (such as ``round.html``) with *values*, all of them escaped."""
    page: str = _environment().get_template(name).render(**values)
    return page
