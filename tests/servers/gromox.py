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
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from talkcycle.domain.service import ExchangeLogin, ExchangeSettings

STARTER = Path(__file__).resolve().parents[3] / "shared" / "ews-server" / "serve.py"
BUILT = Path("/opt/gromox")
PATIENCE = 60.0
"""Seconds until it is ready; four are usual."""


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
    """Run one with mailboxes ``m1``..., ``e1``..., ``room1``... and the service's ``hr``; a few seconds to start."""
    with tempfile.TemporaryDirectory(prefix="talkcycle-gromox-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101  # its database runs as another user
        info = Path(folder) / "info.json"
        served = [f"m{number + 1}" for number in range(managers)] + [f"room{number + 1}" for number in range(rooms)]
        command = [
            *(sys.executable, str(STARTER), str(Path(folder) / "state"), "--info", str(info)),
            *("--managers", str(managers), "--employees", str(employees), "--rooms", str(rooms)),
            *("--owner", f"hr={','.join(['hr', *served])}"),
        ]
        with (Path(folder) / "starter.log").open("wb") as log:
            starter = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        try:
            _wait_until_ready(starter)
            yield _described(json.loads(info.read_text()), Path(folder) / "state" / "queue")
        finally:
            starter.terminate()
            starter.wait()
            assert starter.stdout is not None
            starter.stdout.close()


def _wait_until_ready(starter: "subprocess.Popen[bytes]") -> None:
    assert starter.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(starter.stdout, selectors.EVENT_READ)
        if not selector.select(PATIENCE) or not starter.stdout.readline().startswith(b"READY"):
            raise RuntimeError("gromox did not start; see its starter's log")


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
