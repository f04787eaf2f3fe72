"""What is wrong with a setting, in the words of those who write it."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from talkcycle.intake.nearest import choices, did_you_mean
from talkcycle.intake.unusable import Unusable, quoted

NOT_A_GROUP = ("must be a group of settings.", "Write them below it, indented.")
_WRONG_KIND = {
    "string_type": ("must be one text.", "Write it behind the key; a list or a group does not belong here."),
    "list_type": ("must be a list.", "Write each item on a line of its own, beginning with a dash."),
    "dict_type": NOT_A_GROUP,
    "bool_type": ("is neither true nor false.", "Write true or false."),
    "int_type": ("must be a whole number.", "Write digits behind the key."),
}


def words(error: ErrorDetails) -> tuple[str, str]:
    """What is wrong with the value of one setting, and how to mend it."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Unusable):
        return cause.problem, cause.mend
    if kind in _WRONG_KIND:
        return _WRONG_KIND[kind]
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
    return f"cannot be used: {error['msg']}.", "Look it up in the example or the schema."


def unknown_key(key: str, known: list[str]) -> tuple[str, str]:
    """What is wrong with a key nobody knows, and the nearest known one."""
    return f"{quoted(key)} is not a setting.", did_you_mean(key, known, f"The settings here are {', '.join(known)}.")


def missing_key(key: str, section: type[BaseModel]) -> tuple[str, str]:
    """What to say of a required setting that is not there."""
    examples = section.model_fields[key].examples or [""]
    example = _flow(examples[0]) if isinstance(examples[0], dict) else examples[0]
    return "is missing.", f"Write for example `{key}: {example}`."


def keys_of(section: type[BaseModel]) -> list[str]:
    return list(section.model_fields)


def _flow(value: Any) -> str:
    return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"
