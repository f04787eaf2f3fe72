"""One worker process of a benchmark: says it is ready, waits for the word, works until nothing is due, prints the count."""

import sys
from datetime import datetime
from pathlib import Path

from measures import parts

from talkcycle.bootstrap import open_application
from talkcycle.daemon.simulation import VirtualClock
from talkcycle.rendering.message import render


def main(folder: Path, at: datetime) -> None:
    app = open_application(folder, clock=VirtualClock(at))
    ticker, dispatcher = parts(app)
    assert render
    print("ready", flush=True)
    sys.stdin.readline()
    ticker.tick()
    print(dispatcher.dispatch_due().sent)


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
