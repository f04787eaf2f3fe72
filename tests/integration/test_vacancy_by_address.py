"""Before an invitation leaves, calendars at addresses are fetched again where nobody has Exchange."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from builders import START, a_cycle, a_person, a_round, a_talk, at
from talkcycle.bootstrap import open_application
from talkcycle.resources import shipped
from talkcycle.rounds.vacancy import ClashKind, Whose, taken

PEOPLE = {person.id: person for person in (a_person("bo", manager=None), a_person("anna"))}
EVENT = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20270310T093000Z\nDURATION:PT1H\nEND:VEVENT\nEND:VCALENDAR\n"


@contextmanager
def serving(calendar: str) -> Iterator[str]:
    """The address of a server that gives *calendar* and nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = calendar.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/calendar")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/anna.ics"
        server.shutdown()
        thread.join()


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
