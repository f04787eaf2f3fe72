"""Which rooms of a site are free when. A room holds talks when it is neutral and seats two; every status blocks it."""

from collections import defaultdict
from collections.abc import Iterator

from talkcycle.domain.people import Interval
from talkcycle.planning.grid import Grid, Starts
from talkcycle.planning.instance import Instance


class Rooms:
    """The rooms of one instance, with their calendars and the talks in them."""

    def __init__(self, instance: Instance, grid: Grid) -> None:
        self._grid = grid
        self._at: dict[str, list[str]] = defaultdict(list)
        self._taken: dict[str, list[Interval]] = {}
        for room in sorted(instance.rooms.values(), key=lambda room: (room.capacity, room.id)):
            self._taken[room.id] = [interval for intervals in room.busy.values() for interval in intervals]
            if room.holds_talks:
                self._at[room.site].append(room.id)
        self._free: dict[str, dict[int, Starts]] = defaultdict(dict)
        self._any: dict[tuple[str, int], Starts] = {}
        self._site = {room.id: room.site for room in instance.rooms.values()}

    def open(self, site: str | None, length: int) -> Starts:
        """Starts at which a room of *site* is free for *length* minutes."""
        if site is None:
            return 0
        if (site, length) not in self._any:
            starts = 0
            for room in self._at.get(site, ()):
                starts |= self._starts(room, length)
            self._any[site, length] = starts
        return self._any[site, length]

    def free(self, site: str | None, start: int, length: int) -> str | None:
        """The smallest room of *site* that is free from *start* for *length* minutes."""
        return next(self.all_free(site, start, length), None)

    def all_free(self, site: str | None, start: int, length: int) -> Iterator[str]:
        """Every such room, the smallest first."""
        bit = 1 << start // self._grid.step
        return (room for room in self._at.get(site or "", ()) if self._starts(room, length) & bit)

    def take(self, room: str, interval: Interval) -> None:
        self._taken[room].append(interval)
        for length in self._free[room]:
            self._free[room][length] &= ~self._grid.blocked(interval, length)
        self._forget_site(room)

    def give_back(self, room: str, interval: Interval) -> None:
        self._taken[room].remove(interval)
        self._free[room].clear()
        self._forget_site(room)

    def _starts(self, room: str, length: int) -> Starts:
        free = self._free[room]
        if length not in free:
            free[length] = self._grid.from_minute(0) & ~self._grid.blocked_by(self._taken[room], length)
        return free[length]

    def _forget_site(self, room: str) -> None:
        for key in [key for key in self._any if key[0] == self._site[room]]:
            del self._any[key]
