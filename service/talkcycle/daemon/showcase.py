"""Write what a rehearsal sent into a folder to look at: mails, documents, calendar files, and one page over it all."""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from talkcycle.daemon.simulation import Arrived, Simulated, by_message_id
from talkcycle.domain.faults import Refused
from talkcycle.domain.messages import HR, KnownMessage
from talkcycle.domain.people import Person
from talkcycle.rendering.pages.html import html
from talkcycle.rendering.pages.reading import MailFile, ReadMail, read_mail
from talkcycle.rendering.pages.round_view import RoundView, ShownMail
from talkcycle.rendering.pages.steps import label_of

INDEX = "index.html"
FOLDERS = ("mail", "pdf", "calendar")
SIGN = '<meta name="generator" content="talkcycle">'
UNFIT = re.compile(r"[^\w.@+-]+")
PREHEADER = re.compile(r'<div class="preheader"[^>]*>(.*?)</div>', re.DOTALL)

Written = Callable[[int, int], None]
"""Is told how many of how many mails have their page."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A mail on disk. *at*: UTC."""

    number: int
    at: datetime
    file: Path


@dataclass(slots=True)
class Showcase:
    """A folder that shows one rehearsal. Use ``take`` while it runs, then ``finish``."""

    folder: Path
    landed: list[Landed] = field(default_factory=list)
    _documents: dict[str, str] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def clear(self) -> None:
        """Make the folder, or empty it of an earlier rehearsal.

        Raises:
            Refused: There are files in it that are not ours.
        """
        index = self.folder / INDEX
        ours = index.exists() and SIGN in index.read_text(encoding="utf-8", errors="replace")[:2000]
        if self.folder.exists() and any(self.folder.iterdir()) and not ours:
            raise Refused(f"{self.folder} has files in it that are not a rehearsal's; name another folder with --out.")
        for name in FOLDERS:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(parents=True)
        # While it is being made, the folder is already known as ours.
        index.write_text(f"<!DOCTYPE html>{SIGN}<p>The rehearsal is running, or was interrupted.", encoding="utf-8")

    def take(self, mail: Arrived) -> None:
        """Write a mail as it arrived."""
        file = self.folder / "mail" / f"{mail.number:04d}.eml"
        file.write_bytes(mail.content)
        self.landed.append(Landed(mail.number, mail.at, file))

    def finish(self, simulated: Simulated, people: dict[str, Person], *, written: Written | None = None) -> Path:
        """Give every mail its name and page, and write the page over it all; return where it is."""
        rows = by_message_id(simulated.ledger)
        shown = []
        for landed in self.landed:
            content = landed.file.read_bytes()
            mail = read_mail(content)
            shown.append(self._show(landed, mail, rows[mail.message_id], simulated, people))
            if written:
                written(landed.number, len(self.landed))
        view = RoundView(
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
        index = self.folder / INDEX
        index.write_text(html("round", view=view), encoding="utf-8")
        return index

    def _show(
        self, landed: Landed, mail: ReadMail, row: KnownMessage, simulated: Simulated, people: dict[str, Person]
    ) -> ShownMail:
        recipient = row.key.recipient.removeprefix("person:")
        zone = people[recipient].zone if recipient in people else simulated.round.cycle.hr.zone
        there = landed.at.astimezone(ZoneInfo(zone))
        stem = _fit(f"{landed.file.stem}-{there:%Y-%m-%d}-{row.key.step}-{recipient}")
        eml = landed.file.rename(landed.file.with_name(f"{stem}.eml"))
        files = [(file.name, self._keep(file, row)) for file in mail.files]
        if mail.calendar is not None:
            calendar = f"calendar/{stem}.ics"
            (self.folder / calendar).write_bytes(mail.calendar)
            files = [(name, calendar if path == "" else path) for name, path in files]
        page = f"mail/{landed.file.stem}.html"
        shown = ShownMail(
            row=row,
            at=landed.at,
            subject=mail.subject,
            preheader=_preheader(mail),
            page=page,
            files=tuple(name for name, _ in files),
        )
        text = html(
            "mail",
            mail=mail,
            step=label_of(row.key.step),
            arrived=f"{there:%A} {there.day} {there:%B %Y, %H:%M} ({zone})",
            why=row.why,
            files=[(name, path or "") for name, path in files],
            eml=eml.name,
        )
        (self.folder / page).write_text(text, encoding="utf-8")
        return shown

    def _keep(self, file: MailFile, row: KnownMessage) -> str:
        """Write an attachment unless the same is there already; say where. The calendar's copy has its own folder."""
        if file.mime_type == "application/ics":
            return ""
        digest = sha256(file.data).hexdigest()
        if digest not in self._documents:
            subject = row.key.subject.partition(":")[2] or HR
            stem, _, ending = file.name.rpartition(".")
            path = f"pdf/{_fit(f'{stem}-{subject}-{digest[:6]}.{ending}')}"
            (self.folder / path).write_bytes(file.data)
            self._documents[digest] = path
        return self._documents[digest]


def _fit(name: str) -> str:
    """*name* as a file name that every system takes."""
    return UNFIT.sub("-", name)[:120]


def _preheader(mail: ReadMail) -> str:
    import html as entities  # noqa: PLC0415

    found = PREHEADER.search(mail.html)
    return entities.unescape(found[1]).strip() if found else ""
