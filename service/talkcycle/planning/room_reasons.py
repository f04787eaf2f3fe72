"""Why talks that have a time have no room."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from talkcycle.planning.reason_values import Kind, Reason
from talkcycle.planning.remedies import Remedy
from talkcycle.planning.remedy_search import free_time, longer_window, one_more_room, shorter_talk
from talkcycle.planning.remedy_trials import Ground, Trial

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def room_reasons(ground: Ground, without: Sequence[str]) -> Iterator[Reason]:
    """Why each talk of *without* (ids) has no room where it is."""
    rooms = Counter(room.site for room in ground.instance.rooms.values() if room.holds_talks)
    trials = [Trial(ground, ground.bookings.requests[id_]) for id_ in without]
    weeks = Counter((trial.talk.site, _week(trial)) for trial in trials)
    for trial in trials:
        site, week = trial.talk.site, _week(trial)
        kind, remedies = _found(trial, rooms[site] if site is not None else 0)
        zone = ground.instance.people[trial.talk.employee].zone
        yield Reason(
            talk=trial.talk.id,
            kind=kind,
            facts=_facts(site or "", week[1], rooms[site] if site is not None else 0, weeks[site, week]),
            remedies=remedies,
            year=ground.instance.last.year,
            zone=None if zone == ground.instance.people[trial.talk.manager].zone else zone,
        )


def _found(trial: Trial, rooms: int) -> tuple[Kind, tuple[Remedy, ...]]:
    talk, start = trial.talk, _start(trial)
    more = partial(one_more_room, trial, start)
    if talk.pin is not None:
        return Kind.FIXED, ()
    if talk.site is None:
        return Kind.NO_SITE, ()
    if not rooms:
        return Kind.NO_ROOMS, tuple(more())
    free = tuple(free_time(trial, trial.open_with_room, room=True))
    if free:
        return Kind.ROOM_FREE, free
    return Kind.ROOMS_FULL, (
        *more(),
        *longer_window(trial, trial.open_with_room),
        *shorter_talk(trial, trial.open_with_room),
    )


def _facts(site: str, week: int, rooms: int, without: int) -> Mapping[str, str]:
    number = WORDS[rooms] if rooms < len(WORDS) else str(rooms)
    return {
        "site": site,
        "week": str(week),
        "Rooms": "The only room" if rooms == 1 else f"The {number} rooms",
        "are": "is" if rooms == 1 else "are",
        "without": f"{without} talk there has none" if without == 1 else f"{without} talks there have none",
    }


def _start(trial: Trial) -> int:
    return trial.ground.bookings.placed[trial.talk.id].start


def _week(trial: Trial) -> tuple[int, int]:
    """ISO year and week of the talk, where the employee is."""
    return trial.at(_start(trial)).isocalendar()[:2]
