"""What a person gets of whom the roster says nothing."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDefaults:
    """The cycle's language, zone and country. *languages*: those there are texts in."""

    language: str
    zone: str
    country: str
    languages: AbstractSet[str]
