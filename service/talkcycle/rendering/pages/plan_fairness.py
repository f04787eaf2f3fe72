"""How fair a plan is, manager by manager."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from talkcycle.domain.plan_facts import ManagerFacts, PlanFacts
from talkcycle.domain.plan_talks import Discomfort


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessRow:
    """A manager's figures. *weeks*: talks in each week of the plan."""

    name: str
    anchor: str
    talks: int
    missing: int
    weeks: tuple[int, ...]
    most_in_a_day: int
    least_notice: int | None
    lunch: int
    friday: int
    outside: int


def fairness_rows(facts: PlanFacts, anchors: Mapping[str, str]) -> Iterator[FairnessRow]:
    mondays = [week.monday for week in facts.weeks]
    for manager in facts.managers:
        yield _fairness(facts, manager, anchors[manager.id], mondays)


def _fairness(facts: PlanFacts, manager: ManagerFacts, anchor: str, mondays: Sequence[date]) -> FairnessRow:
    disliked = manager.discomforts
    return FairnessRow(
        name=facts.name(manager.id),
        anchor=anchor,
        talks=len(manager.talks),
        missing=len(manager.unplaced),
        weeks=tuple(manager.weeks.get(monday, 0) for monday in mondays),
        most_in_a_day=max(manager.days.values(), default=0),
        least_notice=manager.least_notice,
        lunch=disliked.get(Discomfort.LUNCH, 0),
        friday=disliked.get(Discomfort.FRIDAY, 0),
        outside=disliked.get(Discomfort.OUTSIDE, 0),
    )
