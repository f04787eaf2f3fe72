"""Do what follows from an entry as it was seen in its organizer's calendar. What that has told is not told again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from talkcycle.domain.answers import asked_since
from talkcycle.domain.cycle import Place
from talkcycle.domain.derive import talk_messages
from talkcycle.domain.mailboxes import SeenEntry
from talkcycle.domain.messages import Kind
from talkcycle.domain.people import Person
from talkcycle.domain.seen import Heeded, heed, news
from talkcycle.domain.store import AuditEntry, Session
from talkcycle.domain.talks import DELETED, Entry, Round, Talk, TalkState, cancelled, moved
from talkcycle.rounds.answered import keep_answers

MOVED_THERE = "somebody moved it in the calendar, which told everybody"
DELETED_THERE = "somebody deleted it in the calendar, which told everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A talk that has its time, with all that bears on its entry. *people*: employee and manager by id."""

    round: Round
    talk: Talk
    entry: Entry
    people: Mapping[str, Person]

    @property
    def room(self) -> str | None:
        """The mailbox of the room the talk is in; None where it has none."""
        room = self.round.cycle.room_at(self.people[self.talk.employee].site, self.talk.place)
        return None if room is None else room.address


def scene_of(session: Session, round_id: str, talk_id: str) -> Scene | None:
    """The talk as it stands; None when it has no time any more. In a writing session nobody changes it meanwhile."""
    round_ = session.rounds.get(round_id)
    talks = session.talks.of_round(round_id, [talk_id])
    entry = session.talks.entries(round_id, [talk_id]).get(talk_id)
    if round_ is None or entry is None or not talks or talks[0].state is not TalkState.PLACED:
        return None
    [talk] = talks
    people = session.rosters.people(round_.roster, {talk.employee, talk.manager})
    return Scene(round=round_, talk=talk, entry=entry, people=people)


def heed_entry(session: Session, scene: Scene, seen: SeenEntry, *, now: datetime) -> Heeded:
    """Keep the answers; what was moved or deleted in the calendar is so from now on. A declined room is only told."""
    talk, entry = scene.talk, scene.entry
    rows = session.outbox.of_subjects(talk.round, [talk.subject])
    heeded = heed(talk, entry, seen, employee=scene.people[talk.employee], room=scene.room, rows=rows)
    if not seen.gone and seen.remote_id != entry.remote_id:
        session.talks.entry_is_at(entry.uid, seen.remote_id)
    kept = session.talks.answers(talk.round, [talk.id]).get(talk.id, [])
    since = asked_since(talk, entry, rows, calendar_step=scene.round.cycle.calendar_step.id)
    keep_answers(session, entry, news(heeded.answers, kept, since=since), now=now)
    if heeded.gone and talk.start is not None and talk.start <= now:
        heeded = replace(heeded, gone=False)  # people and archives tidy up: what was agreed stays, and is reminded of
    if heeded.gone:
        _was_deleted(session, scene, now=now)
    elif heeded.moved_to is not None:
        _was_moved(session, scene, *heeded.moved_to, now=now)
    return heeded


def give_place(session: Session, scene: Scene, place: Place, *, now: datetime) -> bool:
    """Another place for a talk whose room declined; false when the talk has changed since *scene* was looked at."""
    there = scene_of(session, scene.round.id, scene.talk.id)
    if there is None or there.talk != scene.talk:
        return False
    assert there.talk.start is not None
    changed = moved(there.talk, start=there.talk.start, place=place, at=now)
    session.talks.update(changed)
    session.talks.put_entry(replace(there.entry, sequence=there.entry.sequence + 1))
    _note(session, changed, "another room", "the one before declined", now)
    return True


def _was_moved(session: Session, scene: Scene, start: datetime, minutes: int, *, now: datetime) -> None:
    """Where it stands in the calendar is where it is."""
    changed = replace(moved(scene.talk, start=start, place=scene.talk.place, at=now), minutes=minutes)
    session.talks.update(changed)
    _told_already(session, scene, changed, MOVED_THERE, now=now)
    _note(session, changed, "moved in the calendar", f"to {start.isoformat()}", now)


def _was_deleted(session: Session, scene: Scene, *, now: datetime) -> None:
    changed = cancelled(scene.talk, why=DELETED, at=now)
    session.talks.update(changed)
    session.talks.put_entry(replace(scene.entry, live=False, closed=changed.revision))
    _told_already(session, scene, changed, DELETED_THERE, now=now)
    _note(session, changed, "deleted in the calendar", "", now)


def _told_already(session: Session, scene: Scene, talk: Talk, reason: str, *, now: datetime) -> None:
    people = scene.people
    for due in talk_messages(scene.round, talk, people[talk.employee], people[talk.manager], entry=scene.entry):
        if due.kind is not Kind.MAIL and due.not_sent is None:
            session.outbox.skip(due, reason, now=now)


def _note(session: Session, talk: Talk, action: str, detail: str, now: datetime) -> None:
    session.schedule.put(talk.round, {talk.subject: now, f"person:{talk.employee}": now, f"person:{talk.manager}": now})
    subject = f"{talk.round}/{talk.subject}"
    session.ledger.record(AuditEntry(at=now, who="calendar", action=action, subject=subject, detail=detail))
