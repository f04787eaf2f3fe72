"""How fast: each figure beside a reference measured in the same run. ``make bench``; docs/performance.md explains.

Usage: run.py [NAME ...] with names from: invitations workers sending tick timeline simulate rest start
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measures import daemon_at_rest, invitations, sending, simulated, ticking, timeline, two_workers
from rich.console import Console
from rich.table import Table


def main(names: list[str]) -> int:
    measures: dict[str, Callable[[Path], list[dict[str, object]]]] = {
        "invitations": invitations,
        "workers": two_workers,
        "sending": sending,
        "tick": ticking,
        "timeline": timeline,
        "simulate": simulated,
        "rest": daemon_at_rest,
    }
    rows: list[dict[str, object]] = []
    for name in names or list(measures):
        print(f"{name} ...", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="talkcycle-bench-") as folder:
            rows.extend(measures[name](Path(folder)))
    table = Table("What", "Measured", "Reference", "Must reach", "")
    for row in rows:
        table.add_row(
            str(row["what"]),
            str(row["measured"]),
            str(row["reference"]),
            str(row["bar"]),
            "ok" if row["ok"] else "MISSED",
        )
    Console(width=130).print(table)
    print(json.dumps(rows))
    return 0 if all(row["ok"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
