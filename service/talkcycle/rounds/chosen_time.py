"""What either of the two may do from their page about when their talk is: choose another time, and take that back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from talkcycle.domain.cycle import Place
from talkcycle.domain.people import Person
from talkcycle.domain.routes import Routing
from talkcycle.domain.store import Store
from talkcycle.rounds.change import move_talk
from talkcycle.rounds.choices import Outcome, outcome_of
from talkcycle.rounds.own_pages import Standing, TalkPage

if TYPE_CHECKING:
    from talkcycle.rounds.calendars_now import CalendarsNow
    from talkcycle.rounds.rebooking import NoOtherTime, Rebooked

MOST_OFFERED = 6
TAKEN_BACK_WITHIN = timedelta(hours=1)
"""So long a choice of another time can be taken back without asking calendars again: the old time was just given up."""
EVERY = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A time the talk can have. *start*: UTC. *back*: it is the time the talk had before."""

    start: datetime
    place: Place
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What can be chosen from, the best first. *untold*: calendars cannot be told at present: there may be more later."""

    offers: tuple[Offer, ...]
    untold: bool = False


def offers(store: Store, page: TalkPage, calendars: "CalendarsNow", *, now: datetime, most: int = MOST_OFFERED) -> Offers:
    """Other times for the talk of *page*; calendars are asked, and the notice is kept."""
    from talkcycle.rounds.rebooking import NoOtherTime  # noqa: PLC0415  # the planner is heavy

    if not page.may_choose:
        return Offers(offers=())
    back = _back(page, now)
    found = _free(store, page, calendars, now=now, most=most, per_day=1 if most < EVERY else None)
    if isinstance(found, NoOtherTime):
        return Offers(offers=(back,) if back else (), untold=found.wait)
    times = tuple(Offer(start=each.start, place=each.place) for each in found if back is None or each.start != back.start)
    return Offers(offers=((back,) if back else ()) + times[: most - (back is not None)])


def choose_time(
    store: Store,
    page: TalkPage,
    start: datetime,
    calendars: "CalendarsNow",
    *,
    revision: int,
    routing: Routing,
    now: datetime,
) -> Outcome:
    """Give the talk of *page* the time *start* (UTC), if it is one that can be offered; the daemon tells both.

    Args:
        revision: Of the talk when the choice was shown.
    """
    talk = page.talk
    if talk.start == start and page.standing is Standing.PLACED:
        return Outcome.ALREADY
    if not page.may_choose:
        return Outcome.CLOSED
    if talk.revision != revision:
        return Outcome.CHANGED
    open_ = offers(store, page, calendars, now=now, most=EVERY).offers
    offer = next((each for each in open_ if each.start == start), None)
    if offer is None:
        return Outcome.GONE
    return outcome_of(
        lambda: move_talk(
            store,
            talk.round,
            talk.id,
            start=offer.start,
            place=offer.place,
            who=page.who,
            routing=routing,
            now=now,
            short_notice=offer.back,
            revision=revision,
        ),
        refused=Outcome.GONE,
    )


def _back(page: TalkPage, now: datetime) -> Offer | None:
    """The time that was given up and can be had back as it was."""
    talk = page.talk
    just_now = now - talk.changed_at < TAKEN_BACK_WITHIN
    start = talk.start if page.may_take_back else talk.former_start if just_now else None
    return None if start is None or start <= now else Offer(start=start, place=talk.place, back=True)


def _free(
    store: Store, page: TalkPage, calendars: "CalendarsNow", *, now: datetime, most: int, per_day: int | None
) -> "tuple[Rebooked, ...] | NoOtherTime":
    from talkcycle.planning.timeline import timeline_of  # noqa: PLC0415
    from talkcycle.rounds.rebooking import NoOtherTime, other_times  # noqa: PLC0415
    from talkcycle.rounds.vacancy import known_times  # noqa: PLC0415

    round_, talk = page.round, page.talk
    with store.read() as session:
        others = session.talks.of_round(round_.id)
        people: Mapping[str, Person] = session.rosters.people(round_.roster)
    ends = timeline_of(round_.cycle.window).ends
    if ends <= now:
        return NoOtherTime(reason="The window is over.")
    known = known_times([talk], round_, people, calendars, (now, ends))
    return other_times(round_, talk, people, others, known, now=now, most=most, per_day=per_day)
