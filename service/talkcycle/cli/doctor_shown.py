"""Findings on the terminal: a table that grows line by line."""

import sys
from collections import Counter
from typing import Self

from rich.console import Console
from rich.table import Table
from rich.text import Text

from talkcycle.cli.output import console
from talkcycle.domain.mailboxes import Finding, Grade

STYLES = {Grade.GOOD: "green", Grade.WARNING: "yellow", Grade.BAD: "bold red", Grade.UNTOLD: "cyan"}
WIDTHS = {"Grade": 7, "Transport": 9, "Check": 18}


class Shown:
    """Prints what is found to standard output at once; says on standard error what is being looked at."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._out = console()
        self._status = Console(stderr=True).status("") if sys.stderr.isatty() else None
        self._what = ""

    def __enter__(self) -> Self:
        self._print(*(Text(title, "bold") for title in (*WIDTHS, "What was found")))
        return self

    def __exit__(self, *_failure: object) -> None:
        self._quiet()

    def begin(self, what: str) -> None:
        self._what = what
        self._say()

    def show(self, finding: Finding) -> None:
        """A line of the table; below it, whole and unbroken so that it can be copied, what mends it."""
        self._quiet()
        self.found.append(finding)
        grade = Text(finding.grade.value, STYLES[finding.grade])
        self._print(grade, Text(finding.transport), Text(finding.check), Text(finding.says))
        if finding.mend:
            self._out.print(Text(f"        mend: {finding.mend}"), soft_wrap=True)
        self._say()

    def sum_up(self, end: str) -> None:
        counts = Counter(finding.grade for finding in self.found)
        line = Text()
        for grade in Grade:
            line.append(f"{', ' if line else ''}{counts[grade]} {grade.value}", STYLES[grade] if counts[grade] else "")
        self._out.print(line)
        self._out.print(Text(end))

    def _print(self, *cells: Text) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        for width in WIDTHS.values():
            table.add_column(width=width, no_wrap=True, overflow="fold")
        table.add_column(overflow="fold")
        table.add_row(*cells)
        self._out.print(table)

    def _say(self) -> None:
        if self._status is not None:
            self._status.update(f"Looking at {self._what}: {len(self.found)} things so far")
            self._status.start()

    def _quiet(self) -> None:
        """The line is not to stand in the middle of the table."""
        if self._status is not None:
            self._status.stop()
