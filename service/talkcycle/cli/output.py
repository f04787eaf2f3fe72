"""How commands speak: tables for people, JSON for machines, exit codes that mean something.

0  done            1  refused: a guard said no, or there is nothing of that name
2  faulty input    3  something needs attention (health, doctor)
"""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from talkcycle.domain.faults import FaultyInput, Refused

if TYPE_CHECKING:
    from rich.console import Console

REFUSED, FAULTY, ATTENTION = 1, 2, 3


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn faults and refusals into sentences on standard error and the right exit code."""
    try:
        yield
    except FaultyInput as faulty:
        for fault in faulty.faults:
            typer.echo(str(fault), err=True)
        count = len(faulty.faults)
        typer.echo(f"{count} {'fault' if count == 1 else 'faults'}; nothing was stored or sent.", err=True)
        raise typer.Exit(FAULTY) from None
    except Refused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(REFUSED) from None


def print_json(value: object) -> None:
    """One JSON document on standard output; instants as ISO 8601 in UTC."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=_plain)
    sys.stdout.write("\n")


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return sorted(value) if isinstance(value, frozenset | set) else list(value)
    raise TypeError(f"cannot print {type(value).__name__}")


def console() -> "Console":
    """Where tables for people go: standard output, at the terminal's width, or 120 columns into a file."""
    from rich.console import Console  # noqa: PLC0415

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


@contextmanager
def progress_bar(title: str, *, quiet: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error for what takes its time; call it with how much of how much is done (0: not known)."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Make the first Ctrl-C a question that can be asked; a second one ends the command as usual."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def clock_line(title: str, *, quiet: bool = False) -> Iterator[Callable[[datetime, int], None]]:
    """A line on standard error with the virtual day and how many messages have gone; call it with both."""
    from rich.console import Console  # noqa: PLC0415

    with Console(stderr=True).status(title) if not quiet and sys.stderr.isatty() else nullcontext() as line:

        def show(instant: datetime, messages: int) -> None:
            if line is not None:
                line.update(f"{title}: {instant:%Y-%m-%d}, {messages} messages")

        yield show


def local(instant: datetime, zone: str) -> str:
    """Such as ``Tue 2027-03-09 14:30``, in *zone*."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")
