"""Before an invitation leaves, calendars at addresses are fetched again where nobody has Exchange."""

import shutil
from datetime import timedelta
from pathlib import Path

from builders import START, a_cycle, a_person, a_round, a_talk, at
from servers.calendar_address import serving
from talkcycle.bootstrap import open_application
from talkcycle.resources import shipped
from talkcycle.rounds.vacancy import ClashKind, Whose, taken

PEOPLE = {person.id: person for person in (a_person("bo", manager=None), a_person("anna"))}
EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270310T093000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"


def test_a_calendar_that_has_filled_since_the_plan_stands_in_the_way(tmp_path: Path) -> None:
    config = Path(shutil.copytree(shipped("config"), tmp_path / "config"))
    (config / "calendars").mkdir()
    app = open_application(config, env={"TALKCYCLE_DATA": str(tmp_path / "data"), "TALKCYCLE_WHO": "test"})
    try:
        with serving(EVENT) as address:
            (config / "calendars" / "addresses.csv").write_text(f"for,address\nanna,{address}\n")
            talks = [a_talk(), a_talk("bo", manager="anna", start=START + timedelta(hours=3))]
            found = taken(talks, a_round(cycle=a_cycle()), PEOPLE, app.calendars_now(), now=at(2027, 2, 17))
    finally:
        app.store.close()
    assert {id_: (clash.kind, clash.whose) for id_, clash in found.items()} == {
        "anna": (ClashKind.BUSY, (Whose.EMPLOYEE,))
    }
