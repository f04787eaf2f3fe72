"""What applying a new roster to a running round would do, with the times talks would get. Changes nothing."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from talkcycle.domain.cycle import Place
from talkcycle.domain.faults import Refused
from talkcycle.domain.guards import roster_faults
from talkcycle.domain.localtime import day_of
from talkcycle.domain.messages import KnownMessage, OutboxState
from talkcycle.domain.people import Person, Roster
from talkcycle.domain.reached import entry_of_row
from talkcycle.domain.roster_changes import Course, RosterChanges, Rosters, TalkChange, Told, roster_changes
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import Session, Store
from talkcycle.domain.talks import Entry, Round, RoundState, Talk, TalkState
from talkcycle.planning.participants import why_no_talk
from talkcycle.rounds.new_times import Wanted, new_times
from talkcycle.rounds.rebooking import Rebooked

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One talk's change as it would be done.

    Attributes:
        talk: As it is; None: there is none yet.
        start: Where it will be, UTC, with *place*; None: as it is, or without a time.
        later: A calendar could not be told. Nothing is done to it now; apply again.
    """

    change: TalkChange
    talk: Talk | None
    start: datetime | None = None
    place: Place | None = None
    later: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterDiff:
    """Attributes:
    roster: HR's new one.
    people: Those the round would run with: of the new roster, and who has left but is named in the round.
    version: Of *people*.
    faults: In what the new roster differs beyond the cycle's thresholds.
    """

    round: Round
    roster: Roster
    before: Mapping[str, Person]
    people: Mapping[str, Person]
    version: str
    changes: RosterChanges
    talks: tuple[Settled, ...]
    faults: tuple[str, ...] = ()

    @property
    def is_applied(self) -> bool:
        """Whether the round runs with this roster already."""
        return self.round.hrs_roster == self.roster.version and self.round.roster_before is None


def round_of(store: Store, cycle: str, round_id: str | None) -> Round:
    """The round with that id, else the newest of the cycle that runs. Raises Refused."""
    with store.read() as session:
        for round_ in session.rounds.all():
            if round_.id == round_id or (round_id is None and round_.cycle.id == cycle):
                if round_.state is not RoundState.APPROVED:
                    break
                return round_
    raise Refused(f"There is no running round {round_id or f'of the cycle {cycle}'}. See: talkcycle status")


def roster_diff(
    store: Store,
    round_id: str,
    roster: Roster,
    holidays: Mapping[str, frozenset[date]],
    calendars: "CalendarsNow | None",
    *,
    routing: Routing,
    now: datetime,
) -> RosterDiff:
    """Compare the roster a round runs with to *roster*, and find times for the talks that want one.

    Args:
        holidays: Of the countries of the new roster; of those the round knows its own count.
        calendars: Who is asked; None: nobody can be.

    Raises:
        Refused: There is no such round.
    """
    with store.read() as session:
        round_ = session.rounds.get(round_id)
        if round_ is None:
            raise Refused(f"There is no round {round_id}. See: talkcycle status")
        round_ = replace(round_, holidays={**holidays, **round_.holidays})
        runs_with = session.rosters.people(round_.roster)
        before = _hrs_own(session.rosters.people(round_.roster_before) if round_.roster_before else runs_with)
        talks = session.talks.of_round(round_id)
        entries = session.talks.all_entries(round_id, [talk.id for talk in talks])
        after = {person.id: person for person in roster.people}
        told = _told(session, round_, talks, entries, _readdressed(before, after))
    people = after | _kept(runs_with, after, talks, entries)
    rosters = _rosters(round_, before, after, talks, routing)
    newest = {talk: those[-1] for talk, those in entries.items()}
    changes = roster_changes(rosters, talks, newest, told, now=now)
    return RosterDiff(
        round=round_,
        roster=roster,
        before=before,
        people=people,
        version=_version(roster, round_, people, after),
        changes=changes,
        talks=_settled(changes, round_, people, talks, calendars, now=now),
        faults=_faults(before, roster, round_),
    )


def _hrs_own(people: Mapping[str, Person]) -> dict[str, Person]:
    return {id_: person for id_, person in people.items() if not person.left}


def _kept(
    people: Mapping[str, Person],
    after: Mapping[str, Person],
    talks: Iterable[Talk],
    entries: Mapping[str, Iterable[Entry]],
) -> dict[str, Person]:
    """Who is not in the new roster, and whom the round still names."""
    named = {id_ for talk in talks for id_ in (talk.employee, talk.manager)}
    named |= {entry.host for those in entries.values() for entry in those}
    return {id_: replace(person, left=True) for id_, person in people.items() if id_ in named - after.keys()}


def _version(roster: Roster, round_: Round, people: Mapping[str, Person], after: Mapping[str, Person]) -> str:
    """HR's own where nobody is kept besides; else one that no roster file has."""
    kept = sorted(people.keys() - after.keys())
    if not kept:
        return roster.version
    return hashlib.sha256("\n".join([roster.version, round_.id, round_.roster, *kept]).encode()).hexdigest()


