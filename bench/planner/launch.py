"""Run a command and print what it took, as JSON: launch.py LIMIT COMMAND ... Standard library only.

A process of its own, because Linux counts the memory of the parent into a child's ``ru_maxrss`` until the child calls
exec: a benchmark that has grown would measure itself. The peak is that of the command's process by ``getrusage``; where
it has children, of the whole tree, sampled, with pages they share counted once.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

SAMPLE = 0.2
"""Seconds between two looks at the tree."""


def main(limit: float, command: list[str]) -> None:
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        peak = 0
        while process.poll() is None:
            children = descendants(process.pid)
            if children:
                peak = max(peak, sum(map(proportional, [process.pid, *children])))
            if time.perf_counter() - began > limit:
                for each in (*children, process.pid):
                    with suppress(ProcessLookupError):
                        os.kill(each, signal.SIGKILL)
            try:
                process.wait(SAMPLE)
            except subprocess.TimeoutExpired:
                continue
        wall = time.perf_counter() - began
        errors.seek(0)
        complaint = errors.read()[-2000:]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "status": process.returncode,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "megabytes": max(peak, used.ru_maxrss * 1024) / 1e6,
        "complaint": complaint,
    }
    print(json.dumps(found))


def descendants(process: int) -> list[int]:
    found = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    except OSError:  # it has ended meanwhile
        return found
    return found


def proportional(process: int) -> int:
    """Resident bytes of a process, those shared with others in proportion."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
