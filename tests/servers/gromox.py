"""gromox, an Exchange Web Services server that nobody here wrote, run on loopback where it has been built.

What it can and cannot judge is written beside its starter (``../shared/ews-server/README.md``). Also measured here:

- Properties that an update sets together with attendees are lost when a file was attached, or attendees were set, less
  than 0.3 s before: the server writes an older copy of the item over them. So an entry may lack its order.
- IsDraft is false of drafts; whether a mail was sent shows only in its folder.
"""

import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from talkcycle.domain.service import ExchangeLogin, ExchangeSettings

STARTER = Path(__file__).resolve().parents[3] / "shared" / "ews-server" / "serve.py"
BUILT = Path("/opt/gromox")
PATIENCE = 60.0
"""Seconds until it is ready; four are usual."""
STARTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gromox:
    """A running server.

    Attributes:
        endpoint: With TLS, for the service. *plain*: without, for people.
        service: Address of the service's mailbox. It may open managers' and rooms' mailboxes and no others.
        passwords: By address, rooms' included, as which nobody can log in.
        room_list: Address of the list of all rooms.
        queue: Folder of mails on their way: its ``mess`` is empty when all have arrived.
    """

    endpoint: str
    plain: str
    ca_file: Path
    service: str
    passwords: Mapping[str, str]
    room_list: str
    queue: Path

    def settings(self, *, secret: str | None = None, timeout: timedelta = timedelta(seconds=30)) -> ExchangeSettings:
        """How the service reaches it. *secret*: another one than the right one."""
        return ExchangeSettings(
            endpoint=self.endpoint,
            login=ExchangeLogin.BASIC,
            user=self.service,
            secret=secret or self.passwords[self.service],
            ca_file=self.ca_file,
            timeout=timeout,
        )


def absent() -> str | None:
    """Why it cannot be run here; None: it can."""
    if not BUILT.is_dir():
        return f"there is no gromox in {BUILT} (shared/ews-server/build.sh builds it)"
    if not STARTER.is_file():
        return f"{STARTER} is missing"
    if os.geteuid() != 0:
        return "gromox is run as root"
    if not (shutil.which("mariadbd") or Path("/usr/sbin/mariadbd").exists()):
        return "gromox needs MariaDB"
    return None


@contextmanager
def gromox(*, managers: int = 4, employees: int = 8, rooms: int = 4) -> Iterator[Gromox]:
    """Run one with mailboxes ``m1``..., ``e1``..., ``room1``... and the service's ``hr``; a few seconds to start.

    Its starter chooses ports before they are bound, and another program may take one meanwhile: then it starts again.
    """
    served = [f"m{number + 1}" for number in range(managers)] + [f"room{number + 1}" for number in range(rooms)]
    options = ("--managers", str(managers), "--employees", str(employees), "--rooms", str(rooms))
    with ExitStack() as running:
        for attempt in range(1, STARTS + 1):
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="talkcycle-gromox-")))
            os.chmod(folder, 0o755)  # noqa: PTH101  # its database runs as another user
            command = [
                *(sys.executable, str(STARTER), str(folder / "state"), "--info", str(folder / "info.json")),
                *(*options, "--owner", f"hr={','.join(['hr', *served])}"),
            ]
            if running.enter_context(_starter(command, folder / "starter.log")):
                break
            if attempt == STARTS:
                raise RuntimeError(f"gromox did not start: {(folder / 'starter.log').read_text()[-2000:]}")
        yield _described(json.loads((folder / "info.json").read_text()), folder / "state" / "queue")


@contextmanager
def _starter(command: list[str], log: Path) -> Iterator[bool]:
    """Run the starter; yield whether the server is ready."""
    with log.open("wb") as written:
        starter = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=written)
    assert starter.stdout is not None
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(starter.stdout, selectors.EVENT_READ)
            yield bool(selector.select(PATIENCE)) and starter.stdout.readline().startswith(b"READY")
    finally:
        starter.terminate()
        starter.wait()
        starter.stdout.close()


def _described(told: dict[str, object], queue: Path) -> Gromox:
    users, domain = told["users"], told["domain"]
    assert isinstance(users, dict)
    return Gromox(
        endpoint=str(told["url"]),
        plain=str(told["url_plain"]),
        ca_file=Path(str(told["ca"])),
        service=f"hr@{domain}",
        passwords={user["email"]: user["password"] for user in users.values()},
        room_list=f"rooms@{domain}",
        queue=queue,
    )
