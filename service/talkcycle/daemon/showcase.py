"""Write what a rehearsal sent into a folder to look at: mails, documents, calendar files, and one page over it all."""

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from talkcycle.daemon.simulation import Arrived, Simulated, by_message_id
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import HR, KnownMessage
from talkcycle.domain.people import Person
from talkcycle.rendering.pages.html import SIGN, html
from talkcycle.rendering.pages.plain_words import long_day
from talkcycle.rendering.pages.reading import ReadMail, read_mail
from talkcycle.rendering.pages.rehearsed import RehearsedRound, ShownMail
from talkcycle.rendering.pages.round_page import round_page
from talkcycle.rendering.pages.steps import label_of

INDEX = "index.html"
MAIL, PDF, CALENDAR = "mail", "pdf", "calendar"
UNFIT = re.compile(r"[^\w.@+-]+")
LONGEST_NAME = 100

Written = Callable[[int, int], None]
"""Is told how many of how many mails have their page."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A mail on disk. *at*: UTC."""

    number: int
    at: datetime
    address: str
    file: Path


@dataclass(slots=True)
class Showcase:
    """A folder that shows one rehearsal: ``clear`` it, ``take`` while the rehearsal runs, then ``finish``."""

    folder: Path
    landed: list[Landed] = field(default_factory=list)
    _documents: dict[str, str] = field(default_factory=dict)

    @property
    def index(self) -> Path:
        return self.folder / INDEX

    def clear(self) -> None:
        """Make the folder, or empty it of an earlier rehearsal.

        Raises:
            Refused: There are files in it that are not ours.
        """
        refuse_foreign(self.folder)
        for name in (MAIL, PDF, CALENDAR):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True)
        # So that the folder is known as ours even if this rehearsal is interrupted.
        self.index.write_text(f"<!DOCTYPE html>{SIGN}<p>This rehearsal was interrupted.", encoding="utf-8")

    def take(self, mail: Arrived) -> None:
        """Write a mail as it arrived."""
        file = self.folder / MAIL / f"{mail.number:04d}.eml"
        file.write_bytes(mail.content)
        self.landed.append(Landed(mail.number, mail.at, mail.address, file))

    def finish(
        self, simulated: Simulated, people: Mapping[str, Person], *, written: Written | None = None
    ) -> RehearsedRound:
        """Give every mail its name and page, and write the page over it all."""
        rows = by_message_id(simulated.ledger)
        shown = []
        for landed in self.landed:
            mail = read_mail(landed.file.read_bytes())
            row = rows[mail.message_id]
            recipient = row.key.recipient.removeprefix("person:")
            zone = simulated.round.cycle.hr.zone if recipient == HR else people[recipient].zone
            shown.append(self._show(landed, mail, row, zone))
            if written:
                written(landed.number, len(self.landed))
        facts = RehearsedRound(
            round=simulated.round,
            talks=simulated.talks,
            people=people,
            mails=shown,
            ledger=simulated.ledger,
            left_out=simulated.draft.left_out,
            announced=simulated.announced,
            began=simulated.began,
            ended=simulated.ended,
        )
        self.index.write_text(round_page(facts), encoding="utf-8")
        return facts

    def _show(self, landed: Landed, mail: ReadMail, row: KnownMessage, zone: str) -> ShownMail:
        """Name a mail for what it is, write what came with it, and its page."""
        there = landed.at.astimezone(ZoneInfo(zone))
        recipient = row.key.recipient.removeprefix("person:")
        stem = _fit(f"{landed.file.stem}-{there:%Y-%m-%d}-{row.key.step}-{recipient}")
        message = landed.file.rename(landed.file.with_name(f"{stem}.eml"))
        files = self._keep(mail, row, stem)
        page = f"{MAIL}/{landed.file.stem}.html"
        text = html(
            "mail",
            mail=mail,
            step=label_of(row.key.step),
            arrived=f"{there:%A} {long_day(there)}, {there:%H:%M} ({zone})",
            why=row.why,
            files=files,
            message=message.name,
        )
        (self.folder / page).write_text(text, encoding="utf-8")
        return ShownMail(
            row=row,
            at=landed.at,
            address=landed.address,
            subject=mail.subject,
            preheader=mail.preheader,
            page=page,
            files=tuple(file.name for file in mail.files),
        )

    def _keep(self, mail: ReadMail, row: KnownMessage, stem: str) -> list[tuple[str, str]]:
        """Write the attachments, the same bytes once; say what each is called and where it is."""
        if mail.calendar is not None:
            (self.folder / CALENDAR / f"{stem}.ics").write_bytes(mail.calendar)
        return [
            (
                file.name,
                f"{CALENDAR}/{stem}.ics" if file.data == mail.calendar else self._document(file.name, file.data, row),
            )
            for file in mail.files
        ]

    def _document(self, name: str, data: bytes, row: KnownMessage) -> str:
        digest = sha256(data).hexdigest()
        if digest not in self._documents:
            head, dot, ending = name.rpartition(".")
            about = row.key.subject.partition(":")[2] or HR
            path = f"{PDF}/{_fit(f'{head or name}-{about}')}-{digest[:8]}{dot}{_fit(ending) if dot else ''}"
            (self.folder / path).write_bytes(data)
            self._documents[digest] = path
        return self._documents[digest]


def refuse_foreign(folder: Path) -> None:
    """Raise Refused when *folder* has files in it that neither a rehearsal nor a preview has written."""
    if not folder.exists() or not any(folder.iterdir()):
        return
    index = folder / INDEX
    if not index.is_file() or SIGN not in index.read_text(encoding="utf-8", errors="replace"):
        raise Refused(f"{folder} has files in it that are not ours; name another folder with --out.")


def _fit(name: str) -> str:
    """*name* as part of a file name that every system takes."""
    return UNFIT.sub("-", name)[:LONGEST_NAME]
