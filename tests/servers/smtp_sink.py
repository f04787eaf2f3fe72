"""Postfix's ``smtp-sink``: keeps what it gets, and on demand drops the line instead of answering the final dot."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 10.0
"""Seconds."""
OWN_LINES = 8
"""Lines that smtp-sink puts before a message: five of its own, and a Received of three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """A running smtp-sink. *port*: on 127.0.0.1."""

    folder: Path
    port: int

    def received(self) -> list[bytes]:
        """What came to the final dot, with CRLF line ends as they were on the line, in no order."""
        dumps = [path.read_bytes() for path in self.folder.iterdir()]
        return [b"\r\n".join(dump.split(b"\n")[OWN_LINES:-1]) for dump in dumps]


@contextmanager
def smtp_sink(*, cut_after_the_dot: bool = False) -> Iterator[Sink]:
    """Run one on a port of its own; afterwards it is gone, and so is what it kept."""
    program = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin")
    if program is None:
        raise FileNotFoundError("smtp-sink is missing: run scripts/ensure_test_servers.sh")
    folder = Path(tempfile.mkdtemp(prefix="talkcycle-sink-"))
    shutil.chown(folder, "nobody")  # smtp-sink refuses to be root
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    options = ["-q", "."] if cut_after_the_dot else []
    process = subprocess.Popen(
        [program, "-u", "nobody", "-d", f"{folder}/", *options, f"127.0.0.1:{port}", "100"], stdin=subprocess.DEVNULL
    )
    try:
        _wait_for(port)
        yield Sink(folder=folder, port=port)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
            line.recv(1)
            return
        time.sleep(0.01)
    raise TimeoutError("smtp-sink does not come up")
