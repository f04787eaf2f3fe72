"""The agenda and the steps that ship with talkcycle. The content brief is their source."""

from talkcycle.domain.cycle import SUMMARY, AgendaPoint, Leads
from talkcycle.intake.yaml_lines import Value

TALK_MINUTES = 60

AGENDA = (
    AgendaPoint(id="previous", minutes=5, leads=Leads.EMPLOYEE),
    AgendaPoint(id="situation", minutes=15, leads=Leads.EMPLOYEE),
    AgendaPoint(id="strategy", minutes=10, leads=Leads.EMPLOYEE),
    AgendaPoint(id="competence", minutes=10, leads=Leads.EMPLOYEE),
    AgendaPoint(id="expectations", minutes=10, leads=Leads.MANAGER),
    AgendaPoint(id="follow-up", minutes=5, leads=Leads.BOTH),
    AgendaPoint(id=SUMMARY, minutes=5, leads=Leads.BOTH),
)
"""Sixty minutes: the employee speaks first and longest, and there is time for a summary."""


def shipped_steps(earliest: int) -> dict[str, dict[str, Value]]:
    """The shipped steps as HR would write them, by id. *earliest*: days before the talk of the invitation."""
    steps: list[dict[str, Value]] = [
        {"id": "announcement", "when": "at approval", "to": "both"},
        {
            "id": "invitation",
            "when": f"{earliest} days before",
            "to": "both",
            "attach": ["agenda"],
            "calendar": "true",
        },
        {
            "id": "preparation-employee",
            "when": "10 days before",
            "to": "employee",
            "attach": ["agenda", "self-review"],
            "latest": "2",
        },
        {"id": "preparation-manager", "when": "10 days before", "to": "manager", "attach": ["agenda"], "latest": "2"},
        {
            "id": "reminder",
            "when": "2 days before",
            "to": "employee",
            "attach": ["agenda"],
            "again_when_moved": "true",
        },
        {"id": "follow-up", "when": "1 day after", "to": "both"},
        {"id": "check-in", "when": "30 days after", "to": "employee"},
    ]
    return {str(step["id"]): step for step in steps}


def shipped_minutes(talk: int) -> dict[str, int]:
    """Minutes of each shipped point in a talk of *talk* minutes: the same shares, in fives where that fits."""
    unit = 5 if talk % 5 == 0 and talk >= 5 * len(AGENDA) else 1
    units = talk // unit
    shares = {point.id: point.minutes * units / TALK_MINUTES for point in AGENDA}
    given = {id_: max(1, int(share)) for id_, share in shares.items()}
    while sum(given.values()) < units:
        given[max(shares, key=lambda id_: shares[id_] - given[id_])] += 1
    while sum(given.values()) > units:
        given[max(given, key=lambda id_: given[id_])] -= 1
    return {id_: count * unit for id_, count in given.items()}
