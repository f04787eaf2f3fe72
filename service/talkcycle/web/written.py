"""What people type into forms, as values."""

import unicodedata
from datetime import date

from talkcycle.intake.unusable import Unusable
from talkcycle.intake.written_days import written_day

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn around what stands behind them, such as who does it and by when. Words find their own direction."""
UNSEEN = frozenset({"Cc", "Cf", "Zs"})
"""Unicode's categories of what alone says nothing."""


def one_line(text: str) -> str:
    """*text* on one line, without control characters; empty where nothing of it can be seen."""
    seen = "".join(" " if unicodedata.category(each) == "Cc" else each for each in text if each not in TURNING)
    blank = all(unicodedata.category(each) in UNSEEN for each in seen)
    return "" if blank else " ".join(seen.split())


def typed_day(text: str) -> date | None:
    """The day *text* names, as a date field sends it or as people write it; None: none that is beyond doubt."""
    try:
        return written_day(text[:40])
    except Unusable:
        return None
