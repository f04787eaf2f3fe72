"""An organisation of any size, as files HR would hand over: managers with eight reports, three levels and more."""

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
INVITATIONS_ONLY = """earliest: 60 days
steps:
  - {id: invitation, when: 60 days before, to: both, template: invitation, calendar: true, attach: [agenda]}
digests: {managers: false, hr: false}
"""


def write_organisation(
    folder: Path,
    people: int,
    *,
    first: str,
    last: str,
    port: int = 25,
    connections: int = 1,
    more: str = "",
) -> Path:
    """Write cycle.yaml, roster.csv and service.yaml into *folder* and return it.

    Every other branch of the company reads English: who works together reads the same language, mostly.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cycle.yaml").write_text(CYCLE.format(first=first, last=last, more=more))
    (folder / "service.yaml").write_text(SERVICE.format(port=port, connections=connections))
    with (folder / "roster.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "name", "email", "manager", "language"])
        for number in range(people):
            manager = "" if number == 0 else str((number - 1) // SPAN)
            language = "sv" if branch_of(number) % 2 else "en"
            rows.writerow([number, f"Person {number}", f"p{number}@norrsken.example", manager, language])
    return folder


def branch_of(number: int) -> int:
    """Which of the top manager's reports a person is or belongs to."""
    while number > SPAN:
        number = (number - 1) // SPAN
    return number
