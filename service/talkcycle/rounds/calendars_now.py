"""When some people and rooms of a running round are busy, asked once more: mailboxes and addresses, no files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from talkcycle.domain.busy import FetchCalendars, Owner, Span, Unfetched
from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import FaultyInput
from talkcycle.domain.mailboxes import Untold
from talkcycle.domain.people import Person
from talkcycle.domain.wishes import SiteRoom
from talkcycle.intake.busy_times import MOST_BYTES, busy_times_in
from talkcycle.intake.calendar_files import calendar_files
from talkcycle.intake.calendar_urls import urls_of
from talkcycle.rounds.busy_times import BATCH, zones_of
from talkcycle.rounds.mailbox_times import Busy, Mailboxes, busy_as_told


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarsNow:
    """Where the times of people and rooms are asked for while a round runs.

    Attributes:
        config: The folder of the cycle files, in which a cycle names its folder with calendars.
        most_bytes: Of one calendar from an address.
    """

    mailboxes: Mailboxes
    fetch: FetchCalendars
    config: Path
    most_bytes: int = MOST_BYTES

    def told(
        self,
        cycle: Cycle,
        people: Iterable[Person],
        rooms: Mapping[str, Iterable[SiteRoom]],
        windows: Mapping[Owner, Span],
    ) -> dict[Owner, Busy | Untold]:
        """The busy times of the owners in *windows*, each within its own at least, or why they cannot be told.

        Whoever has a calendar as a file is left out, like whoever has none at all: the plan knows what there is to know.

        Args:
            people, rooms: Those owners, rooms by site.
        """
        people = tuple(people)
        by_id = {person.id: person for person in people}
        folder = self.config / cycle.planning.calendars
        files = calendar_files(folder, people, rooms)[0] if folder.is_dir() else {}
        mailboxes = {owner: each for owner, each in self.mailboxes.of(people, rooms).items() if owner not in files}
        found: dict[Owner, Busy | Untold] = {}
        try:
            urls = {owner: url for owner, url in urls_of(folder, people, rooms).items() if owner not in files}
        except FaultyInput as faulty:  # nobody knows whose calendars are named in there
            urls = {}
            found = {owner: _untold(faulty) for owner in windows if owner not in files and owner not in mailboxes}
        zones = zones_of(people, rooms, cycle.zone)
        for owner, data in self._fetched(urls):
            found[owner] = self._read(data, zones[owner], windows[owner])
        mailboxes = {owner: mailbox for owner, mailbox in mailboxes.items() if owner not in urls}
        if mailboxes:
            window = hull(windows[owner] for owner in mailboxes)
            for owner, told in self.mailboxes.times(mailboxes, window).items():
                person = by_id[owner] if isinstance(owner, str) else None
                found[owner] = told if isinstance(told, Untold) else busy_as_told(told, person, window)
        return found

    def _fetched(self, urls: Mapping[Owner, str]) -> Iterator[tuple[Owner, bytes | Unfetched]]:
        left = iter(urls.items())
        while batch := dict(islice(left, BATCH)):
            yield from self.fetch(batch).items()

    def _read(self, data: bytes | Unfetched, zone: str, window: Span) -> Busy | Untold:
        if isinstance(data, Unfetched):
            return Untold(problem=data.problem, mend=data.mend)
        try:
            return busy_times_in(data, file="", zone=zone, window=window, most_bytes=self.most_bytes)
        except FaultyInput as faulty:
            return _untold(faulty)


def hull(spans: Iterable[Span]) -> Span:
    """From the beginning of the first of *spans* to the end of the last; there is one at least."""
    begins, ends = zip(*spans, strict=True)
    return min(begins), max(ends)


def _untold(faulty: FaultyInput) -> Untold:
    first = faulty.faults[0]
    return Untold(problem=first.problem, mend=first.mend)
