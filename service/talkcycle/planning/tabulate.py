"""From an instance to the arrays of the search. Pinned talks are not chosen: what they take is taken from the others."""

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from functools import cache

from talkcycle.domain.people import Interval
from talkcycle.domain.wishes import Cascade
from talkcycle.planning.availability import Availability
from talkcycle.planning.candidates import Candidates
from talkcycle.planning.grid import Starts
from talkcycle.planning.instance import Instance, Request
from talkcycle.planning.preference import Dislike, Preference, by_cost, weekly_shares
from talkcycle.planning.room_starts import room_starts, rooms_for_talks

_ONES = re.compile("1")
WEEKEND = 5


def candidates_of(availability: Availability, *, only: Collection[str] | None = None) -> Candidates:
    """Work out every start of every talk that is not pinned; of those in *only*, ids, if given."""
    return _Builder(availability, only).build()


class _Builder:
    def __init__(self, availability: Availability, only: Collection[str] | None) -> None:
        self.only = only
        self.availability = availability
        self.instance: Instance = availability.instance
        self.grid = availability.grid
        self.preference = Preference(availability)
        self.cells = availability.grid.horizon // availability.grid.step + 1
        self.base = availability.dates[0].toordinal()
        # Caches of this object, not of the class: they go when it goes.
        self._days = cache(self._day_of_cells)
        self._odd = cache(self._odd_times)
        self.pinned = [talk for talk in self.instance.talks if talk.pin is not None]
        self.taken: dict[str, list[Interval]] = defaultdict(list)
        for talk in self.pinned:
            assert talk.pin is not None
            self.taken[talk.employee].append((talk.pin.start, talk.pin.start + talk.minutes))
            self.taken[talk.manager].append((talk.pin.start, talk.pin.start + talk.minutes + talk.buffer))
        self.own_pins = {talk.employee: talk for talk in self.pinned}
        self.team_pins: dict[str, list[int]] = defaultdict(list)
        for talk in self.pinned:
            assert talk.pin is not None
            self.team_pins[talk.manager].append(talk.pin.start)

    def build(self) -> Candidates:
        instance, step = self.instance, self.grid.step
        first, slot, price, day, odd = array("i", [0]), array("i"), array("i"), array("i"), array("b")
        chosen: list[Request] = []
        for talk in instance.talks:
            if talk.pin is not None or (self.only is not None and talk.id not in self.only):
                continue
            classes = self._classes(talk)
            if not classes:
                continue
            days = self._days(instance.people[talk.manager].zone)
            odds = self._odd(instance.people[talk.employee].zone)
            for cost in sorted(classes):
                starts = sorted((odds[one.start()], one.start()) for one in _ONES.finditer(f"{classes[cost]:b}"[::-1]))
                odd.extend([rank for rank, _ in starts])
                slot.extend([cell for _, cell in starts])
                price.extend([cost] * len(starts))
                day.extend([days[cell] for _, cell in starts])
            first.append(len(slot))
            chosen.append(talk)
        managers = {id_: index for index, id_ in enumerate(dict.fromkeys(talk.manager for talk in chosen))}
        sites = {id_: n for n, id_ in enumerate(sorted({str(talk.site) for talk in chosen if talk.wants_room}))}
        lengths = sorted({talk.minutes + talk.buffer for talk in chosen})
        rooms = rooms_for_talks(instance, sites)
        cells = self.cells + max((-(-length // step) for length in lengths), default=0)
        closed, free = room_starts(self.grid, rooms, sites, lengths, cells=cells, pinned=self.pinned)
        team = sorted(range(len(chosen)), key=lambda index: managers[chosen[index].manager])
        sizes = Counter(talk.manager for talk in chosen)
        on_day, in_week = self._pinned_counts(managers)
        weights, shares = self.preference.weights, weekly_shares(instance)
        return Candidates(
            requests=tuple(chosen),
            rooms_by_index=tuple(rooms),
            talks=len(chosen),
            managers=len(managers),
            cells=cells,
            days=len(self.availability.dates),
            weeks=self._week(len(self.availability.dates) - 1) + 1,
            rooms=len(rooms),
            lengths=len(lengths),
            least=min((-(-talk.minutes // step) for talk in chosen), default=1),
            cascade=instance.cascade,
            hour=-(-60 // step),
            unplaced_cost=weights["unplaced"],
            no_room_cost=weights["no_room"],
            same_day_cost=weights["same_day"],
            spread_cost=weights["spread_week"],
            cascade_cost=weights["cascade"],
            manager=array("i", [managers[talk.manager] for talk in chosen]),
            employee=array("i", [managers.get(talk.employee, -1) for talk in chosen]),
            guest=array("i", [-(-talk.minutes // step) for talk in chosen]),
            host=array("i", [-(-(talk.minutes + talk.buffer) // step) for talk in chosen]),
            site=array("i", [sites[str(talk.site)] if talk.wants_room else -1 for talk in chosen]),
            length=array("i", [lengths.index(talk.minutes + talk.buffer) for talk in chosen]),
            first=first,
            slot=slot,
            price=price,
            day=day,
            odd=odd,
            week_of=array("i", [self._week(index) for index in range(len(self.availability.dates))]),
            work_days=self._work_days(),
            most=array("i", [instance.most_held(id_) for id_ in managers]),
            quota=array("i", [shares[id_] for id_ in managers]),
            own=self._own(chosen, managers),
            team_first=array("i", _running(sizes[id_] for id_ in managers)),
            team=array("i", team),
            room_first=array("i", _running(sum(room.site == id_ for room in rooms) for id_ in sites)),
            cells_of=array("i", [-(-length // step) for length in lengths]),
            closed=closed,
            free=free,
            on_day=on_day,
            in_week=in_week,
        )

    def _classes(self, talk: Request) -> dict[int, Starts]:
        """The starts of *talk* by what they cost, pinned talks of the two seen to."""
        grid, length = self.grid, talk.minutes + talk.buffer
        starts = self.availability.starts(talk)
        for person, minutes in ((talk.employee, talk.minutes), (talk.manager, length)):
            if starts and person in self.taken:
                starts &= ~grid.blocked_by(self.taken[person], minutes)
        disliked = self.preference.disliked(talk)
        if self.instance.cascade is Cascade.HARD:
            for wrong in self._out_of_order(talk):
                starts &= ~wrong
        elif self.instance.cascade is Cascade.SOFT:
            disliked += tuple(Dislike("cascade", wrong) for wrong in self._out_of_order(talk))
        return by_cost(starts, disliked, self.preference.weights)

    def _out_of_order(self, talk: Request) -> Iterator[Starts]:
        """Starts before the end of the manager's pinned talk, and after the beginning of any of the employee's team."""
        own = self.own_pins.get(talk.manager)
        if own is not None and own.pin is not None:
            yield ~self.grid.from_minute(own.pin.start + own.minutes)
        for start in self.team_pins.get(talk.employee, ()):
            yield self.grid.from_minute(start - talk.minutes + 1)

    def _odd_times(self, zone: str) -> bytes:
        """The oddness of each cell in *zone*."""
        return bytes(self.availability.oddness(cell * self.grid.step, zone) for cell in range(self.cells))

    def _day_of_cells(self, zone: str) -> "array[int]":
        days = array("i", bytes(4 * self.cells))
        for index, day in enumerate(self.availability.days(zone)):
            if day.starts:
                low = (day.starts & -day.starts).bit_length() - 1
                for cell in range(low, day.starts.bit_length()):
                    days[cell] = index
        return days

    def _week(self, index: int) -> int:
        ordinal = self.base + index
        return (ordinal - 1) // 7 - (self.base - 1) // 7

    def _work_days(self) -> "array[int]":
        """Of each week, the days of the window that keep the notice and on which talks may lie."""
        instance, days = self.instance, self.availability.dates
        first = max(instance.first, instance.today + timedelta(days=instance.lead_days))
        counts = array("i", bytes(4 * (self._week(len(days) - 1) + 1)))
        for index, day in enumerate(days):
            if first <= day <= instance.last and day.weekday() in instance.days and day.weekday() < WEEKEND:
                counts[self._week(index)] += 1
        return counts

    def _pinned_counts(self, managers: dict[str, int]) -> "tuple[array[int], array[int]]":
        days = len(self.availability.dates)
        weeks = self._week(days - 1) + 1
        on_day = array("i", bytes(4 * max(1, len(managers) * days)))
        in_week = array("i", bytes(4 * max(1, len(managers) * weeks)))
        for talk in self.pinned:
            if talk.pin is not None and talk.manager in managers:
                zone = self.instance.people[talk.manager].zone
                index = self.availability.local_day(talk.pin.start, zone).toordinal() - self.base
                if 0 <= index < days:
                    on_day[managers[talk.manager] * days + index] += 1
                    in_week[managers[talk.manager] * weeks + self._week(index)] += 1
        return on_day, in_week

    def _own(self, chosen: list[Request], managers: dict[str, int]) -> "array[int]":
        own = array("i", [-1] * max(1, len(managers)))
        for index, talk in enumerate(chosen):
            if talk.employee in managers:
                own[managers[talk.employee]] = index
        return own


def _running(sizes: Iterable[int]) -> list[int]:
    total = [0]
    for size in sizes:
        total.append(total[-1] + size)
    return total
