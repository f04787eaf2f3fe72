"""Read when people and rooms are busy, from files, addresses and mailboxes, with every fault of all of them at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from talkcycle.domain.busy import BusyTimes, FetchCalendars, Owner, Span, Unfetched
from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.domain.mailboxes import Untold
from talkcycle.domain.people import Person
from talkcycle.domain.routes import Routing
from talkcycle.domain.wishes import PlanningRules, SiteRoom
from talkcycle.intake.busy_times import MOST_BYTES, busy_times_in, too_large
from talkcycle.intake.calendar_files import calendar_files
from talkcycle.intake.calendar_urls import read_calendar_urls
from talkcycle.rounds.mailbox_times import (
    Busy,
    Mailboxes,
    Progress,
    busy_as_told,
    taking_part,
    untold_faults,
)

BATCH = 32
"""Calendars fetched together; they are in memory at the same time."""

NO_MAILBOXES = Mailboxes(routing=Routing(sender=""))
Source = tuple[Owner, str, bytes | Fault]
"""Whose calendar, what faults call it, and its bytes or why there are none."""


def read_busy_times(
    folder: Path,
    people: Iterable[Person],
    rooms: Mapping[str, Iterable[SiteRoom]],
    *,
    urls: Mapping[Owner, str],
    fetch: FetchCalendars,
    mailboxes: Mailboxes = NO_MAILBOXES,
    window: Span,
    zone: str,
    most_bytes: int = MOST_BYTES,
    progress: Progress | None = None,
) -> BusyTimes:
    """The busy times of everybody and every room with a calendar.

    Args:
        folder: Calendars as files; it may be missing under its usual name, since not everybody uses it.
        rooms: By site.
        urls: Where calendars are fetched; they may hold secrets and are never shown.
        mailboxes: What can be asked besides. Whoever has a file or an address is not: HR gave it instead.
        window: UTC; begin it no earlier than today and a margin, since published lists of busy times begin there.
        zone: IANA, for rooms of sites where nobody works. Else a room has the zone of most people of its site.
        most_bytes: Of one calendar.

    Returns:
        Whoever has a calendar has an entry, an empty one when free all the time; so its length says how many were read.

    Raises:
        FaultyInput: With every fault of every calendar. Nobody is free because a calendar could not be read.
    """
    people = tuple(people)
    files, faults = _files(folder, people, rooms)
    zones = zones_of(people, rooms, zone)
    wrong = [*faults, *(_doubled(path) for owner, path in files.items() if owner in urls)]
    found: dict[Owner, Busy] = {}
    for_talks = {site: [room for room in those if room.holds_talks] for site, those in rooms.items()}
    asked = mailboxes.of(taking_part(people, window), for_talks)
    asked = {owner: mailbox for owner, mailbox in asked.items() if owner not in files and owner not in urls}
    given, total = len(files) + len(urls), len(files) + len(urls) + len(asked)
    for at, (owner, name, data) in enumerate(_sources(files, urls, fetch, most_bytes), start=1):
        try:
            found[owner] = busy_times_in(_bytes(data), file=name, zone=zones[owner], window=window, most_bytes=most_bytes)
        except FaultyInput as faulty:
            wrong.extend(faulty.faults)
        if progress:
            progress(at, total)
    told = mailboxes.times(asked, window, progress and (lambda done, _: progress(given + done, total)))
    wrong.extend(untold_faults({owner: why for owner, why in told.items() if isinstance(why, Untold)}))
    by_id = {person.id: person for person in people}
    for owner, times in told.items():
        if not isinstance(times, Untold):
            found[owner] = busy_as_told(times, by_id[owner] if isinstance(owner, str) else None, window)
    if wrong:
        raise FaultyInput(wrong)
    return BusyTimes(
        people={owner: busy for owner, busy in found.items() if isinstance(owner, str)},
        rooms={owner: busy for owner, busy in found.items() if not isinstance(owner, str)},
    )


def read_everybodys_busy_times(
    folder: Path,
    people: Iterable[Person],
    rooms: Mapping[str, Iterable[SiteRoom]],
    *,
    fetch: FetchCalendars,
    mailboxes: Mailboxes = NO_MAILBOXES,
    window: Span,
    zone: str,
    most_bytes: int = MOST_BYTES,
    progress: Progress | None = None,
) -> BusyTimes:
    """The same, with the addresses that stand in the folder. Raises FaultyInput, with the faults of these, too."""
    people = tuple(people)
    urls: Mapping[Owner, str] = {}
    faults: list[Fault] = []
    try:
        urls = read_calendar_urls(folder, people, rooms)
    except FaultyInput as faulty:
        faults.extend(faulty.faults)
    try:
        found = read_busy_times(
            folder,
            people,
            rooms,
            urls=urls,
            fetch=fetch,
            mailboxes=mailboxes,
            window=window,
            zone=zone,
            most_bytes=most_bytes,
            progress=progress,
        )
    except FaultyInput as faulty:
        raise FaultyInput([*faults, *faulty.faults]) from None
    if faults:
        raise FaultyInput(faults)
    return found


def _files(
    folder: Path, people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]]
) -> tuple[Mapping[Owner, Path], Iterable[Fault]]:
    if folder.is_dir():
        return calendar_files(folder, people, rooms)
    if folder.name == PlanningRules().calendars and not folder.exists():
        return {}, ()
    mend = "Make it, or name another one in the cycle file."
    return {}, [Fault(file=str(folder), problem="There is no such folder with calendars.", mend=mend)]


def _sources(
    files: Mapping[Owner, Path], urls: Mapping[Owner, str], fetch: FetchCalendars, most_bytes: int
) -> Iterator[Source]:
    """Each calendar when its turn comes, so that few are in memory."""
    for owner, path in files.items():
        yield owner, str(path), _content(path, most_bytes)
    left = iter(urls.items())
    while batch := dict(islice(left, BATCH)):
        for owner, data in fetch(batch).items():
            name = f"calendar of {owner if isinstance(owner, str) else ' '.join(owner)}"
            yield owner, name, _unfetched(name, data) if isinstance(data, Unfetched) else data


def _content(path: Path, most_bytes: int) -> bytes | Fault:
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        problem = f"The file cannot be read: {error.strerror}."
        return Fault(file=str(path), problem=problem, mend="Let the service read it.")
    return too_large(str(path), most_bytes) if len(data) > most_bytes else data


def _bytes(data: bytes | Fault) -> bytes:
    if isinstance(data, Fault):
        raise FaultyInput([data])
    return data


def zones_of(people: Iterable[Person], rooms: Mapping[str, Iterable[SiteRoom]], otherwise: str) -> Mapping[Owner, str]:
    """In which zone each owner's calendar is read."""
    zones: dict[Owner, str] = {}
    at_site: dict[str | None, Counter[str]] = defaultdict(Counter)
    for person in people:
        zones[person.id] = person.zone
        at_site[person.site][person.zone] += 1
    for site, those in rooms.items():
        usual = min(at_site[site], key=lambda zone: (-at_site[site][zone], zone), default=otherwise)
        zones.update({(site, room.name): usual for room in those})
    return zones


def _doubled(path: Path) -> Fault:
    problem = "The same owner has the address of a calendar as well."
    return Fault(file=str(path), problem=problem, mend="Keep the file or the address.")


def _unfetched(name: str, why: Unfetched) -> Fault:
    return Fault(file=name, place=why.host, problem=why.problem, mend=why.mend)
