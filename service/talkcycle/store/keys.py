"""The rounds' keys, unwrapped once a session."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, select

from talkcycle.store import tables
from talkcycle.store.sealing import Seal, seal_of

DERIVED = 64
"""Bytes: two 256-bit keys, as AES-SIV wants them."""


class Keys:
    """Finds the seal of a round, and keys for other uses that live and die with it."""

    def __init__(self, connection: Connection, master: Seal) -> None:
        self.connection = connection
        self.master = master
        self._keys: dict[str, bytes] = {}
        self._seals: dict[str, Seal] = {}

    def of(self, round_: str) -> Seal:
        """Raises LookupError when the round was purged or never was."""
        if round_ not in self._seals:
            self._seals[round_] = seal_of(self._key(round_))
        return self._seals[round_]

    def derived(self, round_: str, use: bytes) -> bytes:
        """64 bytes for *use* alone, from the round's key (HKDF, RFC 5869). Raises as ``of``."""
        return HKDF(algorithm=SHA256(), length=DERIVED, salt=None, info=use).derive(self._key(round_))

    def _key(self, round_: str) -> bytes:
        if round_ not in self._keys:
            query = select(tables.rounds.c.wrapped_key).where(tables.rounds.c.id == round_)
            wrapped = self.connection.execute(query).scalar_one_or_none()
            if wrapped is None:
                raise LookupError(f"there is no round {round_}")
            self._keys[round_] = self.master.open(wrapped)
        return self._keys[round_]
