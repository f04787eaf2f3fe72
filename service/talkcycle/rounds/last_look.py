"""A last look before invitations leave: whether their times are still free, and what is done where they are not."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from talkcycle.domain.people import Person
from talkcycle.domain.store import Store
from talkcycle.domain.talks import Round, Talk
from talkcycle.planning.timeline import timeline_of

if TYPE_CHECKING:  # a daemon that has nobody to ask never loads these
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.rebooking import Rebooked
    from talkcycle.rounds.vacancy import Clash

PATIENCE = timedelta(days=1)
"""So long an invitation waits for a calendar that cannot be told; then a person decides."""


class Course(StrEnum):
    """What becomes of an invitation that should not leave as it is."""

    WAIT = "wait"
    HOLD = "hold"
    MOVE = "move"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """Attributes:
    why: A sentence for HR; names nobody but by role.
    to: Where the talk goes instead, with MOVE.
    proposed: One of the two proposes that, of a talk that stands in calendars.
    """

    course: Course
    why: str
    to: "Rebooked | None" = None
    proposed: bool = False


def last_look(
    store: Store,
    calendars: "CalendarsNow",
    round_: Round,
    talks: Mapping[Talk, datetime],
    people: Mapping[str, Person],
    *,
    now: datetime,
) -> dict[str, Hindrance]:
    """Which of *talks*, by id, should not be invited to as they are; all calendars are asked together.

    A time that has become busy is never booked over silently: the talk gets another time that keeps the notice, or
    its invitation is held for HR.

    Args:
        talks: None of them invited to yet, each with the instant (UTC) at which its invitation fell due.
        people: Those of the talks, by id.
    """
    from talkcycle.rounds.vacancy import taken  # noqa: PLC0415

    clashes = taken(talks, round_, people, calendars, now=now)
    found = {
        talk.id: _without_looking(talk, clashes[talk.id], due_at=due_at, now=now)
        for talk, due_at in talks.items()
        if talk.id in clashes
    }
    looking = [talk for talk in talks if talk.id in found and found[talk.id] is None]
    if looking:
        found |= _elsewhere(store, calendars, round_, {talk: clashes[talk.id] for talk in looking}, talks, now=now)
    return {id_: hindrance for id_, hindrance in found.items() if hindrance is not None}


def _without_looking(talk: Talk, clash: "Clash", *, due_at: datetime, now: datetime) -> Hindrance | None:
    """What becomes of it if nobody has to look for another time; None: somebody has.

    The service plans a talk anew once. After that, and when HR gave it its time, HR decides.
    """
    from talkcycle.rounds.vacancy import ClashKind  # noqa: PLC0415

    if clash.kind is ClashKind.UNTOLD:
        return _wait(clash.why, due_at=due_at, now=now)
    if clash.decided or talk.revision > 0:
        return Hindrance(course=Course.HOLD, why=clash.why)
    return None


def _elsewhere(
    store: Store,
    calendars: "CalendarsNow",
    round_: Round,
    clashes: Mapping[Talk, "Clash"],
    due: Mapping[Talk, datetime],
    *,
    now: datetime,
) -> dict[str, Hindrance | None]:
    """Another time for each, one after the other, so that no two get the same."""
    from talkcycle.rounds.rebooking import NoOtherTime, Rebooked, another_time  # noqa: PLC0415
    from talkcycle.rounds.vacancy import known_times  # noqa: PLC0415

    with store.read() as session:
        others = {talk.id: talk for talk in session.talks.of_round(round_.id)}
        people = session.rosters.people(round_.roster)
    window = (now, timeline_of(round_.cycle.window).ends)
    known = known_times(clashes, round_, people, calendars, window)
    courses: dict[str, Hindrance | None] = {}
    for talk, clash in clashes.items():
        found = another_time(round_, talk, people, others.values(), known, now=now, room_alone=clash.room_alone)
        match found:
            case Rebooked():
                others[talk.id] = replace(talk, start=found.start, place=found.place)
                courses[talk.id] = Hindrance(course=Course.MOVE, why=clash.why, to=found)
            case NoOtherTime(wait=True, reason=reason):
                courses[talk.id] = _wait(f"{clash.why} {reason}", due_at=due[talk], now=now)
            case NoOtherTime(reason=reason):
                courses[talk.id] = Hindrance(course=Course.HOLD, why=f"{clash.why} {reason}")
    return courses


def _wait(why: str, *, due_at: datetime, now: datetime) -> Hindrance:
    return Hindrance(course=Course.WAIT if now - due_at < PATIENCE else Course.HOLD, why=why)
