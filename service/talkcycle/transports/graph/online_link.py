"""A Teams meeting's link stands in the meeting's body: a body without it takes the meeting off Teams.

https://learn.microsoft.com/graph/api/event-update: "be sure to preserve the online meeting blob". It is the end of the
body and begins with a line of underscores.
"""

import re
from html import escape

_LINE = re.compile(r"_{20,}")
_OPENING = re.compile(r"<(?!body\b|html\b)[a-z][^<>]*>", re.IGNORECASE)
_END = re.compile(r"</body\s*>|</html\s*>|\Z", re.IGNORECASE)


def body_with_link(new: str, old: str, join_url: str) -> str:
    """*new* with what *old* has about the online meeting; where that is not recognised, with a link to it."""
    kept = _blob(old)
    if not kept and join_url:
        kept = f'<p><a href="{escape(join_url)}">{escape(join_url)}</a></p>'
    end = _end(new)
    return f"{new[:end]}{kept}{new[end:]}"


def _blob(old: str) -> str:
    """From the tags in which the first line of underscores stands; tags that were opened earlier close once too often."""
    line = _LINE.search(old)
    if line is None:
        return ""
    start = line.start()
    while (before := old[:start].rstrip()).endswith(">") and _OPENING.fullmatch(tag := before[before.rfind("<") :]):
        start = len(before) - len(tag)
    return old[start : _end(old)]


def _end(page: str) -> int:
    found = _END.search(page)
    assert found is not None
    return found.start()
