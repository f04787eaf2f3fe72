"""Where the files of a plan go. Nothing that is not ours is ever written over."""

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from talkcycle.domain.faults import Refused
from talkcycle.rounds.plan_pages import page_of

if TYPE_CHECKING:
    from talkcycle.domain.plan_facts import PlanFacts

BEGINNING = 2_000
"""So many bytes of a page or CSV file tell whose it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """A file to be written.

    Attributes:
        content: What it is to hold.
        ours: Says of an existing one whether an earlier plan made it.
    """

    path: Path
    content: Callable[["PlanFacts"], bytes]
    ours: Callable[[Path], bool]

    def check(self) -> None:
        """Raise Refused if it cannot be written, before anything else takes its time."""
        if self.path.is_dir():
            raise Refused(f"{self.path} is a folder; name a file.")
        if not self.path.parent.is_dir():
            raise Refused(f"There is no folder {self.path.parent}; make it, or name another file.")
        if self.path.exists() and not self.ours(self.path):
            raise Refused(f"{self.path} is there and is not a plan of ours; name another file, or move that one away.")

    def write(self, facts: "PlanFacts") -> None:
        """Replace it at one stroke: whoever has the old one open keeps it whole. Raises Refused."""
        self.check()
        content = self.content(facts)
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            fresh.write_bytes(content)
            fresh.replace(self.path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise Refused(f"The plan is stored, but {self.path} could not be written: {error.strerror}.") from error


def named_files(*, page: Path | None, csv: Path | None, xlsx: Path | None) -> list[PlanFile]:
    """Those somebody asked for, each of which can be written. Raises Refused."""
    kinds = ((_page, page), (_csv, csv), (_xlsx, xlsx))
    files = [of(path) for of, path in kinds if path is not None]
    for file in files:
        file.check()
    return files


def usual_page(data: Path, round_id: str) -> PlanFile:
    """The page of a round where nobody names a file: in the service's data folder, which is made if need be."""
    page = page_of(data, round_id)
    try:
        page.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Refused(f"The plan is stored, but there can be no folder {page.parent}: {error.strerror}.") from error
    return _page(page)


def _page(path: Path) -> PlanFile:
    from talkcycle.rendering.pages.html import SIGN  # noqa: PLC0415
    from talkcycle.rendering.pages.plan_page import TITLE, plan_page  # noqa: PLC0415

    return PlanFile(
        path=path,
        content=lambda facts: plan_page(facts).encode(),
        ours=lambda path: all(each.encode() in _beginning(path) for each in (SIGN, TITLE)),
    )


def _csv(path: Path) -> PlanFile:
    from talkcycle.rendering.plan_csv import FIRST_WORDS, plan_csv  # noqa: PLC0415

    return PlanFile(path=path, content=plan_csv, ours=lambda path: _beginning(path).startswith(FIRST_WORDS))


def _xlsx(path: Path) -> PlanFile:
    from talkcycle.rendering.plan_xlsx import plan_xlsx  # noqa: PLC0415

    return PlanFile(path=path, content=plan_xlsx, ours=_is_our_workbook)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BEGINNING)


def _is_our_workbook(path: Path) -> bool:
    from talkcycle.rendering.plan_xlsx import MAKER  # noqa: PLC0415

    try:
        with zipfile.ZipFile(path) as book, book.open("docProps/core.xml") as properties:
            return f"<dc:creator>{MAKER}</dc:creator>".encode() in properties.read(BEGINNING)
    except (zipfile.BadZipFile, KeyError):
        return False
