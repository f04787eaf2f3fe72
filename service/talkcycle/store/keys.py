"""The rounds' keys, unwrapped once a session."""

from sqlalchemy import Connection, select

from talkcycle.store import tables
from talkcycle.store.sealing import Seal, seal_of


class Keys:
    """Finds the seal of a round."""

    def __init__(self, connection: Connection, master: Seal) -> None:
        self.connection = connection
        self.master = master
        self._seals: dict[str, Seal] = {}

    def of(self, round_: str) -> Seal:
        """Raises LookupError when the round was purged or never was."""
        if round_ not in self._seals:
            query = select(tables.rounds.c.wrapped_key).where(tables.rounds.c.id == round_)
            wrapped = self.connection.execute(query).scalar_one_or_none()
            if wrapped is None:
                raise LookupError(f"there is no round {round_}")
            self._seals[round_] = seal_of(self.master.open(wrapped))
        return self._seals[round_]