def _readdressed(before: Mapping[str, Person], after: Mapping[str, Person]) -> set[str]:
    return {id_ for id_ in before.keys() & after.keys() if before[id_].email != after[id_].email}


def _told(
    session: Session,
    round_: Round,
    talks: Iterable[Talk],
    entries: Mapping[str, list[Entry]],
    whose: set[str],
) -> Told:
    """Where the newest entries of the talks of *whose* stand or will stand."""
    theirs = {talk.subject: talk for talk in talks if {talk.employee, talk.manager} & whose and talk.id in entries}
    rows = session.outbox.of_subjects(round_.id, [*theirs])
    found: dict[tuple[str, str], str] = {}
    for row in sorted(rows, key=lambda row: row.id):
        talk = theirs[row.key.subject]
        if _is_sent_about(row, entries[talk.id], round_):
            found[talk.id, row.key.recipient.removeprefix("person:")] = row.address
    return found


def _is_sent_about(row: KnownMessage, entries: list[Entry], round_: Round) -> bool:
    about = row.key.step == round_.cycle.calendar_step.id and entry_of_row(entries, row) is entries[-1]
    return about and row.state is not OutboxState.WITHDRAWN


def _rosters(
    round_: Round,
    before: Mapping[str, Person],
    after: Mapping[str, Person],
    talks: Iterable[Talk],
    routing: Routing,
) -> Rosters:
    no_talk_before, no_talk_after = (
        {
            id_: why
            for id_, person in people.items()
            if (why := why_no_talk(person, people, round_.holidays, round_.cycle, None)) is not None
        }
        for people in (before, after)
    )
    have = {talk.employee for talk in talks}
    return Rosters(
        before=before,
        after=after,
        no_talk_before=no_talk_before,
        no_talk_after=no_talk_after,
        holidays=round_.holidays,
        served_by=lambda host: routing.hosting(host.email, host.mailbox).transport,
        unfinished=not before.keys() - no_talk_before.keys() <= have,
    )


def _settled(
    changes: RosterChanges,
    round_: Round,
    people: Mapping[str, Person],
    talks: Iterable[Talk],
    calendars: "CalendarsNow | None",
    *,
    now: datetime,
) -> tuple[Settled, ...]:
    """*changes* with times; what finds none stays where it is and is reported."""
    standing = {talk.id: talk for talk in talks}
    wanted = []
    for change in changes.talks:
        talk = standing.get(change.talk) or newcomer(round_, people[change.talk], now=now)
        wants = change.course in {Course.PLAN, Course.MOVE} or (change.course is Course.HAND_OVER and talk.start)
        if wants and change.host is not None:
            wanted.append(Wanted(talk=replace(talk, manager=change.host), keep=change.keep))
    off = {change.talk for change in changes.talks if change.course is Course.CALL_OFF}
    others = [talk for talk in standing.values() if talk.id not in off]
    found = new_times(round_, wanted, people, others, calendars, now=now) if wanted else {}
    settled = []
    for change in changes.talks:
        there, time = standing.get(change.talk), found.get(change.talk)
        if time is None:
            settled.append(Settled(change=change, talk=there))
        elif isinstance(time, Rebooked):
            settled.append(Settled(change=change, talk=there, start=time.start, place=time.place))
        elif time.wait:
            settled.append(Settled(change=replace(change, why=time.reason), talk=there, later=True))
        else:
            without = _without_time(change, there, time.reason, round_, people, now=now)
            settled.append(Settled(change=without, talk=there))
    return tuple(settled)


def newcomer(round_: Round, person: Person, *, now: datetime) -> Talk:
    """A talk of *person* with their manager, without a time."""
    assert person.manager is not None, "who has no manager has no talk"
    return Talk(
        round=round_.id,
        id=person.id,
        employee=person.id,
        manager=person.manager,
        start=None,
        minutes=round_.cycle.talk.minutes,
        buffer_minutes=round_.cycle.talk.buffer_minutes,
        zone=person.zone,
        place=round_.cycle.place_for(person.site),
        state=TalkState.UNPLACED,
        changed_at=now,
        approved_at=now,
    )


def _without_time(
    change: TalkChange, talk: Talk | None, reason: str, round_: Round, people: Mapping[str, Person], *, now: datetime
) -> TalkChange:
    """What becomes of a talk that finds no time: it stays, but nobody is left with a host who has gone."""
    if change.course is Course.PLAN and day_of(now, round_.cycle.zone) <= round_.cycle.window.last:
        return replace(change, why=reason)  # a talk without a time, which HR may give one
    gone = talk is not None and change.course is Course.HAND_OVER and people[talk.manager].left
    return replace(change, course=Course.CALL_OFF if gone else Course.REPORT, why=reason)


def _faults(before: Mapping[str, Person], roster: Roster, round_: Round) -> tuple[str, ...]:
    former = Roster(version=round_.hrs_roster, people=tuple(before.values()))
    return roster_faults(former, roster, round_.cycle.guards, round_="this round")
