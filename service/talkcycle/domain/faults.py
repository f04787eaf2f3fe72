"""What is wrong with input, where it is, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing wrong with a file somebody gave us.

    Attributes:
        file: The path as the user wrote it.
        line: One-based, 0 where the file as a whole is meant.
        place: The key path or the column, or the cell of a sheet ("steps[2].when", "email", "C14"); may be empty.
        problem: What is wrong, in one sentence without the place.
        mend: What to do about it, in one sentence.
    """

    file: str
    line: int = 0
    place: str = ""
    problem: str
    mend: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        spot = f" {self.place}" if self.place else ""
        mend = f" {self.mend}" if self.mend else ""
        return f"{where}:{spot} {self.problem}{mend}"


class FaultyInput(Exception):
    """Input cannot be used. Carries every fault at once, in the order of file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Refused(Exception):
    """A guard said no: nothing was stored or sent. The text says why and what to do."""
