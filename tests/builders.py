"""Domain values with sensible defaults, for tests that care about one or two of their fields."""

from datetime import UTC, date, datetime
from typing import Any

from talkcycle.domain.cycle import (
    DEFAULT_EARLIEST_DAYS,
    DEFAULT_NOTICE_DAYS,
    Anchor,
    Contact,
    Cycle,
    Digests,
    Guards,
    Place,
    Recipients,
    Retention,
    Step,
    TalkRules,
    When,
    Window,
)
from talkcycle.domain.people import Person
from talkcycle.domain.talks import Round, Talk, TalkState

APPROVED_AT = datetime(2027, 2, 1, 9, 0, tzinfo=UTC)
"""A Monday, 10:00 in Stockholm."""
START = datetime(2027, 3, 10, 9, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Stockholm."""


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def a_person(id_: str = "anna", **fields: Any) -> Person:
    """An office worker in Stockholm whose manager is ``bo``; name and address follow from the id."""
    defaults: dict[str, Any] = {
        "name": id_.capitalize(),
        "email": f"{id_}@example.com",
        "manager": "bo",
        "language": "sv",
        "zone": "Europe/Stockholm",
        "country": "SE",
    }
    return Person(id=id_, **(defaults | fields))


def a_step(id_: str, days: int, to: Recipients = Recipients.BOTH, **fields: Any) -> Step:
    """A step *days* from the talk (or ``anchor``), its template named like itself."""
    when = When(days=days, anchor=fields.pop("anchor", Anchor.TALK))
    return Step(id=id_, when=when, to=to, **({"template": id_} | fields))


def shipped_steps() -> tuple[Step, ...]:
    """Steps of the kinds a cycle has: announcement, invitation, preparations, reminder, follow-up, check-in."""
    return (
        a_step("announcement", 0, anchor=Anchor.APPROVAL),
        a_step("invitation", -21, calendar=True, attach=("agenda",)),
        a_step("preparation-employee", -14, Recipients.EMPLOYEE, latest=1, attach=("self-review",)),
        a_step("preparation-manager", -14, Recipients.MANAGER, latest=1),
        a_step("reminder", -2, Recipients.EMPLOYEE, again_when_moved=True),
        a_step("follow-up", 1),
        a_step("check-in", 30, Recipients.EMPLOYEE),
    )


def a_cycle(**fields: Any) -> Cycle:
    """A cycle in Stockholm with a window in March 2027, ``shipped_steps`` and the defaults of everything else."""
    defaults: dict[str, Any] = {
        "id": "development",
        "name": {},
        "organisation": "Example AB",
        "hr": Contact(name="Hanna HR", email="hr@example.com", telephone=None, language="sv", zone="Europe/Stockholm"),
        "window": Window(first=date(2027, 3, 1), last=date(2027, 3, 31)),
        "repeat_months": None,
        "language": "sv",
        "zone": "Europe/Stockholm",
        "country": "SE",
        "talk": TalkRules(),
        "places": {},
        "agenda": (),
        "strategy": {},
        "strategy_link": None,
        "opt_out_policy": {},
        "confidentiality": {},
        "steps": shipped_steps(),
        "digests": Digests(),
        "notice_days": DEFAULT_NOTICE_DAYS,
        "earliest_days": DEFAULT_EARLIEST_DAYS,
        "approval_days": 5,
        "guards": Guards(),
        "retention": Retention(),
    }
    return Cycle(**(defaults | fields))


def a_round(**fields: Any) -> Round:
    """A round of ``a_cycle`` approved on 1 February 2027, without public holidays."""
    defaults: dict[str, Any] = {
        "id": "development-2027-03",
        "cycle": a_cycle(),
        "roster": "roster-1",
        "holidays": {},
        "approved_at": APPROVED_AT,
        "approved_by": "hr",
        "seed": "seed",
        "plan": "plan-1",
    }
    return Round(**(defaults | fields))


def a_talk(employee: str = "anna", **fields: Any) -> Talk:
    """A placed talk of *employee* with ``bo`` on 10 March 2027 at 10:00 in Stockholm."""
    defaults: dict[str, Any] = {
        "round": "development-2027-03",
        "id": employee,
        "manager": "bo",
        "start": START,
        "minutes": 60,
        "buffer_minutes": 30,
        "zone": "Europe/Stockholm",
        "place": Place(),
        "state": TalkState.PLACED,
        "changed_at": APPROVED_AT,
    }
    return Talk(employee=employee, **(defaults | fields))
