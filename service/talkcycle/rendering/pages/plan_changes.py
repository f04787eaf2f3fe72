"""What needs looking at on a plan's page: talks without a time or a room, and what changed since the plan before."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from talkcycle.domain.plan_difference import Change, ChangeKind
from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.rendering.pages.plain_words import some
from talkcycle.rendering.pages.plan_words import CHANGED, standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A talk to look at, such as one without a time. *anchor*: of the manager's calendar on the page."""

    employee: str
    manager: str
    anchor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomlessGroup:
    """Talks that have no room for the same reason."""

    reason: str
    talks: int
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedTalk:
    employee: str
    manager: str
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedGroup:
    """All changes of one kind."""

    title: str
    rows: tuple[ChangedTalk, ...]


def missing_of(facts: PlanFacts, anchors: Mapping[str, str]) -> list[Missing]:
    """By manager, then by employee."""
    rows = [
        Missing(
            employee=facts.name(each.employee),
            manager=facts.name(each.manager),
            anchor=anchors[each.manager],
            reason=each.reason,
        )
        for each in facts.draft.unplaced
    ]
    return sorted(rows, key=lambda each: (each.manager.casefold(), each.employee.casefold()))


def decided_of(facts: PlanFacts, anchors: Mapping[str, str]) -> list[Missing]:
    """Talks at a time HR decided against something, by start, and against what."""
    against = facts.draft.pinned_against
    return [
        Missing(
            employee=facts.name(each.talk.employee),
            manager=facts.name(each.talk.manager),
            anchor=anchors[each.talk.manager],
            reason=against[each.talk.employee],
        )
        for each in facts.talks
        if each.talk.employee in against
    ]


def roomless_of(facts: PlanFacts) -> list[RoomlessGroup]:
    """By reason, what concerns most talks first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for each in facts.roomless:
        groups[each.reason].append(facts.name(each.talk.talk.employee))
    return [
        RoomlessGroup(reason=reason, talks=len(names), who=some(names, most=12))
        for reason, names in sorted(groups.items(), key=lambda group: -len(group[1]))
    ]


def changes_of(facts: PlanFacts) -> list[ChangedGroup]:
    """Kinds of change that there are, what HR has to look at first."""
    found = facts.difference
    if found is None:
        return []
    groups = ((kind, found.of(kind)) for kind in ChangeKind)
    return [
        ChangedGroup(title=CHANGED[kind], rows=tuple(changed_talk(facts, change) for change in changes))
        for kind, changes in groups
        if changes
    ]


def changed_talk(facts: PlanFacts, change: Change) -> ChangedTalk:
    """*change* with names, times and places."""
    stands = change.now or change.before
    assert stands is not None, "a change is of a talk that one of the two plans has"
    host = facts.name(stands.manager)
    if change.before and change.before.manager != stands.manager:
        host = f"{host}, before {facts.name(change.before.manager)}"
    zone = facts.draft.cycle.zone
    return ChangedTalk(
        employee=facts.name(change.employee),
        manager=host,
        before=standing(change.before, zone),
        now=standing(change.now, zone),
    )
