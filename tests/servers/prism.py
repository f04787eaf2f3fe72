"""Prism as a checker: it knows no state, and says exactly what in a request Graph's OpenAPI document does not allow."""

import json
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from typing import IO
from urllib.parse import quote

from servers.graph_batch import parts_of
from servers.graph_journal import kind_of
from servers.graph_received import GraphError, Place, Received
from servers.prism_program import DOCUMENT, installed, why_not

__all__ = ["check", "why_not"]

PASSED_ON = ("content-type", "prefer", "if-match")
PATIENCE = 60.0


def check(requests: Iterable[Received]) -> list[str]:
    """What Prism says against *requests*, a line each; empty: it takes them all.

    A batch is checked as a whole and part by part; what no schema can tell apart is asked once; what is not for Graph
    itself (tokens, pieces of uploads) is left out.
    """
    kinds = {kind_of(each): each for each in unwrapped(requests) if each.place is Place.GRAPH}
    if not kinds:
        return []
    with _prism() as port:
        line = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            return [complaint for each in kinds.values() if (complaint := _ask(line, each)) is not None]
        finally:
            line.close()


def unwrapped(requests: Iterable[Received]) -> Iterator[Received]:
    """Each of *requests*, and after a batch its parts."""
    for request in requests:
        yield request
        if request.path == "/$batch":
            with suppress(GraphError):  # which the batch as a whole is told
                yield from (part for _, part in parts_of(request))


def _ask(line: HTTPConnection, request: Received) -> str | None:
    headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
    target = quote(request.target, safe="%/?&=+,;:!@$'()*~-._")
    line.request(request.method, target, request.body or None, headers | {"Authorization": "Bearer any"})
    response = line.getresponse()
    told = response.read()
    if response.status < 400:
        return None
    problem = json.loads(told)
    where = "; ".join(
        f"{'.'.join(map(str, each.get('location', ())))}: {each.get('message', '')}"
        for each in problem.get("validation", ())
    )
    path = re.sub(r"[^/]*@[^/]*|AA[Mk][^/]{20,}", "{}", request.path)
    return f"{request.method} {path}: {response.status} {where or problem.get('detail') or problem.get('title', '')}"


@contextmanager
def _prism() -> Iterator[int]:
    """Run it on a port of its own choice."""
    command = ["node", str(installed()), "mock", "--host", "127.0.0.1", "--port", "0", str(DOCUMENT)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    output = process.stdout
    drain = threading.Thread(target=output.read, daemon=True)  # else Prism would stop when the pipe is full
    try:
        port = _port(output)
        drain.start()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        if drain.ident is not None:
            drain.join()
        output.close()


def _port(output: IO[str]) -> int:
    said: list[str] = []
    for text in output:
        said.append(text)
        if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)", text):
            return int(found[1])
    raise RuntimeError(f"Prism did not start: {''.join(said)[-2000:]}")
