"""Sealed columns: AES-256-GCM with a key per round, which the service's secret wraps.

A purged round is unreadable as soon as its key is gone, in every copy of the rows that is left anywhere.
"""

import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from talkcycle.domain.faults import Refused

NONCE = 12
CHECK = b"talkcycle"


class WrongSecret(Refused):
    """The service's secret is not the one this database was made with."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One key. What it seals is bound to nothing else: rows may move, texts are opaque."""

    cipher: AESGCM

    def seal(self, clear: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self.cipher.encrypt(nonce, clear, None)

    def open(self, sealed: bytes) -> bytes:
        """Raises WrongSecret."""
        try:
            return self.cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        except (InvalidTag, ValueError) as wrong:  # ValueError: too short to be anything we sealed
            raise WrongSecret(
                "The sealed data cannot be opened: the service's secret is another than the one the database was made "
                "with. Restore the file `secret` of the data folder, or the value IT gave."
            ) from wrong

    def seal_text(self, clear: str) -> bytes:
        return self.seal(clear.encode()) if clear else b""

    def open_text(self, sealed: bytes) -> str:
        return self.open(sealed).decode() if sealed else ""


def seal_of(key: bytes) -> Seal:
    """The seal of a 32-byte key."""
    return Seal(AESGCM(key))


def master(secret: bytes) -> Seal:
    """The seal that wraps the rounds' keys, from the service's secret of any length."""
    return seal_of(hashlib.sha256(b"talkcycle master key:" + secret).digest())


def new_key() -> bytes:
    """A fresh key for a round."""
    return AESGCM.generate_key(bit_length=256)
