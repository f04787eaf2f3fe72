"""A Teams meeting's link stands in the meeting's body: a body without it takes the meeting off Teams.

https://learn.microsoft.com/graph/api/event-update: "be sure to preserve the online meeting blob". That begins and ends
with a line of underscores, in an element of its own.
"""

import re
from html import escape

_BLOB = re.compile(r"<(div|p|span)\b(?:(?!<\1\b).)*?_{20,}.*_{20,}.*?</\1>", re.DOTALL | re.IGNORECASE)
_END = re.compile(r"</body\s*>|</html\s*>|\Z", re.IGNORECASE)


def body_with_link(new: str, old: str, join_url: str) -> str:
    """*new* with what *old* has about the online meeting; where that is not recognised, with a link to it."""
    blob = _BLOB.search(old)
    if blob is not None:
        kept = blob[0]
    elif join_url:
        kept = f'<p><a href="{escape(join_url)}">{escape(join_url)}</a></p>'
    else:
        return new
    end = _END.search(new)
    assert end is not None
    return f"{new[: end.start()]}{kept}{new[end.start() :]}"
