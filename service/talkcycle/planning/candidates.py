"""An instance as flat arrays of whole numbers: what the search may choose from, and what it costs.

A cell is a step of the grid; a candidate is a start a talk could have if it were the only one.
"""

from array import array
from dataclasses import dataclass

from talkcycle.domain.wishes import Cascade
from talkcycle.planning.instance import Request, Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Arrays by talk, candidate, manager, site and room. Nobody is an index of -1.

    Attributes:
        requests, rooms_by_index: The talks there is a choice for, and the rooms they may have.
        manager, employee: Of each talk: who holds it; who it is with, if that person holds talks themselves.
        guest, host: Cells the employee, and manager and room, are taken.
        site, length: Of each talk that wants a room: its site, and which of the lengths it has.
        first: Where a talk's candidates begin; one more than talks. Cheapest first.
        slot, price, day: Of each candidate: its cell, what it costs by itself, the manager's local day.
        odd: Of each candidate: 0 at a full hour of the employee's clock, 1 at half past, 2 at another time.
        most, quota: Of each manager: talks a day, and talks a week that cost nothing.
        own: Each manager's talk with their own manager.
        team_first, team: Each manager's talks.
        closed: Of each room, length and cell: 0 where a talk could start.
        free: Of each site, length and cell: how many rooms could take a talk.
        week_of, work_days: The week of each day, and of each week the days the organisation may hold talks.
        on_day, in_week: Talks that are pinned, of each manager and day or week.
    """

    requests: tuple[Request, ...]
    rooms_by_index: tuple[Room, ...]
    talks: int
    managers: int
    cells: int
    days: int
    weeks: int
    rooms: int
    lengths: int
    least: int
    hour: int
    cascade: Cascade
    unplaced_cost: int
    no_room_cost: int
    same_day_cost: int
    spread_cost: int
    cascade_cost: int
    manager: "array[int]"
    employee: "array[int]"
    guest: "array[int]"
    host: "array[int]"
    site: "array[int]"
    length: "array[int]"
    first: "array[int]"
    slot: "array[int]"
    price: "array[int]"
    day: "array[int]"
    odd: "array[int]"
    week_of: "array[int]"
    work_days: "array[int]"
    most: "array[int]"
    quota: "array[int]"
    own: "array[int]"
    team_first: "array[int]"
    team: "array[int]"
    room_first: "array[int]"
    cells_of: "array[int]"
    closed: "array[int]"
    free: "array[int]"
    on_day: "array[int]"
    in_week: "array[int]"
