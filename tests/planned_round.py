"""A small round's plan, and the one before it: zones, a clock change, names that want to be code."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from builders import a_cycle, a_person
from talkcycle.domain.cycle import Place, PlaceKind, Window
from talkcycle.domain.people import Person
from talkcycle.domain.plan import Draft, PlannedTalk, UnplacedTalk
from talkcycle.domain.plan_facts import PlanFacts, plan_facts
from talkcycle.domain.plan_rooms import OfferedRoom
from talkcycle.domain.plan_talks import Comfort

MADE_AT = datetime(2027, 2, 8, 9, 0, tzinfo=UTC)
NOON_LUNCH = Comfort(lunch=(12 * 60, 13 * 60), friday_ends=13 * 60, preferred={})
LAGOM = Place(kind=PlaceKind.NAMED, name="Lagom")
RAVEN = Place(kind=PlaceKind.NAMED, name="Ravenscourt")
ONLINE = Place(kind=PlaceKind.ONLINE)

PEOPLE: Mapping[str, Person] = {
    person.id: person
    for person in (
        a_person("bo", name="Bo Ek", manager=None, site="Malmö"),
        a_person("anna", name="Anna <b>Ny</b>", site="Malmö"),
        a_person("cilla", name='=cmd|"/c calc"!A1', zone="Europe/London", site="London"),
        a_person("disa", name="Disa Fors", site="Malmö"),
        a_person("egil", name="<script>alert(1)</script>", site="Malmö"),
        a_person("frej", name="Frej Gran", manager="egil", zone="America/New_York", site=None),
        a_person("gun", name="Gun Holm", manager="egil", site="Malmö"),
    )
}


def a_planned(employee: str, start: datetime, place: Place | None = None, **fields: Any) -> PlannedTalk:
    """A talk of 60 minutes and a pause of 30 with the employee's own manager, in the employee's zone."""
    person = PEOPLE[employee]
    defaults: dict[str, Any] = {
        "manager": person.manager,
        "minutes": 60,
        "buffer_minutes": 30,
        "zone": person.zone,
        "place": place or Place(),
    }
    return PlannedTalk(employee=employee, start=start, **(defaults | fields))


def a_draft(**fields: Any) -> Draft:
    """Five talks with a time, one without, one person left out; approved by 15 February for a window in March."""
    defaults: dict[str, Any] = {
        "hash": "3f9a1c0b7d2e" * 5,
        "round": "development-2027-03",
        "cycle": a_cycle(name={"sv": "Samtal våren 2027"}, window=Window(first=date(2027, 3, 8), last=date(2027, 4, 2))),
        "roster": "roster-1",
        "holidays": {"SE": frozenset({date(2027, 3, 26), date(2027, 3, 29)})},
        "today": date(2027, 2, 8),
        "made_at": MADE_AT,
        "approve_by": date(2027, 2, 15),
        "talks": (
            a_planned("cilla", datetime(2027, 3, 17, 11, 30, tzinfo=UTC), RAVEN),
            a_planned("anna", datetime(2027, 3, 10, 9, 0, tzinfo=UTC), LAGOM),
            a_planned("egil", datetime(2027, 3, 12, 12, 15, tzinfo=UTC), LAGOM),
            # Clocks in New York have changed by then and those in Sweden have not.
            a_planned("frej", datetime(2027, 3, 15, 13, 0, tzinfo=UTC), ONLINE),
            # And here both have.
            a_planned("gun", datetime(2027, 3, 30, 8, 0, tzinfo=UTC)),
        ),
        "unplaced": (
            UnplacedTalk(employee="disa", manager="bo", reason="Bo's days are full; one more a day would help."),
        ),
        "left_out": {"bo": "has no manager in the roster"},
        "files": {},
    }
    return Draft(**(defaults | fields))


def the_draft_before() -> Draft:
    """Of the same round: a talk moved since, one was somewhere else, one had no time, one was of somebody who left."""
    draft = a_draft()
    cilla, anna, egil, frej, _gun = draft.talks
    return replace(
        draft,
        hash="0" * 60,
        talks=(
            cilla,
            replace(anna, start=datetime(2027, 3, 9, 14, 0, tzinfo=UTC)),
            replace(egil, place=ONLINE),
            frej,
            a_planned("disa", datetime(2027, 3, 18, 9, 0, tzinfo=UTC)),
            replace(anna, employee="hugo", place=Place()),
        ),
        unplaced=(UnplacedTalk(employee="gun", manager="egil", reason="no time"),),
    )


OFFERED = (
    OfferedRoom(site="Malmö", name="Lagom", seats=4),
    OfferedRoom(site="Malmö", name="Lagom 10", seats=2),
    OfferedRoom(site="Malmö", name="Lagom 2", seats=2),
)
NO_ROOM = "The three rooms in Malmö are full in week 13; 1 talk there has none."


def the_facts(
    draft: Draft | None = None, *, before: Draft | None = None, with_rooms: bool = False, **comfort: Any
) -> PlanFacts:
    """Of *draft*, or of ``a_draft``; ``hugo`` was in the roster before. *with_rooms*: ``OFFERED``; ``gun`` has none."""
    return plan_facts(
        draft or a_draft(),
        PEOPLE,
        comfort=replace(NOON_LUNCH, **comfort),
        offered=OFFERED if with_rooms else (),
        roomless={"gun": NO_ROOM} if with_rooms else None,
        before=before,
        people_before=dict(PEOPLE) | {"hugo": a_person("hugo", name="Hugo Ivarsson")},
    )
