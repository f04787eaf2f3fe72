"""Collect what a message about somebody's answer tells: other times that are free now, and when HR helps."""

from datetime import datetime
from typing import TYPE_CHECKING

from talkcycle.domain.answer_messages import Misfit, Offer, keeps_at
from talkcycle.domain.busy import Span
from talkcycle.domain.messages import HR_HELP, PROPOSAL, TIME_DECLINED, DueMessage
from talkcycle.domain.people import Role
from talkcycle.domain.recipients import person_recipient
from talkcycle.domain.store import Store
from talkcycle.domain.talks import Round, Talk
from talkcycle.rounds.proposals import proposal_of
from talkcycle.rounds.subjects import SubjectFacts

if TYPE_CHECKING:  # a daemon that has nobody to ask never loads it
    from talkcycle.rounds.calendars_now import CalendarsNow

MOST_TIMES = 3


def offer_of(
    store: Store,
    calendars: "CalendarsNow | None",
    subject: SubjectFacts,
    due: DueMessage,
    *,
    misfit: Misfit | None,
    now: datetime,
) -> Offer | None:
    """What *due* tells, as things stand at *now* (UTC); None for a message that is not about an answer.

    Args:
        misfit: Why a proposed time does not simply fit; None: nothing is proposed anew.
        calendars: Who is asked which times are free; None: nobody can be, and the talks alone count.
    """
    talk = subject.facts.talk
    if due.key.step == PROPOSAL:
        return _proposal(subject, misfit)
    if talk is None or due.key.step not in {TIME_DECLINED, HR_HELP}:
        return None
    help_at = next((each.due_at for each in subject.desired if each.key.step == HR_HELP), None)
    return Offer(
        times=_other_times(store, calendars, subject.facts.round, talk, now=now),
        help_at=help_at if help_at is not None and help_at > due.due_at else None,
    )


def _proposal(subject: SubjectFacts, misfit: Misfit | None) -> Offer | None:
    other, facts = proposal_of(subject), subject.facts
    if other is None or facts.manager is None:
        return None
    manager = person_recipient(facts.manager, Role.MANAGER, facts.round.holidays)
    return Offer(proposal=other, misfit=misfit or Misfit.UNTOLD, keeps_at=keeps_at(manager, other))


def _other_times(
    store: Store, calendars: "CalendarsNow | None", round_: Round, talk: Talk, *, now: datetime
) -> tuple[Span, ...]:
    from talkcycle.planning.timeline import timeline_of  # noqa: PLC0415  # the planner is heavy, and most days ask nothing
    from talkcycle.rounds.rebooking import NoOtherTime, other_times  # noqa: PLC0415
    from talkcycle.rounds.vacancy import KnownTimes, known_times  # noqa: PLC0415

    ends = timeline_of(round_.cycle.window).ends
    if ends <= now:
        return ()
    with store.read() as session:
        others = session.talks.of_round(round_.id)
        people = session.rosters.people(round_.roster)
    known = KnownTimes() if calendars is None else known_times([talk], round_, people, calendars, (now, ends))
    found = other_times(round_, talk, people, others, known, now=now, most=MOST_TIMES, per_day=1)
    if isinstance(found, NoOtherTime):
        return ()
    return tuple((each.start, each.start + talk.length) for each in found)
