"""Make room for a talk that found no time, by moving another one."""

from talkcycle.planning.bookings import Bookings
from talkcycle.planning.instance import Request
from talkcycle.planning.preference import Preference

MOST_TRIES = 200
"""Per talk: a manager with far too many talks must not cost minutes."""
DEPTH = 2
"""How many others may move for one talk, one after the other."""


class Repair:
    """Moves talks about, and leaves everything as it was where that does not help."""

    def __init__(self, bookings: Bookings, preference: Preference) -> None:
        self._bookings = bookings
        self._preference = preference
        self._tries = 0

    def place(self, talk: Request) -> bool:
        """Find *talk* a time if moving one or two others gives one; say whether it did."""
        self._tries = MOST_TRIES
        return not self._hopeless(talk) and self._place(talk, frozenset({talk.id}), DEPTH)

    def _hopeless(self, talk: Request) -> bool:
        """The manager's days are full and none of their talks could go to one that is not."""
        left = ~self._bookings.full_days(talk.manager)
        team = [talk, *(other for other in self._bookings.team[talk.manager] if other.id in self._bookings.placed)]
        return not any(self._bookings.alone(other) & left for other in team)

    def _place(self, talk: Request, moving: frozenset[str], depth: int) -> bool:
        starts = self._bookings.open(talk)
        if starts:
            self._bookings.book(self._preference.best(talk, starts))
            return True
        if not depth or not self._bookings.alone(talk):
            return False
        others = [other for other in self._bookings.talks_of(talk.employee, talk.manager) if other.id not in moving]
        return any(other.pin is None and self._instead(talk, other, moving | {other.id}, depth) for other in others)

    def _instead(self, talk: Request, other: Request, moving: frozenset[str], depth: int) -> bool:
        """Give *talk* a time that *other* stood in the way of, and *other* another one."""
        if not self._tries:
            return False
        self._tries -= 1
        had = self._bookings.release(other)
        starts = self._bookings.open(talk)
        if starts:
            self._bookings.book(self._preference.best(talk, starts))
            if self._place(other, moving, depth - 1):
                return True
            self._bookings.release(talk)
        self._bookings.book(had)
        return False
