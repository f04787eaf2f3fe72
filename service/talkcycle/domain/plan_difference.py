"""What a plan changes against the one before it. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from talkcycle.domain.plan import Draft, PlannedTalk, UnplacedTalk

Standing = PlannedTalk | UnplacedTalk
"""Where a talk stands in one plan."""


class ChangeKind(StrEnum):
    """In the order in which HR wants to hear of them; a talk counts once, under the first that fits."""

    LOST = "lost"
    """had a time and has none now"""
    FOUND = "found"
    """had no time and has one now"""
    NEW = "new"
    """was not in the plan before"""
    GONE = "gone"
    """is no longer in the plan"""
    MOVED = "moved"
    """another time or another length, perhaps another place too"""
    HOST = "host"
    """another manager at the same time"""
    PLACE = "place"
    """another room at the same time"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One talk that stands differently. *before* and *now*: None where that plan does not have it."""

    employee: str
    kind: ChangeKind
    before: Standing | None
    now: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """*changes*: in the order of kinds, then of the plans. *unchanged*: talks that stand as they stood."""

    changes: tuple[Change, ...]
    unchanged: int

    @property
    def counts(self) -> Mapping[ChangeKind, int]:
        """How many changes of each kind; a kind without any is not there."""
        return Counter(change.kind for change in self.changes)

    def of(self, kind: ChangeKind) -> list[Change]:
        return [change for change in self.changes if change.kind is kind]


def difference(before: Draft | None, now: Draft) -> Difference | None:
    """What *now* changes; None when there is nothing to compare with: no plan before, or one of another round."""
    if before is None or before.round != now.round:
        return None
    old, new = _standings(before), _standings(now)
    changes, unchanged = [], 0
    for employee in {**old, **new}:
        was, is_ = old.get(employee), new.get(employee)
        kind = _kind(was, is_)
        if kind is None:
            unchanged += 1
        else:
            changes.append(Change(employee=employee, kind=kind, before=was, now=is_))
    order = list(ChangeKind)
    return Difference(changes=tuple(sorted(changes, key=lambda each: order.index(each.kind))), unchanged=unchanged)


def _standings(draft: Draft) -> dict[str, Standing]:
    """By employee, who has at most one talk of a round."""
    talks: tuple[Standing, ...] = (*draft.talks, *draft.unplaced)
    return {each.employee: each for each in talks}


def _kind(before: Standing | None, now: Standing | None) -> ChangeKind | None:
    if before is None:
        return ChangeKind.NEW
    if now is None:
        return ChangeKind.GONE
    if isinstance(before, PlannedTalk) and isinstance(now, PlannedTalk):
        if (before.start, before.minutes) != (now.start, now.minutes):
            return ChangeKind.MOVED
    elif isinstance(before, PlannedTalk):
        return ChangeKind.LOST
    elif isinstance(now, PlannedTalk):
        return ChangeKind.FOUND
    if before.manager != now.manager:
        return ChangeKind.HOST
    if isinstance(before, PlannedTalk) and isinstance(now, PlannedTalk) and before.place != now.place:
        return ChangeKind.PLACE
    return None
