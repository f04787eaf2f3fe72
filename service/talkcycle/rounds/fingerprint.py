"""One hash for one content, whatever the order of sets and mappings."""

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from typing import Any


def fingerprint(*values: object) -> str:
    """SHA-256, hexadecimal, of *values*: dataclasses, mappings, sets, sequences, dates and plain values."""
    canonical = json.dumps([_plain(value) for value in values], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256, hexadecimal, of each file's content."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def _plain(value: object) -> Any:
    if is_dataclass(value):
        return [[field.name, _plain(getattr(value, field.name))] for field in fields(value)]
    if isinstance(value, Mapping):
        return sorted([str(key), _plain(item)] for key, item in value.items())
    if isinstance(value, AbstractSet):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"cannot fingerprint {type(value).__name__}")
