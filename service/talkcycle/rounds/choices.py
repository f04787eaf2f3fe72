"""What became of what somebody chose on a page."""

from collections.abc import Callable
from enum import StrEnum

from talkcycle.domain.faults import Refused
from talkcycle.rounds.change import ChangedMeanwhile


class Outcome(StrEnum):
    """What became of a choice.

    ``already``: it stood like that. ``changed``: the talk changed after the page was looked at, and nothing was done.
    ``gone``: that time is not to be had any more. ``closed``: nothing can be chosen now.
    """

    DONE = "done"
    ALREADY = "already"
    CHANGED = "changed"
    GONE = "gone"
    CLOSED = "closed"


def outcome_of(do: Callable[[], object], *, refused: Outcome = Outcome.CLOSED) -> Outcome:
    """Do it. *refused*: what it means that it cannot be done."""
    try:
        do()
    except ChangedMeanwhile:
        return Outcome.CHANGED
    except Refused:
        return refused
    return Outcome.DONE
