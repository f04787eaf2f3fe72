"""From what pydantic says to faults in HR's words."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from talkcycle.domain.faults import Fault
from talkcycle.intake.nearest import choices, did_you_mean
from talkcycle.intake.unusable import Unusable, quoted
from talkcycle.intake.yaml_lines import Document, KeyPath

NOT_A_GROUP = ("must be a group of settings.", "Write them below it, indented.")
_WRONG_KIND = {
    "string_type": ("must be one text.", "Write it behind the key; a list or a group does not belong here."),
    "list_type": ("must be a list.", "Write each item on a line of its own, beginning with a dash."),
    "dict_type": NOT_A_GROUP,
    "model_type": NOT_A_GROUP,
    "bool_type": ("is neither true nor false.", "Write true or false."),
    "int_type": ("must be a whole number.", "Write digits behind the key."),
}


def faults_of(error: ValidationError, document: Document, model: type[BaseModel], base: KeyPath = ()) -> list[Fault]:
    """Every fault *error* speaks of. *base*: where in the document the value of *model* stands."""
    found = []
    for each in error.errors(include_url=False):
        path = (*base, *each["loc"])
        if each["input"] is None:
            continue  # the document has said already that nothing is written there
        problem, mend = _words(each, path, model, base)
        found.append(document.fault(path, problem, mend))
    return found


def _words(error: ErrorDetails, path: KeyPath, model: type[BaseModel], base: KeyPath) -> tuple[str, str]:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Unusable):
        return cause.problem, cause.mend
    if kind in _WRONG_KIND:
        return _WRONG_KIND[kind]
    if kind == "extra_forbidden":
        return unknown_key(str(path[-1]), keys_of(_section(model, path[len(base) : -1])))
    if kind == "missing":
        return missing_key(str(path[-1]), _section(model, path[len(base) : -1]))
    return _about_value(kind, value, context, error["msg"])


def _about_value(kind: str, value: Any, context: dict[str, Any], said: str) -> tuple[str, str]:
    match kind:
        case "int_parsing":
            return f"{quoted(value)} is not a whole number.", "Write digits only."
        case "bool_parsing":
            return f"{quoted(value)} is neither true nor false.", "Write true or false."
        case "greater_than_equal":
            return f"{quoted(value)} is too little.", f"The least is {context['ge']}."
        case "less_than_equal":
            return f"{quoted(value)} is too much.", f"The most is {context['le']}."
        case "too_long":
            return f"has more than {context['max_length']} items.", "Write fewer."
        case "enum":
            known = re.findall(r"'([^']*)'", str(context["expected"]))
            return f"{quoted(value)} is not one of the choices.", did_you_mean(
                str(value), known, f"Write {choices(known)}."
            )
    return f"cannot be used: {said}.", "Look it up in the example or the schema."


def unknown_key(key: str, known: list[str]) -> tuple[str, str]:
    """What is wrong with a key nobody knows, and the nearest known one."""
    return f"{quoted(key)} is not a setting.", did_you_mean(key, known, f"The settings here are {', '.join(known)}.")


def missing_key(key: str, section: type[BaseModel]) -> tuple[str, str]:
    """What to say of a required setting that is not there."""
    examples = section.model_fields[key].examples or [""]
    example = examples[0] if isinstance(examples[0], str) else _flow(examples[0])
    return "is missing.", f"Write for example `{key}: {example}`."


def keys_of(section: type[BaseModel]) -> list[str]:
    return list(section.model_fields)


def _flow(value: Any) -> str:
    return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"


def _section(model: type[BaseModel], path: KeyPath) -> type[BaseModel]:
    """The group of settings at *path* within *model*."""
    for key in path:
        field = model.model_fields.get(str(key))
        model = next(_classes(field.annotation), model) if field else model
    return model


def _classes(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _classes(each)
