"""What a manager may do with a talk they hold, from its page: decide about a proposed time, and call it off."""

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from talkcycle.domain.answer_messages import Misfit
from talkcycle.domain.busy import BusyTimes, Span
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import Store
from talkcycle.domain.talks import BY_MANAGER
from talkcycle.rounds.change import cancel_talk, move_talk
from talkcycle.rounds.choices import Outcome, outcome_of
from talkcycle.rounds.own_pages import Standing, TalkPage
from talkcycle.rounds.proposals import fits, keep_time, without_own_entry

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.rebooking import Rebooked
    from talkcycle.rounds.vacancy import KnownTimes


def may_take_up(store: Store, page: TalkPage, *, now: datetime) -> bool:
    """Whether the manager can give the talk of *page* the time that is proposed."""
    from talkcycle.rounds.vacancy import KnownTimes  # noqa: PLC0415  # the planner is heavy

    return page.proposal is not None and not isinstance(_place(store, page, KnownTimes(), now=now), Misfit)


def take_up(
    store: Store,
    page: TalkPage,
    start: datetime,
    calendars: "CalendarsNow",
    *,
    revision: int,
    routing: Routing,
    now: datetime,
) -> Outcome:
    """Move the talk of *page* to the time that is proposed, which is *start* (UTC).

    What people have in their calendars, or that nobody can tell, is in the way of a talk that moves by itself; not of a
    manager who looks at the time and chooses it. They know their own day, whoever proposes knows theirs, and in a
    calendar of their own they could simply drag the talk there (decision 0013). The other can still decline it.
    What HR decided is not theirs to change: how long a talk lasts, on which days and at which hours, how many a day, and
    a time that HR pinned. Nor is another talk of the two, or a day too near for the new invitation to be read.
    """
    from talkcycle.planning.timeline import timeline_of  # noqa: PLC0415  # the planner is heavy
    from talkcycle.rounds.vacancy import known_times  # noqa: PLC0415

    talk, proposal = page.talk, page.proposal
    if talk.start == start and page.standing is Standing.PLACED:
        return Outcome.ALREADY
    if not page.may_change:
        return Outcome.CLOSED
    if talk.revision != revision or proposal is None or proposal.span[0] != start:
        return Outcome.CHANGED
    timeline = timeline_of(page.round.cycle.window)
    with store.read() as session:
        people = session.rosters.people(page.round.roster)
    known = known_times([talk], page.round, people, calendars, (timeline.begins, timeline.ends))
    found = _place(store, page, without_own_entry(known, talk), now=now)
    if isinstance(found, Misfit):
        return Outcome.GONE
    return outcome_of(
        lambda: move_talk(
            store,
            talk.round,
            talk.id,
            start=start,
            place=found.place,
            who=page.who,
            routing=routing,
            now=now,
            short_notice=True,
            revision=revision,
        ),
        refused=Outcome.GONE,
    )


def keep(store: Store, page: TalkPage, *, revision: int, now: datetime) -> Outcome:
    """Say that the talk of *page* stays where it is, whatever time is proposed."""
    talk = page.talk
    if page.proposal is not None and page.proposal.kept_at is not None:
        return Outcome.ALREADY
    if not page.may_change:
        return Outcome.CLOSED
    if page.proposal is None:
        return Outcome.CHANGED
    return outcome_of(lambda: keep_time(store, talk.round, talk.id, who=page.who, now=now, revision=revision))


def call_off(store: Store, page: TalkPage, *, revision: int, now: datetime) -> Outcome:
    """Call the talk of *page* off. Nobody is told why."""
    talk = page.talk
    if page.standing is Standing.OFF and page.may_take_back:
        return Outcome.ALREADY
    if not page.may_change:
        return Outcome.CLOSED
    return outcome_of(
        lambda: cancel_talk(store, talk.round, talk.id, why=BY_MANAGER, who=page.who, now=now, revision=revision)
    )


def _place(store: Store, page: TalkPage, known: "KnownTimes", *, now: datetime) -> "Rebooked | Misfit":
    """Where the talk goes at the proposed time, whatever the two have in their calendars; or which rule keeps it."""
    from talkcycle.planning.timeline import timeline_of  # noqa: PLC0415

    assert page.proposal is not None
    span: Span = page.proposal.span
    if timeline_of(page.round.cycle.window).interval(span) is None:
        return Misfit.OUTSIDE
    with store.read() as session:
        others = session.talks.of_round(page.round.id)
        people = session.rosters.people(page.round.roster)
    rooms_alone = replace(known, busy=BusyTimes(rooms=known.busy.rooms), untold={})
    return fits(page.round, page.talk, people, others, rooms_alone, span=span, now=now)
