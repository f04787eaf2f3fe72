"""The known word somebody probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 100
"""Nobody mistypes a longer word; comparing costs the square of its length."""


def nearest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The word of *known* most like *word*, whatever its case; None when none is near.

    Args:
        cutoff: 0 (anything) to 1 (the same).
    """
    if len(word) > LONGEST:
        return None
    by_folded = {each.casefold(): each for each in sorted(known)}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A mend: the nearest of *known*, or what to do when none is near."""
    known = tuple(known)
    found = nearest(word, known)
    if found is not None:
        return f'Did you mean "{found}"?'
    return otherwise


def choices(known: Iterable[str]) -> str:
    """``a, b or c``."""
    *most, last = known
    return f"{', '.join(most)} or {last}" if most else last
