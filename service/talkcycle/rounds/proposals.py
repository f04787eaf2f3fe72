"""A time that one of the two proposes: whether the talk simply moves there, and how somebody says that it stays."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from math import gcd
from typing import TYPE_CHECKING

from talkcycle.domain.answer_messages import Misfit
from talkcycle.domain.answers import Proposal, kept_party, proposed
from talkcycle.domain.busy import BusyTimes, Span
from talkcycle.domain.faults import Refused
from talkcycle.domain.localtime import day_of
from talkcycle.domain.mailboxes import Answer
from talkcycle.domain.messages import PROPOSAL
from talkcycle.domain.people import Person, Role
from talkcycle.domain.store import AuditEntry, Store
from talkcycle.domain.talks import Round, Talk, TalkAnswer, TalkState
from talkcycle.rounds.answered import keep_answers
from talkcycle.rounds.change import ChangedMeanwhile
from talkcycle.rounds.subjects import SubjectFacts

if TYPE_CHECKING:  # a daemon that has nobody to ask never loads these
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.mailbox_times import Busy
    from talkcycle.rounds.rebooking import Rebooked
    from talkcycle.rounds.vacancy import KnownTimes


def proposal_of(subject: SubjectFacts) -> Proposal | None:
    """What is proposed about the talk of *subject*, as long as nobody has said that it stays."""
    facts = subject.facts
    if facts.talk is None or facts.talk.state is not TalkState.PLACED:
        return None
    step = facts.round.cycle.calendar_step.id
    found = proposed(facts.talk, facts.entry, subject.answers, subject.known, calendar_step=step)
    return None if found is None or found.kept_at is not None else found


def is_new(subject: SubjectFacts, other: Proposal) -> bool:
    """Whether the manager has not been asked about it: then the talk may still simply move."""
    assert subject.facts.talk is not None
    revision = subject.facts.talk.revision
    asked = (row for row in subject.known if row.key.step == PROPOSAL and row.key.version == revision)
    return not any(row.due_at >= other.since for row in asked)


def fitted(
    store: Store, calendars: "CalendarsNow | None", subject: SubjectFacts, other: Proposal, *, now: datetime
) -> "Rebooked | Misfit":
    """Where the talk of *subject* goes if it is given the proposed time, or why it does not simply go there.

    The calendar of the one who did not propose it must have been asked: nobody is put into a time unseen.
    """
    from talkcycle.planning.timeline import timeline_of  # noqa: PLC0415  # the planner is heavy
    from talkcycle.rounds.vacancy import known_times  # noqa: PLC0415

    round_, talk = subject.facts.round, subject.facts.talk
    assert talk is not None
    timeline = timeline_of(round_.cycle.window)
    if timeline.interval(other.span) is None:
        return Misfit.OUTSIDE
    if calendars is None:
        return Misfit.UNTOLD
    with store.read() as session:
        others = session.talks.of_round(round_.id)
        people = session.rosters.people(round_.roster)
    known = known_times([talk], round_, people, calendars, (timeline.begins, timeline.ends))
    asked = talk.manager if other.role is Role.EMPLOYEE else talk.employee
    if asked not in known.busy.people:
        return Misfit.UNTOLD
    return fits(round_, talk, people, others, without_own_entry(known, talk), span=other.span, now=now)


def fits(
    round_: Round,
    talk: Talk,
    people: Mapping[str, Person],
    others: Iterable[Talk],
    known: "KnownTimes",
    *,
    span: Span,
    now: datetime,
) -> "Rebooked | Misfit":
    """As ``fitted``, from what is known. The notice was kept by the first invitation; it is not today, at least.

    Args:
        known: Without the talk's own entry.
    """
    from talkcycle.planning.availability import Availability  # noqa: PLC0415  # the planner is heavy
    from talkcycle.planning.bookings import Bookings  # noqa: PLC0415
    from talkcycle.rounds.rebooking import NoOtherTime, Rebooked, place_in, surroundings  # noqa: PLC0415

    if day_of(span[0], talk.zone) <= day_of(now, talk.zone):
        return Misfit.SOON
    if span[1] - span[0] != talk.length:
        return Misfit.LENGTH
    around = surroundings(round_, talk, people, others, known, now=now)
    if isinstance(around, NoOtherTime):
        return Misfit.UNTOLD if around.wait else Misfit.FIXED
    instance, stay = around
    request = replace(next(each for each in instance.talks if each.id == talk.employee), lead_days=1)
    start = (span[0] - instance.t0) // timedelta(minutes=1)
    grid = gcd(instance.grid, start)  # people propose ten past as well
    those = tuple(request if each.id == request.id else each for each in instance.talks)
    instance = replace(instance, today=day_of(now, talk.zone), grid=grid, talks=those)
    availability, bit = Availability(instance), 1 << start // grid
    at_work = availability.open_days(request) & availability.guest_hours(request) & availability.host_hours(request)
    if not at_work & bit:
        return Misfit.OUTSIDE
    bookings = Bookings.around(availability, stay, [request])
    if not bookings.open(request) & bit:
        return Misfit.BUSY
    room = bookings.rooms.free(request.site, start, request.minutes + request.buffer) if request.wants_room else None
    return Rebooked(start=span[0], place=place_in(room, round_.cycle, people[talk.employee].site))


def without_own_entry(known: "KnownTimes", talk: Talk) -> "KnownTimes":
    """*known* as it is once *talk* has left its present time, in which it makes its own people and room busy."""
    if talk.start is None or talk.end is None:
        return known
    own = (talk.start, talk.end)

    def left(busy: "Busy") -> "Busy":
        return {kind: tuple(part for span in spans for part in _without(span, own)) for kind, spans in busy.items()}

    pair = {talk.employee, talk.manager}
    people = {id_: left(busy) if id_ in pair else busy for id_, busy in known.busy.people.items()}
    rooms = {room: left(busy) if room[1] == talk.place.name else busy for room, busy in known.busy.rooms.items()}
    return replace(known, busy=BusyTimes(people=people, rooms=rooms))


def _without(span: Span, own: Span) -> list[Span]:
    parts = [(span[0], min(span[1], own[0])), (max(span[0], own[1]), span[1])]
    return [part for part in parts if part[0] < part[1]]


def keep_time(store: Store, round_id: str, talk_id: str, *, who: str, now: datetime, revision: int | None = None) -> None:
    """Say that a talk stays where it is, whatever time was proposed; who proposed it hears so where nothing else tells.

    Args:
        revision: The talk's when it was chosen; None: whatever it is.

    Raises:
        Refused: No such talk, or nobody proposes another time.
        ChangedMeanwhile: The talk has another revision.
    """
    with store.write() as session:
        round_ = session.rounds.get(round_id)
        talks = session.talks.of_round(round_id, [talk_id]) if round_ else []
        entry = session.talks.entries(round_id, [talk_id]).get(talk_id)
        if not talks or entry is None:
            raise Refused(f"There is no talk {talk_id} in a round {round_id}. See: talkcycle status")
        if revision is not None and talks[0].revision != revision:
            raise ChangedMeanwhile(f"The talk {talk_id} has changed since it was looked at.")
        answers = session.talks.answers(round_id, [talk_id]).get(talk_id, [])
        parties = {f"person:{id_}": kept_party(id_) for id_ in (talks[0].employee, talks[0].manager)}
        theirs = [parties[each.party] for each in answers if each.party in parties and each.proposed is not None]
        if not theirs or talks[0].state is not TalkState.PLACED:
            raise Refused(f"Nobody proposes another time for the talk {talk_id}.")
        keep_answers(session, entry, [TalkAnswer(party=each, answer=Answer.DECLINED, at=now) for each in theirs], now=now)
        subject = f"{round_id}/{talks[0].subject}"
        session.ledger.record(AuditEntry(at=now, who=who, action="keep", subject=subject, detail=""))
