"""``serve``, ``run`` with pages, and ``links revoke``, as they are started."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from talkcycle.rounds.change import abstain
from web_office import PREFIX, WebOffice, client, web_office


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def command(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "talkcycle", *words, "--config", str(folder)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TALKCYCLE_WHO": "hr"},
    )


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """The command once its pages are served; it is told to stop in the end, and has to end well."""
    process = command(folder, *words)
    try:
        assert process.stderr is not None
        line = next((line for line in process.stderr if "pages are served" in line), None)
        assert line is not None
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said


def with_pages(folder: Path, port: int) -> None:
    (folder / "service.yaml").write_text(
        "smtp: {host: localhost, port: 9, tls: none}\nsender: samtal@norrsken.example\n"
        f"web: {{url: 'https://talks.norrsken.example{PREFIX}', listen: '127.0.0.1:{port}'}}\n"
    )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[WebOffice]:
    with web_office(tmp_path / "office") as office:
        yield office


@pytest.mark.parametrize("words", ["serve", "run"])
def test_pages_are_served_alone_and_by_the_service_and_stop_with_it(office: WebOffice, words: str) -> None:
    port = free_port()
    with_pages(office.folder, port)
    with started(office.folder, words), client() as web:
        answer = web.get(f"http://127.0.0.1:{port}{PREFIX}/nothing")
        assert (answer.status_code, "This link opens nothing" in answer.text) == (404, True)
        with socket.socket() as late:
            assert late.connect_ex(("127.0.0.1", port)) == 0
    with socket.socket() as late:
        assert late.connect_ex(("127.0.0.1", port)) != 0


def test_what_is_in_the_way_is_said_plainly(office: WebOffice) -> None:
    without = command(office.folder, "serve")
    _, said = without.communicate(timeout=60)
    assert (without.returncode, "says nothing of pages" in said) == (1, True)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        with_pages(office.folder, taken.getsockname()[1])
        refused = command(office.folder, "serve")
        _, said = refused.communicate(timeout=60)
    assert refused.returncode == 1
    assert "Is another talkcycle running?" in said
    assert "Traceback" not in said


def test_links_are_revoked_by_a_command_and_mails_to_come_carry_new_ones(office: WebOffice) -> None:
    old, hers = office.page("3"), office.page("4")
    done = command(office.folder, "links", "revoke", "3", "--yes")
    said, _ = done.communicate(timeout=60)
    unknown = command(office.folder, "links", "revoke", "nobody", "--yes")
    _, refused = unknown.communicate(timeout=60)

    assert (done.returncode, said) == (0, "Revoked in 1 round. The next mail carries a new link.\n")
    assert (unknown.returncode, "nobody with the roster id nobody" in refused) == (1, True)
    with client() as web:
        assert [web.get(each).status_code for each in (old, hers, office.page("3"))] == [404, 200, 200]
    with office.store.read() as session:
        entry = session.ledger.trail(1)[0]
    assert (entry.who, entry.action, entry.subject) == ("hr", "revoke-links", f"{office.round}/person:3")


def test_hr_and_nobody_else_reads_why_somebody_opted_out(office: WebOffice) -> None:
    abstain(office.store, office.round, "3", reason="I would rather write.", who="person:3", now=office.clock.at)

    said = [command(office.folder, "talk", "why", person).communicate(timeout=60)[0] for person in ("3", "4")]
    standing, _ = command(office.folder, "status").communicate(timeout=60)

    assert said == ["abstained: I would rather write.\n", "placed: no reason was given\n"]
    assert "rather" not in standing
