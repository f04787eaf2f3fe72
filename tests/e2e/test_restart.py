"""The daemon is killed again and again, and every message still arrives once."""

import asyncio
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from approved_round import ApprovedRound, approved_example
from servers.scripted_smtp import Mailbox, accepting_server
from talkcycle.domain.messages import OutboxState
from talkcycle.domain.store import OutboxFilter
from talkcycle.store.open import open_store
from talkcycle.store.secret import service_secret

DRIVER = Path(__file__).with_name("round_driver.py")
KILLS = 24


class Killer:
    """Takes mail, and kills whoever sends it: while it waits for the answer, or a moment later."""

    def __init__(self, seed: int) -> None:
        self.accepted: Counter[str] = Counter()
        self.rng = random.Random(seed)
        self.process: subprocess.Popen[bytes] | None = None
        self.countdown = 0
        self.cut_off: set[str] = set()

    def arm(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.countdown = self.rng.randint(1, 30)

    def disarm(self) -> None:
        self.process = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Accept, unless the sender dies here: then the answer is cut off."""
        message_id = str(message_from_bytes(envelope.content)["Message-ID"])
        self.accepted[message_id] += 1
        self.countdown -= 1
        if self.countdown == 0 and self.process is not None:
            if self.rng.random() < 0.5:
                self.cut_off.add(message_id)
                self.process.kill()
            else:
                delay = self.rng.random() * 0.02
                asyncio.get_running_loop().call_later(delay, self.process.kill)
        return "250 OK"


def _run(folder: Path, port: int, sender: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(DRIVER), str(folder), str(port), sender]
    with (folder / "driver.log").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def _outcomes(round_: ApprovedRound) -> dict[Any, Any]:
    store = open_store(round_.database, secret=service_secret(None, round_.data))
    with store.read() as session:
        rows = session.outbox.find(OutboxFilter(limit=100_000))
    store.close()
    return {row.key: row for row in rows}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Any]:
    """What became of each message where nobody was killed."""
    calm = approved_example(tmp_path_factory.mktemp("calm"))
    with accepting_server(Mailbox()) as (_, port):
        assert _run(calm.data, port, calm.sender).wait(timeout=120) == 0
    return _outcomes(calm)


@pytest.mark.xdist_group("restart")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_daemon_killed_at_arbitrary_points_sends_every_message_once_except_where_the_answer_was_cut_off(
    tmp_path: Path, seed: int, expected: dict[Any, Any]
) -> None:
    stormy = approved_example(tmp_path)
    killer, kills = Killer(seed), 0
    with accepting_server(killer) as (_, port):
        while True:
            process = _run(stormy.data, port, stormy.sender)
            timer = None
            if kills < KILLS:
                killer.arm(process)
                if kills % 3 == 0:
                    timer = threading.Timer(0.4 + killer.rng.random(), process.kill)
                    timer.start()
            status = process.wait(timeout=120)
            killer.disarm()
            if timer is not None:
                timer.cancel()
            if status == 0:
                break
            assert status == -signal.SIGKILL, (stormy.data / "driver.log").read_text()
            kills += 1

    happened = _outcomes(stormy)
    assert kills >= 10
    assert happened.keys() == expected.keys()
    assert {key: row.state for key, row in happened.items()} == {key: row.state for key, row in expected.items()}
    sent = [row for row in happened.values() if row.state is OutboxState.SENT]
    assert set(killer.accepted) == {row.message_id for row in sent}
    twice = {message_id for message_id, count in killer.accepted.items() if count > 1}
    assert twice <= {row.message_id for row in sent if row.uncertain}
    assert killer.cut_off <= twice
    assert len(twice) <= kills
