"""When the rooms of a site could take a talk, as flat arrays."""

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from talkcycle.domain.people import Interval
from talkcycle.planning.grid import Grid
from talkcycle.planning.instance import Instance, Request, Room

CLOSED = 64
"""The room's own calendar; far above the number of talks that can stand in the way of one start."""

_CLOSED = bytes.maketrans(b"01", bytes((CLOSED, 0)))
_ONES = re.compile("1")


def rooms_for_talks(instance: Instance, sites: Mapping[str, int]) -> list[Room]:
    """Neutral rooms for two, in the order of their sites' numbers."""
    fit = (room for room in instance.rooms.values() if room.holds_talks and room.site in sites)
    return sorted(fit, key=lambda room: (sites[room.site], room.id))


def room_starts(
    grid: Grid,
    rooms: Sequence[Room],
    sites: Mapping[str, int],
    lengths: Sequence[int],
    *,
    cells: int,
    pinned: Iterable[Request],
) -> "tuple[array[int], array[int]]":
    """``closed`` by room, length and cell, and ``free`` by site, length and cell, as ``Candidates`` has them.

    Args:
        lengths: Minutes a talk may take a room.
        cells: Of one row; more than the grid has, the rest is closed.
        pinned: Talks that have their room already.
    """
    closed = array("b")
    free = array("i", bytes(4 * max(1, len(sites) * len(lengths) * cells)))
    taken: dict[str, list[Interval]] = defaultdict(list)
    for talk in pinned:
        if talk.pin is not None and talk.pin.room is not None:
            taken[talk.pin.room].append((talk.pin.start, talk.pin.start + talk.minutes + talk.buffer))
    for room in rooms:
        busy = [interval for intervals in room.busy.values() for interval in intervals] + taken[room.id]
        for number, length in enumerate(lengths):
            starts = grid.from_minute(0) & ~grid.blocked_by(busy, length)
            row = f"{starts:b}"[::-1].ljust(cells, "0")
            closed.frombytes(row.encode().translate(_CLOSED))
            site = (sites[room.site] * len(lengths) + number) * cells
            for one in _ONES.finditer(row):
                free[site + one.start()] += 1
    if not closed:
        closed.append(CLOSED)
    return closed, free
