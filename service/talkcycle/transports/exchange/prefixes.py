"""Going through an address list by the beginnings of names, where at most 100 entries are told at once. Pure."""

from collections.abc import Iterator
from string import ascii_lowercase, digits

LETTERS = ascii_lowercase + digits + "-._"
"""Of an alias, which is ASCII and by which everybody can be found (ambiguous name resolution, MS-OXOABK section 5.3)."""
LONGEST = 20


class Prefixes:
    """Beginnings to ask for, deeper wherever an answer was cut."""

    def __init__(self) -> None:
        self._waiting = list(reversed(ascii_lowercase + digits))
        self.asked = 0

    def __iter__(self) -> Iterator[str]:
        while self._waiting:
            self.asked += 1
            yield self._waiting.pop()

    def cut(self, prefix: str) -> None:
        """The answer to *prefix* was not whole."""
        if len(prefix) < LONGEST:
            self._waiting += [prefix + letter for letter in reversed(LETTERS)]
