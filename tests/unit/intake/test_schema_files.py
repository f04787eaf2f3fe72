"""The schemas beside the examples are those the code makes, and the examples keep to them."""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from talkcycle.intake.schema import cycle_schema, service_schema
from talkcycle.resources import shipped

SCHEMAS = {"cycle": cycle_schema, "service": service_schema}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_beside_the_example_is_the_one_the_code_makes(name: str) -> None:
    path = shipped("config") / "schema" / f"{name}.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == SCHEMAS[name]()


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_examples_first_line_names_its_schema(name: str) -> None:
    path = shipped("config") / f"{name}.yaml"
    named = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).is_file()


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_setting_has_a_title_a_description_and_an_example(name: str) -> None:
    schema = SCHEMAS[name]()
    bare = [
        (place, word)
        for place, setting in _settings(schema)
        for word in ("title", "description", "examples")
        if not (setting | {**_resolved(setting, schema), "examples": setting.get("examples")}).get(word)
    ]
    assert bare == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_example_keeps_to_its_schema(name: str) -> None:
    assert list(_violations(_example(shipped("config") / f"{name}.yaml"), SCHEMAS[name](), SCHEMAS[name]())) == []


@pytest.mark.parametrize(
    "text",
    [
        "roster: roster.csv",
        "window: {first: 2027-03-01}\nroster: x",
        "window: {first: soon, last: 2027-03-26}\nroster: x",
        "window: {first: 2027-03-01, last: 2027-03-26}\nroster: x\ntalk: {minutes: 5}",
        "window: {first: 2027-03-01, last: 2027-03-26}\nroster: x\nsteps: [{id: x, when: 1 day after, to: him}]",
        "window: {first: 2027-03-01, last: 2027-03-26}\nroster: x\nsteps: {change: {reminder: {wen: x}}}",
        "window: {first: 2027-03-01, last: 2027-03-26}\nroster: x\nnam: x",
    ],
)
def test_an_editor_sees_what_is_wrong(text: str) -> None:
    assert list(_violations(_plain(YAML(typ="safe", pure=True).load(text)), cycle_schema(), cycle_schema())) != []


def _settings(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, group in {"": schema, **schema["$defs"]}.items():
        for key, setting in group.get("properties", {}).items():
            yield f"{name}.{key}", setting


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    return {**schema["$defs"][reference.rpartition("/")[2]], **part} if reference else part


def _example(path: Path) -> Any:
    return _plain(YAML(typ="safe", pure=True).load(path))


def _plain(value: Any) -> Any:
    """As an editor sees it: to JSON Schema a date is text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def _violations(value: Any, part: dict[str, Any], schema: dict[str, Any], place: str = "") -> Iterator[str]:
    """Where *value* breaks *part* of *schema*: the keywords our schemas use, and no others."""
    part = _resolved(part, schema)
    known = {"$schema", "$defs", "$ref", "title", "description", "examples", "default", "type", "anyOf", "const", "enum"}
    known |= {"properties", "required", "additionalProperties", "items", "maxItems", "pattern", "minimum", "maximum"}
    assert part.keys() <= known
    if "anyOf" in part and all(list(_violations(value, each, schema)) for each in part["anyOf"]):
        yield f"{place}: none of the choices"
    if "type" in part and (not isinstance(value, KINDS[part["type"]]) or (part["type"] == "integer" and value is True)):
        yield f"{place}: not {part['type']}"
        return
    yield from _about_scalar(value, part, place)
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _violations(item, part.get("items", {}), schema, f"{place}[{number}]")
    if isinstance(value, dict):
        yield from (f"{place}.{key}: missing" for key in part.get("required", ()) if key not in value)
        for key, each in value.items():
            more = part.get("additionalProperties", {})
            inner = part.get("properties", {}).get(key, more)
            if inner is False:
                yield f"{place}.{key}: unknown"
            else:
                yield from _violations(each, inner if isinstance(inner, dict) else {}, schema, f"{place}.{key}")


def _about_scalar(value: Any, part: dict[str, Any], place: str) -> Iterator[str]:
    if ("const" in part and value != part["const"]) or ("enum" in part and value not in part["enum"]):
        yield f"{place}: another value"
    if "pattern" in part and not re.search(part["pattern"], value):
        yield f"{place}: another pattern"
    if isinstance(value, int) and not part.get("minimum", value) <= value <= part.get("maximum", value):
        yield f"{place}: out of bounds"
