"""Make a plan for HR to look at. Nothing can be sent from it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from talkcycle.domain.busy import BusyTimes
from talkcycle.domain.cycle import Cycle
from talkcycle.domain.faults import Refused
from talkcycle.domain.localtime import day_of, instant_of, next_working_moment
from talkcycle.domain.people import Roster
from talkcycle.domain.plan import Draft
from talkcycle.domain.repetition import window_from
from talkcycle.domain.store import Session, Store
from talkcycle.domain.talks import Talk, TalkState
from talkcycle.domain.wishes import PlanningRules, Wishes
from talkcycle.rounds.fingerprint import fingerprint, hashes
from talkcycle.rounds.pinned_days import pins_out_of_reach, pins_that_overlap

Progress = Callable[[int, int], None]
BusyBetween = Callable[[datetime, datetime], BusyTimes]
"""Reads when people and rooms are busy between two instants, UTC."""
Stop = Callable[[], bool]
LEAST_SECONDS = 10.0
TALKS_A_SECOND = 200
"""A search for 10,000 people may take 50 seconds, one for 40 is at its best after one."""


def never() -> bool:
    return False


def nobody_is_busy(_begins: datetime, _ends: datetime) -> BusyTimes:
    return BusyTimes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What HR's files say, read and checked.

    Attributes:
        holidays: Country to public holidays, for every country of the roster and the cycle.
        files: What approval freezes besides: ``templates/...`` and ``attachments/...`` with their content.
    """

    cycle: Cycle
    roster: Roster
    holidays: Mapping[str, frozenset[date]]
    files: Mapping[str, bytes]


def make_draft(
    store: Store,
    inputs: Inputs,
    *,
    now: datetime,
    busy_between: BusyBetween = nobody_is_busy,
    limit: float | None = None,
    stop: Stop = never,
    progress: Progress | None = None,
) -> Draft:
    """Plan the cycle's next round around what is already approved of it, and store the plan as a draft.

    Args:
        busy_between: Asked once, for the time the plan looks at.
        limit: Seconds the search may take; by the size of the round unless told.
        stop: Asked now and then whether to end with the best plan so far.

    Raises:
        FaultyInput: Busy times cannot be read.
        Refused: The cycle's last window is over; a pin is outside the window, inside the notice or over another
            fixed talk; or the round is approved and something that it sends has changed since.
    """
    today = day_of(now, inputs.cycle.zone)
    cycle = _with_window(inputs.cycle, today)
    round_id = round_name(cycle)
    with store.read() as session:
        approved = approved_talks(session, round_id, cycle, inputs)
    from talkcycle.planning.timeline import timeline_of  # noqa: PLC0415  # the daemon never plans

    timeline = timeline_of(cycle.window)
    busy = busy_between(timeline.begins, timeline.ends)
    draft = draft_of(
        replace(inputs, cycle=cycle), round_id, approved, now=now, busy=busy, limit=limit, stop=stop, progress=progress
    )
    with store.write() as session:
        session.rosters.save(inputs.roster, at=now)
        session.drafts.save(draft)
    return draft


def draft_of(
    inputs: Inputs,
    round_id: str,
    approved: Iterable[Talk],
    *,
    now: datetime,
    busy: BusyTimes,
    limit: float | None = None,
    stop: Stop = never,
    progress: Progress | None = None,
) -> Draft:
    """The plan itself: a function of its arguments, if the machine is fast enough for the limit. Raises Refused."""
    from talkcycle.planning.build import instance_of, planned_talks  # noqa: PLC0415  # the daemon never plans
    from talkcycle.planning.pins_kept import clashing_pins, explain_pins  # noqa: PLC0415
    from talkcycle.planning.reasons import explain_rooms  # noqa: PLC0415
    from talkcycle.planning.solve import search  # noqa: PLC0415

    cycle = inputs.cycle
    today = day_of(now, cycle.zone)
    approve_by = today + timedelta(days=cycle.approval_days)
    people = {person.id: person for person in inputs.roster.people}
    taken = tuple(approved)
    under_way = {talk.employee for talk in taken}
    invited_by = last_invitation_day(inputs, approve_by)
    out_of_reach = pins_out_of_reach(cycle, under_way, invited_by=invited_by)
    if out_of_reach:
        raise Refused(" ".join(out_of_reach))
    instance, left_out = instance_of(cycle, people, inputs.holidays, today=invited_by, taken=taken, busy=busy)
    pinned = {pin.employee for pin in cycle.wishes.pinned} - under_way
    overlapping = pins_that_overlap(pair for pair in clashing_pins(instance) if pinned & {*pair})
    if overlapping:
        raise Refused(" ".join(overlapping))
    seconds = max(LEAST_SECONDS, len(instance.talks) / TALKS_A_SECOND) if limit is None else limit
    plan = search(instance, limit=seconds, stop=stop, progress=progress).plan
    talks, unplaced = planned_talks(instance, plan, cycle, people)
    files = hashes(inputs.files)
    return Draft(
        hash=fingerprint(cycle, inputs.roster.version, files, talks, unplaced),
        round=round_id,
        cycle=cycle,
        roster=inputs.roster.version,
        holidays=inputs.holidays,
        today=today,
        made_at=now,
        approve_by=approve_by,
        talks=talks,
        unplaced=unplaced,
        left_out=left_out,
        files=files,
        without_room=explain_rooms(instance, plan),
        pinned_against=explain_pins(instance, pinned),
    )


def last_invitation_day(inputs: Inputs, approve_by: date) -> date:
    """The latest local day on which an invitation goes out if HR approves late on *approve_by*."""
    cycle = inputs.cycle
    latest = approve_by
    for country, zone in {(person.country, person.zone) for person in inputs.roster.people}:
        approved = instant_of(approve_by, time(23, 59), cycle.zone)
        holidays = inputs.holidays.get(country, frozenset())
        moment = next_working_moment(approved, cycle.calendar_step.at, zone, holidays)
        latest = max(latest, day_of(moment, zone))
    return latest


def round_name(cycle: Cycle) -> str:
    """Such as ``development-2027-03``."""
    return f"{cycle.id}-{cycle.window.first:%Y-%m}"


def approved_talks(session: Session, round_id: str, cycle: Cycle, inputs: Inputs) -> list[Talk]:
    """Talks of the round that are already under way (a pilot), which a plan has to leave alone.

    Raises:
        Refused: Roster, texts, or what the cycle says about more than planning differ from those the round was
            approved with.
    """
    round_ = session.rounds.get(round_id)
    if round_ is None:
        return []
    before, now = (_but_planning(each) for each in (round_.cycle, cycle))
    if (before, round_.hrs_roster) != (now, inputs.roster.version) or session.rounds.files(round_id) != inputs.files:
        raise Refused(
            f"The round {round_id} is approved and runs with the cycle, roster and texts it was approved with; "
            "these files have changed since. Put them back to plan the rest of this round, or change the window "
            "to plan another. Rooms, rules of planning and wishes may change, and a roster comes in with: "
            "talkcycle roster apply"
        )
    return [talk for talk in session.talks.of_round(round_id) if talk.state is not TalkState.UNPLACED]


def _but_planning(cycle: Cycle) -> Cycle:
    """What of *cycle* bears on talks that have their time and place already."""
    return replace(cycle, rooms={}, room_lists={}, planning=PlanningRules(), wishes=Wishes())


def _with_window(cycle: Cycle, today: date) -> Cycle:
    window = window_from(cycle, today)
    if window is None:
        raise Refused(
            f"The window ended on {cycle.window.last}. Give a new window, or let the cycle repeat (repeat: every year)."
        )
    return replace(cycle, window=window)
