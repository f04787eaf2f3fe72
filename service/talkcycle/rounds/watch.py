"""Read what became of talks in their hosts' calendars: answers, another time, a deletion, a room that declined."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from talkcycle.domain.cycle import Place
from talkcycle.domain.delivery import DeliveryError
from talkcycle.domain.mailboxes import Changes
from talkcycle.domain.ports import EntryWatch
from talkcycle.domain.store import Session, Store
from talkcycle.domain.talks import Entry, Round, Talk
from talkcycle.rounds.heeded import Scene, give_place, heed_entry, scene_of

AnotherRoom = Callable[[Round, Talk, frozenset[str]], Place]
"""The place of a talk whose room is not to be had; rooms of the addresses given have declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was found. *unread*: calendars that could not be read, by transport and why; no names in it."""

    calendars: int = 0
    answers: int = 0
    moved: int = 0
    deleted: int = 0
    rooms: int = 0
    unread: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Watched") -> "Watched":
        return Watched(
            calendars=self.calendars + other.calendars,
            answers=self.answers + other.answers,
            moved=self.moved + other.moved,
            deleted=self.deleted + other.deleted,
            rooms=self.rooms + other.rooms,
            unread=self.unread + other.unread,
        )


def watch(store: Store, watchers: Mapping[str, EntryWatch], *, another_room: AnotherRoom, now: datetime) -> Watched:
    """Go once through every calendar that holds a live entry of ours.

    A calendar that cannot be read keeps no other from being read; what changed there is found the next time. So is what
    cannot be judged yet, since orders of ours are on their way: what is told twice is the same as what is told once.
    """
    total = Watched()
    for transport, watcher in watchers.items():
        for organizer, (entries, since) in _calendars(store, transport).items():
            known = {entry.uid: entry.remote_id for entry in entries if entry.remote_id is not None}
            try:
                changes = watcher.changes(organizer, known, since)
            except DeliveryError as unread:
                total += Watched(calendars=1, unread=((transport, str(unread)),))
                continue
            found, without_room, early = _heed(store, entries, changes, now=now)
            for scene in without_room:
                found += _give_another_room(store, scene, another_room, now=now)
            with store.write() as session:  # last: what breaks off before is told again
                if not early and not _grows(session, transport, organizer, known):
                    session.watches.put(transport, organizer, changes.state, at=now)
            total += found
    return total


def _calendars(store: Store, transport: str) -> dict[str, tuple[list[Entry], str | None]]:
    """By organizer, the live entries there and up to where the calendar was read."""
    by_organizer: dict[str, list[Entry]] = defaultdict(list)
    with store.write() as session:
        for entry in session.talks.live_entries(transport):
            by_organizer[entry.organizer].append(entry)
        session.watches.drop_others(transport, by_organizer)
        return {
            organizer: (entries, session.watches.state(transport, organizer))
            for organizer, entries in by_organizer.items()
        }


def _grows(session: Session, transport: str, organizer: str, known: Mapping[str, str]) -> bool:
    """Whether a meeting may have been made there that was not asked about: its room may have answered already."""
    there = {entry.uid for entry in session.talks.live_entries(transport, organizer)}
    return not there <= known.keys() or session.outbox.in_hand(transport, organizer)


def _heed(
    store: Store, entries: Sequence[Entry], changes: Changes, *, now: datetime
) -> tuple[Watched, list[Scene], bool]:
    """What was found in one calendar, the talks whose room is not to be had, and whether something came too early."""
    by_uid = {entry.uid: entry for entry in entries}
    found, without_room, early = Watched(calendars=1), [], False
    with store.write() as session:
        for seen in changes.entries:
            entry = by_uid.get(seen.uid)
            scene = None if entry is None else scene_of(session, entry.round, entry.talk)
            if scene is None:
                continue
            heeded = heed_entry(session, scene, seen, now=now)
            moved = heeded.moved_to is not None
            found += Watched(answers=len(heeded.answers), moved=int(moved), deleted=int(heeded.gone))
            early = early or heeded.early
            since = None if heeded.declined is None else scene_of(session, scene.round.id, scene.talk.id)
            if since is not None:  # at the time to which it may have been moved
                without_room.append(since)
    return found, without_room, early


def _give_another_room(store: Store, scene: Scene, another_room: AnotherRoom, *, now: datetime) -> Watched:
    """A room that declined is replaced; by the place HR names for such talks, where no other room is free."""
    talk = scene.talk
    with store.read() as session:
        answers = session.talks.answers(talk.round, [talk.id]).get(talk.id, [])
    declined = frozenset(
        each.party.removeprefix("room:")
        for each in answers
        if each.party.startswith("room:") and each.answer == "declined"
    )
    place = another_room(scene.round, talk, declined)
    if place == talk.place:  # HR names the very room for talks without one: asking it again and again helps nobody
        return Watched()
    with store.write() as session:
        return Watched(rooms=int(give_place(session, scene, place, now=now)))
