"""A YAML file as plain values, with the line of each.

Every scalar stays the text it was written as: whether ``no`` is Norwegian or false, ``09:00`` a time or a number, and
``0701234567`` a telephone is for the setting to say. Aliases and tags are refused: nothing here needs them, and a few
lines of aliases can stand for gigabytes.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from talkcycle.domain.faults import Fault, FaultyInput
from talkcycle.intake.unusable import quoted, shown

LARGEST = 1_000_000
DEEPEST = 20

Value = str | list["Value"] | dict[str, "Value"] | None
"""A scalar as written; None where nothing was."""

KeyPath = tuple[str | int, ...]
"""Keys, and places in lists counted from 0."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping read from *file*, and the line on which each key or list item begins.

    Attributes:
        faults: What is wrong with single keys; *faulty*: where.
    """

    file: str
    value: dict[str, Value]
    lines: dict[KeyPath, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    faulty: frozenset[KeyPath] = frozenset()

    def line_of(self, path: KeyPath) -> int:
        """The line of *path*, or of the nearest thing around it that was written down; 0 for the file as a whole."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.lines[path[:length]]
        return 0

    def at(self, path: KeyPath) -> Value:
        """What is written at *path*, which has a line."""
        value: Value = self.value
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part]
        return value

    def fault(self, path: KeyPath, problem: str, mend: str) -> Fault:
        return Fault(file=self.file, line=self.line_of(path), place=shown_path(path), problem=problem, mend=mend)


def shown_path(path: KeyPath) -> str:
    """Such as ``steps[2].when``; lists are counted from 1."""
    place = ""
    for part in path:
        if isinstance(part, int):
            place += f"[{part + 1}]"
        else:
            place += f".{shown(part)}" if place else shown(part)
    return place


def read_document(path: Path) -> Document:
    """Read the one mapping of *path*.

    Raises:
        FaultyInput: It cannot be read at all. What is wrong with single keys is in the document's faults.
    """
    file = str(path)
    return parse_document(file, _text(path, file))


def parse_document(file: str, text: str) -> Document:
    """Read the one mapping of *text*. Raises FaultyInput."""
    from ruamel.yaml import YAML  # noqa: PLC0415  # a daemon reads one file, once
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    builder = _Builder(file)
    try:
        builder.take(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        raise _unreadable(file, line, str(error.problem or error.context)) from error
    except YAMLError as error:
        raise _unreadable(file, 0, str(error).splitlines()[0]) from error
    if not isinstance(builder.root, dict):
        problem = "is empty." if builder.root is None else "is not a list of settings."
        raise FaultyInput([Fault(file=file, problem=problem, mend="Write settings, one a line, as `key: value`.")])
    return Document(file, builder.root, builder.lines, tuple(builder.faults), frozenset(builder.faulty))


def _text(path: Path, file: str) -> str:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except FileNotFoundError:
        raise _whole(file, "does not exist.", "Check the path; `talkcycle init` writes an example.") from None
    except (OSError, ValueError) as error:
        raise _whole(file, f"cannot be read: {_said(error)}.", "Check the path and who may read it.") from error
    if size > LARGEST:
        raise _whole(file, "is larger than 1 MB.", "Settings are a few kilobytes; check that this is the right file.")
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FaultyInput(
            [Fault(file=file, line=line, problem="is not UTF-8 text.", mend="Save the file with encoding UTF-8.")]
        ) from error


def _whole(file: str, problem: str, mend: str) -> FaultyInput:
    return FaultyInput([Fault(file=file, problem=problem, mend=mend)])


def _said(error: Exception) -> str:
    return error.strerror or "unknown" if isinstance(error, OSError) else str(error)


def _unreadable(file: str, line: int, said: str) -> FaultyInput:
    mend = "Check indentation (spaces, not tabs), colons and quotes on this line and the one before."
    return FaultyInput([Fault(file=file, line=line, problem=f"is not valid YAML: {quoted(said)}.", mend=mend)])


class _Builder:
    """Turns the parser's events into values, refusing what is not needed, without recursion that input could drive."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Value = None
        self.lines: dict[KeyPath, int] = {}
        self.faults: list[Fault] = []
        self.faulty: set[KeyPath] = set()
        self._depth = 0

    def take(self, events: Iterator[object]) -> None:
        from ruamel.yaml import events as kinds  # noqa: PLC0415

        documents = 0
        for event in events:
            if isinstance(event, kinds.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refused(event, "a second document begins here.", "Take the line with --- away.")
                self.root = self._value(next(events), events, ())

    def _value(self, event: object, events: Iterator[object], path: KeyPath) -> Value:
        from ruamel.yaml import events as kinds  # noqa: PLC0415

        if isinstance(event, kinds.AliasEvent):
            raise self._refused(
                event, "an alias (*) is not used here.", 'Write the value out, or put "quotes" around it.'
            )
        if isinstance(event, kinds.ScalarEvent):
            self._check_tag(event)
            return None if event.style is None and event.value in _NULLS else str(event.value)
        self._check_tag(event)
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refused(event, "is nested too deeply.", "No setting is nested like this; check the indentation.")
        if isinstance(event, kinds.SequenceStartEvent):
            value: Value = self._items(events, path)
        else:
            value = self._keys(events, path)
        self._depth -= 1
        return value

    def _items(self, events: Iterator[object], path: KeyPath) -> list[Value]:
        from ruamel.yaml.events import SequenceEndEvent  # noqa: PLC0415

        items: list[Value] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            place = (*path, len(items))
            self.lines[place] = _line(event)
            items.append(self._value(event, events, place))
            if items[-1] is None:
                self._empty(place)
        return items

    def _keys(self, events: Iterator[object], path: KeyPath) -> dict[str, Value]:
        from ruamel.yaml.events import MappingEndEvent, ScalarEvent  # noqa: PLC0415

        values: dict[str, Value] = {}
        while not isinstance(event := next(events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise self._refused(event, "a key must be one word.", "Write `key: value`.")
            self._check_tag(event)
            key, line = str(event.value), _line(event)
            place = (*path, key)
            if key in values:
                problem = f"stands twice; first on line {self.lines[place]}."
                self._note(line, place, problem, "Keep one of them.")
                self._value(next(events), events, place)
                continue
            self.lines[place] = line
            values[key] = self._value(next(events), events, place)
            if values[key] is None:
                self._empty(place)
        return {key: value for key, value in values.items() if value is not None}

    def _empty(self, place: KeyPath) -> None:
        mend = "Write one, or take the line away: then the default holds."
        self._note(self.lines[place], place, "has no value.", mend)

    def _note(self, line: int, place: KeyPath, problem: str, mend: str) -> None:
        self.faults.append(self._fault(line, place, problem, mend))
        self.faulty.add(place)

    def _check_tag(self, event: object) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None and not str(tag).startswith("tag:yaml.org,2002:str"):
            raise self._refused(
                event, "a tag (!) is not used here.", 'Write the value plainly, or put "quotes" around it.'
            )

    def _fault(self, line: int, place: KeyPath, problem: str, mend: str) -> Fault:
        return Fault(file=self.file, line=line, place=shown_path(place), problem=problem, mend=mend)

    def _refused(self, event: object, problem: str, mend: str) -> FaultyInput:
        return FaultyInput([self._fault(_line(event), (), problem, mend)])


def _line(event: object) -> int:
    mark = getattr(event, "start_mark", None)
    return int(mark.line) + 1 if mark is not None else 0
