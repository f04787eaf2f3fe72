"""The service in a process of its own, in fast time: renders what is due, sends it over Graph, and says what it took."""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import structlog
from graph_time import FastStop, FastTime

from talkcycle.bootstrap import open_application
from talkcycle.daemon.run import DISPATCH_EVERY, daemon_of
from talkcycle.transports.graph.roles import graph_roles


def main(folder: Path, fast: FastTime) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    app = open_application(folder, clock=fast)
    settings = app.settings
    assert settings.graph is not None
    roles = graph_roles(settings.graph, sender=settings.sender, clock=fast, wait=fast.wait)
    daemon = daemon_of(replace(app, _roles={"graph": roles}), structlog.get_logger())
    daemon.ticker.start(alone=True)
    queued = daemon.ticker.tick().queued
    rendering, memory = time.process_time(), peak_memory()
    began, wall = fast.now(), time.monotonic()
    sent = retried = 0
    while True:
        summary = daemon.dispatcher.dispatch_due(FastStop(fast))
        sent, retried = sent + summary.sent, retried + summary.retried
        with app.store.read() as session:
            if session.outbox.next_due() is None:
                break
        fast.wait(DISPATCH_EVERY)
    print(
        json.dumps(
            {
                "queued": queued,
                "sent": sent,
                "retried": retried,
                "minutes": (fast.now() - began).total_seconds() / 60,
                "seconds": time.monotonic() - wall,
                "cpu": time.process_time() - rendering,
                "rendering": rendering,
                "memory_rendering": memory,
                "memory": peak_memory(),
            }
        )
    )


def peak_memory() -> float:
    """MB that were resident at most. (``getrusage`` counts what the parent had when it forked.)"""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1]), FastTime.told(sys.argv[2]))
