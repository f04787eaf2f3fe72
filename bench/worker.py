"""One worker process of a benchmark: waits for the word, works until nothing is due, and prints how many it sent."""

import importlib
import sys
from datetime import datetime
from pathlib import Path

from measures import parts

from talkcycle.bootstrap import open_application
from talkcycle.daemon.simulation import VirtualClock


def main(folder: Path, at: datetime) -> None:
    app = open_application(folder, clock=VirtualClock(at))
    ticker, dispatcher = parts(app)
    importlib.import_module("talkcycle.rendering.message")  # what a daemon at work has loaded
    print("ready", flush=True)
    sys.stdin.readline()
    ticker.tick()
    print(dispatcher.dispatch_due().sent)


if __name__ == "__main__":
    main(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))
