"""What is booked, as flat arrays that the search changes in place, and what every booking costs.

Plain Python over whole numbers; ``board.pxd`` gives the same lines C types where they are compiled.
Cells are steps of the grid; costs are those of talkplan/1, and ``cost`` is their sum at every moment.
"""

from array import array
from typing import TYPE_CHECKING

from talkcycle.domain.wishes import Cascade

if TYPE_CHECKING:
    from talkcycle.planning.candidates import Candidates

WORD = 0xFFFFFFFF
BLINK = 64


def zeros(kind: str, length: int) -> "array[int]":
    made = array(kind)
    made.frombytes(bytes(made.itemsize * max(1, length)))
    return made


class Board:
    """The talks of one instance, each at one of its candidates or nowhere, with a room or without.

    Attributes:
        at: Of each talk: its candidate, or -1.
        room: Of each talk: its room, or -1.
        cost: Of all of it.
    """

    def __init__(self, model: "Candidates", seed: int) -> None:
        self.talks = model.talks
        self.managers = model.managers
        self.cells = model.cells
        self.days = model.days
        self.weeks = model.weeks
        self.lengths = model.lengths
        self.least = model.least
        self.soft = int(model.cascade is Cascade.SOFT)
        self.hard = int(model.cascade is Cascade.HARD)
        self.unplaced_cost = model.unplaced_cost
        self.no_room_cost = model.no_room_cost
        self.same_day_cost = model.same_day_cost
        self.spread_cost = model.spread_cost
        self.cascade_cost = model.cascade_cost
        self.manager = model.manager
        self.employee = model.employee
        self.guest = model.guest
        self.host = model.host
        self.site = model.site
        self.length = model.length
        self.first = model.first
        self.slot = model.slot
        self.price = model.price
        self.day = model.day
        self.odd = model.odd
        self.week_of = model.week_of
        self.most = model.most
        self.quota = model.quota
        self.own = model.own
        self.team_first = model.team_first
        self.team = model.team
        self.room_first = model.room_first
        self.cells_of = model.cells_of
        self.rooms = model.rooms
        self.closed = model.closed
        self.free = model.free
        self.on_day = model.on_day
        self.in_week = model.in_week
        self.line = zeros("b", self.managers * self.cells)
        self.inside = zeros("i", self.rooms * self.cells)
        self.at = array("i", [-1] * max(1, self.talks))
        self.room = array("i", [-1] * max(1, self.talks))
        self.word = WORD
        self.state = (seed * 2654435761 + 88172645) & WORD or 1
        self.cost = self.talks * self.unplaced_cost
        for talk in range(self.talks):
            self.mix(talk)

    def mix(self, talk: int) -> None:
        """Bring candidates of *talk* that are as good into any order: the first of the cheapest is taken."""
        begin = self.first[talk]
        for i in range(self.first[talk], self.first[talk + 1]):
            if self.price[i] != self.price[begin] or self.odd[i] != self.odd[begin]:
                begin = i
            other = begin + self.below(i - begin + 1)
            self.slot[i], self.slot[other] = self.slot[other], self.slot[i]
            self.day[i], self.day[other] = self.day[other], self.day[i]

    def insert(self, talk: int) -> None:
        """Place *talk* at its cheapest open start, nowhere if that is cheaper; one start in 64 is overlooked."""
        best = self.unplaced_cost
        found = -1
        for at in range(self.first[talk], self.first[talk + 1]):
            if self.price[at] >= best:
                break
            if self.below(BLINK) == 0 or not self.possible(talk, at):
                continue
            cost = self.marginal(talk, at, self.rooms_free(talk, at) - 1)
            if cost < best:
                best = cost
                found = at
        if found >= 0:
            self.place(talk, found, self.find_room(talk, self.slot[found]))

    def possible(self, talk: int, at: int) -> int:
        """Whether nothing that is booked forbids *talk* at its candidate *at*."""
        manager = self.manager[talk]
        host = self.employee[talk]
        cell = self.slot[at]
        if self.on_day[manager * self.days + self.day[at]] >= self.most[manager]:
            return 0
        if self.taken(manager * self.cells + cell, self.host[talk]):
            return 0
        if host >= 0 and self.taken(host * self.cells + cell, self.guest[talk]):
            return 0
        if self.hard:
            if self.too_early(talk, cell):
                return 0
            if host >= 0 and self.before(host, cell + self.guest[talk]) > 0:
                return 0
        return 1

    def too_early(self, talk: int, cell: int) -> int:
        """Whether *cell* is before the end of the manager's own talk."""
        own = self.own[self.manager[talk]]
        return own >= 0 and self.at[own] >= 0 and cell < self.slot[self.at[own]] + self.guest[own]

    def rooms_free(self, talk: int, at: int) -> int:
        """How many rooms *talk* could have at its candidate *at*; 0 if it wants none."""
        site = self.site[talk]
        return 0 if site < 0 else self.free[(site * self.lengths + self.length[talk]) * self.cells + self.slot[at]]

    def taken(self, at: int, length: int) -> int:
        """Whether any of *length* cells from *at* of a line is taken; nothing taken is shorter than ``least``."""
        end = at + length
        while at < end:
            if self.line[at]:
                return 1
            at += self.least
        return self.line[end - 1]

    def before(self, manager: int, cell: int) -> int:
        """How many talks with their team *manager* has that begin before *cell*."""
        count = 0
        for i in range(self.team_first[manager], self.team_first[manager + 1]):
            at = self.at[self.team[i]]
            if at >= 0 and self.slot[at] < cell:
                count += 1
        return count

    def find_room(self, talk: int, cell: int) -> int:
        """A free room for *talk* at *cell*, one that leaves no gap if there is one; -1 if it wants or finds none."""
        site = self.site[talk]
        length = self.length[talk]
        if site < 0 or self.free[(site * self.lengths + length) * self.cells + cell] == 0:
            return -1
        first = self.room_first[site]
        size = self.room_first[site + 1] - first
        start = self.below(size)
        found = -1
        best = -1
        for i in range(size):
            room = first + (start + i) % size
            at = (room * self.lengths + length) * self.cells + cell
            if self.closed[at] == 0:
                tight = 0
                if cell == 0 or self.closed[at - 1] != 0:
                    tight += 1
                if self.closed[at + 1] != 0:
                    tight += 1
                if tight > best:
                    best = tight
                    found = room
                    if tight == 2:
                        break
        return found

    def marginal(self, talk: int, at: int, room: int) -> int:
        """What *talk* at its candidate *at* costs while it is not booked."""
        manager = self.manager[talk]
        cost = self.price[at]
        if self.on_day[manager * self.days + self.day[at]] > 0:
            cost += self.same_day_cost
        if self.in_week[manager * self.weeks + self.week_of[self.day[at]]] >= self.quota[manager]:
            cost += self.spread_cost
        if self.soft:
            if self.too_early(talk, self.slot[at]):
                cost += self.cascade_cost
            if self.employee[talk] >= 0:
                cost += self.cascade_cost * self.before(self.employee[talk], self.slot[at] + self.guest[talk])
        if self.site[talk] >= 0 and room < 0:
            cost += self.no_room_cost
        return cost

    def restore_to(self, at: "array[int]", room: "array[int]") -> None:
        """Put every talk where *at* and *room* say."""
        for talk in range(self.talks):
            if self.at[talk] >= 0:
                self.lift(talk)
        for talk in range(self.talks):
            if at[talk] >= 0:
                self.place(talk, at[talk], room[talk])

    def place(self, talk: int, at: int, room: int) -> None:
        self.cost += self.marginal(talk, at, room) - self.unplaced_cost
        self.at[talk] = at
        self.room[talk] = room
        self.book(talk, at, room, 1)

    def lift(self, talk: int) -> None:
        at = self.at[talk]
        room = self.room[talk]
        self.book(talk, at, room, -1)
        self.at[talk] = -1
        self.room[talk] = -1
        self.cost -= self.marginal(talk, at, room) - self.unplaced_cost

    def book(self, talk: int, at: int, room: int, by: int) -> None:
        manager = self.manager[talk]
        cell = self.slot[at]
        self.on_day[manager * self.days + self.day[at]] += by
        self.in_week[manager * self.weeks + self.week_of[self.day[at]]] += by
        for i in range(manager * self.cells + cell, manager * self.cells + cell + self.host[talk]):
            self.line[i] += by
        if self.employee[talk] >= 0:
            line = self.employee[talk] * self.cells + cell
            for i in range(line, line + self.guest[talk]):
                self.line[i] += by
        if room >= 0:
            self.book_room(talk, cell, room, by)

    def book_room(self, talk: int, cell: int, room: int, by: int) -> None:
        for i in range(room * self.cells + cell, room * self.cells + cell + self.host[talk]):
            self.inside[i] = talk + 1 if by > 0 else 0
        for length in range(self.lengths):
            closed = (room * self.lengths + length) * self.cells
            free = (self.site[talk] * self.lengths + length) * self.cells
            for i in range(max(0, cell - self.cells_of[length] + 1), cell + self.host[talk]):
                if self.closed[closed + i] == 0:
                    self.free[free + i] -= 1
                self.closed[closed + i] += by
                if self.closed[closed + i] == 0:
                    self.free[free + i] += 1

    def draw(self) -> int:
        """The next random number of 32 bits (Marsaglia's xorshift)."""
        x = self.state
        x ^= (x << 13) & self.word
        x ^= x >> 17
        x ^= (x << 5) & self.word
        self.state = x
        return x

    def below(self, count: int) -> int:
        """A random number from 0 to *count* - 1."""
        return (self.draw() * count) >> 32
