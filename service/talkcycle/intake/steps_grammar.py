"""When a step is sent, as HR writes it."""

import re

from talkcycle.domain.cycle import Anchor, When
from talkcycle.intake.unusable import Unusable, quoted

MEND = (
    'Write it as "14 days before", "1 day after", "at approval", "3 days after approval" or "5 days before the window".'
)
MOST_DAYS = 730
_DISTANCE = re.compile(r"(\d{1,4}) (day|week)s? (before|after)(?: (?:the )?(talk|window|approval))?")
_REPEAT = re.compile(r"every (?:(\d{1,2}) )?(month|year)s?")
_DAYS = re.compile(r"(\d{1,5})(?: ?(day|week)s?)?")


def parse_when(text: str) -> When:
    """The distance *text* names, in calendar days of the recipient.

    A step is counted from the talk unless it says otherwise: from approval, before the window's first day, or after its
    last. Days of the talk itself are not offered: shifted over a weekend or holiday, such a step could come after it.

    Raises:
        Unusable: It names none.
    """
    plain = " ".join(text.casefold().split())
    if plain == "at approval":
        return When(days=0, anchor=Anchor.APPROVAL)
    match = _DISTANCE.fullmatch(plain)
    if match is None:
        raise Unusable(f"{quoted(text)} does not say when.", MEND)
    days = int(match[1]) * (7 if match[2] == "week" else 1)
    before, of = match[3] == "before", match[4] or "talk"
    if not 1 <= days <= MOST_DAYS:
        raise Unusable(f"{quoted(text)} is not between 1 day and 2 years away.", MEND)
    if before and of == "approval":
        raise Unusable(f"{quoted(text)} cannot be: nothing is sent before HR has approved the round.", MEND)
    anchors = {
        "talk": Anchor.TALK,
        "approval": Anchor.APPROVAL,
        "window": Anchor.WINDOW_START if before else Anchor.WINDOW_END,
    }
    return When(days=-days if before else days, anchor=anchors[of])


def parse_repeat(text: str) -> int | None:
    """Months from one window to the next of ``every 6 months`` or ``every year``; None for ``once``. Raises Unusable."""
    plain = " ".join(text.casefold().split())
    if plain == "once":
        return None
    match = _REPEAT.fullmatch(plain)
    months = int(match[1] or 1) * (12 if match[2] == "year" else 1) if match else 0
    if not 1 <= months <= 120:
        raise Unusable(f"{quoted(text)} does not say how often.", 'Write "once", "every 6 months" or "every year".')
    return months


def parse_days(text: str) -> int:
    """Days of ``14``, ``14 days`` or ``2 weeks``. Raises Unusable."""
    match = _DAYS.fullmatch(" ".join(text.casefold().split()))
    if match is None:
        raise Unusable(f"{quoted(text)} is not a number of days.", "Write it as 14 days.")
    return int(match[1]) * (7 if match[2] == "week" else 1)
