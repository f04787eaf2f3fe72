"""What a person gets of whom the roster says nothing."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from talkcycle.intake.served_by import TRANSPORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDefaults:
    """The cycle's language, zone and country.

    Attributes:
        languages: Those there are texts in.
        transports: Those service.yaml has, which alone can serve a mailbox.
    """

    language: str
    zone: str
    country: str
    languages: AbstractSet[str]
    transports: AbstractSet[str] = frozenset(TRANSPORTS)
