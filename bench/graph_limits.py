"""A round over Graph as fast as the published limits allow, by a fake server that enforces them."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_time import FastTime
from measures import INVITED, Row, approved, row, set_clock
from organisation import ANNOUNCED_TOO, GRAPH_SERVICE, INVITATIONS_ONLY, address_of

from talkcycle.domain.messages import Kind, KnownMessage, OutboxState
from talkcycle.domain.store import OutboxFilter

HERE = Path(__file__).parent
MAILBOXES_OF_THE_SERVICE = ["samtal@norrsken.example", "hr@norrsken.example"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A round that is sent at once.

    Attributes:
        factor: How much faster time passes: so much that the measurement is short, so little that the machine, which does
            the server's work as well, keeps up.
    """

    name: str
    people: int
    team: int
    steps: str
    factor: float
    last: str = "2027-05-28"


CASES = (
    Case(
        name="2,000 people, 250 calendars, announcements and invitations at once",
        people=2000,
        team=8,
        steps=ANNOUNCED_TOO,
        factor=20,
    ),
    Case(
        name="100 talks of one manager",
        people=101,
        team=100,
        steps=INVITATIONS_ONLY.replace("60 days", "90 days"),
        factor=10,
        last="2027-06-25",
    ),
)


def within_limits(folder: Path) -> list[Row]:
    """Each case: the time it took beside what the limits allow, refusals, memory, and that all is there exactly once."""
    return [each for number, case in enumerate(CASES) for each in _measured(folder / str(number), case)]


def _measured(folder: Path, case: Case) -> Iterator[Row]:
    fast = FastTime.beginning(INVITED, factor=case.factor)
    with _server(fast, [*MAILBOXES_OF_THE_SERVICE, *map(address_of, range(case.people))]) as server:
        folder.mkdir(parents=True)
        (folder / "secret").write_text(server.settings["secret"])
        app = approved(
            folder,
            case.people,
            0,
            at=INVITED,
            last=case.last,
            team=case.team,
            more=case.steps,
            service=GRAPH_SERVICE.format(**server.settings),
        )
        set_clock(app, fast.now())
        done = _served(folder, fast)
        with app.store.read() as session:
            found = session.outbox.find(OutboxFilter(limit=1_000_000))
        app.store.close()
        ledger = [each for each in found if each.state is not OutboxState.SKIPPED]  # organizers get no invitation
        seen = server.look()
    yield from _told(case, allowed_minutes(ledger, server.per_minute), ledger, done, seen)


def _told(
    case: Case, allowed: float, ledger: Sequence[KnownMessage], done: dict[str, Any], seen: dict[str, Any]
) -> Iterator[Row]:
    taken, throttled = done["minutes"], sum(seen["throttled"].values())
    cpu = f"CPU {done['cpu']:.0f} s + the server's {seen['cpu']:.0f} s"
    yield row(
        case.name,
        f"{taken:.1f} min",
        f"the limits allow {allowed:.1f} min",
        "<= 1.10 times",
        ok=taken <= 1.1 * allowed,
    )
    yield row(
        "... refused with 429",
        str(throttled),
        f"{seen['requests']} requests, {seen['requests'] / done['seconds']:.0f}/s for {done['seconds']:.0f} s; {cpu}",
        "<= 5",
        ok=throttled <= 5,
    )
    yield row(
        "... memory of the service",
        f"{done['memory']:.0f} MB",
        f"{done['memory_rendering']:.0f} MB when all was rendered",
        "< 300 MB",
        ok=done["memory"] < 300,
    )
    found = {Kind.MEETING_CREATE: Counter(seen["meetings"]), Kind.MAIL: Counter(seen["mails"])}
    expected = {kind: Counter(each.message_id for each in ledger if each.kind is kind) for kind in found}
    whole = found == expected and all(each.state is OutboxState.SENT for each in ledger)
    yield row(
        "... everything there once",
        f"{found[Kind.MEETING_CREATE].total()} meetings with agenda, {found[Kind.MAIL].total()} mails",
        f"told {seen['told']} times",
        "each once",
        ok=whole and seen["told"] == len(ledger),
    )


def allowed_minutes(ledger: Sequence[KnownMessage], per_minute: int) -> float:
    """What the mailbox with the most messages needs when it sends *per_minute*."""
    return max(Counter(each.mailbox for each in ledger).values()) / per_minute


@dataclass(frozen=True, slots=True)
class _Server:
    """Attributes:
    settings: How to reach it. *per_minute*: messages from one mailbox that it takes.
    """

    process: "subprocess.Popen[str]"
    settings: dict[str, str]
    per_minute: int

    def look(self) -> dict[str, Any]:
        return _asked(self.process, "look")


@contextmanager
def _server(fast: FastTime, mailboxes: list[str]) -> Iterator[_Server]:
    path = os.pathsep.join([str(HERE.parent / "tests"), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, str(HERE / "graph_server.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    with process:  # its input is closed at the end, by which it ends
        told = _asked(process, json.dumps({"time": fast.tell(), "mailboxes": mailboxes}))
        yield _Server(process, told["settings"], told["per_minute"])


def _asked(process: "subprocess.Popen[str]", line: str) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def _served(folder: Path, fast: FastTime) -> dict[str, Any]:
    command = [sys.executable, str(HERE / "graph_service.py"), str(folder), fast.tell()]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found
