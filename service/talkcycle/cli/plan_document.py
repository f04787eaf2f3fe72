"""A plan as one JSON document for machines: ids and instants in UTC, days where the person is."""

from typing import Any

from talkcycle.domain.plan import PlannedTalk
from talkcycle.domain.plan_difference import Standing
from talkcycle.domain.plan_facts import PlanFacts
from talkcycle.domain.plan_talks import Discomfort, TalkFacts


def plan_document(facts: PlanFacts) -> dict[str, Any]:
    """Everything the page says."""
    draft = facts.draft
    return {
        "plan": draft.hash,
        "round": draft.round,
        "approve_by": draft.approve_by,
        "talks": [_talk(each) for each in facts.talks],
        "unplaced": [
            {"employee": each.employee, "manager": each.manager, "reason": each.reason} for each in draft.unplaced
        ],
        "without_room": [
            {"employee": each.talk.talk.employee, "manager": each.talk.talk.manager, "reason": each.reason}
            for each in facts.roomless
        ],
        "pinned_against": dict(draft.pinned_against),
        "left_out": dict(draft.left_out),
        "weeks": [{"monday": week.monday, "talks": week.talks, "sites": dict(week.sites)} for week in facts.weeks],
        "rooms": [
            {
                "site": room.site or None,
                "room": room.name,
                "seats": room.seats,
                "minutes_offered_a_day": room.offered,
                "minutes_taken": {day.isoformat(): minutes for day, minutes in sorted(room.booked.items())},
            }
            for room in facts.rooms
        ],
        "managers": [
            {
                "manager": each.id,
                "talks": len(each.talks),
                "unplaced": len(each.unplaced),
                "most_in_a_day": max(each.days.values(), default=0),
                "least_notice_days": each.least_notice,
                "awkward": _awkward(each.discomforts),
            }
            for each in facts.managers
        ],
        "fairness": {
            "least_notice_days": facts.least_notice,
            "median_notice_days": facts.median_notice,
            "awkward": _awkward(facts.discomforts),
        },
        "difference": _difference(facts),
    }


def _talk(each: TalkFacts) -> dict[str, Any]:
    return _planned(each.talk) | {
        "notice_days": each.notice,
        "awkward": sorted(kind.value for kind in each.discomforts),
    }


def _planned(talk: PlannedTalk) -> dict[str, Any]:
    return {
        "employee": talk.employee,
        "manager": talk.manager,
        "start": talk.start,
        "minutes": talk.minutes,
        "zone": talk.zone,
        "place": talk.place.name or talk.place.kind.value,
    }


def _awkward(counts: Any) -> dict[str, int]:
    return {kind.value: counts.get(kind, 0) for kind in Discomfort}


def _difference(facts: PlanFacts) -> dict[str, Any] | None:
    found = facts.difference
    if found is None:
        return None
    return {
        "unchanged": found.unchanged,
        "changes": [
            {
                "employee": change.employee,
                "kind": change.kind.value,
                "before": _standing(change.before),
                "now": _standing(change.now),
            }
            for change in found.changes
        ],
    }


def _standing(each: Standing | None) -> dict[str, Any] | None:
    if each is None:
        return None
    if isinstance(each, PlannedTalk):
        return _planned(each)
    return {"employee": each.employee, "manager": each.manager, "start": None}
