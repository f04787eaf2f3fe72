"""Times HR decided, held against the days this round has and the talks it has fixed already."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from talkcycle.domain.cycle import Cycle
from talkcycle.domain.wishes import PinnedTalk


def pins_out_of_reach(cycle: Cycle, under_way: AbstractSet[str], *, invited_by: date) -> list[str]:
    """What is wrong with pins for this round, a sentence or two each.

    The cycle file is checked by itself; here are the days it cannot know: those of a repeated window, and today.

    Args:
        cycle: With the window of this round.
        under_way: Employees whose talk has its time already, whatever their pin says.
        invited_by: The last day on which an invitation goes out, if HR approves as late as they may.
    """
    pins = (pin for pin in cycle.wishes.pinned if pin.employee not in under_way)
    return [said for pin in pins for said in _wrong(pin, cycle, invited_by + timedelta(days=cycle.notice_days))]


def pins_that_overlap(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """What is wrong with *pairs* of employees whose fixed talks cannot both be."""
    return [
        f"The talks of {one} and {other} are both fixed and overlap, for a person or in a room. "
        "Change one of them under `wishes: pin`."
        for one, other in pairs
    ]


def _wrong(pin: PinnedTalk, cycle: Cycle, first: date) -> Iterator[str]:
    window, day = cycle.window, pin.at.date()
    pinned = f"The talk of {pin.employee} is pinned to {day}"
    if not window.first <= day <= window.last:
        yield (
            f"{pinned}; the window of this round is {window.first} to {window.last}. "
            "Change the wish under `wishes: pin`, or take it away."
        )
    elif day < first:
        yield (
            f"{pinned}; with the notice of {cycle.notice_days} days the first day for a talk is {first}. Pin it to "
            f"that day or a later one, or let the plan be approved in fewer than {cycle.approval_days} days (`approval`)."
        )
