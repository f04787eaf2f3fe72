"""An organisation of any size, as files HR would hand over: managers with eight reports (or more), levels of them."""

import csv
from pathlib import Path

SPAN = 8
CYCLE = """organisation: Norrsken Konsult AB
language: sv
zone: Europe/Stockholm
country: SE
hr: {{name: HR, email: hr@norrsken.example}}
window: {{first: {first}, last: {last}}}
roster: roster.csv
talk: {{most_per_day: 4}}
{more}
"""
SERVICE = """smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
sender: samtal@norrsken.example
per_minute: no limit
connections: {connections}
data: data
"""
GRAPH_SERVICE = """graph:
  tenant: {tenant}
  client_id: {client_id}
  secret_file: secret
  endpoint: {endpoint}
  authority: {authority}
  ca_file: {ca_file}
routes: [{{address: "*", by: graph}}]
sender: samtal@norrsken.example
data: data
"""
INVITATIONS_ONLY = """earliest: 60 days
steps:
  - {id: invitation, when: 60 days before, to: both, template: invitation, calendar: true, attach: [agenda]}
digests: {managers: false, hr: false}
"""
ANNOUNCED_TOO = INVITATIONS_ONLY.replace(
    "steps:\n", "steps:\n  - {id: announcement, when: at approval, to: both, template: announcement}\n"
)


def write_organisation(
    folder: Path,
    people: int,
    *,
    first: str,
    last: str,
    port: int = 25,
    connections: int = 1,
    more: str = "",
    team: int = SPAN,
    service: str | None = None,
) -> Path:
    """Write cycle.yaml, roster.csv and service.yaml into *folder* and return it.

    Args:
        team: Reports of each manager.
        service: What service.yaml says; None: that there is a mail server at *port*.

    Every other branch of the company reads English: who works together reads the same language, mostly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cycle.yaml").write_text(CYCLE.format(first=first, last=last, more=more))
    (folder / "service.yaml").write_text(service or SERVICE.format(port=port, connections=connections))
    with (folder / "roster.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "name", "email", "manager", "language"])
        for number in range(people):
            manager = "" if number == 0 else str((number - 1) // team)
            language = "sv" if branch_of(number, team) % 2 else "en"
            rows.writerow([number, f"Person {number}", address_of(number), manager, language])
    return folder


def address_of(number: int) -> str:
    return f"p{number}@norrsken.example"


def branch_of(number: int, team: int) -> int:
    """Which of the top manager's reports a person is or belongs to."""
    while number > team:
        number = (number - 1) // team
    return number
