"""Among plans that cost the same, the one people would rather have.

Each talk in turn goes to the start that is as cheap and lies better: in an emptier week and day of the organisation, not
on the day beside another talk of the manager, an hour from the next one, at a full or half hour. What the plan costs
never rises. Compiled like the search.
"""

from typing import TYPE_CHECKING

from talkcycle.planning.board import Board, zeros

if TYPE_CHECKING:
    from talkcycle.planning.candidates import Candidates

WEEK, DAY = 16_000, 8_000
"""For a week or a day that has its whole share of the organisation's talks."""
BESIDE, ROW, ODD = 2_000, 3_000, 300
"""For a talk of the manager on the day before or after, for one within the hour, and for an odd start."""


class Tidy:
    """Moves the talks of a board about without making it dearer."""

    def __init__(self, board: Board, model: "Candidates") -> None:
        self.board = board
        self.hour = model.hour
        self.days = model.days
        self.work = model.work_days
        self.all_days = sum(model.work_days)
        self.on_day = zeros("i", model.days)
        self.in_week = zeros("i", model.weeks)
        self.talks = model.talks
        for talk in range(model.talks):
            if board.at[talk] >= 0:
                self.count(model.day[board.at[talk]], 1)

    def sweep(self) -> None:
        """Look at every talk once."""
        for talk in range(self.talks):
            self.move(talk)

    def count(self, day: int, by: int) -> None:
        self.on_day[day] += by
        self.in_week[self.board.week_of[day]] += by

    def move(self, talk: int) -> None:
        board = self.board
        if board.at[talk] < 0:
            return
        had = board.at[talk]
        room = board.room[talk]
        self.count(board.day[had], -1)
        board.lift(talk)
        most = board.marginal(talk, had, room)
        found = had
        best = self.dislike(talk, had)
        for at in range(board.first[talk], board.first[talk + 1]):
            if board.price[at] > most:
                break
            if board.possible(talk, at):
                cost = board.marginal(talk, at, board.rooms_free(talk, at) - 1)
                if cost <= most:
                    dislike = self.dislike(talk, at)
                    if cost < most or dislike < best:
                        most = cost
                        best = dislike
                        found = at
        if found != had:
            room = board.find_room(talk, board.slot[found])
        board.place(talk, found, room)
        self.count(board.day[found], 1)

    def dislike(self, talk: int, at: int) -> int:
        """How much a start is disliked, all else being equal; *talk* itself is not counted."""
        board = self.board
        day = board.day[at]
        week = board.week_of[day]
        cell = board.slot[at]
        manager = board.manager[talk]
        cost = ODD * board.odd[at]
        if self.work[week] > 0:
            cost += WEEK * self.in_week[week] * self.all_days // (self.talks * self.work[week])
        cost += DAY * self.on_day[day] * self.all_days // self.talks
        if day > 0 and board.on_day[manager * self.days + day - 1] > 0:
            cost += BESIDE
        if day + 1 < self.days and board.on_day[manager * self.days + day + 1] > 0:
            cost += BESIDE
        if board.on_day[manager * self.days + day] > 0:
            begins = max(0, cell - self.hour)
            if board.taken(manager * board.cells + begins, cell + board.guest[talk] + self.hour - begins):
                cost += ROW
        return cost
