"""The search: take some talks out, put them back elsewhere, keep it when it is better, and early on sometimes when not.

Ruin and recreate (Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020) with the acceptance of simulated
annealing. Most attempts push a talk into one of its starts, take out whatever forbids it, and find these talks other
places, pushing in turn where there is none: ejection chains through managers' days, employees' own teams and rooms.
Compiled or not, the same seed finds the same plan.
"""

from array import array
from math import log
from typing import TYPE_CHECKING

from talkcycle.planning.board import Board, zeros

if TYPE_CHECKING:
    from talkcycle.planning.candidates import Candidates

MOST_REMOVED = 64
"""Talks one attempt may take out; one that needs more is undone."""
ODDS = 4096
"""How finely chance is divided when a dearer plan is kept."""
PUSH, TEAM, KINDS = 13, 15, 16
"""Of 16 attempts 13 push a talk in, 2 take out a team's talks, and 1 those and talks in rooms beside."""
CHAIN = 2
"""Up to so many of the talks an attempt took out may push in their turn; none at times, so that two can change places."""
FOCUS = 2
"""In so many attempts out of four, a talk without a time or room is looked for first."""
LOOKS = 16


def compiled() -> bool:
    """Whether this module was compiled."""
    return not __file__.endswith(".py")


class Search(Board):
    """One walk through the plans of an instance."""

    def __init__(self, model: "Candidates", seed: int) -> None:
        super().__init__(model, seed)
        self.odds = array("d", [-log((i + 0.5) / ODDS) for i in range(ODDS)])
        self.out = zeros("i", MOST_REMOVED)
        self.old_at = zeros("i", MOST_REMOVED)
        self.old_room = zeros("i", MOST_REMOVED)
        self.outs = 0
        self.failed = 0

    def construct(self, order: "array[int]") -> None:
        """Place every talk of *order* that has none yet at its cheapest open start."""
        for i in range(len(order)):
            if self.at[order[i]] < 0:
                self.insert(order[i])

    def run(self, attempts: int, hot: float, cold: float) -> None:
        """Make *attempts*, cooling from *hot* to *cold*, both in units of cost."""
        if self.talks == 0:
            return
        temperature = hot
        factor = (cold / hot) ** (64.0 / attempts)
        for i in range(attempts):
            if i % 64 == 0:
                temperature = temperature * factor
            self.attempt(temperature)

    def attempt(self, temperature: float) -> None:
        """Change something; undo it if it costs more than chance allows at *temperature*."""
        before = self.cost
        self.outs = 0
        self.failed = 0
        talk = self.pick()
        kind = self.below(KINDS)
        if kind < PUSH:
            self.push_in(talk)
        else:
            self.take_team(talk, 2 + self.below(6))
            if kind >= TEAM:
                self.take_neighbours(talk, 1 + self.below(5))
        self.shuffle()
        self.put_back(before)
        after = self.cost
        if self.failed or (after > before and after - before >= temperature * self.odds[self.below(ODDS)]):
            self.restore()

    def put_back(self, before: int) -> None:
        """Find every talk that is out a place; while that is dearer than *before*, some push in."""
        chain = self.below(CHAIN + 1)
        i = 0
        while i < self.outs:
            talk = self.out[i]
            if self.at[talk] < 0:
                self.insert(talk)
                if chain > 0 and self.cost > before and self.wants(talk):
                    chain -= 1
                    if self.at[talk] >= 0:
                        self.lift(talk)
                    self.push_in(talk)
            i += 1
        for i in range(self.outs):
            if self.at[self.out[i]] < 0:
                self.insert(self.out[i])

    def wants(self, talk: int) -> int:
        """Whether *talk* has no time, or wants a room and has none."""
        return self.at[talk] < 0 or (self.site[talk] >= 0 and self.room[talk] < 0)

    def pick(self) -> int:
        """Any talk; often one that has no time, or wants a room and has none."""
        talk = self.below(self.talks)
        if self.below(4) < FOCUS:
            for _ in range(LOOKS):
                if self.wants(talk):
                    break
                talk = self.below(self.talks)
        return talk

    def restore(self) -> None:
        """Put everything back that this attempt took out."""
        for i in range(self.outs):
            if self.at[self.out[i]] >= 0:
                self.lift(self.out[i])
        for i in range(self.outs):
            if self.old_at[i] >= 0:
                self.place(self.out[i], self.old_at[i], self.old_room[i])

    def take(self, talk: int) -> None:
        """Take *talk* out and remember where it was; one without a time is only remembered."""
        for i in range(self.outs):
            if self.out[i] == talk:
                if self.at[talk] >= 0:
                    self.lift(talk)
                return
        if self.outs >= MOST_REMOVED:
            self.failed = 1
            return
        self.out[self.outs] = talk
        self.old_at[self.outs] = self.at[talk]
        self.old_room[self.outs] = self.room[talk]
        self.outs += 1
        if self.at[talk] >= 0:
            self.lift(talk)

    def take_team(self, talk: int, most: int) -> None:
        """Take *talk* out, and some of the talks of both people."""
        self.take(talk)
        manager = self.manager[talk]
        first = self.team_first[manager]
        size = self.team_first[manager + 1] - first
        start = self.below(size)
        for i in range(size):
            if self.outs >= most:
                break
            self.take(self.team[first + (start + i) % size])
        if self.own[manager] >= 0 and self.below(3) == 0:
            self.take(self.own[manager])
        if self.employee[talk] >= 0 and self.below(2) == 0:
            first = self.team_first[self.employee[talk]]
            size = self.team_first[self.employee[talk] + 1] - first
            for i in range(size):
                if self.outs >= most + 3:
                    break
                self.take(self.team[first + i])

    def take_neighbours(self, talk: int, most: int) -> None:
        """Take out talks that sit in rooms *talk* could have."""
        site = self.site[talk]
        if site < 0 or self.room_first[site + 1] == self.room_first[site]:
            return
        size = self.room_first[site + 1] - self.room_first[site]
        cell = self.slot[self.first[talk] + self.below(self.first[talk + 1] - self.first[talk])]
        for _ in range(most):
            room = self.room_first[site] + self.below(size)
            occupant = self.inside[room * self.cells + cell]
            if occupant > 0:
                self.take(occupant - 1)

    def push_in(self, talk: int) -> None:
        """Put *talk* at one of its starts, whatever stands there, and take that out."""
        self.take(talk)
        first = self.first[talk]
        count = self.first[talk + 1] - first
        at = first + self.below(count)
        other = first + self.below(count)
        if self.price[other] < self.price[at]:
            at = other
        if talk == self.out[0] and at == self.old_at[0] and self.old_room[0] >= 0:
            return
        self.clear(talk, at)
        manager = self.manager[talk]
        if self.on_day[manager * self.days + self.day[at]] >= self.most[manager]:
            return  # the day is full of talks that are pinned
        room = self.find_room(talk, self.slot[at])
        if room < 0 and self.site[talk] >= 0:
            room = self.clear_room(talk, self.slot[at])
        self.place(talk, at, room)

    def clear(self, talk: int, at: int) -> None:
        """Take out every talk that forbids *talk* at its candidate *at*."""
        manager = self.manager[talk]
        cell = self.slot[at]
        end = cell + self.host[talk]
        for i in range(self.team_first[manager], self.team_first[manager + 1]):
            other = self.team[i]
            if other != talk and self.at[other] >= 0:
                begins = self.slot[self.at[other]]
                if begins < end and cell < begins + self.host[other]:
                    self.take(other)
        other = self.own[manager]
        if other >= 0 and self.at[other] >= 0:
            begins = self.slot[self.at[other]]
            if cell < begins + self.guest[other] and (self.hard or begins < end):
                self.take(other)
        if self.employee[talk] >= 0:
            self.clear_team(self.employee[talk], cell, cell + self.guest[talk])
        self.clear_day(talk, self.day[at])

    def clear_team(self, manager: int, cell: int, end: int) -> None:
        """Take out talks with the team of *manager*, who is in their own talk then."""
        for i in range(self.team_first[manager], self.team_first[manager + 1]):
            other = self.team[i]
            if self.at[other] >= 0:
                begins = self.slot[self.at[other]]
                if begins < end and (self.hard or cell < begins + self.host[other]):
                    self.take(other)

    def clear_day(self, talk: int, day: int) -> None:
        """Take out talks of the manager on *day* until another one may be held."""
        manager = self.manager[talk]
        first = self.team_first[manager]
        size = self.team_first[manager + 1] - first
        start = self.below(size)
        for i in range(size):
            if self.on_day[manager * self.days + day] < self.most[manager]:
                break
            other = self.team[first + (start + i) % size]
            if other != talk and self.at[other] >= 0 and self.day[self.at[other]] == day:
                self.take(other)

    def clear_room(self, talk: int, cell: int) -> int:
        """Take the talks out of one room that *talk* could have then; the room, or -1."""
        site = self.site[talk]
        first = self.room_first[site]
        size = self.room_first[site + 1] - first
        if size == 0:
            return -1
        start = self.below(size)
        for i in range(size):
            room = first + (start + i) % size
            if self.closed[(room * self.lengths + self.length[talk]) * self.cells + cell] < 64:
                for at in range(cell, cell + self.host[talk]):
                    occupant = self.inside[room * self.cells + at]
                    if occupant > 0:
                        self.take(occupant - 1)
                if self.closed[(room * self.lengths + self.length[talk]) * self.cells + cell] == 0:
                    return room
        return -1

    def shuffle(self) -> None:
        """Bring what is out into another order: any, or that of the fewest starts."""
        for i in range(self.outs - 1, 0, -1):
            self.swap(i, self.below(i + 1))
        if self.below(2) == 0:
            for i in range(1, self.outs):
                j = i
                while j > 0 and self.starts_of(self.out[j]) < self.starts_of(self.out[j - 1]):
                    self.swap(j, j - 1)
                    j -= 1

    def starts_of(self, talk: int) -> int:
        return self.first[talk + 1] - self.first[talk]

    def swap(self, i: int, j: int) -> None:
        self.out[i], self.out[j] = self.out[j], self.out[i]
        self.old_at[i], self.old_at[j] = self.old_at[j], self.old_at[i]
        self.old_room[i], self.old_room[j] = self.old_room[j], self.old_room[i]
