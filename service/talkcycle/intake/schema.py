"""JSON Schemas of the files HR and IT edit, so that editors complete and check them."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from talkcycle.intake.cycle_model import CycleSettings
from talkcycle.intake.service_model import ServiceFile


def cycle_schema() -> dict[str, Any]:
    """Of a cycle file; draft 2020-12."""
    return _schema(CycleSettings, "talkcycle: a cycle")


def service_schema() -> dict[str, Any]:
    """Of service.yaml; draft 2020-12."""
    return _schema(ServiceFile, "talkcycle: the service")


def _schema(model: type[CycleSettings] | type[ServiceFile], title: str) -> dict[str, Any]:
    made = _plain(model.model_json_schema())
    parts = made.pop("$defs")
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        **made,
        "title": title,
        "$defs": {name: parts[name] for name in sorted(_named(made, parts, set()))},
    }


def _named(value: Any, parts: dict[str, Any], found: set[str]) -> set[str]:
    """Names of *parts* that *value* refers to, directly or through others; added to *found*."""
    if isinstance(value, list):
        for each in value:
            _named(each, parts, found)
    elif isinstance(value, dict):
        name = str(value.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            _named(parts[name], parts, found)
        for each in value.values():
            _named(each, parts, found)
    return found


def _plain(value: Any) -> Any:
    """Without ``null``: leaving a setting out is how it is not set."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: _plain(each) for key, each in value.items()}
    if isinstance(made.get("anyOf"), list):
        choices = [each for each in made["anyOf"] if each != {"type": "null"}]
        if len(choices) == 1:
            del made["anyOf"]
            return {**choices[0], **made}
        made["anyOf"] = choices
    return made
