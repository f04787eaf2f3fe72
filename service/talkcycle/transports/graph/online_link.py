"""A Teams meeting's link stands in the meeting's body: a body without it takes the meeting off Teams.

https://learn.microsoft.com/graph/api/event-update: "be sure to preserve the online meeting blob". It begins and ends with
a line of underscores, in an element of its own.
"""

import re

_BLOB = re.compile(r"<(div|p|span)\b(?:(?!<\1\b).)*?_{20,}.*_{20,}.*?</\1>", re.DOTALL | re.IGNORECASE)
_END = re.compile(r"</body\s*>|</html\s*>|\Z", re.IGNORECASE)


def body_with_link(new: str, old: str, join_url: str) -> str | None:
    """*new* with what *old* has about the online meeting; None: that is not recognised, so the old body should stay."""
    blob = _BLOB.search(old)
    if blob is not None:
        end = _END.search(new)
        assert end is not None
        return f"{new[: end.start()]}{blob[0]}{new[end.start() :]}"
    return None if join_url and join_url in old else new
