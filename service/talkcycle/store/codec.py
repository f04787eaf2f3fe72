"""Values of the domain as JSON and back, by their own type annotations; only what the domain's values are made of."""

import json
import types
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encode(value: object) -> str:
    """JSON of a frozen dataclass."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def decode(kind: type[T], document: str) -> T:
    """The *kind* that ``encode`` was given."""
    hashable: Any = kind
    made: T = _reader(hashable)(json.loads(document))
    return made


def _plain(value: object) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


@cache
def _reader(kind: Any) -> Any:
    """A function from parsed JSON to *kind*, made once per type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        kinds = [each for each in arguments if each is not type(None)]
        if len(kinds) != 1:
            raise TypeError(f"cannot read {kind} back")
        inner = _reader(kinds[0])
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _tuple_reader(arguments)
    if origin is not None and issubclass(origin, Mapping):
        key, item = _reader(arguments[0]), _reader(arguments[1])
        return lambda value: {key(name): item(each) for name, each in value.items()}
    if origin is not None and issubclass(origin, AbstractSet):
        item = _reader(arguments[0])
        return lambda value: frozenset(item(each) for each in value)
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if kind in {datetime, date, time}:
        return kind.fromisoformat
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    if kind in {str, int, float, bool}:
        return lambda value: value
    raise TypeError(f"cannot read {kind} back")


def _tuple_reader(arguments: tuple[Any, ...]) -> Any:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        item = _reader(arguments[0])
        return lambda value: tuple(item(each) for each in value)
    items = [_reader(each) for each in arguments]
    return lambda value: tuple(read(each) for read, each in zip(items, value, strict=True))


def _dataclass_reader(kind: Any) -> Any:
    hints = get_type_hints(kind)
    readers = [(field.name, _reader(hints[field.name])) for field in fields(kind)]

    def read(value: dict[str, Any]) -> Any:
        return kind(**{name: reader(value[name]) for name, reader in readers if name in value})

    return read
