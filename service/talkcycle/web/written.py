"""What people type into forms, as values."""

import unicodedata
from datetime import date

from talkcycle.intake.unusable import Unusable
from talkcycle.intake.written_days import written_day


def one_line(text: str) -> str:
    """*text* on one line, without characters that nobody sees."""
    return " ".join("".join(" " if unicodedata.category(each) == "Cc" else each for each in text).split())


def typed_day(text: str) -> date | None:
    """The day *text* names, as a date field sends it or as people write it; None: none that is beyond doubt."""
    try:
        return written_day(text[:40])
    except Unusable:
        return None
